"""Get, BatchGet and List of one kind of record (AIP-131, 132, 158, 231)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from summitry.kinds import EVENTFUL, Kind
from summitry_server.context import Backend, Call
from summitry_server.domain.names import calendar_of
from summitry_server.domain.search import agenda
from summitry_server.domain.search.agenda import all_time
from summitry_server.domain.search.facets import condition_of
from summitry_server.domain.search.orders import NAME, TIME, order_of
from summitry_server.services.as_of import AsOfState, state_of
from summitry_server.services.listings import ByName, ByTime, Listing, answer_list, in_view, view_of
from summitry_server.services.naming import name_of
from summitry_server.services.paging import STEP, check_batch
from summitry_server.store.contract import RecordReader
from summitry_server.wire.refusals import bad_name, missing


class ReadMethods:
    """The methods that change nothing, of one kind of record."""

    def __init__(self, kind: Kind, service: ServiceDescriptor, backend: Backend) -> None:
        self.kind = kind
        self.service = service
        self.backend = backend

    def get(self, request: Any, call: Call) -> bytes:
        """Return one record, deleted or not (AIP-164)."""
        name = str(name_of(self.kind, request.name, "name"))
        with state_of(self.backend, request) as state:
            row = state.check_found(state.records.get(name), name, "name")
            return self.backend.answer(_in_view([row.frame], request), state.point)

    def batch_get(self, request: Any, call: Call) -> bytes:
        """Return records in the order of the names requested, all or none."""
        names = self._names(request)
        with state_of(self.backend, request) as state:
            frames: list[bytes] = []
            for first in range(0, len(names), STEP):
                call.check()
                frames += _in_view(self._frames(state, names, first), request)
                check_batch(frames, len(names))
            return self.backend.answer(frames, state.point)

    def _frames(self, state: AsOfState, names: list[str], first: int) -> Iterator[bytes]:
        step = names[first : first + STEP]
        for index, frame in enumerate(state.records.frames_of(step), first):
            if frame is None:  # the row says why
                name = names[index]
                frame = state.check_found(state.records.get(name), name, f"names[{index}]").frame
            yield frame

    def _names(self, request: Any) -> list[str]:
        if not request.names:
            raise missing("names", "give at least one")
        parent = getattr(request, "parent", "")
        calendar = calendar_of(parent, all_allowed=True) if parent else None
        for index, value in enumerate(request.names):
            name = name_of(self.kind, value, f"names[{index}]")
            if calendar and name.calendar != calendar:
                form = f"{calendar}/{self.kind.collection}/{{id}}"
                raise bad_name(f"names[{index}]", value, form)
        return list(request.names)

    def page(self, request: Any, call: Call) -> bytes:
        """Return a page of records in the order of names or of time."""
        parent = getattr(request, "parent", None)
        calendar = None if parent is None else calendar_of(parent, all_allowed=True)
        order = order_of(request.order_by, self._order_keys(request))
        with state_of(self.backend, request) as state:
            make = self._by_time if order.key == TIME else self._by_name
            listing = make(request, state.records, calendar, order.descending)
            listing = in_view(listing, view_of(request))
            return answer_list(self.backend, request, call.check, state, listing)

    def _order_keys(self, request: Any) -> tuple[str, ...]:
        """Return the keys of the orders that a list has; the first is that of its default order."""
        if request.HasField("window"):
            return (TIME,)
        return (NAME, TIME) if self.kind in EVENTFUL else (NAME,)

    def _by_name(
        self, request: Any, records: RecordReader, calendar: str | None, descending: bool
    ) -> Listing:
        kind, condition = self.kind.number, condition_of(request.filter)
        return ByName(records, kind, calendar, condition, request.show_deleted, descending)

    def _by_time(
        self, request: Any, records: RecordReader, calendar: str | None, descending: bool
    ) -> Listing:
        has_window = request.HasField("window")
        plan = agenda.plan(request.window, "window", self.backend.db) if has_window else all_time()
        condition = condition_of(request.filter)._replace(kinds=(self.kind.number,))
        events = agenda.AgendaQuery(plan, records, calendar, condition, descending)
        return ByTime(events, attrgetter("match.frame"))


def _in_view(frames: Iterable[bytes], request: Any) -> Iterable[bytes]:
    view = view_of(request)
    return frames if view is None else map(view, frames)

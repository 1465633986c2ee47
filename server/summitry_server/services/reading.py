"""Get, BatchGet and List of one kind of record (AIP-131, 132, 158, 231)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from summitry.kinds import Kind
from summitry_server.context import Backend, Call
from summitry_server.domain.names import calendar_of
from summitry_server.domain.search import agenda
from summitry_server.domain.search.facets import condition_of
from summitry_server.services.as_of import AsOfState, state_of, token_after
from summitry_server.services.naming import name_of
from summitry_server.services.paging import STEP, PageEntry, check_batch, read_page
from summitry_server.store.contract import RecordReader
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import page_size
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
            return self.backend.answer([row.frame], state.point)

    def batch_get(self, request: Any, call: Call) -> bytes:
        """Return records in the order of the names requested, all or none."""
        names = self._names(request)
        with state_of(self.backend, request) as state:
            frames: list[bytes] = []
            for first in range(0, len(names), STEP):
                call.check()
                frames += self._frames(state, names, first)
                check_batch(frames, len(names))
            return self.backend.answer(frames, state.point)

    def _frames(self, state: AsOfState, names: list[str], first: int) -> Iterator[bytes]:
        step = names[first : first + STEP]
        rows = zip(step, state.records.get_many(step), strict=True)
        for index, (name, row) in enumerate(rows, first):
            yield state.check_found(row, name, f"names[{index}]").frame

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
        """Return a page of records: in the order of names, or of time where there is a window."""
        parent = getattr(request, "parent", None)
        calendar = None if parent is None else calendar_of(parent, all_allowed=True)
        limit = page_size(request.page_size)
        query = self._by_time if request.HasField("window") else self._by_name
        with state_of(self.backend, request) as state:
            read = partial(query, request, state.records, call, calendar)
            page = read_page(read, state.after, limit)
            parts = [entry.data for entry in page.entries]
            if page.more:
                position = page.entries[-1].position
                parts.append(wire.text(2, token_after(self.backend, request, state, position)))
        return self.backend.answer(parts, state.point)

    def _by_name(
        self,
        request: Any,
        records: RecordReader,
        call: Call,
        calendar: str | None,
        after: Any,
        limit: int,
    ) -> list[PageEntry]:
        condition, show_deleted = condition_of(request.filter), request.show_deleted
        entries: list[PageEntry] = []
        while True:
            call.check()
            rows = records.page(
                self.kind.number, calendar, after or "", limit, condition, show_deleted=show_deleted
            )
            entries += [PageEntry(row.name, row.frame) for row in rows if not row.purged]
            if len(rows) < limit or len(entries) >= limit:
                return entries[:limit]
            after = rows[-1].name

    def _by_time(
        self,
        request: Any,
        records: RecordReader,
        call: Call,
        calendar: str | None,
        after: Any,
        limit: int,
    ) -> list[PageEntry]:
        call.check()
        plan = agenda.plan(request.window, "window", self.backend.db)
        condition = condition_of(request.filter)._replace(kinds=(self.kind.number,))
        last = agenda.AgendaPosition(*after) if after else None
        items = agenda.page(plan, records, calendar, condition, last, limit)
        return [PageEntry(item.position, item.match.frame) for item in items]

"""The feeds of a store, inside the server process: what may be public, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from summitry.feeds import FeedContent, FeedListing, FeedState
from summitry.kinds import BY_NUMBER, CALENDAR, KINDS
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.record_pb2 import RecordHeader
from summitry.view import embargo, is_public
from summitry_server import wire
from summitry_server.core.facets import EMBARGO
from summitry_server.limits import MAX_PAGE
from summitry_server.rpc.context import Backend
from summitry_server.store.contract import Condition, Reader, State

UNDER_EMBARGO = Condition(facets=((EMBARGO,),))


class _Known(NamedTuple):
    """What is remembered of a calendar while the store stays as it is."""

    head: int
    state: State
    calendar: Calendar
    embargoes: tuple[int, ...]  # when embargoes of its records end, in order


class StoreFeeds:
    """A FeedSource over the store (summitry.feeds.source)."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._known: dict[str, _Known] = {}

    def state(self, calendar_id: str) -> FeedState | None:
        """How far a calendar has come; None when there is none, or it is not public."""
        name = f"{CALENDAR.collection}/{calendar_id}"
        head = self._backend.store.head()
        known = self._known.get(name)
        if known is None or known.head != head:
            with self._backend.store.read() as reader:
                known = self._learn(reader, name, head, known)
        return None if known is None else self._state(known)

    def load(self, calendar_id: str) -> FeedContent | None:
        """The public records of a calendar, with the state of the same snapshot."""
        name = f"{CALENDAR.collection}/{calendar_id}"
        with self._backend.store.read() as reader:
            known = self._read(reader, name, reader.revision, None)
            rows = reader.contents(name)
        state = None if known is None else self._state(known)
        if known is None or state is None:
            return None
        now = self._backend.clock.now()
        records = (wire.unframe(BY_NUMBER[row.kind].message, row.frame) for row in rows)
        public = [record for record in records if is_public(record, now)]
        return FeedContent(state, known.calendar, public)

    def calendars(self) -> Sequence[FeedListing]:
        """The public calendars in the order of their ids."""
        now = self._backend.clock.now()
        with self._backend.store.read() as reader:
            return [
                FeedListing(_id(calendar), _title(calendar), state.revision)
                for calendar in _calendars(reader)
                if is_public(calendar, now) and (state := reader.state(calendar.name)) is not None
            ]

    def _learn(self, reader: Reader, name: str, head: int, old: _Known | None) -> _Known | None:
        known = self._read(reader, name, head, old)
        if known is None:
            # Names that are asked for and do not exist must not fill the memory.
            self._known.pop(name, None)
        else:
            self._known[name] = known
        return known

    def _read(self, reader: Reader, name: str, head: int, old: _Known | None) -> _Known | None:
        state = reader.state(name)
        if state is None:
            return None
        if old is not None and old.state == state:
            return old._replace(head=head)
        row = reader.get(name)
        assert row is not None
        embargoes = sorted({embargo(record) for record in _under_embargo(reader, name)})
        return _Known(head, state, wire.unframe(Calendar, row.frame), tuple(embargoes))

    def _state(self, known: _Known) -> FeedState | None:
        now = self._backend.clock.now()
        if not is_public(known.calendar, now):
            return None
        over = [time for time in known.embargoes if time <= now]
        return FeedState(
            revision=known.state.revision,
            modified=max([known.state.modified, *over]),
            store_id=self._backend.store_id,
            tzdb_version=self._backend.db.version,
            variant=str(len(over)) if known.embargoes else "",
        )


def _calendars(reader: Reader) -> Iterator[Calendar]:
    after = ""
    while rows := reader.page(CALENDAR.number, None, after, MAX_PAGE, Condition()):
        yield from (wire.unframe(Calendar, row.frame) for row in rows)
        after = rows[-1].name


def _under_embargo(reader: Reader, calendar: str) -> Iterator[RecordHeader]:
    for kind in KINDS[1:]:
        after = ""
        while rows := reader.page(kind.number, calendar, after, MAX_PAGE, UNDER_EMBARGO):
            yield from (wire.unframe(RecordHeader, row.frame) for row in rows)
            after = rows[-1].name


def _id(calendar: Calendar) -> str:
    return calendar.name.partition("/")[2]


def _title(calendar: Calendar) -> str:
    return next((title.text for title in calendar.titles), _id(calendar))

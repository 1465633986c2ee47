"""The records that a question about people or conflicts needs, read from one snapshot.

The store finds summits and meetings by their time, visits by the times of all their parts, and
delegations by the people and the events in them: when a delegation is where depends on its events,
which are records of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from summitry.kinds import BY_NUMBER, DELEGATION, MEETING, SUMMIT, VISIT, Record
from summitry_server.domain.people.presence import referenced_events
from summitry_server.domain.search.agenda import Plan
from summitry_server.domain.search.facets import event_facet
from summitry_server.store.contract import (
    Axis,
    Condition,
    RecordReader,
    Row,
    Window,
    WindowMatch,
)
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import KIB, MOST_BYTES, MOST_RECORDS
from summitry_server.wire.refusals import too_many

PAGE = 500
EVENTS = 100  # whose delegations are asked for in one question to the store
CHECKED = 64  # records between two checks
MEMORY_FACTOR = 4  # bytes of a message in memory for each byte of its stored form


class RelatedRecords(NamedTuple):
    """The records that name people, and the events that these refer to, by name."""

    records: list[Record]
    events: dict[str, Record]


class Gatherer:
    """Reads the records of one question, up to the limits of questions.

    Every method raises RefusedError TOO_MANY_VALUES beyond these, and what `check` raises when
    nobody waits for the answer any more.
    """

    def __init__(
        self, reader: RecordReader, calendar: str | None, check: Callable[[], None]
    ) -> None:
        """Create a reader of a calendar, all if None; `check` raises to stop the work."""
        self._reader = reader
        self._calendar = calendar
        self.check = check
        self._count = 0
        self._size = 0  # bytes of the records, as stored

    @property
    def memory(self) -> int:
        """Return about how many bytes of memory the records take."""
        return MEMORY_FACTOR * self._size

    def people(self, facets: Iterable[str], plan: Plan) -> RelatedRecords:
        """Return all records with any of `facets` that can place people in a window.

        These may lie outside of the window: the caller compares their times with it.
        """
        naming_people = Condition(facets=(tuple(facets),))
        placed = naming_people._replace(kinds=(SUMMIT.number, MEETING.number))
        visits = naming_people._replace(kinds=(VISIT.number,))
        days, hours = (window._replace(possible=True) for window in (plan.days, plan.hours))
        records = [
            *self.in_window(placed, plan._replace(days=days, hours=hours)),
            *map(self._take, self._within(stay_window(plan), visits)),
            *map(self._take, self._listed(DELEGATION.number, naming_people)),
        ]
        return RelatedRecords(records, self.references(records))

    def in_window(self, condition: Condition, plan: Plan) -> Iterator[Record]:
        """Yield the records that take place in a window."""
        for window in (plan.days, plan.hours):
            yield from map(self._take, self._within(window, condition))

    def add_delegations(self, records: dict[str, Record], condition: Condition) -> None:
        """Add the delegations to the given records, by name, that meet a condition."""
        events = [event_facet(name) for name in records]
        for first in range(0, len(events), EVENTS):
            batch = tuple(events[first : first + EVENTS])
            sent = condition._replace(facets=(*condition.facets, batch))
            for row in self._listed(DELEGATION.number, sent):
                # A delegation to several events is found by each of them.
                if row.name not in records:
                    records[row.name] = self._take(row)

    def checked(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield records; every CHECKED of them, check that somebody still waits for the answer."""
        for number, record in enumerate(records):
            if number % CHECKED == 0:
                self.check()
            yield record

    def references(self, records: Iterable[Record]) -> dict[str, Record]:
        """Return the live events that records refer to, and those that these refer to, by name."""
        records_by_name: dict[str, Record] = {record.name: record for record in records}
        requested_names = set(records_by_name)
        missing_names = {
            name for record in records_by_name.values() for name in referenced_events(record)
        } - requested_names
        while missing_names:
            more = [self._take(row) for row in self._live_rows(sorted(missing_names))]
            requested_names |= missing_names
            records_by_name.update((record.name, record) for record in more)
            missing_names = {
                name for record in more for name in referenced_events(record)
            } - requested_names
        return records_by_name

    def _take(self, row: Row | WindowMatch) -> Record:
        """Return the record of a row, and count it."""
        self._count += 1
        self._size += len(row.frame)
        if self._count > MOST_RECORDS:
            raise too_many("records", MOST_RECORDS)
        if self._size > MOST_BYTES:
            raise too_many("MiB of records", MOST_BYTES // KIB // KIB)
        return _record(row)

    def _within(self, window: Window, condition: Condition) -> Iterator[WindowMatch]:
        after: tuple[int, str] | None = None
        while True:
            self.check()
            page = self._reader.within(window, self._calendar, after, PAGE, condition)
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].start, page[-1].name

    def _listed(self, kind: int, condition: Condition) -> Iterator[Row]:
        after = ""
        while True:
            self.check()
            page = self._reader.page(kind, self._calendar, after, PAGE, condition)
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].name

    def _live_rows(self, names: list[str]) -> Iterator[Row]:
        for first in range(0, len(names), PAGE):
            self.check()
            for row in self._reader.get_many(names[first : first + PAGE]):
                if row is not None and not row.deleted:
                    yield row


def stay_window(plan: Plan) -> Window:
    """Return the window on the axis of stays that touches all that the windows of a plan do."""
    windows = (plan.days, plan.hours)
    start, end = min(w.start for w in windows), max(w.end for w in windows)
    return Window(Axis.STAY, start, end, possible=True)


def _record(row: Row | WindowMatch) -> Record:
    return wire.unframe(BY_NUMBER[row.kind].message, row.frame)

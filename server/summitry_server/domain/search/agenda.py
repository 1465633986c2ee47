"""Find the events in a window: two streams of the store, days and hours, merged by time.

Days and hours lie on different axes: a date is compared with dates, an instant with instants. In
the order of the answer a day stands where it begins in the zone of the window, before the hours of
that day.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.filter_pb2 import (
    DateMatching,
    DateWindow,
    MatchCertainty,
    SlidingWindow,
    TimeWindow,
)
from summitry.zones import TzDb, Zone, ZoneError, day_of, day_start, parse_date
from summitry_server.domain.time.spans import DAY
from summitry_server.domain.time.times import to_refusal
from summitry_server.store.contract import (
    EARLIEST,
    LATEST,
    Axis,
    Condition,
    RecordReader,
    Window,
    WindowMatch,
)
from summitry_server.wire.refusals import RefusedError, invalid, missing

MOST_DAYS = 36_600  # of a sliding window, on each side
DAYS, HOURS = 0, 1  # the rank of a stream among equals in time


class AgendaPosition(NamedTuple):
    """The place of an item in the order of the answer; that of the last item ends a page."""

    time: int
    rank: int
    start: int
    name: str


class AgendaMatch(NamedTuple):
    """An event in the window, behind the four parts of its sort key."""

    time: int
    rank: int
    start: int
    name: str
    match: WindowMatch


class Plan(NamedTuple):
    """A window of the API as windows of the store."""

    days: Window
    hours: Window
    zone: Zone | None  # in which days begin; None if the days are on an axis of instants


def plan(window: TimeWindow, path: str, db: TzDb) -> Plan:
    """Return the plan of a window of the API. Raises RefusedError by the path of the field."""
    possible = window.matching == MatchCertainty.MATCH_CERTAINTY_POSSIBLE
    form = window.WhichOneof("span")
    if form == "dates":
        return _civil_plan(window, f"{path}.dates", possible, db)
    if form == "instants":
        return _instant_plan(window, path, possible)
    raise missing(f"{path}.span", "give dates or instants")


def _civil_plan(window: TimeWindow, path: str, possible: bool, db: TzDb) -> Plan:
    civil = civil_days(window.dates, path, db)
    start, end = civil.instants()
    hours = Window(Axis.INSTANT, start, end, possible)
    if window.date_matching == DateMatching.DATE_MATCHING_BY_PLACE:
        return Plan(Window(Axis.PLACE, start, end, possible), hours, None)
    return Plan(Window(Axis.LABEL, *civil.labels(), possible), hours, civil.zone)


class CivilDays(NamedTuple):
    """Civil days in a zone, both inclusive; None where they have no end."""

    first: int | None
    last: int | None
    zone: Zone

    def instants(self) -> tuple[int, int]:
        """Return the instants [start, end) of the days."""
        start = EARLIEST if self.first is None else day_start(self.zone, self.first)
        return start, LATEST if self.last is None else day_start(self.zone, self.last + 1)

    def labels(self) -> tuple[int, int]:
        """Return [start, end) of the days on the axis of labels."""
        start = EARLIEST if self.first is None else self.first * DAY
        return start, LATEST if self.last is None else (self.last + 1) * DAY


def civil_days(dates: DateWindow, path: str, db: TzDb) -> CivilDays:
    """Return the days of a window. Raises RefusedError by the path of the field."""
    first = _day(dates.first_date, dates.last_date, dates.open_start, f"{path}.first_date")
    last = _day(dates.last_date, dates.first_date, dates.open_end, f"{path}.last_date")
    zone = _zone(dates.time_zone, f"{path}.time_zone", db)
    if first is not None and last is not None and last < first:
        raise _backwards(f"{path}.last_date", dates.last_date, dates.first_date)
    return CivilDays(first, last, zone)


def _day(date: str, other_date: str, is_open: bool, path: str) -> int | None:
    """Return the day at an end of a window: its date, or that of the other end; None if open."""
    if is_open and date:
        raise invalid(path, date, "empty, as it is at an end that is open")
    if is_open:
        return None
    if not (date or other_date):
        raise missing(path, "give a day such as 2024-07-03")
    try:
        return parse_date(date or other_date)
    except ZoneError as error:
        raise to_refusal(error, path) from error


def check_sliding(sliding: SlidingWindow, path: str, db: TzDb) -> None:
    """Refuse a sliding window that has too many days or no zone. Raises RefusedError."""
    for name in ("days_before", "days_after"):
        if not 0 <= (days := getattr(sliding, name)) <= MOST_DAYS:
            raise invalid(f"{path}.{name}", days, f"from 0 to {MOST_DAYS} days")
    _zone(sliding.time_zone, f"{path}.time_zone", db)


def _zone(key: str, path: str, db: TzDb) -> Zone:
    if not key:
        raise missing(path, "give the zone whose days these are")
    try:
        return db.zone(key)
    except ZoneError as error:
        raise to_refusal(error, path) from error


def _instant_plan(window: TimeWindow, path: str, possible: bool) -> Plan:
    interval = window.instants
    start = interval.start_time.seconds if interval.HasField("start_time") else EARLIEST
    end = interval.end_time.seconds if interval.HasField("end_time") else LATEST
    if end < start:
        raise _backwards(f"{path}.instants.end_time", end, start)
    if window.date_matching == DateMatching.DATE_MATCHING_BY_LABEL:
        raise invalid(f"{path}.date_matching", "BY_LABEL", "for a window of instants: give dates")
    hours = Window(Axis.INSTANT, start, end, possible)
    return Plan(hours._replace(axis=Axis.PLACE), hours, None)


def _backwards(field: str, end: object, start: object) -> RefusedError:
    reason = ErrorReason.ERROR_REASON_END_BEFORE_START
    return RefusedError(reason, f"{end} is before {start}", field)


def all_time() -> Plan:
    """Return the plan of a window without ends: all that has a time, days by their place."""
    hours = Window(Axis.INSTANT, EARLIEST, LATEST, possible=True)
    return Plan(hours._replace(axis=Axis.PLACE), hours, None)


class AgendaQuery(NamedTuple):
    """The events of a plan that meet a condition, in the order of time or in the reverse of it."""

    plan: Plan
    records: RecordReader
    calendar: str | None  # None: all
    condition: Condition
    descending: bool = False

    def page(self, after: AgendaPosition | None, limit: int) -> list[AgendaMatch]:
        """Return up to `limit` items after a position."""
        items: list[AgendaMatch] = []
        for rank, window in self._windows():
            items += self._stream(rank, window, after, limit)
        # Of two sorted parts, which costs a comparison for each item.
        items.sort(reverse=self.descending)
        return items[:limit]

    def count(self, limit: int) -> int:
        """Return how many items there are; `limit` if there are more."""
        counted = 0
        for _, window in self._windows():
            remaining = limit - counted
            counted += self.records.count_within(window, self.calendar, remaining, self.condition)
        return counted

    def _windows(self) -> tuple[tuple[int, Window], ...]:
        return (DAYS, self.plan.days), (HOURS, self.plan.hours)

    def _stream(
        self, rank: int, window: Window, after: AgendaPosition | None, limit: int
    ) -> list[AgendaMatch]:
        zone = self.plan.zone
        matches = self.records.within(
            window,
            self.calendar,
            _resume(after, rank, zone),
            limit,
            self.condition,
            descending=self.descending,
        )
        return [
            AgendaMatch(begins(match.start, rank, zone), rank, match.start, match.name, match)
            for match in matches
        ]


def begins(start: int, rank: int, zone: Zone | None) -> int:
    """Return the instant at which an item sorts, from its start on the axis of its stream."""
    return start if rank == HOURS or zone is None else _day_begins(start, zone)


@lru_cache(maxsize=4096)  # the items of a page begin on few days
def _day_begins(start: int, zone: Zone) -> int:
    return start if start <= EARLIEST else day_start(zone, start // DAY)


def _resume(after: AgendaPosition | None, rank: int, zone: Zone | None) -> tuple[int, str] | None:
    """Return the (start, name) at which a stream resumes; None for its beginning.

    The last item may have come from the other stream. Days sort before hours of the same instant,
    so after a day the hours of that instant still follow, and after an hour only later days. The
    key lies between what comes before that item and what comes after it, and so is the same in
    either direction.
    """
    if after is None:
        return None
    if rank == after.rank:
        return after.start, after.name
    if rank == HOURS:
        return after.time, ""
    if zone is None:
        return after.time + 1, ""
    return (day_of(zone, after.time) + 1) * DAY, ""

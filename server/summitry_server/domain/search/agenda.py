"""Find the events in a window: two streams of the store, days and hours, merged by time.

Days and hours lie on different axes: a date is compared with dates, an instant with instants. In
the order of the answer a day stands where it begins in the zone of the window, before the hours of
that day.
"""

from __future__ import annotations

from heapq import merge
from itertools import islice
from typing import NamedTuple

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.filter_pb2 import (
    DateMatching,
    DateWindow,
    MatchCertainty,
    SlidingWindow,
    TimeWindow,
)
from summitry.zones import TzDb, Zone, ZoneError, day_of, day_start, day_window, parse_date
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
    """An event in the window, with its place in the order."""

    position: AgendaPosition
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
    first, last, zone = civil_days(window.dates, path, db)
    start, end = day_window(zone, first, last)
    hours = Window(Axis.INSTANT, start, end, possible)
    if window.date_matching == DateMatching.DATE_MATCHING_BY_PLACE:
        return Plan(Window(Axis.PLACE, start, end, possible), hours, None)
    days = Window(Axis.LABEL, first * DAY, (last + 1) * DAY, possible)
    return Plan(days, hours, zone)


def civil_days(dates: DateWindow, path: str, db: TzDb) -> tuple[int, int, Zone]:
    """Return (first day, last day, zone) of a window, both days inclusive.

    Raises RefusedError by the path of the field.
    """
    last_date = dates.last_date or dates.first_date
    fields = (("first_date", dates.first_date), ("last_date", last_date))
    days = []
    for name, value in fields:
        if not value:
            raise missing(f"{path}.{name}", "give a day such as 2024-07-03")
        try:
            days.append(parse_date(value))
        except ZoneError as error:
            raise to_refusal(error, f"{path}.{name}") from error
    zone = _zone(dates.time_zone, f"{path}.time_zone", db)
    if days[1] < days[0]:
        raise _backwards(f"{path}.last_date", dates.last_date, dates.first_date)
    return days[0], days[1], zone


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


def page(
    plan: Plan,
    reader: RecordReader,
    calendar: str | None,
    condition: Condition,
    after: AgendaPosition | None,
    limit: int,
) -> list[AgendaMatch]:
    """Return up to `limit` items after a position, in the order of time."""
    streams = (
        [
            AgendaMatch(
                AgendaPosition(begins(match.start, rank, plan.zone), rank, match.start, match.name),
                match,
            )
            for match in reader.within(
                window, calendar, _resume(after, rank, plan.zone), limit, condition
            )
        ]
        for rank, window in ((DAYS, plan.days), (HOURS, plan.hours))
    )
    return list(islice(merge(*streams), limit))


def begins(start: int, rank: int, zone: Zone | None) -> int:
    """Return the instant at which an item sorts, from its start on the axis of its stream."""
    if rank == HOURS or zone is None or start <= EARLIEST:
        return start
    return day_start(zone, start // DAY)


def _resume(after: AgendaPosition | None, rank: int, zone: Zone | None) -> tuple[int, str] | None:
    """Return the (start, name) after which a stream resumes; None for its beginning.

    The last item may have come from the other stream. Days sort before hours of the same instant,
    so after a day the hours of that instant still follow, and after an hour only later days.
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

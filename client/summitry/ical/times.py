"""EventTime -> DTSTART and DTEND (RFC 5545 sections 3.3.4, 3.3.5, 3.8.2).

A wall time with a zone is written as such, under the id as stored. It is written in UTC where
readers could map it to another instant: in a gap, in a fold, where the record was resolved by other
rules than those of the database here, and with the time style "auto" where summitry.ical.readable
says so.

In a fold, both instants are written in UTC. By RFC 5545 such a wall time is the first instant, but
of the readers that were tried Thunderbird, libical, ical.js, node-ical, Go, sabre, ts-ics and
icalevents take the second.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from summitry.ical.options import Options
from summitry.ical.readable import is_readable
from summitry.ical.records import Event
from summitry.ical.text import DAYS, date_value, escape, local_stamp, one_line, stamp, wall_value
from summitry.standing import standing_times
from summitry.time_fields import instants
from summitry.v1.event_time_pb2 import DateSpan, EventTime, PartialSpan, TimePoint
from summitry.zones import TzDb, parse_date
from summitry.zones.days import DAY_SECONDS, format_date
from summitry.zones.errors import InvalidDateError

_NO_ZONES: tuple[tuple[str, int], ...] = ()
_UTC_IDS = frozenset({"UTC", "Etc/UTC"})


class Placement(NamedTuple):
    """The time of an event in a file."""

    lines: tuple[str, ...]  # content lines, not folded
    start: int  # epoch seconds, of the label as if in UTC for days; orders a feed
    all_day: bool
    zones: tuple[tuple[str, int], ...]  # TZIDs in use, each with an instant that it must cover
    end: int  # epoch seconds like `start`, exclusive; `start` when there is none
    start_zone: str = ""  # the TZID at each end; empty: UTC, or a day
    end_zone: str = ""
    former: bool = False  # a time that the event had, and no longer has


def place_event(event: Event, options: Options, db: TzDb) -> Placement | None:
    """Return the time of an event in a file; None if it has no time that can be shown.

    Raises ValueError for a timed event whose `resolved` is not filled, and ZoneError for a zone
    that `db` does not have.
    """
    for time, former in standing_times(event):
        if placement := _place(time, options, db):
            return placement._replace(former=True) if former else placement
    return None


def _place(time: EventTime, options: Options, db: TzDb) -> Placement | None:
    match time.WhichOneof("when"):
        case "timed":
            return _timed(time, options.times, db)
        case "dates":
            return _dates(time.dates)
        case "partial" if options.partial == "span":
            return _span(time.partial)
        case _:
            return None


def _timed(time: EventTime, style: str, db: TzDb) -> Placement:
    if not time.resolved.HasField("interval"):
        raise ValueError("time.resolved is not filled: render records as the server returns them")
    span = time.timed
    start, end = instants(time)
    line, start_zone = _point("DTSTART", span.start, start, style, db)
    uses = ((start_zone, start),) if start_zone else _NO_ZONES
    if end is None or end <= start:
        return Placement((line,), start, False, uses, start, start_zone)
    end_line, end_zone = _point("DTEND", span.end, end, style, db)
    if end_zone:
        uses = (*uses, (end_zone, end))
    return Placement((line, end_line), start, False, uses, end, start_zone, end_zone)


def _point(name: str, point: TimePoint, instant: int, style: str, db: TzDb) -> tuple[str, str]:
    """Return the content line of a point in time, and its TZID; empty in UTC."""
    civil, key = point.civil_time, point.time_zone
    if civil and key and style != "utc" and not point.utc_offset and key not in _UTC_IDS:
        day = instant // DAY_SECONDS
        clock = _clock_of_day(key, day, style, db) or _clock_at(key, instant, style, db)
        # They differ in a gap, or where the record was resolved by other rules.
        if clock and wall_value(civil) == (wall := local_stamp(instant + clock[0])):
            return f"{name};TZID={clock[1]}:{wall}", clock[1]
    return f"{name}:{stamp(instant)}", ""


# An offset, and the zone id as the database spells it, since readers compare ids exactly.
_Clock: TypeAlias = tuple[int, str]


@lru_cache(maxsize=DAYS)
def _clock_of_day(key: str, day: int, style: str, db: TzDb) -> _Clock | None:
    """Return the clock for all wall times of a day of UTC; None if it changes or is unsafe."""
    start, end = day * DAY_SECONDS, (day + 1) * DAY_SECONDS - 1
    if db.zone(key).transitions(start - 2 * DAY_SECONDS, end + 2 * DAY_SECONDS):
        return None
    clock = _clock_at(key, start, style, db)
    return clock if clock == _clock_at(key, end, style, db) else None


def _clock_at(key: str, instant: int, style: str, db: TzDb) -> _Clock | None:
    """Return the clock for the wall time at an instant; None if readers disagree on it."""
    if style == "auto" and not is_readable(key, instant, db):
        return None
    zone = db.zone(key)
    wall = zone.wall_at(instant)
    return (wall - instant, zone.key) if zone.candidates(wall)[2] == "normal" else None


def _dates(span: DateSpan) -> Placement | None:
    if span.first_date and span.last_date:
        return _days(span.first_date, span.last_date)
    only_date = span.first_date or span.last_date
    if not only_date:
        return None
    # Only the first or the last day is known: write that day without DTEND, which is one day by
    # RFC 5545 3.6.1. X-SUMMITRY-EDTF carries the open range.
    day = parse_date(only_date)
    edtf = f"{only_date}/.." if span.first_date else f"../{only_date}"
    lines = (f"DTSTART;VALUE=DATE:{date_value(only_date)}", f"X-SUMMITRY-EDTF:{edtf}")
    return Placement(lines, day * DAY_SECONDS, True, (), (day + 1) * DAY_SECONDS)


def _span(span: PartialSpan) -> Placement | None:
    if not (span.first_date and span.last_date):
        return None
    placement = _days(span.first_date, span.last_date)
    return placement._replace(
        lines=(*placement.lines, f"X-SUMMITRY-EDTF:{escape(one_line(span.edtf))}")
    )


def _days(first_date: str, last_date: str) -> Placement:
    """Place an event on days, first to last inclusive; DTEND is the day after (3.8.2.2)."""
    first, after = parse_date(first_date), parse_date(last_date) + 1
    lines = [f"DTSTART;VALUE=DATE:{date_value(first_date)}"]
    with suppress(InvalidDateError):  # the day after 9999-12-31 cannot be written
        lines.append(f"DTEND;VALUE=DATE:{date_value(format_date(after))}")
    return Placement(tuple(lines), first * DAY_SECONDS, True, (), after * DAY_SECONDS)

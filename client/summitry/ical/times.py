"""EventTime -> DTSTART and DTEND (RFC 5545 sections 3.3.4, 3.3.5, 3.8.2).

A wall time with a zone stays so, under the id as stored. It becomes UTC where readers could take
it for another instant: in a gap, in a fold, where the zone's rules here are not those that resolved
it, and by the time style "auto" where summitry.ical.readable says so.

In a fold that is true of both instants. RFC 5545 reads such a wall time as the first, but of the
readers that were tried Thunderbird, libical, ical.js, node-ical, Go, sabre, ts-ics and icalevents
read it as the second.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from summitry.ical.options import Options
from summitry.ical.readable import is_readable
from summitry.ical.records import Event
from summitry.ical.text import date_value, escape, local_stamp, one_line, stamp, wall_value
from summitry.standing import standing_times
from summitry.v1.event_time_pb2 import DateSpan, EventTime, PartialSpan, TimePoint
from summitry.zones import TzDb, parse_date
from summitry.zones.days import SECONDS, format_date
from summitry.zones.errors import InvalidDateError

_NO_ZONES: tuple[tuple[str, int], ...] = ()
_UTC_IDS = frozenset({"UTC", "Etc/UTC"})


class When(NamedTuple):
    """An event's place in time."""

    lines: tuple[str, ...]  # content lines, not folded
    start: int  # epoch seconds, of the label as if in UTC for days; orders a feed
    all_day: bool
    zones: tuple[tuple[str, int], ...]  # TZIDs in use, each with an instant that it must cover
    end: int  # epoch seconds like `start`, exclusive; `start` when there is none
    start_zone: str = ""  # the TZID at each end; empty: UTC, or a day
    end_zone: str = ""
    former: bool = False  # a time that the event had, and no longer has


def place_event(event: Event, options: Options, db: TzDb) -> When | None:
    """Return where an event stands in a file; None if no time of it can be shown.

    Raises ValueError for a timed event whose `resolved` is not filled, and ZoneError for a zone
    that `db` does not have.
    """
    for time, former in standing_times(event):
        if when := _place(time, options, db):
            return when._replace(former=True) if former else when
    return None


def _place(time: EventTime, options: Options, db: TzDb) -> When | None:
    match time.WhichOneof("when"):
        case "timed":
            return _timed(time, options.times, db)
        case "dates":
            return _dates(time.dates)
        case "partial" if options.partial == "span":
            return _span(time.partial)
        case _:
            return None


def _timed(time: EventTime, style: str, db: TzDb) -> When:
    if not time.resolved.HasField("interval"):
        raise ValueError("time.resolved is not filled: render records as the server returns them")
    interval, span = time.resolved.interval, time.timed
    start, end = interval.start_time.seconds, interval.end_time.seconds
    line, start_zone = _point("DTSTART", span.start, start, style, db)
    uses = ((start_zone, start),) if start_zone else _NO_ZONES
    if end <= start or not span.HasField("end"):
        return When((line,), start, False, uses, start, start_zone)
    end_line, end_zone = _point("DTEND", span.end, end, style, db)
    if end_zone:
        uses = (*uses, (end_zone, end))
    return When((line, end_line), start, False, uses, end, start_zone, end_zone)


def _point(name: str, point: TimePoint, instant: int, style: str, db: TzDb) -> tuple[str, str]:
    """The content line, and its TZID; empty in UTC."""
    civil, key = point.civil_time, point.time_zone
    if civil and key and style != "utc" and not point.utc_offset and key not in _UTC_IDS:
        day = instant // SECONDS
        found = _clock_of_day(key, day, style, db) or _clock_at(key, instant, style, db)
        # Another wall time is that of a gap, or of other rules that resolved it.
        if found and wall_value(civil) == (wall := local_stamp(instant + found[0])):
            return f"{name};TZID={found[1]}:{wall}", found[1]
    return f"{name}:{stamp(instant)}", ""


# An offset, and the id of the zone as the database spells it: readers look it up by that.
_Clock: TypeAlias = tuple[int, str]


@lru_cache(maxsize=4096)
def _clock_of_day(key: str, day: int, style: str, db: TzDb) -> _Clock | None:
    """What holds for all wall times of a day of UTC, if it is the same and may be written."""
    start, end = day * SECONDS, (day + 1) * SECONDS - 1
    if db.zone(key).transitions(start - 2 * SECONDS, end + 2 * SECONDS):
        return None
    found = _clock_at(key, start, style, db)
    return found if found == _clock_at(key, end, style, db) else None


def _clock_at(key: str, instant: int, style: str, db: TzDb) -> _Clock | None:
    """Return what holds for the wall time at an instant; None if readers disagree on it."""
    if style == "auto" and not is_readable(key, instant, db):
        return None
    zone = db.zone(key)
    wall = zone.wall_at(instant)
    return (wall - instant, zone.key) if zone.candidates(wall)[2] == "normal" else None


def _dates(span: DateSpan) -> When | None:
    if span.first_date and span.last_date:
        return _days(span.first_date, span.last_date)
    known = span.first_date or span.last_date
    if not known:
        return None
    # One end is not known: the day that is known, without DTEND, which RFC 5545 3.6.1 reads as
    # that day alone. The property says what it stands for.
    day = parse_date(known)
    edtf = f"{known}/.." if span.first_date else f"../{known}"
    lines = (f"DTSTART;VALUE=DATE:{date_value(known)}", f"X-SUMMITRY-EDTF:{edtf}")
    return When(lines, day * SECONDS, True, (), (day + 1) * SECONDS)


def _span(span: PartialSpan) -> When | None:
    if not (span.first_date and span.last_date):
        return None
    when = _days(span.first_date, span.last_date)
    return when._replace(lines=(*when.lines, f"X-SUMMITRY-EDTF:{escape(one_line(span.edtf))}"))


def _days(first_date: str, last_date: str) -> When:
    """Days from first to last, inclusive; DTEND is the day after, as RFC 5545 3.8.2.2 has it."""
    first, after = parse_date(first_date), parse_date(last_date) + 1
    lines = [f"DTSTART;VALUE=DATE:{date_value(first_date)}"]
    with suppress(InvalidDateError):  # the day after 9999-12-31 cannot be written
        lines.append(f"DTEND;VALUE=DATE:{date_value(format_date(after))}")
    return When(tuple(lines), first * SECONDS, True, (), after * SECONDS)

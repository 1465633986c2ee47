"""Parsers of property values, limited to ranges that are safe to compute with (RFC 5545 3.3).

Each parser raises ValueError, with the reason and what to write instead.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from summitry.ical.reading.properties import brief
from summitry.zones.days import DAY_SECONDS

LONGEST = 10 * 366  # days of a duration

_STAMP = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z)?)?", re.IGNORECASE
)
_DURATION = re.compile(
    r"([+-]?)P(?=[0-9T])(?:([0-9]{1,9})W)?(?:([0-9]{1,9})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})S)?)?",
    re.IGNORECASE,
)
_DEGREES = r"([+-]?[0-9]{1,3}(?:\.[0-9]{0,20})?)"
_GEO = re.compile(rf"{_DEGREES}[ \t]*;[ \t]*{_DEGREES}")
_NUMBER = re.compile(r"[0-9]{1,10}")


class DateOrTime(NamedTuple):
    """A day, or a time of day."""

    wall: datetime  # without zone; of a day its midnight
    is_utc: bool = False  # ended by Z
    is_day: bool = False  # a day


class Duration(NamedTuple):
    """A length of time: days by the calendar, then exact seconds (RFC 5545 3.3.6)."""

    days: int
    seconds: int


class PeriodValue(NamedTuple):
    """A start, and its end or length if it has one."""

    start: DateOrTime
    end: DateOrTime | None = None
    length: Duration | None = None


def stamp(text: str) -> DateOrTime:
    """Parse a DATE or DATE-TIME. Second 60 becomes 59, since leap seconds are not supported."""
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{brief(text)!r} is no day or hour: write 20240704 or 20240704T100000")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        second = 59 if second == 60 else second
        wall = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError as error:
        raise ValueError(f"{brief(text)!r} is no day or hour: {error}") from error
    return DateOrTime(wall, match[7] is not None, match[4] is None)


def compact(wall: datetime) -> str:
    """Return a wall time in the form of iCalendar: 20240704T100000."""
    return wall.isoformat(timespec="seconds").replace("-", "").replace(":", "")


def duration(text: str) -> Duration:
    """Parse a DURATION of at most `LONGEST` days that is not negative."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{brief(text)!r} is no length of time: write P1D or PT2H30M")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    length = Duration(weeks * 7 + days, (hours * 60 + minutes) * 60 + seconds)
    if match[1] == "-" and any(length):
        raise ValueError(f"{brief(text)!r} is negative")
    if length.days + length.seconds // DAY_SECONDS > LONGEST:
        raise ValueError(f"{brief(text)!r} is longer than {LONGEST} days")
    return length


def period(text: str) -> PeriodValue:
    """Parse a PERIOD, or a day or time without an end. The end must not be before the start."""
    first, slash, rest = text.partition("/")
    start = stamp(first)
    if not slash:
        return PeriodValue(start)
    if rest.strip()[:1] in ("P", "p", "+", "-"):
        return PeriodValue(start, length=duration(rest))
    end = stamp(rest)
    if end.is_utc == start.is_utc and end.wall < start.wall:
        raise ValueError(f"the period {brief(text)!r} ends before it starts")
    return PeriodValue(start, end)


def geo(text: str) -> tuple[float, float]:
    """Parse a GEO value and return latitude and longitude in degrees."""
    match = _GEO.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{brief(text)!r} is no position: write 48.85;2.29")
    latitude, longitude = float(match[1]), float(match[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValueError(f"{brief(text)!r} is outside of 90 and 180 degrees")
    return latitude, longitude


def number(text: str) -> int:
    """Parse a whole number from 0 on."""
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(f"{brief(text)!r} is no number from 0 on")
    return int(text)

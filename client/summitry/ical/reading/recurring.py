"""The days of an event that recurs: RRULE, RDATE, EXDATE, within bounds (RFC 5545 3.8.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Event

from summitry.ical.reading.moments import EventFaultError, Frame, Moment, clock, instant, moment

MOST = 1000  # days of an event
ENDLESS = timedelta(days=3 * 366)  # of a rule without an end, so much is read
FURTHEST = timedelta(days=30 * 366)
PARTS = 512  # characters of a rule

# A rule that never fits is followed to the year 9999. Since the calendar repeats every 400 years,
# to the day of the week, rules are followed in the last of these that has room.
_CYCLE = 400
_LAST = 9999 - 31

_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
_KNOWN = {"FREQ", "UNTIL", "COUNT", "INTERVAL", "WKST", "RSCALE", "SKIP"} | {
    f"BY{part}" for part in ("MONTH", "MONTHDAY", "DAY", "SETPOS", "YEARDAY", "WEEKNO")
}
# Without these every period has a day, so that no rule is followed in vain for long.
_NOT_WITH = {
    "DAILY": {"BYSETPOS", "BYYEARDAY", "BYWEEKNO", "BYMONTHDAY"},
    "WEEKLY": {"BYSETPOS", "BYYEARDAY", "BYWEEKNO", "BYMONTHDAY"},
    "MONTHLY": {"BYYEARDAY", "BYWEEKNO"},
    "YEARLY": set(),
}
_NUMBERS = re.compile(r"[A-Z0-9,+-]+")


def recurs(event: Event) -> bool:
    """Whether it is on more days than one."""
    return "RRULE" in event or "RDATE" in event


def starts(event: Event, start: Moment, frame: Frame) -> list[datetime]:
    """The walls at which it starts, in order, those of EXDATE left out.

    Raises EventFaultError for a rule that is broken, out of bounds, or in another calendar.
    """
    found = {start.wall}
    for rule in _listed(event.get("RRULE")):
        found.update(_of_rule(rule, start, frame))
    found.update(_dates(event, "RDATE", start, frame))
    if len(found) > MOST:
        raise EventFaultError(f"it is on more than {MOST} days: give its rule an end")
    return sorted(found - _dates(event, "EXDATE", start, frame))


def _of_rule(rule: Any, start: Moment, frame: Frame) -> Iterator[datetime]:
    parts = _parts(rule)
    until = _until(parts.pop("UNTIL", ""), start, frame)
    ends = until is not None or "COUNT" in parts
    horizon = start.wall + (FURTHEST if ends else ENDLESS)
    last = min(until, horizon) if until is not None else horizon
    cycles = (_LAST - start.wall.year) // _CYCLE
    shifted = start.wall.replace(year=start.wall.year + cycles * _CYCLE)
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        days = rrulestr(text, dtstart=shifted)
        for wall in islice(days, MOST + 1):
            back = wall.replace(year=wall.year - cycles * _CYCLE)
            if back > last:
                return
            yield back
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise EventFaultError(f"RRULE {text} cannot be followed") from error


def _parts(rule: Any) -> dict[str, str]:
    text = rule.to_ical().decode().upper()
    if len(text) > PARTS:
        raise EventFaultError(f"RRULE has more than {PARTS} characters")
    parts = dict(part.partition("=")[::2] for part in text.split(";"))
    if parts.pop("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise EventFaultError("RRULE is in another calendar than the Gregorian (RFC 7529)")
    parts.pop("SKIP", "")
    frequency = parts.get("FREQ", "")
    unknown = set(parts) - _KNOWN
    if frequency not in _FREQUENCIES or unknown:
        shown = ", ".join(_FREQUENCIES)
        raise EventFaultError(f"RRULE {text}: rules of whole days are read, FREQ one of {shown}")
    if excess := set(parts) & _NOT_WITH[frequency]:
        raise EventFaultError(f"RRULE: {min(excess)} does not go with FREQ={frequency}")
    if not all(_NUMBERS.fullmatch(value) for value in parts.values()):
        raise EventFaultError(f"RRULE {text} cannot be followed")
    if "COUNT" in parts and int(parts["COUNT"]) > MOST:
        raise EventFaultError(f"it is on more than {MOST} days: give its rule an end")
    return parts


def _until(text: str, start: Moment, frame: Frame) -> datetime | None:
    if not text:
        return None
    form = {8: "%Y%m%d", 15: "%Y%m%dT%H%M%S", 16: "%Y%m%dT%H%M%SZ"}.get(len(text), "")
    try:
        until = datetime.strptime(text, form)  # noqa: DTZ007
    except ValueError as error:
        raise EventFaultError(f"UNTIL={text} is no day or hour") from error
    if len(text) == len("20240703"):
        return until if start.whole else until + timedelta(hours=23, minutes=59, seconds=59)
    if text.endswith("Z") and start.zone:
        offset = frame.db.zone(start.zone).offset_at(int(until.replace(tzinfo=UTC).timestamp()))
        return until + timedelta(seconds=offset)
    return until


def _dates(event: Event, name: str, start: Moment, frame: Frame) -> set[datetime]:
    """The walls of RDATE or EXDATE, in the zone of the start."""
    walls = set()
    for prop in _listed(event.get(name)):
        tzid = prop.params.get("TZID", "")
        for entry in prop.dts:
            value = entry.dt[0] if isinstance(entry.dt, tuple) else entry.dt
            if isinstance(value, datetime):
                walls.add(in_zone_of(start, clock(value, tzid, name, frame), frame))
            else:
                walls.add(moment(entry, name, frame).wall)
            if len(walls) > MOST:
                raise EventFaultError(f"{name} has more than {MOST} days")
    return walls


def in_zone_of(start: Moment, other: Moment, frame: Frame) -> datetime:
    """The wall of a moment as the clocks of another one show it."""
    if start.whole or other.whole or other.zone == start.zone:
        return other.wall
    at = instant(other, frame)
    offset = frame.db.zone(start.zone).offset_at(at) if start.zone else 0
    return datetime.fromtimestamp(at + offset, UTC).replace(tzinfo=None)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

"""Calendars as jCal (RFC 7265): the properties of an iCalendar file as JSON.

It is converted from the iCalendar file, so that the two never differ. The library icalendar does
the conversion; this module adds the types of properties of RFC 7986 and RFC 9073 that it lacks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from icalendar import Component

from summitry.ical.options import DEFAULTS
from summitry.ical.render import Handler, render_calendar
from summitry.ical.text import unescape
from summitry.kinds import Record
from summitry.v1.calendar_pb2 import Calendar
from summitry.zones import TzDb

# Name, properties, components.
JCal: TypeAlias = list[Any]

# Properties of type TEXT that the library does not know, and so leaves escaped.
_TEXTS = frozenset({"name", "participant-type"})


def render_jcal(
    calendar: Calendar,
    records: Iterable[Record],
    *,
    language: str = "en",
    name: str = "",
    partial: str = DEFAULTS.partial,
    profile: str = DEFAULTS.profile,
    times: str = DEFAULTS.times,
    cancelled: str = DEFAULTS.cancelled,
    zones: TzDb | None = None,
    on_error: Handler | None = None,
) -> bytes:
    """Render a calendar with its records as jCal, `application/calendar+json` in UTF-8.

    Options and errors are those of `summitry.ical.render_calendar`.
    """
    data = render_calendar(
        calendar,
        records,
        language=language,
        name=name,
        partial=partial,
        profile=profile,
        times=times,
        cancelled=cancelled,
        zones=zones,
        on_error=on_error,
    )
    return json.dumps(to_jcal(data), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def to_jcal(data: bytes) -> JCal:
    """Convert an iCalendar file to jCal (RFC 7265 section 3).

    Values of X- properties stay as they stand in the file, with the type "unknown" (section 5).
    Raises ValueError for a file that is not iCalendar, or a value that does not match its type.
    """
    component = Component.from_ical(data)
    errors = [error for part in component.walk() for error in part.errors]
    if errors:
        raise ValueError(f"{errors[0][0]}: {errors[0][1]}")
    return _typed(component.to_jcal())


def _typed(part: JCal) -> JCal:
    name, properties, components = part
    return [
        name,
        [_property(*prop) for prop in properties],
        [_typed(nested) for nested in components],
    ]


def _property(name: str, parameters: dict[str, Any], kind: str, *values: Any) -> list[Any]:
    if kind == "unknown" and name in _TEXTS:
        return [name, parameters, "text", *(unescape(value) for value in values)]
    if kind in ("date", "date-time"):
        return [name, parameters, kind, *(_pad_year(value) for value in values)]
    if kind == "recur":
        return [name, parameters, kind, *(dict(_rule(value)) for value in values)]
    return [name, parameters, kind, *values]


def _pad_year(value: str) -> str:
    """Return a date with a year of four digits; the library omits zeros before the year 1000."""
    year, _, rest = value.partition("-")
    return f"{year:0>4}-{rest}"


def _rule(parts: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a rule: a single value as such, several as an array (section 3.6.10)."""
    for key, value in parts.items():
        alone = isinstance(value, list) and len(value) == 1
        yield key, value[0] if alone else value

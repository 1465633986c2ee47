"""The offsets that a VTIMEZONE defines (RFC 5545 3.6.5), expanded within a budget of steps."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from summitry.ical.lint.document import Component
from summitry.ical.reading import values
from summitry.ical.reading.expansion import Budget, occurrences
from summitry.ical.reading.properties import brief
from summitry.ical.reading.rules import check_begin, parse_rule

ONSETS = 5_000  # the most onsets of a block
_OFFSET = re.compile(r"([+-])([0-9]{2})([0-5][0-9])([0-5][0-9])?")
_DAY = 86400
_EPOCH = date(1970, 1, 1).toordinal()


class Onset(NamedTuple):
    """The start of an offset, as a wall time in seconds by the clock before it."""

    wall: int
    offset: int  # seconds east of UTC
    before: int


def observances_of(block: Component, last: int, budget: Budget) -> list[Onset]:
    """Return the onsets of a VTIMEZONE up to the wall time `last`, in order.

    Raises ValueError for a block that cannot be read or needs too many steps.
    """
    onsets: list[Onset] = []
    for part in (*block.parts_of("STANDARD"), *block.parts_of("DAYLIGHT")):
        before, offset = _offset(part, "TZOFFSETFROM"), _offset(part, "TZOFFSETTO")
        for wall in _onsets(part, before, last, budget):
            onsets.append(Onset(wall, offset, before))
            if len(onsets) > ONSETS:
                raise ValueError(f"it has more than {ONSETS} onsets")
    if not onsets:
        raise ValueError("it has no STANDARD and no DAYLIGHT with a DTSTART")
    return sorted(onsets)


def offset_at(onsets: Sequence[Onset], wall: int) -> int:
    """Return the offset at a wall time, in seconds; TZOFFSETFROM before the first onset."""
    index = bisect_right(onsets, wall, key=lambda onset: onset.wall)
    return onsets[index - 1].offset if index else onsets[0].before


def seconds_of(wall: datetime) -> int:
    """Return a wall time in seconds, as if it were of UTC."""
    return int(wall.replace(tzinfo=UTC).timestamp())


def _offset(part: Component, name: str) -> int:
    prop = part.first(name)
    text = prop.value.strip() if prop else ""
    match = _OFFSET.fullmatch(text)
    if match is None:
        raise ValueError(f"{name} {brief(text)!r} is no offset; write +0500")
    size = int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4] or 0)
    return -size if match[1] == "-" else size


def _onsets(part: Component, before: int, last: int, budget: Budget) -> Iterator[int]:
    prop = part.first("DTSTART")
    if prop is None:
        raise ValueError(f"{part.name} has no DTSTART")
    begin = values.stamp(prop.value).wall
    check_begin(begin.year)
    start = seconds_of(begin)
    yield start
    for prop in part.all("RDATE"):
        yield from (seconds_of(values.period(text).wall) for text in prop.value.split(","))
    for prop in part.all("RRULE"):
        yield from _of_rule(prop.value, start, before, last, budget)


def _of_rule(text: str, start: int, before: int, last: int, budget: Budget) -> Iterator[int]:
    rule = parse_rule(text)
    if rule.until:
        until = values.stamp(rule.until)
        end = seconds_of(until.wall) + (before if until.is_utc else 0) + (_DAY - 1) * until.is_day
        last = min(last, end)
    day, clock = divmod(start, _DAY)
    for date_number in occurrences(rule, day + _EPOCH, last // _DAY + _EPOCH, budget):
        if (wall := (date_number - _EPOCH) * _DAY + clock) <= last:
            yield wall

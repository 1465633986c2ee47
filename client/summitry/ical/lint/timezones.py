"""Rules on time zones: declarations, ids, forms and offsets (RFC 5545 section 3.6.5).

The offsets that a VTIMEZONE defines are expanded within a budget of steps.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from summitry.ical.content_lines import ContentLine
from summitry.ical.lint.document import Component, Document
from summitry.ical.lint.octets import Violations
from summitry.ical.reading import value_parsers
from summitry.ical.reading.expansion import Budget, occurrences
from summitry.ical.reading.moments import FIRST_YEAR, LAST_YEAR
from summitry.ical.reading.properties import brief
from summitry.ical.reading.recurrence_rules import check_begin, parse_rule
from summitry.zones import TzDb, ZoneError
from summitry.zones.days import DAY_SECONDS

ONSETS = 5_000  # the most onsets of a block
_OFFSET = re.compile(r"([+-])([0-9]{2})([0-5][0-9])([0-5][0-9])?")
_EPOCH = date(1970, 1, 1).toordinal()


class Onset(NamedTuple):
    """The start of an offset, as a wall time in seconds by the clock before it."""

    wall: int
    offset: int  # seconds east of UTC
    before: int


def _observances_of(block: Component, last: int, budget: Budget) -> list[Onset]:
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


def _offset_at(onsets: Sequence[Onset], wall: int) -> int:
    """Return the offset at a wall time, in seconds; TZOFFSETFROM before the first onset."""
    index = bisect_right(onsets, wall, key=lambda onset: onset.wall)
    return onsets[index - 1].offset if index else onsets[0].before


def _seconds_of(wall: datetime) -> int:
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
    begin = value_parsers.stamp(prop.value).wall
    check_begin(begin.year)
    start = _seconds_of(begin)
    yield start
    for prop in part.all("RDATE"):
        yield from (
            _seconds_of(value_parsers.period(text).start.wall) for text in prop.value.split(",")
        )
    for prop in part.all("RRULE"):
        yield from _of_rule(prop.value, start, before, last, budget)


def _of_rule(text: str, start: int, before: int, last: int, budget: Budget) -> Iterator[int]:
    rule = parse_rule(text)
    if rule.until:
        until = value_parsers.stamp(rule.until)
        end = (
            _seconds_of(until.wall)
            + (before if until.is_utc else 0)
            + (DAY_SECONDS - 1) * until.is_day
        )
        last = min(last, end)
    day, clock = divmod(start, DAY_SECONDS)
    for date_number in occurrences(rule, day + _EPOCH, last // DAY_SECONDS + _EPOCH, budget):
        if (wall := (date_number - _EPOCH) * DAY_SECONDS + clock) <= last:
            yield wall


def _properties_by_tzid(calendar: Component) -> dict[str, list[ContentLine]]:
    """Return the properties with a TZID, grouped by it."""
    by_tzid: dict[str, list[ContentLine]] = {}
    for part in calendar.walk():
        for prop in part.properties:
            if "TZID" in prop.parameters:
                by_tzid.setdefault(prop.parameters["TZID"], []).append(prop)
    return by_tzid


def declared(document: Document, _: TzDb) -> Violations:
    """Yield properties whose TZID has no VTIMEZONE."""
    for calendar in document.calendars:
        blocks = calendar.parts_of("VTIMEZONE")
        declared_ids = {prop.value for block in blocks for prop in block.all("TZID")}
        for tzid, uses in _properties_by_tzid(calendar).items():
            if tzid not in declared_ids:
                yield from (
                    (prop.line, f"no VTIMEZONE for {brief(tzid)!r}; Outlook needs it")
                    for prop in uses
                )


def iana_ids(document: Document, db: TzDb) -> Violations:
    """Yield TZIDs that are not IANA ids."""
    for prop in document.properties("TZID"):
        try:
            db.zone(prop.value)
        except ZoneError as error:
            yield prop.line, str(error)


def local_onsets(document: Document, _: TzDb) -> Violations:
    """Yield onsets that are not plain wall times."""
    for part in document.components("STANDARD", "DAYLIGHT"):
        for prop in part.all("DTSTART"):
            if prop.value.endswith("Z") or "TZID" in prop.parameters:
                yield prop.line, "an onset is a wall time; leave out Z and TZID"


def simple(document: Document, _: TzDb) -> Violations:
    """Yield VTIMEZONEs of a form that Outlook does not understand."""
    for block in document.components("VTIMEZONE"):
        standards, daylights = block.parts_of("STANDARD"), block.parts_of("DAYLIGHT")
        parts = [*standards, *daylights]
        listed = any(part.first("RDATE") is not None for part in parts)
        ruled = len(parts) == 1 or all(part.first("RRULE") is not None for part in parts)
        if len(standards) != 1 or len(daylights) > 1 or listed or not ruled:
            yield block.line, "more than one STANDARD and one DAYLIGHT with yearly rules"


def right(document: Document, db: TzDb) -> Violations:
    """Yield properties that get another offset from the VTIMEZONE than from the database."""
    budget = Budget()
    for calendar in document.calendars:
        uses = _properties_by_tzid(calendar)
        for block in calendar.parts_of("VTIMEZONE"):
            key = block.first("TZID")
            # Only the first block of a TZID is checked, since apps use that one.
            if key is not None and (properties := uses.pop(key.value, None)):
                yield from _compare(key.value, block, properties, db, budget)


def _compare(
    key: str, block: Component, uses: list[ContentLine], db: TzDb, budget: Budget
) -> Violations:
    try:
        zone = db.zone(key)
    except ZoneError:
        return  # the rule on ids reports it
    try:
        observances = _observances_of(block, max(_walls(uses), default=0), budget)
    except ValueError as error:
        yield block.line, f"the VTIMEZONE of {key} cannot be read: {error}"
        return
    for prop in uses:
        for wall in _walls([prop]):
            offset = _offset_at(observances, wall)
            if wall - offset not in zone.candidates(wall)[:2]:
                gives = f"{brief(prop.value)} the offset {timedelta(seconds=offset)}"
                yield prop.line, f"the VTIMEZONE gives {gives}, not that of {key}"


def _walls(uses: Iterable[ContentLine]) -> Iterator[int]:
    """Yield the wall times of properties, in seconds, without those that cannot be parsed."""
    for prop in uses:
        for text in prop.value.split(","):
            try:
                stamp = value_parsers.stamp(text)
            except ValueError:
                continue
            if not stamp.is_day and FIRST_YEAR <= stamp.wall.year <= LAST_YEAR:
                yield _seconds_of(stamp.wall)

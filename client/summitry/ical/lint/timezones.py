"""Rules on time zones: declarations, ids, forms and offsets (RFC 5545 section 3.6.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from summitry.ical.content_lines import ContentLine
from summitry.ical.lint.document import Component, Document
from summitry.ical.lint.observances import observances_of, offset_at, seconds_of
from summitry.ical.lint.octets import Violations
from summitry.ical.reading import values
from summitry.ical.reading.expansion import Budget
from summitry.ical.reading.moments import FIRST_YEAR, LAST_YEAR
from summitry.ical.reading.properties import brief
from summitry.zones import TzDb, ZoneError


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
        observances = observances_of(block, max(_walls(uses), default=0), budget)
    except ValueError as error:
        yield block.line, f"the VTIMEZONE of {key} cannot be read: {error}"
        return
    for prop in uses:
        for wall in _walls([prop]):
            offset = offset_at(observances, wall)
            if wall - offset not in zone.candidates(wall)[:2]:
                gives = f"{brief(prop.value)} the offset {timedelta(seconds=offset)}"
                yield prop.line, f"the VTIMEZONE gives {gives}, not that of {key}"


def _walls(uses: Iterable[ContentLine]) -> Iterator[int]:
    """Yield the wall times of properties, in seconds, without those that cannot be parsed."""
    for prop in uses:
        for text in prop.value.split(","):
            try:
                stamp = values.stamp(text)
            except ValueError:
                continue
            if not stamp.is_day and FIRST_YEAR <= stamp.wall.year <= LAST_YEAR:
                yield seconds_of(stamp.wall)

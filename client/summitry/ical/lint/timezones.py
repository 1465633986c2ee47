"""Rules on time zones: declared, known, sayable, and right (RFC 5545 section 3.6.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from summitry.ical.lint.observances import observances_of, offset_at, seconds_of
from summitry.ical.lint.octets import Found
from summitry.ical.lint.reading import Component, Document, Property
from summitry.ical.reading import values
from summitry.ical.reading.expansion import Budget
from summitry.ical.reading.moments import FIRST_YEAR, LAST_YEAR
from summitry.ical.reading.properties import brief
from summitry.zones import TzDb, ZoneError


def _used(calendar: Component) -> dict[str, list[Property]]:
    """Return the properties with a TZID, by it."""
    found: dict[str, list[Property]] = {}
    for part in calendar.walk():
        for one in part.properties:
            if "TZID" in one.parameters:
                found.setdefault(one.parameters["TZID"], []).append(one)
    return found


def declared(document: Document, _: TzDb) -> Found:
    """A VTIMEZONE for each TZID."""
    for calendar in document.calendars:
        blocks = calendar.parts_of("VTIMEZONE")
        known = {one.value for block in blocks for one in block.all("TZID")}
        for tzid, uses in _used(calendar).items():
            if tzid not in known:
                yield from (
                    (one.line, f"no VTIMEZONE for {brief(tzid)!r}; Outlook needs it")
                    for one in uses
                )


def known(document: Document, db: TzDb) -> Found:
    """IANA ids: by other names half of the readers find nothing, and take UTC or no zone."""
    for one in document.properties("TZID"):
        try:
            db.zone(one.value)
        except ZoneError as error:
            yield one.line, str(error)


def local_onsets(document: Document, _: TzDb) -> Found:
    """Onsets as wall times, which have neither Z nor TZID."""
    for part in document.components("STANDARD", "DAYLIGHT"):
        for one in part.all("DTSTART"):
            if one.value.endswith("Z") or "TZID" in one.parameters:
                yield one.line, "an onset is a wall time; leave out Z and TZID"


def simple(document: Document, _: TzDb) -> Found:
    """The form that Outlook understands: one STANDARD, or a pair with yearly rules."""
    for block in document.components("VTIMEZONE"):
        standards, daylights = block.parts_of("STANDARD"), block.parts_of("DAYLIGHT")
        parts = [*standards, *daylights]
        listed = any(part.first("RDATE") is not None for part in parts)
        ruled = len(parts) == 1 or all(part.first("RRULE") is not None for part in parts)
        if len(standards) != 1 or len(daylights) > 1 or listed or not ruled:
            yield block.line, "more than one STANDARD and one DAYLIGHT with yearly rules"


def right(document: Document, db: TzDb) -> Found:
    """Blocks that give the wall times of the file the offsets of the time zone database."""
    budget = Budget()
    for calendar in document.calendars:
        uses = _used(calendar)
        for block in calendar.parts_of("VTIMEZONE"):
            key = block.first("TZID")
            # A second block of the same TZID is not looked at: apps take the first.
            if key is not None and (found := uses.pop(key.value, None)):
                yield from _compare(key.value, block, found, db, budget)


def _compare(key: str, block: Component, uses: list[Property], db: TzDb, budget: Budget) -> Found:
    try:
        zone = db.zone(key)
    except ZoneError:
        return  # another rule has said it
    try:
        observances = observances_of(block, max(_walls(uses), default=0), budget)
    except ValueError as error:
        yield block.line, f"the VTIMEZONE of {key} cannot be read: {error}"
        return
    for one in uses:
        for wall in _walls([one]):
            offset = offset_at(observances, wall)
            if wall - offset not in zone.candidates(wall)[:2]:
                shown = f"{brief(one.value)} the offset {timedelta(seconds=offset)}"
                yield one.line, f"the VTIMEZONE gives {shown}, not that of {key}"


def _walls(uses: Iterable[Property]) -> Iterator[int]:
    """Yield the wall times of properties in seconds, those that can be read."""
    for one in uses:
        for text in one.value.split(","):
            try:
                found = values.stamp(text)
            except ValueError:
                continue
            if not found.whole and FIRST_YEAR <= found.wall.year <= LAST_YEAR:
                yield seconds_of(found.wall)

"""Rules on time zones: declared, known, sayable, and right (RFC 5545 section 3.6.5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from summitry.ical.lint.octets import Found
from summitry.ical.lint.reading import Component, Document, Property
from summitry.zones import InvalidTimeError, TzDb, ZoneError, parse_civil

_STAMP = "%Y%m%dT%H%M%S"


def _used(calendar: Component) -> Iterator[Property]:
    for part in calendar.walk():
        yield from (one for one in part.properties if "TZID" in one.parameters)


def declared(document: Document, _: TzDb) -> Found:
    """A VTIMEZONE for each TZID."""
    for calendar in document.calendars:
        blocks = calendar.parts_of("VTIMEZONE")
        known = {one.value for block in blocks for one in block.all("TZID")}
        for one in _used(calendar):
            if one.parameters["TZID"] not in known:
                yield one.line, f"no VTIMEZONE for {one.parameters['TZID']!r}; Outlook needs it"


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
    for calendar in document.calendars:
        for block in calendar.parts_of("VTIMEZONE"):
            key = block.first("TZID")
            if key is not None:
                uses = [one for one in _used(calendar) if one.parameters["TZID"] == key.value]
                yield from _compare(key.value, block, uses, db)


def _compare(key: str, block: Component, uses: list[Property], db: TzDb) -> Found:
    try:
        zone, read = db.zone(key), _read(block)
    except ZoneError:
        return  # another rule has said it
    except Exception:  # of a parser that is not ours
        yield block.line, "cannot be read"
        return
    for one in uses:
        for value in one.value.split(","):
            if (wall := _wall(value)) is None:
                continue
            shown = datetime.strptime(value, _STAMP).replace(tzinfo=read).utcoffset()
            instants = zone.candidates(wall)[:2]
            if shown is None or wall - int(shown.total_seconds()) not in instants:
                yield one.line, f"the VTIMEZONE gives {value} the offset {shown}, not that of {key}"


def _wall(value: str) -> int | None:
    try:
        day, _, clock = value.partition("T")
        return parse_civil(f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}")
    except InvalidTimeError:
        return None


def _read(block: Component) -> tzinfo:
    from icalendar import Timezone  # here: slow to import
    from icalendar.timezone import TZP

    read = Timezone.from_ical("\r\n".join(_lines(block)).encode())
    assert isinstance(read, Timezone)
    zone: tzinfo = read.to_tz(TZP("zoneinfo"), lookup_tzid=False)
    return zone


def _lines(part: Component) -> Iterator[str]:
    yield f"BEGIN:{part.name}"
    yield from (f"{one.name}:{one.value}" for one in part.properties)
    for inner in part.parts:
        yield from _lines(inner)
    yield f"END:{part.name}"

"""Rules on calendars and events: what they must have, once and in order, and what imports read.

The rules are those of RFC 5545 and RFC 5546; the last one asks the reader that imports files.
"""

from __future__ import annotations

from collections.abc import Mapping

from summitry.ical.lint.document import Component, Document
from summitry.ical.lint.octets import Violations
from summitry.ical.reading import CalendarTextError, Choices, read_faults
from summitry.zones import TzDb

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "VCALENDAR": ("PRODID", "VERSION"),
    "VEVENT": ("UID", "DTSTAMP", "DTSTART"),
    "VTIMEZONE": ("TZID",),
    "STANDARD": ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"),
    "DAYLIGHT": ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"),
}

ONCE: Mapping[str, frozenset[str]] = {
    "VCALENDAR": frozenset({"PRODID", "VERSION", "CALSCALE", "METHOD"}),
    "VEVENT": frozenset(
        {
            *("UID", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RRULE"),
            *("CLASS", "CREATED", "DESCRIPTION", "GEO", "LAST-MODIFIED", "LOCATION", "ORGANIZER"),
            *("PRIORITY", "SEQUENCE", "STATUS", "SUMMARY", "TRANSP", "URL", "COLOR"),
        }
    ),
}


def once(document: Document) -> Violations:
    """Yield repeated properties that RFC 5545 section 3.6 allows only once."""
    for part in document.components(*ONCE):
        first: dict[str, int] = {}
        for prop in part.properties:
            if prop.name in ONCE[part.name] and first.setdefault(prop.name, prop.line) != prop.line:
                yield (
                    prop.line,
                    f"{prop.name} is there already in line {first[prop.name]}; keep one",
                )


def same_types(document: Document) -> Violations:
    """Yield properties whose value type (day or time) differs from that of DTSTART."""
    for event in document.components("VEVENT"):
        start = event.first("DTSTART")
        if start is None:
            continue
        for prop in event.properties:
            value = _until(prop.value) if prop.name == "RRULE" else prop.value
            if prop.name in _AS_START and value and ("T" in value) != ("T" in start.value):
                kind = "an hour" if "T" in start.value else "a day"
                yield prop.line, f"{prop.name} is not {kind} as DTSTART is; apps overlook it"


def _until(rule: str) -> str:
    parts = dict(part.partition("=")[::2] for part in rule.upper().split(";"))
    return parts.get("UNTIL", "")


_AS_START = frozenset({"RECURRENCE-ID", "EXDATE", "RDATE", "RRULE"})


def required(document: Document) -> Violations:
    """Yield components that lack a required property, and files without a calendar."""
    if not document.calendars:
        yield 1, "there is no VCALENDAR"
    for calendar in document.calendars:
        if calendar.name != "VCALENDAR":
            yield calendar.line, f"{calendar.name} outside a VCALENDAR"
        elif not calendar.parts:
            yield calendar.line, "VCALENDAR holds nothing; one VTIMEZONE makes it valid"
    for part in document.components(*REQUIRED):
        for name in REQUIRED[part.name]:
            if part.first(name) is None:
                yield part.line, f"{part.name} has no {name}"


def unique_uids(document: Document) -> Violations:
    """Yield events that repeat the UID and RECURRENCE-ID of an earlier event."""
    first_lines: dict[tuple[str, str], int] = {}
    for event in document.components("VEVENT"):
        uid, instance = event.first("UID"), event.first("RECURRENCE-ID")
        if uid is not None:
            line = first_lines.setdefault((uid.value, instance.value if instance else ""), uid.line)
            if line != uid.line:
                yield uid.line, f"the UID of the event of line {line}; apps keep one of them"


def time_order(document: Document) -> Violations:
    """Yield ends that are not after the start or of another type, and days with a zone."""
    for event in document.components("VEVENT"):
        yield from _order_of_event(event)
    for prop in document.properties("DTSTART", "DTEND"):
        if prop.parameters.get("VALUE") == "DATE" and "TZID" in prop.parameters:
            yield prop.line, f"{prop.name} is a day and has a TZID; leave the TZID out"


def _order_of_event(event: Component) -> Violations:
    start, end = event.first("DTSTART"), event.first("DTEND")
    if start is None or end is None:
        return
    if event.first("DURATION") is not None:
        yield end.line, "DTEND and DURATION; keep one"
    if ("T" in start.value) != ("T" in end.value):
        yield end.line, "DTSTART and DTEND are a day and a time; both must be of one type"
    elif _zone(event, "DTSTART") == _zone(event, "DTEND") and end.value <= start.value:
        days = "" if "T" in end.value else "; DTEND is the day after the last"
        yield end.line, f"DTEND {end.value} is not after DTSTART {start.value}{days}"


def _zone(event: Component, name: str) -> str:
    prop = event.first(name)
    assert prop is not None
    return "Z" if prop.value.endswith("Z") else prop.parameters.get("TZID", "")


def floating(document: Document) -> Violations:
    """Yield times of day without a zone."""
    for event in document.components("VEVENT"):
        for prop in (*event.all("DTSTART"), *event.all("DTEND")):
            if "T" in prop.value and not prop.value.endswith("Z") and "TZID" not in prop.parameters:
                yield prop.line, f"{prop.name} has no zone; write UTC (Z) or a TZID"


def published(document: Document) -> Violations:
    """Yield events that break the rules of METHOD:PUBLISH (RFC 5546 section 3.2.1)."""
    for calendar in document.calendars:
        method = calendar.first("METHOD")
        if method is None or method.value.upper() != "PUBLISH":
            continue
        for event in calendar.parts_of("VEVENT"):
            if event.first("ORGANIZER") is None:
                yield event.line, "METHOD:PUBLISH asks for an ORGANIZER"
            for attendee in event.all("ATTENDEE"):
                yield attendee.line, "METHOD:PUBLISH forbids ATTENDEE; apps take it as invitation"


def refresh(document: Document) -> Violations:
    """Yield published calendars without a hint for the refresh interval."""
    for calendar in document.calendars:
        names = {prop.name for prop in calendar.properties}
        if "METHOD" in names and not names & {"REFRESH-INTERVAL", "X-PUBLISHED-TTL"}:
            yield calendar.line, "no REFRESH-INTERVAL and no X-PUBLISHED-TTL; apps look daily"


# A default zone, because times without a zone are the subject of another rule.
_CHOICES = Choices("calendars/lint", zone="UTC")


def unread(document: Document, db: TzDb) -> Violations:
    """Yield events that `summitry import` would refuse, change or read in part."""
    lines = [1, *(event.line for event in document.components("VEVENT"))]
    try:
        for position, report in read_faults(document.data, _CHOICES, db):
            yield lines[position] if position < len(lines) else 1, str(report)
    except CalendarTextError as error:
        yield 1, str(error)

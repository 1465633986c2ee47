"""Rules on calendars and events: what must be there, once, and in order (RFC 5545, RFC 5546)."""

from __future__ import annotations

from collections.abc import Mapping

from summitry.ical.lint.octets import Found
from summitry.ical.lint.reading import Component, Document

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


def once(document: Document) -> Found:
    """Once what RFC 5545 section 3.6 admits once: of several, apps take the first or the last."""
    for part in document.components(*ONCE):
        first: dict[str, int] = {}
        for one in part.properties:
            if one.name in ONCE[part.name] and first.setdefault(one.name, one.line) != one.line:
                yield one.line, f"{one.name} is there already in line {first[one.name]}; keep one"


def same_types(document: Document) -> Found:
    """RECURRENCE-ID, EXDATE, RDATE and UNTIL as days where DTSTART is a day, else as hours."""
    for event in document.components("VEVENT"):
        start = event.first("DTSTART")
        if start is None:
            continue
        for one in event.properties:
            value = _until(one.value) if one.name == "RRULE" else one.value
            if one.name in _AS_START and value and ("T" in value) != ("T" in start.value):
                kind = "an hour" if "T" in start.value else "a day"
                yield one.line, f"{one.name} is not {kind} as DTSTART is; apps overlook it"


def _until(rule: str) -> str:
    parts = dict(part.partition("=")[::2] for part in rule.upper().split(";"))
    return parts.get("UNTIL", "")


_AS_START = frozenset({"RECURRENCE-ID", "EXDATE", "RDATE", "RRULE"})


def required(document: Document) -> Found:
    """What parsers, or strict ones, cannot do without."""
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


def unique_uids(document: Document) -> Found:
    """One event for a UID and RECURRENCE-ID: of several, apps keep one."""
    seen: dict[tuple[str, str], int] = {}
    for event in document.components("VEVENT"):
        uid, instance = event.first("UID"), event.first("RECURRENCE-ID")
        if uid is not None:
            line = seen.setdefault((uid.value, instance.value if instance else ""), uid.line)
            if line != uid.line:
                yield uid.line, f"the UID of the event of line {line}; apps keep one of them"


def time_order(document: Document) -> Found:
    """DTEND after DTSTART, of the same type, or DURATION instead; days without a zone."""
    for event in document.components("VEVENT"):
        yield from _order(event)
    for one in document.properties("DTSTART", "DTEND"):
        if one.parameters.get("VALUE") == "DATE" and "TZID" in one.parameters:
            yield one.line, f"{one.name} is a day and has a TZID; leave the TZID out"


def _order(event: Component) -> Found:
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
    one = event.first(name)
    assert one is not None
    return "Z" if one.value.endswith("Z") else one.parameters.get("TZID", "")


def floating(document: Document) -> Found:
    """Hours with a zone: without one, an app takes that of its reader, or UTC."""
    for event in document.components("VEVENT"):
        for one in (*event.all("DTSTART"), *event.all("DTEND")):
            if "T" in one.value and not one.value.endswith("Z") and "TZID" not in one.parameters:
                yield one.line, f"{one.name} has no zone; write UTC (Z) or a TZID"


def published(document: Document) -> Found:
    """METHOD:PUBLISH: an ORGANIZER in each event and no ATTENDEE (RFC 5546 section 3.2.1)."""
    for calendar in document.calendars:
        method = calendar.first("METHOD")
        if method is None or method.value.upper() != "PUBLISH":
            continue
        for event in calendar.parts_of("VEVENT"):
            if event.first("ORGANIZER") is None:
                yield event.line, "METHOD:PUBLISH asks for an ORGANIZER"
            for attendee in event.all("ATTENDEE"):
                yield attendee.line, "METHOD:PUBLISH forbids ATTENDEE; apps take it as invitation"


def refresh(document: Document) -> Found:
    """A hint how often to look again, where something is published."""
    for calendar in document.calendars:
        names = {one.name for one in calendar.properties}
        if "METHOD" in names and not names & {"REFRESH-INTERVAL", "X-PUBLISHED-TTL"}:
            yield calendar.line, "no REFRESH-INTERVAL and no X-PUBLISHED-TTL; apps look daily"

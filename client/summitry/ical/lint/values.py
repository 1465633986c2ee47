"""Rules on single properties: value types, URIs, escapes, stamps (RFC 5545, 7986, 9073, 9253)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from summitry.ical.lint.octets import Found
from summitry.ical.lint.reading import Document, Property
from summitry.ical.reading import values
from summitry.ical.reading.properties import brief
from summitry.ical.reading.rules import UnsupportedRuleError, parse_rule

# Properties whose VALUE may not be left out, since they have no default type.
TYPED: Mapping[str, tuple[str, ...]] = {
    "REFRESH-INTERVAL": ("DURATION",),
    "SOURCE": ("URI",),
    "CONFERENCE": ("URI",),
    "IMAGE": ("URI", "BINARY"),
    "LINK": ("URI", "UID", "XML-REFERENCE"),
    "STYLED-DESCRIPTION": ("TEXT", "URI"),
    "STRUCTURED-DATA": ("TEXT", "BINARY", "URI"),
}
_URIS = ("ORGANIZER", "ATTENDEE", "URL", "ATTACH", "TZURL", "CALENDAR-ADDRESS", "CONCEPT")
_TEXTS = ("SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "NAME", "TZNAME")
_LISTS = ("CATEGORIES", "RESOURCES")
_STAMPS = ("DTSTAMP", "CREATED", "LAST-MODIFIED")
_TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE", "DUE")
MOST_SEQUENCE = 2**31 - 1

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\"<>\\^`{|}]+")
_DATE = re.compile(r"[0-9]{8}")
_DATE_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z?")
_BAD_ESCAPE = re.compile(r"(?:[^\\]|^)(?:\\\\)*(?:\\(?![\\;,nN])|[;])")
_BAD_COMMA = re.compile(r"(?:[^\\]|^)(?:\\\\)*,")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_NUMBER = re.compile(r"[0-9]{1,10}")
_HTML = re.compile(
    r"</?(?:a|b|br|div|em|html|i|li|p|span|strong|table|ul)\b[^<>]{0,200}>", re.IGNORECASE
)


def value_types(document: Document) -> Found:
    """VALUE where the standards require it, and values of the type that is said."""
    for one in document.properties(*TYPED):
        if one.parameters.get("VALUE", "").upper() not in TYPED[one.name]:
            yield one.line, f"{one.name} needs VALUE={' or VALUE='.join(TYPED[one.name])}"
    for one in document.properties(*_TIMES):
        text = _time_type(one)
        if text:
            yield one.line, text


def _time_type(one: Property) -> str:
    kind = one.parameters.get("VALUE", "DATE-TIME").upper()
    form = {"DATE": _DATE, "DATE-TIME": _DATE_TIME}.get(kind)
    if form is None or all(form.fullmatch(value) for value in one.value.split(",")):
        return ""
    return f"{one.name} of {brief(one.value)!r} is no {kind}; a day needs VALUE=DATE"


def forms(document: Document) -> Found:
    """Positions, durations and rules in their form, words of the list that RFC 5545 gives."""
    for component, names in _CHECKED.items():
        for part in document.components(component):
            for one in part.properties:
                if one.name in names and (text := _checked(one, names[one.name])):
                    yield one.line, text


def _checked(one: Property, check: Callable[[str], object]) -> str:
    try:
        check(one.value)
    except UnsupportedRuleError:
        return ""  # right, and not read by an import, which says so itself
    except ValueError as error:
        return f"{one.name}: {error}"
    return ""


def _words(*words: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        if text.strip().upper() not in words:
            raise ValueError(f"{brief(text)!r} is none of {', '.join(words)}")

    return check


_CHECKED: Mapping[str, Mapping[str, Callable[[str], object]]] = {
    "VCALENDAR": {"CALSCALE": _words("GREGORIAN")},
    "VEVENT": {
        "GEO": values.geo,
        "DURATION": values.duration,
        "RRULE": parse_rule,
        "EXRULE": parse_rule,
        "STATUS": _words("TENTATIVE", "CONFIRMED", "CANCELLED"),
        "TRANSP": _words("OPAQUE", "TRANSPARENT"),
        "PRIORITY": _words(*"0123456789"),
    },
    "STANDARD": {"RRULE": parse_rule},
    "DAYLIGHT": {"RRULE": parse_rule},
}


def languages(document: Document) -> Found:
    """Language tags as in RFC 5646: fr-FR, with a hyphen."""
    for one in document.properties():
        tag = one.parameters.get("LANGUAGE")
        if tag is not None and not _LANGUAGE.fullmatch(tag):
            yield one.line, f"LANGUAGE={brief(tag)} is no language tag; write fr or fr-FR"


def zones_or_utc(document: Document) -> Found:
    """A TZID or Z: of both, some apps take the one and some the other."""
    for one in document.properties(*_TIMES):
        if "TZID" in one.parameters and one.value.strip().upper().endswith("Z"):
            yield one.line, f"{one.name} has a TZID and Z; leave one out"


def uris(document: Document) -> Found:
    """URIs where they are due: an unquoted colon in a parameter leaves something else there."""
    for one in document.properties(*_URIS, *TYPED):
        kind = one.parameters.get("VALUE", "" if one.name in TYPED else "URI").upper()
        if kind == "URI" and not _URI.fullmatch(one.value):
            yield one.line, f"{one.name} is no URI; quote parameters that hold : ; or ,"


def escapes(document: Document) -> Found:
    """Text in which commas, semicolons and backslashes are escaped (RFC 5545 section 3.3.11)."""
    for one in document.properties(*_TEXTS, *_LISTS):
        bare = _BAD_ESCAPE.search(one.value)
        if bare or (one.name in _TEXTS and _BAD_COMMA.search(one.value)):
            yield one.line, rf"{one.name} has a bare \ ; or , in its text; escape it with \ "


def html(document: Document) -> Found:
    """Plain text where apps show plain text."""
    for one in document.properties("DESCRIPTION", "SUMMARY", "LOCATION"):
        if _HTML.search(one.value):
            yield one.line, f"{one.name} has HTML; apps show it as it is, use STYLED-DESCRIPTION"


def utc_stamps(document: Document) -> Found:
    """Stamps in UTC (RFC 5545 section 3.8.7)."""
    for one in document.properties(*_STAMPS):
        if not (one.value.endswith("Z") and _DATE_TIME.fullmatch(one.value)):
            yield one.line, f"{one.name} must be in UTC, as 20240704T050000Z"


def sequence(document: Document) -> Found:
    """A revision number that fits into 31 bits: a timestamp does not."""
    for one in document.properties("SEQUENCE"):
        if not _NUMBER.fullmatch(one.value) or int(one.value) > MOST_SEQUENCE:
            yield one.line, f"SEQUENCE {one.value[:20]!r} is no number of 0 to {MOST_SEQUENCE}"

"""Rules on single properties: value types, URIs, escapes, stamps (RFC 5545, 7986, 9073, 9253)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from summitry.ical.content_lines import ContentLine
from summitry.ical.lint.document import Document
from summitry.ical.lint.octets import Violations
from summitry.ical.reading import value_parsers
from summitry.ical.reading.html import is_html
from summitry.ical.reading.properties import brief
from summitry.ical.reading.recurrence_rules import UnsupportedRuleError, parse_rule

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


def value_types(document: Document) -> Violations:
    """Yield properties without a required VALUE, or with a value of another type."""
    for prop in document.properties(*TYPED):
        if prop.parameters.get("VALUE", "").upper() not in TYPED[prop.name]:
            yield prop.line, f"{prop.name} needs VALUE={' or VALUE='.join(TYPED[prop.name])}"
    for prop in document.properties(*_TIMES):
        text = _time_type(prop)
        if text:
            yield prop.line, text


def _time_type(prop: ContentLine) -> str:
    kind = prop.parameters.get("VALUE", "DATE-TIME").upper()
    form = {"DATE": _DATE, "DATE-TIME": _DATE_TIME}.get(kind)
    if form is None or all(form.fullmatch(value) for value in prop.value.split(",")):
        return ""
    return f"{prop.name} of {brief(prop.value)!r} is no {kind}; a day needs VALUE=DATE"


def forms(document: Document) -> Violations:
    """Yield values that break the grammar of their property."""
    for component, names in _FORMS.items():
        for part in document.components(component):
            for prop in part.properties:
                if prop.name in names and (text := _error_of(prop, names[prop.name])):
                    yield prop.line, text


def _error_of(prop: ContentLine, check: Callable[[str], object]) -> str:
    try:
        check(prop.value)
    except UnsupportedRuleError:
        return ""  # valid, although an import does not support it; the rule on imports reports that
    except ValueError as error:
        return f"{prop.name}: {error}"
    return ""


def _words(*words: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        if text.strip().upper() not in words:
            raise ValueError(f"{brief(text)!r} is none of {', '.join(words)}")

    return check


_FORMS: Mapping[str, Mapping[str, Callable[[str], object]]] = {
    "VCALENDAR": {"CALSCALE": _words("GREGORIAN")},
    "VEVENT": {
        "GEO": value_parsers.geo,
        "DURATION": value_parsers.duration,
        "RRULE": parse_rule,
        "EXRULE": parse_rule,
        "STATUS": _words("TENTATIVE", "CONFIRMED", "CANCELLED"),
        "TRANSP": _words("OPAQUE", "TRANSPARENT"),
        "PRIORITY": _words(*"0123456789"),
    },
    "STANDARD": {"RRULE": parse_rule},
    "DAYLIGHT": {"RRULE": parse_rule},
}


def languages(document: Document) -> Violations:
    """Yield properties whose LANGUAGE is not a language tag (RFC 5646)."""
    for prop in document.properties():
        tag = prop.parameters.get("LANGUAGE")
        if tag is not None and not _LANGUAGE.fullmatch(tag):
            yield prop.line, f"LANGUAGE={brief(tag)} is no language tag; write fr or fr-FR"


def zones_or_utc(document: Document) -> Violations:
    """Yield times with both a TZID and Z."""
    for prop in document.properties(*_TIMES):
        if "TZID" in prop.parameters and prop.value.strip().upper().endswith("Z"):
            yield prop.line, f"{prop.name} has a TZID and Z; leave one out"


def uris(document: Document) -> Violations:
    """Yield properties whose value should be a URI and is not."""
    for prop in document.properties(*_URIS, *TYPED):
        kind = prop.parameters.get("VALUE", "" if prop.name in TYPED else "URI").upper()
        if kind == "URI" and not _URI.fullmatch(prop.value):
            yield prop.line, f"{prop.name} is no URI; quote parameters that hold : ; or ,"


def escapes(document: Document) -> Violations:
    """Yield texts with unescaped commas, semicolons or backslashes (RFC 5545 section 3.3.11)."""
    for prop in document.properties(*_TEXTS, *_LISTS):
        bare = _BAD_ESCAPE.search(prop.value)
        if bare or (prop.name in _TEXTS and _BAD_COMMA.search(prop.value)):
            yield prop.line, rf"{prop.name} has a bare \ ; or , in its text; escape it with \ "


def html(document: Document) -> Violations:
    """Yield plain text properties that contain HTML."""
    for prop in document.properties("DESCRIPTION", "SUMMARY", "LOCATION"):
        if is_html(prop.value):
            yield prop.line, f"{prop.name} has HTML; apps show it as it is, use STYLED-DESCRIPTION"


def utc_stamps(document: Document) -> Violations:
    """Yield stamps that are not in UTC (RFC 5545 section 3.8.7)."""
    for prop in document.properties(*_STAMPS):
        if not (prop.value.endswith("Z") and _DATE_TIME.fullmatch(prop.value)):
            yield prop.line, f"{prop.name} must be in UTC, as 20240704T050000Z"


def sequence(document: Document) -> Violations:
    """Yield revision numbers that do not fit into 31 bits."""
    for prop in document.properties("SEQUENCE"):
        if not _NUMBER.fullmatch(prop.value) or int(prop.value) > MOST_SEQUENCE:
            yield prop.line, f"SEQUENCE {prop.value[:20]!r} is no number of 0 to {MOST_SEQUENCE}"

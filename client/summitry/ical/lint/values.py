"""Rules on single properties: value types, URIs, escapes, stamps (RFC 5545, 7986, 9073, 9253)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from summitry.ical.lint.octets import Found
from summitry.ical.lint.reading import Document, Property

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
    return f"{one.name} of {one.value!r} is no {kind}; a day needs VALUE=DATE"


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

"""The facts of an event beside its time: titles, places, status, visibility, links."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from summitry.fields import Fields
from summitry.ical.reading import texts, value_parsers
from summitry.ical.reading.components import EventText
from summitry.ical.reading.faults import (
    BROKEN_PROPERTY,
    LIMIT_EXCEEDED,
    MISSING_PROPERTY,
    REPEATED_PROPERTY,
    REWRITTEN_VALUE,
    UNKNOWN_VALUE,
    EventFaultError,
)
from summitry.ical.reading.properties import Properties, brief
from summitry.ical.text import unescape, uri

ORIGINAL = 64 * 1024  # characters that a record keeps of its source
# Characters of texts that a record admits (docs/limits.md).
PLACE, URL = 1024, 2048

STATUSES: Mapping[str, str] = {
    "TENTATIVE": "EVENT_STATUS_PROPOSED",
    "CONFIRMED": "EVENT_STATUS_CONFIRMED",
    "CANCELLED": "EVENT_STATUS_CANCELLED",
}
_STATUS_SPELLINGS = {"CANCELED": "CANCELLED"}

UNSTATED = ""
"""The visibility of an event without any statement about it: that of its calendar decides."""
PUBLIC = "VISIBILITY_PUBLIC"
INTERNAL, RESTRICTED = "VISIBILITY_INTERNAL", "VISIBILITY_RESTRICTED"
STRICTNESS = (UNSTATED, PUBLIC, INTERNAL, RESTRICTED)
VISIBILITIES: Mapping[str, Mapping[str, str]] = {
    "CLASS": {"PUBLIC": PUBLIC, "PRIVATE": INTERNAL, "CONFIDENTIAL": RESTRICTED},
    # Of calendar servers of Apple.
    "X-CALENDARSERVER-ACCESS": {
        "PUBLIC": PUBLIC,
        "PRIVATE": INTERNAL,
        "CONFIDENTIAL": RESTRICTED,
        "RESTRICTED": RESTRICTED,
    },
    # Of Exchange: the words and the numbers of PidTagSensitivity.
    "X-MICROSOFT-CDO-SENSITIVITY": {
        "NORMAL": PUBLIC,
        "NONE": PUBLIC,
        "PUBLIC": PUBLIC,
        "0": PUBLIC,
        "PERSONAL": INTERNAL,
        "1": INTERNAL,
        "PRIVATE": INTERNAL,
        "2": INTERNAL,
        "CONFIDENTIAL": RESTRICTED,
        "COMPANY-CONFIDENTIAL": RESTRICTED,
        "3": RESTRICTED,
    },
}
"""The properties that restrict who may see an event, and the meaning of their values."""

_WEB = re.compile(r"(?i:https?)://[^\s/?#]+(?:[/?#]|$)")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Lines that may be long and that no reader of the record needs.
_LONG = re.compile("^(?:IMAGE|STYLED-DESCRIPTION)[;:].*\n", re.MULTILINE | re.IGNORECASE)
_NEVER = re.compile(
    r"^(?:X-ALT-DESC[ \t]*+[;:]|ATTACH;[^:\n]*(?:BINARY|BASE64)|ATTACH[^:\n]*:data:)[^\n]*\n",
    re.MULTILINE | re.IGNORECASE,
)
# A line that is neither a content line nor blank. A property that is not read may have it.
_NO_LINE = re.compile(rb"^(?![A-Za-z0-9_-]++[ \t]*+[;:]|[ \t]*+$)[^\n]*+", re.MULTILINE)


def says_visibility(properties: Properties) -> bool:
    """Return whether any property states the visibility."""
    return any(name in properties for name in VISIBILITIES)


def visibility_of(*sources: Properties) -> str:
    """Return the strictest visibility that any property of the sources states.

    An unknown, empty or broken value means internal: RFC 5545 3.8.1.3 has applications treat an
    unknown CLASS as PRIVATE, and a typing error must not publish an internal event.
    """
    visibilities = [
        _visibility(name, source) for source in sources for name in VISIBILITIES if name in source
    ]
    return max(visibilities, key=STRICTNESS.index, default=UNSTATED)


def _visibility(name: str, properties: Properties) -> str:
    words = VISIBILITIES[name]
    visibilities = [INTERNAL] if properties.is_broken(name) else []
    for prop in properties.all(name):
        word = unescape(prop.value).strip().upper()
        if word not in words:
            properties.warn(
                UNKNOWN_VALUE, f"{name}:{brief(word)} is not known: the event is internal"
            )
        visibilities.append(words.get(word, INTERNAL))
    return max(visibilities, key=STRICTNESS.index, default=INTERNAL)


def uid_of(properties: Properties) -> str:
    """Return a UID for an event without one: that of DTSTART and SUMMARY, so that it is stable.

    Raises EventFaultError if there is no DTSTART: nothing would tell the events apart.
    """
    start = properties.single("DTSTART")
    if start is None:
        raise EventFaultError(MISSING_PROPERTY, "UID and DTSTART are missing")
    titles = (" ".join(unescape(prop.value).split()) for prop in properties.all("SUMMARY"))
    text = "\n".join((start.parameters.get("TZID", ""), start.value.strip(), *titles))
    properties.warn(MISSING_PROPERTY, "UID is missing: derived from DTSTART and SUMMARY")
    return f"no-uid-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def check_lines(component: EventText, properties: Properties) -> None:
    """Report a line that is no content line and belongs to no property that is read."""
    if broken := _NO_LINE.search(component.text):
        text = brief(broken[0].decode(errors="replace"))
        properties.warn(BROKEN_PROPERTY, f"a line is left out, as it is no content line: {text!r}")


def status_of(properties: Properties) -> Fields:
    """Return the status, and the word for it in the file."""
    spelling = properties.value("STATUS").upper()
    word = _STATUS_SPELLINGS.get(spelling, spelling)
    if word != spelling:
        properties.warn(REWRITTEN_VALUE, f"STATUS:{spelling} is read as {word}")
    if word and word not in STATUSES:
        properties.warn(UNKNOWN_VALUE, f"STATUS:{brief(word)} is not known: imported as text only")
    if word != "CANCELLED" and texts.says_cancelled(properties):
        properties.warn(REWRITTEN_VALUE, "STATUS is read as CANCELLED, as SUMMARY says")
        word = "CANCELLED"
    return {"status": STATUSES.get(word, ""), "status_text": word}


def places_of(properties: Properties) -> list[Fields]:
    """Return the place: all LOCATIONs joined, with the position of GEO."""
    lines_of = (
        texts.on_one_line(unescape(prop.value), "LOCATION", properties)
        for prop in properties.all("LOCATION")
    )
    lines = dict.fromkeys(filter(None, lines_of))
    if len(lines) > 1:
        properties.warn(REPEATED_PROPERTY, f"LOCATION is there {len(lines)} times: joined to one")
    place: Fields = {"source_text": texts.cut(", ".join(lines), PLACE, "LOCATION", properties)}
    if geo := properties.value("GEO"):
        try:
            latitude, longitude = value_parsers.geo(geo)
            place["position"] = {"latitude": latitude, "longitude": longitude}
        except ValueError as error:
            properties.warn(BROKEN_PROPERTY, f"GEO is broken and left out: {error}")
    return [place] if any(place.values()) else []


def links_of(properties: Properties) -> list[Fields]:
    """Return the link of URL, if it is a web address; blanks and the like are percent-encoded."""
    spelling = properties.value("URL")
    if not spelling:
        return []
    url = uri(spelling)
    if not _WEB.match(spelling) or len(url) > URL:
        properties.warn(UNKNOWN_VALUE, f"URL {brief(spelling)} is no web address: left out")
        return []
    if url != spelling:
        properties.warn(REWRITTEN_VALUE, f"URL {brief(spelling)} is read as {brief(url)}")
    return [{"relation": "LINK_RELATION_ABOUT", "url": url}]


def original_of(component: EventText, properties: Properties) -> str:
    """Return the text of the event, unfolded, without attachments and HTML."""
    text, count = _NEVER.subn("", _CONTROLS.sub("", component.text.decode(errors="replace")))
    if count:
        properties.warn(LIMIT_EXCEEDED, "attachments and X-ALT-DESC are left out of `original`")
    if len(text) > ORIGINAL:
        text = _LONG.sub("", text)
        properties.warn(
            LIMIT_EXCEEDED,
            "IMAGE and STYLED-DESCRIPTION are left out of `original`: it would be too long",
        )
    if len(text) > ORIGINAL:
        length = f"{len(text)} characters, {ORIGINAL} are kept"
        properties.warn(LIMIT_EXCEEDED, f"`original` is left out: {length}")
        return ""
    return text.replace("\n", "\r\n") + "\r\n"

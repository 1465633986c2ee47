"""The facts of an event beside its time: titles, places, status, visibility, links."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from summitry.fields import Fields, without_empty
from summitry.ical.content_lines import ContentLine
from summitry.ical.reading import value_parsers
from summitry.ical.reading.components import EventText
from summitry.ical.reading.faults import (
    BROKEN_PROPERTY,
    LIMIT_EXCEEDED,
    REPEATED_PROPERTY,
    UNKNOWN_VALUE,
)
from summitry.ical.reading.properties import Properties, brief
from summitry.ical.text import unescape

ORIGINAL = 64 * 1024  # characters that a record keeps of its source

STATUSES: Mapping[str, str] = {
    "TENTATIVE": "EVENT_STATUS_PROPOSED",
    "CONFIRMED": "EVENT_STATUS_CONFIRMED",
    "CANCELLED": "EVENT_STATUS_CANCELLED",
}

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

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Lines that may be long and that no reader of the record needs.
_LONG = re.compile("^(?:ATTACH|IMAGE|X-ALT-DESC|STYLED-DESCRIPTION)[;:].*\n", re.MULTILINE | re.I)


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


def status_of(properties: Properties) -> Fields:
    """Return the status, and the word for it in the file."""
    word = properties.value("STATUS").upper()
    if word and word not in STATUSES:
        properties.warn(UNKNOWN_VALUE, f"STATUS:{brief(word)} is not known: imported as text only")
    return {"status": STATUSES.get(word, ""), "status_text": word}


def texts_of(properties: Properties, name: str, *, is_line: bool = False) -> list[Fields]:
    """Return the texts of a property, one for each language.

    Of several texts in a language, the first is taken, with a warning. `is_line` joins lines by
    ", ".
    """
    texts: dict[str, str] = {}
    for prop in properties.all(name):
        text = _line(prop) if is_line else unescape(prop.value).strip()
        language = prop.parameters.get("LANGUAGE", "")
        if text and texts.setdefault(language, text) != text:
            of = f" of language {brief(language)}" if language else ""
            properties.warn(
                REPEATED_PROPERTY, f"{name}{of} is there several times: the first is taken"
            )
    return [without_empty({"text": text, "language_code": tag}) for tag, text in texts.items()]


def places_of(properties: Properties) -> list[Fields]:
    """Return the place: all LOCATIONs joined, with the position of GEO."""
    lines = dict.fromkeys(filter(None, map(_line, properties.all("LOCATION"))))
    if len(lines) > 1:
        properties.warn(REPEATED_PROPERTY, f"LOCATION is there {len(lines)} times: joined to one")
    place: Fields = {"source_text": ", ".join(lines)}
    if geo := properties.value("GEO"):
        try:
            latitude, longitude = value_parsers.geo(geo)
            place["position"] = {"latitude": latitude, "longitude": longitude}
        except ValueError as error:
            properties.warn(BROKEN_PROPERTY, f"GEO is broken and left out: {error}")
    return [place] if any(place.values()) else []


def links_of(properties: Properties) -> list[Fields]:
    """Return the link of URL, if it is a web address."""
    url = properties.value("URL")
    if not url:
        return []
    if not url.lower().startswith(("http://", "https://")):
        properties.warn(UNKNOWN_VALUE, f"URL {brief(url)} is no web address: left out")
        return []
    return [{"relation": "LINK_RELATION_ABOUT", "url": url}]


def original_of(component: EventText, properties: Properties) -> str:
    """Return the text of the event, unfolded; without attachments if it would be too long."""
    text = _CONTROLS.sub("", component.text.decode(errors="replace"))
    if len(text) > ORIGINAL:
        text = _LONG.sub("", text)
        properties.warn(
            LIMIT_EXCEEDED,
            "ATTACH, IMAGE and HTML are left out of `original`: it would be too long",
        )
    if len(text) > ORIGINAL:
        length = f"{len(text)} characters, {ORIGINAL} are kept"
        properties.warn(LIMIT_EXCEEDED, f"`original` is left out: {length}")
        return ""
    return text.replace("\n", "\r\n") + "\r\n"


def _line(prop: ContentLine) -> str:
    lines: Sequence[str] = unescape(prop.value).splitlines()
    return ", ".join(filter(None, (line.strip() for line in lines)))

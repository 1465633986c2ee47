"""The texts of an event: its titles and descriptions by language, as records have them."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

from summitry.fields import Fields, without_empty
from summitry.ical.content_lines import ContentLine
from summitry.ical.reading import html
from summitry.ical.reading.faults import (
    LIMIT_EXCEEDED,
    REPEATED_PROPERTY,
    REWRITTEN_VALUE,
    UNKNOWN_VALUE,
)
from summitry.ical.reading.properties import Properties, brief
from summitry.ical.text import clean, unescape

TITLE, SUMMARY = 1024, 16 * 1024  # characters that a record admits (docs/limits.md)
MOST_LANGUAGES = 16

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
# What calendar programs put before the title of an event that is off, in the languages of desks.
_CANCELLED_TITLE = re.compile(
    r"\A(?:cancell?ed|annulée?|abgesagt|cancelad[oa]|annullat[oa]|отменено)"
    r"[ \t\xa0]*:[ \t\xa0]*(?=\S)",
    re.IGNORECASE,
)


def says_cancelled(properties: Properties) -> bool:
    """Return whether a title begins with "Canceled:" or its like."""
    titles = (unescape(prop.value).strip() for prop in properties.all("SUMMARY"))
    return any(map(_CANCELLED_TITLE.match, titles))


def titles_of(properties: Properties) -> list[Fields]:
    """Return the titles, one for each language, without "Canceled:", which the status says."""
    return _texts_of(properties, "SUMMARY", TITLE, _title)


def summaries_of(properties: Properties) -> list[Fields]:
    """Return the descriptions, one for each language, HTML as plain text."""
    return _texts_of(properties, "DESCRIPTION", SUMMARY, _description)


def _texts_of(
    properties: Properties, name: str, most: int, read: Callable[[str, Properties], str]
) -> list[Fields]:
    """Return the texts of a property; of several in a language the first, with a warning."""
    texts: dict[str, str] = {}
    for prop in properties.all(name):
        text = cut(read(unescape(prop.value).strip(), properties), most, name, properties)
        language = _language_of(prop, properties)
        if text and texts.setdefault(language, text) != text:
            of = f" of language {brief(language)}" if language else ""
            properties.warn(
                REPEATED_PROPERTY, f"{name}{of} is there several times: the first is taken"
            )
    if len(texts) > MOST_LANGUAGES:
        text = f"{name} is there in {len(texts)} languages: {MOST_LANGUAGES} are read"
        properties.warn(LIMIT_EXCEEDED, text)
    return [
        without_empty({"text": text, "language_code": tag})
        for tag, text in islice(texts.items(), MOST_LANGUAGES)
    ]


def _title(text: str, properties: Properties) -> str:
    title = _CANCELLED_TITLE.sub("", text, count=1)
    if title != text:
        properties.warn(REWRITTEN_VALUE, "SUMMARY says that the event is off: left to the status")
    return on_one_line(title, "SUMMARY", properties)


def _description(text: str, properties: Properties) -> str:
    if not html.is_html(text):
        return clean(text)
    properties.warn(REWRITTEN_VALUE, "DESCRIPTION has HTML: read as plain text")
    return html.to_text(text)


def _language_of(prop: ContentLine, properties: Properties) -> str:
    """Return the language tag of a text; empty with a warning if it is none (RFC 5646)."""
    spelling = prop.parameters.get("LANGUAGE", "").strip()
    tag = spelling.replace("_", "-").strip("-")
    if tag and not _LANGUAGE.fullmatch(tag):
        text = f"{prop.name}: LANGUAGE={brief(spelling)} is no language tag and left out"
        properties.warn(UNKNOWN_VALUE, text)
        return ""
    if tag != spelling:
        text = f"{prop.name}: LANGUAGE={brief(spelling)} is read as {brief(tag)}"
        properties.warn(REWRITTEN_VALUE, text)
    return tag


def cut(text: str, most: int, name: str, properties: Properties) -> str:
    """Return a text, cut to `most` characters with a warning."""
    if len(text) <= most:
        return text
    properties.warn(LIMIT_EXCEEDED, f"{name} is cut: {len(text)} characters, {most} are kept")
    return text[: most - 1].rstrip() + "…"


def on_one_line(text: str, name: str, properties: Properties) -> str:
    """Return a text with its lines joined by ", ", with a warning if there are several."""
    lines = [line for part in clean(text).split("\n") if (line := " ".join(part.split()))]
    if len(lines) > 1:
        properties.warn(REWRITTEN_VALUE, f'{name} has {len(lines)} lines: joined by ", "')
    return ", ".join(lines)

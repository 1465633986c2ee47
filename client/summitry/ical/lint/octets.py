"""Rules on the octets: lines, characters, size (RFC 5545 section 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from summitry.ical.lint.reading import BOM, Document
from summitry.ical.text import LINE_OCTETS

# What apps take without losing events, by reports: 1 MB and about 1,100 events for Google.
MANY_OCTETS = 1_000_000
MANY_EVENTS = 1_000

Found = Iterator[tuple[int, str]]

_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]")


def line_ends(document: Document) -> Found:
    """CRLF after every line, the last one too, and no empty lines."""
    data = document.data
    bare = _BARE.search(data)
    if bare is not None:
        yield data.count(b"\n", 0, bare.start()) + 1, "the line does not end with CRLF"
    elif not data.endswith(b"\r\n"):
        yield len(document.physical), "the last line does not end with CRLF"
    for number, line in enumerate(document.physical, 1):
        if not line.strip():
            yield number, "an empty line"


def line_length(document: Document) -> Found:
    """No more than 75 octets in a line."""
    for number, line in enumerate(document.physical, 1):
        if len(line) > LINE_OCTETS:
            yield number, f"{len(line)} octets; fold lines after {LINE_OCTETS}"


def utf_8(document: Document) -> Found:
    """UTF-8 in every line by itself, without a byte order mark."""
    if document.data.startswith(BOM):
        yield 1, "a byte order mark; leave it out"
    for number, line in enumerate(document.physical, 1):
        try:
            line.decode()
        except UnicodeDecodeError:
            yield number, "not UTF-8, or folded in the middle of a character"


def split_escape(document: Document) -> Found:
    """No fold between a backslash and what it escapes: readers that unfold late break there."""
    lines = document.physical
    for number, line in enumerate(lines, 1):
        odd = (len(line) - len(line.rstrip(b"\\"))) % 2
        if odd and number < len(lines) and lines[number][:1] in (b" ", b"\t"):
            yield number, "folded in the middle of an escape"


def controls(document: Document) -> Found:
    """No control characters but tabs."""
    for number, line in enumerate(document.physical, 1):
        found = _CONTROLS.search(line)
        if found is not None:
            yield number, f"a control character, {found[0]!r}"


def content_lines(document: Document) -> Found:
    """Lines that are content lines, and components that end."""
    yield from document.flaws


def size(document: Document) -> Found:
    """No more than calendar apps take."""
    events = sum(1 for _ in document.components("VEVENT"))
    if len(document.data) > MANY_OCTETS or events > MANY_EVENTS:
        text = f"{events} events in {len(document.data)} octets; some apps lose what is beyond"
        yield 1, f"{text} {MANY_EVENTS} events or {MANY_OCTETS} octets; split the feed"

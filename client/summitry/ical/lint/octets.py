"""Rules on the octets: lines, characters, size (RFC 5545 section 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from summitry.ical.content_lines import BOM
from summitry.ical.lint.document import Document
from summitry.ical.text import LINE_OCTETS

# The sizes up to which apps lose no events. For Google, users report 1 MB and about 1,100 events.
MANY_OCTETS = 1_000_000
MANY_EVENTS = 1_000

Violations = Iterator[tuple[int, str]]

_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]")


def line_ends(document: Document) -> Violations:
    """Yield the first line without CRLF, and every empty line."""
    data = document.data
    bare = _BARE.search(data)
    if bare is not None:
        yield data.count(b"\n", 0, bare.start()) + 1, "the line does not end with CRLF"
    elif not data.endswith(b"\r\n"):
        yield len(document.physical), "the last line does not end with CRLF"
    for number, line in enumerate(document.physical, 1):
        if not line.strip():
            yield number, "an empty line"


def line_length(document: Document) -> Violations:
    """Yield lines of more than 75 octets."""
    for number, line in enumerate(document.physical, 1):
        if len(line) > LINE_OCTETS:
            yield number, f"{len(line)} octets; fold lines after {LINE_OCTETS}"


def utf_8(document: Document) -> Violations:
    """Yield lines that are not valid UTF-8 by themselves, and a byte order mark."""
    if document.data.startswith(BOM):
        yield 1, "a byte order mark; leave it out"
    for number, line in enumerate(document.physical, 1):
        try:
            line.decode()
        except UnicodeDecodeError:
            yield number, "not UTF-8, or folded in the middle of a character"


def split_escape(document: Document) -> Violations:
    """Yield lines that end between a backslash and the character that it escapes."""
    lines = document.physical
    for number, line in enumerate(lines, 1):
        odd = (len(line) - len(line.rstrip(b"\\"))) % 2
        if odd and number < len(lines) and lines[number][:1] in (b" ", b"\t"):
            yield number, "folded in the middle of an escape"


def controls(document: Document) -> Violations:
    """Yield lines with control characters."""
    for number, line in enumerate(document.physical, 1):
        match = _CONTROLS.search(line)
        if match is not None:
            yield number, f"a control character, {match[0]!r}"


def content_lines(document: Document) -> Violations:
    """Yield lines that are not content lines, and components without an end."""
    yield from document.flaws


def size(document: Document) -> Violations:
    """Yield the first line of a file that is larger than calendar apps accept."""
    events = sum(1 for _ in document.components("VEVENT"))
    if len(document.data) > MANY_OCTETS or events > MANY_EVENTS:
        text = f"{events} events in {len(document.data)} octets; some apps lose what is beyond"
        yield 1, f"{text} {MANY_EVENTS} events or {MANY_OCTETS} octets; split the feed"

"""Content lines: values, parameters and folding (RFC 5545 sections 3.1-3.3, RFC 6868)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from summitry.zones import format_civil

LINE_OCTETS = 75

_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_CARETS = str.maketrans({"^": "^^", "\n": "^n", '"': "^'"})
_NEEDS_QUOTES = re.compile(r"[^A-Za-z0-9_/.+-]")


def clean(text: str) -> str:
    """The text with line breaks of all kinds as "\\n" and without other control characters."""
    if text.isprintable():
        return text
    return _CONTROLS.sub("", _BREAKS.sub("\n", text))


def escape(text: str) -> str:
    """A TEXT value (3.3.11)."""
    # str.translate would look up each character of a text that is not ASCII.
    escaped = clean(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\n", "\\n")


def one_line(text: str) -> str:
    """The text with each run of white space as one blank, for what is shown on one line."""
    return " ".join(clean(text).split())


def parameter(value: str) -> str:
    """A parameter value, encoded by RFC 6868 and quoted where it must be."""
    encoded = clean(value).translate(_CARETS)
    return f'"{encoded}"' if _NEEDS_QUOTES.search(encoded) else encoded


def uri(value: str) -> str:
    """A URI value; what may not stand in a URI is percent-encoded, and nothing else changed."""
    return _UNSAFE.sub(_percent, value)


_UNSAFE = re.compile('[\x00-\x20"<>\\\\^`{|}\x7f-\U0010ffff]')


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{octet:02X}" for octet in match[0].encode())


@lru_cache(maxsize=4096)
def stamp(instant: int) -> str:
    """A UTC DATE-TIME: "20240704T050000Z"."""
    return local_stamp(instant) + "Z"


@lru_cache(maxsize=4096)
def local_stamp(wall: int) -> str:
    """A local DATE-TIME of civil seconds: "20240704T100000"."""
    return format_civil(wall).replace("-", "").replace(":", "")


def date_value(date: str) -> str:
    """A DATE: "20240704" of "2024-07-04"."""
    return date.replace("-", "")


def fold(line: str) -> bytes:
    """The line with its line end, folded at 75 octets.

    No UTF-8 sequence and no backslash escape is split: readers that unfold late break on either.
    """
    raw = line.encode()
    if len(raw) <= LINE_OCTETS:
        return raw + b"\r\n"
    pieces = []
    start, room = 0, LINE_OCTETS
    while len(raw) - start > room:
        end = _boundary(raw, start, start + room)
        pieces.append(raw[start:end])
        start, room = end, LINE_OCTETS - 1
    pieces.append(raw[start:])
    return b"\r\n ".join(pieces) + b"\r\n"


def _boundary(raw: bytes, start: int, end: int) -> int:
    while raw[end] & 0xC0 == 0x80:
        end -= 1
    head = raw[start:end]
    slashes = len(head) - len(head.rstrip(b"\\"))
    return end - slashes % 2


def fold_all(lines: Iterable[str]) -> bytes:
    """The lines, each folded and ended."""
    return b"".join(map(fold, lines))

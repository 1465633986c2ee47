"""Content lines: the octets of a file as lines with a name, parameters and a value (RFC 5545 3.1).

Both readers of files stand on this module, that of imports and that of the linter, so that they
find the same lines. A line is parsed as far as it can be, with what is wrong with it; each reader
makes of that what it needs. All patterns are possessive: the time grows with the length alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

BOM = b"\xef\xbb\xbf"
_LONG_END = re.compile(rb"(?<!\r)\r++\n")  # the first CR alone is tried, or the time is quadratic
_FOLD = re.compile(rb"\n[ \t]")
_FOLDED_LINE = re.compile(rb"([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?")


def _head(name: str, text: str, blanks: str) -> re.Pattern[str]:
    """Return a pattern of all that stands before the value; groups: the name, the parameters."""
    parameter = rf"{blanks};{blanks}{name}={text}(?:,{text})*+"
    return re.compile(rf"({name})((?:{parameter})*+){blanks}:")


_TEXT = r'(?:"[^"]*+"|[^";:,]*+)'
_SAFE_TEXT = r'(?:"[^"\x00-\x08\x0a-\x1f\x7f]*+"|[^";:,\x00-\x08\x0a-\x1f\x7f]*+)'
_STANDARD_HEAD = _head("[A-Za-z0-9-]++", _SAFE_TEXT, "")
_LENIENT_HEAD = _head("[A-Za-z0-9_-]++", _TEXT, r"[ \t]*+")
_PARAMETER = re.compile(rf"([A-Za-z0-9_-]++)=({_TEXT}(?:,{_TEXT})*+)")
_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})  # of most lines; a dict has 64 bytes


class ContentLine(NamedTuple):
    """A content line."""

    name: str  # in capitals; "" if the line is not NAME;PARAMETER=value:value
    parameters: Mapping[str, str]  # names in capitals; values as written, without outer quotes
    value: str  # the whole line if it has no name
    line: int = 0  # the number of its first physical line, from 1; 0 if they are not counted
    is_utf_8: bool = True  # otherwise U+FFFD stands for octets that are no characters
    is_standard: bool = True  # otherwise a line that only a lenient reader understands, or none


def physical_lines(data: bytes) -> list[bytes]:
    """Return the lines as the file has them, without their ends: CRLF, CR CR LF, LF or CR."""
    return _ended_by_lf(data).removesuffix(b"\n").split(b"\n")


def unfold(data: bytes) -> bytes:
    """Return the octets with each line whole and ended by LF, without a byte order mark.

    Octets, since a fold may stand in the middle of a character (RFC 5545 3.1).
    """
    return _FOLD.sub(b"", _ended_by_lf(data.removeprefix(BOM)))


def read_lines(data: bytes) -> Iterator[ContentLine]:
    """Yield the lines of a file that are not blank, each with the number of its first line."""
    number = 1
    for match in _FOLDED_LINE.finditer(_ended_by_lf(data.removeprefix(BOM))):
        octets = match[1]
        folds = octets.count(b"\n")
        if octets and not octets.isspace():
            yield parse_line(_FOLD.sub(b"", octets) if folds else octets, number)
        number += 1 + folds


def line_pattern(properties: Iterable[str]) -> re.Pattern[bytes]:
    """Return a pattern that finds BEGIN, END and the lines of some properties in unfolded octets.

    Its groups: 1 BEGIN or END, 2 the name of the component, 3 the line of a property, 4 its name.
    A reader that needs few of the properties so reads a megabyte of others in milliseconds.
    """
    names = b"|".join(re.escape(name.encode()) for name in sorted(properties))
    # Any character that cannot be in a name ends the name. So "CLASS PRIVATE" is a broken CLASS,
    # which is reported, and not an unknown property, which would be ignored. A name may also follow
    # a byte order mark, as in joined files, or a control character.
    return re.compile(
        rb"^[^A-Za-z0-9_\n-]*+(?:(BEGIN|END)[ \t]*:([^\n]*)|((" + names + rb")"
        rb"(?![A-Za-z0-9_-])[^\n]*))",
        re.MULTILINE | re.IGNORECASE,
    )


def parse_line(octets: bytes, line: int = 0, most: int = sys.maxsize) -> ContentLine:
    """Parse an unfolded line, which is numbered `line`.

    A name with parameters of more than `most` characters is not read.
    """
    text, is_utf_8 = _decode(octets)
    standard = _STANDARD_HEAD.match(text, 0, most)
    head = standard or _LENIENT_HEAD.match(text, 0, most)
    if head is None:
        return ContentLine("", _NO_PARAMETERS, text, line, is_utf_8, False)
    name, parameters = head.groups()
    value = text[head.end() :]
    # Names are shared between the lines of a file, of which there may be 100,000.
    return ContentLine(
        sys.intern(name.upper()),
        _parameters(parameters),
        value,
        line,
        is_utf_8,
        standard is not None,
    )


def _parameters(text: str) -> Mapping[str, str]:
    if not text:
        return _NO_PARAMETERS
    return {name.upper(): value.strip('"') for name, value in _PARAMETER.findall(text)}


def _ended_by_lf(data: bytes) -> bytes:
    # Programs that write CRLF in text mode on Windows leave CR CR LF, which ends one line. Taken as
    # two ends, it puts an empty line before each fold, which then continues nothing and is lost.
    data = data.replace(b"\r\n", b"\n")
    return _LONG_END.sub(b"\n", data).replace(b"\r", b"\n") if b"\r" in data else data


def _decode(octets: bytes) -> tuple[str, bool]:
    try:
        return octets.decode(), True
    except UnicodeDecodeError:
        return octets.decode(errors="replace"), False

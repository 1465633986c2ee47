"""Content lines: values, parameters and folding (RFC 5545 sections 3.1-3.3, RFC 6868)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from summitry.zones.days import format_date

LINE_OCTETS = 75
DAYS = 16_384
"""The number of days for which something is cached: those of forty years, and of their zones."""

_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
# Matching allowed characters is several times faster than searching for forbidden ones.
_CLEAN = re.compile("[\t\n -~\xa0-\u2027\u202a-\U0010ffff]*")
_DIGITS = tuple(f"{number:02}" for number in range(60))
_MINUTES = tuple(f"{number // 60:02}{number % 60:02}" for number in range(24 * 60))
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CARETS = str.maketrans({"^": "^^", "\n": "^n", '"': "^'"})
_NEEDS_QUOTES = re.compile(r"[^A-Za-z0-9_/.+-]")


def clean(text: str) -> str:
    """Return a text with all kinds of line breaks as "\\n", without other control characters."""
    if text.isprintable() or _CLEAN.fullmatch(text):
        return text
    return _CONTROLS.sub("", _BREAKS.sub("\n", text))


def escape(text: str) -> str:
    """Return a text as a TEXT value (3.3.11)."""
    # Not str.translate, which is slow for texts that are not ASCII.
    escaped = clean(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\n", "\\n")


def unescape(value: str) -> str:
    """Return the text of a TEXT value."""
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def one_line(text: str) -> str:
    """Return the text on one line, with each run of white space as one blank."""
    return " ".join(clean(text).split())


@lru_cache(maxsize=1024)
def parameter(value: str) -> str:
    """Return a text as a parameter value, encoded by RFC 6868 and quoted where it must be."""
    encoded = clean(value).translate(_CARETS)
    return f'"{encoded}"' if _NEEDS_QUOTES.search(encoded) else encoded


def uri(value: str) -> str:
    """Return a URI with the characters that URIs do not allow percent-encoded."""
    return _UNSAFE.sub(_percent, value)


_UNSAFE = re.compile('[\x00-\x20"<>\\\\^`{|}\x7f-\U0010ffff]')


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{octet:02X}" for octet in match[0].encode())


def stamp(instant: int) -> str:
    """Return an instant (epoch seconds) as a UTC DATE-TIME: "20240704T050000Z"."""
    return f"{local_stamp(instant)}Z"


def local_stamp(wall: int) -> str:
    """Return a wall time (civil seconds) as a local DATE-TIME: "20240704T100000"."""
    day, second = divmod(wall, 86_400)
    return f"{_day_stamp(day)}T{_MINUTES[second // 60]}{_DIGITS[second % 60]}"


@lru_cache(maxsize=DAYS)
def _day_stamp(day: int) -> str:
    return date_value(format_date(day))


def wall_value(civil: str) -> str:
    """Return a civil time as a local DATE-TIME: "20240704T100000" for "2024-07-04T10:00"."""
    return civil.replace("-", "").replace(":", "").ljust(15, "0")


def date_value(date: str) -> str:
    """Return a date as a DATE value: "20240704" for "2024-07-04"."""
    return date.replace("-", "")


# A piece never ends inside a UTF-8 sequence or an escape: readers that decode before they unfold
# fail on either. In a run of backslashes, each two are an escape.
_PIECES = re.compile(rb".{1,74}(?<!\\)(?![\x80-\xbf])|\\{1,74}")


def fold_all(lines: Iterable[str]) -> bytes:
    """Return the lines as octets, folded at 75 octets and ended by CRLF."""
    # Most lines are short and ASCII, and are encoded all together.
    folded = [
        line if len(line) <= LINE_OCTETS and line.isascii() else _fold(line) for line in lines
    ]
    return "\r\n".join([*folded, ""]).encode()


def _fold(line: str) -> str:
    octets = line.encode()
    return line if len(octets) <= LINE_OCTETS else b"\r\n ".join(_PIECES.findall(octets)).decode()

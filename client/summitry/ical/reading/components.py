"""The text of a calendar taken apart into its events, without parsing them (RFC 5545 3.1, 3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

MIB = 1024 * 1024
LARGEST = 20 * MIB  # bytes of a file
COMPONENT = 256 * 1024  # bytes of an event
DEEPEST = 8  # components within each other; the standard needs four
MOST = 20_000  # events of a file

_BEGIN, _END = b"BEGIN:", b"END:"
_NAME = re.compile(rb"[A-Za-z0-9-]{1,64}")
# What is read of the calendar itself.
_WANTED = frozenset({b"METHOD", b"X-WR-TIMEZONE"})


class CalendarTextError(ValueError):
    """A text that is no calendar, or larger than is read."""


class Component(NamedTuple):
    """An event as it stands in the text."""

    position: int  # among the events, from 1
    text: bytes  # with BEGIN and END, lines ended by CRLF
    fault: str = ""  # why it cannot be read


class CalendarText(NamedTuple):
    """A file: what it says of itself, and its events."""

    properties: Mapping[str, str]
    events: list[Component]


def split(data: bytes) -> CalendarText:
    """Take a file apart. Raises CalendarTextError."""
    if len(data) > LARGEST:
        most = f"at most {LARGEST // MIB} MiB are read"
        raise CalendarTextError(f"{len(data)} bytes: {most}; split the file")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        message = f"not UTF-8 at byte {error.start}; convert it first"
        raise CalendarTextError(message) from error
    if not data.lstrip()[: len("BEGIN:VCALENDAR")].upper().startswith(b"BEGIN:VCALENDAR"):
        raise CalendarTextError("no calendar: it does not begin with BEGIN:VCALENDAR")
    splitter = _Splitter()
    for line in _lines(data):
        splitter.take(line)
    splitter.end()
    return CalendarText(splitter.properties, splitter.events)


def _lines(data: bytes) -> Iterator[bytes]:
    """The lines, still folded, however they end."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        yield data[start:end].rstrip(b"\r")
        start = end + 1


class _Splitter:
    """Follows BEGIN and END, and keeps the lines of events."""

    def __init__(self) -> None:
        self.properties: dict[str, str] = {}
        self.events: list[Component] = []
        self._open: list[bytes] = []
        self._event: list[bytes] | None = None
        self._size = 0

    def take(self, line: bytes) -> None:
        """The next line. A folded one goes on with the line before."""
        upper = line[:80].upper()
        if upper.startswith(_BEGIN):
            self._begin(upper.removeprefix(_BEGIN).strip())
        if self._event is not None:
            self._size += len(line) + 2
            if self._size <= COMPONENT:
                self._event.append(line)
        elif len(self._open) == 1:
            self._property(line)
        if upper.startswith(_END):
            self._finish(upper.removeprefix(_END).strip())

    def end(self) -> None:
        """Nothing may be left open."""
        if self._open:
            name = self._open[-1].decode(errors="replace")
            raise CalendarTextError(f"{name} is not ended: the file is cut off")

    def _begin(self, name: bytes) -> None:
        if not _NAME.fullmatch(name):
            raise CalendarTextError("a BEGIN line names no component")
        if len(self._open) >= DEEPEST:
            raise CalendarTextError(f"more than {DEEPEST} components are within each other")
        self._open.append(name)
        if name == b"VEVENT" and self._event is None:
            if len(self.events) >= MOST:
                raise CalendarTextError(f"more than {MOST} events: split the file")
            self._event, self._size = [], 0

    def _finish(self, name: bytes) -> None:
        if not self._open or self._open[-1] != name:
            found = name.decode(errors="replace")
            raise CalendarTextError(f"END:{found} ends nothing that is open there")
        self._open.pop()
        if name == b"VEVENT" and self._event is not None and b"VEVENT" not in self._open:
            fault = "" if self._size <= COMPONENT else _too_large(self._size)
            text = b"" if fault else b"\r\n".join(self._event) + b"\r\n"
            self.events.append(Component(len(self.events) + 1, text, fault))
            self._event = None

    def _property(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        key = name.partition(b";")[0].upper()
        if key in _WANTED:
            self.properties[key.decode()] = value.decode().strip()


def _too_large(size: int) -> str:
    return f"the event has {size} bytes, {COMPONENT} are read: take its attachments out"

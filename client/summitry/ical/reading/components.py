"""The split of a file's text into events, without parsing them (RFC 5545 3.1, 3.4).

Only the lines of those properties that are read are found (`content_lines.line_pattern`), so that a
megabyte of anything else costs only milliseconds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from summitry.ical.content_lines import line_pattern, unfold
from summitry.ical.reading.faults import BROKEN_STRUCTURE, LIMIT_EXCEEDED, EventFault
from summitry.v1.transfer_service_pb2 import CalendarFaultReason

MIB = 1024 * 1024
LARGEST = 20 * MIB  # bytes of a file
COMPONENT = 256 * 1024  # bytes of an event
DEEPEST = 8  # components within each other; the standard needs four
MOST = 20_000  # events of a file
ZONE = 32 * 1024  # bytes of a VTIMEZONE
MOST_ZONES = 200  # VTIMEZONEs of a calendar
LINES = 5_000  # lines that are read of an event, and of a calendar
FLAWS = 10  # the most faults of the structure that are reported

OF_CALENDARS = ("METHOD", "X-WR-TIMEZONE", "X-CALENDARSERVER-ACCESS")
OF_EVENTS = (
    "UID",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "EXRULE",
    "RECURRENCE-ID",
    "SEQUENCE",
    "LAST-MODIFIED",
    "DTSTAMP",
    "SUMMARY",
    "DESCRIPTION",
    "LOCATION",
    "GEO",
    "STATUS",
    "URL",
    "CLASS",
    "X-CALENDARSERVER-ACCESS",
    "X-MICROSOFT-CDO-SENSITIVITY",
    "X-MICROSOFT-CDO-ALLDAYEVENT",
)
ZONES = "VTIMEZONE"
"""The key of the lines of a calendar that stands for the text of each VTIMEZONE, unfolded."""
UNREAD = frozenset({"VTODO", "VJOURNAL", "VFREEBUSY", "VAVAILABILITY"})
"""The components beside events that a file may have and that no record is made of."""
"""The properties that are read. All others remain in `EventText.text` alone."""

Lines = Mapping[str, Sequence[bytes]]
"""Content lines, unfolded, by the name of their property in capitals."""

_LINE = line_pattern({*OF_CALENDARS, *OF_EVENTS})
_FIRST = re.compile(
    rb"(?:\s|\xef\xbb\xbf)*BEGIN[ \t]*:[ \t]*VCALENDAR[ \t]*(?:\n|$)", re.IGNORECASE
)
_CUT = EventFault(BROKEN_STRUCTURE, "END:VEVENT is missing: the event is cut off")


class CalendarTextError(ValueError):
    """A text that is not a calendar, or exceeds the limits."""


class EventText(NamedTuple):
    """The text of an event, split into lines."""

    position: int  # among the events, from 1
    text: bytes  # with BEGIN and END, unfolded, lines ended by LF
    lines: Lines
    calendar: Lines  # those of the VCALENDAR that it stands in
    fault: EventFault | None = None  # why it cannot be read


class CalendarText(NamedTuple):
    """A file: its events, and the faults of its structure outside of them."""

    events: list[EventText]
    flaws: list[EventFault]
    unread: Mapping[str, int]  # how many components of each name in UNREAD


def split(data: bytes) -> CalendarText:
    """Split a file into its events. Raises CalendarTextError if it is no calendar or too large."""
    if len(data) > LARGEST:
        most = f"at most {LARGEST // MIB} MiB are read"
        raise CalendarTextError(f"{len(data)} bytes: {most}; split the file")
    data = unfold(data)
    if not _FIRST.match(data):
        raise CalendarTextError("no calendar: it does not begin with BEGIN:VCALENDAR")
    splitter = _Splitter(data)
    for match in _LINE.finditer(data):
        splitter.take(match)
    splitter.finish()
    return CalendarText(splitter.events, splitter.flaws, splitter.unread)


class _OpenEvent:
    """An event whose END has not been read."""

    def __init__(self, start: int, depth: int) -> None:
        self.start = start
        self.depth = depth  # components that are open, itself included
        self.lines: dict[str, list[bytes]] = {}
        self.count = 0
        self.fault: EventFault | None = None


class _Splitter:
    """A splitter that follows BEGIN and END and collects the lines of calendars and events."""

    def __init__(self, data: bytes) -> None:
        self.events: list[EventText] = []
        self.flaws: list[EventFault] = []
        self.unread: Counter[str] = Counter()
        self._data = data
        self._stack: list[bytes] = []
        self._calendar: dict[str, list[bytes]] = {}
        self._calendar_lines = 0
        self._event: _OpenEvent | None = None
        self._zone = 0  # where the VTIMEZONE that is open begins

    def take(self, match: re.Match[bytes]) -> None:
        """Process the next line that _LINE matches."""
        if match[1]:
            component = match[2].strip().upper()
            if len(match[1]) == len("BEGIN"):
                self._begin(component, match.start(1))
            else:
                self._end(component, match.end())
        elif self._event is not None and len(self._stack) == self._event.depth:
            self._add_to_event(self._event, match[4].upper().decode(), match[3])
        elif self._stack == [b"VCALENDAR"]:
            self._add_to_calendar(match[4].upper().decode(), match[3])

    def finish(self) -> None:
        """Close the components that are still open at the end of the file."""
        if self._event is not None:
            self._close(len(self._data), _CUT)
        elif self._stack:
            self._report(f"END:{_quote(self._stack[-1])} is missing: the file is cut off")

    def _begin(self, name: bytes, at: int) -> None:
        if name in (b"VCALENDAR", b"VEVENT") and self._event is not None:
            self._close(at, _CUT)
        if name == b"VCALENDAR":
            self._begin_calendar()
            return
        if len(self._stack) >= DEEPEST:
            self._report(f"more than {DEEPEST} components are within each other")
            return
        if self._stack == [b"VCALENDAR"]:
            self._begin_part(name.decode(errors="replace"), at)
        self._stack.append(name)
        if name == b"VEVENT":
            if len(self.events) >= MOST:
                raise CalendarTextError(f"more than {MOST} events: split the file")
            self._event = _OpenEvent(at, len(self._stack))

    def _begin_part(self, name: str, at: int) -> None:
        """Note the beginning of a component of the calendar."""
        if name == ZONES:
            self._zone = at
        elif name in UNREAD:
            self.unread[name] += 1

    def _add_zone(self, block: bytes) -> None:
        """Keep a VTIMEZONE; without one that is too large or too many, its TZID has no rules."""
        blocks = self._calendar.setdefault(ZONES, [])
        if len(block) <= ZONE and len(blocks) < MOST_ZONES:
            blocks.append(block)

    def _begin_calendar(self) -> None:
        if self._stack:
            self._report(f"END:{_quote(self._stack[0])} is missing before the next VCALENDAR")
        self._stack = [b"VCALENDAR"]
        self._calendar = {}  # properties of a calendar do not apply to the next
        self._calendar_lines = 0

    def _end(self, name: bytes, at: int) -> None:
        if name not in self._stack:
            self._report(f"END:{_quote(name)} ends nothing that is open there")
            return
        index = len(self._stack) - 1 - self._stack[::-1].index(name)
        event = self._event
        if event is not None and index < event.depth - 1:
            self._close(at, _CUT)
        elif index < len(self._stack) - 1:
            # Lines after it may belong to the event or to its part, and a CLASS could be missed.
            self._report(f"END:{_quote(self._stack[-1])} is missing")
        del self._stack[index:]
        if index == 1 and name == ZONES.encode() and self._event is None:
            self._add_zone(self._data[self._zone : min(at, self._zone + ZONE + 1)])
        if self._event is not None and len(self._stack) < self._event.depth:
            self._close(at)
        if not self._stack:
            self._calendar = {}  # nor for an event that stands in none

    def _close(self, at: int, fault: EventFault | None = None) -> None:
        event, self._event = self._event, None
        assert event is not None
        del self._stack[event.depth - 1 :]
        size = at - event.start
        fault = event.fault or fault or (_too_large(size) if size > COMPONENT else None)
        text = b"" if fault else self._data[event.start : at]
        position = len(self.events) + 1
        self.events.append(EventText(position, text, event.lines, self._calendar, fault))

    def _report(self, text: str, reason: CalendarFaultReason = BROKEN_STRUCTURE) -> None:
        flaw = EventFault(reason, text)
        if self._event is not None:
            self._event.fault = self._event.fault or flaw
        elif len(self.flaws) < FLAWS:
            self.flaws.append(flaw)

    def _add_to_event(self, event: _OpenEvent, name: str, line: bytes) -> None:
        event.count += 1
        if event.count > LINES:
            text = f"the event has more than {LINES} lines that are read: shorten it"
            self._report(text, LIMIT_EXCEEDED)
        else:
            event.lines.setdefault(name, []).append(line)

    def _add_to_calendar(self, name: str, line: bytes) -> None:
        self._calendar_lines += 1
        if self._calendar_lines > LINES:
            raise CalendarTextError(f"more than {LINES} lines of METHOD and the like: shorten it")
        self._calendar.setdefault(name, []).append(line)


def _quote(name: bytes) -> str:
    return name[:40].decode(errors="replace")


def _too_large(size: int) -> EventFault:
    text = f"the event has {size} bytes, {COMPONENT} are read: take its attachments out"
    return EventFault(LIMIT_EXCEEDED, text)

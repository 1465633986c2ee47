"""Access to the properties of an event, which may be absent, single, repeated or broken.

A broken or repeated property makes the event invalid if it is one of `DEFINING`. Any other is left
out with a warning.
"""

from __future__ import annotations

from collections.abc import Sequence

from summitry.ical.content_lines import ContentLine, parse_line
from summitry.ical.reading.components import Lines
from summitry.ical.reading.faults import (
    BROKEN_PROPERTY,
    REPEATED_PROPERTY,
    EventFaultError,
    EventWarning,
)
from summitry.v1.transfer_service_pb2 import CalendarFaultReason

DEFINING = frozenset(
    {
        "UID",
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "EXRULE",
        "RECURRENCE-ID",
    }
)
"""The properties that define the identity and the time of an event."""

OF_TIME = frozenset({"DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID"})
"""The properties that may have a TZID."""

PARAMETERS = 2048  # characters of the name and the parameters of a line
WARNINGS = 20  # of an event
BRIEF_LENGTH = 60  # characters of a value in a message


class Properties:
    """The properties of an event by name, with the warnings about them."""

    __slots__ = ("_lines", "_read", "_warnings")  # a file has 20,000 of them

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._read: dict[str, Sequence[ContentLine]] = {}
        self._warnings: dict[EventWarning, None] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._lines

    @property
    def warnings(self) -> list[EventWarning]:
        """Return the warnings so far, without duplicates."""
        return list(self._warnings)

    def warn(self, reason: CalendarFaultReason, text: str) -> None:
        """Add a warning. Those beyond the limit `WARNINGS` are dropped."""
        if len(self._warnings) < WARNINGS:
            self._warnings[EventWarning(reason, text)] = None

    def all(self, name: str) -> Sequence[ContentLine]:
        """Return every property of a name. Broken ones are left out with a warning.

        Raises EventFaultError if a broken one is among `DEFINING`.
        """
        if name not in self._lines:
            return ()
        if name not in self._read:
            self._read[name] = [
                prop for line in self._lines[name] if (prop := self._parsed(name, line))
            ]
        return self._read[name]

    def single(self, name: str) -> ContentLine | None:
        """Return the property of a name, or None; of several the first, with a warning.

        Raises EventFaultError if it is among `DEFINING` and broken, or repeated with other values.
        """
        properties = self.all(name)
        if len(properties) > 1:
            times = f"{name} is there {len(properties)} times"
            if name in DEFINING and any(_differ(prop, properties[0]) for prop in properties):
                raise EventFaultError(REPEATED_PROPERTY, f"{times}: keep one")
            self.warn(REPEATED_PROPERTY, f"{times}: the first is taken")
        return properties[0] if properties else None

    def value(self, name: str) -> str:
        """Return the value of the property without surrounding blanks; empty if there is none."""
        prop = self.single(name)
        return prop.value.strip() if prop else ""

    def is_broken(self, name: str) -> bool:
        """Return whether a line of a name cannot be read."""
        return len(self.all(name)) < len(self._lines.get(name, ()))

    def _parsed(self, name: str, line: bytes) -> ContentLine | None:
        prop = parse_line(line, most=PARAMETERS)
        fault = _fault_of(prop)
        if not fault:
            return _with_whole_tzid(prop) if name in OF_TIME else prop
        if name in DEFINING:
            raise EventFaultError(BROKEN_PROPERTY, f"{name} is broken: {fault}")
        self.warn(BROKEN_PROPERTY, f"{name} is broken and left out: {fault}")
        return None


def _with_whole_tzid(prop: ContentLine) -> ContentLine:
    """Return a time with the whole TZID, of which an unquoted colon has put a part in the value.

    Exchange writes TZID=tzone://Microsoft/Utc and TZID=(UTC+07:00) Bangkok without quotes.
    """
    rest, colon, value = prop.value.rpartition(":")
    tzid = prop.parameters.get("TZID")
    if not colon or tzid is None:
        return prop
    whole = f"{tzid}:{rest.partition(';')[0]}".strip('"')
    return prop._replace(parameters={**prop.parameters, "TZID": whole}, value=value)


def _fault_of(prop: ContentLine) -> str:
    """Return why a line is not read; empty if it is."""
    if not prop.is_utf_8:
        return "not UTF-8: convert the file first"
    if not prop.name:
        return f"{brief(prop.value)!r} is not NAME;PARAMETER=value:value"
    return ""


def _differ(prop: ContentLine, first: ContentLine) -> bool:
    return (prop.parameters, prop.value) != (first.parameters, first.value)


def brief(text: object) -> str:
    """Return a text on one line, shortened for messages."""
    line = " ".join(str(text)[: 4 * BRIEF_LENGTH].split())
    return line if len(line) <= BRIEF_LENGTH else f"{line[: BRIEF_LENGTH - 1]}…"

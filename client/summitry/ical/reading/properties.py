"""One way to read the properties of an event: absent, single, several, or broken.

A broken or doubled property costs the event where the event cannot be told without it (`NEEDED`),
and only itself, with a warning, elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from summitry.ical.reading.components import Lines

NEEDED = frozenset(
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
"""The properties that decide which event it is and when."""

PARAMETERS = 2048  # characters of the name and the parameters of a line
WARNINGS = 20  # of an event
SHOWN = 60  # characters of a value in a message

_TEXT = r'(?:"[^"]*"|[^";:,]*)'
_HEAD = re.compile(rf"((?:[ \t]*;[ \t]*[A-Za-z0-9_-]{{1,64}}={_TEXT}(?:,{_TEXT})*)*)[ \t]*:")
_PARAMETER = re.compile(rf"([A-Za-z0-9_-]{{1,64}})=({_TEXT}(?:,{_TEXT})*)")


class EventFaultError(ValueError):
    """An event that cannot be read; the text says what of it."""


class EventWarning(NamedTuple):
    """What was changed or left out of an event that was read."""

    text: str

    def __str__(self) -> str:
        return self.text


class Property(NamedTuple):
    """A content line."""

    name: str  # in capitals
    parameters: Mapping[str, str]  # names in capitals; values as written, without outer quotes
    value: str


def parse(name: str, line: bytes) -> Property:
    """Return the property of an unfolded line that begins with `name`. Raises ValueError."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8: convert the file first") from error
    head = _HEAD.match(text, len(name), PARAMETERS)
    if head is None:
        raise ValueError(f"{brief(text)!r} is not NAME;PARAMETER=value:value")
    parameters = {key.upper(): value.strip('"') for key, value in _PARAMETER.findall(head[1])}
    return Property(name, parameters, text[head.end() :])


class Properties:
    """The properties of an event by name. What is wrong with them is in `warnings`."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._read: dict[str, list[Property]] = {}
        self._broken: set[str] = set()
        self._warnings: dict[str, None] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._lines

    @property
    def warnings(self) -> list[str]:
        """What was changed or left out so far, each once."""
        return list(self._warnings)

    def warn(self, text: str) -> None:
        """Report what was changed or left out. What is beyond `WARNINGS` is left out."""
        if len(self._warnings) < WARNINGS:
            self._warnings[text] = None

    def all(self, name: str) -> list[Property]:
        """Return every property of that name. A broken one is left out with a warning.

        Raises EventFaultError if it is broken and needed.
        """
        if name not in self._read:
            self._read[name] = [
                prop for line in self._lines.get(name, ()) if (prop := self._parsed(name, line))
            ]
        return self._read[name]

    def single(self, name: str) -> Property | None:
        """Return the one property of that name; the first, with a warning, of several.

        Raises EventFaultError if it is needed and broken, or differs from another of its name.
        """
        several = self.all(name)
        if len(several) > 1:
            times = f"{name} is there {len(several)} times"
            if name in NEEDED and any(each != several[0] for each in several):
                raise EventFaultError(f"{times}: keep one")
            self.warn(f"{times}: the first is taken")
        return several[0] if several else None

    def value(self, name: str) -> str:
        """Return the value of `single`, without blanks around it; empty where there is none."""
        prop = self.single(name)
        return prop.value.strip() if prop else ""

    def is_broken(self, name: str) -> bool:
        """Return True if a line of that name cannot be read."""
        self.all(name)
        return name in self._broken

    def _parsed(self, name: str, line: bytes) -> Property | None:
        try:
            return parse(name, line)
        except ValueError as error:
            if name in NEEDED:
                raise EventFaultError(f"{name} is broken: {error}") from error
            self._broken.add(name)
            self.warn(f"{name} is broken and left out: {error}")
            return None


def brief(text: object) -> str:
    """Return the beginning of a text, on one line, for messages."""
    line = " ".join(str(text)[: 4 * SHOWN].split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"

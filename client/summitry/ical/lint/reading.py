"""An iCalendar file as lines and components, read so leniently that every rule gets to see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_NAME = r"[A-Za-z0-9-]+"
_PARAMETER = rf'{_NAME}=(?:"[^"\x00-\x08\x0a-\x1f\x7f]*"|[^";:,\x00-\x08\x0a-\x1f\x7f]*)'
_MORE = r'(?:,(?:"[^"]*"|[^";:,]*))*'
# The grammar of RFC 5545 section 3.1.
_LINE = re.compile(rf"({_NAME})((?:;{_PARAMETER}{_MORE})*):(.*)", re.DOTALL)
_PARAMETERS = re.compile(rf';({_NAME})=((?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)')

BOM = b"\xef\xbb\xbf"
DEEPEST = 32  # components within each other; the standard needs four
FLAWS = 100  # lines that cannot be read, of which is told


class Property(NamedTuple):
    """A content line. `line` is the number of its first physical line, from 1."""

    line: int
    name: str  # in capitals
    parameters: dict[str, str]  # names in capitals; values as written, without outer quotes
    value: str


class Component:
    """What stands between BEGIN and END."""

    def __init__(self, name: str, line: int) -> None:
        self.name = name
        self.line = line
        self.properties: list[Property] = []
        self.parts: list[Component] = []

    def walk(self) -> Iterator[Component]:
        """This component and all in it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def all(self, name: str) -> list[Property]:
        """Its own properties of that name."""
        return [one for one in self.properties if one.name == name]

    def first(self, name: str) -> Property | None:
        """The first of them."""
        return next((one for one in self.properties if one.name == name), None)

    def parts_of(self, name: str) -> list[Component]:
        """The components directly in it of that name."""
        return [part for part in self.parts if part.name == name]


class Document(NamedTuple):
    """A file. `flaws` are lines that cannot be read: number and reason."""

    data: bytes
    physical: list[bytes]  # lines without their ends
    calendars: list[Component]
    flaws: list[tuple[int, str]]

    def components(self, *names: str) -> Iterator[Component]:
        """All components of those names, or all."""
        for calendar in self.calendars:
            for part in calendar.walk():
                if not names or part.name in names:
                    yield part

    def properties(self, *names: str) -> Iterator[Property]:
        """All properties of those names, or all."""
        for part in self.components():
            yield from (one for one in part.properties if not names or one.name in names)


def read(data: bytes) -> Document:
    """The document, whatever it is: nothing is refused, flaws are kept."""
    physical = data.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
    builder = _Builder()
    for number, line in _unfolded([physical[0].removeprefix(BOM), *physical[1:]]):
        if line.strip():
            builder.take(number, line)
    return Document(data, physical, builder.root.parts, builder.finish())


def _unfolded(physical: list[bytes]) -> Iterator[tuple[int, str]]:
    start, pieces = 1, list[bytes]()
    for number, line in enumerate(physical, 1):
        if line[:1] in (b" ", b"\t") and pieces:
            pieces.append(line[1:])
            continue
        if pieces:
            yield start, b"".join(pieces).decode(errors="replace")
        start, pieces = number, [line]
    if pieces:
        yield start, b"".join(pieces).decode(errors="replace")


class _Builder:
    """Makes the tree of components line by line."""

    def __init__(self) -> None:
        self.root = Component("", 0)
        self._stack = [self.root]
        self._flaws: list[tuple[int, str]] = []

    def take(self, number: int, line: str) -> None:
        """Take the next line."""
        match = _LINE.fullmatch(line)
        if match is None:
            self._flaw(number, "not NAME;PARAMETER=value:value; quote a value that holds : ; or ,")
            return
        name, parameters, value = match[1].upper(), match[2], match[3]
        if name == "BEGIN":
            self._begin(number, value.strip().upper())
        elif name == "END":
            self._end(number, value.strip().upper())
        elif len(self._stack) == 1:
            self._flaw(number, f"{name[:40]} stands in no component; begin with BEGIN:VCALENDAR")
        else:
            found = {key.upper(): text.strip('"') for key, text in _PARAMETERS.findall(parameters)}
            self._stack[-1].properties.append(Property(number, name, found, value))

    def finish(self) -> list[tuple[int, str]]:
        """Return the flaws, with the components that do not end."""
        open_ones = [(part.line, f"{part.name[:40]} does not end") for part in self._stack[1:]]
        return self._flaws + open_ones

    def _begin(self, number: int, name: str) -> None:
        if len(self._stack) > DEEPEST:
            self._flaw(number, f"more than {DEEPEST} components within each other; left out")
            return
        part = Component(name, number)
        self._stack[-1].parts.append(part)
        self._stack.append(part)

    def _end(self, number: int, name: str) -> None:
        if len(self._stack) > 1 and self._stack[-1].name == name:
            self._stack.pop()
        else:
            self._flaw(number, f"END:{name[:40]} without its BEGIN")

    def _flaw(self, number: int, text: str) -> None:
        if len(self._flaws) < FLAWS:
            self._flaws.append((number, text))

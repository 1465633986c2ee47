"""A reader of iCalendar files, so lenient that every rule of the linter can be applied."""

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
FLAWS = 100  # the most lines reported as unreadable


class Property(NamedTuple):
    """A content line. `line` is the number of its first physical line, from 1."""

    line: int
    name: str  # in capitals
    parameters: dict[str, str]  # names in capitals; values as written, without outer quotes
    value: str


class Component:
    """A component: the content between BEGIN and END."""

    def __init__(self, name: str, line: int) -> None:
        self.name = name
        self.line = line
        self.properties: list[Property] = []
        self.parts: list[Component] = []

    def walk(self) -> Iterator[Component]:
        """Yield the component and all components in it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def all(self, name: str) -> list[Property]:
        """Return the component's own properties of a name."""
        return [prop for prop in self.properties if prop.name == name]

    def first(self, name: str) -> Property | None:
        """Return the component's first property of a name, or None."""
        return next((prop for prop in self.properties if prop.name == name), None)

    def parts_of(self, name: str) -> list[Component]:
        """Return the components of a name that are directly in it."""
        return [part for part in self.parts if part.name == name]


class Document(NamedTuple):
    """A parsed file. `flaws` are the lines that cannot be read: number and reason."""

    data: bytes
    physical: list[bytes]  # lines without their ends
    calendars: list[Component]
    flaws: list[tuple[int, str]]

    def components(self, *names: str) -> Iterator[Component]:
        """Yield the components of some names; without names, all components."""
        for calendar in self.calendars:
            for part in calendar.walk():
                if not names or part.name in names:
                    yield part

    def properties(self, *names: str) -> Iterator[Property]:
        """Yield the properties of some names; without names, all properties."""
        for part in self.components():
            yield from (prop for prop in part.properties if not names or prop.name in names)


def read(data: bytes) -> Document:
    """Parse a file. No content is refused; the result contains the flaws."""
    physical = data.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
    builder = _ComponentBuilder()
    for number, line in _unfolded([physical[0].removeprefix(BOM), *physical[1:]]):
        if line.strip():
            builder.take(number, line)
    return Document(data, physical, builder.root.parts, builder.finish())


def _unfolded(physical: list[bytes]) -> Iterator[tuple[int, str]]:
    """Yield the content lines, each with the number of its first physical line."""
    """Yield the content lines, each with the number of its first physical line."""
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


class _ComponentBuilder:
    """A builder of the tree of components, line by line."""

    def __init__(self) -> None:
        self.root = Component("", 0)
        self._stack = [self.root]
        self._flaws: list[tuple[int, str]] = []

    def take(self, number: int, line: str) -> None:
        """Add the next unfolded line, whose first physical line is `number`."""
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
            parameters = {
                key.upper(): text.strip('"') for key, text in _PARAMETERS.findall(parameters)
            }
            self._stack[-1].properties.append(Property(number, name, parameters, value))

    def finish(self) -> list[tuple[int, str]]:
        """Return the flaws, with those of components that do not end."""
        unfinished = [(part.line, f"{part.name[:40]} does not end") for part in self._stack[1:]]
        return self._flaws + unfinished

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

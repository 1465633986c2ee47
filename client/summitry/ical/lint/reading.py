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
    root, flaws = Component("", 0), list[tuple[int, str]]()
    stack = [root]
    for number, line in _unfolded([physical[0].removeprefix(BOM), *physical[1:]]):
        if line.strip():
            _take(number, line, stack, flaws)
    flaws += [(part.line, f"{part.name} does not end") for part in stack[1:]]
    return Document(data, physical, root.parts, flaws)


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


def _take(number: int, line: str, stack: list[Component], flaws: list[tuple[int, str]]) -> None:
    match = _LINE.fullmatch(line)
    if match is None:
        flaws.append((number, "not NAME;PARAMETER=value:value; quote a value that holds : ; or ,"))
        return
    name, parameters, value = match[1].upper(), match[2], match[3]
    if name == "BEGIN":
        part = Component(value.strip().upper(), number)
        stack[-1].parts.append(part)
        stack.append(part)
    elif name == "END" and len(stack) > 1 and stack[-1].name == value.strip().upper():
        stack.pop()
    elif name == "END":
        flaws.append((number, f"END:{value} without its BEGIN"))
    else:
        found = {key.upper(): text.strip('"') for key, text in _PARAMETERS.findall(parameters)}
        stack[-1].properties.append(Property(number, name, found, value))

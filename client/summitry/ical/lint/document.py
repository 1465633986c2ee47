"""A reader of iCalendar files, so lenient that every rule of the linter can be applied."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

from summitry.ical.content_lines import ContentLine, physical_lines, read_lines

DEEPEST = 32  # components within each other; the standard needs four
FLAWS = 100  # the most lines reported as unreadable


class Component:
    """A component: the content between BEGIN and END."""

    __slots__ = ("line", "name", "parts", "properties")  # a file may have 50,000 of them

    def __init__(self, name: str, line: int) -> None:
        self.name = sys.intern(name)
        self.line = line
        self.properties: list[ContentLine] = []
        self.parts: list[Component] = []

    def walk(self) -> Iterator[Component]:
        """Yield the component and all components in it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def all(self, name: str) -> list[ContentLine]:
        """Return the component's own properties of a name."""
        return [prop for prop in self.properties if prop.name == name]

    def first(self, name: str) -> ContentLine | None:
        """Return the component's first property of a name, or None."""
        return next((prop for prop in self.properties if prop.name == name), None)

    def parts_of(self, name: str) -> list[Component]:
        """Return the components of a name that are directly in it."""
        return [part for part in self.parts if part.name == name]


class Document(NamedTuple):
    """A parsed file. `flaws` are the lines that cannot be read: number and reason."""

    data: bytes
    calendars: list[Component]
    flaws: list[tuple[int, str]]

    @property
    def physical(self) -> list[bytes]:
        """Return the lines without their ends. Made anew, as they take many times the file."""
        return physical_lines(self.data)

    def components(self, *names: str) -> Iterator[Component]:
        """Yield the components of some names; without names, all components."""
        for calendar in self.calendars:
            for part in calendar.walk():
                if not names or part.name in names:
                    yield part

    def properties(self, *names: str) -> Iterator[ContentLine]:
        """Yield the properties of some names; without names, all properties."""
        for part in self.components():
            yield from (prop for prop in part.properties if not names or prop.name in names)


def read(data: bytes) -> Document:
    """Parse a file. No content is refused; the result contains the flaws."""
    builder = _ComponentBuilder()
    for line in read_lines(data):
        builder.take(line)
    return Document(data, builder.root.parts, builder.finish())


class _ComponentBuilder:
    """A builder of the tree of components, line by line."""

    def __init__(self) -> None:
        self.root = Component("", 0)
        self._stack = [self.root]
        self._flaws: list[tuple[int, str]] = []

    def take(self, line: ContentLine) -> None:
        """Add the next line."""
        name, value = line.name, line.value
        if not line.is_standard:
            text = "not NAME;PARAMETER=value:value; quote a value that holds : ; or ,"
            self._flaw(line.line, text)
        elif name == "BEGIN":
            self._begin(line.line, value.strip().upper())
        elif name == "END":
            self._end(line.line, value.strip().upper())
        elif len(self._stack) == 1:
            text = f"{name[:40]} stands in no component; begin with BEGIN:VCALENDAR"
            self._flaw(line.line, text)
        else:
            self._stack[-1].properties.append(line)

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

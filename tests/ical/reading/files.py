"""What the tests of reading share: calendars made of lines, and what is read of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from summitry.ical.reading import Choices, EventWarning, read_events

DESK = Choices("calendars/desk")


class Result(NamedTuple):
    """What was read of a file, each with its position."""

    records: list[tuple[int, dict[str, Any]]]
    faults: list[tuple[int, str]]
    warnings: list[tuple[int, str]]


def calendar(*bodies: str, head: str = "") -> bytes:
    """A calendar of events, each given as its lines."""
    parts = [f"BEGIN:VEVENT\n{body}\nEND:VEVENT\n" for body in bodies]
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{''.join(parts)}END:VCALENDAR\n".encode()


def read_all(data: bytes, choices: Choices = DESK, **limits: int) -> Result:
    """Everything that is read of a file."""
    result = Result([], [], [])
    for position, found in read_events(data, choices, **limits):
        if isinstance(found, dict):
            result.records.append((position, found))
        elif isinstance(found, EventWarning):
            result.warnings.append((position, found.text))
        else:
            result.faults.append((position, str(found)))
    return result

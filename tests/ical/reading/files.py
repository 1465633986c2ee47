"""Calendars built of lines for the tests of reading, and the results of reading them."""

from __future__ import annotations

from typing import Any, NamedTuple

from summitry.ical.reading import Choices, EventWarning, read_events

DESK = Choices("calendars/desk")


class Result(NamedTuple):
    """The entries that were read of a file, each with its position."""

    records: list[tuple[int, dict[str, Any]]]
    faults: list[tuple[int, str]]
    warnings: list[tuple[int, str]]


def calendar(*bodies: str, head: str = "") -> bytes:
    """Build a calendar of events, each given as its lines."""
    parts = [f"BEGIN:VEVENT\n{body}\nEND:VEVENT\n" for body in bodies]
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{''.join(parts)}END:VCALENDAR\n".encode()


def read_all(data: bytes, choices: Choices = DESK, **limits: Any) -> Result:
    """Read a file and sort its entries into records, faults and warnings."""
    result = Result([], [], [])
    for position, entry in read_events(data, choices, **limits):
        if isinstance(entry, dict):
            result.records.append((position, entry))
        elif isinstance(entry, EventWarning):
            result.warnings.append((position, entry.text))
        else:
            result.faults.append((position, str(entry)))
    return result

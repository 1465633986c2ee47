"""The rule on imports, checked by the reader that imports files."""

from __future__ import annotations

from summitry.ical.lint.document import Document
from summitry.ical.lint.octets import Violations
from summitry.ical.reading import CalendarTextError, Choices, read_events
from summitry.zones import TzDb

# A default zone, because times without a zone are the subject of another rule.
_CHOICES = Choices("calendars/lint", zone="UTC")


def unread(document: Document, db: TzDb) -> Violations:
    """Yield events that `summitry import` would refuse, change or read in part."""
    lines = [1, *(event.line for event in document.components("VEVENT"))]
    try:
        for position, outcome in read_events(document.data, _CHOICES, db):
            if not isinstance(outcome, dict):
                yield lines[position] if position < len(lines) else 1, str(outcome)
    except CalendarTextError as error:
        yield 1, str(error)

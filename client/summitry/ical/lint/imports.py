"""What an import of the file would refuse, change or leave out: said by the reader itself."""

from __future__ import annotations

from summitry.ical.lint.octets import Found
from summitry.ical.lint.reading import Document
from summitry.ical.reading import CalendarTextError, Choices, read_events
from summitry.zones import TzDb

# Hours without a zone are the matter of another rule.
_CHOICES = Choices("calendars/lint", zone="UTC")


def unread(document: Document, db: TzDb) -> Found:
    """Events that `summitry import` reads whole."""
    lines = [1, *(event.line for event in document.components("VEVENT"))]
    try:
        for position, outcome in read_events(document.data, _CHOICES, db):
            if not isinstance(outcome, dict):
                yield lines[position] if position < len(lines) else 1, str(outcome)
    except CalendarTextError as error:
        yield 1, str(error)

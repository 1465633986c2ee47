"""Reading iCalendar (RFC 5545) files of any maker into records.

    for position, outcome in read_events(data, Choices(calendar="calendars/desk")):
        print(position, outcome)

Each VEVENT is taken out of the text and read by itself, so that a fault in one costs that one
alone. The work is bounded: no step is longer than its part of the text, and what a rule repeats is
counted (`expansion`). The bounds are in `components`, `recurring` and `events`. Rules:
docs/ics-import.md.
"""

from summitry.ical.reading.components import CalendarTextError
from summitry.ical.reading.events import Choices, read_events
from summitry.ical.reading.properties import EventFaultError, EventWarning

__all__ = ["CalendarTextError", "Choices", "EventFaultError", "EventWarning", "read_events"]

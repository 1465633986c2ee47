"""A reader of iCalendar (RFC 5545) files of any origin, which returns records.

    for position, outcome in read_events(data, Choices(calendar="calendars/desk")):
        print(position, outcome)

Each VEVENT is cut out of the text and read by itself, so that a fault in it does not affect other
events. The work is bounded: reading takes time in proportion to the text, and the expansion of
recurrence rules has a budget of steps (`expansion`). The bounds are in `components`, `recurring`
and `events`. docs/ics-import.md has the rules of import.
"""

from summitry.ical.reading.components import CalendarTextError
from summitry.ical.reading.event_days import ReadEventDays
from summitry.ical.reading.events import Choices, read_events, read_faults
from summitry.ical.reading.faults import EventFaultError, EventWarning

__all__ = [
    "CalendarTextError",
    "Choices",
    "EventFaultError",
    "EventWarning",
    "ReadEventDays",
    "read_events",
    "read_faults",
]

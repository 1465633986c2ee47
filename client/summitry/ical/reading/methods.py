"""What a VCALENDAR is for: its METHOD (RFC 5546 1.4), and what it has beside events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from summitry.ical.reading.faults import NOT_SUPPORTED, UNKNOWN_VALUE, EventWarning
from summitry.ical.reading.properties import Properties, brief

CANCEL = "CANCEL"
APPLIED = frozenset({"PUBLISH", "REQUEST", "ADD", CANCEL})
REFUSED: Mapping[str, str] = {
    "REPLY": "it answers an invitation, and changes nothing of the event",
    "REFRESH": "it asks for the event again",
    "COUNTER": "it proposes a change that the organiser has not accepted",
    "DECLINECOUNTER": "it refuses a proposed change",
}
"""The methods of which no event is read, and why."""


def method_of(properties: Properties) -> tuple[str, str]:
    """Return the method of a calendar in capitals, and why its events are not read.

    Of several, one that is refused decides. An unknown one is reported and taken as none, as for a
    file without METHOD.
    """
    methods = [prop.value.strip().upper() for prop in properties.all("METHOD")]
    for method in methods:
        if method in REFUSED:
            return method, f"METHOD:{method} is not imported: {REFUSED[method]}"
    method = properties.value("METHOD").upper()
    if method and method not in APPLIED:
        properties.warn(UNKNOWN_VALUE, f"METHOD:{brief(method)} is not known: the events are read")
    return method, ""


def unread(counts: Mapping[str, int]) -> Iterator[EventWarning]:
    """Yield a warning for each name of components that are not imported."""
    for name, count in sorted(counts.items()):
        text = f"{count} {name} left out: events alone (VEVENT) are imported"
        yield EventWarning(NOT_SUPPORTED, text)

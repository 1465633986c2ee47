"""Faults of events that cannot be read, and warnings about properties of those that are."""

from __future__ import annotations

from typing import NamedTuple

from summitry.v1.transfer_service_pb2 import CalendarFaultReason

BROKEN_PROPERTY = CalendarFaultReason.CALENDAR_FAULT_REASON_BROKEN_PROPERTY
BROKEN_STRUCTURE = CalendarFaultReason.CALENDAR_FAULT_REASON_BROKEN_STRUCTURE
CONTRADICTING_TIMES = CalendarFaultReason.CALENDAR_FAULT_REASON_CONTRADICTING_TIMES
INFERRED_TIME_ZONE = CalendarFaultReason.CALENDAR_FAULT_REASON_INFERRED_TIME_ZONE
LIMIT_EXCEEDED = CalendarFaultReason.CALENDAR_FAULT_REASON_LIMIT_EXCEEDED
MISSING_PROPERTY = CalendarFaultReason.CALENDAR_FAULT_REASON_MISSING_PROPERTY
NOT_SUPPORTED = CalendarFaultReason.CALENDAR_FAULT_REASON_NOT_SUPPORTED
OLDER_VERSION = CalendarFaultReason.CALENDAR_FAULT_REASON_OLDER_VERSION
OTHER_METHOD = CalendarFaultReason.CALENDAR_FAULT_REASON_OTHER_METHOD
REPEATED_PROPERTY = CalendarFaultReason.CALENDAR_FAULT_REASON_REPEATED_PROPERTY
REWRITTEN_VALUE = CalendarFaultReason.CALENDAR_FAULT_REASON_REWRITTEN_VALUE
UNKNOWN_TIME_ZONE = CalendarFaultReason.CALENDAR_FAULT_REASON_UNKNOWN_TIME_ZONE
UNKNOWN_VALUE = CalendarFaultReason.CALENDAR_FAULT_REASON_UNKNOWN_VALUE


class EventFault(NamedTuple):
    """A reason why an event, or a part of a file, cannot be read."""

    reason: CalendarFaultReason
    text: str


class EventFaultError(ValueError):
    """An event that cannot be read; the text gives the reason in words."""

    def __init__(self, reason: CalendarFaultReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class EventWarning(NamedTuple):
    """A warning about a property that was changed or left out."""

    reason: CalendarFaultReason
    text: str

    def __str__(self) -> str:
        return self.text

"""ParseCalendar: an iCalendar file as records, stored nowhere."""

from __future__ import annotations

from datetime import UTC, date, datetime

from summitry.ical.reading.recurring import window_around
from summitry.kinds import EVENTS
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.record_pb2 import RecordKind
from summitry.v1.transfer_service_pb2 import ParseCalendarRequest
from summitry.zones import ZoneError
from summitry_server.context import Backend, Call
from summitry_server.domain.names import calendar_of
from summitry_server.domain.time.times import to_refusal
from summitry_server.parsers.pool import Parsers
from summitry_server.wire.refusals import ALONE, RefusedError

# An unspecified kind is a meeting.
KINDS = (RecordKind.RECORD_KIND_UNSPECIFIED, *(kind.number for kind in EVENTS))


def parse_calendar(
    backend: Backend, parsers: Parsers, request: ParseCalendarRequest, call: Call
) -> bytes:
    """Return records as an import takes them, and what could not be read.

    The file is read by a process of its own, which the call ends when nobody waits for it. Raises
    RefusedError INVALID_NAME, INVALID_VALUE, UNKNOWN_TIME_ZONE, INVALID_CALENDAR,
    CALENDAR_TOO_COSTLY, TOO_MANY_HEAVY_CALLS.
    """
    _check(backend, request)
    parts = [parsers.parse(_with_window(backend, request), call.check)]
    return backend.answer_now(parts)


def _with_window(backend: Backend, request: ParseCalendarRequest) -> ParseCalendarRequest:
    """Return the request with the window of events that recur without an end."""
    window = window_around(datetime.fromtimestamp(backend.clock.now(), UTC).date())
    result = ParseCalendarRequest()
    result.CopyFrom(request)
    result.first_date = _day(request.first_date, window.first, "first_date")
    result.last_date = _day(request.last_date, window.last, "last_date")
    return result


def _day(text: str, default: date, field: str) -> str:
    """Return a day in its one spelling. Raises RefusedError INVALID_VALUE."""
    try:
        return str(date.fromisoformat(text)) if text else str(default)
    except ValueError as error:
        raise RefusedError(
            ErrorReason.ERROR_REASON_INVALID_VALUE,
            f"{text!r} is no day: write 2024-04-01",
            field,
            lead=ALONE,
            value=text,
        ) from error


def _check(backend: Backend, request: ParseCalendarRequest) -> None:
    calendar_of(request.parent)
    if request.kind not in KINDS:
        raise RefusedError(
            ErrorReason.ERROR_REASON_INVALID_VALUE,
            f"events are {', '.join(kind.collection for kind in EVENTS)}",
            "kind",
            lead=ALONE,
            value=request.kind,
        )
    if request.time_zone:
        _check_zone(backend, request.time_zone, "time_zone")
    for tzid, zone in request.tzids.items():
        _check_zone(backend, zone, f'tzids["{tzid}"]')


def _check_zone(backend: Backend, zone: str, field: str) -> None:
    try:
        backend.db.zone(zone)
    except ZoneError as error:
        raise to_refusal(error, field) from error

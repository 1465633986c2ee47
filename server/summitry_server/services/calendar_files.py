"""ParseCalendar: an iCalendar file as records, stored nowhere."""

from __future__ import annotations

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
    parts = [parsers.parse(request, call.check)]
    return backend.answer_now(parts)


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

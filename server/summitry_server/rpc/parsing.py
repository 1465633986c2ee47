"""ParseCalendar: an iCalendar file as records, stored nowhere."""

from __future__ import annotations

from google.protobuf import json_format

from summitry.ical.reading import CalendarTextError, Choices, EventWarning, read_events
from summitry.kinds import BY_NUMBER
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.record_pb2 import RecordKind
from summitry.v1.transfer_pb2 import TransferredRecord
from summitry.v1.transfer_service_pb2 import (
    CalendarFault,
    ParseCalendarRequest,
    ParseCalendarResponse,
)
from summitry.zones import ZoneError
from summitry_server.core.rules import calendar_of
from summitry_server.core.times import refused
from summitry_server.limits import MAX_PAGE
from summitry_server.refusals import RefusedError
from summitry_server.rpc.context import Backend, Call

RESPONSE = 3 * 1024 * 1024  # bytes; clients of gRPC take 4 MiB
KINDS = (
    RecordKind.RECORD_KIND_MEETING,
    RecordKind.RECORD_KIND_SUMMIT,
    RecordKind.RECORD_KIND_VISIT,
    RecordKind.RECORD_KIND_NOTICE,
)


def parse_calendar(backend: Backend, request: ParseCalendarRequest, call: Call) -> bytes:
    """Records as an import takes them, and what could not be read.

    Raises RefusedError INVALID_NAME, INVALID_VALUE, UNKNOWN_TIME_ZONE, INVALID_CALENDAR.
    """
    choices = _choices(backend, request)
    response = ParseCalendarResponse()
    try:
        for position, found in read_events(request.calendar, choices, backend.db, MAX_PAGE):
            call.check()
            _add(response, position, found, choices.kind)
    except CalendarTextError as error:
        raise _invalid(str(error)) from error
    if (size := response.ByteSize()) > RESPONSE:
        raise _invalid(
            f"what was read has {size} bytes, {RESPONSE} can be answered: split the file"
        )
    parts = [response.SerializeToString()]
    number = ParseCalendarResponse.HEADER_FIELD_NUMBER
    return backend.answer(number, parts, backend.store.head())


def _choices(backend: Backend, request: ParseCalendarRequest) -> Choices:
    calendar = calendar_of(request.parent)
    assert calendar is not None
    kind = request.kind or RecordKind.RECORD_KIND_MEETING
    if kind not in KINDS:
        raise RefusedError(
            ErrorReason.ERROR_REASON_INVALID_VALUE,
            "events are meetings, summits, visits or notices",
            "kind",
            value=request.kind,
        )
    if request.time_zone:
        _check_zone(backend, request.time_zone, "time_zone")
    for tzid, zone in request.tzids.items():
        _check_zone(backend, zone, f'tzids["{tzid}"]')
    singular = BY_NUMBER[int(kind)].singular
    return Choices(calendar, singular, request.time_zone, dict(request.tzids))


def _check_zone(backend: Backend, zone: str, field: str) -> None:
    try:
        backend.db.zone(zone)
    except ZoneError as error:
        raise refused(error, field) from error


def _add(response: ParseCalendarResponse, position: int, found: object, kind: str) -> None:
    if isinstance(found, dict):
        record = TransferredRecord()
        try:
            json_format.ParseDict(found, getattr(record, kind))
            response.records.append(record)
            return
        except json_format.ParseError as error:
            found = error
    told = response.warnings if isinstance(found, EventWarning) else response.faults
    told.append(CalendarFault(position=position, message=str(found)))


def _invalid(message: str) -> RefusedError:
    return RefusedError(ErrorReason.ERROR_REASON_INVALID_CALENDAR, message, "calendar")

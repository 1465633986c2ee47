"""CalendarService: calendars as records, and the last change of all that is in one."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.descriptor import ServiceDescriptor

from summitry.kinds import CALENDAR
from summitry.v1.calendar_service_pb2 import GetCalendarStateRequest, GetCalendarStateResponse
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Backend, Call, Rpc
from summitry_server.domain.names import calendar_of
from summitry_server.domain.records.records import etag_of
from summitry_server.services.records import RecordService
from summitry_server.wire.refusals import ALONE, RefusedError


class CalendarService(RecordService):
    """The standard methods of calendars, and their states."""

    def __init__(self, service: ServiceDescriptor, backend: Backend) -> None:
        super().__init__(CALENDAR, service, backend)

    def methods(self) -> Mapping[str, Rpc]:
        """Return the rpcs of the service by name."""
        return {**super().methods(), "GetCalendarState": self.state}

    def state(self, request: GetCalendarStateRequest, call: Call) -> bytes:
        """Return the revision, etag and times of the last change of a calendar."""
        name = calendar_of(request.name, "name") or ""
        with self.backend.store.read() as reader:
            state = reader.state(name)
            point = reader.point()
            if state is None:
                reason = ErrorReason.ERROR_REASON_RECORD_NOT_FOUND
                raise RefusedError(
                    reason, f"{name}: there is no such record", "name", lead=ALONE, name=name
                )
            etag = etag_of(reader.point(state.revision))
            visible = self.backend.visible_changes.times(reader, name, state)
        response = GetCalendarStateResponse(revision=state.revision, etag=etag)
        response.modify_time.seconds = state.modified
        response.public_modify_time.seconds = visible.public
        response.internal_modify_time.seconds = visible.internal
        return self.backend.answer([response.SerializeToString()], point)

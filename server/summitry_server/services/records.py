"""CalendarService, SummitService, VisitService, MeetingService, DelegationService, NoticeService.

The six differ only in names (AIP-131 to 135, 154, 164), so one class serves them, by its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from summitry.kinds import CALENDAR, ID, WITH_VERBS, Kind, Name, Record
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Backend, Call, Rpc
from summitry_server.domain.names import calendar_of, new_id
from summitry_server.domain.records.masks import clear_output, mask_of
from summitry_server.services.lifecycle import VerbMethods
from summitry_server.services.naming import name_of
from summitry_server.services.operations import Operation, RecordOperations, plan_ahead
from summitry_server.services.reading import ReadMethods
from summitry_server.services.writing import Again, answer_frame, answer_point, transact
from summitry_server.store.contract import Writer
from summitry_server.wire.refusals import RefusedError, missing


class RecordService(ReadMethods):
    """The standard methods of one kind of record."""

    # Rpcs that answer repeated requests in a way of their own.
    again: Mapping[str, Again] = MappingProxyType({})

    def __init__(self, kind: Kind, service: ServiceDescriptor, backend: Backend) -> None:
        super().__init__(kind, service, backend)
        self.operations = RecordOperations(kind, backend)

    def methods(self) -> Mapping[str, Rpc]:
        """Return the rpcs of the service by name."""
        message_name = self.kind.message.DESCRIPTOR.name
        return {
            **(VerbMethods(self.operations).methods(self.write) if self.kind in WITH_VERBS else {}),
            f"Get{message_name}": self.get,
            f"BatchGet{message_name}s": self.batch_get,
            f"List{message_name}s": self.page,
            f"Create{message_name}": self.create,
            f"Update{message_name}": self.update,
            f"Delete{message_name}": self.delete,
            f"Undelete{message_name}": self.undelete,
            f"Restore{message_name}": self.restore,
            f"Purge{message_name}": self.purge,
        }

    def create(self, request: Any, call: Call) -> bytes:
        """Create a record (AIP-133)."""
        field = self.kind.singular
        record = self._sent(request)
        now = self.backend.clock.now()
        id = getattr(request, f"{field}_id") or new_id(now)
        if not ID.fullmatch(id):
            raise _bad_id(f"{field}_id", id)
        record.name = str(self._new_name(request, id))
        return self.write(call, self.operations.create(record, now))

    def update(self, request: Any, call: Call) -> bytes:
        """Change the fields of the mask; create what is missing if allowed (AIP-134)."""
        sent = self._sent(request)
        name_of(self.kind, sent.name, f"{self.kind.singular}.name")
        now = self.backend.clock.now()
        mask = mask_of(request)
        operation = self.operations.update(sent, mask, request.allow_missing, now)
        return self.write(call, operation)

    def delete(self, request: Any, call: Call) -> bytes:
        """Mark a record as deleted; its name and uid stay taken (AIP-135, AIP-164)."""
        name = name_of(self.kind, request.name, "name")
        operation = self.operations.delete(name, request.etag, self.backend.clock.now())
        return self.write(call, operation)

    def undelete(self, request: Any, call: Call) -> bytes:
        """Undelete a record (AIP-164)."""
        name = name_of(self.kind, request.name, "name")
        operation = self.operations.undelete(name, request.etag, self.backend.clock.now())
        return self.write(call, operation)

    def restore(self, request: Any, call: Call) -> bytes:
        """Write the version of a snapshot as the newest one (AIP-162)."""
        name = name_of(self.kind, request.name, "name")
        now = self.backend.clock.now()
        operation = self.operations.restore(name, request.snapshot, request.etag, call.reason, now)
        return self.write(call, operation)

    def purge(self, request: Any, call: Call) -> bytes:
        """Remove a deleted record permanently; return its tombstone."""
        name = name_of(self.kind, request.name, "name")
        operation = self.operations.purge(name, request.etag, self.backend.clock.now())
        return self.write(call, operation)

    def write(self, call: Call, operation: Operation) -> bytes:
        """Run an operation as one write; return the response with its record and revision."""

        def operate_and_answer(writer: Writer) -> bytes:
            row = operation(writer)
            point = answer_point(writer, [row.revision], call)
            return self.backend.answer([answer_frame(writer, row, call)], point)

        plan_ahead(self.backend.store, [operation])
        return transact(self.backend, call, operate_and_answer, operation.hint)

    def _sent(self, request: Any) -> Record:
        field = self.kind.singular
        if not request.HasField(field):
            raise missing(field, "give the record")
        record: Record = getattr(request, field)
        clear_output(record)
        return record

    def _new_name(self, request: Any, id: str) -> Name:
        if self.kind is CALENDAR:
            return Name(CALENDAR, f"{CALENDAR.collection}/{id}", id)
        calendar = calendar_of(request.parent)
        assert calendar is not None
        return Name(self.kind, calendar, id)


def _bad_id(field: str, value: str) -> RefusedError:
    return RefusedError(
        ErrorReason.ERROR_REASON_INVALID_ID,
        f"{value!r} must be lower case letters, digits and hyphens, beginning with "
        "a letter or digit, at most 63",
        field,
        value=value,
    )

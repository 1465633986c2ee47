"""CalendarService, SummitService, VisitService, MeetingService, DelegationService, NoticeService.

The six differ only in names (AIP-131 to 135, 154, 164), so one class serves them, by its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from summitry.kinds import CALENDAR, EVENTFUL, ID, Kind, Name, Record
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Backend, Call, Rpc
from summitry_server.domain.names import calendar_of
from summitry_server.domain.records.ids import new_id
from summitry_server.domain.records.masks import clear_output
from summitry_server.services.lifecycle import Life
from summitry_server.services.naming import name_of
from summitry_server.services.operations import Act, Acts
from summitry_server.services.reading import Reading
from summitry_server.services.writing import transact
from summitry_server.store.contract import Writer
from summitry_server.wire.refusals import RefusedError, missing


class RecordService(Reading):
    """The standard methods of one kind of record."""

    def __init__(self, kind: Kind, service: ServiceDescriptor, backend: Backend) -> None:
        super().__init__(kind, service, backend)
        self.acts = Acts(kind, backend)

    def methods(self) -> Mapping[str, Rpc]:
        """The rpcs of the service by name."""
        one = self.kind.message.DESCRIPTOR.name
        return {
            **(Life(self.acts).methods(self.write) if self.kind in EVENTFUL else {}),
            f"Get{one}": self.get,
            f"BatchGet{one}s": self.batch_get,
            f"List{one}s": self.page,
            f"Create{one}": self.create,
            f"Update{one}": self.update,
            f"Delete{one}": self.delete,
            f"Undelete{one}": self.undelete,
        }

    def create(self, request: Any, call: Call) -> bytes:
        """A new record (AIP-133)."""
        field = self.kind.singular
        record = self._sent(request)
        now = self.backend.clock.now()
        given = getattr(request, f"{field}_id") or new_id(now)
        if not ID.fullmatch(given):
            raise _bad_id(f"{field}_id", given)
        record.name = str(self._new_name(request, given))
        return self.write("Create{}", call, self.acts.create(record, now))

    def update(self, request: Any, call: Call) -> bytes:
        """Change the fields of the mask; create what is missing if allowed (AIP-134)."""
        sent = self._sent(request)
        name_of(self.kind, sent.name, f"{self.kind.singular}.name")
        now = self.backend.clock.now()
        act = self.acts.update(sent, request.update_mask, request.allow_missing, now)
        return self.write("Update{}", call, act)

    def delete(self, request: Any, call: Call) -> bytes:
        """Mark a record as deleted; its name and uid stay taken (AIP-135, AIP-164)."""
        name = name_of(self.kind, request.name, "name")
        act = self.acts.delete(name, request.etag, self.backend.clock.now())
        return self.write("Delete{}", call, act)

    def undelete(self, request: Any, call: Call) -> bytes:
        """Take a deletion back (AIP-164)."""
        name = name_of(self.kind, request.name, "name")
        act = self.acts.undelete(name, request.etag, self.backend.clock.now())
        return self.write("Undelete{}", call, act)

    def write(self, method: str, call: Call, act: Act) -> bytes:
        """Do one act and answer the method with its record, and with the revision it made."""

        def answered(writer: Writer) -> bytes:
            row = act(writer)
            # An older row was left as it is; the answer then shows the store's revision.
            revision = max(row.revision, writer.revision)
            return self.answer(method, [row.frame], revision)

        return transact(self.backend, call, answered)

    def _sent(self, request: Any) -> Record:
        field = self.kind.singular
        if not request.HasField(field):
            raise missing(field, "give the record")
        record: Record = getattr(request, field)
        clear_output(record)
        return record

    def _new_name(self, request: Any, given: str) -> Name:
        if self.kind is CALENDAR:
            return Name(CALENDAR, f"{CALENDAR.collection}/{given}", given)
        calendar = calendar_of(request.parent)
        assert calendar is not None
        return Name(self.kind, calendar, given)


def _bad_id(field: str, value: str) -> RefusedError:
    return RefusedError(
        ErrorReason.ERROR_REASON_INVALID_ID,
        f"{value!r} must be lower case letters, digits and hyphens, beginning with "
        "a letter or digit, at most 63",
        field,
        value=value,
    )

"""CalendarService, SummitService, VisitService, MeetingService, DelegationService, NoticeService.

The six differ only in names (AIP-131 to 135, 154), so one class serves them, by its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from summitry.kinds import CALENDAR, EVENTFUL, ID, KINDS, Name, Record, parse_name
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.core.ids import new_id
from summitry_server.core.life import check_edit, note_edit
from summitry_server.core.masks import clear_output, merged
from summitry_server.core.records import check_etag, prepare, row_of, stamp_changed, stamp_new
from summitry_server.core.rules import calendar_of, missing, no_parent, references
from summitry_server.core.times import Before
from summitry_server.refusals import RefusedError
from summitry_server.rpc.context import Call, Rpc
from summitry_server.rpc.life import Life
from summitry_server.rpc.naming import live, name_of
from summitry_server.rpc.reading import Reading
from summitry_server.store.contract import Condition, Row, Writer


class RecordService(Reading):
    """The standard methods of one kind of record."""

    def methods(self) -> Mapping[str, Rpc]:
        """The rpcs of the service by name."""
        one = self.kind.message.DESCRIPTOR.name
        return {
            **(
                Life(self.kind, self.backend, self._write, self._change).methods()
                if self.kind in EVENTFUL
                else {}
            ),
            f"Get{one}": self.get,
            f"BatchGet{one}s": self.batch_get,
            f"List{one}s": self.page,
            f"Create{one}": self.create,
            f"Update{one}": self.update,
            f"Delete{one}": self.delete,
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
        prepare(record, field, self.backend.db)
        return self._write("Create{}", call, lambda writer: self.insert(writer, record, now))

    def update(self, request: Any, call: Call) -> bytes:
        """Change the fields of the mask; create what is missing if allowed (AIP-134)."""
        field = self.kind.singular
        sent = self._sent(request)
        name = str(name_of(self.kind, sent.name, f"{field}.name"))
        now = self.backend.clock.now()

        def act(writer: Writer) -> Row:
            row = writer.get(name)
            if row is None and request.allow_missing:
                record = deepcopy(sent)
                prepare(record, field, self.backend.db)
                return self.insert(writer, record, now)
            old = live(self.kind, row, name, f"{field}.name")
            check_etag(sent.etag, old.etag, f"{field}.etag")
            if sent.uid and sent.uid != old.uid:
                raise _immutable(f"{field}.uid")
            record = merged(old, sent, request.update_mask)
            prepare(record, field, self.backend.db, Before(old, now))
            check_edit(record, old, field)
            note_edit(record, old, now)
            if row is not None and not stamp_changed(record, old):
                return row
            return self._put(writer, record, now, new=False)

        return self._write("Update{}", call, act)

    def delete(self, request: Any, call: Call) -> bytes:
        """Mark a record as deleted; its name and uid stay taken (AIP-135, AIP-164)."""
        name = name_of(self.kind, request.name, "name")
        now = self.backend.clock.now()

        def act(writer: Writer) -> Row:
            record = live(self.kind, writer.get(str(name)), str(name), "name")
            check_etag(request.etag, record.etag, "etag")
            if self.kind is CALENDAR:
                _check_empty(writer, name)
            record.sequence += 1
            record.delete_time.CopyFrom(Timestamp(seconds=now))
            return self._put(writer, record, now, new=False)

        return self._write("Delete{}", call, act)

    def insert(self, writer: Writer, record: Record, now: int) -> Row:
        """Store a new record within a write; it must be prepared (core.records.prepare)."""
        if self.kind is not CALENDAR:
            name = parse_name(record.name)
            assert name is not None
            _check_alive(writer, "parent", name.calendar)
        if (row := writer.get(record.name)) is not None:
            raise _exists(row, f"{self.kind.singular}_id")
        record = deepcopy(record)  # a write may run again, and must find its input as it was
        stamp_new(record, now)
        return self._put(writer, record, now, new=True)

    def _change(self, writer: Writer, record: Record, now: int) -> Row:
        return self._put(writer, record, now, new=False)

    def _put(self, writer: Writer, record: Record, now: int, *, new: bool) -> Row:
        field = self.kind.singular
        if not record.HasField("delete_time"):
            for path, name in references(record, field):
                _check_alive(writer, path, name)
        if new and (holder := writer.holder(record.uid)):
            raise _uid_taken(f"{field}.uid", record.uid, holder)
        row = row_of(record, writer.next_revision, now, self.backend.store_id, self.backend.db)
        writer.put(row, new=new)
        return row

    def _write(self, method: str, call: Call, act: Callable[[Writer], Row]) -> bytes:
        name = method.format(self.kind.message.DESCRIPTOR.name)
        before = self.backend.store.head()
        row = self.backend.store.write(act, self.backend.entry(call, name))
        # A row older than the call was left as it is; the answer then shows the store's revision.
        revision = row.revision if row.revision > before else self.backend.store.head()
        return self.answer(method, [row.frame], revision)

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


def _check_alive(writer: Writer, field: str, name: str) -> None:
    row = writer.get(name)
    if row is None or row.deleted:
        raise no_parent(field, name, "create it first")


def _check_empty(writer: Writer, calendar: Name) -> None:
    for kind in KINDS[1:]:
        if writer.page(kind.number, calendar.calendar, "", 1, Condition()):
            raise RefusedError(
                ErrorReason.ERROR_REASON_CALENDAR_NOT_EMPTY,
                f"{calendar} still has {kind.collection}: delete them first",
                "name",
                name=calendar,
            )


def _bad_id(field: str, value: str) -> RefusedError:
    return RefusedError(
        ErrorReason.ERROR_REASON_INVALID_ID,
        f"{field}: {value!r} must be lower case letters, digits and hyphens, beginning with "
        "a letter or digit, at most 63",
        field,
        value=value,
    )


def _exists(row: Row, field: str) -> RefusedError:
    state = "exists, deleted" if row.deleted else "exists"
    return RefusedError(
        ErrorReason.ERROR_REASON_RECORD_EXISTS,
        f"{row.name} {state}: choose another id, or update it",
        field,
        name=row.name,
    )


def _uid_taken(field: str, uid: str, holder: str) -> RefusedError:
    reason = ErrorReason.ERROR_REASON_UID_EXISTS
    return RefusedError(reason, f"{field}: {uid!r} is the uid of {holder}", field, value=uid)


def _immutable(field: str) -> RefusedError:
    reason = ErrorReason.ERROR_REASON_IMMUTABLE_FIELD
    return RefusedError(reason, f"{field} is given once and cannot change", field)

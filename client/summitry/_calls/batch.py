"""What a batch is made of: writes, and what must hold before the first of them.

from summitry._calls import batch

client.batch_write(
    [batch.create(meeting), batch.update(summit, ["time"]), batch.delete(old.name)],
    preconditions=[batch.absent(meeting.name), batch.unchanged(visit)],
    reason="the programme of 3 July",
)
"""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf.field_mask_pb2 import FieldMask

from summitry._calls.texts import as_texts
from summitry.kinds import Record
from summitry.names import kind_of
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.place_pb2 import Place
from summitry.v1.record_pb2 import EventStatus, StatusChange
from summitry.v1.transfer_pb2 import TransferredRecord
from summitry.v1.write_service_pb2 import (
    Precondition,
    RecordDelete,
    RecordPurge,
    RecordRestore,
    RecordUndelete,
    RecordUpdate,
    RecordVerb,
    Write,
)


def create(record: Record) -> Write:
    """Create a record under its name."""
    return Write(create=_transferred(record))


def update(
    record: Record, paths: str | Iterable[str] | None = None, *, allow_missing: bool = False
) -> Write:
    """Change a record by its name; no paths: all fields that are set. See `Client.update`."""
    mask = FieldMask(paths=as_texts(paths or ()))
    changed = RecordUpdate(
        record=_transferred(record), update_mask=mask, allow_missing=allow_missing
    )
    return Write(update=changed)


def delete(name: str, etag: str = "") -> Write:
    """Mark a record as deleted."""
    return Write(delete=RecordDelete(name=name, etag=etag))


def undelete(name: str, etag: str = "") -> Write:
    """Take a deletion back."""
    return Write(undelete=RecordUndelete(name=name, etag=etag))


def restore(name: str, revision: int, etag: str = "") -> Write:
    """Make a record again what it was at a revision of the store."""
    return Write(restore=RecordRestore(name=name, revision=revision, etag=etag))


def purge(name: str, etag: str = "") -> Write:
    """Remove a deleted record for good."""
    return Write(purge=RecordPurge(name=name, etag=etag))


def act(
    verb: str,
    name: str,
    change: StatusChange | None = None,
    *,
    time: EventTime | None = None,
    places: Iterable[Place] = (),
    status: EventStatus = EventStatus.EVENT_STATUS_UNSPECIFIED,
    etag: str = "",
) -> Write:
    """Confirm, postpone, reschedule, move, cancel or reinstate an event. See `Client.act`."""
    done = RecordVerb(
        name=name, etag=etag, verb=verb, change=change, time=time, places=places, status=status
    )
    return Write(verb=done)


def absent(name: str) -> Precondition:
    """No record of that name is there, or it is deleted."""
    return Precondition(name=name, absent=True)


def unchanged(record: Record) -> Precondition:
    """The record is there, in the version that this is."""
    return Precondition(name=record.name, etag=record.etag)


def _transferred(record: Record) -> TransferredRecord:
    sent = TransferredRecord()
    getattr(sent, kind_of(record).singular).CopyFrom(record)
    return sent

"""The parts of a batch: writes, and the preconditions of all of them.

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
from summitry.kinds import Record, pack
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.place_pb2 import Place
from summitry.v1.record_pb2 import VerbNote
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
    """Return the write that creates a record under its name."""
    return Write(create=pack(record))


def update(
    record: Record,
    paths: str | Iterable[str] | None = None,
    *,
    replace: bool = False,
    allow_missing: bool = False,
) -> Write:
    """Return the write that changes a record by its name.

    No paths are all fields that are set. See `Client.update`.
    """
    change = RecordUpdate(
        record=pack(record),
        update_mask=FieldMask(paths=as_texts(paths or ())),
        replace=replace,
        allow_missing=allow_missing,
    )
    return Write(update=change)


def delete(name: str, etag: str = "") -> Write:
    """Return the write that marks a record as deleted."""
    return Write(delete=RecordDelete(name=name, etag=etag))


def undelete(name: str, etag: str = "") -> Write:
    """Return the write that undeletes a record."""
    return Write(undelete=RecordUndelete(name=name, etag=etag))


def restore(name: str, snapshot: str, etag: str = "") -> Write:
    """Return the write that restores a record to its state in a snapshot of the store."""
    return Write(restore=RecordRestore(name=name, snapshot=snapshot, etag=etag))


def purge(name: str, etag: str = "") -> Write:
    """Return the write that removes a deleted record for good."""
    return Write(purge=RecordPurge(name=name, etag=etag))


def transition(
    verb: str,
    name: str,
    note: VerbNote | None = None,
    *,
    time: EventTime | None = None,
    places: Iterable[Place] = (),
    status: EventStatus = EventStatus.EVENT_STATUS_UNSPECIFIED,
    etag: str = "",
) -> Write:
    """Return the write that confirms, postpones, reschedules, moves, cancels or reinstates.

    See `Client.transition`. Raises ValueError for a word that is no verb.
    """
    fields = RecordVerb(
        name=name,
        etag=etag,
        verb=f"EVENT_VERB_{verb.upper()}",
        note=note,
        time=time,
        places=places,
        status=status,
    )
    return Write(verb=fields)


def absent(name: str) -> Precondition:
    """Return the precondition that no live record has a name."""
    return Precondition(name=name, absent=True)


def unchanged(record: Record) -> Precondition:
    """Return the precondition that a record is stored in this very version."""
    return Precondition(name=record.name, etag=record.etag)

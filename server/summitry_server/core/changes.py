"""Changes of a view, page by page, from the log: nothing is kept in memory for a reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from summitry.kinds import BY_NUMBER
from summitry.v1.change_service_pb2 import Change, ChangeEntry, ChangeKind
from summitry.v1.transfer_pb2 import TransferredRecord
from summitry.zones import TzDb
from summitry_server import wire
from summitry_server.core.views import View, row_at, seen
from summitry_server.store.contract import Entry, Logged, Reader

FIELDS = {
    number: TransferredRecord.DESCRIPTOR.fields_by_name[kind.singular].number
    for number, kind in BY_NUMBER.items()
}


class Cursor(NamedTuple):
    """Where a follower stands: all up to `revision` is told, of a state all up to `after`."""

    revision: int
    after: str | None = None  # None: the state at `revision` has been told, changes follow


class Batch(NamedTuple):
    """Some changes as encoded messages, and where to go on."""

    changes: list[bytes]
    cursor: Cursor
    more: bool


def next_batch(reader: Reader, view: View, cursor: Cursor, limit: int, db: TzDb) -> Batch:
    """What follows a cursor: the state first, if it is being told, then changes."""
    if cursor.after is not None:
        return _state(reader, view, cursor, limit, db)
    logged = reader.changes(cursor.revision, limit, view.calendar)
    if not logged:
        return Batch([], Cursor(reader.revision), False)
    more = len(logged) >= limit
    end = logged[-1].revision if more else reader.revision
    return Batch(list(_seen(logged, view, db)), Cursor(end), more)


def _state(reader: Reader, view: View, cursor: Cursor, limit: int, db: TzDb) -> Batch:
    """The records of a view as they were at a revision, in the order of names, as UPSERTs."""
    assert cursor.after is not None
    versions = reader.snapshot_at(None, view.calendar, cursor.revision, cursor.after, limit)
    found = []
    for version in versions:
        if not version.deleted and view.sees(row_at(version.kind, version.frame, db)):
            change = Change(
                kind=ChangeKind.CHANGE_KIND_UPSERT,
                name=version.name,
                revision=version.revision,
                position=version.position,
                last=True,
                entry=entry_of(version.entry),
            )
            found.append(_encode(change, version.kind, version.frame))
    if len(versions) < limit:
        return Batch(found, Cursor(cursor.revision), reader.revision > cursor.revision)
    return Batch(found, cursor._replace(after=versions[-1].name), True)


def _seen(logged: Sequence[Logged], view: View, db: TzDb) -> Iterator[bytes]:
    """The changes that a view sees; the last one of each revision is marked."""
    shown = [(change, kind) for change in logged if (kind := seen(change, view, db)) is not None]
    for index, (change, kind) in enumerate(shown):
        last = index + 1 == len(shown) or shown[index + 1][0].revision != change.revision
        message = Change(
            kind=kind,
            name=change.name,
            revision=change.revision,
            position=change.position,
            last=last,
            entry=entry_of(change.entry),
        )
        left = kind == ChangeKind.CHANGE_KIND_LEFT_VIEW
        yield _encode(message, change.kind, b"" if left else change.frame)


def _encode(change: Change, kind: int, frame: bytes) -> bytes:
    """A change with its record spliced in as it is stored."""
    data = change.SerializeToString()
    return (
        data + wire.frame(Change.RECORD_FIELD_NUMBER, transferred(kind, frame)) if frame else data
    )


def transferred(kind: int, frame: bytes) -> bytes:
    """A stored frame as a TransferredRecord."""
    return wire.refield(FIELDS[kind], frame)


def entry_of(entry: Entry) -> ChangeEntry:
    """Who wrote, why and when, for the API."""
    return ChangeEntry(
        actor=entry.actor,
        reason=entry.reason,
        request_id=entry.request_id,
        time=Timestamp(seconds=entry.time),
    )

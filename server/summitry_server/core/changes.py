"""Changes of a view, page by page, from the log: nothing is kept in memory for a reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from summitry.kinds import BY_NUMBER
from summitry.v1.change_service_pb2 import Change, ChangeEntry, ChangeKind
from summitry.v1.transfer_pb2 import TransferredRecord
from summitry.zones import TzDb
from summitry_server import wire
from summitry_server.core.passing import Moved, passed
from summitry_server.core.views import Moment, View, seen, shown
from summitry_server.store.contract import Entry, Logged, Reader, Version

FIELDS = {
    number: TransferredRecord.DESCRIPTOR.fields_by_name[kind.singular].number
    for number, kind in BY_NUMBER.items()
}


class Cursor(NamedTuple):
    """Where a follower stands: all up to `revision` is told, of a state all up to `after`."""

    revision: int
    moment: Moment  # at which the view was looked at
    after: str | None = None  # None: the state at `revision` has been told, changes follow
    reset: int = 0  # the ResetReason for which the state is told as a difference


class Batch(NamedTuple):
    """Some changes as encoded messages, and where to go on."""

    changes: list[bytes]
    cursor: Cursor
    more: bool


# What a follower says that it holds: etags by name.
Held = Mapping[str, str]


def next_batch(
    reader: Reader, view: View, cursor: Cursor, limit: int, now: int, db: TzDb, held: Held
) -> Batch:
    """What follows a cursor: the state if it is being told, changes, what time did.

    Of a state, what the follower holds is left out, and what it holds in vain is told.
    """
    if cursor.after is not None:
        return _state(reader, view, cursor, limit, db, held)
    logged = reader.changes(cursor.revision, limit, view.calendar)
    found = list(_seen(logged, view, cursor.moment, db))
    if len(logged) >= limit:
        return Batch(found, Cursor(logged[-1].revision, cursor.moment), True)
    wanted = view.moment(now, db)
    moved, moment = passed(reader, view, cursor.moment, wanted, limit, db)
    if found and moved:
        # A message of its own, after the last change of the last revision.
        return Batch(found, Cursor(reader.revision, cursor.moment), True)
    found += _by_time(moved, reader.revision)
    return Batch(found, Cursor(reader.revision, moment), moment != wanted)


def _state(reader: Reader, view: View, cursor: Cursor, limit: int, db: TzDb, held: Held) -> Batch:
    """The records of a view as they were at a revision, in the order of names."""
    assert cursor.after is not None
    versions = reader.snapshot_at(None, view.calendar, cursor.revision, cursor.after, limit)
    more = len(versions) >= limit
    end = versions[-1].name if more else None
    told = {
        version.name: change
        for version in versions
        if (change := _of_state(version, view, cursor, db, held)) is not None
    }
    known = {version.name for version in versions}
    for name in held:
        if name not in known and name > cursor.after and (end is None or name <= end):
            version_there = reader.version_at(name, cursor.revision)
            told[name] = _in_vain(name, version_there, cursor.revision, view)
    found = [told[name] for name in sorted(told)]
    if more:
        return Batch(found, cursor._replace(after=end), True)
    told_all = Cursor(cursor.revision, cursor.moment)
    return Batch(found, told_all, reader.revision > cursor.revision)


def _of_state(version: Version, view: View, cursor: Cursor, db: TzDb, held: Held) -> bytes | None:
    """A version as the state of a view tells it; None for what need not be told."""
    record = None if version.deleted else shown(version.kind, version.frame, db)
    if record is not None and view.sees(record, cursor.moment):
        if held.get(version.name) == record.etag:
            return None
        return _told(ChangeKind.CHANGE_KIND_UPSERT, version)
    if version.name in held:
        return _in_vain(version.name, version, cursor.revision, view)
    return None


def _in_vain(name: str, version: Version | None, revision: int, view: View) -> bytes:
    """That a follower holds what the view does not.

    To who sees only what is public all of it has left: what was not public must not show.
    """
    if version is None or view.public_only:
        left = ChangeKind.CHANGE_KIND_LEFT_VIEW
        gone = left if view.public_only else ChangeKind.CHANGE_KIND_DELETE
        return Change(kind=gone, name=name, revision=revision, last=True).SerializeToString()
    if version.deleted:
        return _told(ChangeKind.CHANGE_KIND_DELETE, version)
    return _told(ChangeKind.CHANGE_KIND_LEFT_VIEW, version)


def _told(kind: ChangeKind, version: Version) -> bytes:
    change = Change(
        kind=kind,
        name=version.name,
        revision=version.revision,
        position=version.position,
        last=True,
        entry=entry_of(version.entry),
    )
    left = kind == ChangeKind.CHANGE_KIND_LEFT_VIEW
    return _encode(change, version.kind, b"" if left else version.frame)


def _seen(logged: Sequence[Logged], view: View, moment: Moment, db: TzDb) -> Iterator[bytes]:
    """The changes that a view sees; the last one of each revision is marked."""
    visible = [
        (change, kind) for change in logged if (kind := seen(change, view, moment, db)) is not None
    ]
    for index, (change, kind) in enumerate(visible):
        last = index + 1 == len(visible) or visible[index + 1][0].revision != change.revision
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


def _by_time(moved: Sequence[Moved], revision: int) -> Iterator[bytes]:
    """What time alone did, as changes of the revision at which it did."""
    for position, (name, kind, frame) in enumerate(moved):
        change = Change(
            kind=ChangeKind.CHANGE_KIND_UPSERT if frame else ChangeKind.CHANGE_KIND_LEFT_VIEW,
            name=name,
            revision=revision,
            position=position,
            last=position + 1 == len(moved),
        )
        yield _encode(change, kind, frame)


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
        source=entry.source,
        time=Timestamp(seconds=entry.time),
    )

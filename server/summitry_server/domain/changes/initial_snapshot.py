"""The initial snapshot of a view in name order, or its difference to what a follower has."""

from __future__ import annotations

from summitry.v1.change_service_pb2 import Change, ChangeKind
from summitry.zones import TzDb
from summitry_server.domain.changes.cursors import Cursor, EncodedChanges, FollowerEtags
from summitry_server.domain.changes.encoding import SnapshotOf, encode_version
from summitry_server.domain.changes.public_records import PublicRecords
from summitry_server.domain.changes.views import FollowerView, parse_version
from summitry_server.store.contract import LogEntry, Reader, Version
from summitry_server.wire.limits import PAGE_BYTES, count_fitting


def next_snapshot_batch(
    reader: Reader,
    view: FollowerView,
    cursor: Cursor,
    limit: int,
    db: TzDb,
    follower_etags: FollowerEtags,
    snapshot_of: SnapshotOf,
) -> EncodedChanges:
    """Return the records of a view at the revision of a cursor, those after its name.

    A record that the follower already has with the same etag is left out. A record that it has
    though the view does not is sent as deleted or as having left the view.
    """
    assert cursor.after is not None
    versions = reader.snapshot_at(None, view.calendar, cursor.revision, cursor.after, limit)
    end = versions[-1].name if len(versions) >= limit else None
    candidates: dict[str, Version | None] = {version.name: version for version in versions}
    # What the follower has and the page does not is looked up one by one, so that what left the
    # calendar or was purged is taken from it too. Only names of this page: the next has its own.
    for name in follower_etags:
        if name not in candidates and name > cursor.after and (end is None or name <= end):
            candidates[name] = reader.version_at(name, cursor.revision)
    public = PublicRecords(reader)
    names, changes, size = list[str](), list[bytes](), 0
    for name in sorted(candidates):
        change = _encode_if_different(
            name, candidates[name], view, cursor, db, follower_etags, public, snapshot_of
        )
        if change is not None:
            names.append(name)
            changes.append(change)
            size += len(change)
        if len(changes) > 1 and size > PAGE_BYTES:
            break  # the last one does not fit; those behind it are not even parsed
    count = count_fitting(map(len, changes))
    if count < len(changes):
        return EncodedChanges(changes[:count], cursor._replace(after=names[count - 1]), True)
    if end is not None:
        return EncodedChanges(changes, cursor._replace(after=end), True)
    caught_up = Cursor(cursor.revision, cursor.view_state)
    return EncodedChanges(changes, caught_up, reader.revision > cursor.revision)


def _encode_if_different(
    name: str,
    version: Version | None,
    view: FollowerView,
    cursor: Cursor,
    db: TzDb,
    follower_etags: FollowerEtags,
    public: PublicRecords,
    snapshot_of: SnapshotOf,
) -> bytes | None:
    """Return a version as a snapshot has it; None if the follower needs no message."""
    if version is not None and not version.deleted:
        record = parse_version(version.kind, version.frame, db)
        now = cursor.view_state.now
        is_calendar_public = not view.public_only or public.has_calendar(
            version.calendar, cursor.revision, now
        )
        if is_calendar_public and view.sees(record, cursor.view_state):
            is_known = follower_etags.get(name) == record.etag
            return None if is_known else _encode_upsert(version, view, now, public, snapshot_of)
    if name not in follower_etags:
        return None
    return _encode_removal(name, version, view, cursor.revision, snapshot_of)


def _encode_upsert(
    version: Version, view: FollowerView, now: int, public: PublicRecords, snapshot_of: SnapshotOf
) -> bytes:
    if view.public_only:
        frame, entry = version.frame, version.entry
        # The present content may be public while the write that made it was not: then who made it
        # and why stay hidden.
        if not public.was_public(version.calendar, version.revision, frame, entry.time):
            entry = LogEntry("", "", "", entry.time)
        frame = public.without_hidden_names(version.kind, frame, now)
        version = version._replace(frame=frame, entry=entry)
    return encode_version(ChangeKind.CHANGE_KIND_UPSERT, version, snapshot_of)


def _encode_removal(
    name: str, version: Version | None, view: FollowerView, revision: int, snapshot_of: SnapshotOf
) -> bytes:
    """Encode that a record which the follower has is no longer in the view.

    A view of public records only says that it left, without its version: a deletion would tell
    the public of a write that it was not allowed to see.
    """
    if view.public_only:
        return _encode_name(ChangeKind.CHANGE_KIND_LEFT_VIEW, name, revision, snapshot_of)
    if version is None:
        return _encode_name(ChangeKind.CHANGE_KIND_DELETE, name, revision, snapshot_of)
    if version.deleted:
        return encode_version(ChangeKind.CHANGE_KIND_DELETE, version, snapshot_of)
    return encode_version(ChangeKind.CHANGE_KIND_LEFT_VIEW, version, snapshot_of)


def _encode_name(kind: ChangeKind, name: str, revision: int, snapshot_of: SnapshotOf) -> bytes:
    change = Change(kind=kind, name=name, revision=revision, snapshot=snapshot_of(revision))
    change.last = True
    return change.SerializeToString()

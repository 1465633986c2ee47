"""The state of a view, in the order of names: whole, or as the difference to what is held."""

from __future__ import annotations

from summitry.v1.change_service_pb2 import Change, ChangeKind
from summitry.zones import TzDb
from summitry_server.domain.changes.cursors import Batch, Cursor, Held, fitting
from summitry_server.domain.changes.encoding import tell_version
from summitry_server.domain.changes.public_records import PublicRecords
from summitry_server.domain.changes.views import View, shown
from summitry_server.store.contract import Entry, Reader, Version


def next_of_state(
    reader: Reader, view: View, cursor: Cursor, limit: int, db: TzDb, held: Held
) -> Batch:
    """The records of a view at the revision of a cursor, those after its name.

    What the follower holds is left out, and what it holds in vain is told.
    """
    assert cursor.after is not None
    versions = reader.snapshot_at(None, view.calendar, cursor.revision, cursor.after, limit)
    end = versions[-1].name if len(versions) >= limit else None
    there: dict[str, Version | None] = {version.name: version for version in versions}
    for name in held:
        if name not in there and name > cursor.after and (end is None or name <= end):
            there[name] = reader.version_at(name, cursor.revision)
    public = PublicRecords(reader)
    told = {
        name: change
        for name in sorted(there)
        if (change := _told(name, there[name], view, cursor, db, held, public)) is not None
    }
    names, changes = list(told), list(told.values())
    count = fitting(changes)
    if count < len(changes):
        return Batch(changes[:count], cursor._replace(after=names[count - 1]), True)
    if end is not None:
        return Batch(changes, cursor._replace(after=end), True)
    whole = Cursor(cursor.revision, cursor.moment)
    return Batch(changes, whole, reader.revision > cursor.revision)


def _told(
    name: str,
    version: Version | None,
    view: View,
    cursor: Cursor,
    db: TzDb,
    held: Held,
    public: PublicRecords,
) -> bytes | None:
    """A version as the state of a view tells it; None for what need not be told."""
    if version is not None and not version.deleted:
        record = shown(version.kind, version.frame, db)
        now = cursor.moment.now
        opened = not view.public_only or public.has_calendar(version.calendar, cursor.revision, now)
        if opened and view.sees(record, cursor.moment):
            same = held.get(name) == record.etag
            return None if same else _upsert(version, view, now, public)
    return _in_vain(name, version, view, cursor.revision) if name in held else None


def _upsert(version: Version, view: View, now: int, public: PublicRecords) -> bytes:
    if view.public_only:
        frame, entry = version.frame, version.entry
        if not public.was_public(version.calendar, version.revision, frame, entry.time):
            entry = Entry("", "", "", entry.time)
        frame = public.without_hidden_names(version.kind, frame, now)
        version = version._replace(frame=frame, entry=entry)
    return tell_version(ChangeKind.CHANGE_KIND_UPSERT, version)


def _in_vain(name: str, version: Version | None, view: View, revision: int) -> bytes:
    """That a follower holds what the view does not.

    To who sees only what is public all of it has left: what was not public must not show.
    """
    if view.public_only:
        return _bare(ChangeKind.CHANGE_KIND_LEFT_VIEW, name, revision)
    if version is None:
        return _bare(ChangeKind.CHANGE_KIND_DELETE, name, revision)
    if version.deleted:
        return tell_version(ChangeKind.CHANGE_KIND_DELETE, version)
    return tell_version(ChangeKind.CHANGE_KIND_LEFT_VIEW, version)


def _bare(kind: ChangeKind, name: str, revision: int) -> bytes:
    return Change(kind=kind, name=name, revision=revision, last=True).SerializeToString()

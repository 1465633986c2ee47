"""Read the changes of a view batch by batch from the log; no memory is held for a follower."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, groupby, pairwise
from typing import NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from summitry.kinds import BY_NUMBER
from summitry.v1.change_service_pb2 import Change, ChangeEntry, ChangeKind
from summitry.zones import TzDb
from summitry_server.domain.changes.cursors import Cursor, EncodedChanges, FollowerEtags
from summitry_server.domain.changes.encoding import SnapshotOf, encode_change, entry_to_proto
from summitry_server.domain.changes.initial_snapshot import next_snapshot_batch
from summitry_server.domain.changes.public_records import PublicRecords
from summitry_server.domain.changes.views import (
    ALWAYS_PUBLIC,
    CalendarExposure,
    FollowerView,
    ViewState,
    classify_change,
    parse_version,
    was_in_view,
)
from summitry_server.domain.changes.window_drift import DriftedRecord, find_drift
from summitry_server.domain.records.changed_paths import changed_paths
from summitry_server.store.contract import Logged, Reader
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import PAGE_BYTES, count_fitting

# Records that appear or disappear because their calendar was opened or closed get positions from
# here on, so that they follow every change that the same write logged.
AFTER_ALL = 1_000_000


class _EncodedChange(NamedTuple):
    """A change that a view sees, as a serialized Change."""

    revision: int
    position: int
    last: bool  # of its revision in this view
    data: bytes


def next_batch(
    reader: Reader,
    view: FollowerView,
    cursor: Cursor,
    limit: int,
    now: int,
    db: TzDb,
    follower_etags: FollowerEtags,
    snapshot_of: SnapshotOf,
) -> EncodedChanges:
    """Return the batch that follows a cursor.

    A follower first receives the rest of its initial snapshot, then logged changes, and when there
    are none left what the passing of time alone changed. `limit` is the most log entries to read;
    `now` is epoch seconds; `follower_etags` are the etags of the records that the follower has;
    `snapshot_of` returns the token of a revision.
    """
    if cursor.after is not None:
        return next_snapshot_batch(reader, view, cursor, limit, db, follower_etags, snapshot_of)
    logged = reader.changes(cursor.revision, limit, view.calendar)
    changes = _up_to_a_message(_encode_visible(reader, logged, view, cursor, db, snapshot_of))
    messages = [change.data for change in changes]
    # Changes that do not fit are read again for the next batch, rather than stored for a follower.
    if (count := _count_whole_revisions(changes)) < len(changes):
        return EncodedChanges(messages[:count], _after(changes[count - 1], cursor.view_state), True)
    if len(logged) >= limit:
        return EncodedChanges(messages, Cursor(logged[-1].revision, cursor.view_state), True)
    target = view.state_at(now, db)
    moved, view_state = find_drift(reader, view, cursor.view_state, target, limit, db)
    if messages and moved:
        # Drift goes into a batch of its own, since it carries the position of the newest revision,
        # and these changes may be of older ones.
        return EncodedChanges(messages, Cursor(reader.revision, cursor.view_state), True)
    messages += _by_time(moved, view, view_state.now, reader, snapshot_of)
    return EncodedChanges(messages, Cursor(reader.revision, view_state), view_state != target)


def _up_to_a_message(changes: Iterator[_EncodedChange]) -> list[_EncodedChange]:
    """Take changes up to the first that does not fit into a message.

    Those behind it are not even parsed: of the largest records a message has five, and the log is
    read up to a thousand at a time.
    """
    candidates, size = list[_EncodedChange](), 0
    for change in changes:
        candidates.append(change)
        size += len(change.data)
        if len(candidates) > 1 and size > PAGE_BYTES:
            break
    return candidates


def _count_whole_revisions(changes: Sequence[_EncodedChange]) -> int:
    """Count the changes for one message: whole revisions if at least one fits."""
    count = count_fitting(len(change.data) for change in changes)
    whole = next((n for n in range(count, 0, -1) if n <= len(changes) and changes[n - 1].last), 0)
    # A revision larger than a message is split; the cursor then points into it (Cursor.part).
    return whole or count


def _after(change: _EncodedChange, view_state: ViewState) -> Cursor:
    """Return the cursor that follows a change."""
    if change.last:
        return Cursor(change.revision, view_state)
    return Cursor(change.revision - 1, view_state, part=change.position + 1)


class _VisibleChange(NamedTuple):
    """A change that a view sees, before it is encoded."""

    revision: int
    position: int
    name: str
    kind: ChangeKind
    record_kind: int
    frame: bytes
    entry: ChangeEntry | None
    before: bytes = b""  # the version before, if the view has it and asks for what changed


def _encode_visible(
    reader: Reader,
    logged: Sequence[Logged],
    view: FollowerView,
    cursor: Cursor,
    db: TzDb,
    snapshot_of: SnapshotOf,
) -> Iterator[_EncodedChange]:
    """Yield the changes after a cursor that a view sees; the last of each revision is marked."""
    public, view_state = PublicRecords(reader), cursor.view_state
    visible = _visible(logged, view, cursor, db, public)
    for change, following in pairwise(chain(visible, (None,))):
        assert change is not None
        last = following is None or following.revision != change.revision
        frame, before = change.frame, change.before
        if view.public_only and change.kind != ChangeKind.CHANGE_KIND_LEFT_VIEW:
            frame = public.without_hidden_names(change.record_kind, frame, view_state.now)
            before = before and public.without_hidden_names(
                change.record_kind, before, view_state.now
            )
        message = Change(
            kind=change.kind,
            name=change.name,
            revision=change.revision,
            snapshot=snapshot_of(change.revision),
            position=change.position,
            last=last,
            entry=change.entry,
            changed_paths=_changed(change.record_kind, before, frame),
        )
        data = encode_change(message, change.record_kind, frame)
        yield _EncodedChange(change.revision, change.position, last, data)


def _order(change: _VisibleChange) -> tuple[int, int]:
    return change.revision, change.position


def _visible(
    logged: Sequence[Logged],
    view: FollowerView,
    cursor: Cursor,
    db: TzDb,
    public: PublicRecords,
) -> Iterator[_VisibleChange]:
    """Yield the changes after a cursor that a view sees, revision by revision."""
    begin = cursor.revision + 1, cursor.part
    for _, group in groupby(logged, key=lambda change: change.revision):
        changes = list(group)
        for change in changes:
            if (change.revision, change.position) >= begin:
                yield from _own_change(change, view, cursor.view_state, db, public)
        followed = _with_calendars(changes, view, cursor.view_state, db, public)
        yield from (item for item in sorted(followed, key=_order) if _order(item) >= begin)


def _own_change(
    change: Logged, view: FollowerView, view_state: ViewState, db: TzDb, public: PublicRecords
) -> Iterator[_VisibleChange]:
    """Yield a logged change if a view sees it."""
    exposure = _exposure_around(change, view, view_state, public)
    kind = classify_change(change, view, view_state, db, exposure)
    if kind is not None:
        yield _VisibleChange(
            *change[:2],
            change.name,
            kind,
            change.kind,
            change.frame,
            _entry(change, view, public),
            _before(change, kind, view, view_state, db, exposure),
        )


def _with_calendars(
    changes: Sequence[Logged],
    view: FollowerView,
    view_state: ViewState,
    db: TzDb,
    public: PublicRecords,
) -> Iterator[_VisibleChange]:
    """Yield what a revision made appear or disappear with its calendar, but not what it wrote."""
    names_written = {change.name for change in changes}
    for change in changes:
        if change.name != change.calendar:
            continue
        exposure = _exposure_around(change, view, view_state, public)
        if exposure.before != exposure.after:
            for item in _with_calendar(change, exposure.after, view, view_state, db, public):
                if item.name not in names_written:
                    yield item


def _before(
    change: Logged,
    kind: ChangeKind,
    view: FollowerView,
    view_state: ViewState,
    db: TzDb,
    exposure: CalendarExposure,
) -> bytes:
    """Return the version before a change to compare with; empty for what came into the view.

    What a view did not show must not be told by what differs from it.
    """
    if not (view.changed_paths and kind == ChangeKind.CHANGE_KIND_UPSERT):
        return b""
    return change.before if was_in_view(change, view, view_state, db, exposure) else b""


def _changed(kind: int, before: bytes, after: bytes) -> list[str]:
    if not before:
        return []
    message = BY_NUMBER[kind].message
    return changed_paths(wire.unframe(message, before), wire.unframe(message, after))


def _exposure_around(
    change: Logged, view: FollowerView, view_state: ViewState, public: PublicRecords
) -> CalendarExposure:
    """Return whether the calendar is public before and after a change.

    Only views of public records look; for all others a calendar counts as public.
    """
    if not view.public_only:
        return ALWAYS_PUBLIC
    revisions = (change.revision - 1, change.revision)
    return CalendarExposure(
        *(public.has_calendar(change.calendar, revision, view_state.now) for revision in revisions)
    )


def _with_calendar(
    change: Logged,
    is_public: bool,
    view: FollowerView,
    view_state: ViewState,
    db: TzDb,
    public: PublicRecords,
) -> Iterator[_VisibleChange]:
    """Yield the records that appear or disappear with their calendar, after other changes."""
    kind = ChangeKind.CHANGE_KIND_UPSERT if is_public else ChangeKind.CHANGE_KIND_LEFT_VIEW
    for index, version in enumerate(public.contents(change.calendar, change.revision)):
        if view.sees(parse_version(version.kind, version.frame, db), view_state):
            position = AFTER_ALL + index
            yield _VisibleChange(
                change.revision, position, version.name, kind, version.kind, version.frame, None
            )


def _entry(change: Logged, view: FollowerView, public: PublicRecords) -> ChangeEntry:
    """Return author and reason of a change; for a hidden version, only the time."""
    entry, calendar = change.entry, change.calendar
    if view.public_only and not public.was_public(
        calendar, change.revision, change.frame, entry.time
    ):
        return ChangeEntry(time=Timestamp(seconds=entry.time))
    return entry_to_proto(entry)


def _by_time(
    moved: Sequence[DriftedRecord],
    view: FollowerView,
    now: int,
    reader: Reader,
    snapshot_of: SnapshotOf,
) -> Iterator[bytes]:
    """Yield what the passing of time changed, as changes of the newest revision."""
    public = PublicRecords(reader)
    for position, (name, kind, frame) in enumerate(moved):
        change = Change(
            kind=ChangeKind.CHANGE_KIND_UPSERT if frame else ChangeKind.CHANGE_KIND_LEFT_VIEW,
            name=name,
            revision=reader.revision,
            snapshot=snapshot_of(reader.revision),
            position=position,
            last=position + 1 == len(moved),
        )
        if view.public_only and frame:
            frame = public.without_hidden_names(kind, frame, now)
        yield encode_change(change, kind, frame)

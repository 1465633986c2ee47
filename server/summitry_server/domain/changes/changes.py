"""Changes of a view, page by page, from the log: nothing is kept in memory for a reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from summitry.v1.change_service_pb2 import Change, ChangeEntry, ChangeKind
from summitry.zones import TzDb
from summitry_server.domain.changes.cursors import Batch, Cursor, Held, fitting
from summitry_server.domain.changes.encoding import entry_of, tell
from summitry_server.domain.changes.initial_snapshot import next_of_state
from summitry_server.domain.changes.public_records import PublicRecords
from summitry_server.domain.changes.views import ALWAYS_OPEN, Moment, Opened, View, seen, shown
from summitry_server.domain.changes.window_drift import Moved, passed
from summitry_server.store.contract import Logged, Reader

# The positions of records that come or leave with their calendar: after any that a write makes.
AFTER_ALL = 1_000_000


class _Told(NamedTuple):
    """A change that a view sees, and its bytes."""

    revision: int
    position: int
    last: bool  # of its revision in this view
    data: bytes


def next_batch(
    reader: Reader, view: View, cursor: Cursor, limit: int, now: int, db: TzDb, held: Held
) -> Batch:
    """What follows a cursor: the state if it is being told, changes, what time did."""
    if cursor.after is not None:
        return next_of_state(reader, view, cursor, limit, db, held)
    logged = reader.changes(cursor.revision, limit, view.calendar)
    told = [
        one
        for one in _seen(reader, logged, view, cursor.moment, db)
        if (one.revision, one.position) >= (cursor.revision + 1, cursor.part)
    ]
    found = [one.data for one in told]
    if (count := _count(told)) < len(told):
        return Batch(found[:count], _after(told[count - 1], cursor.moment), True)
    if len(logged) >= limit:
        return Batch(found, Cursor(logged[-1].revision, cursor.moment), True)
    wanted = view.moment(now, db)
    moved, moment = passed(reader, view, cursor.moment, wanted, limit, db)
    if found and moved:
        # A message of its own, after the last change of the last revision.
        return Batch(found, Cursor(reader.revision, cursor.moment), True)
    found += _by_time(moved, view, moment.now, reader)
    return Batch(found, Cursor(reader.revision, moment), moment != wanted)


def _count(told: Sequence[_Told]) -> int:
    """How many changes are told in one go: whole revisions, if one fits."""
    count = fitting(one.data for one in told)
    whole = next((n for n in range(count, 0, -1) if n <= len(told) and told[n - 1].last), 0)
    return whole or count


def _after(told: _Told, moment: Moment) -> Cursor:
    """Where to go on after a change."""
    if told.last:
        return Cursor(told.revision, moment)
    return Cursor(told.revision - 1, moment, part=told.position + 1)


class _Visible(NamedTuple):
    """A change that a view sees, before it is encoded."""

    revision: int
    position: int
    name: str
    kind: ChangeKind
    record_kind: int
    frame: bytes
    entry: ChangeEntry | None


def _seen(
    reader: Reader, logged: Sequence[Logged], view: View, moment: Moment, db: TzDb
) -> Iterator[_Told]:
    """Yield the changes that a view sees; the last one of each revision is marked."""
    public = PublicRecords(reader)
    visible = sorted(_visible(logged, view, moment, db, public), key=_place)
    for index, change in enumerate(visible):
        last = index + 1 == len(visible) or visible[index + 1].revision != change.revision
        frame = change.frame
        if view.public_only and change.kind != ChangeKind.CHANGE_KIND_LEFT_VIEW:
            frame = public.without_hidden_names(change.record_kind, frame, moment.now)
        message = Change(
            kind=change.kind,
            name=change.name,
            revision=change.revision,
            position=change.position,
            last=last,
            entry=change.entry,
        )
        data = tell(message, change.record_kind, frame)
        yield _Told(change.revision, change.position, last, data)


def _place(change: _Visible) -> tuple[int, int]:
    return change.revision, change.position


def _visible(
    logged: Sequence[Logged], view: View, moment: Moment, db: TzDb, public: PublicRecords
) -> Iterator[_Visible]:
    for change in logged:
        opened = _opened(change, view, moment, public)
        kind = seen(change, view, moment, db, opened)
        if kind is not None:
            entry = _entry(change, view, public)
            yield _Visible(*change[:2], change.name, kind, change.kind, change.frame, entry)
        if change.name == change.calendar and opened.before != opened.after:
            written = {other.name for other in logged if other.revision == change.revision}
            for item in _with_calendar(change, opened.after, view, moment, db, public):
                if item.name not in written:
                    yield item


def _opened(change: Logged, view: View, moment: Moment, public: PublicRecords) -> Opened:
    """Return whether the calendar is public around a change; views of everything do not ask."""
    if not view.public_only:
        return ALWAYS_OPEN
    revisions = (change.revision - 1, change.revision)
    return Opened(*(public.has_calendar(change.calendar, one, moment.now) for one in revisions))


def _with_calendar(
    change: Logged, opens: bool, view: View, moment: Moment, db: TzDb, public: PublicRecords
) -> Iterator[_Visible]:
    """Yield the records that come or leave with their calendar, after all else of its revision."""
    kind = ChangeKind.CHANGE_KIND_UPSERT if opens else ChangeKind.CHANGE_KIND_LEFT_VIEW
    for place, version in enumerate(public.contents(change.calendar, change.revision)):
        if view.sees(shown(version.kind, version.frame, db), moment):
            position = AFTER_ALL + place
            yield _Visible(
                change.revision, position, version.name, kind, version.kind, version.frame, None
            )


def _entry(change: Logged, view: View, public: PublicRecords) -> ChangeEntry:
    """Return who wrote a change and why; of a hidden version the public hears the time alone."""
    entry, calendar = change.entry, change.calendar
    if view.public_only and not public.was_public(
        calendar, change.revision, change.frame, entry.time
    ):
        return ChangeEntry(time=Timestamp(seconds=entry.time))
    return entry_of(entry)


def _by_time(moved: Sequence[Moved], view: View, now: int, reader: Reader) -> Iterator[bytes]:
    """Yield what time alone did, as changes of the revision at which it did."""
    public = PublicRecords(reader)
    for position, (name, kind, frame) in enumerate(moved):
        change = Change(
            kind=ChangeKind.CHANGE_KIND_UPSERT if frame else ChangeKind.CHANGE_KIND_LEFT_VIEW,
            name=name,
            revision=reader.revision,
            position=position,
            last=position + 1 == len(moved),
        )
        if view.public_only and frame:
            frame = public.without_hidden_names(kind, frame, now)
        yield tell(change, kind, frame)

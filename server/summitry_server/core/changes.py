"""Changes of a view, page by page, from the log: nothing is kept in memory for a reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from summitry.v1.change_service_pb2 import Change, ChangeKind
from summitry.zones import TzDb
from summitry_server.core.cursors import Batch, Cursor, Held, fitting
from summitry_server.core.passing import Moved, passed
from summitry_server.core.states import next_of_state
from summitry_server.core.telling import entry_of, tell
from summitry_server.core.views import Moment, View, seen
from summitry_server.store.contract import Logged, Reader


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
        for one in _seen(logged, view, cursor.moment, db)
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
    found += _by_time(moved, reader.revision)
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


def _seen(logged: Sequence[Logged], view: View, moment: Moment, db: TzDb) -> Iterator[_Told]:
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
        data = tell(message, change.kind, change.frame)
        yield _Told(change.revision, change.position, last, data)


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
        yield tell(change, kind, frame)

"""What the passing of time does to a view: days slide through its window, embargoes end.

Only what lies where the window was and no longer is, or is and was not, can have moved, so that is
what is read. A long time is gone through in parts, so that each stays small.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from summitry.kinds import CALENDAR, KINDS
from summitry.v1.record_pb2 import RecordHeader
from summitry.visibility import embargo
from summitry.zones import TzDb
from summitry_server.domain.changes.cursors import ROOM
from summitry_server.domain.changes.public_records import PublicRecords
from summitry_server.domain.changes.views import Moment, View, shown
from summitry_server.domain.search.facets import EMBARGO
from summitry_server.store.contract import Condition, Reader, Window
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import MAX_PAGE

ALL = 2**31


class Moved(NamedTuple):
    """A record that time alone brought into a view, or took out of it."""

    name: str
    kind: int
    frame: bytes  # empty: it left


class _Candidate(NamedTuple):
    kind: int
    frame: bytes


def passed(
    reader: Reader, view: View, old: Moment, new: Moment, limit: int, db: TzDb
) -> tuple[list[Moved], Moment]:
    """What moved from one moment to another, in the order of names, and up to which moment.

    That is `new`, or one before it when more may have moved until then than is told in one go.
    """
    if old == new:
        return [], new
    found = _candidates(reader, view, old, new, limit + 1)
    while len(found) > limit or sum(len(frame) for _, frame in found.values()) > ROOM:
        middle = _between(old, new)
        if middle in (old, new):
            found = _candidates(reader, view, old, new, ALL)
            break
        new = middle
        found = _candidates(reader, view, old, new, limit + 1)
    return list(_moved(reader, found, view, old, new, db)), new


def _moved(
    reader: Reader, found: dict[str, _Candidate], view: View, old: Moment, new: Moment, db: TzDb
) -> Iterator[Moved]:
    public = PublicRecords(reader)
    for name in sorted(found):
        kind, frame = found[name]
        record = shown(kind, frame, db)
        before, after = (
            view.sees(record, moment)
            and (
                not view.public_only
                or public.has_calendar(record.row.calendar, reader.revision, moment.now)
            )
            for moment in (old, new)
        )
        if before != after:
            yield Moved(name, kind, frame if after else b"")


def _candidates(
    reader: Reader, view: View, old: Moment, new: Moment, limit: int
) -> dict[str, _Candidate]:
    found = {
        item.name: _Candidate(item.kind, item.frame)
        for window in _strips(old, new)
        for item in reader.within(window, view.calendar, None, limit, view.condition)
    }
    if old.now != new.now:
        found.update(_released(reader, view, old.now, new.now))
        for name in [name for name, one in found.items() if one.kind == CALENDAR.number]:
            rows = reader.contents(name)  # its records come with it
            found.update({row.name: _Candidate(row.kind, row.frame) for row in rows})
    return found


def _strips(old: Moment, new: Moment) -> Iterator[Window]:
    """Where windows were and are not, or are and were not."""
    for was, now in zip(old.windows, new.windows, strict=True):
        for one, other in ((was.start, now.start), (was.end, now.end)):
            if one != other:
                start, end = sorted((one, other))
                yield now._replace(start=start, end=end, possible=True)


def _released(
    reader: Reader, view: View, since: int, until: int
) -> Iterator[tuple[str, _Candidate]]:
    """Yield records whose embargo ends between two moments; back in time, it begins again."""
    first, last = sorted((since, until))
    condition = Condition(facets=((EMBARGO,),))
    for kind in KINDS:
        after = ""
        while rows := reader.page(kind.number, view.calendar, after, MAX_PAGE, condition):
            for row in rows:
                if first < embargo(wire.unframe(RecordHeader, row.frame)) <= last:
                    yield row.name, _Candidate(row.kind, row.frame)
            after = rows[-1].name


def _between(old: Moment, new: Moment) -> Moment:
    windows = tuple(
        was._replace(start=(was.start + now.start) // 2, end=(was.end + now.end) // 2)
        for was, now in zip(old.windows, new.windows, strict=True)
    )
    return Moment(windows, (old.now + new.now) // 2)

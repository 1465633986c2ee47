"""Find what the passing of time changes in a view: its window slides, embargoes end.

Only records at the edges over which a window moved can have entered or left it, so only these are
read. A long time is gone through in steps, so that no batch becomes too large.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from summitry.kinds import CALENDAR, KINDS
from summitry.v1.record_pb2 import RecordHeader
from summitry.visibility import embargo
from summitry.zones import TzDb
from summitry_server.domain.changes.public_records import PublicRecords
from summitry_server.domain.changes.views import FollowerView, ViewState, parse_version
from summitry_server.domain.search.facets import EMBARGO
from summitry_server.store.contract import Condition, Reader, Window
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import MAX_PAGE, PAGE_BYTES

ALL = 2**31


class DriftedRecord(NamedTuple):
    """A record that entered or left a view by the passing of time alone."""

    name: str
    kind: int
    frame: bytes  # empty if the record left the view


class _Candidate(NamedTuple):
    kind: int
    frame: bytes


def find_drift(
    reader: Reader, view: FollowerView, old: ViewState, new: ViewState, limit: int, db: TzDb
) -> tuple[list[DriftedRecord], ViewState]:
    """Return the records that entered or left a view, in name order, and the state reached.

    That is `new`, or an earlier one if more records may have moved than fit into one batch.
    """
    if old == new:
        return [], new
    candidates = _candidates(reader, view, old, new, limit + 1)
    while (
        len(candidates) > limit or sum(len(frame) for _, frame in candidates.values()) > PAGE_BYTES
    ):
        middle = _between(old, new)
        # One second cannot be halved: all records that it moves go into one batch, however many.
        if middle in (old, new):
            candidates = _candidates(reader, view, old, new, ALL)
            break
        new = middle
        candidates = _candidates(reader, view, old, new, limit + 1)
    return list(_find_drifted(reader, candidates, view, old, new, db)), new


def _find_drifted(
    reader: Reader,
    candidates: dict[str, _Candidate],
    view: FollowerView,
    old: ViewState,
    new: ViewState,
    db: TzDb,
) -> Iterator[DriftedRecord]:
    public = PublicRecords(reader)
    for name in sorted(candidates):
        kind, frame = candidates[name]
        record = parse_version(kind, frame, db)
        before, after = (
            view.sees(record, view_state)
            and (
                not view.public_only
                or public.has_calendar(record.row.calendar, reader.revision, view_state.now)
            )
            for view_state in (old, new)
        )
        if before != after:
            yield DriftedRecord(name, kind, frame if after else b"")


def _candidates(
    reader: Reader, view: FollowerView, old: ViewState, new: ViewState, limit: int
) -> dict[str, _Candidate]:
    candidates = {
        match.name: _Candidate(match.kind, match.frame)
        for window in _changed_edges(old, new)
        for match in reader.within(window, view.calendar, None, limit, view.condition)
    }
    if old.now != new.now:
        candidates.update(_embargo_candidates(reader, view, old.now, new.now))
        for name in [name for name, record in candidates.items() if record.kind == CALENDAR.number]:
            rows = reader.contents(name)  # its records come with it
            candidates.update({row.name: _Candidate(row.kind, row.frame) for row in rows})
    return candidates


def _changed_edges(old: ViewState, new: ViewState) -> Iterator[Window]:
    """Yield the spans that are in one of two states of a window and not in the other."""
    # Edges are compared each for itself, so that a window which moved by less than its length does
    # not read the records in the middle, which stayed in it.
    for was, now in zip(old.windows, new.windows, strict=True):
        for old_edge, new_edge in ((was.start, now.start), (was.end, now.end)):
            if old_edge != new_edge:
                start, end = sorted((old_edge, new_edge))
                yield now._replace(start=start, end=end, possible=True)


def _embargo_candidates(
    reader: Reader, view: FollowerView, since: int, until: int
) -> Iterator[tuple[str, _Candidate]]:
    """Yield the records whose embargo ends between two times, in either direction.

    A clock that was set back makes an embargo begin again.
    """
    first, last = sorted((since, until))
    condition = Condition(facets=((EMBARGO,),))
    for kind in KINDS:
        after = ""
        while rows := reader.page(kind.number, view.calendar, after, MAX_PAGE, condition):
            for row in rows:
                if first < embargo(wire.unframe(RecordHeader, row.frame)) <= last:
                    yield row.name, _Candidate(row.kind, row.frame)
            after = rows[-1].name


def _between(old: ViewState, new: ViewState) -> ViewState:
    windows = tuple(
        was._replace(start=(was.start + now.start) // 2, end=(was.end + now.end) // 2)
        for was, now in zip(old.windows, new.windows, strict=True)
    )
    return ViewState(windows, (old.now + new.now) // 2)

"""A view: the records that a follower watches, and how each change looks to it.

A view changes with time alone when its window slides with the days or an embargo ends. A follower
therefore keeps the state of its view beside the revision: what time changed since is sent once,
whichever server the follower goes on with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from summitry.kinds import BY_NUMBER
from summitry.v1.change_service_pb2 import ChangeKind, ChangeView
from summitry.v1.filter_pb2 import DateWindow, SlidingWindow, TimeWindow
from summitry.v1.record_pb2 import RecordHeader
from summitry.visibility import embargo, is_public
from summitry.zones import TzDb, day_of, format_date
from summitry_server.domain.names import calendar_of
from summitry_server.domain.records.records import indexed
from summitry_server.domain.search import agenda
from summitry_server.domain.search.facets import condition_of
from summitry_server.store.contract import Condition, Logged, Row, Window
from summitry_server.store.matching import admits, certainly_touches, touches
from summitry_server.wire import frames as wire


class ViewState(NamedTuple):
    """The part of a view that depends on time: its windows, and the time for embargoes."""

    windows: tuple[Window, ...]  # empty: every record matches, with a time or without
    now: int  # epoch seconds; 0 where embargoes do not matter


class RecordVersion(NamedTuple):
    """A version of a record with what views decide by."""

    row: Row
    public_from: float  # epoch seconds; infinite for what is not public
    etag: str


class FollowerView(NamedTuple):
    """The records that a follower watches, and whether their changes name the changed fields."""

    calendar: str | None  # None: all
    condition: Condition
    window: TimeWindow | None  # a fixed window
    sliding: SlidingWindow | None
    public_only: bool
    changed_paths: bool = False

    def state_at(self, now: int, db: TzDb) -> ViewState:
        """Return the state of this view at `now`, in epoch seconds."""
        window = self.window or self._around(now, db)
        windows: tuple[Window, ...] = ()
        if window is not None:
            plan = agenda.plan(window, "view.window", db)
            windows = (plan.days, plan.hours)
        return ViewState(windows, now if self.public_only else 0)

    def sees(self, version: RecordVersion, state: ViewState) -> bool:
        """Return whether a version is in the view.

        The calendar's own record is, unless the filter names kinds.
        """
        row = version.row
        if self.calendar not in (None, row.calendar) or row.deleted:
            return False
        if self.public_only and version.public_from > state.now:
            return False
        return admits(self.condition, row) and in_time(state.windows, row)

    def _around(self, now: int, db: TzDb) -> TimeWindow | None:
        if self.sliding is None:
            return None
        today = day_of(db.zone(self.sliding.time_zone), now)
        dates = DateWindow(
            first_date=format_date(today - self.sliding.days_before),
            last_date=format_date(today + self.sliding.days_after),
            time_zone=self.sliding.time_zone,
        )
        return TimeWindow(
            dates=dates, date_matching=self.sliding.date_matching, matching=self.sliding.matching
        )


def in_time(windows: Sequence[Window], row: Row) -> bool:
    """Return whether a row has a span in one of these windows; True if there are none."""
    return not windows or any(_in(window, row) for window in windows)


def _in(window: Window, row: Row) -> bool:
    matches = touches if window.possible else certainly_touches
    return any(window.axis == span.axis and matches(window, span) for span in row.spans)


def view_of(request: ChangeView, path: str, db: TzDb) -> FollowerView:
    """Return a checked view from its message. Raises RefusedError by the path of the field."""
    calendar = calendar_of(request.parent, f"{path}.parent", all_allowed=True)
    window = sliding = None
    if request.HasField("window"):
        window = request.window
        agenda.plan(window, f"{path}.window", db)
    elif request.HasField("sliding"):
        sliding = request.sliding
        agenda.check_sliding(sliding, f"{path}.sliding", db)
    return FollowerView(
        calendar, condition_of(request.filter), window, sliding, request.public_only
    )


@lru_cache(maxsize=64)  # all watches look at a new change at about the same time
def parse_version(kind: int, frame: bytes, db: TzDb) -> RecordVersion:
    """Return a stored version with its index entries from when it was the latest."""
    record = wire.unframe(BY_NUMBER[kind].message, frame)
    public_from = embargo(record) if is_public(record, math.inf) else math.inf
    return RecordVersion(indexed(record, db, frame), public_from, record.etag)


def _classify_purge(change: Logged, view: FollowerView, state: ViewState) -> ChangeKind | None:
    """Return how a purge looks in a view.

    A purge erases the versions, so it is unknown whether the view ever had the record: everybody
    is told of the deletion, except a public view that was never allowed to see the record.
    """
    tombstone = wire.unframe(RecordHeader, change.frame)
    tombstone.ClearField("delete_time")
    hidden = view.public_only and not is_public(tombstone, state.now)
    return None if hidden else ChangeKind.CHANGE_KIND_DELETE


class CalendarExposure(NamedTuple):
    """The publicity of the calendar of a change, before its revision and after it."""

    before: bool = True
    after: bool = True


ALWAYS_PUBLIC = CalendarExposure()


def classify_change(
    change: Logged,
    view: FollowerView,
    state: ViewState,
    db: TzDb,
    exposure: CalendarExposure = ALWAYS_PUBLIC,
) -> ChangeKind | None:
    """Return how a change looks in a view; None if the view does not show it.

    A record that leaves the view is LEFT_VIEW, also when its calendar was closed.
    """
    if view.calendar not in (None, change.calendar):
        return None
    stays = exposure.after and not change.deleted
    if stays and view.sees(parse_version(change.kind, change.frame, db), state):
        return ChangeKind.CHANGE_KIND_UPSERT
    if change.deleted and not change.before:
        return _classify_purge(change, view, state) if exposure.after else None
    if not was_in_view(change, view, state, db, exposure):
        return None
    if change.deleted:
        return ChangeKind.CHANGE_KIND_DELETE
    return ChangeKind.CHANGE_KIND_LEFT_VIEW


def was_in_view(
    change: Logged, view: FollowerView, state: ViewState, db: TzDb, exposure: CalendarExposure
) -> bool:
    """Return whether the version before a change was in a view."""
    if not (exposure.before and change.before) or change.before_deleted:
        return False
    return view.sees(parse_version(change.kind, change.before, db), state)

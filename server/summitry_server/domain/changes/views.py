"""A view: the records that somebody follows, and how a change looks to them.

What a view shows hangs on the moment at which it is looked at, when its window slides with the
days or embargoes end. A follower keeps that moment beside the revision, so that what the passing
of time alone did is told once, wherever the follower goes on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from summitry.kinds import BY_NUMBER
from summitry.v1.change_service_pb2 import ChangeKind, ChangeView, SlidingWindow
from summitry.v1.filter_pb2 import DateWindow, TimeWindow
from summitry.v1.record_pb2 import RecordHeader
from summitry.visibility import embargo, is_public
from summitry.zones import TzDb, ZoneError, day_of, format_date
from summitry_server.domain.names import calendar_of
from summitry_server.domain.records.records import indexed
from summitry_server.domain.search import agenda
from summitry_server.domain.search.facets import condition_of
from summitry_server.domain.time.times import refused
from summitry_server.store.contract import Condition, Logged, Row, Window
from summitry_server.store.matching import admits, certainly_touches, touches
from summitry_server.wire import frames as wire
from summitry_server.wire.refusals import invalid, missing

MOST_DAYS = 36_600


class Moment(NamedTuple):
    """When a view is looked at: where its windows lie then, and the time for embargoes."""

    windows: tuple[Window, ...]  # empty: any time, or none
    now: int  # epoch seconds; 0 where embargoes do not matter


class Shown(NamedTuple):
    """A version of a record, as far as views know it."""

    row: Row
    public_from: float  # epoch seconds; infinite for what is not public
    etag: str


class View(NamedTuple):
    """Which records are followed."""

    calendar: str | None  # None: all
    condition: Condition
    window: TimeWindow | None  # what does not slide
    sliding: SlidingWindow | None
    public_only: bool

    def moment(self, now: int, db: TzDb) -> Moment:
        """The moment that this view is to be looked at now."""
        window = self.window or self._around(now, db)
        windows: tuple[Window, ...] = ()
        if window is not None:
            plan = agenda.plan(window, "view.filter.window", db)
            windows = (plan.days, plan.hours)
        return Moment(windows, now if self.public_only else 0)

    def sees(self, shown: Shown, moment: Moment) -> bool:
        """Whether a version is in the view at a moment.

        A calendar itself is, unless kinds are asked for.
        """
        row = shown.row
        if self.calendar not in (None, row.calendar) or row.deleted:
            return False
        if self.public_only and shown.public_from > moment.now:
            return False
        return admits(self.condition, row) and in_time(moment.windows, row)

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
    """Whether a row with its spans lies in one of these windows, or there are none."""
    return not windows or any(_in(window, row) for window in windows)


def _in(window: Window, row: Row) -> bool:
    matches = touches if window.possible else certainly_touches
    return any(window.axis == span.axis and matches(window, span) for span in row.spans)


def view_of(asked: ChangeView, path: str, db: TzDb) -> View:
    """A view of the API made ready. Raises RefusedError by the path of the field."""
    calendar = calendar_of(asked.parent, f"{path}.parent", all_allowed=True)
    window = sliding = None
    if asked.filter.HasField("window"):
        window = asked.filter.window
        agenda.plan(window, f"{path}.filter.window", db)
    if asked.HasField("sliding"):
        sliding = _checked(asked.sliding, f"{path}.sliding", db)
        if window is not None:
            raise invalid(f"{path}.sliding", "a second window", "without filter.window")
    return View(calendar, condition_of(asked.filter), window, sliding, asked.public_only)


def _checked(sliding: SlidingWindow, path: str, db: TzDb) -> SlidingWindow:
    for name in ("days_before", "days_after"):
        if not 0 <= (days := getattr(sliding, name)) <= MOST_DAYS:
            raise invalid(f"{path}.{name}", days, f"from 0 to {MOST_DAYS} days")
    if not sliding.time_zone:
        raise missing(f"{path}.time_zone", "give the zone whose days these are")
    try:
        db.zone(sliding.time_zone)
    except ZoneError as error:
        raise refused(error, f"{path}.time_zone") from error
    return sliding


@lru_cache(maxsize=64)  # a change is looked at by all views at about the same time
def shown(kind: int, frame: bytes, db: TzDb) -> Shown:
    """A version, by what it was found when it was the latest."""
    record = wire.unframe(BY_NUMBER[kind].message, frame)
    public_from = embargo(record) if is_public(record, math.inf) else math.inf
    return Shown(indexed(record, db, frame), public_from, record.etag)


def _purged(change: Logged, view: View, moment: Moment) -> ChangeKind | None:
    """Nobody can tell any more who has seen it, but for whom it never was: who may not see it."""
    left = wire.unframe(RecordHeader, change.frame)
    left.ClearField("delete_time")
    hidden = view.public_only and not is_public(left, moment.now)
    return None if hidden else ChangeKind.CHANGE_KIND_DELETE


class Opened(NamedTuple):
    """Whether the calendar of a change was public before its revision, and after it."""

    before: bool = True
    after: bool = True


ALWAYS_OPEN = Opened()


def seen(
    change: Logged, view: View, moment: Moment, db: TzDb, opened: Opened = ALWAYS_OPEN
) -> ChangeKind | None:
    """Return how a change looks in a view at a moment; None if it cannot be seen there."""
    if view.calendar not in (None, change.calendar):
        return None
    stays = opened.after and not change.deleted
    if stays and view.sees(shown(change.kind, change.frame, db), moment):
        return ChangeKind.CHANGE_KIND_UPSERT
    if change.deleted and not change.before:
        return _purged(change, view, moment) if opened.after else None
    was = opened.before and change.before and not change.before_deleted
    if not (was and view.sees(shown(change.kind, change.before, db), moment)):
        return None
    if change.deleted:
        return ChangeKind.CHANGE_KIND_DELETE
    return ChangeKind.CHANGE_KIND_LEFT_VIEW

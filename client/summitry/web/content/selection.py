"""Selection of the records that a feed shows: visibility, embargoes, filter, detail, window."""

from __future__ import annotations

import hashlib
import math
import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from typing import NamedTuple

from summitry.ical.renderer_digest import renderer_version
from summitry.kinds import EVENTS, WITH_PROGRAMME, Record
from summitry.standing import standing_times
from summitry.time_fields import instants
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.change_service_pb2 import ChangeView
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.feed_pb2 import Feed, FeedDetail
from summitry.v1.filter_pb2 import MatchCertainty
from summitry.v1.record_pb2 import Visibility
from summitry.visibility import embargo, is_public, is_visible
from summitry.web.content.source import CalendarContent, CalendarState
from summitry.web.content.visible_records import VisibleRecords
from summitry.zones import ZoneError, parse_date
from summitry.zones.days import DAY_SECONDS

MAX_EVENTS = 1000
MAX_BYTES = 2 * 1024 * 1024

_ALWAYS = (-math.inf, math.inf)
_NEVER = frozenset(_ALWAYS)


class FeedBounds(NamedTuple):
    """The most that a subscription holds: of its events the latest."""

    events: int
    bytes: int


def bounds_of(head: Record) -> FeedBounds:
    """Return the bounds of a feed, or those of the feed of a calendar."""
    feed = head if isinstance(head, Feed) else Feed()
    return FeedBounds(feed.max_events or MAX_EVENTS, feed.max_bytes or MAX_BYTES)


class Candidate(NamedTuple):
    """A record with the period in which the feed shows it."""

    visible_from: float  # epoch seconds
    visible_until: float
    record: Record

    def is_visible(self, now: float) -> bool:
        """Return whether the feed shows the record at a moment."""
        return self.visible_from <= now < self.visible_until

    def edges(self) -> set[float]:
        """Return the moments at which the record appears and disappears, if there are such."""
        return {self.visible_from, self.visible_until} - _NEVER


class FeedSnapshot(NamedTuple):
    """The content of a feed from one instant until something appears or disappears."""

    head: Calendar | Feed  # gives the file its name
    visible: VisibleRecords  # events, and the delegations that attend them
    digest: str  # of all that the bytes depend on but the options
    modified: int  # epoch seconds of the last change to these records
    until: float  # epoch seconds at which a record appears or disappears without a write

    @property
    def records(self) -> tuple[Record, ...]:
        """Return all records, in no order."""
        return tuple(self.visible.records.values())


class Selection:
    """The records of a calendar that a feed shows; of the calendar itself, the public ones.

    It follows the content of the calendar and the clock, in any direction, and looks only at the
    records that changed and at those that come or go between two moments. Safe for threads.
    """

    def __init__(self, tzdb_version: str) -> None:
        self._tzdb_version = tzdb_version
        self._lock = threading.Lock()
        self._content: CalendarContent | None = None
        self._feed: Feed | None = None
        self._now = -math.inf
        self._edges = _Edges()
        self._visible = VisibleRecords()
        self._snapshot: FeedSnapshot | None = None

    def snapshot(self, content: CalendarContent, feed: Feed | None, now: float) -> FeedSnapshot:
        """Return what a feed of the content shows at an instant; None is the calendar itself.

        A look-up, unless the content has changed, or a record has appeared or disappeared since.
        """
        with self._lock:
            if self._content is not content:
                self._snapshot = None
                self._follow(content, feed, now)
            if self._snapshot is None or self._edges.between(self._now, now):
                self._advance(now)
                self._snapshot = self._make(content, feed)
            return self._snapshot

    def _follow(self, content: CalendarContent, feed: Feed | None, now: float) -> None:
        """Look at the records that differ in a content; at all of them under other rules."""
        new = _Candidates(content, feed)
        old = _Candidates(self._content, self._feed) if self._content is not None else None
        self._content = None  # if anything fails below, the next call begins anew
        if old is not None and old.rules == new.rules:
            self._replace(old.difference(new), old, new)
        else:
            self._edges, self._visible, self._now = _Edges(), VisibleRecords(), now
            self._replace(content.records, None, new)
        self._content, self._feed = content, feed

    def _replace(self, names: Iterable[str], old: _Candidates | None, new: _Candidates) -> None:
        changes: dict[str, Record | None] = {}
        for name in names:
            if old is not None and (candidate := old.get(name)) is not None:
                self._edges.remove(candidate)
            candidate = new.get(name)
            if candidate is not None:
                self._edges.add(candidate)
            visible = candidate is not None and candidate.is_visible(self._now)
            changes[name] = candidate.record if candidate is not None and visible else None
        self._visible = self._visible.updated(changes)

    def _advance(self, now: float) -> None:
        """Show what is visible at `now`."""
        assert self._content is not None
        candidates = _Candidates(self._content, self._feed)
        changes: dict[str, Record | None] = {}
        for name in self._edges.between(self._now, now):
            candidate = candidates.get(name)
            assert candidate is not None
            changes[name] = candidate.record if candidate.is_visible(now) else None
        self._visible = self._visible.updated(changes)
        self._now = now

    def _make(self, content: CalendarContent, feed: Feed | None) -> FeedSnapshot:
        since, until = self._edges.around(self._now)
        last_write = _last_write(content.state, feed or Feed())
        return FeedSnapshot(
            feed or content.calendar,
            self._visible,
            self._digest(content, feed),
            max(last_write, int(since)),
            until,
        )

    def _digest(self, content: CalendarContent, feed: Feed | None) -> str:
        """Return a digest of everything that the bytes depend on, but the options."""
        digest = hashlib.blake2b(digest_size=12)
        heads = _heads(content, feed)
        for facts in (
            (content.state.store_id, self._tzdb_version, renderer_version()),
            *((record.name, record.revision, record.etag) for record in heads),
            (self._visible.sum_of_versions, self._visible.newest),
        ):
            digest.update("\x1f".join(map(str, facts)).encode() + b"\x1e")
        return digest.hexdigest()


class _Edges:
    """The moments at which records appear or disappear, in order."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._names: dict[float, set[str]] = {}

    def add(self, candidate: Candidate) -> None:
        """Add both ends of the period in which a record is shown."""
        for time in candidate.edges():
            if time not in self._names:
                self._names[time] = set()
                insort(self._times, time)
            self._names[time].add(candidate.record.name)

    def remove(self, candidate: Candidate) -> None:
        """Remove both ends of a period that was added."""
        for time in candidate.edges():
            self._names[time].discard(candidate.record.name)
            if not self._names[time]:
                del self._names[time]
                del self._times[bisect_left(self._times, time)]

    def between(self, start: float, end: float) -> set[str]:
        """Return the names of the records that may come or go between two moments, either first."""
        low, high = (bisect_right(self._times, time) for time in sorted((start, end)))
        return set().union(*(self._names[time] for time in self._times[low:high]))

    def around(self, now: float) -> tuple[float, float]:
        """Return the last edge up to a moment, or 0, and the next one after it, or infinity."""
        index = bisect_right(self._times, now)
        last = self._times[index - 1] if index else 0
        return last, self._times[index] if index < len(self._times) else math.inf


def _last_write(state: CalendarState, feed: Feed) -> int:
    """Return the time of the last write that may have changed the content of this feed.

    Records that the filter leaves out count too: what stopped to match it must move the date.
    """
    public = feed.max_visibility <= Visibility.VISIBILITY_PUBLIC
    records = state.public_modified if public else state.internal_modified
    return max(records or state.modified, feed.update_time.seconds)


def may_read(content: CalendarContent, feed: Feed | None, now: float, *, by_token: bool) -> bool:
    """Return whether readers get the feed: anybody, or with `by_token` the holders of a token."""
    if not by_token:
        return all(is_public(head, now) for head in _heads(content, feed))
    assert feed is not None
    return is_visible(content.calendar, now, feed.max_visibility) and embargo(feed) <= now


def change_view_of(feed: Feed, calendar: str) -> ChangeView | None:
    """Return the view of the records that a feed admits; None if it admits all of its calendar."""
    if not feed.filter.ByteSize() and not feed.HasField("fixed_window"):
        return None
    view = ChangeView(parent=calendar, filter=feed.filter)
    if feed.HasField("fixed_window"):
        view.window.CopyFrom(feed.fixed_window)
    return view


def _heads(content: CalendarContent, feed: Feed | None) -> list[Record]:
    return [content.calendar] if feed is None else [content.calendar, feed]


class _Candidates:
    """The records of a content that a feed shows at some moment."""

    def __init__(self, content: CalendarContent, feed: Feed | None) -> None:
        self._records = content.records
        self._feed = feed or Feed()
        self._members = content.members.get(self._feed.name.rpartition("/")[2]) if feed else None
        events_alone = self._feed.detail == FeedDetail.FEED_DETAIL_EVENTS
        kinds = WITH_PROGRAMME if events_alone else EVENTS
        self._event_types = tuple(kind.message for kind in kinds)

    @property
    def rules(self) -> tuple[object, ...]:
        """Return what decides of a record, beside the members, whether and when it is shown."""
        feed = self._feed
        window = feed.window.SerializeToString() if feed.HasField("window") else None
        return feed.name, feed.detail, feed.max_visibility, window

    def difference(self, candidates: _Candidates) -> Iterable[str]:
        """Return the names of the records that may be candidates in another way there."""
        if (self._members is None) != (candidates._members is None):
            return {*self._records, *candidates._records}
        names = self._records.difference(candidates._records)
        if self._members is not None and candidates._members is not None:
            names |= self._members.difference(candidates._members)
        return names

    def get(self, name: str) -> Candidate | None:
        """Return the candidate of a name; None if the feed never shows such a record."""
        record = self._records.get(name)
        # A record under embargo is a candidate: it appears when the embargo ends.
        if record is None or not is_visible(record, math.inf, self._feed.max_visibility):
            return None
        if isinstance(record, Delegation):
            return Candidate(_embargo(record), math.inf, record)
        admitted = self._members is None or name in self._members
        if not (isinstance(record, self._event_types) and admitted):
            return None
        visible_from, visible_until = _visible_period(record, self._feed)
        return Candidate(max(visible_from, _embargo(record)), visible_until, record)


def _embargo(record: Record) -> float:
    return embargo(record) or -math.inf


def _visible_period(record: Record, feed: Feed) -> tuple[float, float]:
    """Return from when until when an event is in the window of the feed.

    An event may stand at its own time or at a former one, as the options of the reader have it.
    """
    if not feed.HasField("window"):
        return _ALWAYS
    try:
        times = [time for time, _ in standing_times(record)]
        day_ranges = [days for time in times if (days := _days(time))]
    except ZoneError:
        day_ranges = []  # the renderer finds the fault, and leaves this record alone out
    if not day_ranges:
        return _ALWAYS
    first, last = min(days[0] for days in day_ranges), max(days[1] for days in day_ranges)
    if feed.window.matching != MatchCertainty.MATCH_CERTAINTY_POSSIBLE and _is_partial(times):
        # It may be on any of its days, so the window has to hold all of them.
        first, last = last, first
    return (first - feed.window.days_after) * DAY_SECONDS, (
        last + 1 + feed.window.days_before
    ) * DAY_SECONDS


def _is_partial(times: Iterable[EventTime]) -> bool:
    return all(time.HasField("partial") for time in times)


def _days(time: EventTime) -> tuple[int, int] | None:
    """Return the first and last day that an event is, or can be, on; None if nothing is known."""
    if time.HasField("timed"):
        start, end = instants(time)
        first = start // DAY_SECONDS
        return first, first if end is None else max(first, (end - 1) // DAY_SECONDS)
    span = time.dates if time.HasField("dates") else time.partial
    ends = [parse_date(date) for date in (span.first_date, span.last_date) if date]
    return (ends[0], ends[-1]) if ends else None

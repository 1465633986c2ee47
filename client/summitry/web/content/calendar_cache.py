"""A cache of calendars: each is read once per change, and each feed of it selected once."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import NamedTuple

from cachetools import FIFOCache

from summitry.v1.feed_pb2 import Feed
from summitry.web.content.selection import FeedSnapshot, Selection, may_read
from summitry.web.content.source import CalendarContent, CalendarState, FeedSource

RECORDS = 200_000  # in memory, of all calendars together
LOCKS = 64
# Each selection of a calendar has a place for each of its records. A calendar has so many of them
# in memory that their places together are in proportion to its records, and a few thousand more.
SELECTIONS = 16
PLACES = 20_000


class DatedSnapshot(NamedTuple):
    """The snapshot that readers got last, and the date that it had."""

    digest: str
    modified: int  # epoch seconds
    clock: float  # the time at which the date was given, epoch seconds


class CachedCalendar(NamedTuple):
    """A calendar in memory, with the selections of the feeds that were requested."""

    content: CalendarContent
    selections: dict[str, Selection]  # by name of the feed; "" for the calendar itself
    dates: dict[str, DatedSnapshot]  # by name of the feed; these survive new revisions


class _StampedCalendar(NamedTuple):
    stamp: Hashable  # of the source, when the calendar was read
    cached: CachedCalendar


class ReaderView(NamedTuple):
    """The part of a calendar that a reader may see now, through one of its feeds or as a whole."""

    content: CalendarContent
    feed: Feed | None
    snapshot: FeedSnapshot
    date_clock: float  # epoch seconds; never goes back, and is used for dates only
    now: float  # epoch seconds by the clock, used for everything else


class CalendarCache:
    """The calendars in use. Safe for several threads; of these, one loads a calendar."""

    def __init__(self, source: FeedSource, tzdb_version: str, bound: int = RECORDS) -> None:
        self._source = source
        self._tzdb_version = tzdb_version
        # Each use writes its entry again, so the first entry is the one that was used longest ago,
        # and a reading changes no order: `state` needs no lock. A calendar that is larger than the
        # bound counts as the bound, so the calendar used last is always in memory.
        self._calendars: FIFOCache[str, _StampedCalendar] = FIFOCache(
            bound, lambda entry: min(len(entry.cached.content.records), bound)
        )
        self._lock = threading.Lock()
        # A fixed number, shared by hash: anybody can request any name, and a lock for each name
        # would fill the memory. A calendar always gets the same lock.
        self._loading = [threading.Lock() for _ in range(LOCKS)]

    def get(self, calendar_id: str) -> CachedCalendar | None:
        """Return the calendar as it is now; None if there is none."""
        with self._loading[hash(calendar_id) % LOCKS]:
            # The stamp is read before the content: a change in between then makes it outdated,
            # and the content is read again. The other way round that change would be missed.
            stamp = self._source.stamp()
            entry = self._entry(calendar_id)
            cached = entry.cached if entry else None
            if entry is None or entry.stamp != stamp:
                cached = self._load(calendar_id, cached)
            self._store(calendar_id, stamp, cached)
            return cached

    def state(self, calendar_id: str) -> CalendarState | None:
        """Return the state of a calendar if the one in memory is current, else None.

        It asks no store and takes no lock: the hot path calls it for each request.
        """
        entry = self._entry(calendar_id)
        if entry is None or entry.stamp != self._source.stamp():
            return None
        return entry.cached.content.state

    def view(
        self, calendar_id: str, feed_id: str, now: float, *, by_token: bool = False
    ) -> ReaderView | None:
        """Return what a feed shows at `now`, in epoch seconds; "" is the calendar itself.

        None if there is none, or none for that reader.
        """
        cached = self.get(calendar_id)
        if cached is None:
            return None
        feed = cached.content.feed(feed_id) if feed_id else None
        if feed_id and feed is None:
            return None
        if not may_read(cached.content, feed, now, by_token=by_token):
            return None
        snapshot = self.snapshot(cached, feed, now)
        return ReaderView(cached.content, feed, *_date_snapshot(cached, feed, snapshot, now), now)

    def snapshot(self, cached: CachedCalendar, feed: Feed | None, now: float) -> FeedSnapshot:
        """Return what a feed shows at an instant; None is the calendar itself."""
        content = cached.content
        key = feed.name if feed is not None else ""
        # The lock under which the calendar is loaded, since that copies the selections.
        with self._loading[hash(content.calendar.name.partition("/")[2]) % LOCKS]:
            selection = cached.selections.pop(key, None) or Selection(self._tzdb_version)
            cached.selections[key] = selection  # the last one used comes last
            most = max(SELECTIONS, PLACES // max(1, len(content.records)))
            while len(cached.selections) > most:
                del cached.selections[next(iter(cached.selections))]
        return selection.snapshot(content, feed, now)

    def _entry(self, calendar_id: str) -> _StampedCalendar | None:
        """Return the cached entry in one look-up, which is atomic between threads."""
        try:
            return self._calendars[calendar_id]
        except KeyError:
            return None

    def _load(self, calendar_id: str, cached: CachedCalendar | None) -> CachedCalendar | None:
        previous = cached.content if cached is not None else None
        content = self._source.content(calendar_id, previous)
        if content is None:
            return None
        if cached is None:
            return CachedCalendar(content, {}, {})
        if content is previous:
            return cached
        selections = {
            name: selection
            for name, selection in cached.selections.items()
            if not name or name in content.records
        }
        return CachedCalendar(content, selections, cached.dates)

    def _store(self, calendar_id: str, stamp: Hashable, cached: CachedCalendar | None) -> None:
        with self._lock:
            if cached is None:
                self._calendars.pop(calendar_id, None)
            else:
                self._calendars[calendar_id] = _StampedCalendar(stamp, cached)


def _date_snapshot(
    cached: CachedCalendar, feed: Feed | None, snapshot: FeedSnapshot, now: float
) -> tuple[FeedSnapshot, float]:
    """Return the snapshot with its Last-Modified date, and the time used for dates.

    A date is not before the last one. A clock that goes back may hide again what was shown: that
    is another body, so it gets a later date, which readers take for newer. Nothing but dates goes
    by the time returned, which does not go back with the clock.
    """
    key = feed.name if feed is not None else ""
    last = cached.dates.get(key, DatedSnapshot(snapshot.digest, snapshot.modified, 0))
    is_new = last.digest != snapshot.digest
    ahead = last.modified + 1 if is_new and now < last.modified else 0
    clock = max(now, snapshot.modified, last.clock, ahead)
    modified = snapshot.modified
    if modified <= last.modified:
        modified = last.modified + (is_new and clock >= last.modified + 1)
    cached.dates[key] = DatedSnapshot(snapshot.digest, modified, clock)
    return (
        snapshot if modified == snapshot.modified else snapshot._replace(modified=modified)
    ), clock

"""Calendars held in memory while nothing changes, and what each feed shows of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

from summitry.v1.feed_pb2 import Feed
from summitry.web.feeds.selection import Selection, Shown, may_read
from summitry.web.feeds.source import CalendarContent, CalendarState, FeedSource

RECORDS = 200_000  # that are held, of all calendars together
LOCKS = 64


class Dated(NamedTuple):
    """What was shown last, and which date it has."""

    digest: str
    modified: int  # epoch seconds
    clock: float  # the time by which it was given


class Held(NamedTuple):
    """A calendar, and the selections of its feeds as far as they were asked for."""

    content: CalendarContent
    selections: dict[str, Selection]  # by name of the feed; "" for the calendar itself
    dates: dict[str, Dated]  # the same; kept over revisions


class View(NamedTuple):
    """What a reader may see of a calendar at a moment, through one of its feeds or whole."""

    content: CalendarContent
    feed: Feed | None
    shown: Shown
    dated: float  # epoch seconds, by which dates are given
    now: float  # epoch seconds, by which all else is decided


class Holdings:
    """The calendars in use. Safe for use from several threads; of them one loads a calendar."""

    def __init__(self, source: FeedSource, tzdb_version: str, bound: int = RECORDS) -> None:
        self._source = source
        self._tzdb_version = tzdb_version
        self._bound = bound
        self._held: OrderedDict[str, tuple[Hashable, Held]] = OrderedDict()
        self._lock = threading.Lock()
        # Of a calendar always the same; not one for each, since anybody may ask for any name.
        self._loading = [threading.Lock() for _ in range(LOCKS)]

    def get(self, calendar_id: str) -> Held | None:
        """The calendar as it is now; None if there is none."""
        with self._loading[hash(calendar_id) % LOCKS]:
            # Read first: what changes while the content is read makes the stamp another one.
            stamp = self._source.stamp()
            stamped, held = self._held.get(calendar_id, (None, None))
            if held is None or stamped != stamp:
                held = self._load(calendar_id, held)
            self._keep(calendar_id, stamp, held)
            return held

    def state(self, calendar_id: str) -> CalendarState | None:
        """How far a calendar has come, if that is known without asking; takes no time."""
        stamped, held = self._held.get(calendar_id, (None, None))
        if held is None or stamped != self._source.stamp():
            return None
        return held.content.state

    def view(
        self, calendar_id: str, feed_id: str, now: float, *, by_token: bool = False
    ) -> View | None:
        """What a feed shows at `now`, in epoch seconds; "" is the calendar itself.

        None if there is none, or none for that reader.
        """
        held = self.get(calendar_id)
        if held is None:
            return None
        feed = held.content.feed(feed_id) if feed_id else None
        if feed_id and feed is None:
            return None
        if not may_read(held.content, feed, now, by_token=by_token):
            return None
        shown = self.select(held, feed).at(now)
        return View(held.content, feed, *_dated(held, feed, shown, now), now)

    def select(self, held: Held, feed: Feed | None) -> Selection:
        """What a feed of it shows; None for the calendar itself."""
        key = feed.name if feed is not None else ""
        with self._loading[hash(held.content.calendar.name) % LOCKS]:
            selection = held.selections.get(key)
            if selection is None:
                selection = Selection(held.content, feed, self._tzdb_version)
                held.selections[key] = selection
            return selection

    def _load(self, calendar_id: str, held: Held | None) -> Held | None:
        known = held.content if held is not None else None
        content = self._source.content(calendar_id, known)
        if content is None:
            return None
        if held is None:
            return Held(content, {}, {})
        return held if content is known else Held(content, {}, held.dates)

    def _keep(self, calendar_id: str, stamp: Hashable, held: Held | None) -> None:
        with self._lock:
            if held is None:
                self._held.pop(calendar_id, None)
                return
            self._held[calendar_id] = stamp, held
            self._held.move_to_end(calendar_id)
            self._shrink()

    def _shrink(self) -> None:
        size = sum(len(held.content.records) for _, held in self._held.values())
        while size > self._bound and len(self._held) > 1:
            _, (_, dropped) = self._held.popitem(last=False)
            size -= len(dropped.content.records)


def _dated(held: Held, feed: Feed | None, shown: Shown, now: float) -> tuple[Shown, float]:
    """Return what is shown with its date, and the time by which dates are given.

    A date is not before the last one. A clock that goes back may hide again what was shown: that
    is another body, so it gets a later date, which readers take for newer. Nothing but dates goes
    by the time returned, which does not go back with the clock.
    """
    key = feed.name if feed is not None else ""
    last = held.dates.get(key, Dated(shown.digest, shown.modified, 0))
    is_other = last.digest != shown.digest
    ahead = last.modified + 1 if is_other and now < last.modified else 0
    clock = max(now, shown.modified, last.clock, ahead)
    modified = shown.modified
    if modified <= last.modified:
        modified = last.modified + (is_other and clock >= last.modified + 1)
    held.dates[key] = Dated(shown.digest, modified, clock)
    return (shown if modified == shown.modified else shown._replace(modified=modified)), clock

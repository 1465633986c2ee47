"""A feed source over gRPC: follows a server, and serves the last state while that is away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from cachetools import FIFOCache, LRUCache

from summitry.client import Client
from summitry.errors import CallError, NotFoundError
from summitry.kinds import Record
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.change_service_pb2 import ChangeView
from summitry.v1.feed_pb2 import Feed
from summitry.visibility import is_public
from summitry.watching import Batch, View
from summitry.watching.options import Break
from summitry.web.content.persistent_map import PersistentMap
from summitry.web.content.selection import change_view_of
from summitry.web.content.source import (
    CalendarContent,
    CalendarState,
    FeedAccess,
    FeedListing,
    GoneTokenError,
    SourceUnavailableError,
    UnknownTokenError,
    listing_of,
)

CALENDARS = 256  # followed at the same time; the least used are dropped first
MISSING = 1024  # names of missing calendars, remembered until something changes
CALL_SECONDS = 5.0
SYNC_ATTEMPTS = 5

_log = logging.getLogger(__name__)


class _FollowedView:
    """A view of the server, and its records in a form that shares what does not change."""

    def __init__(self, change_view: ChangeView) -> None:
        self.change_view = change_view
        self.view = View()
        self.records: PersistentMap[Record] = PersistentMap()
        self._changed: set[str] = set()  # names in the view, and not yet in `records`

    def sync(self, client: Client) -> None:
        """Bring the view up to date. What came before an error is not forgotten."""
        for change in client.sync(self.change_view, view=self.view):
            self._changed.add(change.name)
        self.records = self.records.updated({name: self.view.get(name) for name in self._changed})
        self._changed.clear()


class _FollowedCalendar(NamedTuple):
    """A calendar as it was read last, and the views that continue from there."""

    view: _FollowedView
    members: dict[str, _FollowedView]  # by id of a feed: what its filter admits
    content: CalendarContent


class FollowedFeeds:
    """A FeedSource over a client. One watch says which calendars have to be read again."""

    def __init__(self, client: Client) -> None:
        self._client = client.with_timeout(CALL_SECONDS)
        self._lock = threading.Lock()
        self._followed: LRUCache[str, _FollowedCalendar] = LRUCache(CALENDARS)
        self._changed: set[str] = set()  # names of followed calendars
        self._missing: FIFOCache[str, int] = FIFOCache(MISSING)
        self._listing_cache: tuple[int, Sequence[Calendar], Sequence[Feed]] | None = None
        self._changes = 0
        self._stale_since = time.time()
        self._watch = client.watch(on_break=self._note_break)
        self._connected = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="feeds-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the watch."""
        self._watch.close()
        self._thread.join()

    def wait(self, seconds: float) -> bool:
        """Wait until the server has answered; return False if the time is over first."""
        return self._connected.wait(seconds)

    def stamp(self) -> Hashable:
        """Return the number of changes so far, and whether some may be missing."""
        return self._changes, self._stale_since > 0

    def trouble(self) -> str:
        """Return "", no trouble: while the server is away, feeds are served from memory."""
        return ""

    def stale_since(self) -> float:
        """Return since when the server is away, in epoch seconds; 0 if it is not."""
        return self._stale_since

    def content(self, calendar_id: str, previous: CalendarContent | None) -> CalendarContent | None:
        """Return the calendar as it is now, or as it was when the server went away."""
        name = f"calendars/{calendar_id}"
        with self._lock:
            followed = self._followed.get(name)
            if followed is not None and (self._stale_since or name not in self._changed):
                return followed.content
            if self._missing.get(name) == self._changes:
                return None
        return self._refresh(name, followed)

    def listings(self) -> Sequence[FeedListing]:
        """Return the public calendars and feeds; asks the server only after a change."""
        _, calendars, feeds = self._load_listings()
        now = time.time()
        listings = {
            calendar.name: listing_of(calendar)
            for calendar in calendars
            if is_public(calendar, now)
        }
        for feed in feeds:
            if is_public(feed, now) and feed.name.rpartition("/feeds/")[0] in listings:
                listings[feed.name] = listing_of(feed)
        return sorted(listings.values())

    def _load_listings(self) -> tuple[int, Sequence[Calendar], Sequence[Feed]]:
        """Return all calendars and feeds, with the number of changes at which they were read."""
        cached = self._listing_cache
        if cached is not None and (cached[0] == self._changes or self._stale_since):
            return cached
        changes = self._changes
        try:
            calendars = list(self._client.list(Calendar, page_size=1000))
            feeds = list(self._client.list(Feed, page_size=1000))
        except CallError as error:
            raise SourceUnavailableError(str(error)) from error
        self._listing_cache = changes, calendars, feeds
        return self._listing_cache

    def redeem(self, secret: str) -> FeedAccess:
        """Return the feed that a secret grants access to."""
        try:
            answer = self._client.redeem_feed_token(secret)
        except CallError as error:
            if error.reason == "FEED_TOKEN_NOT_FOUND":
                raise UnknownTokenError from None
            if error.reason == "FEED_TOKEN_GONE":
                raise GoneTokenError from None
            raise SourceUnavailableError(str(error)) from error
        # 0 stands for a token that never expires, so an expiry at the epoch becomes 1.
        expires = max(1, answer.expire_time.seconds) if answer.HasField("expire_time") else 0
        return FeedAccess(answer.feed, expires)

    def _follow(self) -> None:
        try:
            for batch in self._watch.batches():
                self._apply(batch)
        except CallError:
            _log.exception("the server cannot be followed: feeds stay as they are")
            self._stale_since = self._stale_since or time.time()

    def _apply(self, batch: Batch) -> None:
        """Mark the calendars that a batch of changes touches."""
        with self._lock:
            if batch.reset_reason:
                self._changed.update(self._followed)
            for change in batch.changes:
                self._changed.add("/".join(change.name.split("/")[:2]))
            if batch.changes or batch.reset_reason:
                self._changes += 1
            if self._stale_since and self._connected.is_set():
                _log.warning("the server is back after %.0f s", time.time() - self._stale_since)
            self._stale_since = 0.0
        self._connected.set()

    def _note_break(self, broken: Break) -> None:
        """Store since when the server is away, and log it once."""
        if not self._stale_since:
            self._stale_since = time.time()
            _log.warning("the server is away, feeds are served as they were: %s", broken.error)

    def _refresh(self, name: str, previous: _FollowedCalendar | None) -> CalendarContent | None:
        """Read the changes of a calendar; return the last state if the server is unreachable."""
        with self._lock:
            # Before the reading: a change from here on marks the calendar again.
            self._changed.discard(name)
            changes = self._changes
        try:
            followed = self._read(name, previous)
        except NotFoundError:
            with self._lock:
                self._followed.pop(name, None)
                self._missing[name] = changes
            return None
        except CallError as error:
            with self._lock:
                self._changed.add(name)
            if previous is None:
                raise SourceUnavailableError(f"{name}: {error}") from error
            _log.warning("%s is served as it was: %s", name, error)
            return previous.content
        with self._lock:
            # Dropped here by hand, because its mark has to go too. Other marks stay: a calendar
            # that changes while it is read for the first time has one and is not followed yet.
            if name not in self._followed and len(self._followed) == self._followed.maxsize:
                dropped, _ = self._followed.popitem()
                self._changed.discard(dropped)
            self._followed[name] = followed
        return followed.content

    def _read(self, name: str, previous: _FollowedCalendar | None) -> _FollowedCalendar:
        view = previous.view if previous is not None else _FollowedView(ChangeView(parent=name))
        for _ in range(SYNC_ATTEMPTS):
            state = self._client.calendar_state(name)
            view.sync(self._client)
            # A view that has not reached the state is synced again. (A restored store has
            # another id, and its revisions do not compare with the earlier ones.)
            if view.view.revision >= state.revision:
                break
        calendar = view.records[name]
        assert isinstance(calendar, Calendar)
        records = view.records.updated({name: None})
        members = self._members(records, previous)
        calendar_state = CalendarState(
            state.header.store_id,
            state.revision,
            state.modify_time.seconds,
            state.etag,
            state.public_modify_time.seconds,
            state.internal_modify_time.seconds,
        )
        admitted = {feed_id: member.records for feed_id, member in members.items()}
        content = CalendarContent(calendar_state, calendar, records, admitted)
        return _FollowedCalendar(view, members, content)

    def _members(
        self, records: PersistentMap[Record], previous: _FollowedCalendar | None
    ) -> dict[str, _FollowedView]:
        """Return the records that each feed's filter and fixed window admit, by the server."""
        before = previous.content.records if previous is not None else PersistentMap[Record]()
        members = dict(previous.members) if previous is not None else {}
        for name in records.difference(before):
            calendar, is_feed, feed_id = name.partition("/feeds/")
            if is_feed:
                feed = records.get(name)
                change_view = change_view_of(feed, calendar) if isinstance(feed, Feed) else None
                if change_view is None:
                    members.pop(feed_id, None)
                elif feed_id not in members or members[feed_id].change_view != change_view:
                    members[feed_id] = _FollowedView(change_view)
        for view in members.values():
            view.sync(self._client)
        return members

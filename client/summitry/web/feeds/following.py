"""A feed source over gRPC: follows a server, and goes on with what it has while that is away."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from summitry.client import Client
from summitry.errors import CallError, NotFoundError
from summitry.kinds import Record
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.change_service_pb2 import ChangeView
from summitry.v1.feed_pb2 import Feed
from summitry.visibility import is_public
from summitry.watching import Batch, View
from summitry.watching.options import Break
from summitry.web.feeds.source import (
    AwayError,
    CalendarContent,
    CalendarState,
    FeedListing,
    GoneTokenError,
    Redeemed,
    UnknownTokenError,
    listing_of,
)

CALENDARS = 256  # that are followed; the least used go first
MISSING = 1024  # names of calendars that are not there, remembered while nothing changes
CALL_SECONDS = 5.0
TRIES = 5

_log = logging.getLogger(__name__)


class _Followed(NamedTuple):
    """A calendar as it was at the last look, and what goes on from there."""

    view: View
    members: dict[str, tuple[bytes, View]]  # by id of a feed: its filter, and what that admits
    content: CalendarContent


class FollowedFeeds:
    """A FeedSource over a client. One watch tells which calendars to look at again."""

    def __init__(self, client: Client) -> None:
        self._client = client.with_timeout(CALL_SECONDS)
        self._lock = threading.Lock()
        self._followed: OrderedDict[str, _Followed] = OrderedDict()
        self._changed: set[str] = set()  # names of followed calendars
        self._missing: dict[str, int] = {}
        self._listed: tuple[int, Sequence[Calendar], Sequence[Feed]] | None = None
        self._changes = 0
        self._stale_since = time.time()
        self._watch = client.watch(on_break=self._broke)
        self._heard = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="feeds-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the watch."""
        self._watch.close()
        self._thread.join()

    def wait(self, seconds: float) -> bool:
        """Wait until the server has been heard; whether it has."""
        return self._heard.wait(seconds)

    def stamp(self) -> Hashable:
        """How many times something changed, and whether changes may be missed."""
        return self._changes, self._stale_since > 0

    def trouble(self) -> str:
        """Nothing: while the server is away, feeds are served as they were."""
        return ""

    def stale_since(self) -> float:
        """Since when the server is away."""
        return self._stale_since

    def content(self, calendar_id: str, known: CalendarContent | None) -> CalendarContent | None:
        """The calendar as it is, or while the server is away as it was."""
        name = f"calendars/{calendar_id}"
        with self._lock:
            followed = self._followed.get(name)
            if followed is not None and (self._stale_since or name not in self._changed):
                self._followed.move_to_end(name)
                return followed.content
            if self._missing.get(name) == self._changes:
                return None
        return self._look(name, followed)

    def listings(self) -> Sequence[FeedListing]:
        """Return what is public now; asks only after a change, and not while the server is away."""
        _, calendars, feeds = self._listed_anew()
        now = time.time()
        shown = {one.name: listing_of(one) for one in calendars if is_public(one, now)}
        for feed in feeds:
            if is_public(feed, now) and feed.name.rpartition("/feeds/")[0] in shown:
                shown[feed.name] = listing_of(feed)
        return sorted(shown.values())

    def _listed_anew(self) -> tuple[int, Sequence[Calendar], Sequence[Feed]]:
        kept = self._listed
        if kept is not None and (kept[0] == self._changes or self._stale_since):
            return kept
        changes = self._changes
        try:
            calendars = list(self._client.list(Calendar, page_size=1000))
            feeds = list(self._client.list(Feed, page_size=1000))
        except CallError as error:
            raise AwayError(str(error)) from error
        self._listed = changes, calendars, feeds
        return self._listed

    def redeem(self, secret: str) -> Redeemed:
        """What a secret reads."""
        try:
            answer = self._client.redeem_feed_token(secret)
        except CallError as error:
            if error.reason == "FEED_TOKEN_NOT_FOUND":
                raise UnknownTokenError from None
            if error.reason == "FEED_TOKEN_GONE":
                raise GoneTokenError from None
            raise AwayError(str(error)) from error
        # A time that is set is never 0 here: 0 stands for a token that does not end.
        expires = max(1, answer.expire_time.seconds) if answer.HasField("expire_time") else 0
        return Redeemed(answer.feed, expires)

    def _follow(self) -> None:
        try:
            for batch in self._watch.batches():
                self._take(batch)
        except CallError:
            _log.exception("the server cannot be followed: feeds stay as they are")
            self._stale_since = self._stale_since or time.time()

    def _take(self, batch: Batch) -> None:
        with self._lock:
            if batch.reset_reason:
                self._changed.update(self._followed)
            for change in batch.changes:
                self._changed.add("/".join(change.name.split("/")[:2]))
            if batch.changes or batch.reset_reason:
                self._changes += 1
            if self._stale_since and self._heard.is_set():
                _log.warning("the server is back after %.0f s", time.time() - self._stale_since)
            self._stale_since = 0.0
        self._heard.set()

    def _broke(self, broken: Break) -> None:
        if not self._stale_since:
            self._stale_since = time.time()
            _log.warning("the server is away, feeds are served as they were: %s", broken.error)

    def _look(self, name: str, old: _Followed | None) -> CalendarContent | None:
        """Read what has changed of a calendar."""
        with self._lock:
            # First: what changes from here on makes another look necessary.
            self._changed.discard(name)
            changes = self._changes
        try:
            followed = self._read(name, old)
        except NotFoundError:
            with self._lock:
                self._followed.pop(name, None)
                if len(self._missing) >= MISSING:
                    self._missing.clear()
                self._missing[name] = changes
            return None
        except CallError as error:
            with self._lock:
                self._changed.add(name)
            if old is None:
                raise AwayError(f"{name}: {error}") from error
            _log.warning("%s is served as it was: %s", name, error)
            return old.content
        with self._lock:
            self._followed[name] = followed
            self._followed.move_to_end(name)
            if len(self._followed) > CALENDARS:
                dropped, _ = self._followed.popitem(last=False)
                self._changed.discard(dropped)
        return followed.content

    def _read(self, name: str, old: _Followed | None) -> _Followed:
        view = old.view if old is not None else View()
        for _ in range(TRIES):
            state = self._client.calendar_state(name)
            self._sync(ChangeView(parent=name), view)
            # A restored store has another id, and revisions that do not compare.
            if view.revision >= state.revision:
                break
        records = view.snapshot()
        calendar = records.pop(name)
        assert isinstance(calendar, Calendar)
        members = self._members(name, records, old.members if old is not None else {})
        stood = CalendarState(
            state.header.store_id,
            state.revision,
            state.modify_time.seconds,
            state.etag,
            state.public_modify_time.seconds,
            state.internal_modify_time.seconds,
        )
        admitted = {feed_id: frozenset(one) for feed_id, (_, one) in members.items()}
        return _Followed(view, members, CalendarContent(stood, calendar, records, admitted))

    def _members(
        self, name: str, records: dict[str, Record], old: dict[str, tuple[bytes, View]]
    ) -> dict[str, tuple[bytes, View]]:
        """What the filters of the feeds admit: the server decides, here it is followed."""
        members = {}
        for feed in records.values():
            if isinstance(feed, Feed) and feed.filter.ByteSize():
                feed_id = feed.name.rpartition("/")[2]
                filter = feed.filter.SerializeToString(deterministic=True)
                known, view = old.get(feed_id, (b"", View()))
                if known != filter:
                    view = View()
                self._sync(ChangeView(parent=name, filter=feed.filter), view)
                members[feed_id] = filter, view
        return members

    def _sync(self, asked: ChangeView, view: View) -> None:
        for _ in self._client.sync(asked, view=view):
            pass

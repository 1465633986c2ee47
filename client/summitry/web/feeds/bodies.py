"""The cache of rendered feeds: each body is rendered once, each event once per version."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging
from functools import lru_cache
from typing import NamedTuple

from cachetools import FIFOCache

from summitry.ical.languages import word
from summitry.ical.options import Options
from summitry.ical.render import Fragment, Fragments, assemble, render_fragments
from summitry.kinds import Record
from summitry.v1.feed_pb2 import Feed
from summitry.web.content.selection import FeedSnapshot
from summitry.zones import TzDb, default_database

CACHE_BYTES = 128 * 1024 * 1024
GZIP_LEVEL = 6
MAX_EVENTS = 1000
MAX_BYTES = 2 * 1024 * 1024

_log = logging.getLogger(__name__)


class FeedRequest(NamedTuple):
    """A feed at one instant, with the options by which a reader wants it rendered."""

    calendar: str  # resource name
    feed: str  # resource name; that of the calendar for the calendar itself
    snapshot: FeedSnapshot
    options: Options

    @property
    def key(self) -> tuple[str, Options]:
        """Return the feed and the options, which are the same in every revision."""
        return self.feed, self.options


class Body(NamedTuple):
    """A feed as it goes out, in both encodings, and its fragments for the next rendering."""

    tag: str
    plain: bytes
    packed: bytes
    fragments: Fragments
    omitted: int  # events that are left out for the bounds of the feed
    broken: int  # records that cannot be rendered

    @property
    def size(self) -> int:
        """Return the approximate size in bytes; the fragments are as long as the plain body."""
        return 2 * len(self.plain) + len(self.packed)


class _CachedBody(NamedTuple):
    calendar: str  # resource name
    body: Body


@lru_cache(maxsize=1024)
def validator(digest: str, options: Options) -> str:
    """Return the text of a strong entity tag, without quotes and encoding; needs no rendering."""
    facts = "\x1f".join((digest, *options))
    return hashlib.blake2b(facts.encode(), digest_size=12).hexdigest()


class Bodies:
    """A cache of bodies by feed and options; the least used go first when they outgrow the bound.

    It belongs to one event loop. Rendering happens in threads; requests for a body that is being
    rendered wait for it.
    """

    def __init__(self, zones: TzDb | None = None, bound: int = CACHE_BYTES) -> None:
        self._zones = zones or default_database()
        # Not an LRUCache: `broken` and the reuse of fragments read all entries, which must not
        # change the order. `peek` moves what it returns. A body that is larger than the bound
        # counts as the bound, so the last body is always in memory.
        self._entries: FIFOCache[tuple[str, Options], _CachedBody] = FIFOCache(
            bound, lambda entry: min(entry.body.size, bound)
        )
        self._running: dict[str, asyncio.Task[Body]] = {}

    @property
    def size(self) -> int:
        """Return about how many bytes the bodies in memory take."""
        return int(self._entries.currsize)

    @property
    def broken(self) -> int:
        """Return how many records cannot be rendered, in the feeds that are in memory."""
        return sum(entry.body.broken for entry in self._entries.values())

    def peek(self, key: tuple[str, Options], tag: str) -> Body | None:
        """Return the body with an entity tag if it is in memory, else None."""
        entry = self._entries.get(key)
        if entry is None or entry.body.tag != tag:
            return None
        self._entries[key] = entry  # moves to the end
        return entry.body

    async def get(self, request: FeedRequest) -> Body:
        """Return the body, rendered if it is not in memory."""
        tag = validator(request.snapshot.digest, request.options)
        body = self.peek(request.key, tag)
        if body is not None:
            return body
        job = self._running.get(tag)
        if job is None:
            job = asyncio.create_task(self._render(request, tag))
            self._running[tag] = job
            job.add_done_callback(lambda _: self._running.pop(tag))
        # A reader that hangs up must not stop the work for the others.
        return await asyncio.shield(job)

    async def _render(self, request: FeedRequest, tag: str) -> Body:
        fragments = self._reusable_fragments(request)
        body = await asyncio.to_thread(_render_body, request, tag, fragments, self._zones)
        # Without the former body of this feed, fewer others have to make room.
        self._entries.pop(request.key, None)
        self._entries[request.key] = _CachedBody(request.calendar, body)
        return body

    def _reusable_fragments(self, request: FeedRequest) -> Fragments:
        """Return the fragments that feeds of this calendar have rendered with these options."""
        fragments: dict[tuple[str | int, ...], Fragment | None] = {}
        for (_, options), (calendar, body) in self._entries.items():
            if calendar == request.calendar and options == request.options:
                fragments |= body.fragments
        return fragments


def _render_body(request: FeedRequest, tag: str, reusable: Fragments, zones: TzDb) -> Body:
    """Render a feed; records that cannot be rendered are left out and logged."""
    snapshot, options = request.snapshot, request.options
    broken: list[str] = []

    def quarantine(record: Record, error: Exception) -> None:
        broken.append(record.name)
        _log.error("left out of its feeds: %s cannot be rendered", record.name, exc_info=error)

    fragments = render_fragments(
        snapshot.records, options, reusable=reusable, zones=zones, on_error=quarantine
    )
    admitted, omitted = _admit_latest(fragments, snapshot.head)
    heads = (snapshot.head, *snapshot.records)
    plain = assemble(
        snapshot.head,
        admitted,
        options,
        modified=max(record.update_time.seconds for record in heads),
        color=getattr(snapshot.head, "color", ""),
        notes=_notes(snapshot.head, options, len(admitted), omitted),
        zones=zones,
    )
    packed = gzip.compress(plain, GZIP_LEVEL, mtime=0)
    return Body(tag, plain, packed, fragments, omitted, len(broken))


def _admit_latest(fragments: Fragments, head: Record) -> tuple[Fragments, int]:
    """Return the latest events that the bounds of the feed admit, and how many are left out."""
    feed = head if isinstance(head, Feed) else Feed()
    bytes_left, max_events = feed.max_bytes or MAX_BYTES, feed.max_events or MAX_EVENTS
    present = {key: fragment for key, fragment in fragments.items() if fragment is not None}
    if (
        len(present) <= max_events
        and sum(len(fragment.data) for fragment in present.values()) <= bytes_left
    ):
        return present, 0
    admitted: dict[tuple[str | int, ...], Fragment | None] = {}
    for key, fragment in sorted(present.items(), key=lambda item: item[1], reverse=True):
        bytes_left -= len(fragment.data)
        if len(admitted) == max_events or bytes_left < 0:
            break
        admitted[key] = fragment
    return admitted, len(present) - len(admitted)


def _notes(head: Record, options: Options, shown_count: int, omitted_count: int) -> list[str]:
    """Return notes on the window and the limits of the feed, in its language."""
    notes = []
    if isinstance(head, Feed) and head.HasField("window"):
        text = word(options.language, "feed-window")
        notes.append(text.format(head.window.days_before, head.window.days_after))
    if omitted_count:
        notes.append(
            word(options.language, "feed-bounds").format(shown_count, shown_count + omitted_count)
        )
    return notes

"""The cache of rendered feeds: each body is rendered once, each event once per version."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeAlias

from cachetools import FIFOCache

from summitry.ical.languages import word
from summitry.ical.options import Options
from summitry.ical.render import FILE_END, file_head
from summitry.kinds import Record
from summitry.v1.feed_pb2 import Feed
from summitry.web.content.selection import FeedSnapshot, bounds_of
from summitry.web.feeds.chunks import Rendering
from summitry.web.feeds.gzip_parts import BodyPart, join_gzip, join_plain
from summitry.web.feeds.layout import Admitted, Layout, Reuse
from summitry.zones import TzDb, default_database

CACHE_BYTES = 128 * 1024 * 1024

_END = BodyPart(FILE_END)

Key: TypeAlias = tuple[str, Options]
"""A feed and the options, which are the same in every revision."""


class FeedRequest(NamedTuple):
    """A feed at one instant, with the options by which a reader wants it rendered."""

    calendar: str  # resource name
    feed: str  # resource name; that of the calendar for the calendar itself
    snapshot: FeedSnapshot
    options: Options

    @property
    def key(self) -> Key:
        """Return the feed by name, and the options."""
        return self.feed, self.options


class Body:
    """A feed as it goes out. Each encoding is joined when it is first asked for."""

    def __init__(self, tag: str, parts: Sequence[BodyPart], admitted: Admitted) -> None:
        self.tag = tag
        self.omitted = admitted.omitted  # events left out for the bounds of the feed
        self.broken = admitted.broken  # records that cannot be rendered
        self._parts = parts

    @cached_property
    def plain(self) -> bytes:
        """Return the bytes as they are."""
        return join_plain(self._parts)

    @cached_property
    def packed(self) -> bytes:
        """Return the bytes in gzip."""
        return join_gzip(self._parts)

    def joined(self, encoding: int) -> bytes | None:
        """Return the bytes if they are joined already; encoding 0 is plain, 1 is gzip."""
        data: bytes | None = self.__dict__.get(_ENCODINGS[encoding])
        return data

    def join(self, encoding: int) -> bytes:
        """Return the bytes in an encoding."""
        data: bytes = getattr(self, _ENCODINGS[encoding])
        return data

    @property
    def size(self) -> int:
        """Return how many bytes are joined; the parts are those of the layout."""
        return sum(len(self.joined(encoding) or b"") for encoding in (0, 1))


_ENCODINGS = ("plain", "packed")


class _CachedFeed(NamedTuple):
    calendar: str  # resource name
    layout: Layout
    body: Body
    size: int  # bytes of both


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
        # Not an LRUCache: `broken` and the search for renderings read all entries, which must not
        # change the order. `peek` moves what it returns. A feed that is larger than the bound
        # counts as the bound, so the last one is always in memory.
        self._entries: FIFOCache[Key, _CachedFeed] = FIFOCache(
            bound, lambda entry: min(entry.size, bound)
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

    def peek(self, key: Key, tag: str) -> Body | None:
        """Return the body with an entity tag if it is in memory, else None."""
        entry = self._entries.get(key)
        if entry is None or entry.body.tag != tag:
            return None
        self._entries[key] = entry  # moves to the end
        return entry.body

    async def get(self, request: FeedRequest, encoding: int = 0) -> Body:
        """Return the body, joined in an encoding: 0 is plain, 1 is gzip."""
        tag = validator(request.snapshot.digest, request.options)
        body = self.peek(request.key, tag)
        if body is None:
            job = self._running.get(tag)
            if job is None:
                job = asyncio.create_task(self._render(request, tag))
                self._running[tag] = job
                job.add_done_callback(lambda _: self._running.pop(tag))
            # A reader that hangs up must not stop the work for the others.
            body = await asyncio.shield(job)
        if body.joined(encoding) is None:
            await asyncio.to_thread(body.join, encoding)
            self._measure(request.key, body)
        return body

    async def _render(self, request: FeedRequest, tag: str) -> Body:
        entry = self._entries.get(request.key)
        layout = entry.layout if entry is not None else Layout(request.options, self._zones)
        reuse = self._reuse(request, layout)
        try:
            body = await asyncio.to_thread(_compose, request, tag, layout, reuse, self._zones)
        except BaseException:
            self._entries.pop(request.key, None)  # its layout may be half of a change behind
            raise
        # Without the former body of this feed, fewer others have to make room.
        self._entries.pop(request.key, None)
        self._entries[request.key] = _CachedFeed(request.calendar, layout, body, layout.size)
        return body

    def _measure(self, key: Key, body: Body) -> None:
        """Count the bytes of a body again, if it is still in memory."""
        entry = self._entries.get(key)
        if entry is not None and entry.body is body:
            self._entries[key] = entry._replace(size=entry.layout.size + body.size)

    def _reuse(self, request: FeedRequest, layout: Layout) -> Reuse:
        """Return what finds renderings in the other feeds of this calendar with these options."""
        layouts = [
            entry.layout
            for (_, options), entry in self._entries.items()
            if entry.calendar == request.calendar
            and options == request.options
            and entry.layout is not layout
        ]

        def find(name: str, version: tuple[str | int, ...]) -> Rendering | None:
            return next(filter(None, (feed.find(name, version) for feed in layouts)), None)

        return find


def _compose(request: FeedRequest, tag: str, layout: Layout, reuse: Reuse, zones: TzDb) -> Body:
    """Bring the layout of a feed up to date, and return the body of it."""
    head, visible, options = request.snapshot.head, request.snapshot.visible, request.options
    admitted = layout.admit(visible, *bounds_of(head), reuse)
    start = file_head(
        head,
        options,
        modified=max(head.update_time.seconds, visible.newest),
        color=getattr(head, "color", ""),
        notes=_notes(head, options, admitted.events, admitted.omitted),
        spans=admitted.spans(),
        instants=admitted.instants,
        zones=zones,
    )
    parts = (BodyPart(start), *(tail.part for tail in admitted.tails), _END)
    return Body(tag, parts, admitted)


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

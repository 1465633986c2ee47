"""Rendered feeds, kept: each body once, each event once per version of what it shows."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging
from collections import OrderedDict
from functools import lru_cache
from typing import NamedTuple

from summitry.ical.options import Options
from summitry.ical.render import Fragment, Fragments, assemble, render_fragments
from summitry.ical.words import word
from summitry.kinds import Record
from summitry.v1.feed_pb2 import Feed
from summitry.web.feeds.selection import Shown
from summitry.zones import TzDb, default_database

CACHE_BYTES = 128 * 1024 * 1024
GZIP_LEVEL = 6
MAX_EVENTS = 1000
MAX_BYTES = 2 * 1024 * 1024

_log = logging.getLogger(__name__)


class Wanted(NamedTuple):
    """What a reader is to get."""

    calendar: str  # resource name
    feed: str  # resource name; that of the calendar for the calendar itself
    shown: Shown
    options: Options

    @property
    def key(self) -> tuple[str, Options]:
        """What stays the same from revision to revision."""
        return self.feed, self.options


class Body(NamedTuple):
    """A feed as it goes out, in both encodings, and what the next rendering can use again."""

    tag: str
    plain: bytes
    packed: bytes
    fragments: Fragments
    omitted: int  # events that are left out for the bounds of the feed
    broken: int  # records that cannot be rendered

    @property
    def size(self) -> int:
        """Bytes held, about: the fragments are as long as the plain body."""
        return 2 * len(self.plain) + len(self.packed)


@lru_cache(maxsize=1024)
def validator(digest: str, options: Options) -> str:
    """What a strong entity tag is made of, known without rendering: no quotes, no encoding."""
    facts = "\x1f".join((digest, *options))
    return hashlib.blake2b(facts.encode(), digest_size=12).hexdigest()


class Bodies:
    """Bodies by feed and options; the least used go first when they outgrow the bound.

    Belongs to one event loop. Rendering happens in threads; requests that want what is being
    rendered wait for it.
    """

    def __init__(self, zones: TzDb | None = None, bound: int = CACHE_BYTES) -> None:
        self._zones = zones or default_database()
        self._bound = bound
        self._kept: OrderedDict[tuple[str, Options], tuple[str, Body]] = OrderedDict()
        self.size = 0
        self._running: dict[str, asyncio.Task[Body]] = {}

    @property
    def broken(self) -> int:
        """How many records are left out of kept feeds since they cannot be rendered."""
        return sum(body.broken for _, body in self._kept.values())

    def peek(self, key: tuple[str, Options], tag: str) -> Body | None:
        """The body of that tag, if it is kept."""
        _, body = self._kept.get(key, ("", None))
        if body is None or body.tag != tag:
            return None
        self._kept.move_to_end(key)
        return body

    async def get(self, wanted: Wanted) -> Body:
        """The body; rendered if it is not kept."""
        tag = validator(wanted.shown.digest, wanted.options)
        body = self.peek(wanted.key, tag)
        if body is not None:
            return body
        job = self._running.get(tag)
        if job is None:
            job = asyncio.create_task(self._render(wanted, tag))
            self._running[tag] = job
            job.add_done_callback(lambda _: self._running.pop(tag))
        # A reader that hangs up must not stop the work for the others.
        return await asyncio.shield(job)

    async def _render(self, wanted: Wanted, tag: str) -> Body:
        known = self._known(wanted)
        body = await asyncio.to_thread(_produce, wanted, tag, known, self._zones)
        self._keep(wanted, body)
        return body

    def _known(self, wanted: Wanted) -> Fragments:
        """What this feed and others of the calendar have rendered by these options."""
        known: dict[tuple[str | int, ...], Fragment | None] = {}
        for (_, options), (calendar, body) in self._kept.items():
            if calendar == wanted.calendar and options == wanted.options:
                known |= body.fragments
        return known

    def _keep(self, wanted: Wanted, body: Body) -> None:
        _, replaced = self._kept.pop(wanted.key, ("", None))
        self.size += body.size - (replaced.size if replaced else 0)
        self._kept[wanted.key] = wanted.calendar, body
        while self.size > self._bound and len(self._kept) > 1:
            _, (_, dropped) = self._kept.popitem(last=False)
            self.size -= dropped.size


def _produce(wanted: Wanted, tag: str, known: Fragments, zones: TzDb) -> Body:
    shown, options = wanted.shown, wanted.options
    broken: list[str] = []

    def quarantine(record: Record, error: Exception) -> None:
        broken.append(record.name)
        _log.error("left out of its feeds: %s cannot be rendered", record.name, exc_info=error)

    fragments = render_fragments(
        shown.records, options, known=known, zones=zones, on_error=quarantine
    )
    kept, omitted = _bounded(fragments, shown.head)
    heads = (shown.head, *shown.records)
    plain = assemble(
        shown.head,
        kept,
        options,
        modified=max(record.update_time.seconds for record in heads),
        color=getattr(shown.head, "color", ""),
        notes=_notes(shown.head, options, len(kept), omitted),
        zones=zones,
    )
    packed = gzip.compress(plain, GZIP_LEVEL, mtime=0)
    return Body(tag, plain, packed, fragments, omitted, len(broken))


def _bounded(fragments: Fragments, head: Record) -> tuple[Fragments, int]:
    """The latest events that the bounds of the feed admit, and how many are left out."""
    feed = head if isinstance(head, Feed) else Feed()
    room, most = feed.max_bytes or MAX_BYTES, feed.max_events or MAX_EVENTS
    present = {key: one for key, one in fragments.items() if one is not None}
    if len(present) <= most and sum(len(one.data) for one in present.values()) <= room:
        return present, 0
    kept: dict[tuple[str | int, ...], Fragment | None] = {}
    for key, one in sorted(present.items(), key=lambda item: item[1], reverse=True):
        room -= len(one.data)
        if len(kept) == most or room < 0:
            break
        kept[key] = one
    return kept, len(present) - len(kept)


def _notes(head: Record, options: Options, kept: int, omitted: int) -> list[str]:
    """What the feed says of its own bounds, in its language."""
    notes = []
    if isinstance(head, Feed) and head.HasField("window"):
        text = word(options.language, "feed-window")
        notes.append(text.format(head.window.past_days, head.window.future_days))
    if omitted:
        notes.append(word(options.language, "feed-bounds").format(kept, kept + omitted))
    return notes

"""Rendered feeds, kept: each body once per state, each event once per version of what it shows."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from summitry.feeds.source import FeedContent, FeedSource, FeedState
from summitry.ical.options import Options
from summitry.ical.render import RENDERER_VERSION, Fragments, assemble, render_fragments
from summitry.kinds import Record
from summitry.zones import TzDb

CACHE_BYTES = 128 * 1024 * 1024
GZIP_LEVEL = 6

_log = logging.getLogger(__name__)

Key = tuple[str, Options]


class Body(NamedTuple):
    """A feed as it goes out, in both encodings, and what the next rendering can use again."""

    state: FeedState
    plain: bytes
    packed: bytes
    fragments: Fragments

    @property
    def size(self) -> int:
        """Bytes held, about: the fragments are as long as the plain body."""
        return 2 * len(self.plain) + len(self.packed)


@lru_cache(maxsize=1024)
def validator(calendar_id: str, state: FeedState, options: Options) -> str:
    """What a strong entity tag is made of, known without rendering: no quotes, no encoding."""
    facts = (calendar_id, *map(str, state), *options, RENDERER_VERSION)
    return hashlib.blake2b("\x1f".join(facts).encode(), digest_size=12).hexdigest()


class Bodies:
    """Bodies by calendar and options; the least used go first when they outgrow the bound.

    Belongs to one event loop. Rendering happens in threads; requests that want what is being
    rendered wait for it.
    """

    def __init__(
        self, source: FeedSource, zones: TzDb | None = None, bound: int = CACHE_BYTES
    ) -> None:
        self._source = source
        self._zones = zones
        self._bound = bound
        self._kept: OrderedDict[Key, Body] = OrderedDict()
        self.size = 0
        self._running: dict[tuple[Key, FeedState], asyncio.Task[Body | None]] = {}

    async def get(self, calendar_id: str, state: FeedState, options: Options) -> Body | None:
        """The body for that state, or a newer one; None when the calendar has gone meanwhile."""
        key = (calendar_id, options)
        body = self._kept.get(key)
        if body is not None and body.state == state:
            self._kept.move_to_end(key)
            return body
        job = self._running.get((key, state))
        if job is None:
            job = asyncio.create_task(self._render(key, body.fragments if body else {}))
            self._running[key, state] = job
            job.add_done_callback(lambda _: self._running.pop((key, state)))
        # A reader that hangs up must not stop the work for the others.
        return await asyncio.shield(job)

    async def _render(self, key: Key, known: Fragments) -> Body | None:
        calendar_id, options = key
        body = await asyncio.to_thread(
            _produce, self._source.load, calendar_id, options, known, self._zones
        )
        if body is not None:
            self._keep(key, body)
        return body

    def _keep(self, key: Key, body: Body) -> None:
        replaced = self._kept.pop(key, None)
        self.size += body.size - (replaced.size if replaced else 0)
        self._kept[key] = body
        while self.size > self._bound and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self.size -= dropped.size


def _produce(
    load: Callable[[str], FeedContent | None],
    calendar_id: str,
    options: Options,
    known: Fragments,
    zones: TzDb | None,
) -> Body | None:
    content = load(calendar_id)
    if content is None:
        return None
    fragments = render_fragments(
        content.records,
        options,
        known=known,
        zones=zones,
        on_error=_quarantine,
    )
    modified = content.state.modified
    plain = assemble(content.calendar, fragments, options, modified=modified, zones=zones)
    return Body(content.state, plain, gzip.compress(plain, GZIP_LEVEL, mtime=0), fragments)


def _quarantine(record: Record, error: Exception) -> None:
    _log.error("left out of its feeds: %s cannot be rendered", record.name, exc_info=error)

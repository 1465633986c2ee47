"""The events of a feed in the order of a file, brought up to date change by change.

All events have their place, and only those are rendered that the bounds of the feed may admit. An
edit renders one event and joins one chunk, whatever the size of the calendar.
"""

from __future__ import annotations

import logging
import threading
from bisect import bisect_right, insort
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from summitry.ical import render
from summitry.ical.options import Options
from summitry.ical.records import Event
from summitry.kinds import Record
from summitry.web.content.visible_records import VisibleRecords
from summitry.web.feeds.chunks import Chunk, Key, Rendering, Tail, begins_chunk, split
from summitry.zones import TzDb

PLACE_BYTES = 300  # about what an event takes that is not rendered

_log = logging.getLogger(__name__)

# Returns the rendering of a version of an event by name, if another feed has it.
Reuse = Callable[[str, tuple[str | int, ...]], Rendering | None]


class Admitted(NamedTuple):
    """The events that the bounds of a feed admit."""

    tails: Sequence[Tail]  # in the order of the file
    events: int
    omitted: int  # events left out for the bounds
    broken: int  # records that cannot be rendered

    def spans(self) -> Mapping[str, tuple[int, int]]:
        """Return the first and the last instant at which a TZID is used; of a file."""
        spans: dict[str, tuple[int, int]] = {}
        for tail in self.tails:
            for key, (first, last) in tail.spans.items():
                low, high = spans.get(key, (first, last))
                spans[key] = min(low, first), max(high, last)
        return spans if self.events else render.NO_EVENTS

    def instants(self, key: str) -> set[int]:
        """Return all instants at which a TZID is used."""
        return {instant for tail in self.tails for instant in tail.uses.get(key, ())}


class Layout:
    """The events of a feed for one set of options. Of several threads, one may `admit`."""

    def __init__(self, options: Options, zones: TzDb) -> None:
        self._options = options
        self._zones = zones
        self._lock = threading.Lock()
        self._visible = VisibleRecords()
        self._keys: dict[str, Key] = {}  # of all events that have a place, by name
        self._unplaceable: set[str] = set()
        self._chunks: list[Chunk] = []
        self._firsts: list[Key] = []  # the first key of each chunk

    @property
    def size(self) -> int:
        """Return about how many bytes it takes in memory."""
        return PLACE_BYTES * len(self._keys) + sum(chunk.size for chunk in self._chunks)

    def admit(
        self, visible: VisibleRecords, max_events: int, max_bytes: int, reuse: Reuse
    ) -> Admitted:
        """Return the latest of the visible events that the bounds admit, rendered.

        Those that cannot be rendered are left out and logged.
        """
        with self._lock:
            self._follow(visible)
            return self._latest(max_events, max_bytes, reuse)

    def find(self, name: str, version: tuple[str | int, ...]) -> Rendering | None:
        """Return the rendering of a version of an event if it is there; never waits."""
        # A layout at work is not waited for: two of them could wait for each other.
        if not self._lock.acquire(blocking=False):
            return None
        try:
            key = self._keys.get(name)
            if key is None:
                return None
            rendering = self._chunks[self._index(key)].rendering(key)
            return rendering if rendering and rendering.version == version else None
        finally:
            self._lock.release()

    def _follow(self, visible: VisibleRecords) -> None:
        """Give the events that differ their new places."""
        names = self._visible.affected(visible)
        placed = {name: self._place(name, visible.event(name)) for name in names}
        if self._chunks:
            for name, key in placed.items():
                self._move(name, key)
        else:
            self._keys = {name: key for name, key in placed.items() if key is not None}
            self._splice(0, 0, sorted(self._keys.values()), {})
        self._visible = visible

    def _place(self, name: str, event: Event | None) -> Key | None:
        """Return the place of an event; None for one that is gone or has none."""
        self._unplaceable.discard(name)
        if event is None:
            return None
        try:
            placement = render.placement_of(event, self._options, self._zones)
        except Exception as error:
            self._unplaceable.add(name)
            _log_broken(event, error)
            return None
        return (placement.start, event.ical_uid, name) if placement is not None else None

    def _move(self, name: str, key: Key | None) -> None:
        """Move an event to its new place, without a rendering."""
        old = self._keys.pop(name, None)
        if old is not None:
            self._rearrange(old, [key] if key == old else [])
        if key is not None:
            self._keys[name] = key
            if key != old:
                self._rearrange(key, [key])

    def _rearrange(self, key: Key, keys: list[Key]) -> None:
        """Put keys in the place of one, and make the chunks around it anew."""
        high = self._index(key)
        # Without the event that began it, a chunk belongs to the one before.
        low = high - (high > 0 and begins_chunk(key) and not keys)
        chunks = self._chunks[low : high + 1]
        around = [neighbour for chunk in chunks for neighbour in chunk.keys if neighbour != key]
        for new in keys:
            insort(around, new)
        renderings = {
            name: rendering
            for chunk in chunks
            for name, rendering in chunk.renderings().items()
            if name != key[2]
        }
        self._splice(low, high + 1, around, renderings)

    def _splice(
        self, low: int, high: int, keys: Sequence[Key], renderings: Mapping[str, Rendering]
    ) -> None:
        chunks = [Chunk(run, renderings) for run in split(keys)]
        self._chunks[low:high] = chunks
        self._firsts[low:high] = [chunk.keys[0] for chunk in chunks]

    def _index(self, key: Key) -> int:
        """Return the index of the chunk that has a key, or is to have it."""
        return max(0, bisect_right(self._firsts, key) - 1)

    def _latest(self, max_events: int, max_bytes: int, reuse: Reuse) -> Admitted:
        tails: list[Tail] = []
        events = broken = 0
        for chunk in reversed(self._chunks):
            if events == max_events:
                break
            chunk.join(lambda name: self._render(name, reuse))
            tail = chunk.tail(max_events - events, max_bytes)
            tails.append(tail)
            events, broken = events + tail.events, broken + tail.broken
            max_bytes -= len(tail.part.plain)
            if not tail.is_whole:
                break
        omitted = len(self._keys) - events - broken
        return Admitted(tails[::-1], events, omitted, broken + len(self._unplaceable))

    def _render(self, name: str, reuse: Reuse) -> Rendering:
        event = self._visible.event(name)
        assert event is not None
        version = self._visible.version(event)
        if rendering := reuse(name, version):
            return rendering
        try:
            fragment = render.render_fragment(
                event, self._options, surroundings=self._visible, zones=self._zones
            )
        except Exception as error:
            _log_broken(event, error)
            fragment = None
        return Rendering(version, fragment)


def _log_broken(record: Record, error: Exception) -> None:
    _log.error("left out of its feeds: %s cannot be rendered", record.name, exc_info=error)

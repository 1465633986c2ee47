"""Runs of events that follow each other in a file, joined and deflated once.

Where a chunk begins is decided by the events alone, and not by the changes that led to them: the
same events give the same chunks, and so the same bytes of gzip, on each server and after a restart.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from summitry.ical.render import Fragment
from summitry.web.feeds.gzip_parts import BodyPart

EVENTS = 100  # of a chunk on average

Key: TypeAlias = tuple[int, str, str]
"""The place of an event in a file: start in epoch seconds, uid; and the name of its record."""


class Rendering(NamedTuple):
    """A version of an event as it stands in a file."""

    version: tuple[str | int, ...]
    fragment: Fragment | None  # None: it cannot be rendered


class _Entry(NamedTuple):
    """An event of a joined chunk."""

    version: tuple[str | int, ...]
    start: int  # its bytes in the chunk; none if it cannot be rendered
    end: int
    zones: tuple[tuple[str, int], ...]


class Tail(NamedTuple):
    """The last events of a chunk, or all."""

    part: BodyPart
    is_whole: bool
    events: int
    broken: int  # events among them that cannot be rendered
    uses: Mapping[str, Sequence[int]]  # instants by TZID
    spans: Mapping[str, tuple[int, int]]  # the first and the last of these


class Chunk:
    """A run of events. It is rendered when a feed first needs one of them."""

    def __init__(self, keys: Sequence[Key], renderings: Mapping[str, Rendering]) -> None:
        """Create a chunk of at least one event; `renderings` are those by name that stay."""
        self.keys = keys
        # Those of its own events alone: who changes an event of another chunk does not come here,
        # and a former version would return when the two become one.
        self._renderings: Mapping[str, Rendering] = {  # until it is joined
            name: renderings[name] for _, _, name in keys if name in renderings
        }
        self._entries: list[_Entry] = []
        self._whole: Tail | None = None
        self._tail: tuple[int, Tail] | None = None  # the last one that was made, by its first index

    @property
    def size(self) -> int:
        """Return about how many bytes it takes in memory."""
        parts = [self._whole.part.size] if self._whole else []
        parts += [self._tail[1].part.size] if self._tail else []
        return sum(parts)

    def join(self, render: Callable[[str], Rendering]) -> Tail:
        """Return the whole chunk; events without a rendering are rendered by name."""
        if self._whole is None:
            stock = self._renderings
            renderings = [stock.get(name) or render(name) for _, _, name in self.keys]
            data = [fragment.data for _, fragment in renderings if fragment is not None]
            self._entries = list(_entries(renderings))
            self._whole = self._make(0, BodyPart(b"".join(data)))
            self._renderings = {}
        return self._whole

    def tail(self, max_events: int, max_bytes: int) -> Tail:
        """Return the last events of a joined chunk, as many as a bound admits."""
        assert self._whole is not None
        if len(self.keys) <= max_events and len(self._whole.part.plain) <= max_bytes:
            return self._whole
        index = self._first_admitted(max_events, max_bytes)
        if index == 0:
            return self._whole
        if self._tail is None or self._tail[0] != index:
            plain = self._whole.part.plain
            start = self._entries[index].start if index < len(self._entries) else len(plain)
            self._tail = index, self._make(index, BodyPart(plain[start:]))
        return self._tail[1]

    def renderings(self) -> Mapping[str, Rendering]:
        """Return the renderings of its events by name, as far as there are any."""
        if self._whole is None:
            return self._renderings
        return {key[2]: self._rendering(index) for index, key in enumerate(self.keys)}

    def rendering(self, key: Key) -> Rendering | None:
        """Return the rendering of one of its events, if there is one."""
        if self._whole is None:
            return self._renderings.get(key[2])
        return self._rendering(bisect_left(self.keys, key))

    def _rendering(self, index: int) -> Rendering:
        assert self._whole is not None
        start, uid, _ = self.keys[index]
        entry = self._entries[index]
        if entry.start == entry.end:
            return Rendering(entry.version, None)
        data = self._whole.part.plain[entry.start : entry.end]
        return Rendering(entry.version, Fragment(start, uid, data, entry.zones))

    def _first_admitted(self, max_events: int, max_bytes: int) -> int:
        index = len(self._entries)
        while index and max_events:
            entry = self._entries[index - 1]
            length = entry.end - entry.start
            max_bytes -= length
            if max_bytes < 0:
                break
            max_events -= length > 0
            index -= 1
        return index

    def _make(self, index: int, part: BodyPart) -> Tail:
        entries = self._entries[index:]
        uses: dict[str, list[int]] = {}
        for entry in entries:
            for key, instant in entry.zones:
                uses.setdefault(key, []).append(instant)
        spans = {key: (min(instants), max(instants)) for key, instants in uses.items()}
        broken = sum(entry.start == entry.end for entry in entries)
        return Tail(part, index == 0, len(entries) - broken, broken, uses, spans)


def _entries(renderings: Iterable[Rendering]) -> Iterator[_Entry]:
    start = 0
    for version, fragment in renderings:
        end = start + (len(fragment.data) if fragment else 0)
        yield _Entry(version, start, end, fragment.zones if fragment else ())
        start = end


def split(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """Yield the runs of keys in order that are chunks."""
    start = 0
    for index in range(1, len(keys)):
        if begins_chunk(keys[index]):
            yield keys[start:index]
            start = index
    if keys:
        yield keys[start:]


def begins_chunk(key: Key) -> bool:
    """Return whether a chunk begins with this event, wherever it stands."""
    return zlib.crc32(key[1].encode()) % EVENTS == 0

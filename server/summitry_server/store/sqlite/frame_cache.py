"""Frames of versions by number, so that a page reads from the file only what it has not had yet.

A version never changes, so no entry is ever out of date; after a conversion of the record format,
which writes frames anew, a store begins another cache. All its connections share one. Without it
the frames of a page are as many random pages of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock

ROOM = 64 << 20  # bytes of frames; what holds them takes about a quarter more


class FrameCache:
    """A bounded map from numbers of versions to frames. Safe for use from several threads.

    Of two generations: when the young one has half of the room, it becomes the old one, and what
    was old goes unless it is asked for again. That needs no order of use and no lock to read.
    """

    def __init__(self, room: int = ROOM) -> None:
        """Create an empty cache of so many bytes."""
        self._most = room // 2
        self._lock = Lock()
        self._young: dict[int, bytes] = {}
        self._old: dict[int, bytes] = {}
        self._size = 0  # of the young ones

    def get(self, versions: Iterable[int]) -> dict[int, bytes]:
        """Return the frames that are here, by version."""
        young, old = self._young, self._old
        frames: dict[int, bytes] = {}
        returning: dict[int, bytes] = {}
        for version in versions:
            frame = young.get(version)
            if frame is None:
                frame = old.get(version)
                if frame is None:
                    continue
                returning[version] = frame
            frames[version] = frame
        if returning:
            self.put(returning)
        return frames

    def put(self, frames: Mapping[int, bytes]) -> None:
        """Keep frames; one that takes more than an eighth of a generation is left out."""
        with self._lock:
            for version, frame in frames.items():
                if version not in self._young and len(frame) <= self._most // 8:
                    self._add(version, frame)

    def _add(self, version: int, frame: bytes) -> None:
        # Before a generation is over its half, however many frames come at once.
        if self._size + len(frame) > self._most:
            self._old, self._young, self._size = self._young, {}, 0
        self._young[version] = frame
        self._size += len(frame)

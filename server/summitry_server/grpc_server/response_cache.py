"""Responses of reads, kept while the store stays at the revision they show."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

Key = tuple[str, bytes]


class ResponseCache:
    """A bounded map from (method, request bytes) to (revision, response bytes)."""

    def __init__(self, size: int) -> None:
        """`size`: bytes of requests and responses together."""
        self._size = size
        self._used = 0
        self._entries: OrderedDict[Key, tuple[int, bytes]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, revision: int) -> bytes | None:
        """The response at that revision, if it is kept."""
        entry = self._entries.get(key)
        return entry[1] if entry is not None and entry[0] == revision else None

    def put(self, key: Key, revision: int, response: bytes) -> None:
        """Keep a response; the oldest go when there is no room."""
        cost = len(key[1]) + len(response)
        if cost > self._size // 8:
            return
        with self._lock:
            self._drop(key)
            self._entries[key] = revision, response
            self._used += cost
            while self._used > self._size:
                self._drop(next(iter(self._entries)))

    def _drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._used -= len(key[1]) + len(entry[1])

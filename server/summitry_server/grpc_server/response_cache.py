"""Responses of reads, kept while the store stays at the revision they show."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

from cachetools import FIFOCache


class Key(NamedTuple):
    """The parts of a call that its answer depends on; callers with one view share answers."""

    method: str
    view: str
    request: bytes


class _CachedResponse(NamedTuple):
    revision: int
    response: bytes
    cost: int  # bytes of request and response together


class ResponseCache:
    """A bounded map from keys to (revision, response bytes). Safe for use from several threads."""

    def __init__(self, size: int, head: Callable[[], int]) -> None:
        """Create a cache of `size` bytes of requests and responses; `head` gives the revision."""
        self._head = head
        self._entries: FIFOCache[Key, _CachedResponse] = FIFOCache(size, lambda entry: entry.cost)
        self._lock = Lock()

    def answer(self, key: Key, make: Callable[[], bytes]) -> bytes:
        """Return the response at the present revision: from the cache, or made by `make`."""
        revision = self._head()
        try:  # without the lock: a reading changes nothing in a FIFOCache
            entry = self._entries[key]
        except KeyError:
            pass
        else:
            if entry.revision == revision:
                return entry.response
        response = make()
        if revision == self._head():  # else it may be of either revision
            self._put(key, revision, response)
        return response

    def _put(self, key: Key, revision: int, response: bytes) -> None:
        """Keep a response; the oldest go when there is no room."""
        cost = len(key.request) + len(response)
        if cost <= self._entries.maxsize // 8:
            with self._lock:
                self._entries[key] = _CachedResponse(revision, response, cost)

"""Responses of reads, kept while the store stays at the revision they show."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple


class Key(NamedTuple):
    """The parts of a call that its answer depends on; callers with one view share answers."""

    method: str
    view: str
    request: bytes


class ResponseCache:
    """A bounded map from keys to (revision, response bytes). Safe for use from several threads."""

    def __init__(self, size: int, head: Callable[[], int]) -> None:
        """`size`: bytes of requests and responses together. `head` gives the store's revision."""
        self._size = size
        self._head = head
        self._used = 0
        self._entries: OrderedDict[Key, tuple[int, bytes]] = OrderedDict()
        self._lock = Lock()

    def answer(self, key: Key, make: Callable[[], bytes]) -> bytes:
        """Return the response at the present revision: from the cache, or made by `make`."""
        revision = self._head()
        entry = self._entries.get(key)
        if entry is not None and entry[0] == revision:
            return entry[1]
        response = make()
        if revision == self._head():  # else it may be of either revision
            self._put(key, revision, response)
        return response

    def _put(self, key: Key, revision: int, response: bytes) -> None:
        """Keep a response; the oldest go when there is no room."""
        cost = len(key.request) + len(response)
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
            self._used -= len(key.request) + len(entry[1])

"""A cache of pages that many streams need at once: each is made once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

from cachetools import FIFOCache

T = TypeVar("T")

ROOM = 16 * 1024 * 1024  # bytes of the values together
COST = 256  # bytes that an entry takes beside what it holds


class _SharedPage(NamedTuple, Generic[T]):
    future: Future[T]
    cost: int  # bytes; 0 while the value is being made


class Shared(Generic[T]):
    """A bounded map to values that are made by the first who asks; others wait for it."""

    def __init__(self, room: int = ROOM) -> None:
        self._lock = Lock()
        self._entries: FIFOCache[Hashable, _SharedPage[T]] = FIFOCache(
            room, lambda entry: entry.cost
        )

    def get(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """Return the value of a key; `make` makes it once for all callers.

        An exception of `make` is raised to all who wait, and is not cached.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                mine: Future[T] = Future()
                self._entries[key] = _SharedPage(mine, 0)
        if entry is not None:
            return entry.future.result()
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                self._entries.pop(key, None)
            mine.set_exception(error)
            raise
        with self._lock:
            self._keep(key, mine, size(value) + COST)
        mine.set_result(value)
        return value

    def _keep(self, key: Hashable, future: Future[T], cost: int) -> None:
        """Cache a value; one that is larger than the whole room is not cached."""
        if cost <= self._entries.maxsize:
            self._entries[key] = _SharedPage(future, cost)
        else:
            self._entries.pop(key, None)

"""A cache of pages that many streams need at once: each is made once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

ROOM = 16 * 1024 * 1024  # bytes of the values together
COST = 256  # bytes that an entry takes beside what it holds


class Shared(Generic[T]):
    """A bounded map to values that are made by the first who asks; others wait for it."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._used = 0
        self._lock = Lock()
        self._entries: OrderedDict[Hashable, tuple[Future[T], int]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """Return the value of a key; `make` makes it once for all callers.

        An exception of `make` is raised to all who wait, and is not cached.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                mine: Future[T] = Future()
                self._entries[key] = mine, 0
        if entry is not None:
            return entry[0].result()
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
        self._entries[key] = future, cost
        self._used += cost
        while self._used > self._room:
            _, (_, freed) = self._entries.popitem(last=False)
            self._used -= freed

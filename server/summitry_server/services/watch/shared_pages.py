"""What many ask for at once, made once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

ROOM = 16 * 1024 * 1024  # bytes of what is kept
COST = 256  # bytes that an entry takes beside what it holds


class Shared(Generic[T]):
    """A bounded map to values that are made by the first who asks; others wait for it."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._used = 0
        self._lock = Lock()
        self._made: OrderedDict[Hashable, tuple[Future[T], int]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """The value of a key. What `make` raises is raised to all who wait, and not kept."""
        with self._lock:
            found = self._made.get(key)
            if found is None:
                mine: Future[T] = Future()
                self._made[key] = mine, 0
        if found is not None:
            return found[0].result()
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                self._made.pop(key, None)
            mine.set_exception(error)
            raise
        with self._lock:
            self._keep(key, mine, size(value) + COST)
        mine.set_result(value)
        return value

    def _keep(self, key: Hashable, made: Future[T], cost: int) -> None:
        self._made[key] = made, cost
        self._used += cost
        while self._used > self._room:
            _, (_, freed) = self._made.popitem(last=False)
            self._used -= freed

"""A cache of work that the pages of one question have in common."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from cachetools import FIFOCache
from google.protobuf.message import Message

from summitry_server.context import Call
from summitry_server.domain.search.page_tokens import fixed_part
from summitry_server.store.contract import Point

T = TypeVar("T")
Key = tuple[str, bytes]  # the view of the caller, and what was asked


class _PreparedAnswer(NamedTuple):
    point: Point
    value: Any
    size: int


class Prepared:
    """Values by key, each of one point in the history of the store.

    A value must not change once it is here: several calls may use it at once. The oldest go when
    there is no room, and a value of another point is never given out.
    """

    def __init__(self, room: int) -> None:
        """Create an empty cache; `room` is the limit in bytes for all values together."""
        self._entries: FIFOCache[Key, _PreparedAnswer] = FIFOCache(room, lambda entry: entry.size)
        self._lock = Lock()

    def get(self, key: Key, point: Point, make: Callable[[], tuple[T, int]]) -> T:
        """Return the value of a key at a point; `make` gives it and its size if it is not here."""
        try:  # without the lock: a reading changes nothing in a FIFOCache
            entry = self._entries[key]
        except KeyError:
            pass
        else:
            if entry.point == point:
                cached: T = entry.value
                return cached
        value, size = make()
        if size <= self._entries.maxsize:
            with self._lock:
                self._put(key, _PreparedAnswer(point, value, size))
        return value

    def _put(self, key: Key, new: _PreparedAnswer) -> None:
        entries = list(self._entries.items())
        for old in (old for old, entry in entries if entry.point.revision < new.point.revision):
            del self._entries[old]
        self._entries[key] = new


def question_key(request: Message, call: Call, revision: int = 0) -> Key:
    """Return the key of what all pages of a question about a revision have in common."""
    return call.caller.view, b"%d " % revision + fixed_part(request)


def calendar_key(noun: str, calendar: str | None, call: Call) -> Key:
    """Return the key of what all questions about a calendar have in common."""
    return call.caller.view, f"{noun} {calendar or '-'}".encode()

"""What the pages of one question have in common, kept from page to page."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

from google.protobuf.message import Message

from summitry_server.core.tokens import fixed_part
from summitry_server.rpc.context import Call
from summitry_server.store.contract import Point

T = TypeVar("T")


class _Entry(NamedTuple, Generic[T]):
    point: Point
    value: T
    size: int


class PreparedQuestions(Generic[T]):
    """Values by question and view of the caller, each of one point in the history of the store.

    A value must not change once it is here: several calls may use it at once. The oldest go when
    there is no room, and a value of another point is never given out.
    """

    def __init__(self, room: int) -> None:
        """`room`: bytes of memory for all values together."""
        self._room = room
        self._entries: OrderedDict[tuple[str, bytes], _Entry[T]] = OrderedDict()
        self._lock = Lock()

    def get(self, request: Message, call: Call, point: Point) -> T | None:
        """Return the value of a question at a point, if it is kept."""
        entry = self._entries.get(_key(request, call))
        return entry.value if entry is not None and entry.point == point else None

    def put(self, request: Message, call: Call, point: Point, value: T, size: int) -> None:
        """Keep a value of `size` bytes, unless it needs more than the room."""
        if size > self._room:
            return
        key = _key(request, call)
        with self._lock:
            entries = list(self._entries.items())
            for old in (old for old, entry in entries if entry.point.revision < point.revision):
                del self._entries[old]
            self._entries.pop(key, None)
            self._entries[key] = _Entry(point, value, size)
            while sum(entry.size for entry in self._entries.values()) > self._room:
                self._entries.popitem(last=False)


def _key(request: Message, call: Call) -> tuple[str, bytes]:
    return call.caller.view, fixed_part(request)

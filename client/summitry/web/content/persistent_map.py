"""An immutable map whose successors share all that did not change.

A calendar of 100,000 records changes by one record at a time. Each version of it stays as it is for
the threads that read it, and the next one costs a thousandth part of a copy. The difference of two
versions looks only into the parts that they do not share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar, overload

T = TypeVar("T")
V = TypeVar("V")

BUCKETS = 1024


class PersistentMap(Mapping[str, V]):
    """A map from names to values, none of which is None. Safe for threads, as it never changes."""

    __slots__ = ("_buckets", "_size")

    def __init__(self, items: Mapping[str, V] | None = None) -> None:
        empty: dict[str, V] = {}  # one for all, since buckets never change
        self._buckets = (empty,) * BUCKETS
        self._size = 0
        if items:
            filled = self.updated(items)
            self._buckets, self._size = filled._buckets, filled._size

    def __getitem__(self, name: str) -> V:
        return self._buckets[hash(name) % BUCKETS][name]

    @overload
    def get(self, name: str, default: None = None, /) -> V | None: ...
    @overload
    def get(self, name: str, default: V | T, /) -> V | T: ...
    def get(self, name: str, default: V | T | None = None, /) -> V | T | None:
        """Return the value of a name, or the default; without the detour of `Mapping`."""
        return self._buckets[hash(name) % BUCKETS].get(name, default)

    def __iter__(self) -> Iterator[str]:
        for bucket in self._buckets:
            yield from bucket

    def __len__(self) -> int:
        return self._size

    def updated(self, changes: Mapping[str, V | None]) -> PersistentMap[V]:
        """Return the map with other values for some names; None removes a name."""
        buckets = list(self._buckets)
        size = self._size
        for name, value in changes.items():
            index = hash(name) % BUCKETS
            bucket = buckets[index]
            if bucket is self._buckets[index]:
                bucket = buckets[index] = dict(bucket)
            size -= name in bucket
            if value is None:
                bucket.pop(name, None)
            else:
                bucket[name] = value
                size += 1
        successor: PersistentMap[V] = object.__new__(PersistentMap)
        successor._buckets, successor._size = tuple(buckets), size
        return successor

    def difference(self, version: PersistentMap[V]) -> set[str]:
        """Return the names whose values are not the same object in both maps."""
        names: set[str] = set()
        for mine, theirs in zip(self._buckets, version._buckets, strict=True):
            if mine is not theirs:
                names.update(name for name, value in mine.items() if theirs.get(name) is not value)
                names.update(name for name in theirs if name not in mine)
        return names

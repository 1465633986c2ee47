"""Parts of records that can meet, found by key and time without trying all pairs.

Two thousand visits of one person on the same days are two million pairs, of which a page shows a
hundred. So pairs are never collected: each part is asked for the later parts that it meets.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from summitry_server.store.contract import level_of

T = TypeVar("T")


class Entry(NamedTuple):
    """A key, and a half-open span of time on the axis that belongs to it."""

    key: Hashable
    start: int
    end: int


class Meter:
    """The work on one answer, counted so that it ends in time.

    A unit is a look at one entry of an index, about 0.1 microseconds. `check` raises if nobody
    waits for the answer any more.
    """

    EVERY = 20_000  # units between two checks

    def __init__(self, check: Callable[[], None]) -> None:
        self.spent = 0
        self._check = check
        self._next = 0

    def spend(self, units: int) -> None:
        """Count work that was done, and check from time to time."""
        self.spent += units
        if self.spent >= self._next:
            self._next = self.spent + self.EVERY
            self._check()


class PairIndex(Generic[T]):
    """Parts by the keys and spans under which others find them.

    Spans are sorted by start within levels of equal length, as in the store (decision 0004): the
    entries that a look passes over are at most those of four times the length.
    """

    def __init__(
        self,
        parts: Sequence[T],
        entries: Callable[[T], Iterable[Entry]],
        probes: Callable[[T], Iterable[Entry]],
    ) -> None:
        """Index parts. `entries` give where a part is found, `probes` where it looks for others."""
        self._parts = parts
        self._probes = probes
        self._levels: dict[Hashable, dict[int, list[tuple[int, int, int]]]] = {}
        for number, part in enumerate(parts):
            for key, start, end in entries(part):
                if start < end:
                    levels = self._levels.setdefault(key, defaultdict(list))
                    levels[level_of(start, end)].append((start, number, end))
        for levels in self._levels.values():
            for rows in levels.values():
                rows.sort()

    def later(self, number: int, meter: Meter) -> set[int]:
        """Return the numbers of the parts after `number` in which one of its probes hits."""
        found: set[int] = set()
        for key, start, end in self._probes(self._parts[number]):
            if start >= end:
                continue
            for level, rows in self._levels.get(key, {}).items():
                low = bisect_left(rows, (start - 4**level,))
                high = bisect_left(rows, (end,))
                meter.spend(1 + high - low)
                found.update(
                    other for _, other, until in rows[low:high] if until > start and other > number
                )
        return found

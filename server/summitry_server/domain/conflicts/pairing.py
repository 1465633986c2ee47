"""Find parts of records that share a key and a time, without trying all pairs.

Two thousand visits of one person on the same days are two million pairs, of which a page shows a
hundred. So pairs are never collected: the index finds the later partners of one part at a time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from summitry_server.store.contract import level_of

T = TypeVar("T")


class KeyedSpan(NamedTuple):
    """A key, and a half-open span of time on the axis that belongs to it."""

    key: Hashable
    start: int
    end: int


class Meter:
    """A counter of the work on one answer.

    A unit is a look at one entry of an index, about 0.1 microseconds. `check` is called now and
    then, and raises if the caller has gone or the deadline has passed.
    """

    EVERY = 20_000  # units between two checks

    def __init__(self, check: Callable[[], None]) -> None:
        self.spent = 0
        self._check = check
        self._next = 0

    def spend(self, units: int) -> None:
        """Count work, and call `check` every 20,000 units."""
        self.spent += units
        if self.spent >= self._next:
            self._next = self.spent + self.EVERY
            self._check()


class PairIndex(Generic[T]):
    """An index of parts by keys and spans.

    Spans are sorted by start within levels of similar length, as in the store (decision 0004), so
    that a search passes over no entries but those that begin within one level length before it.
    """

    def __init__(
        self,
        parts: Sequence[T],
        entries: Callable[[T], Iterable[KeyedSpan]],
        probes: Callable[[T], Iterable[KeyedSpan]],
    ) -> None:
        """Index parts: stored under their `entries`, and looked up by their `probes`."""
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
        """Return the numbers of the parts after `number` that one of its probes hits."""
        numbers: set[int] = set()
        for key, start, end in self._probes(self._parts[number]):
            if start >= end:
                continue
            for level, rows in self._levels.get(key, {}).items():
                low = bisect_left(rows, (start - 4**level,))
                high = bisect_left(rows, (end,))
                meter.spend(1 + high - low)
                numbers.update(
                    candidate
                    for _, candidate, until in rows[low:high]
                    if until > start and candidate > number
                )
        return numbers

"""A time zone: the offset that holds at an instant, and the instants that a wall time can mean.

Everything is an int. An instant is seconds since 1970-01-01T00:00:00Z; a wall time is civil
seconds, the seconds since 1970-01-01T00:00:00 that a wall clock shows, counted as if it were UTC.
Right for the years 1900 to 2200.
"""

from bisect import bisect_left, bisect_right
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from math import inf
from typing import Literal, NamedTuple

from summitry.zones.tzif import ZoneData

Kind = Literal["normal", "gap", "fold"]
"""The number of times that a wall time happens: once (normal), never (gap) or twice (fold)."""

FINGERPRINT_FROM = 0
"""1970-01-01T00:00:00Z. Before that, builds of the same release may differ ("backzone")."""

FINGERPRINT_UNTIL = 4_102_444_800
"""2100-01-01T00:00:00Z, exclusive."""

# No zone is more than 26 hours from UTC (RFC 9636 section 3.2), so every period that a wall time
# can belong to contains an instant within this many seconds of it.
_REACH = 26 * 3600

Stretch = tuple[float, float, int, int, Kind]
"""Wall times that all have the same offsets: start, end (exclusive), and then the offsets of the
earlier and of the later instant, in the order of `Zone.candidates`. A plain tuple, since Python
unpacks that fastest."""

_NO_STRETCH: Stretch = (0, 0, 0, 0, "normal")


class Transition(NamedTuple):
    """A change of offset, name or daylight flag at an instant. Offsets are seconds east of UTC."""

    instant: int
    offset_before: int
    offset_after: int
    abbreviation_after: str
    dst_after: bool


class Zone:
    """The rules of a time zone. Immutable; lookup tables are built on first use.

    `key` is the id as the database spells it; an alias is not replaced by its target.
    """

    def __init__(self, key: str, data: ZoneData) -> None:
        self.key = key
        self._instants, self._periods = data
        self._offsets = [period.offset for period in self._periods]
        # The last one that was looked up. Wall times of one source mostly lie in the same season,
        # and comparing with two bounds costs half of a search. It is one object, so that threads
        # see either the old stretch or the new one.
        self.last_stretch = _NO_STRETCH

    def __repr__(self) -> str:
        return f"Zone({self.key!r})"

    def offset_at(self, instant: int) -> int:
        """Return the seconds east of UTC that hold at `instant`."""
        return self._offsets[bisect_right(self._instants, instant)]

    def abbreviation_at(self, instant: int) -> str:
        """Return the name in use at `instant`: "CET", or "+05" where people use none."""
        return self._periods[bisect_right(self._instants, instant)].abbreviation

    def is_dst_at(self, instant: int) -> bool:
        """Return whether the database calls the time at `instant` daylight time.

        Use it only to choose between STANDARD and DAYLIGHT in iCalendar. It does not tell which of
        two instants is meant: in Ireland the flag marks the winter, in Morocco Ramadan.
        """
        return self._periods[bisect_right(self._instants, instant)].dst

    def wall_at(self, instant: int) -> int:
        """Return the wall time at `instant`, in civil seconds."""
        return instant + self._offsets[bisect_right(self._instants, instant)]

    def candidates(self, wall: int) -> tuple[int, int, Kind]:
        """Return the two instants a wall time can mean, earlier and later, and its kind.

        For "normal" both are the same instant. For "fold" they are the first and the last
        occurrence. For "gap" they come from applying the offset after the gap (earlier) and the
        offset before it (later); RFC 5545 section 3.3.5 prescribes the later.
        """
        start, end, earlier, later, kind = self.last_stretch
        if not start <= wall < end:
            _, _, earlier, later, kind = self.stretch_at(wall)
        return wall - earlier, wall - later, kind

    def stretch_at(self, wall: int) -> Stretch:
        """Return the stretch that a wall time is in, which becomes the last one."""
        breaks, stretches = self._walls
        stretch = self.last_stretch = stretches[bisect_right(breaks, wall)]
        return stretch

    def wall_breaks(self, start: int, end: int) -> list[int]:
        """Return the wall times in [start, end) at which the result of `candidates` changes.

        Between two of them the kind stays the same, and the instants advance with the wall time.
        """
        breaks, _ = self._walls
        return breaks[bisect_left(breaks, start) : bisect_left(breaks, end)]

    def transitions(self, start: int, end: int) -> list[Transition]:
        """Return the transitions with start <= instant < end, in order.

        A change of name or flag alone counts; an entry that repeats the state before it does not.
        """
        low, high = bisect_left(self._instants, start), bisect_left(self._instants, end)
        return [
            Transition(self._instants[i], self._offsets[i], *self._periods[i + 1])
            for i in range(low, high)
        ]

    @cached_property
    def fingerprint(self) -> str:
        """Return the SHA-256, in hex, of the offset at 1970 and of each change until 2100.

        Lines of ASCII: the offset in seconds, then "instant offset" for each change in
        (FINGERPRINT_FROM, FINGERPRINT_UNTIL). Names, flags and how a build stores its rules leave
        no trace, so that two builds which agree on the time agree on the fingerprint.
        """
        offset = self.offset_at(FINGERPRINT_FROM)
        lines = [str(offset)]
        for change in self.transitions(FINGERPRINT_FROM + 1, FINGERPRINT_UNTIL):
            if change.offset_after != offset:
                offset = change.offset_after
                lines.append(f"{change.instant} {offset}")
        return sha256("\n".join(lines).encode("ascii")).hexdigest()

    @cached_property
    def _walls(self) -> tuple[list[int], list[Stretch]]:
        """Return the wall times at which `candidates` changes, and the stretches between them."""
        points = {
            instant + offset
            for i, instant in enumerate(self._instants)
            for offset in self._offsets[i : i + 2]
        }
        breaks: list[int] = []
        offsets: list[tuple[int, int, Kind]] = [(self._offsets[0], self._offsets[0], "normal")]
        for point in sorted(points):
            if (at_point := self._offsets_at(point)) != offsets[-1]:
                breaks.append(point)
                offsets.append(at_point)
        ends = [-inf, *breaks, inf]
        stretches = zip(pairwise(ends), offsets, strict=True)
        return breaks, [(*bounds, *between) for bounds, between in stretches]

    def _offsets_at(self, wall: int) -> tuple[int, int, Kind]:
        """Return the two offsets that apply to a wall time, in the order of `candidates`."""
        low = bisect_right(self._instants, wall - _REACH)
        high = bisect_right(self._instants, wall + _REACH)
        offsets = self._offsets
        matches = [
            offsets[i]
            for i in range(low, high + 1)
            if bisect_right(self._instants, wall - offsets[i]) == i
        ]
        if matches:
            return matches[0], matches[-1], "normal" if len(matches) == 1 else "fold"
        gap_index = next(
            i
            for i in range(low, high)
            if self._instants[i] + offsets[i] <= wall < self._instants[i] + offsets[i + 1]
        )
        return offsets[gap_index + 1], offsets[gap_index], "gap"

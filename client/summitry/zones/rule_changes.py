"""Differences between two releases of the database: zones, offsets, meanings of wall times."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from summitry.zones.database import TzDb
from summitry.zones.zone import Zone


class Difference(NamedTuple):
    """The instants start <= instant < end at which the old rules and the new differ.

    Offsets are seconds east of UTC, by the old rules and by the new.
    """

    start: int
    end: int
    offset_before: int
    offset_after: int


def changed_zones(old: TzDb, new: TzDb) -> tuple[str, ...]:
    """Return the ids, present in both databases, whose fingerprints differ.

    A new name for the same rules does not count, nor does a change before 1970 or after 2099.
    """
    common_ids = set(old.ids).intersection(new.ids)
    return tuple(
        zone_id
        for zone_id in sorted(common_ids)
        if old.zone(zone_id).fingerprint != new.zone(zone_id).fingerprint
    )


def differences(old: Zone, new: Zone, start: int, end: int) -> list[Difference]:
    """Return the stretches of instants in [start, end) in which the offsets differ.

    Adjacent stretches with the same two offsets are merged. A stretch that goes on after `end` is
    cut there.
    """
    changes = {change.instant for zone in (old, new) for change in zone.transitions(start + 1, end)}
    stretches: list[Difference] = []
    for first, last in _pieces({start, end} | changes, start, end):
        before, after = old.offset_at(first), new.offset_at(first)
        if stretches and (stretches[-1].end, *stretches[-1][2:]) == (first, before, after):
            stretches[-1] = stretches[-1]._replace(end=last)
        elif before != after:
            stretches.append(Difference(first, last, before, after))
    return stretches


def wall_differences(old: Zone, new: Zone, start: int, end: int) -> list[tuple[int, int]]:
    """Return the wall times, [first, last), that Choice.COMPATIBLE resolves to another instant.

    `start` and `end` are wall times, the end exclusive. The result is exact: a wall time in between
    is in one of the intervals if, and only if, its instant differs.
    """
    return _intervals(old, new, start, end, _compatible)


def candidate_differences(old: Zone, new: Zone, start: int, end: int) -> list[tuple[int, int]]:
    """Return the wall times, [first, last), for which `Zone.candidates` differs in any way.

    The result covers that of `wall_differences`, and the wall times that another choice resolves
    differently, and those that entered or left a gap or a fold.
    """
    return _intervals(old, new, start, end, Zone.candidates)


def _intervals(
    old: Zone, new: Zone, start: int, end: int, interpret: Callable[[Zone, int], object]
) -> list[tuple[int, int]]:
    """Return the maximal intervals of wall times that the two zones interpret differently."""
    breaks = {start, end, *old.wall_breaks(start, end), *new.wall_breaks(start, end)}
    intervals: list[tuple[int, int]] = []
    for first, last in _pieces(breaks, start, end):
        if interpret(old, first) != interpret(new, first):
            interval_start = (
                intervals.pop()[0] if intervals and intervals[-1][1] == first else first
            )
            intervals.append((interval_start, last))
    return intervals


def _pieces(breaks: set[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the pieces into which the break points cut [start, end]."""
    return pairwise(sorted(point for point in breaks if start <= point <= end))


def _compatible(zone: Zone, wall: int) -> int:
    """Return the instant that Choice.COMPATIBLE gives a wall time."""
    earlier, later, kind = zone.candidates(wall)
    return later if kind == "gap" else earlier

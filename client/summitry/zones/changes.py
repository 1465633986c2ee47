"""What differs between two releases of the database: zones, offsets, and what wall times mean."""

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
    """Return the ids in both databases whose fingerprints differ.

    A new name for the same rules is no change, nor is one before 1970 or after 2099.
    """
    both = set(old.ids).intersection(new.ids)
    return tuple(
        zone_id
        for zone_id in sorted(both)
        if old.zone(zone_id).fingerprint != new.zone(zone_id).fingerprint
    )


def differences(old: Zone, new: Zone, start: int, end: int) -> list[Difference]:
    """Return where the offsets differ in the instants from `start` to `end`, exclusive.

    Neighbours that differ alike are one. What still differs at the end is cut there.
    """
    changes = {change.instant for zone in (old, new) for change in zone.transitions(start + 1, end)}
    found: list[Difference] = []
    for first, last in _pieces({start, end} | changes, start, end):
        before, after = old.offset_at(first), new.offset_at(first)
        if found and (found[-1].end, *found[-1][2:]) == (first, before, after):
            found[-1] = found[-1]._replace(end=last)
        elif before != after:
            found.append(Difference(first, last, before, after))
    return found


def wall_differences(old: Zone, new: Zone, start: int, end: int) -> list[tuple[int, int]]:
    """Return the wall times, [first, last), that Choice.COMPATIBLE resolves to another instant.

    `start` and `end` are wall times, the end exclusive. It is exact: each wall time between is in
    an interval if, and only if, its instant differs.
    """
    return _intervals(old, new, start, end, _compatible)


def candidate_differences(old: Zone, new: Zone, start: int, end: int) -> list[tuple[int, int]]:
    """Return the wall times, [first, last), for which `Zone.candidates` differs in any way.

    They hold those of `wall_differences`, those that another choice resolves otherwise, and those
    that have become, or ceased to be, in a gap or a fold.
    """
    return _intervals(old, new, start, end, Zone.candidates)


def _intervals(
    old: Zone, new: Zone, start: int, end: int, reading: Callable[[Zone, int], object]
) -> list[tuple[int, int]]:
    breaks = {start, end, *old.wall_breaks(start, end), *new.wall_breaks(start, end)}
    found: list[tuple[int, int]] = []
    for first, last in _pieces(breaks, start, end):
        if reading(old, first) != reading(new, first):
            begun = found.pop()[0] if found and found[-1][1] == first else first
            found.append((begun, last))
    return found


def _pieces(breaks: set[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    return pairwise(sorted(point for point in breaks if start <= point <= end))


def _compatible(zone: Zone, wall: int) -> int:
    earlier, later, kind = zone.candidates(wall)
    return later if kind == "gap" else earlier

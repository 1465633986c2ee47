"""Working hours and days off of an attendee, by the clock of the place where they are.

Instants are epoch seconds, days and zones those of `summitry.zones`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from summitry.v1.agenda_service_pb2 import BlockerReason
from summitry.zones import Choice, Zone, day_of, day_window, resolve_wall
from summitry_server.domain.people.meeting_windows import Closed

MINUTE, DAY = 60, 86_400
DAY_MINUTES = 1440
OUTSIDE = BlockerReason.BLOCKER_REASON_OUTSIDE_HOURS
DAY_OFF = BlockerReason.BLOCKER_REASON_DAY_OFF


class WorkingHours(NamedTuple):
    """The hours of a day in which somebody can meet, and their days off."""

    opens: int = 0  # minute of the civil day
    closes: int = DAY_MINUTES
    days_off: frozenset[int] = frozenset()  # 1 Monday to 7 Sunday, as google.type.DayOfWeek


class ZoneStay(NamedTuple):
    """A stay of somebody in a zone, in epoch seconds, half-open."""

    start: int
    end: int
    zone: Zone


def closed(
    hours: WorkingHours, stays: Sequence[ZoneStay], home: Zone, start: int, end: int
) -> list[Closed]:
    """Return the spans of [start, end) outside of working hours, in minutes and order of time.

    Each instant counts by the clock of the zone that `current_zones` gives for it.
    """
    if hours == WorkingHours():
        return []
    pieces = (
        piece
        for begin, finish, zone in current_zones(stays, home, start, end)
        for piece in _closed_in_zone(hours, zone, begin, finish)
    )
    return list(_join_neighbours(pieces))


def current_zones(
    stays: Sequence[ZoneStay], home: Zone, start: int, end: int
) -> Iterator[tuple[int, int, Zone]]:
    """Yield (start, end, zone) in order of time, covering [start, end) without gaps.

    Of several stays at once the shortest counts, since a short trip is part of a longer stay; of
    equally long ones that which began last, then that which is first in the list. Where there is
    no stay, the zone is `home`.
    """
    waiting = sorted(enumerate(stays), key=lambda entry: -entry[1].start)
    edges = {edge for stay in stays for edge in (stay.start, stay.end) if start < edge < end}
    open_stays: list[tuple[int, int, int]] = []
    for begin, finish in pairwise(sorted({start, end, *edges})):
        while waiting and waiting[-1][1].start <= begin:
            index, stay = waiting.pop()
            heappush(open_stays, (stay.end - stay.start, -stay.start, index))
        while open_stays and stays[open_stays[0][2]].end <= begin:
            heappop(open_stays)
        yield begin, finish, stays[open_stays[0][2]].zone if open_stays else home


def _closed_in_zone(hours: WorkingHours, zone: Zone, start: int, end: int) -> Iterator[Closed]:
    for day in range(day_of(zone, start), day_of(zone, end - 1) + 1):
        begins, opens, closes, ends = _day(zone, day, hours.opens, hours.closes)
        if weekday(day) in hours.days_off:
            spans = [(begins, ends, DAY_OFF)]
        else:
            spans = [(begins, opens, OUTSIDE), (closes, ends, OUTSIDE)]
        for first, last, reason in spans:
            first, last = max(first, start), min(last, end)
            if first < last:
                yield Closed(first // MINUTE, -(-last // MINUTE), reason)


def weekday(day: int) -> int:
    """Return the day of the week, 1 Monday to 7 Sunday (ISO 8601). 1970-01-01 was a Thursday."""
    return (day + 3) % 7 + 1


# Cached, since one request needs the same days of the same zones for each attendee.
@lru_cache(maxsize=16_384)
def _day(zone: Zone, day: int, opens: int, closes: int) -> tuple[int, int, int, int]:
    """Return the instants at which a civil day begins, opens, closes and ends.

    A local time that clocks skip or repeat is resolved by RFC 5545 section 3.3.5.
    """
    begins, ends = day_window(zone, day, day)
    marks = [begins, ends]
    for index, minute in enumerate((opens, closes)):
        if 0 < minute < DAY_MINUTES:
            wall = day * DAY + minute * MINUTE
            instant = resolve_wall(zone, wall, Choice.COMPATIBLE)
            marks[index] = min(max(instant, begins), ends)
    return begins, marks[0], max(marks), ends


def _join_neighbours(pieces: Iterable[Closed]) -> Iterator[Closed]:
    """Yield the spans with adjacent ones of the same reason joined."""
    last: Closed | None = None
    for piece in pieces:
        if last is not None and piece.reason == last.reason and piece.start <= last.end:
            last = last._replace(end=max(last.end, piece.end))
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last

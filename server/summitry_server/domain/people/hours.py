"""When an attendee meets: working hours and days off, by the clock of the place they are at.

Instants are epoch seconds, days and zones those of `summitry.zones`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from summitry.zones import Choice, Zone, day_of, day_window, resolve_wall
from summitry_server.domain.people.meeting_windows import Closed

MINUTE, DAY = 60, 86_400
DAY_MINUTES = 1440
OUTSIDE, DAY_OFF = "outside hours", "day off"


class WorkingHours(NamedTuple):
    """The hours of a day in which somebody meets, and the days on which they do not."""

    opens: int = 0  # minute of the civil day
    closes: int = DAY_MINUTES
    days_off: frozenset[int] = frozenset()  # 1 Monday to 7 Sunday


class Stay(NamedTuple):
    """Somebody is in a zone from one instant to another."""

    start: int
    end: int
    zone: Zone


def closed(
    hours: WorkingHours, stays: Sequence[Stay], home: Zone, start: int, end: int
) -> list[Closed]:
    """Return when somebody does not meet in [start, end), in whole minutes, in order of time.

    Each instant counts by the clock of the stay that `whereabouts` gives for it.
    """
    if hours == WorkingHours():
        return []
    pieces = (
        piece
        for begin, finish, zone in whereabouts(stays, home, start, end)
        for piece in _shut(hours, zone, begin, finish)
    )
    return list(_joined(pieces))


def whereabouts(
    stays: Sequence[Stay], home: Zone, start: int, end: int
) -> Iterator[tuple[int, int, Zone]]:
    """Yield the zones that somebody is in, one after another, from start to end.

    Of several stays at once the shortest counts, since it tells more than what goes around it;
    of equal ones that which began last, then that which is first in the list. Without one: home.
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


def _shut(hours: WorkingHours, zone: Zone, start: int, end: int) -> Iterator[Closed]:
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


# A call asks for the same days of the same zones once for each attendee.
@lru_cache(maxsize=16_384)
def _day(zone: Zone, day: int, opens: int, closes: int) -> tuple[int, int, int, int]:
    """Return the instants at which a civil day begins, opens, closes and ends.

    An hour that clocks skip or repeat is read by RFC 5545 section 3.3.5.
    """
    begins, ends = day_window(zone, day, day)
    marks = [begins, ends]
    for index, minute in enumerate((opens, closes)):
        if 0 < minute < DAY_MINUTES:
            wall = day * DAY + minute * MINUTE
            instant = resolve_wall(zone, wall, Choice.COMPATIBLE)
            marks[index] = min(max(instant, begins), ends)
    return begins, marks[0], max(marks), ends


def _joined(pieces: Iterable[Closed]) -> Iterator[Closed]:
    """Yield the same with neighbours of one reason joined."""
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

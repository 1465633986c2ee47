"""How times lie to each other: hours by instants, all else by civil days, each at its own place.

Two times that both have hours are compared as instants. As soon as one is of whole days, the days
on the calendars of the places count: what is on 4 July in Astana and on 4 July in Paris shares a
day, though not every hour of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from summitry.v1.event_time_pb2 import EventTime, ResolvedTime
from summitry.zones import TzDb, parse_date
from summitry_server.domain.time.spans import DAY, spans_of
from summitry_server.store.contract import Axis, Span

DATE = len("2024-07-04")
MIDNIGHT = "T00:00:00"


class Extent(NamedTuple):
    """The place of a time: as civil days, and as instants if it has hours."""

    days: Span
    hours: Span | None


def extent(time: EventTime, db: TzDb, spans: Sequence[Span] = ()) -> Extent | None:
    """Return the extent of a resolved time, or of `spans` if they are narrower; None: no time."""
    by_axis = {span.axis: span for span in spans or spans_of(time, db)}
    if not by_axis:
        return None
    hours = by_axis.get(Axis.INSTANT)
    return Extent(by_axis.get(Axis.LABEL) or _civil_days(time.resolved), hours)


def _civil_days(resolved: ResolvedTime) -> Span:
    """Return the days on which a timed span is on, by the clocks of its ends."""
    first = last = parse_date(resolved.start_text[:DATE])
    if resolved.end_text:
        at_midnight = resolved.end_text[DATE:].startswith(MIDNIGHT)
        last = max(first, parse_date(resolved.end_text[:DATE]) - at_midnight)
    start, end = first * DAY, (last + 1) * DAY
    return Span(Axis.LABEL, start, end, start, end)


def compared(a: Extent, b: Extent) -> tuple[Span, Span]:
    """Both on the axis on which they are compared."""
    return (a.hours, b.hours) if a.hours and b.hours else (a.days, b.days)


def surely_apart(a: Span, b: Span) -> bool:
    """Return True if two spans can have no time in common."""
    return max(a.start, b.start) >= min(a.end, b.end)


def sticks_out(part: Span, whole: Span) -> bool:
    """Return True if some of what is certain of a part is outside of all that the whole can be."""
    if part.sure_start is None or part.sure_end is None:
        return False
    return part.sure_start < whole.start or part.sure_end > whole.end


def covered(span: Span, by: Iterable[Span]) -> bool:
    """Return True if all that is certain of a span is within what others can be, taken together."""
    if span.sure_start is None or span.sure_end is None:
        return True
    reached = span.sure_start
    for other in sorted(by, key=lambda other: other.start):
        if other.start <= reached:
            reached = max(reached, other.end)
    return reached >= span.sure_end


def inner(days: Span) -> Span:
    """Return the days between the first and the last, on which nobody travels to the place."""
    if days.sure_start is None or days.sure_end is None:
        return days
    return days._replace(sure_start=days.sure_start + DAY, sure_end=days.sure_end - DAY)

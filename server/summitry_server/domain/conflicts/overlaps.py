"""Compare two times: as instants if both have hours, otherwise by civil days at their places.

As soon as one time is of whole days, the days on the calendars of the two places count: an event
on 4 July in Astana and one on 4 July in Paris share a day, though not every hour of it.
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
    """A time as civil days, and as instants if it has hours."""

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
        # An end at midnight is that of the day before, but not of an event of no length.
        at_midnight = resolved.end_text[DATE:].startswith(MIDNIGHT)
        last = max(first, parse_date(resolved.end_text[:DATE]) - at_midnight)
    start, end = first * DAY, (last + 1) * DAY
    return Span(Axis.LABEL, start, end, start, end)


def on_common_axis(a: Extent, b: Extent) -> tuple[Span, Span]:
    """Return two extents as spans of one axis: instants if both have hours, else days."""
    return (a.hours, b.hours) if a.hours and b.hours else (a.days, b.days)


def are_surely_apart(a: Span, b: Span) -> bool:
    """Return True if two spans can have no time in common."""
    return max(a.start, b.start) >= min(a.end, b.end)


def reaches_outside(part: Span, whole: Span) -> bool:
    """Return True if a certain part of `part` is outside of even the possible extent of `whole`."""
    if part.sure_start is None or part.sure_end is None:
        return False
    return part.sure_start < whole.start or part.sure_end > whole.end


def is_covered(span: Span, candidates: Iterable[Span]) -> bool:
    """Return True if the certain part of a span is within the union of the possible candidates."""
    if span.sure_start is None or span.sure_end is None:
        return True
    reached = span.sure_start
    for candidate in sorted(candidates, key=lambda candidate: candidate.start):
        # In order of their starts: one that begins later leaves a gap that no other closes.
        if candidate.start <= reached:
            reached = max(reached, candidate.end)
    return reached >= span.sure_end


def days_between_travel(days: Span) -> Span:
    """Return a span of days without its certain first and last day, on which people travel."""
    if days.sure_start is None or days.sure_end is None:
        return days
    # Of up to two days nothing is left: an empty span, which no index stores or looks up.
    return days._replace(sure_start=days.sure_start + DAY, sure_end=days.sure_end - DAY)

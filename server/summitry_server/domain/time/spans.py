"""Derive the spans of a record on the axes of the store from its resolved time.

A time without an end is one second long, so that the half-open window around it finds it.
"""

from __future__ import annotations

from collections.abc import Iterable

from summitry.time_fields import instants
from summitry.v1.event_time_pb2 import DatePrecision, DateSpan, EventTime, PartialSpan
from summitry.zones import TzDb, day_start, parse_date
from summitry_server.store.contract import EARLIEST, LATEST, Axis, Span

DAY = 86_400
# An event whose end (or start) is unknown may last this long. That is more than the longest stay in
# the State Department's lists (212 days), and not for ever, or open ends would fill every agenda.
OPEN_END_DAYS = 366

Days = tuple[int | None, int | None, int | None, int | None]  # start, end, sure start, sure end


def spans_of(time: EventTime, db: TzDb) -> tuple[Span, ...]:
    """Return the spans of a time; none if there is no time or its hours are not resolved."""
    form = time.WhichOneof("when")
    if form is None:
        return ()
    if form == "timed":
        return (_timed(time),) if time.resolved.HasField("interval") else ()
    span = time.dates if form == "dates" else time.partial
    days = _dates(time.dates) if form == "dates" else _partial(time.partial)
    return (_label(days), _place(days, span.time_zone, db))


def stay_of(times: Iterable[EventTime], db: TzDb) -> tuple[Span, ...]:
    """Return the span from the first to the last moment of several times; none without a time.

    Days count by their labels and as instants: whichever way a window means them, it touches the
    span if it touches one of the times.
    """
    spans = [span for time in times for span in spans_of(time, db)]
    if not spans:
        return ()
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    return (Span(Axis.STAY, start, end, None, None),)


def _timed(time: EventTime) -> Span:
    start, end = instants(time)
    end = max(start if end is None else end, start + 1)
    return Span(Axis.INSTANT, start, end, start, end)


def _day(text: str) -> int | None:
    return parse_date(text) if text else None


def _dates(span: DateSpan) -> Days:
    first, last = _day(span.first_date), _day(span.last_date)
    if first is None:
        assert last is not None
        return last + 1 - OPEN_END_DAYS, last + 1, last, last + 1
    if last is None:
        return first, first + OPEN_END_DAYS, first, first + 1
    return first, last + 1, first, last + 1


def _partial(span: PartialSpan) -> Days:
    first, last = _day(span.first_date), _day(span.last_date)
    end = None if last is None else last + 1
    exact = not (span.approximate or span.uncertain)
    if exact and span.precision == DatePrecision.DATE_PRECISION_DAY:
        return first, end, first, end
    return first, end, None, None


def _label(days: Days) -> Span:
    start, end, sure_start, sure_end = (None if d is None else d * DAY for d in days)
    return _span(Axis.LABEL, start, end, sure_start, sure_end)


def _place(days: Days, zone_id: str, db: TzDb) -> Span:
    zone = db.zone(zone_id or "UTC")
    start, end, sure_start, sure_end = (None if d is None else day_start(zone, d) for d in days)
    return _span(Axis.PLACE, start, end, sure_start, sure_end)


def _span(
    axis: Axis, start: int | None, end: int | None, sure_start: int | None, sure_end: int | None
) -> Span:
    lo = EARLIEST if start is None else start
    hi = LATEST if end is None else end
    # A day that a zone skipped is empty there. One second makes it findable.
    return Span(axis, lo, max(hi, lo + 1), sure_start, sure_end)

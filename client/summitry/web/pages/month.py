"""The month as weeks of days with bars, and the way from one month to the next.

A bar is an event on its days of one week. Bars stand in lanes: summits first, then visits, meetings
and notices, so that what a reader looks for is not hidden behind notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from summitry.kinds import EVENTS
from summitry.web.pages import dates
from summitry.web.pages.placed_events import PlacedEvent
from summitry.zones import parse_date
from summitry.zones.days import format_date

LANES = 7  # events shown on a day; where there are more, the count of the others takes a lane
_THURSDAY = 3  # the first weekday after day 0, 1970-01-01
_DECEMBER = 12
_LAST_DAY = parse_date("9999-12-31")  # a Friday; 0001-01-01 is a Monday
_RANKS = {kind.singular: rank for rank, kind in enumerate(EVENTS)}


class Day(NamedTuple):
    """A day of a week; one after the year 9999 is empty."""

    number: int
    date: str
    label: str  # in full, for those who hear it
    inside: bool  # of this month
    today: bool
    more: int  # events that are not shown


class WeekBar(NamedTuple):
    """An event on its days of a week."""

    entry: PlacedEvent
    column: int  # 0: Monday
    span: int  # days
    begins: bool  # not in a week before
    ends: bool  # not in a week after


class Week(NamedTuple):
    """Seven days from Monday, and below them the lanes: bars, and None for each empty day."""

    days: Sequence[Day]
    lanes: Sequence[Sequence[WeekBar | None]]


def bounds(month: str) -> tuple[int, int]:
    """Return the first and the last day of a month "2024-07", both inclusive."""
    year, number = int(month[:4]), int(month[5:])
    if number == _DECEMBER:
        return parse_date(f"{month}-01"), parse_date(f"{month}-31")
    return parse_date(f"{month}-01"), parse_date(f"{year:04}-{number + 1:02}-01") - 1


def month_of(day: int) -> str:
    """Return the month of a day."""
    return format_date(day)[:7]


def weeks(month: str, entries: Iterable[PlacedEvent], today: int, language: str) -> list[Week]:
    """Return the whole weeks, Monday to Sunday, that a month touches.

    Undated entries are left out.
    """
    first, last = bounds(month)
    ranked = sorted((entry for entry in entries if entry.dated), key=_rank)
    result = []
    for monday in range(first - (first + _THURSDAY) % 7, last + 1, 7):
        lanes, more = _lanes(_bars(ranked, monday))
        days = [
            _day(day, first <= day <= last, day == today, more[day - monday], language)
            for day in range(monday, monday + 7)
        ]
        result.append(Week(days, [list(_without_repeats(lane)) for lane in lanes]))
    return result


def _rank(entry: PlacedEvent) -> tuple[int, int, int, int, str]:
    """Return the sort key: summits first, then by time, and long events before short."""
    first, last = entry.days
    return _RANKS[entry.kind], first, -last, entry.start or 0, entry.event.name


def _bars(entries: Iterable[PlacedEvent], monday: int) -> Iterator[WeekBar]:
    for entry in entries:
        first, last = entry.days
        low, high = max(first, monday), min(last, monday + 6)
        if low <= high:
            yield WeekBar(entry, low - monday, high - low + 1, low == first, high == last)


def _lanes(bars: Iterable[WeekBar]) -> tuple[list[list[WeekBar | None]], list[int]]:
    """Return each bar in the first lane with room, and for each day the bars without any."""
    lanes: list[list[WeekBar | None]] = []
    more = [0] * 7
    for bar in bars:
        days = slice(bar.column, bar.column + bar.span)
        lane = next((lane for lane in lanes if not any(lane[days])), None)
        if lane is None and len(lanes) < LANES:
            lane = [None] * 7
            lanes.append(lane)
        if lane is None:
            more[days] = [count + 1 for count in more[days]]
        else:
            lane[days] = [bar] * bar.span
    if any(more):
        more = [count + bool(bar) for count, bar in zip(more, lanes.pop(), strict=True)]
    return lanes, more


def _without_repeats(lane: Sequence[WeekBar | None]) -> Iterator[WeekBar | None]:
    for column, bar in enumerate(lane):
        if bar is None or bar.column == column:
            yield bar


def _day(day: int, inside: bool, today: bool, more: int, language: str) -> Day:
    if day > _LAST_DAY:
        return Day(0, "", "", False, False, 0)
    date = dates.machine(day)
    return Day(int(date[8:]), date, dates.long_day(day, language), inside, today, more)

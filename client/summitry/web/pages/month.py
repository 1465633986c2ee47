"""The month as weeks of days, and the way from one month to the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from summitry.web.pages import dates
from summitry.web.pages.placed_events import PlacedEvent
from summitry.zones import parse_date
from summitry.zones.days import format_date

IN_A_CELL = 4  # events shown in a day; the others are counted
_THURSDAY = 3  # the first weekday after day 0, 1970-01-01


class Day(NamedTuple):
    """A cell of the month."""

    number: int
    date: str
    label: str  # in full, for those who hear it
    inside: bool  # of this month
    today: bool
    entries: list[PlacedEvent]
    more: int  # events that are not shown


def bounds(month: str) -> tuple[int, int]:
    """Return the first and the last day of a month "2024-07", both inclusive."""
    return parse_date(f"{month}-01"), parse_date(f"{after(month)}-01") - 1


def after(month: str) -> str:
    """Return the month after a month."""
    return _shift(month, 1)


def before(month: str) -> str:
    """Return the month before a month."""
    return _shift(month, -1)


def month_of(day: int) -> str:
    """Return the month of a day."""
    return format_date(day)[:7]


def _shift(month: str, by: int) -> str:
    count = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{count // 12:04}-{count % 12 + 1:02}"


def weeks(month: str, entries: Iterable[PlacedEvent], today: int, language: str) -> list[list[Day]]:
    """Return the whole weeks, Monday to Sunday, that a month touches.

    Undated entries are left out.
    """
    first, last = bounds(month)
    start, end = _monday(first), _monday(last) + 6
    cells: dict[int, list[PlacedEvent]] = {day: [] for day in range(start, end + 1)}
    for entry in entries:
        if entry.dated:
            own_first, own_last = entry.days
            for day in range(max(own_first, start), min(own_last, end) + 1):
                cells[day].append(entry)
    days = [
        _day(day, cell, first <= day <= last, day == today, language) for day, cell in cells.items()
    ]
    return [days[i : i + 7] for i in range(0, len(days), 7)]


def _monday(day: int) -> int:
    return day - (day + _THURSDAY) % 7


def _day(day: int, entries: Sequence[PlacedEvent], inside: bool, today: bool, language: str) -> Day:
    date = dates.machine(day)
    # The count of further events takes a line itself: it appears only from two events on.
    count = IN_A_CELL if len(entries) <= IN_A_CELL else IN_A_CELL - 1
    return Day(
        number=int(date[8:]),
        date=date,
        label=dates.long_day(day, language),
        inside=inside,
        today=today,
        entries=list(entries[:count]),
        more=max(0, len(entries) - count),
    )

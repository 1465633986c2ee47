"""The agenda: events under the day on which they begin, then those whose day is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from summitry.web.pages import dates
from summitry.web.pages.entries import PlacedEvent
from summitry.web.pages.items import PageItem


class AgendaDay(NamedTuple):
    """A day with the events that begin on it."""

    anchor: str  # "d-2024-07-03"; "undated"
    date: str  # "2024-07-03"; "" where the day is not known
    heading: str
    items: list[PageItem]


def agenda(
    entries: Iterable[PlacedEvent],
    make: Callable[[PlacedEvent], PageItem],
    language: str,
    undated: str,
    since: int | None,
) -> list[AgendaDay]:
    """Return the days in order; events that began before `since` are listed under it."""
    days: dict[int, list[PageItem]] = {}
    rest: list[PageItem] = []
    for entry in entries:
        if not entry.dated:
            rest.append(make(entry))
            continue
        first = entry.days[0]
        days.setdefault(first if since is None else max(first, since), []).append(make(entry))
    sections = [_section(day, items, language) for day, items in sorted(days.items())]
    if rest:
        sections.append(AgendaDay("undated", "", undated, rest))
    return sections


def _section(day: int, items: list[PageItem], language: str) -> AgendaDay:
    iso = dates.machine(day)
    return AgendaDay(f"d-{iso}", iso, dates.long_day(day, language), items)

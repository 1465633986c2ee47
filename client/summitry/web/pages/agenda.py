"""The agenda: events under the day on which they begin, then those whose day is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from summitry.web.pages import dates
from summitry.web.pages.entries import Entry
from summitry.web.pages.items import Item


class Section(NamedTuple):
    """A day with the events that begin on it."""

    anchor: str  # "d-2024-07-03"; "undated"
    date: str  # "2024-07-03"; "" where the day is not known
    heading: str
    items: list[Item]


def agenda(
    entries: Iterable[Entry],
    make: Callable[[Entry], Item],
    language: str,
    undated: str,
    since: int | None,
) -> list[Section]:
    """Return the sections in order. What began before the day `since` stands under that day."""
    days: dict[int, list[Item]] = {}
    rest: list[Item] = []
    for entry in entries:
        if not entry.dated:
            rest.append(make(entry))
            continue
        first = entry.days[0]
        days.setdefault(first if since is None else max(first, since), []).append(make(entry))
    sections = [_section(day, items, language) for day, items in sorted(days.items())]
    if rest:
        sections.append(Section("undated", "", undated, rest))
    return sections


def _section(day: int, items: list[Item], language: str) -> Section:
    iso = dates.machine(day)
    return Section(f"d-{iso}", iso, dates.long_day(day, language), items)

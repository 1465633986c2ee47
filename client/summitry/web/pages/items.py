"""Events in the words of the reader, which the templates print: each by itself, and as an agenda.

The agenda has events under the day on which they begin, then those whose day is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from summitry.ical.describe import Line, paragraphs
from summitry.ical.facts import kind_word
from summitry.ical.languages import enum_word, pick, place_name, word
from summitry.ical.phrases import say_time
from summitry.kinds import WITH_PROGRAMME
from summitry.v1.event_status_pb2 import EventStatus
from summitry.web.pages import dates
from summitry.web.pages.choices import PageChoices
from summitry.web.pages.placed_events import PlacedEvent

ROOTS = tuple(kind.singular for kind in WITH_PROGRAMME)


class DetailLine(NamedTuple):
    """A line of the details, perhaps with a link."""

    label: str
    text: str
    href: str  # of the text; "" for none


class DetailParagraph(NamedTuple):
    """Lines of the details that belong together; a list where they have a heading."""

    heading: str
    lines: tuple[DetailLine, ...]


class PageItem(NamedTuple):
    """An event of a page."""

    anchor: str  # unique on the page, and the same on each: "meeting-plenary"
    kind: str  # a class for its colour
    kind_word: str
    title: str
    language: str  # of the title; "" if it is that of the page
    when: str
    place: str
    status: str  # "" for what goes without saying
    off: bool  # it does not take place then
    details: tuple[DetailParagraph, ...]
    open: bool  # the details, without a click
    programme: str  # the address of its programme; "" if it has none


def item_of(entry: PlacedEvent, choices: PageChoices, path: str, words: dict[str, str]) -> PageItem:
    """Return an entry as an item of the agenda."""
    event, language = entry.event, choices.lang
    title, title_language = title_of(entry, language)
    return PageItem(
        anchor=entry.anchor,
        kind=entry.kind,
        kind_word=kind_word(event, language),
        title=title,
        language=title_language,
        when=_under_its_day(entry, language, words),
        place=word(language, "semicolon").join(
            place_name(place, language) for place in event.places
        ),
        status=enum_word(language, EventStatus, event.status),
        off=entry.off,
        details=tuple(
            DetailParagraph(part.heading, tuple(map(_detail, part.lines)))
            for part in paragraphs(event, entry.attending, language)
        ),
        open=choices.open == entry.anchor,
        programme=_programme(entry, choices, path),
    )


def _detail(line: Line) -> DetailLine:
    """Return a line with its address as a link; an address that is none is shown as text."""
    href = web_address(line.url)
    text = (line.text or line.url) if href else " ".join(filter(None, (line.text, line.url)))
    return DetailLine(line.label, text, href)


def web_address(url: str) -> str:
    """Return an address if it is one of the web that a reader may follow; else "".

    Records have what their makers wrote: a link "javascript:..." would run, others lead nowhere.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # "http://[" is no address
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def title_of(entry: PlacedEvent, language: str) -> tuple[str, str]:
    """Return the title, and its language where that is not the page's."""
    title = pick(entry.event.titles, language)
    if title is None:
        return entry.id, ""
    same = title.language_code.partition("-")[0].lower() == language
    return title.text, "" if same else title.language_code


def when(entry: PlacedEvent, language: str) -> str:
    """Return the time in a few words: hours, days, or the known part of the date."""
    if entry.start is not None:
        return dates.hours(entry.start, entry.end, entry.offset, language)
    if not entry.dated or entry.first is None or entry.last is None:
        return say_time(entry.time, language)
    return dates.span(entry.first, entry.last, language)


def _under_its_day(entry: PlacedEvent, language: str, words: dict[str, str]) -> str:
    one_day = entry.dated and entry.start is None and entry.first == entry.last
    return words["all-day"] if one_day else when(entry, language)


def _programme(entry: PlacedEvent, choices: PageChoices, path: str) -> str:
    if entry.kind not in ROOTS or not entry.dated:
        return ""
    return choices.link(path, view="timeline", of=entry.id, month="", open="")


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

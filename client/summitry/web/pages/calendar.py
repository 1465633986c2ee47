"""The two pages: the list of calendars, and a calendar in one of its views."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

from google.type.localized_text_pb2 import LocalizedText

from summitry.ical.facts import kind_word
from summitry.ical.languages import pick
from summitry.kinds import event_of
from summitry.locale import LANGUAGES
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.feed_pb2 import Feed
from summitry.web.content.selection import bounds_of
from summitry.web.content.source import FeedListing
from summitry.web.pages import dates, month
from summitry.web.pages.choices import VIEWS, PageChoices
from summitry.web.pages.items import ROOTS, agenda, item_of, title_of, when
from summitry.web.pages.links import Links, links_of
from summitry.web.pages.placed_events import PlacedEvent
from summitry.web.pages.rendering import render
from summitry.web.pages.timeline import mirrored, picture
from summitry.web.pages.words import CATALOGUE, NAMES, RIGHT_TO_LEFT, words
from summitry.zones import TzDb

MAX_WHOLE_EVENTS = 150  # a calendar with more is shown by months


class PageRequest(NamedTuple):
    """A request for a page: its path, the choices in its query, and the wishes of the browser."""

    path: str
    origin: str  # the address of this server, "https://cal.example"; "" where it is doubtful
    choices: PageChoices
    today: int  # a day, by UTC
    requested_language: str  # by the query, else by the browser; "" if it is not offered

    def in_language(self, offered: Iterable[str]) -> PageRequest:
        """Return the request in the language that the reader chose, else the first offered."""
        base_languages = [tag.partition("-")[0].lower() for tag in offered]
        first = next((tag for tag in base_languages if tag in LANGUAGES), LANGUAGES[0])
        return self._replace(choices=self.choices._replace(lang=self.choices.lang or first))


class Card(NamedTuple):
    """A calendar, or a feed of a calendar, in the list."""

    id: str
    title: str
    href: str
    links: Links
    of_calendar: bool  # a feed


def render_home(listings: Sequence[FeedListing], request: PageRequest) -> bytes:
    """Render the list of calendars, each with its feeds below it."""
    home = PageChoices(lang=request.choices.lang)
    cards = [
        Card(
            "-".join(filter(None, (listing.calendar_id, listing.feed_id))),
            listing.title,
            home.link(page_path(listing)),
            links_of(listing, listing.title, request.origin, request.requested_language),
            bool(listing.feed_id),
        )
        for listing in listings
    ]
    return render("home.html", cards=cards, **common_values(request.choices, request.path))


def page_path(listing: FeedListing) -> str:
    """Return the path of the page of a calendar or feed."""
    below = f"/{listing.feed_id}" if listing.feed_id else ""
    return f"/calendars/{listing.calendar_id}{below}"


def render_calendar(
    listing: FeedListing,
    head: Calendar | Feed,
    entries: Sequence[PlacedEvent],
    zones: TzDb,
    request: PageRequest,
) -> bytes:
    """Render a calendar or feed in the view that the reader chose."""
    choices, language = request.choices, request.choices.lang
    bounded = _bounded(head, entries)
    entries = _programme(entries, choices.of) if choices.of else entries
    displayed_month = choices.month or _default_month(entries, choices, request.today)
    title = _text(head.titles, language)
    facts: dict[str, Any] = {
        "title": title.text or listing.title,
        "title_language": title.language,
        "summary": _text(head.summaries, language),
        "root": _root(entries, choices) if choices.of else None,
        "links": links_of(
            listing, title.text or listing.title, request.origin, request.requested_language
        ),
        "shown_month": displayed_month,
        "months": _months(entries, displayed_month, request),
        "views": [(view, choices.link(request.path, view=view, open="")) for view in VIEWS],
        "whole": choices.link(request.path, of="", month="", open="") if choices.of else "",
        "zones": zone_ids(zones),
        "tzdb": zones.version,
        "bounded": bounded,
        **common_values(request.choices, request.path),
    }
    facts |= _VIEWS[choices.view](entries, displayed_month, request)
    return render(f"{choices.view}.html", **facts)


def _bounded(head: Calendar | Feed, entries: Sequence[PlacedEvent]) -> tuple[int, int] | None:
    """Return how many events a subscription has, and of how many, where it has not all."""
    most, count = bounds_of(head).events, len({entry.event.name for entry in entries})
    return (most, count) if count > most else None


class TextWithLanguage(NamedTuple):
    """A text, and its language where that is not the page's."""

    text: str
    language: str


def _text(texts: Sequence[LocalizedText], language: str) -> TextWithLanguage:
    text = pick(texts, language)
    if text is None:
        return TextWithLanguage("", "")
    is_page_language = text.language_code.partition("-")[0].lower() == language
    return TextWithLanguage(text.text, "" if is_page_language else text.language_code)


def _root(entries: Sequence[PlacedEvent], choices: PageChoices) -> TextWithLanguage | None:
    """Return the title of the summit or visit whose programme is shown."""
    for entry in entries:
        if entry.id == choices.of and entry.kind in ROOTS:
            return TextWithLanguage(*title_of(entry, choices.lang))
    return None


@lru_cache(maxsize=4)
def zone_ids(db: TzDb) -> tuple[str, ...]:
    """Return the zones that countries use, for the reader to choose from."""
    ids = {zone for code in db.region_codes for zone in db.country_zones(code)}
    return ("UTC", *sorted(ids))


def common_values(choices: PageChoices, path: str) -> dict[str, Any]:
    """Return the values that all templates need."""
    return {
        "lang": choices.lang,
        "dir": "rtl" if choices.lang in RIGHT_TO_LEFT else "ltr",
        "w": words(choices.lang),
        "counted": partial(CATALOGUE.counted, choices.lang),
        "choices": choices,
        "path": path,
        "languages": [
            (code, name, choices.link(path, lang=code))
            for code, name in zip(LANGUAGES, NAMES, strict=True)
        ],
    }


def _programme(entries: Sequence[PlacedEvent], record_id: str) -> list[PlacedEvent]:
    """Return a summit or visit, with the events that belong to it and the visits made for it."""
    roots = {entry.event.name for entry in entries if entry.id == record_id and entry.kind in ROOTS}
    return [
        entry for entry in entries if entry.event.name in roots or event_of(entry.event) in roots
    ]


def _default_month(entries: Sequence[PlacedEvent], choices: PageChoices, today: int) -> str:
    """Return the month nearest to today that has an event; "" if the whole calendar fits a page."""
    if choices.view != "month" and len(entries) <= MAX_WHOLE_EVENTS:
        return ""
    days = [day for entry in entries if entry.dated for day in entry.days]
    nearest = min(days, key=lambda day: abs(day - today), default=today)
    return month.month_of(nearest)


def _within(entries: Sequence[PlacedEvent], displayed_month: str) -> list[PlacedEvent]:
    """Return the events that can be on a day of the month; all for ""."""
    if not displayed_month:
        return list(entries)
    first, last = month.bounds(displayed_month)
    return [entry for entry in entries if entry.overlaps(first, last)]


def _months(
    entries: Sequence[PlacedEvent], displayed_month: str, request: PageRequest
) -> dict[str, Any]:
    """Return the heading of a month, and the nearest months around it that have events."""
    if not displayed_month:
        return {}
    first, last = month.bounds(displayed_month)
    dated = [entry.days for entry in entries if entry.dated]
    earlier = max((min(days[1], first - 1) for days in dated if days[0] < first), default=None)
    later = min((max(days[0], last + 1) for days in dated if days[1] > last), default=None)
    return {
        "name": dates.say(first, "yMMMM", request.choices.lang),
        "earlier": _month_link(earlier, request),
        "later": _month_link(later, request),
    }


def _month_link(day: int | None, request: PageRequest) -> tuple[str, str] | None:
    if day is None:
        return None
    link = request.choices.link(request.path, month=month.month_of(day), open="")
    return link, dates.say(day, "yMMMM", request.choices.lang)


def _agenda(
    entries: Sequence[PlacedEvent], displayed_month: str, request: PageRequest
) -> dict[str, Any]:
    """Return the values that the template of the agenda needs."""
    language = request.choices.lang
    phrases = dict(words(language))
    make = partial(item_of, choices=request.choices, path=request.path, words=phrases)
    since = month.bounds(displayed_month)[0] if displayed_month else None
    visible = _within(entries, displayed_month)
    return {"sections": agenda(visible, make, language, phrases["undated"], since)}


def _month(
    entries: Sequence[PlacedEvent], displayed_month: str, request: PageRequest
) -> dict[str, Any]:
    """Return the values that the template of the month needs."""
    language = request.choices.lang
    visible = _within(entries, displayed_month)
    line_of = partial(_line, displayed_month=displayed_month, request=request)
    return {
        "weekdays": dates.weekdays(language),
        "weeks": month.weeks(displayed_month, visible, request.today, language),
        "undated": [line_of(entry) for entry in visible if not entry.dated],
        "visible": bool(visible),
        "agenda_link": _agenda_link(displayed_month, request),
        "line_of": line_of,
        "clock": dates.clock,
    }


def _timeline(
    entries: Sequence[PlacedEvent], displayed_month: str, request: PageRequest
) -> dict[str, Any]:
    """Return the values that the template of the timeline needs."""
    language = request.choices.lang
    visible = _within(entries, displayed_month)
    window = month.bounds(displayed_month) if displayed_month else None
    drawn = picture(visible, window, request.today, language)
    is_mirrored = language in RIGHT_TO_LEFT
    line_of = partial(_line, displayed_month=displayed_month, request=request)
    return {
        "picture": mirrored(drawn) if drawn and is_mirrored else drawn,
        "lines": [line_of(entry) for entry in visible],
        "href_of": lambda anchor: f"{_agenda_link(displayed_month, request, anchor)}#{anchor}",
        "agenda_link": request.choices.link(request.path, view="agenda", of="", open=""),
    }


def _agenda_link(displayed_month: str, request: PageRequest, anchor: str = "") -> str:
    """Return the agenda of what is shown, with the details of the event `anchor` open."""
    return request.choices.link(request.path, view="agenda", month=displayed_month, open=anchor)


def _line(entry: PlacedEvent, displayed_month: str, request: PageRequest) -> Mapping[str, str]:
    """Return an entry as a row of a plain table, with its place in the agenda."""
    language = request.choices.lang
    title, title_language = title_of(entry, language)
    text = when(entry, language)
    if entry.start is not None:
        text = f"{dates.long_day(entry.days[0], language)}, {text}"
    return {
        "kind": entry.kind,
        "kind_word": kind_word(entry.event, language),
        "href": f"{_agenda_link(displayed_month, request, entry.anchor)}#{entry.anchor}",
        "title": title,
        "language": title_language,
        "when": text,
    }


_VIEWS: Mapping[str, Callable[[Sequence[PlacedEvent], str, PageRequest], dict[str, Any]]] = {
    "agenda": _agenda,
    "month": _month,
    "timeline": _timeline,
}

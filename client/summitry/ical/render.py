"""Calendars as iCalendar bytes: a header, time zones, one fragment per event, a footer.

The bytes depend only on the records, the options and the time zone data, and never on the clock,
so that equal revisions give equal feeds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from summitry.ical.identifiers import derived_uid
from summitry.ical.languages import words_of
from summitry.ical.mapping import event_lines, is_cancelled
from summitry.ical.options import DEFAULTS, Options, validate_options
from summitry.ical.records import Event, Surroundings, is_event
from summitry.ical.text import escape, fold_all, one_line, parameter, stamp
from summitry.ical.times import Placement, place_event
from summitry.ical.vtimezone import vtimezone_within
from summitry.kinds import Record
from summitry.locale import language_of
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.feed_pb2 import Feed
from summitry.zones import TzDb, default_database

_NO_SURROUNDINGS = Surroundings(())
PRODID = "-//Summitry//Summitry//EN"
REFRESH = "PT1H"
FILE_END = b"END:VCALENDAR\r\n"
# A VCALENDAR must contain a component (RFC 5545 3.6); a time zone is invisible in apps.
NO_EVENTS: Mapping[str, tuple[int, int]] = {"UTC": (0, 0)}


class Fragment(NamedTuple):
    """The bytes of a VEVENT, with its position in the file and the zones that it uses."""

    start: int  # epoch seconds; with the uid, its place in the file
    uid: str
    data: bytes
    zones: tuple[tuple[str, int], ...]  # TZIDs in it, each with an instant to be covered


# By record name and cache key (Surroundings.version). None marks an event that is left out.
Fragments: TypeAlias = Mapping[tuple[str | int, ...], Fragment | None]
Handler: TypeAlias = Callable[[Record, Exception], None]


def render_fragment(
    event: Event,
    options: Options = DEFAULTS,
    *,
    surroundings: Surroundings | None = None,
    zones: TzDb | None = None,
) -> Fragment | None:
    """Render an event; None if the options leave it out, or its date is too vague for them.

    Raises ValueError for a timed record whose `time.resolved` is not filled, and ZoneError.
    """
    placement = placement_of(event, options, zones or default_database())
    if placement is None:
        return None
    lines = event_lines(event, placement, surroundings or _NO_SURROUNDINGS, options)
    return Fragment(placement.start, event.ical_uid, fold_all(lines), placement.zones)


def placement_of(event: Event, options: Options, db: TzDb) -> Placement | None:
    """Return the time of an event in a file; None if the event is left out.

    Raises ValueError and ZoneError as `render_fragment` does.
    """
    placement = place_event(event, options, db)
    return None if options.cancelled == "omit" and is_cancelled(event) else placement


def render_fragments(
    records: Iterable[Record],
    options: Options = DEFAULTS,
    *,
    reusable: Fragments | None = None,
    zones: TzDb | None = None,
    on_error: Handler | None = None,
) -> Fragments:
    """Render all events among the records, except those whose fragment is in `reusable`.

    The fragments in `reusable` must come from the same options. An event that cannot be rendered
    is left out and reported to `on_error`; without `on_error` its exception is raised.
    """
    database = zones or default_database()
    cached = reusable or {}
    all_records = list(records)
    surroundings = Surroundings(all_records)
    fragments: dict[tuple[str | int, ...], Fragment | None] = {}
    for record in all_records:
        if not is_event(record):
            continue
        key = (record.name, database.version, *surroundings.version(record))
        try:
            fragments[key] = (
                cached[key]
                if key in cached
                else render_fragment(record, options, surroundings=surroundings, zones=database)
            )
        except Exception as error:
            if on_error is None:
                raise
            on_error(record, error)
    return fragments


def assemble(
    calendar: Calendar | Feed,
    fragments: Fragments,
    options: Options = DEFAULTS,
    *,
    modified: int,
    name: str = "",
    color: str = "",
    notes: Sequence[str] = (),
    zones: TzDb | None = None,
) -> bytes:
    """Return the file made of fragments. `modified` is the last change, in epoch seconds.

    `color` is the name of a CSS3 colour (RFC 7986 5.9); `notes` follow the description.
    """
    ordered = sorted(fragment for fragment in fragments.values() if fragment is not None)
    uses: defaultdict[str, set[int]] = defaultdict(set)
    for fragment in ordered:
        for key, instant in fragment.zones:
            uses[key].add(instant)
    spans = {key: (min(instants), max(instants)) for key, instants in uses.items()}
    head = file_head(
        calendar,
        options,
        modified=modified,
        name=name,
        color=color,
        notes=notes,
        spans=spans if ordered else NO_EVENTS,
        instants=uses.__getitem__,
        zones=zones,
    )
    return b"".join((head, *(fragment.data for fragment in ordered), FILE_END))


def file_head(
    calendar: Calendar | Feed,
    options: Options,
    *,
    modified: int,
    name: str = "",
    color: str = "",
    notes: Sequence[str] = (),
    spans: Mapping[str, tuple[int, int]],
    instants: Callable[[str], Collection[int]],
    zones: TzDb | None = None,
) -> bytes:
    """Return what stands before the events of a file; FILE_END stands behind them.

    `spans` gives the first and the last instant at which the events use a TZID, or is NO_EVENTS.
    `instants` returns all of them, for the few zones that need that. For the others see `assemble`.
    """
    database = zones or default_database()
    lines = fold_all(_header(calendar, options, modified, name, color, notes))
    return b"".join((lines, *_time_zones(spans, instants, database)))


def render_calendar(
    calendar: Calendar,
    records: Iterable[Record],
    *,
    language: str = "en",
    name: str = "",
    partial: str = DEFAULTS.partial,
    profile: str = DEFAULTS.profile,
    times: str = DEFAULTS.times,
    cancelled: str = DEFAULTS.cancelled,
    zones: TzDb | None = None,
    on_error: Handler | None = None,
) -> bytes:
    """Render a calendar with its records as one iCalendar file, `text/calendar` in UTF-8.

    `language` is a BCP 47 tag, `name` replaces the calendar's title; the other choices are those of
    `Options`. Summits, visits, meetings and notices become events; delegations appear in the events
    that they attend. An event that cannot be rendered is left out and reported to `on_error`;
    without `on_error` its exception is raised. Raises ValueError for an unknown option.
    """
    options = validate_options(Options(language, partial, profile, times, cancelled))
    all_records = list(records)
    fragments = render_fragments(all_records, options, zones=zones, on_error=on_error)
    modified = max(record.update_time.seconds for record in (calendar, *all_records))
    return assemble(calendar, fragments, options, modified=modified, name=name, zones=zones)


def calendar_title(calendar: Calendar | Feed, language: str) -> str:
    """Return the title of a calendar or feed, on one line."""
    return one_line(words_of(calendar.titles, language) or calendar.name)


def _header(
    calendar: Calendar | Feed,
    options: Options,
    modified: int,
    name: str,
    color: str,
    notes: Sequence[str],
) -> Iterator[str]:
    language = options.language
    title = escape(one_line(name) or calendar_title(calendar, language))
    texts = (words_of(calendar.summaries, language), *notes)
    summary = escape("\n\n".join(text for text in texts if text))
    tag = parameter(language_of(language))
    yield "BEGIN:VCALENDAR"
    yield f"PRODID:{PRODID}"
    yield "VERSION:2.0"
    yield "CALSCALE:GREGORIAN"
    yield "METHOD:PUBLISH"
    if options.profile == "rich":  # by a UID here, vdirsyncer merges all events (decisions/0007)
        yield f"UID:{derived_uid('feed', calendar.ical_uid or calendar.name)}"
    yield f"NAME;LANGUAGE={tag}:{title}"
    yield f"X-WR-CALNAME:{title}"
    if summary:
        yield f"DESCRIPTION;LANGUAGE={tag}:{summary}"
        yield f"X-WR-CALDESC:{summary}"
    if color:
        yield f"COLOR:{escape(color)}"
    yield f"LAST-MODIFIED:{stamp(modified)}"
    yield f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}"
    yield f"X-PUBLISHED-TTL:{REFRESH}"


def _time_zones(
    spans: Mapping[str, tuple[int, int]], instants: Callable[[str], Collection[int]], database: TzDb
) -> Iterator[bytes]:
    for key in sorted(spans):
        first, last = spans[key]
        yield vtimezone_within(key, database.zone(key), first, last, partial(instants, key))

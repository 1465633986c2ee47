"""Calendars as JSCalendar (RFC 8984): a Group with an Event for each record.

Which events there are, when, and with which status is decided where the iCalendar file is written
(summitry.ical.render, times, mapping); here is only how JSCalendar says it. What a VEVENT cannot
say, it does: the text in all languages of the record, and who takes part in every case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from summitry.ical.describe import describe
from summitry.ical.facts import category_words
from summitry.ical.identifiers import derived_uid
from summitry.ical.jsparts import (
    Json,
    links,
    locations,
    participants,
    virtual_locations,
    without_empty,
)
from summitry.ical.languages import words_of
from summitry.ical.mapping import CLASSES, last_change, shown_title, status_of, takes_time
from summitry.ical.options import DEFAULTS, Options, checked
from summitry.ical.records import EVENT_TYPES, Attendance, Event, Surroundings
from summitry.ical.render import PRODID, Handler, calendar_title, placed
from summitry.ical.text import clean, one_line
from summitry.ical.times import When
from summitry.kinds import Record
from summitry.locale import language_of
from summitry.v1.calendar_pb2 import Calendar
from summitry.zones import TzDb, default_database, format_civil
from summitry.zones.days import SECONDS

_PRIVACY: Mapping[str, str] = {"PUBLIC": "public", "PRIVATE": "private", "CONFIDENTIAL": "secret"}
# The properties that a localization may patch (4.6.1).
_LOCAL = frozenset({"title", "description", "name"})
_TAG = re.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def render_jscalendar(
    calendar: Calendar,
    records: Iterable[Record],
    *,
    language: str = "en",
    name: str = "",
    partial: str = DEFAULTS.partial,
    times: str = DEFAULTS.times,
    cancelled: str = DEFAULTS.cancelled,
    zones: TzDb | None = None,
    on_error: Handler | None = None,
) -> bytes:
    """A calendar with its records as JSCalendar, `application/jscalendar+json;type=group`.

    Options and errors are those of `summitry.ical.render_calendar`. Texts come in `language`, and
    as localizations in the other languages that a record has titles, summaries or places in.
    """
    options = checked(Options(language, partial, "rich", times, cancelled))
    shown = list(records)
    entries = _entries(shown, options, zones or default_database(), on_error)
    group = {
        "@type": "Group",
        "uid": derived_uid("feed", calendar.uid or calendar.name),
        "prodId": PRODID,
        "updated": _stamp(max(record.update_time.seconds for record in (calendar, *shown))),
        "title": one_line(name) or calendar_title(calendar, language),
        **without_empty({"description": clean(words_of(calendar.summaries, language))}),
        "locale": language_of(language),
        "entries": [event for _, _, event in sorted(entries, key=lambda entry: entry[:2])],
    }
    return json.dumps(group, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _entries(
    records: Sequence[Record], options: Options, db: TzDb, on_error: Handler | None
) -> Iterator[tuple[int, str, Json]]:
    """The events with their place in the order of the file."""
    surroundings = Surroundings(records)
    for record in records:
        if not isinstance(record, EVENT_TYPES):
            continue
        try:
            when = placed(record, options, db)
            if when is not None:
                yield when.start, record.uid, render_event(record, when, surroundings, options, db)
        except Exception as error:
            if on_error is None:
                raise
            on_error(record, error)


def render_event(
    event: Event, when: When, surroundings: Surroundings, options: Options, db: TzDb
) -> Json:
    """One event at its place in time (5.1)."""
    language = options.language
    attending = surroundings.attending(event)
    texts = _texts(event, when, attending, language)
    locale = _locale(event, language)
    parent = surroundings.parent_uid(event)
    related = {parent: {"@type": "Relation", "relation": {"parent": True}}} if parent else {}
    known = {
        "created": _stamp(event.create_time.seconds) if event.HasField("create_time") else "",
        "status": status_of(event, options.cancelled).lower(),
        "keywords": dict.fromkeys(category_words(event, language), True),
        "relatedTo": related,
        "localizations": _localizations(event, when, attending, texts, locale),
    }
    return {
        "@type": "Event",
        "uid": event.uid,
        "sequence": event.sequence,
        "updated": _stamp(last_change(event, attending)),
        **_times(when, db),
        "locale": locale,
        **texts,
        "privacy": _PRIVACY[CLASSES.get(event.visibility, "CONFIDENTIAL")],
        "freeBusyStatus": "busy" if takes_time(when) else "free",
        **without_empty(known),
    }


def _times(when: When, db: TzDb) -> Json:
    """Start, zone and duration (4.7.1, 5.1.1, 5.1.2).

    A day is the day of whoever looks, so it has no zone; hours have theirs, or UTC.
    """
    if when.all_day:
        days = (when.end - when.start) // SECONDS
        start = {"start": format_civil(when.start), "duration": f"P{days}D"}
        return {**start, "timeZone": None, "showWithoutTime": True}
    key = when.start_zone
    wall = db.zone(key).wall_at(when.start) if key else when.start
    length = {"duration": duration(when.end - when.start)} if when.end > when.start else {}
    return {"start": format_civil(wall), **length, "timeZone": key or "Etc/UTC"}


def duration(seconds: int) -> str:
    """A positive number of seconds as Duration (1.4.6): "PT1H0M30S".

    In hours, not in days: days are added to the wall clock, which may change in between.
    """
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    text = f"{second}S" if second else ""
    if minute or (hour and second):
        text = f"{minute}M{text}"
    return f"PT{hour}H{text}" if hour else f"PT{text}"


def _texts(event: Event, when: When, attending: Sequence[Attendance], language: str) -> Json:
    """What is said in a language, and the objects in which it is said."""
    return without_empty(
        {
            "title": clean(shown_title(event, language, former=when.former)[1]),
            "description": clean(describe(event, attending, language)),
            "locations": locations(event, when, language),
            "virtualLocations": virtual_locations(event),
            "links": links(event),
            "participants": participants(event, attending, language),
        }
    )


def _locale(event: Event, language: str) -> str:
    """The tag of the title if that is in the language asked for, else that of our own words."""
    tag = shown_title(event, language)[0]
    same = tag.partition("-")[0].lower() == language.partition("-")[0].lower()
    return tag if same else language_of(language)


def _localizations(
    event: Event, when: When, attending: Sequence[Attendance], texts: Json, locale: str
) -> Json:
    """A patch for each other language of the record (4.6.1)."""
    return without_empty(
        {
            tag: dict(_patch(texts, _texts(event, when, attending, tag)))
            for tag in _languages(event)
            if tag != locale
        }
    )


def _languages(event: Event) -> Iterable[str]:
    places = ((*place.venues, *place.localities) for place in event.places)
    texts = (*event.titles, *event.summaries, *(text for place in places for text in place))
    tags = (text.language_code.replace("_", "-") for text in texts)
    return dict.fromkeys(tag for tag in tags if _TAG.fullmatch(tag))


def _patch(texts: Json, other: Json, path: str = "") -> Iterator[tuple[str, str | None]]:
    """The pointers at which `other` differs, with what stands there, None for nothing (1.4.9)."""
    for key in dict.fromkeys((*texts, *other)):
        ours, theirs = texts.get(key), other.get(key)
        if isinstance(ours, dict) and isinstance(theirs, dict):
            yield from _patch(ours, theirs, f"{path}{key}/")
        elif key in _LOCAL and ours != theirs:
            yield f"{path}{key}", theirs


def _stamp(instant: int) -> str:
    return f"{format_civil(instant)}Z"

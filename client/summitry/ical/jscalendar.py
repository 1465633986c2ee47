"""Calendars as JSCalendar (RFC 8984): a Group with an Event for each record.

The modules that render iCalendar files decide which events appear, when, and with which status
(summitry.ical.render, times, mapping); this module only puts that into the form of JSCalendar. Two
things go beyond a VEVENT: texts come in all languages of the record, and participants are always
listed.
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
from summitry.ical.mapping import CLASSES, display_title, is_busy, last_change, status_of
from summitry.ical.options import DEFAULTS, Options, validate_options
from summitry.ical.records import Attendance, Event, Surroundings, is_event
from summitry.ical.render import PRODID, Handler, calendar_title, placement_of
from summitry.ical.text import clean, one_line
from summitry.ical.times import Placement
from summitry.kinds import Record
from summitry.locale import language_of
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.visit_pb2 import Visit
from summitry.zones import TzDb, default_database, format_civil
from summitry.zones.days import DAY_SECONDS

_PRIVACY: Mapping[str, str] = {"PUBLIC": "public", "PRIVATE": "private", "CONFIDENTIAL": "secret"}
# The properties, of those rendered here, that a localization may patch (4.6.1).
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
    """Render a calendar and its records as JSCalendar, `application/jscalendar+json;type=group`.

    Options and errors are those of `summitry.ical.render_calendar`. Texts come in `language`, and
    as localizations in the other languages that a record has titles, summaries or places in.
    """
    options = validate_options(Options(language, partial, "rich", times, cancelled))
    all_records = list(records)
    entries = _entries(all_records, options, zones or default_database(), on_error)
    group = {
        "@type": "Group",
        "uid": derived_uid("feed", calendar.ical_uid or calendar.name),
        "prodId": PRODID,
        "updated": _stamp(max(record.update_time.seconds for record in (calendar, *all_records))),
        "title": one_line(name) or calendar_title(calendar, language),
        **without_empty({"description": clean(words_of(calendar.summaries, language))}),
        "locale": language_of(language),
        "entries": [event for _, _, event in sorted(entries, key=lambda entry: entry[:2])],
    }
    return json.dumps(group, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _entries(
    records: Sequence[Record], options: Options, db: TzDb, on_error: Handler | None
) -> Iterator[tuple[int, str, Json]]:
    """Yield the events, each with its start and uid, by which the file is ordered."""
    surroundings = Surroundings(records)
    for record in records:
        if not is_event(record):
            continue
        try:
            placement = placement_of(record, options, db)
            if placement is not None:
                yield (
                    placement.start,
                    record.ical_uid,
                    render_event(record, placement, surroundings, options, db),
                )
        except Exception as error:
            if on_error is None:
                raise
            on_error(record, error)


def _relations(event: Event, surroundings: Surroundings) -> Json:
    """Return the relation (1.4.10) to the whole of a part; that of a visit has no name."""
    uid = surroundings.related_uid(event)
    kinds = {} if isinstance(event, Visit) else {"parent": True}
    return {uid: {"@type": "Relation", "relation": kinds}} if uid else {}


def render_event(
    event: Event, placement: Placement, surroundings: Surroundings, options: Options, db: TzDb
) -> Json:
    """Return the Event object (5.1) of a record at its place in time."""
    language = options.language
    attending = surroundings.attending(event)
    texts = _texts(event, placement, attending, language)
    locale = _locale(event, language)
    optional = {
        "created": _stamp(event.create_time.seconds) if event.HasField("create_time") else "",
        "status": status_of(event, options.cancelled).lower(),
        "keywords": dict.fromkeys(category_words(event, language), True),
        "relatedTo": _relations(event, surroundings),
        "localizations": _localizations(event, placement, attending, texts, locale),
    }
    return {
        "@type": "Event",
        "uid": event.ical_uid,
        "sequence": event.sequence,
        "updated": _stamp(last_change(event, attending)),
        **_times(placement, db),
        "locale": locale,
        **texts,
        "privacy": _PRIVACY[CLASSES.get(event.visibility, "CONFIDENTIAL")],
        "freeBusyStatus": "busy" if is_busy(placement) else "free",
        **without_empty(optional),
    }


def _times(placement: Placement, db: TzDb) -> Json:
    """Return start, zone and duration (4.7.1, 5.1.1, 5.1.2).

    Days have no zone: they are days wherever the reader is. Times have the zone as stated, or UTC.
    """
    if placement.all_day:
        days = (placement.end - placement.start) // DAY_SECONDS
        start = {"start": format_civil(placement.start), "duration": f"P{days}D"}
        return {**start, "timeZone": None, "showWithoutTime": True}
    key = placement.start_zone
    wall = db.zone(key).wall_at(placement.start) if key else placement.start
    length = (
        {"duration": duration(placement.end - placement.start)}
        if placement.end > placement.start
        else {}
    )
    return {"start": format_civil(wall), **length, "timeZone": key or "Etc/UTC"}


def duration(seconds: int) -> str:
    """Return a positive number of seconds as Duration (1.4.6): "PT1H0M30S".

    It is written in hours and not in days, because a day of a duration means the same wall time on
    the next day, which is not always 24 hours later.
    """
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    text = f"{second}S" if second else ""
    if minute or (hour and second):
        text = f"{minute}M{text}"
    return f"PT{hour}H{text}" if hour else f"PT{text}"


def _texts(
    event: Event, placement: Placement, attending: Sequence[Attendance], language: str
) -> Json:
    """Return the properties that contain text in a language."""
    return without_empty(
        {
            "title": clean(display_title(event, language, former=placement.former)[1]),
            "description": clean(describe(event, attending, language)),
            "locations": locations(event, placement, language),
            "virtualLocations": virtual_locations(event),
            "links": links(event),
            "participants": participants(event, attending, language),
        }
    )


def _locale(event: Event, language: str) -> str:
    """Return the tag of the title if it is in the requested language, else that of fixed words."""
    tag = display_title(event, language)[0]
    is_requested = tag.partition("-")[0].lower() == language.partition("-")[0].lower()
    return tag if is_requested else language_of(language)


def _localizations(
    event: Event, placement: Placement, attending: Sequence[Attendance], texts: Json, locale: str
) -> Json:
    """Return a patch for each language of the record but `locale` (4.6.1)."""
    return without_empty(
        {
            tag: dict(_patch(texts, _texts(event, placement, attending, tag)))
            for tag in _languages(event)
            if tag != locale
        }
    )


def _languages(event: Event) -> Iterable[str]:
    places = ((*place.venues, *place.localities) for place in event.places)
    texts = (*event.titles, *event.summaries, *(text for place in places for text in place))
    tags = (text.language_code.replace("_", "-") for text in texts)
    return dict.fromkeys(tag for tag in tags if _TAG.fullmatch(tag))


def _patch(texts: Json, translated: Json, path: str = "") -> Iterator[tuple[str, str | None]]:
    """Yield the pointers at which `translated` differs and the value there, or None (1.4.9)."""
    for key in dict.fromkeys((*texts, *translated)):
        ours, theirs = texts.get(key), translated.get(key)
        if isinstance(ours, dict) and isinstance(theirs, dict):
            yield from _patch(ours, theirs, f"{path}{key}/")
        elif key in _LOCAL and ours != theirs:
            yield f"{path}{key}", theirs


def _stamp(instant: int) -> str:
    return f"{format_civil(instant)}Z"

"""From the events of a calendar to records: UID, SEQUENCE and RECURRENCE-ID say which is which."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from icalendar import Event

from summitry.fields import Fields, identifier, without_empty
from summitry.ical.reading.components import CalendarText, Component, split
from summitry.ical.reading.moments import EventFaultError, Frame, Times, moment, times_of
from summitry.ical.reading.recurring import in_zone_of, recurs, starts
from summitry.zones import TzDb, ZoneError, default_database

RULES = 500  # events of a file that recur
DAYS = 20_000  # records of a file
RECURRING = 16 * 1024  # bytes of an event that recurs
UID = 255  # characters
ORIGINAL = 64 * 1024  # characters that a record keeps of its source
SEQUENCE = "ical-sequence"
"""The label that holds the SEQUENCE of the file, by which an import knows what is older."""

KINDS = ("meeting", "summit", "visit", "notice")
STATUSES = {
    "TENTATIVE": "EVENT_STATUS_PROPOSED",
    "CONFIRMED": "EVENT_STATUS_CONFIRMED",
    "CANCELLED": "EVENT_STATUS_CANCELLED",
}
VISIBILITIES = {"PRIVATE": "VISIBILITY_INTERNAL", "CONFIDENTIAL": "VISIBILITY_RESTRICTED"}
_USED = ("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")


class Choices(NamedTuple):
    """What the file does not say itself."""

    calendar: str  # resource name of the calendar that the records go to
    kind: str = "meeting"  # one of KINDS
    zone: str = ""  # IANA id for times that name none; "" refuses them
    tzids: Mapping[str, str] = {}  # ids that only the file knows, and what they stand for


class _Read(NamedTuple):
    """An event, parsed."""

    position: int
    event: Event
    uid: str
    rank: tuple[int, str]  # SEQUENCE, then DTSTAMP: what is greater holds
    size: int  # bytes


Found = tuple[int, Fields | EventFaultError]


def read_events(
    data: bytes, choices: Choices, db: TzDb | None = None, most: int = DAYS
) -> Iterator[Found]:
    """The events of a file in its order, each with its position from 1, as protobuf JSON.

    What cannot be read is an EventFaultError in its place; so is, in place 0, what goes beyond
    `most` records. An event that recurs gives one record a day. Raises CalendarTextError for what
    is no calendar.
    """
    reading = _Reading(split(data), choices, db or default_database())
    found = list(islice(reading.found(), most + 1))
    yield from sorted(found[:most], key=lambda entry: entry[0])
    if len(found) > most:
        yield 0, EventFaultError(f"more than {most} events with all their days: split the file")


def _frame(text: CalendarText, choices: Choices, db: TzDb) -> Frame:
    shown = text.properties.get("X-WR-TIMEZONE", "")
    try:
        shown = db.zone(shown).key if shown else ""
    except ZoneError:
        shown = ""
    return Frame(db, choices.zone, choices.tzids, shown)


def _parsed(components: Iterable[Component]) -> tuple[list[_Read], list[Found]]:
    read: list[_Read] = []
    faults: list[Found] = []
    for component in components:
        try:
            read.append(_parse(component))
        except EventFaultError as fault:
            faults.append((component.position, fault))
    return read, faults


def _parse(component: Component) -> _Read:
    if component.fault:
        raise EventFaultError(component.fault)
    try:
        event = _parsed_by_library(component.text)
    except (ValueError, IndexError, KeyError, RecursionError) as error:
        raise EventFaultError(f"no event that can be read: {_brief(error)}") from error
    if not isinstance(event, Event):
        raise EventFaultError("no event that can be read")
    for name, what in event.errors:
        if name in _USED or name is None:
            raise EventFaultError(f"{name or 'a line'} is broken: {_brief(what)}")
    uid = str(event.get("UID", "")).strip()
    if not uid:
        raise EventFaultError("UID is missing")
    if "RANGE" in getattr(event.get("RECURRENCE-ID"), "params", ()):
        raise EventFaultError("RECURRENCE-ID with RANGE is not read: write each day as it is")
    rank = (_number(event), _stamp(event))
    return _Read(component.position, event, uid, rank, len(component.text))


def _parsed_by_library(text: bytes) -> Any:
    if b"TZID=/" not in text.upper():
        return Event.from_ical(text)
    with warnings.catch_warnings():
        # What the library guesses of such an id is not used (moments.zone_of).
        warnings.simplefilter("ignore")
        return Event.from_ical(text)


def _sorted(
    read: Iterable[_Read],
) -> tuple[list[_Read], dict[str, dict[str, _Read]], list[Found]]:
    """Events, their changed days by RECURRENCE-ID, and what a newer one of the same stands for."""
    newest: dict[tuple[str, str], _Read] = {}
    older: list[Found] = []
    for one in read:
        key = (one.uid, _recurrence(one.event))
        known = newest.get(key)
        if known is not None:
            one, known = (one, known) if one.rank > known.rank else (known, one)
            fault = f"event {one.position} has the same UID and is newer or first: left out"
            older.append((known.position, EventFaultError(fault)))
        newest[key] = one
    masters = [one for (_, day), one in newest.items() if not day]
    changed: dict[str, dict[str, _Read]] = defaultdict(dict)
    for (uid, day), one in newest.items():
        if day:
            changed[uid][day] = one
    return masters, changed, older


class _Reading:
    """A file while it is read."""

    def __init__(self, text: CalendarText, choices: Choices, db: TzDb) -> None:
        self._text = text
        self._choices = choices
        self._frame = _frame(text, choices, db)
        self._rules = 0

    def found(self) -> Iterator[Found]:
        """All records and faults, those of one event together."""
        read, faults = _parsed(self._text.events)
        masters, changed, older = _sorted(read)
        yield from faults
        yield from older
        for one in masters:
            yield from self._event(one, changed.pop(one.uid, {}))
        for left in changed.values():  # days of an event that is not in the file
            for one in left.values():
                yield self._single(one)

    def _event(self, one: _Read, changed: dict[str, _Read]) -> Iterator[Found]:
        try:
            if recurs(one.event) or changed:
                yield from self._days(one, changed)
            else:
                times = times_of(one.event, self._frame)
                yield one.position, self._record(one, self._common(one), times, "")
        except EventFaultError as fault:
            yield one.position, fault

    def _days(self, one: _Read, changed: dict[str, _Read]) -> Iterator[Found]:
        self._check_rule(one)
        frame = self._frame
        times = times_of(one.event, frame)
        walls = starts(one.event, times.start, frame)
        by_wall = {_wall(other, times, frame): other for other in changed.values()}
        common = self._common(one)
        for wall in walls:
            if (other := by_wall.pop(wall, None)) is not None:
                yield self._single(other)
                continue
            moved = times.moved(wall - times.start.wall)
            yield one.position, self._record(one, common, moved, _mark(wall))
            common = common | {"original": ""}  # it is the same: kept once
        for other in by_wall.values():  # a day beside those of the rule
            yield self._single(other)

    def _check_rule(self, one: _Read) -> None:
        self._rules += 1
        if self._rules > RULES:
            raise EventFaultError(f"more than {RULES} events recur: split the file")
        if one.size > RECURRING:
            most = f"{RECURRING} are read of one that recurs"
            raise EventFaultError(f"the event has {one.size} bytes, {most}: shorten it")

    def _single(self, one: _Read) -> Found:
        """A changed day of an event that recurs, under the day that it was to be on."""
        try:
            times = times_of(one.event, self._frame)
            mark = _mark(_wall(one, times, self._frame))
            return one.position, self._record(one, self._common(one), times, mark)
        except EventFaultError as fault:
            return one.position, fault

    def _common(self, one: _Read) -> Fields:
        """What all days of an event have."""
        event = one.event
        cancelled = self._text.properties.get("METHOD", "").upper() == "CANCEL"
        said = "CANCELLED" if cancelled else str(event.get("STATUS", "")).upper()
        return {
            "titles": _texts(event, "SUMMARY"),
            "summaries": _texts(event, "DESCRIPTION"),
            "places": _places(event),
            "status": STATUSES.get(said, ""),
            "status_text": said,
            "visibility": VISIBILITIES.get(str(event.get("CLASS", "")).upper(), ""),
            "links": _links(event),
            "labels": {SEQUENCE: str(one.rank[0])},
            "original": _original(event),
        }

    def _record(self, one: _Read, common: Fields, times: Times, mark: str) -> Fields:
        uid = f"{one.uid}/{mark}" if mark else one.uid
        if len(uid) > UID:
            raise EventFaultError(f"UID has {len(one.uid)} characters: at most {UID} are kept")
        name = f"{self._choices.calendar}/{self._choices.kind}s/{identifier(uid)}"
        own = {"name": name, "uid": uid, "time": times.field(self._frame)}
        return without_empty(own | common)


def _wall(one: _Read, times: Times, frame: Frame) -> datetime:
    day = moment(one.event["RECURRENCE-ID"], "RECURRENCE-ID", frame)
    return in_zone_of(times.start, day, frame)


def _mark(wall: datetime) -> str:
    """The day for UIDs and names, with its hour unless that is midnight."""
    return wall.strftime("%Y%m%dT%H%M%S").removesuffix("T000000")


def _texts(event: Event, name: str) -> list[Fields]:
    found: dict[str, str] = {}
    value = event.get(name)
    for prop in value if isinstance(value, list) else [value] if value else []:
        if text := str(prop).strip():
            found.setdefault(str(prop.params.get("LANGUAGE", "")), text)
    return [without_empty({"text": text, "language_code": tag}) for tag, text in found.items()]


def _places(event: Event) -> list[Fields]:
    place: Fields = {"text": str(event.get("LOCATION", "")).strip()}
    geo = event.get("GEO")
    if geo is not None and hasattr(geo, "latitude"):
        place["position"] = {"latitude": geo.latitude, "longitude": geo.longitude}
    return [place] if any(place.values()) else []


def _links(event: Event) -> list[Fields]:
    url = str(event.get("URL", "")).strip()
    web = url.lower().startswith(("http://", "https://"))
    return [{"relation": "LINK_RELATION_ABOUT", "url": url}] if web else []


def _original(event: Event) -> str:
    text: str = event.to_ical().decode()
    if len(text) > ORIGINAL:
        raise EventFaultError(f"the event has {len(text)} characters, {ORIGINAL} are kept")
    return text


def _number(event: Event) -> int:
    try:
        return max(0, int(event.get("SEQUENCE", 0)))
    except (TypeError, ValueError):
        return 0


def _stamp(event: Event) -> str:
    value = event.get("LAST-MODIFIED") or event.get("DTSTAMP")
    found = getattr(value, "dt", None)
    return found.strftime("%Y%m%d%H%M%S") if isinstance(found, datetime) else ""


def _recurrence(event: Event) -> str:
    value: Any = event.get("RECURRENCE-ID")
    return str(value.to_ical().decode()) if value is not None else ""


def _brief(error: object) -> str:
    return " ".join(str(error).split())[:200]

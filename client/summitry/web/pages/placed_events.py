"""Events as a page shows them: their days and hours in a reader's zone, or in that of the place."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cachetools import LRUCache

from summitry.ical.records import Attendance, Event, Surroundings, is_event
from summitry.kinds import BY_MESSAGE, Record, parse_name
from summitry.standing import former_time, is_dated
from summitry.statuses import takes_place
from summitry.time_fields import instants
from summitry.v1.event_time_pb2 import EventTime, TimePoint
from summitry.web.content.selection import FeedSnapshot
from summitry.zones import TzDb, Zone, parse_date, parse_offset
from summitry.zones.days import DAY_SECONDS

_log = logging.getLogger(__name__)

_FAR = 10**7  # days; after any real one


class PlacedEvent(NamedTuple):
    """An event, placed. Days are zones' days; hours are civil seconds (summitry.zones.zone).

    An event that was put off stands at the time that it had, and once more without a day.
    """

    event: Event
    time: EventTime  # by which it is placed; empty where it has none
    first: int | None  # the first day it can be on, inclusive; None where it is not known
    last: int | None  # the last
    start: int | None  # None: whole days
    end: int | None  # None: whole days, or an end that is not known
    offset: int  # of `start`, seconds east of UTC
    attending: Sequence[Attendance]

    @property
    def kind(self) -> str:
        """Return the kind of record: "summit", "visit", "meeting" or "notice"."""
        return BY_MESSAGE[type(self.event)].singular

    @property
    def id(self) -> str:
        """Return the last part of the event's name."""
        name = parse_name(self.event.name)
        return name.id if name else ""

    @property
    def dated(self) -> bool:
        """Return whether at least one day of the event is known."""
        return is_dated(self.time)

    @property
    def anchor(self) -> str:
        """Return an id that is unique on a page: "meeting-plenary"."""
        twin = not self.dated and not self.event.HasField("time")
        return f"{self.kind}-{self.id}{'-undated' if twin else ''}"

    @property
    def off(self) -> bool:
        """Return whether the event does not take place at that time."""
        return not takes_place(self.event)

    @property
    def days(self) -> tuple[int, int]:
        """Return the first and last day, inclusive; an unknown end is taken to be the other."""
        first = self.first if self.first is not None else self.last
        last = self.last if self.last is not None else first
        return (_FAR, _FAR) if first is None or last is None else (first, last)

    def overlaps(self, first: int, last: int) -> bool:
        """Return whether the event can be on a day from first to last, both inclusive."""
        own_first = self.first if self.first is not None else -_FAR
        own_last = self.last if self.last is not None else _FAR
        if self.dated:
            own_first, own_last = self.days
        return own_first <= last and own_last >= first


def entries_of(records: Iterable[Record], zone: Zone | None, db: TzDb) -> list[PlacedEvent]:
    """Return the events among the records in order of time; `zone` None is that of the place.

    What has no time, or one that cannot be read, is left out; the latter is logged.
    """
    all_records = list(records)
    surroundings = Surroundings(all_records)
    placed: list[PlacedEvent] = []
    for record in all_records:
        if not is_event(record):
            continue
        try:
            placed += _entries(record, surroundings.attending(record), zone, db)
        except ValueError as error:
            _log.error("left out of its page: %s cannot be placed", record.name, exc_info=error)
    return sorted(placed, key=_order)


def _order(entry: PlacedEvent) -> tuple[int, int, int, str]:
    """Return the sort key: by day, then whole days before hours, and long events before short."""
    first, last = entry.days
    start = entry.start - entry.offset if entry.start is not None else 0
    # Whole days before hours, long before short: a summit comes before its meetings.
    return first, start, -last, entry.event.name


def _entries(
    event: Event, attending: Sequence[Attendance], zone: Zone | None, db: TzDb
) -> list[PlacedEvent]:
    """Return an event at its time; one that was put off also without a day, if it has no time."""
    time = former_time(event) or event.time
    placed = _entry(event, time, attending, zone, db)
    entries = [] if placed is None else [placed]
    if not event.HasField("time") and not takes_place(event):
        undated = PlacedEvent(event, EventTime(), None, None, None, None, 0, attending)
        entries = [entry for entry in entries if entry.dated] + [undated]
    return entries


def _entry(
    event: Event, time: EventTime, attending: Sequence[Attendance], zone: Zone | None, db: TzDb
) -> PlacedEvent | None:
    match time.WhichOneof("when"):
        case "timed" if time.resolved.HasField("interval"):
            return _timed(event, time, attending, zone, db)
        case "dates":
            first, last = time.dates.first_date, time.dates.last_date
        case "partial":
            first, last = time.partial.first_date, time.partial.last_date
        case _:
            return None
    return PlacedEvent(event, time, _day(first), _day(last), None, None, 0, attending)


def _day(text: str) -> int | None:
    return parse_date(text) if text else None


def _timed(
    event: Event, time: EventTime, attending: Sequence[Attendance], zone: Zone | None, db: TzDb
) -> PlacedEvent:
    span = time.timed
    instant, finish = instants(time)
    offset = _offset(span.start, event, zone, instant, db)
    start, end = instant + offset, None
    last = start // DAY_SECONDS
    if finish is not None:
        end = finish + _offset(span.end, event, zone, finish, db)
        # An end at midnight belongs to the day before; a later zone may put it before the start.
        last = max(last, (end - 1) // DAY_SECONDS)
    return PlacedEvent(event, time, start // DAY_SECONDS, last, start, end, offset, attending)


def _offset(point: TimePoint, event: Event, zone: Zone | None, instant: int, db: TzDb) -> int:
    """Return the seconds east of UTC: of the reader's zone, as printed, or of the event's zone."""
    if zone is not None:
        return zone.offset_at(instant)
    if point.utc_offset:
        return parse_offset(point.utc_offset)
    place = next((place.time_zone for place in event.places if place.time_zone), "")
    zone_id = point.time_zone or place
    return db.zone(zone_id).offset_at(instant) if zone_id else 0


MAX_PLACEMENTS = 8  # placements; those used longest ago go first


class Board:
    """Events placed once per zone and content. Used by several threads."""

    def __init__(self, zones: TzDb) -> None:
        self.zones = zones
        self._lock = threading.Lock()
        self._placements: LRUCache[tuple[str, str], list[PlacedEvent]] = LRUCache(MAX_PLACEMENTS)

    def entries(self, snapshot: FeedSnapshot, zone: str) -> list[PlacedEvent]:
        """Return the events in the order of their times; `zone` "" is that of each place."""
        key = (snapshot.digest, zone)
        with self._lock:
            placed = self._placements.get(key)
        if placed is None:
            rules = self.zones.zone(zone) if zone else None
            placed = entries_of(snapshot.records, rules, self.zones)
            with self._lock:
                self._placements[key] = placed
        return placed

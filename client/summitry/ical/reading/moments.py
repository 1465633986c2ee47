"""The time of an event: DTSTART, DTEND and DURATION as civil times (RFC 5545 3.3.4-6, 3.8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from summitry.ical.content_lines import ContentLine
from summitry.ical.reading import value_parsers
from summitry.ical.reading.faults import (
    BROKEN_PROPERTY,
    CONTRADICTING_TIMES,
    MISSING_PROPERTY,
    NOT_SUPPORTED,
    UNKNOWN_TIME_ZONE,
    EventFaultError,
)
from summitry.ical.reading.properties import Properties, brief
from summitry.ical.reading.value_parsers import DateOrTime, Duration
from summitry.zones import TzDb, ZoneError
from summitry.zones.days import DAY_SECONDS

ONE_DAY = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 1900, 2200  # of hours; days are read of the years 1 to 9999
UNKNOWN_ZONES = 10  # ids of a file for which a suggestion is looked up


class Zones:
    """The zones for the TZIDs of a file. Each id is looked up once."""

    def __init__(self, db: TzDb, aliases: Mapping[str, str]) -> None:
        self._db = db
        self._aliases = aliases  # ids that only the file knows, and what they stand for
        self._keys: dict[str, str] = {}
        self._faults: dict[str, str] = {}

    def key(self, tzid: str) -> str:
        """Return the IANA id for a TZID: an alias of the caller, an id, or a path ending in one.

        Raises EventFaultError with a hint, also for Windows names, which stand for several zones.
        """
        if tzid in self._faults:
            raise EventFaultError(UNKNOWN_TIME_ZONE, self._faults[tzid])
        if tzid not in self._keys:
            try:
                self._keys[tzid] = self._find(tzid)
            except EventFaultError as fault:
                self._faults[tzid] = str(fault)
                raise
        return self._keys[tzid]

    def _find(self, tzid: str) -> str:
        hint = f"say what it stands for with --tzid '{brief(tzid)}=ZONE'"
        if len(self._faults) >= UNKNOWN_ZONES and tzid not in self._aliases:
            # Each suggestion costs milliseconds, and a file may hold thousands of ids.
            raise EventFaultError(
                UNKNOWN_TIME_ZONE,
                f"TZID {brief(tzid)!r}: more than {UNKNOWN_ZONES} ids of the file are unknown; "
                f"write IANA ids such as Europe/Paris, or {hint}",
            )
        name = self._aliases.get(tzid, tzid)
        parts = name.strip("/").split("/")
        # "/freeassociation.sourceforge.net/Europe/Paris" is what Evolution writes.
        is_path = name.startswith("/")
        tails = ["/".join(parts[-count:]) for count in (3, 2, 1)] if is_path else [name]
        for tail in tails:
            try:
                return self._db.zone(tail).key
            except ZoneError as error:
                fault = error
        raise EventFaultError(UNKNOWN_TIME_ZONE, f"TZID {fault}; or {hint}")


class TimeContext(NamedTuple):
    """The context in which times are interpreted."""

    db: TzDb
    zones: Zones
    floating: str = ""  # zone of times that name none; "" refuses them
    display_zone: str = ""  # zone in which instants are shown


class CivilTime(NamedTuple):
    """A day, or a time of day with a zone."""

    wall: datetime  # without zone; of a day its midnight
    zone: str = ""  # IANA id; "" for days and instants
    is_day: bool = False  # a day

    def field(self, context: TimeContext) -> dict[str, Any]:
        """Return the TimePoint of a time of day."""
        if not self.zone:
            instant = {"instant": self.wall.strftime("%Y-%m-%dT%H:%M:%SZ")}
            return instant | ({"time_zone": context.display_zone} if context.display_zone else {})
        precision = "seconds" if self.wall.second else "minutes"
        return {
            "civil_time": self.wall.isoformat(timespec=precision),
            "time_zone": self.zone,
            "disambiguation": "DISAMBIGUATION_COMPATIBLE",  # RFC 5545 3.3.5
        }


class EventTimes(NamedTuple):
    """Start and end. `end` is exclusive; None where there is none."""

    start: CivilTime
    end: CivilTime | None
    length: Duration | None = None  # that of DURATION, where it gave the end

    def moved(self, by: timedelta, context: TimeContext) -> EventTimes:
        """Return the times on another day; the clock time of DTEND, or the DURATION, stays."""
        start = shift(self.start, by)
        if self.length is not None:
            return EventTimes(start, add_duration(start, self.length, context), self.length)
        return EventTimes(start, self.end and shift(self.end, by))

    def field(self, context: TimeContext) -> dict[str, Any]:
        """Return the EventTime."""
        if self.start.is_day:
            last = self.end.wall - ONE_DAY if self.end else self.start.wall
            days = {"first_date": _day(self.start.wall), "last_date": _day(last)}
            return {"dates": days}
        span = {"start": self.start.field(context)}
        return {"timed": span | ({"end": self.end.field(context)} if self.end else {})}


def times_of(properties: Properties, context: TimeContext) -> EventTimes:
    """Return the times of an event. Raises EventFaultError."""
    prop = properties.single("DTSTART")
    if prop is None:
        raise EventFaultError(MISSING_PROPERTY, "DTSTART is missing")
    start = civil_time_of(prop, context)
    end, length = _end(properties, start, context)
    if end is None:
        return EventTimes(start, None)
    if end.is_day != start.is_day:
        text = "one of DTSTART and DTEND is a day, the other an hour"
        raise EventFaultError(CONTRADICTING_TIMES, text)
    if end.wall == start.wall and end.zone == start.zone:
        return EventTimes(
            start, None
        )  # many makers write a single day so, against RFC 5545 3.8.2.2
    if end.zone == start.zone and end.wall < start.wall and length is None:
        text = "DTEND is before DTSTART: it ends before it starts"
        raise EventFaultError(CONTRADICTING_TIMES, text)
    return EventTimes(start, end, length)


def civil_time_of(prop: ContentLine, context: TimeContext) -> CivilTime:
    """Return the day or time in a property. Raises EventFaultError."""
    try:
        stamp = value_parsers.stamp(prop.value)
    except ValueError as error:
        raise EventFaultError(BROKEN_PROPERTY, f"{prop.name} is broken: {error}") from error
    return locate(stamp, prop, context)


def locate(stamp: DateOrTime, prop: ContentLine, context: TimeContext) -> CivilTime:
    """Return a value of a property in the zone of its TZID. Raises EventFaultError."""
    if stamp.is_day:
        return CivilTime(stamp.wall, is_day=True)
    if not FIRST_YEAR <= stamp.wall.year <= LAST_YEAR:
        years = f"{FIRST_YEAR} to {LAST_YEAR}"
        text = f"{prop.name} is in the year {stamp.wall.year}; {years} are read"
        raise EventFaultError(NOT_SUPPORTED, text)
    tzid = prop.parameters.get("TZID", "").strip()
    if stamp.is_utc or tzid.upper() in ("UTC", "GMT"):
        return CivilTime(stamp.wall)
    if tzid:
        return CivilTime(stamp.wall, context.zones.key(tzid))
    if not context.floating:
        raise EventFaultError(
            UNKNOWN_TIME_ZONE,
            f"{prop.name} names no time zone: say in which the file is with --zone",
        )
    return CivilTime(stamp.wall, context.floating)


def instant(time: CivilTime, context: TimeContext) -> int:
    """Return the instant of a civil time, in epoch seconds."""
    wall = int(time.wall.replace(tzinfo=UTC).timestamp())
    if not time.zone:
        return wall
    earlier, later, kind = context.db.zone(time.zone).candidates(wall)
    return later if kind == "gap" else earlier


def wall_at(at: int, zone: str, context: TimeContext) -> datetime:
    """Return the wall time of a zone ("": UTC) at an instant."""
    offset = context.db.zone(zone).offset_at(at) if zone else 0
    return datetime.fromtimestamp(at + offset, UTC).replace(tzinfo=None)


def shift(time: CivilTime, by: timedelta) -> CivilTime:
    """Return a civil time moved on by the clock. Raises EventFaultError beyond the year 9999."""
    try:
        return time._replace(wall=time.wall + by)
    except OverflowError as error:
        text = "it ends outside of the years 1 to 9999"
        raise EventFaultError(NOT_SUPPORTED, text) from error


def add_duration(start: CivilTime, length: Duration, context: TimeContext) -> CivilTime:
    """Return the end: days are added to the date, seconds to the instant (RFC 5545 3.3.6)."""
    end = shift(start, timedelta(days=length.days))
    if start.is_day or not start.zone or not length.seconds:
        return shift(end, timedelta(seconds=length.seconds))
    at = instant(end, context) + length.seconds
    return end._replace(wall=wall_at(at, end.zone, context))


def _end(
    properties: Properties, start: CivilTime, context: TimeContext
) -> tuple[CivilTime | None, Duration | None]:
    prop = properties.single("DTEND")
    if prop is not None:
        return civil_time_of(prop, context), None
    prop = properties.single("DURATION")
    if prop is None:
        return None, None
    try:
        length = value_parsers.duration(prop.value)
    except ValueError as error:
        raise EventFaultError(BROKEN_PROPERTY, f"DURATION is broken: {error}") from error
    if start.is_day and length.seconds:
        # RFC 5545 3.8.2.5 forbids it; the event covers each day that it touches.
        length = Duration(length.days + -(-length.seconds // DAY_SECONDS), 0)
        text = "DURATION of an event of whole days has hours: rounded up to days"
        properties.warn(CONTRADICTING_TIMES, text)
    return add_duration(start, length, context), length


def _day(wall: datetime) -> str:
    return wall.date().isoformat()

"""The time of an event: DTSTART, DTEND and DURATION as civil times (RFC 5545 3.3.4-6, 3.8.2)."""

from __future__ import annotations

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
from summitry.ical.reading.properties import Properties
from summitry.ical.reading.tzids import Decision, Zones, compatible
from summitry.ical.reading.value_parsers import DateOrTime, Duration
from summitry.zones import TzDb, format_offset
from summitry.zones.days import DAY_SECONDS

ONE_DAY = timedelta(days=1)
UTC_IDS = ("UTC", "GMT")  # with which a time is an instant
FIRST_YEAR, LAST_YEAR = 1900, 2200  # of hours; days are read of the years 1 to 9999


class TimeContext(NamedTuple):
    """The context in which times are interpreted."""

    db: TzDb
    zones: Zones
    floating: str = ""  # zone of times that name none, as in CivilTime; "" refuses them
    display_zone: str = ""  # zone in which instants are shown


class CivilTime(NamedTuple):
    """A day, or a time of day with a zone."""

    wall: datetime  # without zone; of a day its midnight
    zone: str = ""  # IANA id, or a key of Zones; "" for days and instants
    is_day: bool = False  # a day

    def decision(self, context: TimeContext) -> Decision | None:
        """Return what the evidence of the file decides; None if there is nothing to decide."""
        evidence = context.zones.evidence(self.zone) if self.zone else None
        return evidence.decide(civil_seconds(self.wall)) if evidence else None

    def field(self, context: TimeContext) -> dict[str, Any]:
        """Return the TimePoint of a time of day."""
        if not self.zone:
            instant = {"instant": self.wall.strftime("%Y-%m-%dT%H:%M:%SZ")}
            return instant | ({"time_zone": context.display_zone} if context.display_zone else {})
        precision = "seconds" if self.wall.second else "minutes"
        point = {"civil_time": self.wall.isoformat(timespec=precision)}
        decision = self.decision(context)
        if decision is not None and not decision.zone_id:
            return point | {"utc_offset": format_offset(decision.offset)}
        return point | {
            "time_zone": decision.zone_id if decision is not None else self.zone,
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

    def decisions(self, context: TimeContext) -> list[str]:
        """Return what was decided about the zones of start and end, and why."""
        times = (self.start, self.end) if self.end else (self.start,)
        decisions = (time.decision(context) for time in times)
        return [decision.text for decision in decisions if decision and decision.text]

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
    if stamp.is_utc:
        return CivilTime(stamp.wall)
    if tzid:
        zone = context.zones.key(tzid)
        return CivilTime(stamp.wall, "" if zone.upper() in UTC_IDS else zone)
    if not context.floating:
        raise EventFaultError(
            UNKNOWN_TIME_ZONE,
            f"{prop.name} names no time zone: say in which the file is with --zone",
        )
    return CivilTime(stamp.wall, context.floating)


def civil_seconds(wall: datetime) -> int:
    """Return a wall time in civil seconds."""
    return int(wall.replace(tzinfo=UTC).timestamp())


def instant(time: CivilTime, context: TimeContext) -> int:
    """Return the instant of a civil time, in epoch seconds."""
    wall = civil_seconds(time.wall)
    return compatible(context.zones.clock(time.zone), wall) if time.zone else wall


def wall_at(at: int, zone: str, context: TimeContext) -> datetime:
    """Return the wall time of a zone ("": UTC) at an instant."""
    offset = context.zones.clock(zone).offset_at(at) if zone else 0
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

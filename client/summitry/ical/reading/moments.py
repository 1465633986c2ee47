"""When an event is: DTSTART, DTEND and DURATION as civil times (RFC 5545 3.3.4-6, 3.8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from summitry.ical.reading import values
from summitry.ical.reading.properties import EventFaultError, Properties, Property, brief
from summitry.ical.reading.values import Duration, Stamp
from summitry.zones import TzDb, ZoneError

ONE_DAY = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 1900, 2200  # of hours; days are read of the years 1 to 9999
UNKNOWN_ZONES = 10  # ids of a file for which a suggestion is looked up


class Zones:
    """The zones that a file names. What an id stands for is looked up once."""

    def __init__(self, db: TzDb, aliases: Mapping[str, str]) -> None:
        self._db = db
        self._aliases = aliases  # ids that only the file knows, and what they stand for
        self._keys: dict[str, str] = {}
        self._faults: dict[str, str] = {}

    def key(self, tzid: str) -> str:
        """Return the IANA id for a TZID: of the caller, an id, or a path that ends with one.

        Raises EventFaultError with a hint: names of Windows stand for several zones.
        """
        if tzid in self._faults:
            raise EventFaultError(self._faults[tzid])
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
                f"TZID {brief(tzid)!r}: more than {UNKNOWN_ZONES} ids of the file are unknown; "
                f"write IANA ids such as Europe/Paris, or {hint}"
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
        raise EventFaultError(f"TZID {fault}; or {hint}")


class Frame(NamedTuple):
    """What times are read with."""

    db: TzDb
    zones: Zones
    floating: str = ""  # zone of times that name none; "" refuses them
    display_zone: str = ""  # zone in which instants are shown


class Moment(NamedTuple):
    """A day, or a reading of a clock."""

    wall: datetime  # without zone; of a day its midnight
    zone: str = ""  # IANA id; "" for days and instants
    whole: bool = False  # a day

    def field(self, frame: Frame) -> dict[str, Any]:
        """Return the TimePoint of a reading of a clock."""
        if not self.zone:
            instant = {"instant": self.wall.strftime("%Y-%m-%dT%H:%M:%SZ")}
            return instant | ({"time_zone": frame.display_zone} if frame.display_zone else {})
        precision = "seconds" if self.wall.second else "minutes"
        return {
            "civil_time": self.wall.isoformat(timespec=precision),
            "time_zone": self.zone,
            "disambiguation": "DISAMBIGUATION_COMPATIBLE",  # RFC 5545 3.3.5
        }


class Times(NamedTuple):
    """Start and end. `end` is exclusive; None where there is none."""

    start: Moment
    end: Moment | None
    length: Duration | None = None  # that of DURATION, where it gave the end

    def moved(self, by: timedelta, frame: Frame) -> Times:
        """Return the same on another day: the hours of DTEND, or the length of DURATION, stay."""
        start = shifted(self.start, by)
        if self.length is not None:
            return Times(start, after(start, self.length, frame), self.length)
        return Times(start, self.end and shifted(self.end, by))

    def field(self, frame: Frame) -> dict[str, Any]:
        """Return the EventTime."""
        if self.start.whole:
            last = self.end.wall - ONE_DAY if self.end else self.start.wall
            days = {"first_date": _day(self.start.wall), "last_date": _day(last)}
            return {"dates": days}
        span = {"start": self.start.field(frame)}
        return {"timed": span | ({"end": self.end.field(frame)} if self.end else {})}


def times_of(properties: Properties, frame: Frame) -> Times:
    """Return the times of an event. Raises EventFaultError."""
    prop = properties.single("DTSTART")
    if prop is None:
        raise EventFaultError("DTSTART is missing")
    start = moment(prop, frame)
    end, length = _end(properties, start, frame)
    if end is None:
        return Times(start, None)
    if end.whole != start.whole:
        raise EventFaultError("one of DTSTART and DTEND is a day, the other an hour")
    if end.wall == start.wall and end.zone == start.zone:
        return Times(start, None)  # many makers write a single day so, against RFC 5545 3.8.2.2
    if end.zone == start.zone and end.wall < start.wall and length is None:
        raise EventFaultError("DTEND is before DTSTART: it ends before it starts")
    return Times(start, end, length)


def moment(prop: Property, frame: Frame) -> Moment:
    """Return the day or hour that a property says. Raises EventFaultError."""
    try:
        stamp = values.stamp(prop.value)
    except ValueError as error:
        raise EventFaultError(f"{prop.name} is broken: {error}") from error
    return located(stamp, prop, frame)


def located(stamp: Stamp, prop: Property, frame: Frame) -> Moment:
    """Return a value of a property in the zone that its TZID says. Raises EventFaultError."""
    if stamp.whole:
        return Moment(stamp.wall, whole=True)
    if not FIRST_YEAR <= stamp.wall.year <= LAST_YEAR:
        years = f"{FIRST_YEAR} to {LAST_YEAR}"
        raise EventFaultError(f"{prop.name} is in the year {stamp.wall.year}; {years} are read")
    tzid = prop.parameters.get("TZID", "").strip()
    if stamp.utc or tzid.upper() in ("UTC", "GMT"):
        return Moment(stamp.wall)
    if tzid:
        return Moment(stamp.wall, frame.zones.key(tzid))
    if not frame.floating:
        raise EventFaultError(
            f"{prop.name} names no time zone: say in which the file is with --zone"
        )
    return Moment(stamp.wall, frame.floating)


def instant(moment: Moment, frame: Frame) -> int:
    """Return the instant of a reading of a clock, in epoch seconds."""
    wall = int(moment.wall.replace(tzinfo=UTC).timestamp())
    if not moment.zone:
        return wall
    earlier, later, kind = frame.db.zone(moment.zone).candidates(wall)
    return later if kind == "gap" else earlier


def wall_at(at: int, zone: str, frame: Frame) -> datetime:
    """Return what the clocks of a zone ("": UTC) show at an instant."""
    offset = frame.db.zone(zone).offset_at(at) if zone else 0
    return datetime.fromtimestamp(at + offset, UTC).replace(tzinfo=None)


def shifted(moment: Moment, by: timedelta) -> Moment:
    """Return the moment with its clock moved on. Raises EventFaultError beyond the year 9999."""
    try:
        return moment._replace(wall=moment.wall + by)
    except OverflowError as error:
        raise EventFaultError("it ends outside of the years 1 to 9999") from error


def after(start: Moment, length: Duration, frame: Frame) -> Moment:
    """Return the end: days by the calendar, and hours as they pass (RFC 5545 3.3.6)."""
    end = shifted(start, timedelta(days=length.days))
    if start.whole or not start.zone or not length.seconds:
        return shifted(end, timedelta(seconds=length.seconds))
    at = instant(end, frame) + length.seconds
    return end._replace(wall=wall_at(at, end.zone, frame))


def _end(
    properties: Properties, start: Moment, frame: Frame
) -> tuple[Moment | None, Duration | None]:
    prop = properties.single("DTEND")
    if prop is not None:
        return moment(prop, frame), None
    prop = properties.single("DURATION")
    if prop is None:
        return None, None
    try:
        length = values.duration(prop.value)
    except ValueError as error:
        raise EventFaultError(f"DURATION is broken: {error}") from error
    if start.whole and length.seconds:
        # Against RFC 5545 3.8.2.5, and read as the days that it touches.
        length = Duration(length.days + -(-length.seconds // 86400), 0)
        properties.warn("DURATION of an event of whole days has hours: rounded up to days")
    return after(start, length, frame), length


def _day(wall: datetime) -> str:
    return wall.date().isoformat()

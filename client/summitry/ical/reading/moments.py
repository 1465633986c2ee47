"""When an event is: DTSTART, DTEND and DURATION as civil times (RFC 5545 3.3.4-6, 3.8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from icalendar import Event

from summitry.zones import TzDb, ZoneError

ONE_DAY = timedelta(days=1)


class EventFaultError(ValueError):
    """An event that cannot be read; the text says what of it."""


class Frame(NamedTuple):
    """What times are read with."""

    db: TzDb
    floating: str = ""  # zone of times that name none; "" refuses them
    aliases: Mapping[str, str] = {}  # ids that only the file knows, and what they stand for
    shown: str = ""  # zone in which instants are shown


class Moment(NamedTuple):
    """A day, or a reading of a clock."""

    wall: datetime  # without zone; of a day its midnight
    zone: str = ""  # IANA id; "" for days and instants
    whole: bool = False  # a day

    def field(self, frame: Frame) -> dict[str, Any]:
        """The TimePoint of a reading of a clock."""
        if not self.zone:
            instant = {"instant": self.wall.strftime("%Y-%m-%dT%H:%M:%SZ")}
            return instant | ({"time_zone": frame.shown} if frame.shown else {})
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

    def moved(self, by: timedelta) -> Times:
        """The same on another day: both ends keep their hours."""
        end = self.end and self.end._replace(wall=self.end.wall + by)
        return Times(self.start._replace(wall=self.start.wall + by), end)

    def field(self, frame: Frame) -> dict[str, Any]:
        """The EventTime."""
        if self.start.whole:
            last = self.end.wall - ONE_DAY if self.end else self.start.wall
            days = {"first_date": _day(self.start.wall), "last_date": _day(last)}
            return {"dates": days}
        span = {"start": self.start.field(frame)}
        return {"timed": span | ({"end": self.end.field(frame)} if self.end else {})}


def times_of(event: Event, frame: Frame) -> Times:
    """The times of an event. Raises EventFaultError."""
    if "DTSTART" not in event:
        raise EventFaultError("DTSTART is missing")
    start = moment(event["DTSTART"], "DTSTART", frame)
    end = _end(event, start, frame)
    if end is None:
        return Times(start, None)
    if end.whole != start.whole:
        raise EventFaultError("one of DTSTART and DTEND is a day, the other an hour")
    if end.wall == start.wall and end.zone == start.zone:
        return Times(start, None)  # many makers write a single day so, against RFC 5545 3.8.2.2
    if end.zone == start.zone and end.wall < start.wall:
        raise EventFaultError("it ends before it starts")
    return Times(start, end)


def moment(prop: Any, name: str, frame: Frame) -> Moment:
    """What a property of a day or hour says. Raises EventFaultError."""
    if isinstance(prop, list):
        raise EventFaultError(f"{name} is there {len(prop)} times")
    value = getattr(prop, "dt", None)
    if isinstance(value, datetime):
        tzid = prop.params.get("TZID", "")
        return clock(value, tzid, name, frame)
    if isinstance(value, date):
        return Moment(datetime.combine(value, time()), whole=True)
    raise EventFaultError(f"{name} is no day or hour")


def clock(value: datetime, tzid: str, name: str, frame: Frame) -> Moment:
    """A reading of a clock with its TZID, "" where it names none."""
    wall = value.replace(tzinfo=None)
    if not 1900 <= wall.year <= 2200:
        raise EventFaultError(f"{name} is in the year {wall.year}; 1900 to 2200 are read")
    if tzid and tzid.upper() not in ("UTC", "GMT"):
        return Moment(wall, zone_of(tzid, frame))
    if tzid or value.tzinfo is not None:
        return Moment(value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else wall)
    if not frame.floating:
        raise EventFaultError(f"{name} names no time zone: say in which the file is with --zone")
    return Moment(wall, frame.floating)


def zone_of(tzid: str, frame: Frame) -> str:
    """The zone of a TZID: an alias of the caller, an IANA id, or a path that ends with one.

    Raises EventFaultError with a hint: names of Windows stand for several zones.
    """
    if tzid in frame.aliases:
        tzid = frame.aliases[tzid]
    parts = tzid.strip("/").split("/")
    # "/freeassociation.sourceforge.net/Europe/Paris" is what Evolution writes.
    tails = ["/".join(parts[-count:]) for count in (3, 2, 1)] if tzid.startswith("/") else [tzid]
    for tail in tails:
        try:
            return frame.db.zone(tail).key
        except ZoneError as error:
            fault = error
    hint = f"say what it stands for with --tzid '{tzid}=ZONE'"
    raise EventFaultError(f"TZID {fault}; or {hint}")


def instant(moment: Moment, frame: Frame) -> int:
    """The instant of a reading of a clock, in epoch seconds."""
    wall = int(moment.wall.replace(tzinfo=UTC).timestamp())
    if not moment.zone:
        return wall
    earlier, later, kind = frame.db.zone(moment.zone).candidates(wall)
    return later if kind == "gap" else earlier


def _end(event: Event, start: Moment, frame: Frame) -> Moment | None:
    if "DTEND" in event:
        return moment(event["DTEND"], "DTEND", frame)
    if "DURATION" not in event:
        return None
    length = getattr(event["DURATION"], "dt", None)
    if not isinstance(length, timedelta):
        raise EventFaultError("DURATION is no length of time")
    if length < timedelta():
        raise EventFaultError("DURATION is negative")
    return start._replace(wall=start.wall + length)


def _day(wall: datetime) -> str:
    return wall.date().isoformat()

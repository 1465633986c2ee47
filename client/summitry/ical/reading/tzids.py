"""What the TZIDs of a file stand for, by the evidence that the file has (docs/ics-import.md).

The evidence, first to last: what the caller says; an id of the time zone database; X-LIC-LOCATION;
a name of Windows; the offset and the cities of a name for display; the rules of the VTIMEZONE. A
zone that is found in another way than by its id holds where the VTIMEZONE gives the same offset.
Where it gives another one, or nothing else is known, the hour has the offset of the VTIMEZONE. A
TZID without any evidence is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from summitry.ical.reading.faults import UNKNOWN_TIME_ZONE, EventFaultError
from summitry.ical.reading.file_zones import FileZone, FileZones
from summitry.ical.reading.properties import brief
from summitry.zones import TzDb, Zone, ZoneError, find_zones, format_offset, parse_offset
from summitry.zones.windows_zone_ids import WINDOWS_REGIONS, windows_zone

UNKNOWN_ZONES = 10  # ids of a file for which a suggestion is looked up
CITIES = 8  # of a name for display
NAME = 100  # characters of a name for display
INFERRED = "tzid:"
"""The beginning of a key for a TZID with evidence; no id of the database has a colon."""

_UTC_NAMES = frozenset({"utc", "gmt", "z"})
_DISPLAY_NAME = re.compile(
    r"\((?:UTC|GMT)(?:([+-][01][0-9]):?([0-5][0-9]))?\)[ \t]*(.+)", re.IGNORECASE
)
_SEASONS = (1577836800, 1593561600)  # 1 January and 1 July 2020, of which one has no summer time


Clock: TypeAlias = Zone | FileZone


class Evidence(NamedTuple):
    """The evidence for a TZID that is not settled by its name alone."""

    name: str  # of what it is about, for messages
    zone: Zone | None  # of the database
    way: str  # by which the zone was found; "" for the id itself
    rules: FileZone | None  # of the VTIMEZONE

    def decide(self, wall: int) -> Decision:
        """Return what holds at a wall time, in civil seconds."""
        if self.zone is not None and self._agrees(self.zone, wall):
            text = f"{self.name} is taken as {self.zone.key}: {self.way}" if self.way else ""
            return Decision(self.zone.key, 0, text)
        assert self.rules is not None
        offset = wall - compatible(self.rules, wall)
        text = f"{self.name} has the offset {format_offset(offset)} of its VTIMEZONE"
        unlike = f", which {self.zone.key} does not have then" if self.zone else ""
        return Decision("", offset, text + unlike)

    @property
    def clock(self) -> Clock:
        """Return the clock by which times are compared and moved."""
        clock = self.rules or self.zone
        assert clock is not None
        return clock

    def _agrees(self, zone: Zone, wall: int) -> bool:
        rules = self.rules
        return rules is None or compatible(rules, wall) == compatible(zone, wall)


class Decision(NamedTuple):
    """The zone or the offset that a wall time has."""

    zone_id: str  # "" if the offset holds
    offset: int  # seconds east of UTC
    text: str  # why; "" if there is nothing to report


class KnownIds:
    """The ids of the database and of the caller. Each TZID of a file is looked up once."""

    def __init__(self, db: TzDb, aliases: Mapping[str, str]) -> None:
        self.db = db
        self.aliases = aliases
        self._faults: dict[str, str] = {}

    def find(self, tzid: str) -> str:
        """Return the id for a TZID, which may be a path that ends with one; "" for any other."""
        name = self.aliases.get(tzid, tzid)
        parts = name.strip("/").split("/")
        # "/freeassociation.sourceforge.net/Europe/Paris" is what Evolution writes.
        is_path = name.startswith("/")
        tails = ["/".join(parts[-count:]) for count in (3, 2, 1)] if is_path else [name]
        return next(filter(None, map(self.db.spelling, tails)), "")

    def fault(self, tzid: str) -> EventFaultError:
        """Return the refusal of a TZID without evidence, with a hint."""
        if tzid not in self._faults:
            self._faults[tzid] = self._explain(tzid)
        return EventFaultError(UNKNOWN_TIME_ZONE, self._faults[tzid])

    def _explain(self, tzid: str) -> str:
        hint = f"say what it stands for with --tzid '{brief(tzid)}=ZONE'"
        if len(self._faults) < UNKNOWN_ZONES or tzid in self.aliases:
            try:
                self.db.zone(self.aliases.get(tzid, tzid))
            except ZoneError as error:
                return f"TZID {error}; or {hint}"
        # Each suggestion costs milliseconds, and a file may hold thousands of ids.
        return (
            f"TZID {brief(tzid)!r}: more than {UNKNOWN_ZONES} ids of the file are unknown; "
            f"write IANA ids such as Europe/Paris, or {hint}"
        )


class Zones:
    """The zones for the TZIDs of a VCALENDAR."""

    def __init__(self, ids: KnownIds, file_zones: FileZones) -> None:
        self._ids = ids
        self._file_zones = file_zones
        self._keys: dict[str, str] = {}
        self._evidence: dict[str, Evidence] = {}

    def key(self, tzid: str) -> str:
        """Return the IANA id that a TZID stands for, or a key of `evidence`.

        Raises EventFaultError with a hint for a TZID without evidence.
        """
        if tzid not in self._keys:
            self._keys[tzid] = self._find(tzid)
        return self._keys[tzid]

    def floating(self, name: str) -> str:
        """Return the key for hours without a zone in a file with X-WR-TIMEZONE; "" if it is none.

        It is what most programs take such hours to be in, but no standard says so: each use is
        reported.
        """
        try:
            key = self.key(name) if name else ""
        except EventFaultError:
            return ""
        evidence = self._evidence.get(key)
        zone = evidence.zone if evidence else self._ids.db.zone(key) if key else None
        if zone is None:
            return ""
        way = "X-WR-TIMEZONE says so"
        return self._add("", Evidence("the hour without a zone", zone, way, None))

    def evidence(self, key: str) -> Evidence | None:
        """Return the evidence for a key; None for an IANA id."""
        return self._evidence.get(key)

    def clock(self, key: str) -> Clock:
        """Return the clock of a key, by which times are compared and moved."""
        evidence = self._evidence.get(key)
        return evidence.clock if evidence else self._ids.db.zone(key)

    def _find(self, tzid: str) -> str:
        zone_id = self._ids.find(tzid)
        if zone_id and (tzid in self._ids.aliases or not self._is_fixed(zone_id)):
            return zone_id
        rules = self._file_zones.get(tzid)
        if zone_id and (
            rules is None or rules.is_fixed_at(self._ids.db.zone(zone_id).offset_at(0))
        ):
            return zone_id
        way = ""
        if not zone_id:
            zone_id, way = self._by_name(tzid, rules.location if rules else "")
        if not zone_id and rules is None:
            raise self._ids.fault(tzid)
        zone = self._ids.db.zone(zone_id) if zone_id else None
        return self._add(tzid, Evidence(f"TZID {printable(tzid)!r}", zone, way, rules))

    def _add(self, name: str, evidence: Evidence) -> str:
        key = f"{INFERRED}{name}"
        self._evidence[key] = evidence
        return key

    def _is_fixed(self, zone_id: str) -> bool:
        """Return whether a zone has one offset: programs write "GMT" for British time too."""
        return not self._ids.db.zone(zone_id).transitions(0, _SEASONS[1])

    def _by_name(self, tzid: str, location: str) -> tuple[str, str]:
        """Return the id of the database that a TZID means, and how it is known."""
        if location and (zone_id := self._ids.find(location)):
            return zone_id, "X-LIC-LOCATION says so"
        name = tzid.removeprefix("tzone://Microsoft/").strip()
        if name.lower() in _UTC_NAMES:
            return "Etc/UTC", "it is Microsoft's name for UTC"
        if zone_id := windows_zone(name) or WINDOWS_REGIONS.get(name.lower(), ""):
            return self._ids.find(zone_id), "that is CLDR's zone for the name of Windows"
        zone_id = _by_display_name(name, self._ids.db)
        return zone_id, "that is the zone of its name with that offset" if zone_id else ""


def printable(text: str) -> str:
    """Return a text of a file, shortened and without characters that records do not admit."""
    return "".join(character if character.isprintable() else "?" for character in brief(text))


def _by_display_name(name: str, db: TzDb) -> str:
    """Return the zone of a name such as "(UTC+07:00) Bangkok, Hanoi, Jakarta"; "" if unclear."""
    match = _DISPLAY_NAME.fullmatch(name) if len(name) <= NAME else None
    if match is None:
        return ""
    offset = parse_offset(f"{match[1]}:{match[2]}") if match[1] else 0
    if zone_id := WINDOWS_REGIONS.get(match[3].strip().lower()):
        return zone_id if _standard_offset(db.zone(zone_id)) == offset else ""
    for city in re.split("[,;:]", match[3])[:CITIES]:
        ids = {candidate.zone_id for candidate in find_zones(city.strip(), db=db)}
        fitting = [zone_id for zone_id in ids if _standard_offset(db.zone(zone_id)) == offset]
        if len(fitting) == 1:
            return fitting[0]
    return ""


def _standard_offset(zone: Zone) -> int:
    return min(map(zone.offset_at, _SEASONS))


def compatible(zone: Clock, wall: int) -> int:
    """Return the instant of a wall time by RFC 5545 3.3.5: the first of two, a gap by what was."""
    earlier, later, kind = zone.candidates(wall)
    return later if kind == "gap" else earlier

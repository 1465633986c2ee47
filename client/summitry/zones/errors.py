"""Errors about zones, wall times, dates, partial dates and places.

Every error has its parts as attributes, so that a server can put them into an error detail without
parsing the message. Messages quote the input in ASCII and shortened, so that they are safe in a
log or a terminal.
"""

from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from summitry.zones.offsets import format_offset

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUOTED_LENGTH = 64
_OFFERED = 8

PlaceSource = Literal["curated", "zone-city", "country"]
"""The evidence for a zone: the table of cities, the city in a zone id, or the country."""


class ZoneCandidate(NamedTuple):
    """A zone that a place can be in.

    `region_code` is the ISO 3166 code of the country; it is empty for a zone in none. `city` is
    the name as the table or the id has it; it is empty where only the country led to the zone.
    """

    zone_id: str
    region_code: str
    city: str
    source: PlaceSource


def _quote(value: str) -> str:
    return ascii(value if len(value) <= _QUOTED_LENGTH else value[:_QUOTED_LENGTH] + "...")


def _utc(instant: int) -> str:
    return (_EPOCH + timedelta(seconds=instant)).isoformat().replace("+00:00", "Z")


class ZoneError(ValueError):
    """The base of all errors that `summitry.zones` raises about its input."""


class ZoneDataError(ZoneError):
    """Time zone data that cannot be read: a damaged TZif file, or a directory that holds none."""

    def __init__(self, value: str, why: str) -> None:
        super().__init__(f"time zone data {_quote(value)} cannot be used: {why}")
        self.value = value
        self.why = why


class UnknownVersionError(ZoneError):
    """A release of the IANA database that no source has. `versions` are the available ones."""

    def __init__(self, value: str, versions: tuple[str, ...]) -> None:
        super().__init__(
            f"no source has version {_quote(value)} of the time zone data; "
            f"choose one of {', '.join(versions) or 'none'}, or add its directory"
        )
        self.value = value
        self.versions = versions


class UnknownZoneError(ZoneError):
    """A text that is not a zone id, such as an abbreviation, an offset or a city without a zone."""

    def __init__(self, value: str, suggestions: tuple[str, ...] = ()) -> None:
        way_out = (
            f"did you mean {' or '.join(suggestions)}?"
            if suggestions
            else "give an IANA id such as Europe/Paris, or a UTC offset in its own field"
        )
        super().__init__(f"{_quote(value)} is not a time zone id; {way_out}")
        self.value = value
        self.suggestions = suggestions


class WindowsZoneError(ZoneError):
    """A Windows time zone name where an IANA id is expected."""

    def __init__(self, value: str, suggestion: str | None) -> None:
        way_out = f"use {suggestion}" if suggestion else "give an IANA id such as Europe/Paris"
        super().__init__(f"{_quote(value)} is a Windows time zone name; {way_out}")
        self.value = value
        self.suggestion = suggestion


class _TwoInstantsError(ZoneError):
    _happens = ""

    def __init__(self, value: str, zone: str, earlier: int, later: int) -> None:
        super().__init__(
            f"{value} {self._happens} in {zone}; "
            f"choose EARLIER ({_utc(earlier)}) or LATER ({_utc(later)}), or another time"
        )
        self.value = value
        self.zone = zone
        self.earlier = earlier
        self.later = later


class GapError(_TwoInstantsError):
    """A wall time that the clocks skip.

    `earlier` and `later` are its two interpretations, by the offsets after and before the gap, in
    epoch seconds.
    """

    _happens = "does not happen"


class FoldError(_TwoInstantsError):
    """A wall time that happens twice. `earlier` and `later` are its two instants, epoch seconds."""

    _happens = "happens twice"


class OffsetConflictError(ZoneError):
    """A UTC offset that the zone does not have at that wall time (RFC 9557 section 3.4).

    Offsets are seconds east of UTC.
    """

    def __init__(self, value: str, zone: str, offset: int, zone_offset: int) -> None:
        there = format_offset(zone_offset)
        super().__init__(
            f"{value}{format_offset(offset)} contradicts {zone}, which is at {there} then; "
            "correct one of them, or choose KEEP_INSTANT or KEEP_WALL"
        )
        self.value = value
        self.zone = zone
        self.offset = offset
        self.zone_offset = zone_offset


class _ValueError(ZoneError):
    _expected = ""

    def __init__(self, value: str, expected: str = "") -> None:
        super().__init__(f"{_quote(value)} is not {expected or self._expected}")
        self.value = value


class InvalidDateError(_ValueError):
    """A text that is not a day of the calendar."""

    _expected = "a date; give an existing day as YYYY-MM-DD, years 0001-9999"


class InvalidTimeError(_ValueError):
    """A text that is not a wall time, an offset or a date-time of the accepted form."""

    _expected = (
        "a time; give YYYY-MM-DDThh:mm or YYYY-MM-DDThh:mm:ss, years 1900-2200, hours 00-23, "
        "seconds 00-59, and an offset as +hh:mm or Z"
    )


class PartialDateError(ZoneError):
    """A text outside the accepted subset of EDTF (ISO 8601-2), or one that contradicts itself."""

    def __init__(self, value: str, why: str) -> None:
        super().__init__(f"{_quote(value)} is not a partial date: {why}")
        self.value = value
        self.why = why


class _PlaceError(ZoneError):
    _trouble = ""

    def __init__(
        self, city: str, region_code: str, candidates: tuple[ZoneCandidate, ...] = ()
    ) -> None:
        place = _quote(city) + (f" in {_quote(region_code)}" if region_code else "")
        super().__init__(f"{place} {self._trouble}; {_offer(candidates)}")
        self.city = city
        self.region_code = region_code
        self.candidates = candidates


class AmbiguousPlaceError(_PlaceError):
    """A place that can be in more than one zone: a name in several countries, or in one twice."""

    _trouble = "is a place in more than one time zone"


class UnknownPlaceError(_PlaceError):
    """A place whose zone is not known. `candidates` are those of its country, if it was given."""

    _trouble = "is not a place with a known time zone"


class UnknownRegionError(ZoneError):
    """A text that is not a country code. `suggestions` are codes that may be meant."""

    def __init__(self, value: str, suggestions: tuple[str, ...] = ()) -> None:
        way_out = (
            f"did you mean {' or '.join(suggestions)}?"
            if suggestions
            else "give a code of ISO 3166-1 such as KZ"
        )
        super().__init__(f"{_quote(value)} is not a region code; {way_out}")
        self.value = value
        self.suggestions = suggestions


def _offer(candidates: tuple[ZoneCandidate, ...]) -> str:
    """Return the end of an error message: the zones to choose from, or what to give instead."""
    if not candidates:
        return "give the country's code, or a time zone such as Europe/Paris"
    options = [f"{zone} ({code})" for zone, code, _, _ in candidates[:_OFFERED]]
    rest = len(candidates) - len(options)
    return f"give one of {', '.join(options)}{f' or {rest} more' if rest else ''} as its time zone"

"""Check the attendees of a request: their facets, home zones and working hours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from google.type.timeofday_pb2 import TimeOfDay

from summitry.v1.agenda_service_pb2 import Attendee
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.zones import TzDb, Zone, ZoneError, fold_region
from summitry_server.domain.people.hours import DAY_MINUTES, WorkingHours
from summitry_server.domain.search.folding import slug
from summitry_server.domain.search.territories import code_of
from summitry_server.domain.time.times import to_refusal
from summitry_server.wire.refusals import RefusedError, invalid, missing

DAYS = range(1, 8)


class CheckedAttendee(NamedTuple):
    """An attendee of a request, checked and parsed."""

    name: str  # as the request gives it
    keys: frozenset[str]  # the facets that find their records
    is_person: bool
    home: Zone
    hours: WorkingHours
    path: str  # of the field that names them, for refusals


def check_attendees(attendees: Iterable[Attendee], window: Zone, db: TzDb) -> list[CheckedAttendee]:
    """Return the checked attendees of a request; `window` is the zone of those who give none.

    Raises RefusedError by the path of the field.
    """
    checked = [
        CheckedAttendee(
            attendee.person or attendee.party,
            _keys(attendee, path := f"attendees[{index}]"),
            bool(attendee.person),
            _home(attendee, path, db) or window,
            _hours(attendee, path),
            f"{path}.{'person' if attendee.person else 'party'}",
        )
        for index, attendee in enumerate(attendees)
    ]
    if not checked:
        raise missing("attendees", "give at least one person or party")
    return checked


def _keys(attendee: Attendee, path: str) -> frozenset[str]:
    if attendee.person and attendee.party:
        raise invalid(
            f"{path}.party", attendee.party, "an attendee beside a person: give them apart"
        )
    if name := slug(attendee.person):
        return frozenset({f"person:{name}"})
    if name := slug(attendee.party):
        code = code_of(attendee.party) or fold_region(attendee.party)
        return frozenset({f"region:{code}", f"organization:{name}"})
    hint = "give a person by id or whole name, or a party by code, id or name"
    raise missing(f"{path}.party" if attendee.party else f"{path}.person", hint)


def _home(attendee: Attendee, path: str, db: TzDb) -> Zone | None:
    try:
        return db.zone(attendee.time_zone) if attendee.time_zone else None
    except ZoneError as error:
        raise to_refusal(error, f"{path}.time_zone") from error


def _hours(attendee: Attendee, path: str) -> WorkingHours:
    opens = _minute(attendee.opens, f"{path}.opens")
    closes = DAY_MINUTES
    if attendee.HasField("closes"):
        closes = _minute(attendee.closes, f"{path}.closes")
    if closes <= opens:
        raise RefusedError(
            ErrorReason.ERROR_REASON_END_BEFORE_START,
            f"the working day ends at {_clock(closes)}, which is not after {_clock(opens)}",
            f"{path}.closes",
        )
    for index, day in enumerate(attendee.days_off):
        if day not in DAYS:
            raise invalid(f"{path}.days_off[{index}]", day, "a day from MONDAY (1) to SUNDAY (7)")
    return WorkingHours(opens, closes, frozenset(attendee.days_off))


def _minute(time: TimeOfDay, path: str) -> int:
    """Return the minute of the day, 0 to 1440. Raises RefusedError INVALID_TIME."""
    minute = time.hours * 60 + time.minutes
    is_whole = 0 <= time.minutes < 60 and not (time.seconds or time.nanos)
    if not (is_whole and 0 <= minute <= DAY_MINUTES):
        text = f"{time.hours:02}:{time.minutes:02}:{time.seconds + time.nanos / 10**9:02g}"
        raise RefusedError(
            ErrorReason.ERROR_REASON_INVALID_TIME,
            f"{text} is not a time of day in whole minutes, from 00:00 to 24:00",
            path,
            value=text,
        )
    return int(minute)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"

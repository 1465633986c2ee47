"""Check the attendees of a request: their facets, home zones and working hours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from summitry.v1.agenda_service_pb2 import Attendee
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.zones import TzDb, Zone, ZoneError, fold_region
from summitry_server.domain.people.hours import DAY_MINUTES, WorkingHours
from summitry_server.domain.search.folding import slug
from summitry_server.domain.search.territories import code_of
from summitry_server.domain.time.times import to_refusal
from summitry_server.wire.refusals import RefusedError, invalid, missing

CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00)")
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
    opens = _minute(attendee.opens, f"{path}.opens") if attendee.opens else 0
    closes = _minute(attendee.closes, f"{path}.closes") if attendee.closes else DAY_MINUTES
    if closes <= opens:
        raise RefusedError(
            ErrorReason.ERROR_REASON_END_BEFORE_START,
            f"the working day ends at {attendee.closes or '24:00'}, which is not after "
            f"{attendee.opens or '00:00'}",
            f"{path}.closes",
        )
    for index, day in enumerate(attendee.days_off):
        if day not in DAYS:
            raise invalid(f"{path}.days_off[{index}]", day, "a day from 1 (Monday) to 7 (Sunday)")
    return WorkingHours(opens, closes, frozenset(attendee.days_off))


def _minute(text: str, path: str) -> int:
    """Return the minute of the day, 0 to 1440, of a text such as "09:00" or "24:00"."""
    match = CLOCK.fullmatch(text)
    if match is None:
        raise RefusedError(
            ErrorReason.ERROR_REASON_INVALID_TIME,
            f"{text!r} is not a time of day from 00:00 to 24:00, such as 09:00",
            path,
            value=text,
        )
    hour, minute = (int(part) for part in match.groups() if part)
    return hour * 60 + minute

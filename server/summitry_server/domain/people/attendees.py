"""Who has to meet, as a request says: whose records count, and in which hours they meet."""

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
from summitry_server.domain.time.times import refused
from summitry_server.wire.refusals import RefusedError, invalid, missing

CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00)")
DAYS = range(1, 8)


class Asked(NamedTuple):
    """An attendee made ready."""

    name: str  # as the request gives it
    keys: frozenset[str]  # the facets by which their records are found
    is_person: bool
    home: Zone
    hours: WorkingHours
    path: str  # of the field that names them


def asked(attendees: Iterable[Attendee], window: Zone, db: TzDb) -> list[Asked]:
    """Return the attendees of a request. Raises RefusedError by the path of the field."""
    found = [
        Asked(
            one.person or one.party,
            _keys(one, path := f"attendees[{index}]"),
            bool(one.person),
            _home(one, path, db) or window,
            _hours(one, path),
            f"{path}.{'person' if one.person else 'party'}",
        )
        for index, one in enumerate(attendees)
    ]
    if not found:
        raise missing("attendees", "give at least one person or party")
    return found


def _keys(one: Attendee, path: str) -> frozenset[str]:
    if one.person and one.party:
        raise invalid(f"{path}.party", one.party, "an attendee beside a person: give them apart")
    if name := slug(one.person):
        return frozenset({f"person:{name}"})
    if name := slug(one.party):
        code = code_of(one.party) or fold_region(one.party)
        return frozenset({f"region:{code}", f"organization:{name}"})
    what = "give a person by id or whole name, or a party by code, id or name"
    raise missing(f"{path}.party" if one.party else f"{path}.person", what)


def _home(one: Attendee, path: str, db: TzDb) -> Zone | None:
    try:
        return db.zone(one.time_zone) if one.time_zone else None
    except ZoneError as error:
        raise refused(error, f"{path}.time_zone") from error


def _hours(one: Attendee, path: str) -> WorkingHours:
    opens = _minute(one.opens, f"{path}.opens") if one.opens else 0
    closes = _minute(one.closes, f"{path}.closes") if one.closes else DAY_MINUTES
    if closes <= opens:
        raise RefusedError(
            ErrorReason.ERROR_REASON_END_BEFORE_START,
            f"the working day ends at {one.closes or '24:00'}, which is not after "
            f"{one.opens or '00:00'}",
            f"{path}.closes",
        )
    for index, day in enumerate(one.days_off):
        if day not in DAYS:
            raise invalid(f"{path}.days_off[{index}]", day, "a day from 1 (Monday) to 7 (Sunday)")
    return WorkingHours(opens, closes, frozenset(one.days_off))


def _minute(text: str, path: str) -> int:
    """Return the minute of the civil day that a text such as "09:00" names, to 24:00."""
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

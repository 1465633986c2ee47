"""Resolve every time of a record, or refuse it with the field at fault and the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import cache
from typing import Any, Literal, NamedTuple

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from summitry.kinds import Record
from summitry.time import (
    ContradictionError,
    EndBeforeStartError,
    MissingError,
    SkippedDayError,
    TimeFieldError,
    resolve,
)
from summitry.time_fields import instants
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.place_pb2 import Place
from summitry.v1.provenance_pb2 import Source
from summitry.zones import (
    AmbiguousPlaceError,
    FoldError,
    GapError,
    InvalidDateError,
    InvalidTimeError,
    OffsetConflictError,
    PartialDateError,
    TzDb,
    UnknownPlaceError,
    UnknownRegionError,
    UnknownVersionError,
    UnknownZoneError,
    WindowsZoneError,
    ZoneError,
    format_offset,
    parse_partial,
    parse_rfc3339,
    release,
    rfc3339,
    zone_at,
    zone_for,
)
from summitry_server.wire.refusals import RefusedError
from summitry_server.wire.walks import enters, leads_to

Metadata = Callable[[Any], dict[str, str]]
Time = EventTime | Source
TIMES = frozenset(message.DESCRIPTOR.full_name for message in (EventTime, Source))
STAMPS: tuple[Literal["start_zone_fingerprint", "end_zone_fingerprint", "tzdb_version"], ...] = (
    "start_zone_fingerprint",
    "end_zone_fingerprint",
    "tzdb_version",
)

# The digits that a time in one string begins with.
_BEGINNING = re.compile(r"[0-9X-]{0,10}")

# Paths of times that are not present facts of the record.
HISTORY = (".claims", ".previous_times")


def _value(error: Any) -> dict[str, str]:
    return {"value": error.value}


def _candidates(error: GapError | FoldError) -> dict[str, str]:
    return {
        "value": error.value,
        "time_zone": error.zone,
        "earlier": rfc3339(error.earlier),
        "later": rfc3339(error.later),
    }


def _conflict(error: OffsetConflictError) -> dict[str, str]:
    return {
        "value": error.value,
        "time_zone": error.zone,
        "utc_offset": format_offset(error.offset),
        "zone_offset": format_offset(error.zone_offset),
    }


def _suggestions(error: UnknownZoneError) -> dict[str, str]:
    return {"value": error.value, "suggestions": ", ".join(error.suggestions)}


def _windows(error: WindowsZoneError) -> dict[str, str]:
    return {"value": error.value, "suggestions": error.suggestion or ""}


def _place_candidates(error: AmbiguousPlaceError | UnknownPlaceError) -> dict[str, str]:
    zones = dict.fromkeys(candidate.zone_id for candidate in error.candidates)
    place = ", ".join(part for part in (error.city, error.region_code) if part)
    return {"value": place, "candidates": ", ".join(zones)}


def _known_versions(error: UnknownVersionError) -> dict[str, str]:
    return {"value": error.value, "known": ", ".join(error.versions)}


REASONS: dict[type[ValueError], tuple[ErrorReason, Metadata]] = {
    UnknownZoneError: (ErrorReason.ERROR_REASON_UNKNOWN_TIME_ZONE, _suggestions),
    WindowsZoneError: (ErrorReason.ERROR_REASON_WINDOWS_TIME_ZONE, _windows),
    GapError: (ErrorReason.ERROR_REASON_LOCAL_TIME_IN_GAP, _candidates),
    FoldError: (ErrorReason.ERROR_REASON_LOCAL_TIME_AMBIGUOUS, _candidates),
    OffsetConflictError: (ErrorReason.ERROR_REASON_OFFSET_CONFLICT, _conflict),
    InvalidDateError: (ErrorReason.ERROR_REASON_INVALID_DATE, _value),
    InvalidTimeError: (ErrorReason.ERROR_REASON_INVALID_TIME, _value),
    PartialDateError: (ErrorReason.ERROR_REASON_INVALID_PARTIAL_DATE, _value),
    AmbiguousPlaceError: (ErrorReason.ERROR_REASON_AMBIGUOUS_PLACE, _place_candidates),
    UnknownPlaceError: (ErrorReason.ERROR_REASON_UNKNOWN_PLACE, _place_candidates),
    UnknownRegionError: (ErrorReason.ERROR_REASON_INVALID_VALUE, _value),
    UnknownVersionError: (ErrorReason.ERROR_REASON_UNKNOWN_TZDB_VERSION, _known_versions),
    SkippedDayError: (
        ErrorReason.ERROR_REASON_INVALID_DATE,
        lambda e: {"value": e.value, "time_zone": e.zone},
    ),
    ContradictionError: (ErrorReason.ERROR_REASON_INVALID_VALUE, _value),
    EndBeforeStartError: (ErrorReason.ERROR_REASON_END_BEFORE_START, lambda _: {}),
    MissingError: (ErrorReason.ERROR_REASON_REQUIRED_FIELD_MISSING, lambda _: {}),
}


def to_refusal(error: ValueError, field: str) -> RefusedError:
    """Return the refusal for an error of zones or times, with the path of the field at fault."""
    if isinstance(error, TimeFieldError):
        return to_refusal(error.cause, f"{field}.{error.field}")
    reason, metadata = REASONS[type(error)]
    return RefusedError(reason, str(error), field, **metadata(error))


class Before(NamedTuple):
    """The version that a record follows, and the time of the change in epoch seconds."""

    record: Record
    now: int


def resolve_times(record: Record, path: str, db: TzDb, before: Before | None = None) -> None:
    """Resolve all times of a record in place. Raises RefusedError with the field's path.

    A time without a zone is resolved in that of the nearest places: those of its part, else those
    of the record. A time that the change does not touch keeps its instants if it has begun, and
    its stamps if its instants are the same: to correct a title must not rewrite the past.
    """
    old = dict(_times(before.record, path)) if before else {}
    now = before.now if before else 0
    for here, message, zone in located(record, path, "", db):
        place_zone_id = zone if isinstance(zone, str) else ""
        try:
            if isinstance(message, EventTime):
                _resolve_time(message, db, place_zone_id, old.get(here), now)
            else:
                _resolve_published(message)
        except TimeFieldError as error:
            if isinstance(error.cause, EndBeforeStartError) and is_claim(here, path):
                continue  # allowed in a claim; FindConflicts reports it
            is_zone = error.field.endswith(("time_zone", "iso"))
            lacks_zone = is_zone and isinstance(error.cause, MissingError)
            if lacks_zone and isinstance(zone, ZoneError):
                raise to_refusal(zone, f"{here}.{error.field}") from error
            raise to_refusal(error, here) from error


def _resolve_time(time: EventTime, db: TzDb, zone: str, old: Time | None, now: int) -> None:
    before = old if isinstance(old, EventTime) else EventTime()
    start, _ = instants(before)
    begun = before.resolved.HasField("interval") and start <= now
    begun = begun or is_newer(before, db)  # an older server does not move what a newer one settled
    if not (begun and _without_derived(time) == _without_derived(before)):
        resolve(time, db, zone)
    if _without_derived(time) == _without_derived(before) and (
        begun or unstamped(time) == unstamped(before)
    ):
        time.CopyFrom(before)


def is_newer(time: EventTime, db: TzDb) -> bool:
    """Return whether a stored time was resolved by a newer release than `db`."""
    stamp = time.resolved.tzdb_version
    return bool(stamp) and release(stamp) > release(db.version)


def _without_derived(time: EventTime) -> EventTime:
    """Return a time without its derived fields."""
    bare = deepcopy(time)
    bare.ClearField("resolved")
    return bare


def unstamped(time: EventTime) -> EventTime:
    """Return a time without the stamps of the database release that resolved it."""
    bare = deepcopy(time)
    for stamp in STAMPS:
        bare.resolved.ClearField(stamp)
    return bare


def place_zone(places: Sequence[Place], path: str, db: TzDb, time: EventTime) -> str | ZoneError:
    """Return the zone of the main place, or the error that says why there is none.

    It is the zone that a place gives, else that of the first place: of its town, by the country
    to which the town belonged at the time, or of its coordinates.
    """
    for index, place in enumerate(places):
        if place.time_zone:
            _known_zone(place.time_zone, f"{path}.places[{index}].time_zone", db)
    if given_zone := next((place.time_zone for place in places if place.time_zone), ""):
        return given_zone
    problem: str | ZoneError = ""
    for name in [text.text for text in places[0].localities] or [""]:
        try:
            return zone_for(name, places[0].region_code, db, _day_of(time))
        except (AmbiguousPlaceError, UnknownPlaceError) as error:
            problem = problem or error
    return _zone_at(places[0], db) or problem


def _day_of(time: EventTime) -> str:
    """Return the first day of a time as text, perhaps only its year; "" if it has none."""
    match time.WhichOneof("when"):
        case "timed":
            point = time.timed.start
            return point.civil_time[:10] or rfc3339(point.instant.seconds)[:10]
        case "dates":
            return time.dates.first_date or time.dates.last_date
        case "partial":
            return time.partial.edtf.lstrip("[./")
        case _:
            return _BEGINNING.match(time.iso.lstrip("[./"))[0]  # type: ignore[index]  # it can be ""


def _zone_at(place: Place, db: TzDb) -> str | None:
    if not place.HasField("position"):
        return None
    return zone_at(place.position.latitude, place.position.longitude, db)


def event_times(record: Record) -> Iterator[tuple[str, EventTime]]:
    """Yield (path, time) of the present times of a record, without claims and earlier times."""
    for path, message in _times(record, ""):
        if isinstance(message, EventTime) and not path.startswith(HISTORY):
            yield path[1:], message


def is_claim(here: str, path: str) -> bool:
    """Return whether a path leads into the claims of the record at `path`."""
    return here.removeprefix(path).startswith(".claims")


def _known_zone(zone: str, path: str, db: TzDb) -> None:
    try:
        db.zone(zone)
    except ZoneError as error:
        raise to_refusal(error, path) from error


def _times(message: Message, path: str) -> Iterator[tuple[str, Time]]:
    for here, part in _parts(message, path):
        if isinstance(part, Time):
            yield here, part
        else:
            yield from _times(part, here)


def located(
    message: Message, path: str, zone: str | ZoneError, db: TzDb
) -> Iterator[tuple[str, Time, str | ZoneError]]:
    """Yield (path, time, zone of its places or the error why there is none) in a message."""
    if places := getattr(message, "places", ()):
        zone = place_zone(places, path, db, getattr(message, "time", EventTime()))
    for here, part in _parts(message, path):
        if isinstance(part, Time):
            yield here, part, zone
        else:
            yield from located(part, here, zone, db)


def _parts(message: Message, path: str) -> Iterator[tuple[str, Any]]:
    """Yield (path, message) of what is directly in a message and is a time or can hold one."""
    for field, value in message.ListFields():
        if not _holds_times(field):
            continue
        if field.is_repeated:
            for index, part in enumerate(value):
                yield f"{path}.{field.name}[{index}]", part
        else:
            yield f"{path}.{field.name}", value


@cache
def _holds_times(field: Any) -> bool:
    """Return whether a field holds times, or messages in which there can be some."""
    return enters(field) and (
        field.message_type.full_name in TIMES or leads_to(field.message_type, TIMES)
    )


def _resolve_published(source: Source) -> None:
    """Set publish_time of a source, in place, if `published` is an instant with an offset.

    Otherwise `published` must be a date in EDTF.
    """
    source.ClearField("publish_time")
    if not source.published:
        return
    try:
        if "T" in source.published:
            instant, _ = parse_rfc3339(source.published)
            source.publish_time.CopyFrom(Timestamp(seconds=instant))
        else:
            parse_partial(source.published)
    except ZoneError as error:
        raise TimeFieldError("published", InvalidTimeError(source.published)) from error

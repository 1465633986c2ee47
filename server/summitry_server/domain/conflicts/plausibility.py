"""What makes a record doubtful by itself: its claims, the dates of its sources, its places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy

from google.protobuf.message import Message

from summitry.kinds import Record
from summitry.time import EndBeforeStartError, TimeFieldError, resolve
from summitry.v1.agenda_service_pb2 import Conflict, ConflictKind
from summitry.v1.event_time_pb2 import EventTime, TimedSpan
from summitry.v1.place_pb2 import Place
from summitry.v1.provenance_pb2 import Source
from summitry.zones import TzDb, find_zones, is_known, parse_partial, zone_at
from summitry_server.domain.conflicts.overlaps import Extent, extent
from summitry_server.domain.people.identity import person_name, town_name
from summitry_server.domain.people.presence import Events
from summitry_server.domain.time.spans import DAY

Doubt = Callable[[Record, Events, TzDb], Iterator[Conflict]]

# A day begins in the zone farthest east 14 hours before it does in UTC.
EASTMOST = 14 * 3600
# Maps draw it, and the towns in it keep Asia/Shanghai.
UNKEPT = {"Asia/Urumqi"}


def claims_disagree(record: Record, events: Events, db: TzDb) -> Iterator[Conflict]:
    """Yield the fields of which sources say different things, and the source that is followed."""
    for preference in record.preferences:
        if preference.disputed:
            path = preference.field_path
            message = f"what is said of {path} disagrees; {preference.source} is followed"
            message += f": {preference.reason}" if preference.reason else ""
            kind = ConflictKind.CONFLICT_KIND_CLAIMS_DISAGREE
            yield _doubt(record, kind, path, message)


def impossible_source_date(record: Record, events: Events, db: TzDb) -> Iterator[Conflict]:
    """Yield sources published after the record that cites them, or too early for outcomes.

    Hard for the former: nobody reads what is not published. A draft may be told before an event.
    """
    kind = ConflictKind.CONFLICT_KIND_IMPOSSIBLE_SOURCE_DATE
    lies = extent(record.time, db)
    telling = {outcome.source for outcome in getattr(record, "outcomes", ())}
    for source in record.sources:
        said = f"{source.id} was published on {source.published}"
        if _is_after(source, record.update_time.seconds):
            yield _doubt(record, kind, source.id, f"{said}, after it was read", hard=True)
        elif source.id in telling and lies is not None and _is_before(source, lies):
            message = f"{said}, before the event, and tells what came of it"
            yield _doubt(record, kind, source.id, message)


def _is_after(source: Source, written: int) -> bool:
    """Return True if a source was published after a record was written, wherever it was."""
    if not (source.published and written):
        return False
    if source.HasField("publish_time"):
        return source.publish_time.seconds > written
    first = parse_partial(source.published).first_day
    return first is not None and first * DAY - EASTMOST > written


def _is_before(source: Source, event: Extent) -> bool:
    """Return True if a source was published before an event; dates are compared as dates."""
    if not source.published:
        return False
    if source.HasField("publish_time"):
        begins = event.hours.start if event.hours else event.days.start - EASTMOST
        return source.publish_time.seconds < begins
    last = parse_partial(source.published).last_day
    return last is not None and last * DAY < event.days.start


def end_before_start(record: Record, events: Events, db: TzDb) -> Iterator[Conflict]:
    """Yield claims of sources and journeys of members that end before they begin."""
    kind = ConflictKind.CONFLICT_KIND_END_BEFORE_START
    for claim in record.claims:
        if claim.HasField("time") and (why := _backwards(claim.time, db)):
            path = claim.field_path
            yield _doubt(record, kind, path, f"{claim.source} says of {path}: {why}", hard=True)
    for member in getattr(record, "members", ()):
        if member.HasField("arrival") and member.HasField("departure"):
            stay = TimedSpan(start=member.arrival, end=member.departure)
            if why := _backwards(EventTime(timed=stay), db):
                who = person_name(member.person)
                message = f"{who} leaves before arriving: {why}"
                yield _doubt(record, kind, who, message, hard=True)


def _backwards(time: EventTime, db: TzDb) -> str:
    """Return why a time ends before it begins; "" if it does not."""
    said = deepcopy(time)
    try:
        resolve(said, db)
    except TimeFieldError as error:
        return str(error.cause) if isinstance(error.cause, EndBeforeStartError) else ""
    return ""


def place_not_in_country(record: Record, events: Events, db: TzDb) -> Iterator[Conflict]:
    """Yield towns known elsewhere but not in the country given. There may be a namesake."""
    seen = set()
    for place in _places(record):
        names = [text.text for text in place.localities]
        code = place.region_code
        if not (names and code) or (code, *names) in seen:
            continue
        seen.add((code, *names))
        if found := _elsewhere(names, code, db):
            town = town_name(place)
            message = f"{town} is known in {', '.join(sorted(found))}, not in {code}"
            kind = ConflictKind.CONFLICT_KIND_PLACE_NOT_IN_COUNTRY
            yield _doubt(record, kind, town, message)


def _elsewhere(names: list[str], code: str, db: TzDb) -> set[str]:
    """Return the countries in which a town is known by a name; none if it is in this one."""
    if not db.country_zones(code):
        return set()  # a former state, or none: nothing is known of its towns
    found: set[str] = set()
    for name in names:
        if is_known(name, code, db):
            return set()
        found.update(zone.region_code for zone in find_zones(name, "", db) if zone.city)
    return found


def position_elsewhere(record: Record, events: Events, db: TzDb) -> Iterator[Conflict]:
    """Yield coordinates where clocks differ from those of the town, as in the middle of a country.

    Needs the extra `geo`: without it nothing is told.
    """
    written = record.update_time.seconds
    at = record.time.resolved.interval.start_time.seconds or written
    for place in _places(record):
        keeps = _zone_of(place, db) if place.HasField("position") else ""
        position = place.position
        there = keeps and zone_at(position.latitude, position.longitude, db)
        if not there or there in UNKEPT:
            continue
        if db.zone(there).offset_at(at) != db.zone(keeps).offset_at(at):
            town = town_name(place)
            message = f"the coordinates of {town} lie in {there}; its clocks are those of {keeps}"
            kind = ConflictKind.CONFLICT_KIND_POSITION_ELSEWHERE
            yield _doubt(record, kind, town, message)


def _zone_of(place: Place, db: TzDb) -> str:
    """Return the zone of a place as given, or that of its town; "" if it is not clear."""
    if place.time_zone:
        return place.time_zone
    for text in place.localities:
        zones = {found.zone_id for found in find_zones(text.text, place.region_code, db)}
        if len(zones) == 1:
            return zones.pop()
    return ""


def _places(message: Message) -> Iterator[Place]:
    """Yield the places that a record gives, but for those of claims."""
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for part in value if field.is_repeated else (value,):
            if isinstance(part, Place):
                yield part
            else:
                yield from _places(part)


def _doubt(
    record: Record, kind: ConflictKind, subject: str, message: str, *, hard: bool = False
) -> Conflict:
    return Conflict(kind=kind, name=record.name, subject=subject, message=message, hard=hard)


DOUBTS: Mapping[int, Doubt] = {
    ConflictKind.CONFLICT_KIND_CLAIMS_DISAGREE: claims_disagree,
    ConflictKind.CONFLICT_KIND_IMPOSSIBLE_SOURCE_DATE: impossible_source_date,
    ConflictKind.CONFLICT_KIND_PLACE_NOT_IN_COUNTRY: place_not_in_country,
    ConflictKind.CONFLICT_KIND_POSITION_ELSEWHERE: position_elsewhere,
    ConflictKind.CONFLICT_KIND_END_BEFORE_START: end_before_start,
}
"""The rules that look at one record alone, for FindConflicts and imports."""

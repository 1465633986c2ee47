"""Find implausible facts in a single record: claims, dates of sources, places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from google.protobuf.message import Message

from summitry.kinds import Record
from summitry.time import EndBeforeStartError, TimeFieldError, resolve
from summitry.v1.agenda_service_pb2 import Conflict, ConflictKind
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.participant_pb2 import Participant
from summitry.v1.place_pb2 import Place
from summitry.v1.provenance_pb2 import Source
from summitry.zones import TzDb, find_zones, is_known, parse_partial, zone_at
from summitry_server.domain.conflicts.overlaps import Extent, extent, on_common_axis
from summitry_server.domain.people.identity import person_name, town_name
from summitry_server.domain.people.presence import Events
from summitry_server.domain.time.spans import DAY
from summitry_server.wire.walks import Step, WalkRule, walk

PlausibilityRule = Callable[[Record, Events, TzDb], Iterator[Conflict]]

# A day begins in the zone farthest east 14 hours before it does in UTC.
EASTMOST = 14 * 3600
# Zones that maps of time zones show, but whose towns go by another zone (here Asia/Shanghai).
UNUSED_ZONES = {"Asia/Urumqi"}


def claims_disagree(record: Record, events: Events, db: TzDb) -> Iterator[Conflict]:
    """Yield the fields whose claims disagree, with the source that is preferred."""
    for preference in record.preferences:
        if preference.disputed:
            path = preference.field_path
            message = f"what is said of {path} disagrees; {preference.source_id} is followed"
            message += f": {preference.reason}" if preference.reason else ""
            kind = ConflictKind.CONFLICT_KIND_CLAIMS_DISAGREE
            yield _conflict(record, kind, path, message)


def impossible_source_date(record: Record, events: Events, db: TzDb) -> Iterator[Conflict]:
    """Yield sources published after the record that cites them, or too early for outcomes.

    The former is hard, since an unpublished source cannot be read. The latter is a hint: a draft
    of the outcomes may be published before the event.
    """
    kind = ConflictKind.CONFLICT_KIND_IMPOSSIBLE_SOURCE_DATE
    event_extent = extent(record.time, db)
    outcome_sources = {outcome.source_id for outcome in getattr(record, "outcomes", ())}
    for source in record.sources:
        publication = f"{source.id} was published on {source.published}"
        if _is_after(source, record.update_time.seconds):
            yield _conflict(record, kind, source.id, f"{publication}, after it was read", hard=True)
        elif (
            source.id in outcome_sources
            and event_extent is not None
            and _is_before(source, event_extent)
        ):
            message = f"{publication}, before the event, and tells what came of it"
            yield _conflict(record, kind, source.id, message)


def _is_after(source: Source, write_time: int) -> bool:
    """Return True if a source was published after a record was written, in every time zone."""
    if not (source.published and write_time):
        return False
    if source.HasField("publish_time"):
        return source.publish_time.seconds > write_time
    # A day without a zone may have begun up to 14 hours before it did in UTC.
    first = parse_partial(source.published).first_day
    return first is not None and first * DAY - EASTMOST > write_time


def _is_before(source: Source, event: Extent) -> bool:
    """Return True if a source was published before an event; dates compare as dates."""
    if not source.published:
        return False
    if source.HasField("publish_time"):
        begins = event.hours.start if event.hours else event.days.start - EASTMOST
        return source.publish_time.seconds < begins
    # A month is before the event only if its last day is.
    last = parse_partial(source.published).last_day
    return last is not None and last * DAY < event.days.start


def end_before_start(record: Record, events: Events, db: TzDb) -> Iterator[Conflict]:
    """Yield claimed times and journeys of members that end before they begin."""
    kind = ConflictKind.CONFLICT_KIND_END_BEFORE_START
    for claim in record.claims:
        if claim.HasField("time") and (problem := _explain_backwards(claim.time, db)):
            path = claim.field_path
            yield _conflict(
                record, kind, path, f"{claim.source_id} says of {path}: {problem}", hard=True
            )
    for member in getattr(record, "members", ()):
        if problem := _explain_journey(member, db):
            person = person_name(member.person)
            message = f"{person} leaves before arriving: {problem}"
            yield _conflict(record, kind, person, message, hard=True)


def _explain_journey(member: Participant, db: TzDb) -> str:
    """Return why a member leaves before arriving; "" if that does not happen."""
    if not (member.HasField("arrival") and member.HasField("departure")):
        return ""
    ends = deepcopy(member.arrival), deepcopy(member.departure)
    for end in ends:
        resolve(end, db)
    arrival, departure = (extent(end, db) for end in ends)
    if arrival is None or departure is None:
        return ""
    first, last = on_common_axis(arrival, departure)
    texts = [end.resolved.start_text for end in ends]
    return f"the end {texts[1]} is before the start {texts[0]}" if last.end <= first.start else ""


def _explain_backwards(time: EventTime, db: TzDb) -> str:
    """Return why a time ends before it begins; "" if it does not."""
    copy = deepcopy(time)
    try:
        resolve(copy, db)
    except TimeFieldError as error:
        return str(error.cause) if isinstance(error.cause, EndBeforeStartError) else ""
    return ""


def place_not_in_country(record: Record, events: Events, db: TzDb) -> Iterator[Conflict]:
    """Yield towns that are known in other countries and not in the given one.

    A hint, since there may be a small town of the same name.
    """
    checked = set()
    for place in _places(record):
        names = [text.text for text in place.localities]
        region_code = place.region_code
        if not (names and region_code) or (region_code, *names) in checked:
            continue
        checked.add((region_code, *names))
        if countries := _other_countries(names, region_code, db):
            town = town_name(place)
            message = f"{town} is known in {', '.join(sorted(countries))}, not in {region_code}"
            kind = ConflictKind.CONFLICT_KIND_PLACE_NOT_IN_COUNTRY
            yield _conflict(record, kind, town, message)


def _other_countries(names: list[str], region_code: str, db: TzDb) -> set[str]:
    """Return the other countries that have a town of that name; none if this one has it."""
    if not db.country_zones(region_code):
        return set()  # a former state, or no country: its towns are not known
    countries: set[str] = set()
    for name in names:
        if is_known(name, region_code, db):
            return set()
        countries.update(zone.region_code for zone in find_zones(name, "", db) if zone.city)
    return countries


def position_elsewhere(record: Record, events: Events, db: TzDb) -> Iterator[Conflict]:
    """Yield coordinates at which clocks differ from those of the town.

    A frequent cause is the centre of a country instead of its town. Needs the extra `geo`; without
    it the zone of coordinates is unknown, and nothing is yielded.
    """
    interval = record.time.resolved.interval
    start = interval.start_time if interval.HasField("start_time") else record.update_time
    # Zones of one country often differ in history alone, so that clocks are compared and not ids.
    instant = start.seconds
    for place in _places(record):
        town_zone = _zone_of(place, db) if place.HasField("position") else ""
        position = place.position
        position_zone = town_zone and zone_at(position.latitude, position.longitude, db)
        if not position_zone or position_zone in UNUSED_ZONES:
            continue
        if db.zone(position_zone).offset_at(instant) != db.zone(town_zone).offset_at(instant):
            town = town_name(place)
            message = (
                f"the coordinates of {town} lie in {position_zone}; "
                f"its clocks are those of {town_zone}"
            )
            kind = ConflictKind.CONFLICT_KIND_POSITION_ELSEWHERE
            yield _conflict(record, kind, town, message)


def _zone_of(place: Place, db: TzDb) -> str:
    """Return the zone that a place gives, or that of its town; "" if it is ambiguous."""
    if place.time_zone:
        return place.time_zone
    for text in place.localities:
        zones = {candidate.zone_id for candidate in find_zones(text.text, place.region_code, db)}
        if len(zones) == 1:
            return zones.pop()
    return ""


class _Places(WalkRule):
    """The places anywhere in a record but in claims, as a rule in a walk with a list as state."""

    def at_message(self, message: Any) -> Step | None:
        return _append if message.full_name == "summitry.v1.Place" else None

    def below(self, field: Any) -> WalkRule | None:
        return None if field.name == "claims" else self


PLACES = (_Places(),)


def _append(value: Any, values: list[Any]) -> None:
    values.append(value)


def _places(record: Message) -> list[Place]:
    places = list[Place]()
    walk(record, "", PLACES, places)
    return places


def _conflict(
    record: Record, kind: ConflictKind, subject: str, message: str, *, hard: bool = False
) -> Conflict:
    return Conflict(kind=kind, name=record.name, subject=subject, message=message, hard=hard)


PLAUSIBILITY_RULES: Mapping[int, PlausibilityRule] = {
    ConflictKind.CONFLICT_KIND_CLAIMS_DISAGREE: claims_disagree,
    ConflictKind.CONFLICT_KIND_IMPOSSIBLE_SOURCE_DATE: impossible_source_date,
    ConflictKind.CONFLICT_KIND_PLACE_NOT_IN_COUNTRY: place_not_in_country,
    ConflictKind.CONFLICT_KIND_POSITION_ELSEWHERE: position_elsewhere,
    ConflictKind.CONFLICT_KIND_END_BEFORE_START: end_before_start,
}
"""The rules that look at one record alone, for FindConflicts and imports."""

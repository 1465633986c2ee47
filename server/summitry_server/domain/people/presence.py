"""Derive from records where people are, and find the stays that lie in a window.

A stay is a person, a place and a time, from one record or one part of it. If parts have times of
their own, they count instead of the whole record: segments on the 3rd, the 12th and the 20th say
nothing of the days between. The rules in words: docs/presence.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import NamedTuple

from summitry.kinds import Record
from summitry.statuses import is_certain, takes_place
from summitry.time import resolve
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.event_status_pb2 import EventFormat
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.participant_pb2 import Participant
from summitry.v1.party_pb2 import AttendanceMode, ParticipationStatus, Party, Person
from summitry.v1.place_pb2 import Place
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit
from summitry.zones import TzDb, format_date, parse_date
from summitry_server.domain.search.agenda import DAYS, HOURS, Plan, begins
from summitry_server.domain.search.facets import FACET_MAKERS
from summitry_server.domain.search.folding import slug
from summitry_server.domain.time.spans import DAY, spans_of
from summitry_server.store.contract import EARLIEST, LATEST, Axis, Span
from summitry_server.store.matching import certainly_touches, touches

REMOTE_MODES = {
    AttendanceMode.ATTENDANCE_MODE_VIDEO,
    AttendanceMode.ATTENDANCE_MODE_WRITTEN,
    AttendanceMode.ATTENDANCE_MODE_PROXY,
}
ABSENT_STATUSES = {
    ParticipationStatus.PARTICIPATION_STATUS_DECLINED,
    ParticipationStatus.PARTICIPATION_STATUS_ABSENT,
    ParticipationStatus.PARTICIPATION_STATUS_REPLACED,
}
# Whoever has an invitation may come; so may somebody of whom a source says something else.
UNSURE_STATUSES = {
    ParticipationStatus.PARTICIPATION_STATUS_INVITED,
    ParticipationStatus.PARTICIPATION_STATUS_OTHER,
}
UNSURE_MODE = AttendanceMode.ATTENDANCE_MODE_OTHER

Events = Mapping[str, Record]


class Stay(NamedTuple):
    """A person at one or more places for a time."""

    name: str  # of the record that it comes from
    part: str  # "segments[1]"; "" for the record itself
    person: Person
    party: Party  # that they represent
    places: tuple[Place, ...]
    time: EventTime  # of the record or its part, resolved
    spans: tuple[Span, ...]  # the time on the axes of the store
    sure: bool  # False: they may not come
    leg: int = 0  # number of the leg of a trip; 0 if the source does not count them


class Part(NamedTuple):
    """The time and the places of a record, or of a part of it."""

    path: str
    time: EventTime
    places: tuple[Place, ...]
    sure: bool = True


def referenced_events(record: Record) -> tuple[str, ...]:
    """Return the names of the events that decide where the people of a record are."""
    if isinstance(record, Delegation):
        return tuple(engagement.event for engagement in record.engagements)
    if isinstance(record, Meeting) and record.parent_event:
        return (record.parent_event,)
    return ()


def stays(
    record: Record, events: Events, db: TzDb, is_requested: Callable[[Person], object] | None = None
) -> Iterator[Stay]:
    """Yield the stays of a record, of all persons or of those for which `is_requested` is true.

    `events` has the events that `referenced_events` names, by name; deleted ones are missing.
    """
    if not takes_place(record):
        return
    if isinstance(record, Delegation):
        coming = [
            (index, member)
            for index, member in enumerate(record.members)
            if _attends_in_person(member) and (is_requested is None or is_requested(member.person))
        ]
        if coming:
            parts = [(part, spans_of(part.time, db)) for part in _delegation_parts(record, events)]
            for index, member in coming:
                yield from _member(record, index, member, parts, db)
        return
    sure = is_certain(record)
    leg = record.leg if isinstance(record, Visit) else 0
    people = [entry for entry in _people(record) if is_requested is None or is_requested(entry[0])]
    for part in parts_of(record, events) if people else ():
        spans = spans_of(part.time, db)
        for person, party, certain in people:
            here = (part.places, part.time, spans, sure and certain)
            yield Stay(record.name, part.path, person, party, *here, leg)


def _people(event: Record) -> Iterator[tuple[Person, Party, bool]]:
    """Yield (person, party that they represent, whether they certainly come) for an event."""
    if isinstance(event, Visit):
        for person in event.principals:
            yield person, event.guest, True
    elif isinstance(event, Summit | Meeting):
        for participant in event.participants:
            if participant.HasField("person") and _attends_in_person(participant):
                yield participant.person, participant.party, surely_comes(participant)


def surely_comes(attendance: Participant) -> bool:
    """Return whether somebody who is not absent is known to come, and not only invited."""
    return attendance.status not in UNSURE_STATUSES and attendance.mode != UNSURE_MODE


def _attends_in_person(attendance: Participant) -> bool:
    return attendance.mode not in REMOTE_MODES and attendance.status not in ABSENT_STATUSES


def parts_of(event: Record, events: Events) -> list[Part]:
    """Return the parts of an event that have times of their own, or the whole event."""
    if isinstance(event, Visit):
        return _visit_parts(event)
    if not isinstance(event, Summit | Meeting) or not event.HasField("time") or _is_virtual(event):
        return []
    return [Part("", event.time, places_of(event, events))]


def _is_virtual(event: Record) -> bool:
    return isinstance(event, Summit | Meeting) and event.format == EventFormat.EVENT_FORMAT_VIRTUAL


def _visit_parts(visit: Visit) -> list[Part]:
    whole = tuple(visit.places)
    if not whole and visit.host.region_code:
        whole = (Place(region_code=visit.host.region_code),)
    parts = [
        Part(f"segments[{index}]", segment.time, tuple(segment.places) or whole)
        for index, segment in enumerate(visit.segments)
        if segment.HasField("time")
    ]
    if parts or not visit.HasField("time"):
        return parts
    return [Part("", visit.time, whole)]


def places_of(event: Summit | Meeting, events: Events) -> tuple[Place, ...]:
    """Return the places of an event; a meeting without places has those of its parent event."""
    if event.places or not isinstance(event, Meeting):
        return tuple(event.places)
    parent = events.get(event.parent_event)
    return () if parent is None else tuple(parent.places)


def _member(
    delegation: Delegation,
    index: int,
    member: Participant,
    parts: Sequence[tuple[Part, tuple[Span, ...]]],
    db: TzDb,
) -> Iterator[Stay]:
    """Yield the stays of a member: one from arrival to departure if all parts share a place.

    Otherwise each part is a stay, clipped to arrival and departure.
    """
    arrival, departure = edges(member, db)
    if arrival and departure and len({_key(part.places) for part, _ in parts}) == 1:
        sure = all(part.sure for part, _ in parts)
        journey = Part(
            f"members[{index}]", _journey(member, arrival, departure, db), parts[0][0].places, sure
        )
        parts = [(journey, spans_of(journey.time, db))]
    for part, whole in parts:
        spans = tuple(cut(span, arrival, departure) for span in whole)
        if all(span.start < span.end for span in spans):
            sure = part.sure and is_certain(delegation) and surely_comes(member)
            here = (part.places, part.time, spans, sure)
            yield Stay(delegation.name, part.path, member.person, delegation.party, *here)


def _delegation_parts(delegation: Delegation, events: Events) -> list[Part]:
    """Return the parts of the stay of a delegation: its events, or its own time without any."""
    if not delegation.engagements and delegation.HasField("time"):
        return [Part("", delegation.time, tuple(delegation.places))]
    parts: list[Part] = []
    for index, engagement in enumerate(delegation.engagements):
        event = events.get(engagement.event)
        if event is None or not takes_place(event) or _is_virtual(event):
            continue
        event_parts = parts_of(event, events)
        if engagement.HasField("presence"):
            places = [place for part in event_parts for place in part.places] or event.places
            event_parts = [Part("", engagement.presence, tuple(places))]
        path = f"engagements[{index}]"
        parts += (part._replace(path=path, sure=is_certain(event)) for part in event_parts)
    return parts


def _key(places: tuple[Place, ...]) -> tuple[bytes, ...]:
    return tuple(place.SerializeToString(deterministic=True) for place in places)


def _journey(member: Participant, arrival: Edge, departure: Edge, db: TzDb) -> EventTime:
    """Return the time from arrival to departure: in hours if both are, else in days."""
    journey = EventTime()
    ends = (member.arrival, member.departure)
    if all(end.HasField("timed") for end in ends):
        journey.timed.start.CopyFrom(member.arrival.timed.start)
        journey.timed.end.CopyFrom(member.departure.timed.start)
    else:
        journey.dates.first_date = format_date(arrival.day)
        journey.dates.last_date = format_date(departure.day)
        journey.dates.time_zone = next(filter(None, map(_zone_id, ends)), "")
    resolve(journey, db)
    return journey


def _zone_id(time: EventTime) -> str:
    return time.timed.start.time_zone or time.dates.time_zone or time.partial.time_zone


class Edge(NamedTuple):
    """An arrival or departure: the civil day at its place, and the instant in epoch seconds."""

    day: int
    instant: int


def edges(member: Participant, db: TzDb) -> tuple[Edge | None, Edge | None]:
    """Return arrival and departure of a member; (None, None) if they contradict each other.

    A day counts as a whole: from its start for an arrival, to its end for a departure.
    """
    arrival = _edge(member.arrival, db, is_end=False) if member.HasField("arrival") else None
    departure = _edge(member.departure, db, is_end=True) if member.HasField("departure") else None
    if arrival and departure and departure.instant < arrival.instant:
        return None, None
    return arrival, departure


def _edge(time: EventTime, db: TzDb, *, is_end: bool) -> Edge | None:
    """Return the first or last moment that a time can be; None if it has no such bound."""
    time = deepcopy(time)
    resolve(time, db)  # records of format 1 had points, which were not resolved
    spans = {span.axis: span for span in spans_of(time, db)}
    if Axis.INSTANT in spans:
        day = parse_date(time.resolved.start_text[: len("2024-07-04")])
        return Edge(day, spans[Axis.INSTANT].start)
    label, place = spans[Axis.LABEL], spans[Axis.PLACE]
    if is_end:
        return None if label.end == LATEST else Edge(label.end // DAY - 1, place.end)
    return None if label.start == EARLIEST else Edge(label.start // DAY, place.start)


def cut(span: Span, arrival: Edge | None, departure: Edge | None) -> Span:
    """Return a span without what is before the arrival and after the departure."""
    label = span.axis is Axis.LABEL
    low = arrival and (arrival.day * DAY if label else arrival.instant)
    high = departure and ((departure.day + 1) * DAY if label else departure.instant)
    start = span.start if low is None else max(span.start, low)
    end = span.end if high is None else min(span.end, high)
    if span.sure_start is None or span.sure_end is None:
        return Span(span.axis, start, end, None, None)
    sure_start, sure_end = max(span.sure_start, start), min(span.sure_end, end)
    if sure_start >= sure_end:
        return Span(span.axis, start, end, None, None)
    return Span(span.axis, start, end, sure_start, sure_end)


class StayPosition(NamedTuple):
    """The place of a stay in the order of the answer: its sort key."""

    person_index: int  # of the person in the request, from 0
    uncertain: bool
    time: int
    rank: int  # days before hours of the same time
    start: int
    leg: int
    name: str
    part: str


class Persons:
    """The persons of a request, each by id or by a whole name or alias."""

    def __init__(self, persons: Iterable[str]) -> None:
        self._indexes: dict[str, list[int]] = {}
        for index, name in enumerate(persons):
            self._indexes.setdefault(f"person:{slug(name)}", []).append(index)

    def indexes(self, person: Person) -> set[int]:
        """Return the indexes of the names in the request that mean a person."""
        facets = FACET_MAKERS[Person.DESCRIPTOR.full_name](person)
        return {index for facet in facets for index in self._indexes.get(facet, ())}


def locate(
    candidates: Iterable[Stay], persons: Persons, plan: Plan
) -> Iterator[tuple[StayPosition, Stay]]:
    """Yield the stays of persons that lie in a window, with their positions in the answer.

    Certain stays sort first. Possible ones are left out unless the window admits them.
    """
    for stay in candidates:
        for person_index in persons.indexes(stay.person):
            for position in _positions(stay, person_index, plan):
                yield position, stay


def _positions(stay: Stay, person_index: int, plan: Plan) -> Iterator[StayPosition]:
    for rank, window in ((DAYS, plan.days), (HOURS, plan.hours)):
        for span in stay.spans:
            if span.axis is window.axis and touches(window, span):
                certain = stay.sure and certainly_touches(window, span)
                if certain or window.possible:
                    time = begins(span.start, rank, plan.zone)
                    place = (rank, span.start, stay.leg, stay.name, stay.part)
                    yield StayPosition(person_index, not certain, time, *place)

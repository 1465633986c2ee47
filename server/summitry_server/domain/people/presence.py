"""Where people are: the stays that records tell of, and which of them lie in a window.

A stay is a person, a place and a time, as one record or one part of it says. Parts that have times
of their own count instead of the whole: a stay on the 3rd, the 12th and the 20th says nothing of
the days between. Rules: docs/presence.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from summitry.kinds import Record
from summitry.statuses import is_certain, takes_place
from summitry.time import resolve
from summitry.v1.delegation_pb2 import Delegation, DelegationMember
from summitry.v1.event_time_pb2 import EventTime, TimePoint
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.party_pb2 import AttendanceMode, Participant, ParticipationStatus, Party, Person
from summitry.v1.place_pb2 import Place
from summitry.v1.summit_pb2 import EventFormat, Summit
from summitry.v1.visit_pb2 import Visit
from summitry.zones import TzDb, parse_date
from summitry_server.domain.search.agenda import DAYS, HOURS, Plan, begins
from summitry_server.domain.search.facets import VISITS
from summitry_server.domain.search.folding import slug
from summitry_server.domain.time.spans import DAY, spans_of
from summitry_server.store.contract import Axis, Span
from summitry_server.store.matching import certainly_touches, touches

ELSEWHERE = {
    AttendanceMode.ATTENDANCE_MODE_VIDEO,
    AttendanceMode.ATTENDANCE_MODE_WRITTEN,
    AttendanceMode.ATTENDANCE_MODE_PROXY,
}
MISSING = {
    ParticipationStatus.PARTICIPATION_STATUS_DECLINED,
    ParticipationStatus.PARTICIPATION_STATUS_ABSENT,
    ParticipationStatus.PARTICIPATION_STATUS_REPLACED,
}
INVITED = ParticipationStatus.PARTICIPATION_STATUS_INVITED

Events = Mapping[str, Record]


class Stay(NamedTuple):
    """A person at a place for a time."""

    name: str  # of the record that says so
    part: str  # "segments[1]"; "" for the record itself
    person: Person
    party: Party  # whom they are there for
    places: tuple[Place, ...]
    time: EventTime  # as the record or its part says, resolved
    spans: tuple[Span, ...]  # where it lies on the axes of the store
    sure: bool  # False: they may not come at all
    leg: int = 0  # of their trip, where the source counts them


class Part(NamedTuple):
    """The time and the places of a record, or of a part of it."""

    path: str
    time: EventTime
    places: tuple[Place, ...]
    sure: bool = True


def needed(record: Record) -> tuple[str, ...]:
    """Return the names of the events without which a record does not say where its people are."""
    if isinstance(record, Delegation):
        return tuple(engagement.event for engagement in record.engagements)
    if isinstance(record, Meeting) and record.parent_event:
        return (record.parent_event,)
    return ()


def stays(
    record: Record, events: Events, db: TzDb, meant: Callable[[Person], object] | None = None
) -> Iterator[Stay]:
    """Yield the stays that a record tells of, of all persons or of those that are meant.

    `events` holds what `needed` names, as far as it lives.
    """
    if not takes_place(record):
        return
    if isinstance(record, Delegation):
        coming = [
            (index, member)
            for index, member in enumerate(record.members)
            if _comes(member) and (meant is None or meant(member.person))
        ]
        if coming:
            parts = [(part, spans_of(part.time, db)) for part in _engaged(record, events)]
            for index, member in coming:
                yield from _member(record, index, member, parts, db)
        return
    sure = is_certain(record)
    leg = record.leg if isinstance(record, Visit) else 0
    people = [entry for entry in _people(record) if meant is None or meant(entry[0])]
    for part in parts_of(record, events) if people else ():
        spans = spans_of(part.time, db)
        for person, party, certain in people:
            here = (part.places, part.time, spans, sure and certain)
            yield Stay(record.name, part.path, person, party, *here, leg)


def _people(event: Record) -> Iterator[tuple[Person, Party, bool]]:
    """Yield the persons at an event, the party that each is there for, and if that is certain."""
    if isinstance(event, Visit):
        for person in event.principals:
            yield person, event.guest, True
    elif isinstance(event, Summit | Meeting):
        for one in event.participants:
            if one.HasField("person") and _comes(one):
                yield one.person, one.party, one.status != INVITED


def _comes(one: Participant | DelegationMember) -> bool:
    return one.mode not in ELSEWHERE and one.status not in MISSING


def parts_of(event: Record, events: Events) -> list[Part]:
    """Return the parts of an event that have times of their own, or the whole."""
    if isinstance(event, Visit):
        return _visit_parts(event)
    if not isinstance(event, Summit | Meeting) or not event.HasField("time") or _is_virtual(event):
        return []
    return [Part("", event.time, places_of(event, events))]


def _is_virtual(event: Record) -> bool:
    return isinstance(event, Summit) and event.format == EventFormat.EVENT_FORMAT_VIRTUAL


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
    """Return the places of an event; those of its parent event for a meeting without any."""
    if event.places or not isinstance(event, Meeting):
        return tuple(event.places)
    parent = events.get(event.parent_event)
    return () if parent is None else tuple(parent.places)


def _member(
    delegation: Delegation,
    index: int,
    member: DelegationMember,
    parts: Sequence[tuple[Part, tuple[Span, ...]]],
    db: TzDb,
) -> Iterator[Stay]:
    """Yield stays from arrival to departure, where all is in one place; else event by event."""
    arrival, departure = edges(member, db)
    if arrival and departure and len({_key(part.places) for part, _ in parts}) == 1:
        sure = all(part.sure for part, _ in parts)
        journey = Part(f"members[{index}]", _journey(member, db), parts[0][0].places, sure)
        parts = [(journey, spans_of(journey.time, db))]
    for part, whole in parts:
        spans = tuple(cut(span, arrival, departure) for span in whole)
        if all(span.start < span.end for span in spans):
            sure = part.sure and is_certain(delegation) and member.status != INVITED
            here = (part.places, part.time, spans, sure)
            yield Stay(delegation.name, part.path, member.person, delegation.party, *here)


def _engaged(delegation: Delegation, events: Events) -> list[Part]:
    """Return the parts of a delegation's stay: at its events, or as it says of itself."""
    if not delegation.engagements and delegation.HasField("time"):
        return [Part("", delegation.time, tuple(delegation.places))]
    parts: list[Part] = []
    for index, engagement in enumerate(delegation.engagements):
        event = events.get(engagement.event)
        if event is None or not takes_place(event) or _is_virtual(event):
            continue
        found = parts_of(event, events)
        if engagement.HasField("presence"):
            places = [place for part in found for place in part.places] or event.places
            found = [Part("", engagement.presence, tuple(places))]
        here = f"engagements[{index}]"
        parts += (part._replace(path=here, sure=is_certain(event)) for part in found)
    return parts


def _key(places: tuple[Place, ...]) -> tuple[bytes, ...]:
    return tuple(place.SerializeToString(deterministic=True) for place in places)


def _journey(member: DelegationMember, db: TzDb) -> EventTime:
    journey = EventTime()
    journey.timed.start.CopyFrom(member.arrival)
    journey.timed.end.CopyFrom(member.departure)
    resolve(journey, db)
    return journey


class Edge(NamedTuple):
    """An arrival or departure: the civil day where it happens, and the instant."""

    day: int
    instant: int


def edges(member: DelegationMember, db: TzDb) -> tuple[Edge | None, Edge | None]:
    """Arrival and departure; none of them where they contradict each other."""
    arrival = _edge(member.arrival, db) if member.HasField("arrival") else None
    departure = _edge(member.departure, db) if member.HasField("departure") else None
    if arrival and departure and departure.instant < arrival.instant:
        return None, None
    return arrival, departure


def _edge(point: TimePoint, db: TzDb) -> Edge:
    time = EventTime()
    time.timed.start.CopyFrom(point)
    resolve(time, db)
    resolved = time.resolved
    day = parse_date(resolved.start_text[: len("2024-07-04")])
    return Edge(day, resolved.interval.start_time.seconds)


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


class Position(NamedTuple):
    """The place of a stay in the order of the answer."""

    asked: int  # whose it is, by the order of the request
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
        self._places: dict[str, list[int]] = {}
        for place, name in enumerate(persons):
            self._places.setdefault(f"person:{slug(name)}", []).append(place)

    def places(self, person: Person) -> set[int]:
        """Return the places in the request at which a person is meant."""
        facets = VISITS[Person.DESCRIPTOR.full_name](person)
        return {place for facet in facets for place in self._places.get(facet, ())}


def locate(found: Iterable[Stay], persons: Persons, plan: Plan) -> Iterator[tuple[Position, Stay]]:
    """Yield the stays of persons that lie in a window, with their places in the answer.

    Certain ones come first in it. Those that are only possible are there if the window admits them.
    """
    for stay in found:
        for asked in persons.places(stay.person):
            for position in _positions(stay, asked, plan):
                yield position, stay


def _positions(stay: Stay, asked: int, plan: Plan) -> Iterator[Position]:
    for rank, window in ((DAYS, plan.days), (HOURS, plan.hours)):
        for span in stay.spans:
            if span.axis is window.axis and touches(window, span):
                certain = stay.sure and certainly_touches(window, span)
                if certain or window.possible:
                    time = begins(span.start, rank, plan.zone)
                    place = (rank, span.start, stay.leg, stay.name, stay.part)
                    yield Position(asked, not certain, time, *place)

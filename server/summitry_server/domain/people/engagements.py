"""What engages people, and where that finds them: busy times and zones for meeting windows.

A summit or meeting engages those who take part, by video too. A visit is a stay: it engages only
where its times are hours and lasts no longer than a day. Hours in the programme of an event count
instead of its whole day. Rules: docs/windows.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import groupby
from typing import Any, NamedTuple

from google.protobuf.message import Message

from summitry.kinds import Record
from summitry.statuses import is_certain, takes_place
from summitry.v1.delegation_pb2 import Delegation, DelegationMember
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.party_pb2 import AttendanceMode, Participant
from summitry.v1.place_pb2 import Place
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit
from summitry.zones import TzDb, Zone, day_of, day_start, day_window
from summitry_server.domain.people import hours
from summitry_server.domain.people.meeting_windows import Busy
from summitry_server.domain.people.presence import (
    INVITED,
    MISSING,
    Events,
    Part,
    Stay,
    cut,
    edges,
    parts_of,
    places_of,
)
from summitry_server.domain.search.facets import VISITS
from summitry_server.domain.time.spans import DAY, spans_of
from summitry_server.domain.time.times import place_zone
from summitry_server.store.contract import Axis, Span

# The facets of persons and parties: "person:xi-jinping", "region:KZ".
Facets = Set[str]
MINUTE = 60
# Days beside a window that can reach into it with a margin of a day.
AROUND = 2
# Who attends so has nothing to do at the time.
UNENGAGED = {AttendanceMode.ATTENDANCE_MODE_WRITTEN, AttendanceMode.ATTENDANCE_MODE_PROXY}


class ZonedSpan(NamedTuple):
    """A span of instants, or of days on the calendar of a zone (None: not known)."""

    span: Span
    zone: Zone | None


class Engagement(NamedTuple):
    """Something that people have to do at a time."""

    who: Facets
    name: str  # of the record that says so
    event: Record
    when: ZonedSpan
    sure: bool


def engagements(record: Record, events: Events, db: TzDb, wanted: Facets) -> Iterator[Engagement]:
    """Yield what a record asks of the people and parties whose facets are wanted.

    `events` holds what the record refers to, as far as it lives.
    """
    find = FINDERS.get(type(record))
    if find is not None and takes_place(record):
        yield from find(record, events, db, wanted)


def busy(
    own: Iterable[Engagement], home: Zone, possible: bool, start: int, end: int
) -> Iterator[Busy]:
    """Yield the times at which somebody is busy, in whole minutes, near [start, end).

    Days on no known calendar are those of `home`. With `possible`, what may be blocks too. A day of
    an event for which they have hours in its programme counts by these.
    """
    blocking = [engagement for engagement in own if engagement.sure or possible]
    days = _Days(_programmes(blocking, possible), start, end)
    for engagement in blocking:
        for begins, ends in _instants(engagement.when, home, possible, days, engagement.event.name):
            yield Busy(begins // MINUTE, -(-ends // MINUTE), engagement.name)


def _programmes(blocking: Iterable[Engagement], possible: bool) -> dict[str, list[tuple[int, int]]]:
    """Return the hours that somebody has in the programme of an event, by its name."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for engagement in blocking:
        span = engagement.when.span
        if isinstance(engagement.event, Meeting) and span.axis is Axis.INSTANT:
            found[engagement.event.parent_event].extend(_extent(span, possible))
    return found


class _Days:
    """The days near [start, end), without those on which an event has hours in its programme.

    Many delegations attend one event, so what is left of its days is found once for each zone.
    """

    def __init__(
        self, programmes: Mapping[str, Sequence[tuple[int, int]]], start: int, end: int
    ) -> None:
        self._programmes = programmes
        self._start = start
        self._end = end
        self._taken: dict[tuple[str, str], set[int]] = {}
        self._left: dict[tuple[str, str, int, int], list[tuple[int, int]]] = {}

    def left(self, event: str, zone: Zone, first: int, stop: int) -> list[tuple[int, int]]:
        """Return what is left of the days from `first` to before `stop`, as first and last days."""
        near = range(day_of(zone, self._start) - AROUND, day_of(zone, self._end) + AROUND + 1)
        first, stop = max(first, near.start), min(stop, near.stop)
        if event not in self._programmes:
            return [(first, stop - 1)] if first < stop else []
        key = event, zone.key, first, stop
        if key not in self._left:
            taken = self._programme_days(event, zone, near)
            self._left[key] = list(_runs(day for day in range(first, stop) if day not in taken))
        return self._left[key]

    def _programme_days(self, event: str, zone: Zone, near: range) -> set[int]:
        """Return the days near the window on which an event has hours."""
        if (event, zone.key) not in self._taken:
            self._taken[event, zone.key] = {
                day
                for begins, ends in self._programmes[event]
                for day in range(
                    max(day_of(zone, begins), near.start),
                    min(day_of(zone, ends - 1) + 1, near.stop),
                )
            }
        return self._taken[event, zone.key]


def whereabouts(own: Iterable[Stay], db: TzDb, start: int, end: int) -> list[hours.Stay]:
    """Return the zones in which the certain stays of somebody are, by whole minutes.

    A stay of which no zone is known says nothing.
    """
    days = _Days({}, start, end)
    return [
        hours.Stay(begins // MINUTE * MINUTE, -(-ends // MINUTE) * MINUTE, when.zone)
        for stay in own
        if stay.sure
        for when in (_zoned_span(stay.time, stay.places, db, stay.spans),)
        if when is not None and when.zone is not None
        for begins, ends in _instants(when, when.zone, False, days)
    ]


def keys(*messages: Message) -> frozenset[str]:
    """Return the facets that find persons and parties (domain/search/facets.py)."""
    return frozenset(
        key for message in messages for key in VISITS[message.DESCRIPTOR.full_name](message)
    )


def _instants(
    when: ZonedSpan, home: Zone, possible: bool, days: _Days, event: str = ""
) -> Iterator[tuple[int, int]]:
    """Yield the instants that a span takes, as far as they may touch the window.

    None if that is not certain and has to be; of days only those without hours in the programme.
    """
    for first, last in _extent(when.span, possible):
        if when.span.axis is Axis.INSTANT:
            yield first, last
            continue
        zone = when.zone or home
        for from_day, to_day in days.left(event, zone, first // DAY, last // DAY):
            begins, ends = day_window(zone, from_day, to_day)
            if begins < ends:
                yield begins, ends


def _extent(span: Span, possible: bool) -> Iterator[tuple[int, int]]:
    """Yield the start and end of a span; nothing if it is not certain and has to be."""
    first, last = (span.start, span.end) if possible else (span.sure_start, span.sure_end)
    if first is not None and last is not None and first < last:
        yield first, last


def _runs(days: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last day of each run of days that follow each other."""
    for _, run in groupby(enumerate(days), key=lambda one: one[1] - one[0]):
        held = [day for _, day in run]
        yield held[0], held[-1]


def _zoned_span(
    time: EventTime, places: Sequence[Place], db: TzDb, spans: Sequence[Span] = ()
) -> ZonedSpan | None:
    """Return the span of a resolved time, or of `spans` where they are narrower; None: no time."""
    by_axis = {span.axis: span for span in spans or spans_of(time, db)}
    if not by_axis:
        return None
    zone = _zone(time, places, db)
    if label := by_axis.get(Axis.LABEL):
        return ZonedSpan(label, zone)
    span = by_axis[Axis.INSTANT]
    if not time.timed.HasField("end"):
        # How long it lasts is not known: it may be for the rest of the day.
        clock = zone or db.zone("UTC")
        span = span._replace(end=day_start(clock, day_of(clock, span.start) + 1))
    return ZonedSpan(span, zone)


def _zone(time: EventTime, places: Sequence[Place], db: TzDb) -> Zone | None:
    """Return the zone of the days as given, else of the main place, else of the start."""
    zone_id = time.dates.time_zone or time.partial.time_zone
    if not zone_id and places:
        found = place_zone(places, "", db, time)
        zone_id = found if isinstance(found, str) else ""
    zone_id = zone_id or time.timed.start.time_zone
    return db.zone(zone_id) if zone_id else None


def _takes_part(one: Participant | DelegationMember) -> bool:
    return one.mode not in UNENGAGED and one.status not in MISSING


def _visit(visit: Visit, events: Events, db: TzDb, wanted: Facets) -> Iterator[Engagement]:
    who = keys(visit.guest, *visit.principals) & wanted
    for part in parts_of(visit, events) if who else ():
        if when := _engaging(visit, part, db):
            yield Engagement(who, visit.name, visit, when, is_certain(visit))


def _engaging(event: Record, part: Part, db: TzDb) -> ZonedSpan | None:
    """Return the span of a part of an event, if it engages those who are there."""
    when = _zoned_span(part.time, part.places, db)
    if when is None or not isinstance(event, Visit):
        return when
    span = when.span
    return when if span.axis is Axis.INSTANT and span.end - span.start <= DAY else None


def _event(
    event: Summit | Meeting, events: Events, db: TzDb, wanted: Facets
) -> Iterator[Engagement]:
    """Yield the engagements of those who take part, and of those who hold a summit."""
    when = _zoned_span(event.time, places_of(event, events), db)
    if when is None:
        return
    if isinstance(event, Summit):
        who = keys(event.organization, event.chair, *event.hosts) & wanted
        if who:
            yield Engagement(who, event.name, event, when, is_certain(event))
    for one in event.participants:
        who = keys(one.party, one.person) & wanted if _takes_part(one) else frozenset()
        if who:
            sure = is_certain(event) and one.status != INVITED
            yield Engagement(who, event.name, event, when, sure)


def _delegation(
    delegation: Delegation, events: Events, db: TzDb, wanted: Facets
) -> Iterator[Engagement]:
    """Yield the engagements of the party, and of members from arrival to departure."""
    coming = [one for one in delegation.members if _takes_part(one)]
    members = [(one, who) for one in coming if (who := keys(one.person) & wanted)]
    party = keys(delegation.party) & wanted
    if not (members or party):
        return
    for event, part in _engagements(delegation, events):
        when = _engaging(event, part, db)
        if when is None:
            continue
        sure = is_certain(delegation) and is_certain(event)
        if party and (coming or not delegation.members):
            yield Engagement(party, delegation.name, event, when, sure)
        for member, who in members:
            if own := _while_there(member, when, part.time, db):
                certain = sure and member.status != INVITED
                yield Engagement(who, delegation.name, event, own, certain)


def _while_there(
    member: DelegationMember, when: ZonedSpan, time: EventTime, db: TzDb
) -> ZonedSpan | None:
    """Return a span from arrival to departure; None if these are not in it at its place."""
    ends = edges(member, db)
    at_place = [span for span in spans_of(time, db) if span.axis is Axis.PLACE]
    spans = [cut(span, *ends) for span in (when.span, *at_place)]
    return when._replace(span=spans[0]) if all(one.start < one.end for one in spans) else None


def _engagements(delegation: Delegation, events: Events) -> Iterator[tuple[Record, Part]]:
    """Yield what a delegation attends, and the time and places of its presence there."""
    for engagement in delegation.engagements:
        event = events.get(engagement.event)
        if event is None or not takes_place(event):
            continue
        parts = parts_of(event, events)
        if isinstance(event, Summit | Meeting):  # by video too
            parts = [Part("", event.time, places_of(event, events))]
        if engagement.HasField("presence"):
            places = tuple(place for part in parts for place in part.places)
            parts = [Part("", engagement.presence, places)]
        yield from ((event, part) for part in parts)


Finder = Callable[[Any, Events, TzDb, Facets], Iterator[Engagement]]
FINDERS: Mapping[type[Record], Finder] = {
    Visit: _visit,
    Summit: _event,
    Meeting: _event,
    Delegation: _delegation,
}

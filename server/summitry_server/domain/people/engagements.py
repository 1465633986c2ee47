"""Derive from records when people are busy, and in which zones they are, for meeting windows.

A summit or meeting engages those who take part, by video too. A visit is a stay of days, so a part
of it engages people only if it is given by hours and lasts a day at most. On a day on which people
have hours in the programme of an event, these count instead of the whole day. The rules in words:
docs/meeting-windows.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import groupby
from typing import Any, NamedTuple

from google.protobuf.message import Message

from summitry.kinds import Record
from summitry.statuses import is_certain, takes_place
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.participant_pb2 import Participant
from summitry.v1.party_pb2 import AttendanceMode
from summitry.v1.place_pb2 import Place
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit
from summitry.zones import TzDb, Zone, day_of, day_start, day_window
from summitry_server.domain.people import hours
from summitry_server.domain.people.meeting_windows import Busy
from summitry_server.domain.people.presence import (
    ABSENT_STATUSES,
    Events,
    Part,
    Stay,
    cut,
    edges,
    parts_of,
    places_of,
    surely_comes,
)
from summitry_server.domain.search.facets import FACET_MAKERS
from summitry_server.domain.time.spans import DAY, spans_of
from summitry_server.domain.time.times import place_zone
from summitry_server.store.contract import Axis, Span

# The facets of persons and parties: "person:xi-jinping", "region:KZ".
Facets = Set[str]
MINUTE = 60
# Days next to a window are looked at too: with a margin of a day and other zones they reach in.
MARGIN_DAYS = 2
# These modes of attendance take no time: a written statement, a proxy.
UNENGAGED_MODES = {AttendanceMode.ATTENDANCE_MODE_WRITTEN, AttendanceMode.ATTENDANCE_MODE_PROXY}


class ZonedSpan(NamedTuple):
    """A span of instants, or of days on the calendar of a zone (None: not known)."""

    span: Span
    zone: Zone | None


class EngagedTime(NamedTuple):
    """A time at which a record engages persons or parties, given by their facets."""

    facets: Facets
    name: str  # of the record that it comes from
    event: Record
    when: ZonedSpan
    sure: bool  # False: the record, the event or the attendance is not certain


def engagements(
    record: Record, events: Events, db: TzDb, requested: Facets
) -> Iterator[EngagedTime]:
    """Yield the engagements of a record that concern the requested facets.

    `events` has the events that the record refers to, by name; deleted ones are missing.
    """
    find = FINDERS.get(type(record))
    if find is not None and takes_place(record):
        yield from find(record, events, db, requested)


def busy(
    own: Iterable[EngagedTime], home: Zone, possible: bool, start: int, end: int
) -> Iterator[Busy]:
    """Yield the times at which somebody is busy, in whole minutes, near [start, end).

    `own` are the engagements of one attendee; `start` and `end` are epoch seconds. Days without a
    known zone are those of `home`. With `possible`, engagements and spans that are not certain
    count too.
    """
    blocking = [engagement for engagement in own if engagement.sure or possible]
    days = _Days(_programmes(blocking, possible), start, end)
    for engagement in blocking:
        for begins, ends in _instants(engagement.when, home, possible, days, engagement.event.name):
            yield Busy(begins // MINUTE, -(-ends // MINUTE), engagement.name)


def _programmes(
    blocking: Iterable[EngagedTime], possible: bool
) -> dict[str, list[tuple[int, int]]]:
    """Return the hours that somebody has in the programme of each event, by its name."""
    hours_by_event: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for engagement in blocking:
        span = engagement.when.span
        if isinstance(engagement.event, Meeting) and span.axis is Axis.INSTANT:
            hours_by_event[engagement.event.parent_event].extend(_extent(span, possible))
    return hours_by_event


class _Days:
    """The days near [start, end), without those on which an event has hours in its programme.

    Many delegations attend one event, so the remaining days are computed once for each zone.
    """

    def __init__(
        self, programmes: Mapping[str, Sequence[tuple[int, int]]], start: int, end: int
    ) -> None:
        self._programmes = programmes
        self._start = start
        self._end = end
        self._programme_days_by_zone: dict[tuple[str, str], set[int]] = {}
        self._remaining: dict[tuple[str, str, int, int], list[tuple[int, int]]] = {}

    def remaining(self, event: str, zone: Zone, first: int, stop: int) -> list[tuple[int, int]]:
        """Return the days in [first, stop) without programme hours, as runs (first, last)."""
        near = range(
            day_of(zone, self._start) - MARGIN_DAYS, day_of(zone, self._end) + MARGIN_DAYS + 1
        )
        first, stop = max(first, near.start), min(stop, near.stop)
        if event not in self._programmes:
            return [(first, stop - 1)] if first < stop else []
        key = event, zone.key, first, stop
        if key not in self._remaining:
            busy_days = self._programme_days(event, zone, near)
            self._remaining[key] = list(
                _runs(day for day in range(first, stop) if day not in busy_days)
            )
        return self._remaining[key]

    def _programme_days(self, event: str, zone: Zone, near: range) -> set[int]:
        """Return the days near the window on which an event has hours."""
        if (event, zone.key) not in self._programme_days_by_zone:
            self._programme_days_by_zone[event, zone.key] = {
                day
                for begins, ends in self._programmes[event]
                for day in range(
                    max(day_of(zone, begins), near.start),
                    min(day_of(zone, ends - 1) + 1, near.stop),
                )
            }
        return self._programme_days_by_zone[event, zone.key]


def zone_stays(own: Iterable[Stay], db: TzDb, start: int, end: int) -> list[hours.ZoneStay]:
    """Return the certain stays of somebody as spans of whole minutes in zones.

    Stays without a known zone are left out.
    """
    days = _Days({}, start, end)
    return [
        hours.ZoneStay(begins // MINUTE * MINUTE, -(-ends // MINUTE) * MINUTE, when.zone)
        for stay in own
        if stay.sure
        for when in (_zoned_span(stay.time, stay.places, db, stay.spans),)
        if when is not None and when.zone is not None
        for begins, ends in _instants(when, when.zone, False, days)
    ]


def keys(*messages: Message) -> frozenset[str]:
    """Return the facets that find these persons and parties (see domain/search/facets.py)."""
    return frozenset(
        key for message in messages for key in FACET_MAKERS[message.DESCRIPTOR.full_name](message)
    )


def _instants(
    when: ZonedSpan, home: Zone, possible: bool, days: _Days, event: str = ""
) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) instants of a span that may touch the window.

    Nothing is yielded for an uncertain span unless `possible`. Of days, only those without hours
    in the programme of `event` count.
    """
    for first, last in _extent(when.span, possible):
        if when.span.axis is Axis.INSTANT:
            yield first, last
            continue
        zone = when.zone or home
        for from_day, to_day in days.remaining(event, zone, first // DAY, last // DAY):
            begins, ends = day_window(zone, from_day, to_day)
            if begins < ends:
                yield begins, ends


def _extent(span: Span, possible: bool) -> Iterator[tuple[int, int]]:
    """Yield the possible or certain (start, end) of a span; nothing if it has none."""
    first, last = (span.start, span.end) if possible else (span.sure_start, span.sure_end)
    if first is not None and last is not None and first < last:
        yield first, last


def _runs(days: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each run of consecutive days."""
    # Within a run, the day minus its index stays the same.
    for _, run in groupby(enumerate(days), key=lambda entry: entry[1] - entry[0]):
        run_days = [day for _, day in run]
        yield run_days[0], run_days[-1]


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
        # Without an end the event may last for the rest of the day.
        clock = zone or db.zone("UTC")
        span = span._replace(end=day_start(clock, day_of(clock, span.start) + 1))
    return ZonedSpan(span, zone)


def _zone(time: EventTime, places: Sequence[Place], db: TzDb) -> Zone | None:
    """Return the zone that a time gives for its days, else that of the main place or the start."""
    zone_id = time.dates.time_zone or time.partial.time_zone
    if not zone_id and places:
        main_zone = place_zone(places, "", db, time)
        zone_id = main_zone if isinstance(main_zone, str) else ""
    zone_id = zone_id or time.timed.start.time_zone
    return db.zone(zone_id) if zone_id else None


def _takes_part(attendance: Participant) -> bool:
    return attendance.mode not in UNENGAGED_MODES and attendance.status not in ABSENT_STATUSES


def _visit(visit: Visit, events: Events, db: TzDb, requested: Facets) -> Iterator[EngagedTime]:
    facets = keys(visit.guest, *visit.principals) & requested
    for part in parts_of(visit, events) if facets else ():
        if when := _engaging_span(visit, part, db):
            yield EngagedTime(facets, visit.name, visit, when, is_certain(visit))


def _engaging_span(event: Record, part: Part, db: TzDb) -> ZonedSpan | None:
    """Return the span of a part of an event; None if it does not engage those who attend."""
    when = _zoned_span(part.time, part.places, db)
    if when is None or not isinstance(event, Visit):
        return when
    span = when.span
    return when if span.axis is Axis.INSTANT and span.end - span.start <= DAY else None


def _event(
    event: Summit | Meeting, events: Events, db: TzDb, requested: Facets
) -> Iterator[EngagedTime]:
    """Yield the engagements of the participants, and of the hosts of a summit."""
    when = _zoned_span(event.time, places_of(event, events), db)
    if when is None:
        return
    if isinstance(event, Summit):
        facets = keys(event.organization, event.chair, *event.hosts) & requested
        if facets:
            yield EngagedTime(facets, event.name, event, when, is_certain(event))
    for participant in event.participants:
        facets = (
            keys(participant.party, participant.person) & requested
            if _takes_part(participant)
            else frozenset()
        )
        if facets:
            sure = is_certain(event) and surely_comes(participant)
            yield EngagedTime(facets, event.name, event, when, sure)


def _delegation(
    delegation: Delegation, events: Events, db: TzDb, requested: Facets
) -> Iterator[EngagedTime]:
    """Yield the engagements of the party, and of members from arrival to departure."""
    coming = [member for member in delegation.members if _takes_part(member)]
    members = [(member, facets) for member in coming if (facets := keys(member.person) & requested)]
    party = keys(delegation.party) & requested
    if not (members or party):
        return
    for event, part in _engagements(delegation, events):
        when = _engaging_span(event, part, db)
        if when is None:
            continue
        sure = is_certain(delegation) and is_certain(event)
        if party and (coming or not delegation.members):
            yield EngagedTime(party, delegation.name, event, when, sure)
        for member, facets in members:
            if member_span := _clip_to_journey(member, when, part.time, db):
                certain = sure and surely_comes(member)
                yield EngagedTime(facets, delegation.name, event, member_span, certain)


def _clip_to_journey(
    member: Participant, when: ZonedSpan, time: EventTime, db: TzDb
) -> ZonedSpan | None:
    """Return a span from arrival to departure; None if the member is not there in it."""
    journey = edges(member, db)
    at_place = [span for span in spans_of(time, db) if span.axis is Axis.PLACE]
    spans = [cut(span, *journey) for span in (when.span, *at_place)]
    return when._replace(span=spans[0]) if all(span.start < span.end for span in spans) else None


def _engagements(delegation: Delegation, events: Events) -> Iterator[tuple[Record, Part]]:
    """Yield each event that a delegation attends, with the times and places of its presence."""
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


Finder = Callable[[Any, Events, TzDb, Facets], Iterator[EngagedTime]]
FINDERS: Mapping[type[Record], Finder] = {
    Visit: _visit,
    Summit: _event,
    Meeting: _event,
    Delegation: _delegation,
}

"""Parts that do not fit their wholes: presence and events, segments and visits, meetings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from summitry.kinds import Record
from summitry.statuses import takes_place
from summitry.time import resolve
from summitry.v1.agenda_service_pb2 import Conflict, ConflictKind
from summitry.v1.delegation_pb2 import Delegation, DelegationMember
from summitry.v1.event_time_pb2 import EventTime, TimePoint
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.visit_pb2 import Visit
from summitry.zones import TzDb
from summitry_server.domain.conflicts.overlaps import (
    Extent,
    compared,
    covered,
    extent,
    sticks_out,
    surely_apart,
)
from summitry_server.domain.people.identity import person_name
from summitry_server.domain.people.presence import Events

APART, OUTSIDE = "shares no time with", "does not cover"


def presence_outside(record: Record, events: Events, db: TzDb) -> Iterator[Conflict]:
    """Yield the delegations and members who are not there when their event is.

    Hard where they share no time with it; where they miss some of it that is only worth a look.
    The presences of one delegation at one event count together. A member of a delegation to
    several events may have come for one of them.
    """
    if not isinstance(record, Delegation) or not takes_place(record):
        return
    names = dict.fromkeys(engagement.event for engagement in record.engagements)
    for name in names:
        event = events.get(name)
        lies = extent(event.time, db) if event is not None and takes_place(event) else None
        if lies is None:
            continue
        times = [one.presence for one in record.engagements if one.event == name]
        known = [found for time in times if (found := extent(time, db)) is not None]
        if len(known) == len(times) and (how := _misses(known, lies)):
            yield _absent(record, name, _party(record), how)
        if len(names) == 1:
            for member in record.members:
                if _not_there(member, lies, db):
                    yield _absent(record, name, person_name(member.person), APART)


def _misses(known: Sequence[Extent], event: Extent) -> str:
    """Return what presences miss of an event: OUTSIDE for a part, APART for all, "" for nothing."""
    by_hours = event.hours is not None and all(one.hours is not None for one in known)
    whole = event.hours if by_hours and event.hours else event.days
    spans = [one.hours if by_hours and one.hours else one.days for one in known]
    if all(surely_apart(span, whole) for span in spans):
        return APART
    return "" if covered(whole, spans) else OUTSIDE


def _not_there(member: DelegationMember, event: Extent, db: TzDb) -> bool:
    """Return True if a member arrives after the end or leaves before the start."""
    if member.HasField("arrival"):
        arrival, whole = compared(_moment(member.arrival, db), event)
        if arrival.start >= whole.end:
            return True
    if member.HasField("departure"):
        departure, whole = compared(_moment(member.departure, db), event)
        return departure.end <= whole.start
    return False


def _moment(point: TimePoint, db: TzDb) -> Extent:
    time = EventTime()
    time.timed.start.CopyFrom(point)
    resolve(time, db)
    lies = extent(time, db)
    assert lies is not None  # a resolved time lies somewhere
    return lies


def _absent(record: Delegation, event: str, subject: str, how: str) -> Conflict:
    return Conflict(
        kind=ConflictKind.CONFLICT_KIND_PRESENCE_OUTSIDE_EVENT,
        name=record.name,
        other_name=event,
        subject=subject,
        message=f"the presence of {subject} {how} the event",
        hard=how == APART,
    )


def _party(record: Delegation) -> str:
    party = record.party
    names = (name.text for name in party.names)
    return party.id or party.region_code or next(names, party.text) or "the delegation"


def part_outside(record: Record, events: Events, db: TzDb) -> Iterator[Conflict]:
    """Yield segments, engagements and meetings that are not within what they belong to.

    Hard where they share no time with it.
    """
    if not takes_place(record):
        return
    for part, time, whole in _parts(record, events):
        lies, around = extent(time, db), extent(whole.time, db)
        if lies is None or around is None:
            continue
        pair = compared(lies, around)
        if surely_apart(*pair) or sticks_out(*pair):
            hard = surely_apart(*pair)
            what = part or "the meeting"
            yield Conflict(
                kind=ConflictKind.CONFLICT_KIND_PART_OUTSIDE_WHOLE,
                name=record.name,
                other_name="" if whole is record else whole.name,
                subject=part,
                message=f"{what} {'lies' if hard else 'reaches'} outside of the time of the whole",
                hard=hard,
            )


def _parts(record: Record, events: Events) -> Iterator[tuple[str, EventTime, Record]]:
    """Yield the path and the time of each part, and the record that it is a part of."""
    if isinstance(record, Visit):
        for index, segment in enumerate(record.segments):
            yield f"segments[{index}]", segment.time, record
    elif isinstance(record, Delegation):
        for index, engagement in enumerate(record.engagements):
            yield f"engagements[{index}]", engagement.presence, record
    elif isinstance(record, Meeting):
        whole = events.get(record.parent_event)
        if whole is not None and takes_place(whole):
            yield "", record.time, whole

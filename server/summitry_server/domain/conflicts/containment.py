"""Find parts outside of what contains them: presences at events, segments of visits, meetings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy

from summitry.kinds import Record
from summitry.statuses import takes_place
from summitry.time import resolve
from summitry.v1.agenda_service_pb2 import Conflict, ConflictKind
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.participant_pb2 import Participant
from summitry.v1.visit_pb2 import Visit
from summitry.zones import TzDb
from summitry_server.domain.conflicts.overlaps import (
    Extent,
    are_surely_apart,
    extent,
    is_covered,
    on_common_axis,
    reaches_outside,
)
from summitry_server.domain.people.identity import person_name
from summitry_server.domain.people.presence import Events

APART, OUTSIDE = "shares no time with", "does not cover"


def presence_outside(record: Record, events: Events, db: TzDb) -> Iterator[Conflict]:
    """Yield the delegations and members who are absent while their event takes place.

    The conflict is hard if they share no time with the event, and a hint if they miss a part of it.
    The presences of one delegation at one event count together. Members are only checked if the
    delegation attends a single event: otherwise they may have come for another one.
    """
    if not isinstance(record, Delegation) or not takes_place(record):
        return
    # Each event once, though a delegation may attend several parts of it.
    names = dict.fromkeys(engagement.event for engagement in record.engagements)
    for name in names:
        event = events.get(name)
        event_extent = extent(event.time, db) if event is not None and takes_place(event) else None
        if event_extent is None:
            continue
        times = [
            engagement.presence for engagement in record.engagements if engagement.event == name
        ]
        presences = [presence for time in times if (presence := extent(time, db)) is not None]
        # An engagement without a time may cover all that the others do not.
        if len(presences) == len(times) and (
            problem := _compare_presences(presences, event_extent)
        ):
            yield _absence(record, name, _party(record), problem)
        if len(names) == 1:
            for member in record.members:
                if _is_absent(member, event_extent, db):
                    yield _absence(record, name, person_name(member.person), APART)


def _compare_presences(presences: Sequence[Extent], event: Extent) -> str:
    """Return APART if presences miss an event, OUTSIDE if they miss a part of it, else ""."""
    by_hours = event.hours is not None and all(presence.hours is not None for presence in presences)
    whole = event.hours if by_hours and event.hours else event.days
    spans = [
        presence.hours if by_hours and presence.hours else presence.days for presence in presences
    ]
    if all(are_surely_apart(span, whole) for span in spans):
        return APART
    return "" if is_covered(whole, spans) else OUTSIDE


def _is_absent(member: Participant, event: Extent, db: TzDb) -> bool:
    """Return True if a member arrives after the end of an event or leaves before its start."""
    if member.HasField("arrival"):
        arrival, whole = on_common_axis(_extent_of_edge(member.arrival, db), event)
        if arrival.start >= whole.end:
            return True
    if member.HasField("departure"):
        departure, whole = on_common_axis(_extent_of_edge(member.departure, db), event)
        return departure.end <= whole.start
    return False


def _extent_of_edge(edge: EventTime, db: TzDb) -> Extent:
    """Return the extent of an arrival or departure, resolved or not."""
    time = deepcopy(edge)
    resolve(time, db)
    edge_extent = extent(time, db)
    assert edge_extent is not None  # a resolved time lies somewhere
    return edge_extent


def _absence(record: Delegation, event: str, subject: str, problem: str) -> Conflict:
    return Conflict(
        kind=ConflictKind.CONFLICT_KIND_PRESENCE_OUTSIDE_EVENT,
        name=record.name,
        other_name=event,
        subject=subject,
        message=f"the presence of {subject} {problem} the event",
        hard=problem == APART,
    )


def _party(record: Delegation) -> str:
    party = record.party
    names = (name.text for name in party.names)
    return party.id or party.region_code or next(names, party.source_text) or "the delegation"


def part_outside(record: Record, events: Events, db: TzDb) -> Iterator[Conflict]:
    """Yield segments, engagements and meetings that are not within the record they belong to.

    The conflict is hard if they share no time with it.
    """
    if not takes_place(record):
        return
    for part, time, whole in _parts(record, events):
        part_extent, whole_extent = extent(time, db), extent(whole.time, db)
        if part_extent is None or whole_extent is None:
            continue
        pair = on_common_axis(part_extent, whole_extent)
        if are_surely_apart(*pair) or reaches_outside(*pair):
            hard = are_surely_apart(*pair)
            subject, verb = part or "the meeting", "lies" if hard else "reaches"
            yield Conflict(
                kind=ConflictKind.CONFLICT_KIND_PART_OUTSIDE_WHOLE,
                name=record.name,
                other_name="" if whole is record else whole.name,
                subject=part,
                message=f"{subject} {verb} outside of the time of the whole",
                hard=hard,
            )


def _parts(record: Record, events: Events) -> Iterator[tuple[str, EventTime, Record]]:
    """Yield (path, time, containing record) of each part."""
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

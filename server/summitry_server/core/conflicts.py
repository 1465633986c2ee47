"""What cannot all be true, or should be looked at together: warnings, never refusals.

A rule looks at the records of a question and yields what it found. Rules that compare records do
not try all pairs: they sweep over the days of one person or one town. Rules: docs/presence.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, TypeVar

from summitry.kinds import Record
from summitry.statuses import takes_place
from summitry.v1.agenda_service_pb2 import Conflict, ConflictKind
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.party_pb2 import Person
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit, VisitKind
from summitry.zones import TzDb
from summitry_server.core import wholes
from summitry_server.core.doubts import DOUBTS
from summitry_server.core.overlaps import Extent, at_once, extent, surely_meet, sweep
from summitry_server.core.presence import Events, Part, Stay, parts_of, stays
from summitry_server.core.sameness import (
    apart,
    person_keys,
    person_name,
    proven_person,
    regions,
    same_person,
    same_town,
    town_keys,
    town_name,
)
from summitry_server.core.spans import DAY
from summitry_server.store.contract import LATEST

T = TypeVar("T")


class Case(NamedTuple):
    """The records of a question, and those that they refer to."""

    records: Sequence[Record]
    events: Events  # by name; the records themselves too
    db: TzDb


class Place(NamedTuple):
    """Where a conflict stands in the order of the answer."""

    time: int
    name: str
    other_name: str
    kind: int
    subject: str
    message: str


Rule = Callable[[Case], Iterator[Conflict]]


def conflicts(case: Case, kinds: Iterable[int] = ()) -> dict[Place, Conflict]:
    """The conflicts of these kinds, all if none is named, in the order of the answer."""
    wanted = set(kinds) or set(RULES)
    found = chain.from_iterable(RULES[kind](case) for kind in wanted if kind in RULES)
    placed = {_place(conflict, case): conflict for conflict in _gravest(found)}
    return dict(sorted(placed.items(), key=lambda item: item[0]))


def _gravest(found: Iterable[Conflict]) -> Iterable[Conflict]:
    """One conflict of a kind for two records and a subject, though parts meet in several ways."""
    kept: dict[tuple[int, str, str, str], Conflict] = {}
    for one in sorted(found, key=lambda one: (not one.hard, one.message)):
        kept.setdefault((one.kind, one.name, one.other_name, one.subject), one)
    return kept.values()


def _place(conflict: Conflict, case: Case) -> Place:
    time = _begins(case.events[conflict.name], case)
    names = conflict.name, conflict.other_name
    return Place(time, *names, conflict.kind, conflict.subject, conflict.message)


def _begins(record: Record, case: Case) -> int:
    """Where a record begins; a delegation without a time does with its first event."""
    lies = extent(record.time, case.db)
    if lies is not None:
        return lies.hours.start if lies.hours else lies.days.start
    engaged = getattr(record, "engagements", ())
    events = (case.events.get(one.event) for one in engaged)
    return min((_begins(event, case) for event in events if event is not None), default=LATEST)


def _between(
    case: Case, kind: ConflictKind, one: str, two: str, subject: str, message: str, hard: bool
) -> Conflict:
    """A conflict of two records, the earlier one first, or of one with itself."""
    names = sorted({one, two}, key=lambda name: (_begins(case.events[name], case), name))
    return Conflict(
        kind=kind,
        name=names[0],
        other_name=names[1] if len(names) > 1 else "",
        subject=subject,
        message=message,
        hard=hard,
    )


def _paired(
    items: Iterable[tuple[Extent, T]], keys: Callable[[T], Iterable[str]]
) -> Iterator[tuple[T, T]]:
    """Pairs that share a key and can meet, each once."""
    groups: dict[str, list[tuple[Extent, int]]] = defaultdict(list)
    held = list(items)
    for index, (lies, item) in enumerate(held):
        for key in keys(item):
            groups[key].append((lies, index))
    pairs = {tuple(sorted(pair)) for group in groups.values() for pair in sweep(group)}
    for a, b in sorted(pairs):
        yield held[a][1], held[b][1]


class _Lying(NamedTuple):
    """A stay, and where it lies."""

    stay: Stay
    lies: Extent


def _lying(case: Case) -> list[_Lying]:
    found = (stay for record in case.records for stay in stays(record, case.events, case.db))
    with_extent = ((stay, extent(stay.time, case.db, stay.spans)) for stay in found if stay.sure)
    return [_Lying(stay, lies) for stay, lies in with_extent if lies is not None]


def two_places(case: Case) -> Iterator[Conflict]:
    """People who would be in two places at once.

    It is hard for the same person by id at hours of events no longer than a day: a longer stay
    leaves room for an outing.
    """
    items = [(one.lies, one) for one in _lying(case)]
    for a, b in _paired(items, lambda one: person_keys(one.stay.person)):
        if not (same_person(a.stay.person, b.stay.person) and at_once(a.lies, b.lies)):
            continue
        if apart(a.stay.places, b.stay.places):
            hard = proven_person(a.stay.person, b.stay.person) and _short(a) and _short(b)
            person = _called(a.stay.person, b.stay.person)
            where = " and ".join(_where(one.stay) for one in sorted((a, b), key=_first))
            message = f"{person} is in {where} at once"
            kind = ConflictKind.CONFLICT_KIND_PERSON_IN_TWO_PLACES
            yield _between(case, kind, a.stay.name, b.stay.name, person, message, hard)


def _first(one: _Lying) -> tuple[int, str, str]:
    return one.lies.days.start, one.stay.name, one.stay.part


def _short(one: _Lying) -> bool:
    return one.lies.hours is not None and one.lies.hours.end - one.lies.hours.start <= DAY


def _where(stay: Stay) -> str:
    return "/".join(town_name(place) or place.region_code for place in stay.places)


class _Stayed(NamedTuple):
    """A part of a visit, and where it lies."""

    visit: Visit
    part: Part
    lies: Extent


def _visited(case: Case) -> list[tuple[Extent, _Stayed]]:
    return [
        (lies, _Stayed(record, part, lies))
        for record in case.records
        if isinstance(record, Visit) and takes_place(record)
        for part in parts_of(record, case.events)
        if (lies := extent(part.time, case.db)) is not None
    ]


def overlapping_visits(case: Case) -> Iterator[Conflict]:
    """Two visits of one person that share days in one country: lawful, worth a look."""
    for a, b in _paired(_visited(case), lambda one: _principals(one.visit)):
        if a.visit.name == b.visit.name or not surely_meet(a.lies.days, b.lies.days):
            continue
        person, shared = _common_principal(a.visit, b.visit), _countries(a) & _countries(b)
        if person and shared:
            kinds = " and ".join(_kinds(one.visit) for one in sorted((a, b), key=_visit_name))
            message = f"{person} has two visits to {min(shared)} on the same days: {kinds}"
            kind = ConflictKind.CONFLICT_KIND_OVERLAPPING_VISITS
            yield _between(case, kind, a.visit.name, b.visit.name, person, message, False)


def _visit_name(one: _Stayed) -> str:
    return one.visit.name


def _common_principal(a: Visit, b: Visit) -> str:
    both = (
        _called(one, other)
        for one in a.principals
        for other in b.principals
        if same_person(one, other)
    )
    return min(both, default="")


def _called(one: Person, other: Person) -> str:
    """The id of a person that two records speak of, if one of them gives it; else the name."""
    return one.id or other.id or min(person_name(one), person_name(other))


def _principals(visit: Visit) -> set[str]:
    return {key for person in visit.principals for key in person_keys(person)}


def _countries(one: _Stayed) -> set[str]:
    host = {one.visit.host.region_code} - {""}
    return regions(one.part.places) or host


def _kinds(visit: Visit) -> str:
    """The kinds of a visit in words: "state, private"."""
    kinds = dict.fromkeys(segment.kind for segment in visit.segments)
    words = (VisitKind.Name(kind).removeprefix("VISIT_KIND_").lower() for kind in kinds if kind)
    return ", ".join(word.replace("_", " ") for word in words) or "kind not said"


class _Held(NamedTuple):
    """An event, or a part of it, and where it lies."""

    event: Record
    part: Part
    lies: Extent


def sidelines(case: Case) -> Iterator[Conflict]:
    """Events in the town of a summit on its days, but for its own meetings."""
    held = [
        (lies, _Held(record, part, lies))
        for record in case.records
        if takes_place(record)
        for part in parts_of(record, case.events)
        if (lies := extent(part.time, case.db)) is not None
    ]
    for a, b in _paired(held, lambda one: set().union(*map(town_keys, one.part.places))):
        if _belong(a.event, b.event) or not surely_meet(a.lies.days, b.lies.days):
            continue
        towns = sorted(
            town_name(place)
            for place in a.part.places
            if any(same_town(place, other) for other in b.part.places)
        )
        if towns:
            message = f"both are in {towns[0]} on the same days: they may share people"
            kind = ConflictKind.CONFLICT_KIND_SIDELINES
            yield _between(case, kind, a.event.name, b.event.name, towns[0], message, False)


def _belong(a: Record, b: Record) -> bool:
    """Whether nothing is to be told of two events: no summit, or one is a part of the other."""
    if a.name == b.name or not (isinstance(a, Summit) or isinstance(b, Summit)):
        return True
    parents = {one.parent_event for one in (a, b) if isinstance(one, Meeting)}
    return bool(parents & {a.name, b.name})


def _each(rule: Callable[[Record, Events, TzDb], Iterator[Conflict]]) -> Rule:
    """A rule that looks at one record at a time."""
    return lambda case: chain.from_iterable(
        rule(record, case.events, case.db) for record in case.records
    )


RULES: Mapping[int, Rule] = {
    ConflictKind.CONFLICT_KIND_PERSON_IN_TWO_PLACES: two_places,
    ConflictKind.CONFLICT_KIND_OVERLAPPING_VISITS: overlapping_visits,
    ConflictKind.CONFLICT_KIND_PRESENCE_OUTSIDE_EVENT: _each(wholes.presence_outside),
    ConflictKind.CONFLICT_KIND_PART_OUTSIDE_WHOLE: _each(wholes.part_outside),
    ConflictKind.CONFLICT_KIND_SIDELINES: sidelines,
    **{kind: _each(doubt) for kind, doubt in DOUBTS.items()},
}

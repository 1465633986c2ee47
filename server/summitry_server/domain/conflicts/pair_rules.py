"""The conflict rules that compare two records.

A rule extracts the parts of each record that it compares, indexes them by key and time, and
compares two parts that share a key and a time. The rules in words: docs/presence.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from summitry.kinds import Record
from summitry.statuses import takes_place
from summitry.v1.agenda_service_pb2 import ConflictKind
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit, VisitKind
from summitry.zones import TzDb
from summitry_server.domain.conflicts.overlaps import Extent, days_between_travel, extent
from summitry_server.domain.conflicts.pairing import KeyedSpan
from summitry_server.domain.people.identity import (
    PersonIdentity,
    Town,
    are_apart,
    common_label,
    identity_of,
    proven_person,
    regions,
    same_person,
    same_town,
    town_of,
)
from summitry_server.domain.people.presence import Events, Stay, parts_of, stays
from summitry_server.domain.time.spans import DAY
from summitry_server.store.contract import Span

T = TypeVar("T")

MOST_TOWNS = 3  # in the text of a conflict
TOWN_LENGTH = 100  # characters of each


class PairFinding(NamedTuple):
    """A conflict between two parts, without the names of their records."""

    subject: str
    message: str
    hard: bool = False


class PairRule(ABC, Generic[T]):
    """A rule that compares parts of two records."""

    @abstractmethod
    def parts(self, record: Record, events: Events, db: TzDb) -> Iterator[T]:
        """Yield the parts of a record that can be in conflict."""

    @abstractmethod
    def entries(self, part: T) -> Iterator[KeyedSpan]:
        """Yield the keys and spans under which the index stores a part."""

    @abstractmethod
    def probes(self, part: T) -> Iterator[KeyedSpan]:
        """Yield the keys and spans under which the index looks for partners of a part."""

    @abstractmethod
    def compare(self, a: T, b: T) -> PairFinding | None:
        """Return the conflict between two parts; None if they are compatible."""


class TownStay(NamedTuple):
    """A certain stay of a person in towns."""

    person: PersonIdentity
    towns: tuple[Town, ...]
    extent: Extent
    order: tuple[int, str, str]  # of the towns in messages: first day, record, part

    @property
    def is_short(self) -> bool:
        """Return whether the stay has hours and lasts a day at most: too short for a trip."""
        hours = self.extent.hours
        return hours is not None and hours.end - hours.start <= DAY


class TwoPlaces(PairRule[TownStay]):
    """Somebody is in two places at once.

    Two stays by hours must share an instant. Two stays by days must share a day on which nobody
    travels: on the first and the last day of a stay people are in more than one place. The
    conflict is hard if the person is the same by id and both stays are by hours, of a day at most.
    """

    def parts(self, record: Record, events: Events, db: TzDb) -> Iterator[TownStay]:
        """Yield the certain stays at known places that a record states."""
        for stay in stays(record, events, db):
            when = extent(stay.time, db, stay.spans) if stay.sure and stay.places else None
            if when is not None:
                yield _presence(stay, when)

    def entries(self, part: TownStay) -> Iterator[KeyedSpan]:
        """Yield the days, the days without travel, and the hours of a stay."""
        (days, hours), role = part.extent, _role(part)
        for key in _person_entries(part.person):
            yield from _entry((key, role, "days"), days)
            yield from _entry((key, role, "inner"), days_between_travel(days))
            yield from _entry((key, "hours"), hours)

    def probes(self, part: TownStay) -> Iterator[KeyedSpan]:
        """Yield days to meet stays by days (all stays, if it has no hours), and hours."""
        days, hours = part.extent
        for key in _person_probes(part.person):
            for role in ("whole",) if hours else ("whole", "timed"):
                yield from _entry((key, role, "days"), days_between_travel(days))
                yield from _entry((key, role, "inner"), days)
            yield from _entry((key, "hours"), hours)

    def compare(self, a: TownStay, b: TownStay) -> PairFinding | None:
        """Return a finding for one person in two towns."""
        if not same_person(a.person, b.person) or not _are_apart(a.towns, b.towns):
            return None
        person = common_label(a.person, b.person)
        where = " and ".join(
            _town_labels(presence.towns) for presence in sorted((a, b), key=_order)
        )
        hard = proven_person(a.person, b.person) and a.is_short and b.is_short
        return PairFinding(person, f"{person} is in {where} at once", hard)


# Cached, since people stay in the same few towns again and again.
_are_apart = lru_cache(maxsize=16_384)(are_apart)


def _presence(stay: Stay, when: Extent) -> TownStay:
    towns = tuple(town_of(place) for place in stay.places)
    return TownStay(identity_of(stay.person), towns, when, (when.days.start, stay.name, stay.part))


def _role(part: TownStay) -> str:
    return "timed" if part.extent.hours else "whole"


def _order(part: TownStay) -> tuple[int, str, str]:
    return part.order


def _town_labels(towns: tuple[Town, ...]) -> str:
    """Return the first towns of a stay; a record may have 64 places with names of 1 KiB."""
    labels = [(town.label or town.region_code)[:TOWN_LENGTH] for town in towns[:MOST_TOWNS]]
    more = f" and {len(towns) - MOST_TOWNS} more" if len(towns) > MOST_TOWNS else ""
    return "/".join(labels) + more


def _entry(key: object, span: Span | None) -> Iterator[KeyedSpan]:
    """Yield the certain part of a span under a key, if there is one."""
    if span is not None and span.sure_start is not None and span.sure_end is not None:
        yield KeyedSpan(key, span.sure_start, span.sure_end)


def _person_entries(person: PersonIdentity) -> Iterator[object]:
    """Yield the keys of a person.

    The name key says whether there is an id, so that two persons with ids never meet by name.
    """
    if person.id:
        yield "id", person.id
    for name in person.names:
        yield "name", name, bool(person.id)


def _person_probes(person: PersonIdentity) -> Iterator[object]:
    if person.id:
        yield "id", person.id
    for name in person.names:
        yield "name", name, False
        if not person.id:
            yield "name", name, True


class VisitPart(NamedTuple):
    """A part of a visit, in countries on days."""

    visit: Visit
    principals: tuple[PersonIdentity, ...]
    countries: frozenset[str]
    days: Span


class OverlappingVisits(PairRule[VisitPart]):
    """Two visits of one person share days in one country: possible, but worth a look."""

    def parts(self, record: Record, events: Events, db: TzDb) -> Iterator[VisitPart]:
        """Yield the parts of a visit that takes place."""
        if not isinstance(record, Visit) or not takes_place(record):
            return
        principals = tuple(identity_of(person) for person in record.principals)
        host = {record.host.region_code} - {""}
        for part in parts_of(record, events):
            if (when := extent(part.time, db)) is not None:
                countries = frozenset(regions(part.places) or host)
                yield VisitPart(record, principals, countries, when.days)

    def entries(self, part: VisitPart) -> Iterator[KeyedSpan]:
        """Yield the days of a visit under the key of its principal."""
        for key in {key for person in part.principals for key in _person_entries(person)}:
            yield from _entry(key, part.days)

    def probes(self, part: VisitPart) -> Iterator[KeyedSpan]:
        """Yield the days of a visit under the key of its principal."""
        for key in {key for person in part.principals for key in _person_probes(person)}:
            yield from _entry(key, part.days)

    def compare(self, a: VisitPart, b: VisitPart) -> PairFinding | None:
        """Return a finding for a common principal in a common country."""
        shared = a.countries & b.countries
        if not shared or a.visit.name == b.visit.name:
            return None
        person = min(_common_principals(a, b), default="")
        if not person:
            return None
        kinds = " and ".join(
            _kinds(part.visit) for part in sorted((a, b), key=lambda part: part.visit.name)
        )
        message = f"{person} has two visits to {min(shared)} on the same days: {kinds}"
        return PairFinding(person, message)


def _common_principals(a: VisitPart, b: VisitPart) -> Iterator[str]:
    for person_a in a.principals:
        for person_b in b.principals:
            if same_person(person_a, person_b):
                yield common_label(person_a, person_b)


def _kinds(visit: Visit) -> str:
    """Return the kinds of a visit in words: "state, private"."""
    kinds = dict.fromkeys(segment.kind for segment in visit.segments)
    words = (VisitKind.Name(kind).removeprefix("VISIT_KIND_").lower() for kind in kinds if kind)
    return ", ".join(word.replace("_", " ") for word in words) or "kind not said"


class EventPart(NamedTuple):
    """An event, or a part of it, in towns."""

    event: Record
    towns: tuple[Town, ...]
    days: Span


class Sidelines(PairRule[EventPart]):
    """Events in the town of a summit on its days, except its own meetings."""

    def parts(self, record: Record, events: Events, db: TzDb) -> Iterator[EventPart]:
        """Yield the parts of an event that takes place."""
        if not takes_place(record):
            return
        for part in parts_of(record, events):
            when = extent(part.time, db) if part.places else None
            if when is not None:
                yield EventPart(record, tuple(town_of(place) for place in part.places), when.days)

    def entries(self, part: EventPart) -> Iterator[KeyedSpan]:
        """Yield the days of an event by town, those of summits under separate keys."""
        for key in _town_keys(part):
            yield from _entry((key, isinstance(part.event, Summit)), part.days)

    def probes(self, part: EventPart) -> Iterator[KeyedSpan]:
        """Yield the days of an event by town: summits look for all events, others for summits."""
        for key in _town_keys(part):
            for of_summits in (True, False) if isinstance(part.event, Summit) else (True,):
                yield from _entry((key, of_summits), part.days)

    def compare(self, a: EventPart, b: EventPart) -> PairFinding | None:
        """Return a finding for a common town, unless one event is a part of the other."""
        events = (a.event, b.event)
        # A meeting of a summit is in its town by its nature.
        parents = {event.parent_event for event in events if isinstance(event, Meeting)}
        names = {a.event.name, b.event.name}
        if len(names) == 1 or parents & names:
            return None
        towns = [
            town.label
            for town in a.towns
            if any(same_town(town, candidate) for candidate in b.towns)
        ]
        if not towns:
            return None
        message = f"both are in {min(towns)} on the same days: they may share people"
        return PairFinding(min(towns), message)


def _town_keys(part: EventPart) -> set[tuple[str, str]]:
    names = {("name", name) for town in part.towns for name in town.names}
    return names | {("id", town.id) for town in part.towns if town.id}


PAIR_RULES: Mapping[ConflictKind, PairRule[Any]] = {
    ConflictKind.CONFLICT_KIND_PERSON_IN_TWO_PLACES: TwoPlaces(),
    ConflictKind.CONFLICT_KIND_OVERLAPPING_VISITS: OverlappingVisits(),
    ConflictKind.CONFLICT_KIND_SIDELINES: Sidelines(),
}

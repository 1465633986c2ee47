"""Compare what records say of persons and towns: the same, different, or not known.

Persons are the same if their ids are. If one has no id, a whole name together with the state that
they serve decides; that proves nothing, so a conflict that rests on it is only a hint. A last name
is never enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from summitry.v1.party_pb2 import Person
from summitry.v1.place_pb2 import Place
from summitry_server.domain.search.folding import slug
from summitry_server.domain.search.towns import town_key


class PersonIdentity(NamedTuple):
    """The parts of a person in a record by which they can be recognised."""

    id: str
    region_code: str
    names: frozenset[str]  # whole names and aliases, folded
    label: str  # the name in messages


def identity_of(person: Person) -> PersonIdentity:
    """Return the identity of a person."""
    names = [name.text for name in person.names] + list(person.aliases)
    folded = frozenset(slug(name) for name in names or [person.source_text]) - {""}
    return PersonIdentity(person.id, person.region_code, folded, person_name(person))


def same_person(a: PersonIdentity, b: PersonIdentity) -> bool:
    """Return True if two identities are those of one person, or may well be."""
    if a.id and b.id:
        return a.id == b.id
    if a.region_code and b.region_code and a.region_code != b.region_code:
        return False
    return not a.names.isdisjoint(b.names)


def proven_person(a: PersonIdentity, b: PersonIdentity) -> bool:
    """Return True if two identities have the same id."""
    return bool(a.id) and a.id == b.id


def common_label(a: PersonIdentity, b: PersonIdentity) -> str:
    """Return a label for a person in two records: the id if either gives it, else the name."""
    return a.id or b.id or min(a.label, b.label)


def person_name(person: Person) -> str:
    """Return the name of a person in messages."""
    return person.id or next((name.text for name in person.names), person.source_text)


class Town(NamedTuple):
    """The parts of a place in a record by which its town can be recognised."""

    id: str
    region_code: str
    names: frozenset[str]  # folded, with the main name of the town where it is known
    languages: frozenset[str]  # of the names
    label: str  # the name in messages


def town_of(place: Place) -> Town:
    """Return the town of a place; without id and names if the place has none."""
    texts = place.localities
    return Town(
        place.id,
        place.region_code,
        frozenset(
            {key for text in texts for key in _town_keys(text.text, place.region_code)} - {""}
        ),
        frozenset(text.language_code for text in texts),
        town_name(place),
    )


def _town_keys(name: str, region_code: str) -> tuple[str, str]:
    return slug(name), town_key(name, region_code)


def same_town(a: Town, b: Town) -> bool:
    """Return True if two towns are one."""
    return not _regions_differ(a, b) and _share_key(a, b)


def _share_key(a: Town, b: Town) -> bool:
    return (bool(a.id) and a.id == b.id) or not a.names.isdisjoint(b.names)


def _regions_differ(a: Town, b: Town) -> bool:
    return bool(a.region_code and b.region_code and a.region_code != b.region_code)


def _two_towns(a: Town, b: Town) -> bool:
    """Return True if two towns are known to differ; names in different languages prove nothing."""
    if _regions_differ(a, b):
        return True
    if _share_key(a, b):
        return False
    return not a.languages.isdisjoint(b.languages) or bool(a.id and b.id)


def are_apart(a: Sequence[Town], b: Sequence[Town]) -> bool:
    """Return True if no town of one list can be a town of the other."""
    return bool(a) and bool(b) and all(_two_towns(town_a, town_b) for town_a in a for town_b in b)


def regions(places: Iterable[Place]) -> set[str]:
    """Return the countries of places."""
    return {place.region_code for place in places if place.region_code}


def town_name(place: Place) -> str:
    """Return the name of a town in messages."""
    return next((text.text for text in place.localities), place.id or place.source_text)

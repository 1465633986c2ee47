"""Whether two records speak of the same person or the same place, as far as they say.

Persons are the same by id. Where one of them has none, a whole name and the state they serve must
do, which proves nothing: what follows from it is a hint. Nobody is taken for another by last name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from summitry.v1.party_pb2 import Person
from summitry.v1.place_pb2 import Place
from summitry_server.core.folding import slug


def person_keys(person: Person) -> set[str]:
    """Under which keys a person is looked for: persons without a common one are not the same."""
    names = [name.text for name in person.names] + list(person.aliases)
    keys = {f"name:{slug(name)}" for name in names or [person.text] if slug(name)}
    return keys | {f"id:{person.id}"} if person.id else keys


def same_person(a: Person, b: Person) -> bool:
    """Whether two persons are one, or may well be."""
    if a.id and b.id:
        return a.id == b.id
    if a.region_code and b.region_code and a.region_code != b.region_code:
        return False
    return bool(person_keys(a) & person_keys(b))


def proven_person(a: Person, b: Person) -> bool:
    """Whether two persons are one by their ids."""
    return bool(a.id) and a.id == b.id


def person_name(person: Person) -> str:
    """How a person is called in a message."""
    return person.id or next((name.text for name in person.names), person.text)


def town_keys(place: Place) -> set[str]:
    """Under which keys a town is looked for; none for a place that names no town."""
    names = (slug(text.text) for text in place.localities)
    keys = {f"name:{name}" for name in names if name}
    return keys | {f"id:{place.id}"} if place.id else keys


def same_town(a: Place, b: Place) -> bool:
    """Whether two places are in one town."""
    return not _regions_differ(a, b) and bool(town_keys(a) & town_keys(b))


def _regions_differ(a: Place, b: Place) -> bool:
    return bool(a.region_code and b.region_code and a.region_code != b.region_code)


def _apart(a: Place, b: Place) -> bool:
    """Whether two places are known to be two towns; names in different languages tell nothing."""
    if _regions_differ(a, b):
        return True
    if town_keys(a) & town_keys(b):
        return False
    languages = {text.language_code for text in a.localities}
    common = languages & {text.language_code for text in b.localities}
    return bool(common) or bool(a.id and b.id)


def apart(a: Sequence[Place], b: Sequence[Place]) -> bool:
    """Whether people who are at one of these places are at none of those, for certain."""
    return bool(a) and bool(b) and all(_apart(one, other) for one in a for other in b)


def regions(places: Iterable[Place]) -> set[str]:
    """The countries of places."""
    return {place.region_code for place in places if place.region_code}


def town_name(place: Place) -> str:
    """How a town is called in a message."""
    return next((text.text for text in place.localities), place.id or place.text)

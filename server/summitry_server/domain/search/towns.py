"""The names of one town: in several languages, and those that it had before.

Astana was Tselinograd, Akmola and Nur-Sultan before, and has names in other scripts: a town is
found by any of its names, and nobody is in two of them at once. The names are those of the table
summitry.zones.cities.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from summitry.zones.cities import CITIES
from summitry_server.domain.search.folding import slug


def town_key(name: str, region_code: str) -> str:
    """Return the folded main name of a town; "" if it is unknown or ambiguous."""
    towns = _towns_by_name().get(slug(name), frozenset())
    matches = [town for code, town in towns if region_code in ("", code)]
    return matches[0] if len(matches) == 1 else ""


def town_names(name: str) -> frozenset[str]:
    """Return all folded names of the towns that a name can mean, itself included."""
    towns = _towns_by_name().get(slug(name), frozenset())
    return frozenset({slug(name)}.union(*(_names_by_town()[town] for town in towns)))


@cache
def _names_by_town() -> dict[tuple[str, str], set[str]]:
    """Return all folded names of each town, by (country code, folded main name)."""
    folded_names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for code, _, *names in CITIES:
        folded_names[code, slug(names[0])].update(slug(name) for name in names)
    return dict(folded_names)


@cache
def _towns_by_name() -> dict[str, frozenset[tuple[str, str]]]:
    towns_by_name: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for town, names in _names_by_town().items():
        for name in names:
            towns_by_name[name].add(town)
    return {name: frozenset(towns) for name, towns in towns_by_name.items()}

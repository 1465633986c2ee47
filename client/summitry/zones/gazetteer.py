"""Looks names up in the table of cities."""

import unicodedata
from functools import cache

from summitry.zones.errors import ZoneCandidate

# Letters that Unicode does not decompose into a base and an accent; U+0131 is the dotless i.
_LETTERS = str.maketrans(
    {"æ": "ae", "ð": "d", "đ": "d", "ə": "e", "\u0131": "i", "ł": "l"}
    | {"ø": "o", "œ": "oe", "þ": "th"}
)


def fold(name: str) -> str:
    """Return what of a name counts: its letters and digits, without case and accents."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum()).translate(_LETTERS)


def curated(folded: str) -> tuple[ZoneCandidate, ...]:
    """Return the cities of a folded name, in all countries."""
    return _index().get(folded, ())


@cache
def _index() -> dict[str, tuple[ZoneCandidate, ...]]:
    from summitry.zones.cities import CITIES  # here, because few processes ask for a city

    found: dict[str, dict[ZoneCandidate, None]] = {}
    for code, zone_id, *names in CITIES:
        candidate = ZoneCandidate(zone_id, code, names[0], "curated")
        for name in names:
            found.setdefault(fold(name), {})[candidate] = None
    return {name: tuple(candidates) for name, candidates in found.items()}

"""An index of the table of cities by name."""

import unicodedata
from functools import cache

from summitry.zones.errors import ZoneCandidate

# Letters that Unicode does not decompose into a base and an accent; U+0131 is the dotless i.
_LETTERS = str.maketrans(
    {"æ": "ae", "ð": "d", "đ": "d", "ə": "e", "\u0131": "i", "ł": "l"}
    | {"ø": "o", "œ": "oe", "þ": "th"}
)


def fold(name: str) -> str:
    """Return the form in which names are compared: letters and digits without case and accents."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum()).translate(_LETTERS)


def curated(folded: str) -> tuple[ZoneCandidate, ...]:
    """Return the cities, of any country, with a folded name."""
    return _index().get(folded, ())


@cache
def _index() -> dict[str, tuple[ZoneCandidate, ...]]:
    from summitry.zones.cities import CITIES  # here, because few processes ask for a city

    by_name: dict[str, dict[ZoneCandidate, None]] = {}
    for code, zone_id, *names in CITIES:
        candidate = ZoneCandidate(zone_id, code, names[0], "curated")
        for name in names:
            by_name.setdefault(fold(name), {})[candidate] = None
    return {name: tuple(candidates) for name, candidates in by_name.items()}

"""Find the codes of countries and territories by their names (CLDR, through Babel)."""

from __future__ import annotations

from functools import cache

from babel import Locale

from summitry.zones import fold_region
from summitry_server.domain.search.folding import slug

# The languages in which Summitry writes (docs/icalendar.md).
LANGUAGES = ("en", "fr", "es", "ru", "zh", "ar")
# Codes of CLDR that stand for no territory: the unknown one, groups, and those of tests.
NO_TERRITORY = {"ZZ", "QO", "EZ", "XA", "XB"}


def code_of(text: str) -> str:
    """Return the code of the territory with this code or name; "" if there is none."""
    code = fold_region(text)
    if code in _codes():
        return code
    return _codes_by_name().get(slug(text), "")


def territory_names() -> tuple[str, ...]:
    """Return the English names of all territories, for suggestions."""
    return tuple(name for code, name in Locale("en").territories.items() if code in _codes())


@cache
def _codes() -> frozenset[str]:
    codes = map(str, Locale("en").territories)
    return frozenset(c for c in codes if len(c) == 2 and c.isalpha()) - NO_TERRITORY


@cache
def _codes_by_name() -> dict[str, str]:
    codes: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code in _codes():
                codes.setdefault(slug(name), code)
    return codes

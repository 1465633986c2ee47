"""Suggestions for a text that is not a zone id: the ids that its writer may have meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from summitry.nearest import NameIndex
from summitry.zones.errors import UnknownZoneError, WindowsZoneError
from summitry.zones.gazetteer import curated, fold
from summitry.zones.windows_zone_ids import windows_zone

_LONGEST_ID = 64
_COUNT = 3


def refusal(value: str, ids: Sequence[str]) -> UnknownZoneError | WindowsZoneError:
    """Return the error for `value`, which is none of `ids`, with what to write instead."""
    text = value.lower()
    if suggestion := windows_zone(text):
        return WindowsZoneError(value, suggestion if suggestion in ids else None)
    if text.endswith((" standard time", " daylight time")):
        return WindowsZoneError(value, None)
    is_comparable = 0 < len(text) <= _LONGEST_ID
    return UnknownZoneError(value, _suggestions(text, tuple(ids)) if is_comparable else ())


# Cached, because a client that writes one id wrong does so in every record that it sends.
@lru_cache(maxsize=256)
def _suggestions(text: str, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of the city that a text names, else the ids that are spelled most alike."""
    city = text.rpartition("/")[2].replace("_", " ")
    names, by_city = _index(ids)
    curated_ids = [
        candidate.zone_id for candidate in curated(fold(city)) if candidate.zone_id in ids
    ]
    if matches := curated_ids or by_city.get(city):
        return tuple(dict.fromkeys(matches))[:_COUNT]
    if "/" not in text:  # an abbreviation or an offset resembles many ids by chance alone
        return ()
    return names.nearest(text, _COUNT)


# One entry for each release of the database that is in use.
@lru_cache(maxsize=8)
def _index(ids: tuple[str, ...]) -> tuple[NameIndex, dict[str, list[str]]]:
    """Return an index of the ids for fuzzy search, and the ids by the city in their names."""
    by_city: dict[str, list[str]] = defaultdict(list)
    for zone_id in ids:
        if "/" in zone_id:
            by_city[zone_id.rpartition("/")[2].replace("_", " ").lower()].append(zone_id)
    return NameIndex(ids), dict(by_city)

"""What a person may have meant by a text that is not a zone id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from summitry.nearest import NameIndex
from summitry.zones.errors import UnknownZoneError, WindowsZoneError
from summitry.zones.gazetteer import curated, fold
from summitry.zones.windows_zone_ids import WINDOWS_ZONES

_LONGEST_ID = 64
_COUNT = 3
_WINDOWS = {name.lower(): zone for name, zone in WINDOWS_ZONES.items()}


def refusal(value: str, ids: Sequence[str]) -> UnknownZoneError | WindowsZoneError:
    """Return the error for `value`, which is none of `ids`, with what to write instead."""
    wanted = value.lower()
    if wanted in _WINDOWS:
        suggestion = _WINDOWS[wanted]
        return WindowsZoneError(value, suggestion if suggestion in ids else None)
    if wanted.endswith((" standard time", " daylight time")):
        return WindowsZoneError(value, None)
    comparable = 0 < len(wanted) <= _LONGEST_ID
    return UnknownZoneError(value, _suggestions(wanted, tuple(ids)) if comparable else ())


# A client that has a zone wrong has it wrong in every record that it sends.
@lru_cache(maxsize=256)
def _suggestions(wanted: str, ids: tuple[str, ...]) -> tuple[str, ...]:
    city = wanted.rpartition("/")[2].replace("_", " ")
    names, by_city = _index(ids)
    known = [found.zone_id for found in curated(fold(city)) if found.zone_id in ids]
    if found := known or by_city.get(city):
        return tuple(dict.fromkeys(found))[:_COUNT]
    if "/" not in wanted:  # an abbreviation or an offset resembles many ids and means none
        return ()
    return names.nearest(wanted, _COUNT)


# One entry for each release of the database that is in use.
@lru_cache(maxsize=8)
def _index(ids: tuple[str, ...]) -> tuple[NameIndex, dict[str, list[str]]]:
    """Return the ids by what they resemble, and by the city that they name."""
    by_city: dict[str, list[str]] = defaultdict(list)
    for zone_id in ids:
        if "/" in zone_id:
            by_city[zone_id.rpartition("/")[2].replace("_", " ").lower()].append(zone_id)
    return NameIndex(ids), dict(by_city)

"""What a person may have meant by a text that is not a zone id."""

from collections.abc import Sequence
from difflib import get_close_matches

from summitry.zones.errors import UnknownZoneError, WindowsZoneError
from summitry.zones.gazetteer import curated, fold
from summitry.zones.windows import WINDOWS_ZONES

_LONGEST_ID = 64
_CLOSENESS = 0.75


def refusal(value: str, ids: Sequence[str]) -> UnknownZoneError | WindowsZoneError:
    """Return the error for `value`, which is none of `ids`, with what to write instead."""
    windows = {name.lower(): zone for name, zone in WINDOWS_ZONES.items()}
    wanted = value.lower()
    if wanted in windows:
        suggestion = windows[wanted]
        return WindowsZoneError(value, suggestion if suggestion in ids else None)
    if wanted.endswith((" standard time", " daylight time")):
        return WindowsZoneError(value, None)
    return UnknownZoneError(value, _suggestions(wanted, ids))


def _suggestions(wanted: str, ids: Sequence[str]) -> tuple[str, ...]:
    if not wanted or len(wanted) > _LONGEST_ID:  # comparing costs the product of the lengths
        return ()
    city = wanted.rpartition("/")[2].replace("_", " ")
    by_lower = {zone.lower(): zone for zone in ids}
    known = [found.zone_id for found in curated(fold(city)) if found.zone_id in ids]
    same_city = [zone for zone in ids if "/" in zone and _city(zone) == city]
    if known or same_city:
        return tuple(dict.fromkeys(known or same_city))[:3]
    if "/" not in wanted:  # an abbreviation or an offset resembles many ids and means none
        return ()
    close = get_close_matches(wanted, by_lower, n=3, cutoff=_CLOSENESS)
    return tuple(by_lower[zone] for zone in close)


def _city(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", " ").lower()

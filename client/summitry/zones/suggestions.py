"""What a person may have meant by a text that is not a zone id."""

from collections.abc import Sequence
from difflib import get_close_matches

from summitry.zones.errors import UnknownZoneError, WindowsZoneError
from summitry.zones.windows import WINDOWS_ZONES

# Capitals and host cities that people expect to have an id of their own, and the id whose rules
# they follow. Source: the comments of zone.tab and the "backward" file of the IANA database.
_CITIES = {
    "abuja": "Africa/Lagos",
    "abu dhabi": "Asia/Dubai",
    "ankara": "Europe/Istanbul",
    "astana": "Asia/Almaty",
    "beijing": "Asia/Shanghai",
    "bern": "Europe/Zurich",
    "brasilia": "America/Sao_Paulo",
    "canberra": "Australia/Sydney",
    "cape town": "Africa/Johannesburg",
    "davos": "Europe/Zurich",
    "geneva": "Europe/Zurich",
    "hanoi": "Asia/Bangkok",
    "islamabad": "Asia/Karachi",
    "kazan": "Europe/Moscow",
    "mumbai": "Asia/Kolkata",
    "new delhi": "Asia/Kolkata",
    "nur-sultan": "Asia/Almaty",
    "ottawa": "America/Toronto",
    "pretoria": "Africa/Johannesburg",
    "rabat": "Africa/Casablanca",
    "rio de janeiro": "America/Sao_Paulo",
    "saint petersburg": "Europe/Moscow",
    "sochi": "Europe/Moscow",
    "the hague": "Europe/Amsterdam",
    "ufa": "Asia/Yekaterinburg",
    "washington": "America/New_York",
    "wellington": "Pacific/Auckland",
}
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
    known = _CITIES.get(city)
    if known is not None and known in ids:
        return (known,)
    by_lower = {zone.lower(): zone for zone in ids}
    same_city = [zone for zone in ids if "/" in zone and _city(zone) == city]
    if same_city:
        return tuple(same_city[:3])
    if "/" not in wanted:  # an abbreviation or an offset resembles many ids and means none
        return ()
    close = get_close_matches(wanted, by_lower, n=3, cutoff=_CLOSENESS)
    return tuple(by_lower[zone] for zone in close)


def _city(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", " ").lower()

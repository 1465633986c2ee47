"""Lookup of the zone at a point on the map, for places that no name identifies (extra `geo`).

The result is only a hint: the table of cities takes precedence, since maps draw zones by which the
people there do not set their clocks, such as Asia/Urumqi.
"""

from importlib import import_module

from summitry.zones.database import TzDb
from summitry.zones.errors import UnknownZoneError


def zone_at(latitude: float, longitude: float, db: TzDb) -> str | None:
    """Return the id of the zone at a point, in degrees of WGS 84.

    Returns None where the extra is not installed, at sea (where zones are mere Etc/GMT offsets),
    and where the database lacks the id that the map gives.
    """
    try:
        maps = import_module("tzfpy")
    except ModuleNotFoundError:
        return None
    zone_id = str(maps.get_tz(longitude, latitude))
    try:
        return db.zone(zone_id).key if zone_id and not zone_id.startswith("Etc/") else None
    except UnknownZoneError:
        return None

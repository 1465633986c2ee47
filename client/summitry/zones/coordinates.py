"""The zone at a point on the map, for places that no name settles; needs the extra `geo`.

It only helps: a curated town wins over it, since maps draw zones that people do not keep, such as
Asia/Urumqi.
"""

from importlib import import_module

from summitry.zones.database import TzDb
from summitry.zones.errors import UnknownZoneError


def zone_at(latitude: float, longitude: float, db: TzDb) -> str | None:
    """Return the id of the zone at a point, in degrees of WGS 84.

    None without the extra, where nobody lives by a zone of their own (the sea), and where the
    database does not know the zone of the map.
    """
    try:
        maps = import_module("tzfpy")
    except ModuleNotFoundError:
        return None
    found = str(maps.get_tz(longitude, latitude))
    try:
        return db.zone(found).key if found and not found.startswith("Etc/") else None
    except UnknownZoneError:
        return None

"""Lookup of the zone of a place: of a city, never by a guess, or of a point on the map as a hint.

For a city the sources are, in order: the table in `cities`; the city in the id of a zone of the
country; the country itself, if it has a single zone and no other country has a city of that name. A
place that can be in more than one zone is refused, with the candidates in the error.

For a point it is a map of zones (extra `geo`), for places that no name identifies. The table of
cities takes precedence, since maps draw zones by which the people there do not set their clocks,
such as Asia/Urumqi.
"""

from functools import lru_cache
from importlib import import_module

from summitry.zones.countries import codes_of, fold_region, has_namesake, named_country
from summitry.zones.database import TzDb
from summitry.zones.errors import (
    AmbiguousPlaceError,
    UnknownPlaceError,
    UnknownZoneError,
    ZoneCandidate,
)
from summitry.zones.gazetteer import curated, fold
from summitry.zones.sources import default_database


def zone_for(city: str, region_code: str = "", db: TzDb | None = None, day: str = "") -> str:
    """Return the zone id of a city, within a country if its ISO 3166 code is not empty.

    `day` (YYYY-MM-DD) is the day of the event: before 1 July 1997, GB covers Hong Kong too. Raises
    AmbiguousPlaceError where places of that name are in several zones, or only outside of the
    country; UnknownPlaceError where the name is unknown and the country has several zones.
    """
    candidates = find_zones(city, region_code, db, day)
    if len({candidate.zone_id for candidate in candidates}) == 1:
        return candidates[0].zone_id
    code = fold_region(region_code)
    is_elsewhere = any(candidate.city or candidate.region_code != code for candidate in candidates)
    error = AmbiguousPlaceError if is_elsewhere else UnknownPlaceError
    raise error(city, region_code, candidates)


def find_zones(
    city: str, region_code: str = "", db: TzDb | None = None, day: str = ""
) -> tuple[ZoneCandidate, ...]:
    """Return the zones that a city can be in; all zones of its country for an unknown city.

    The whole name is compared, without case, accents and punctuation: "Portland (Maine)" is
    unknown rather than taken for another Portland. A state's code covers its territories, and its
    possessions on the day. Where a country with a single zone has no such city but another country
    has, both are candidates: "Hong Kong" with GB is more likely a wrong code than a village.
    """
    database = db if db is not None else default_database()
    code, name = fold_region(region_code), fold(city)
    candidates = _candidates_of(name, database)
    if not code:
        return candidates
    codes = codes_of(code, day)
    if in_country := tuple(candidate for candidate in candidates if candidate.region_code in codes):
        return in_country
    zones = database.country_zones(code)
    country = tuple(ZoneCandidate(zone_id, code, "", "country") for zone_id in zones)
    # A town that only other countries are known to have: with several zones here, all of them are
    # the answer anyway, and a town of that name here is no sign of a wrong code.
    decides = len(country) == 1 and not has_namesake(code, name)
    return (*candidates, *country) if decides else country


def is_known(city: str, region_code: str, db: TzDb) -> bool:
    """Return whether a country, with its territories, has a city of that name in the tables."""
    code, name = fold_region(region_code), fold(city)
    matches = (candidate.region_code in codes_of(code) for candidate in _candidates_of(name, db))
    return any(matches) or has_namesake(code, name)


def _candidates_of(name: str, db: TzDb) -> tuple[ZoneCandidate, ...]:
    """Return the candidates by the table of cities, then by zone ids, then by country names.

    Zone ids count only for countries in which the table has no such city. The name of a country
    stands for a place in it, since sources write "Malta" for Valletta.
    """
    cities = [candidate for candidate in curated(name) if candidate.zone_id in db.ids]
    regions = {candidate.region_code for candidate in cities}
    zone_cities = [
        candidate
        for candidate in _zone_cities(db).get(name, ())
        if candidate.region_code not in regions
    ]
    regions |= {candidate.region_code for candidate in zone_cities}
    country = named_country(name) if name else ""
    zones = db.country_zones(country) if country and country not in regions else ()
    return (*cities, *zone_cities, *(ZoneCandidate(key, country, "", "country") for key in zones))


@lru_cache(maxsize=8)
def _zone_cities(db: TzDb) -> dict[str, tuple[ZoneCandidate, ...]]:
    by_city: dict[str, list[ZoneCandidate]] = {}
    for code in db.region_codes:
        for zone_id in db.country_zones(code):
            if code == "US" and zone_id.count("/") > 1:
                continue  # America/Indiana/Petersburg: ambiguous without its state
            city = zone_id.rpartition("/")[2].replace("_", " ")
            by_city.setdefault(fold(city), []).append(
                ZoneCandidate(zone_id, code, city, "zone-city")
            )
    return {name: tuple(candidates) for name, candidates in by_city.items()}


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

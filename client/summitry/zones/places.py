"""From a city and its country to the zone whose clocks it keeps, and never by a guess.

The first of these that knows the place answers: the table in `cities`; the city that gives a zone
of the country its name; the country, if it has one zone and the place is not known elsewhere. A
place that can be in more than one zone is refused, and the error carries the candidates.
"""

from functools import lru_cache

from summitry.zones.countries import codes_of, has_namesake, named_country
from summitry.zones.database import TzDb
from summitry.zones.errors import AmbiguousPlaceError, UnknownPlaceError, ZoneCandidate
from summitry.zones.gazetteer import curated, fold
from summitry.zones.regions import fold_region
from summitry.zones.sources import default_database


def zone_for(city: str, region_code: str = "", db: TzDb | None = None, day: str = "") -> str:
    """Return the id of the zone of a city, in the country of an ISO 3166 code if there is one.

    `day` (YYYY-MM-DD) is that of the event: until 1 July 1997 Hong Kong counts as of GB too.
    Raises AmbiguousPlaceError where the name stands for places in several zones, or for one that
    is known elsewhere but not in the country, and UnknownPlaceError where it is not known and the
    country does not decide.
    """
    candidates = find_zones(city, region_code, db, day)
    if len({candidate.zone_id for candidate in candidates}) == 1:
        return candidates[0].zone_id
    code = fold_region(region_code)
    known = any(found.city or found.region_code != code for found in candidates)
    error = AmbiguousPlaceError if known else UnknownPlaceError
    raise error(city, region_code, candidates)


def find_zones(
    city: str, region_code: str = "", db: TzDb | None = None, day: str = ""
) -> tuple[ZoneCandidate, ...]:
    """Return the zones a city can be in; those of its country where the city is not known.

    The name counts as a whole, without case, accents and punctuation: "Portland (Maine)" is not
    known, as no Portland may be taken for it. The code of a state covers its territories too, and
    what it ruled on the day. Where a country of one zone has no such city and another has, both
    are candidates: "Hong Kong" with GB is rather a wrong code than a village in Britain.
    """
    database = db if db is not None else default_database()
    code, name = fold_region(region_code), fold(city)
    known = _named(name, database)
    if not code:
        return known
    codes = codes_of(code, day)
    if here := tuple(found for found in known if found.region_code in codes):
        return here
    zones = database.country_zones(code)
    country = tuple(ZoneCandidate(zone_id, code, "", "country") for zone_id in zones)
    decides = len(country) == 1 and not has_namesake(code, name)
    return (*known, *country) if decides else country


def is_known(city: str, region_code: str, db: TzDb) -> bool:
    """Return whether a country, with its territories, has a city that the table knows."""
    code, name = fold_region(region_code), fold(city)
    here = (found.region_code in codes_of(code) for found in _named(name, db))
    return any(here) or has_namesake(code, name)


def _named(name: str, db: TzDb) -> tuple[ZoneCandidate, ...]:
    """Return what the table knows, and what ids say of countries the table has no such city in.

    The name of a country stands for a place in it, since sources write "Malta" for Valletta.
    """
    told = [found for found in curated(name) if found.zone_id in db.ids]
    regions = {found.region_code for found in told}
    named = [found for found in _zone_cities(db).get(name, ()) if found.region_code not in regions]
    regions |= {found.region_code for found in named}
    country = named_country(name) if name else ""
    zones = db.country_zones(country) if country and country not in regions else ()
    return (*told, *named, *(ZoneCandidate(key, country, "", "country") for key in zones))


@lru_cache(maxsize=8)
def _zone_cities(db: TzDb) -> dict[str, tuple[ZoneCandidate, ...]]:
    found: dict[str, list[ZoneCandidate]] = {}
    for code in db.region_codes:
        for zone_id in db.country_zones(code):
            if code == "US" and zone_id.count("/") > 1:
                continue  # America/Indiana/Petersburg: a town only known with its state
            city = zone_id.rpartition("/")[2].replace("_", " ")
            found.setdefault(fold(city), []).append(ZoneCandidate(zone_id, code, city, "zone-city"))
    return {name: tuple(candidates) for name, candidates in found.items()}

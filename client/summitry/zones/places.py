"""From a city and its country to the zone whose clocks it keeps, and never by a guess.

The first of these that knows the place answers: the table in `cities`; the city that gives a zone
of the country its name; the country, if it has one zone. A place that can be in more than one zone
is refused, and the error carries the candidates.
"""

from functools import lru_cache

from summitry.zones.database import TzDb
from summitry.zones.errors import AmbiguousPlaceError, UnknownPlaceError, ZoneCandidate
from summitry.zones.gazetteer import curated, fold
from summitry.zones.sources import default_database

# Territories with codes of their own, for sources that give the code of the state. ISO 3166-1.
_TERRITORIES = {
    "AU": "CC CX NF",
    "CN": "HK MO",
    "DK": "FO GL",
    "FI": "AX",
    "FR": "BL GF GP MF MQ NC PF PM RE TF WF YT",
    "GB": "AI BM FK GG GI GS IM IO JE KY MS PN SH TC VG",
    "NL": "AW BQ CW SX",
    "NO": "SJ",
    "NZ": "CK NU TK",
    "US": "AS GU MP PR VI",
}


def zone_for(city: str, region_code: str = "", db: TzDb | None = None) -> str:
    """Return the id of the zone of a city, in the country of an ISO 3166 code if there is one.

    Raises AmbiguousPlaceError where the name stands for places in several zones, and
    UnknownPlaceError where it is not known and the country does not decide.
    """
    candidates = find_zones(city, region_code, db)
    if len({candidate.zone_id for candidate in candidates}) == 1:
        return candidates[0].zone_id
    known = any(candidate.city for candidate in candidates)
    error = AmbiguousPlaceError if known else UnknownPlaceError
    raise error(city, region_code, candidates)


def find_zones(
    city: str, region_code: str = "", db: TzDb | None = None
) -> tuple[ZoneCandidate, ...]:
    """Return the zones a city can be in; those of its country where the city is not known.

    The name counts as a whole, without case, accents and punctuation: "Portland (Maine)" is not
    known, as no Portland may be taken for it. The code of a state covers its territories too.
    """
    database = db if db is not None else default_database()
    code = region_code.strip().upper()
    named = _named(fold(city), code, database)
    return named or tuple(
        ZoneCandidate(zone_id, code, "", "country") for zone_id in database.country_zones(code)
    )


def _named(name: str, code: str, db: TzDb) -> tuple[ZoneCandidate, ...]:
    """Return what the table knows, and what ids say of countries the table has no such city in."""
    codes = {code, *_TERRITORIES.get(code, "").split()} if code else None
    told = [found for found in curated(name) if found.zone_id in db.ids]
    regions = {found.region_code for found in told}
    other = [found for found in _zone_cities(db).get(name, ()) if found.region_code not in regions]
    return tuple(found for found in (*told, *other) if codes is None or found.region_code in codes)


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

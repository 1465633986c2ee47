"""The places that a country's code covers: territories, former possessions, and its own towns."""

from collections import Counter
from functools import cache

from summitry.zones.database import country_names
from summitry.zones.gazetteer import fold

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

# Possessions that a state gave up since 1962, by the day of independence or hand-over (exclusive).
_FORMER = {
    "AU": {"PG": "1975-09-16"},
    "ES": {"GQ": "1968-10-12", "EH": "1976-02-26"},
    "FR": {"DZ": "1962-07-05", "KM": "1975-07-06", "DJ": "1977-06-27", "VU": "1980-07-30"},
    "GB": {
        "JM": "1962-08-06", "TT": "1962-08-31", "UG": "1962-10-09", "KE": "1963-12-12",
        "SG": "1963-09-16", "MW": "1964-07-06", "MT": "1964-09-21", "ZM": "1964-10-24",
        "GM": "1965-02-18", "MV": "1965-07-26", "GY": "1966-05-26", "BW": "1966-09-30",
        "LS": "1966-10-04", "BB": "1966-11-30", "MU": "1968-03-12", "SZ": "1968-09-06",
        "FJ": "1970-10-10", "BS": "1973-07-10", "GD": "1974-02-07", "SC": "1976-06-29",
        "SB": "1978-07-07", "TV": "1978-10-01", "DM": "1978-11-03", "LC": "1979-02-22",
        "KI": "1979-07-12", "VC": "1979-10-27", "ZW": "1980-04-18", "VU": "1980-07-30",
        "BZ": "1981-09-21", "AG": "1981-11-01", "KN": "1983-09-19", "BN": "1984-01-01",
        "HK": "1997-07-01",
    },
    "NL": {"SR": "1975-11-25"},
    "PT": {
        "GW": "1974-09-10", "MZ": "1975-06-25", "CV": "1975-07-05", "ST": "1975-07-12",
        "AO": "1975-11-11", "TL": "1975-11-28", "MO": "1999-12-20",
    },
    "US": {"MH": "1986-10-21", "FM": "1986-11-03", "PW": "1994-10-01"},
    "ZA": {"NA": "1990-03-21"},
}  # fmt: skip

# Towns, in countries with a single zone, that share their name with a city elsewhere. They are not
# in the table of cities, since without a country the name means the better-known city.
_NAMESAKES = {
    "FR": ("Vienne", "Valence"),
    "GB": ("Boston", "Cambridge", "Perth", "Halifax", "Newcastle", "Wellington", "Washington"),
    "IE": ("Kingston",),
    "IT": ("Vienna",),
    "LB": ("Tripoli",),
    "MT": ("Victoria",),
    "NI": ("León", "Granada"),
    "RO": ("Alexandria",),
    "VE": ("Barcelona", "Mérida", "Valencia"),
}


def codes_of(region_code: str, day: str = "") -> frozenset[str]:
    """Return the country codes that a state's code covers on a day (YYYY-MM-DD; "" for today)."""
    former = _FORMER.get(region_code, {}) if day else {}
    ruled = (code for code, until in former.items() if day < until)
    return frozenset((region_code, *_TERRITORIES.get(region_code, "").split(), *ruled))


def has_namesake(region_code: str, folded: str) -> bool:
    """Return whether a country has a town of its own by the name of a better-known one."""
    return any(fold(name) == folded for name in _NAMESAKES.get(region_code, ()))


def named_country(folded: str) -> str:
    """Return the code of the country with a folded English name; "" if there is none."""
    return _names().get(folded, "")


@cache
def _names() -> dict[str, str]:
    names = {code: name.partition(" (") for code, name in country_names().items()}
    shorts = Counter(short for short, _, _ in names.values())
    # "Congo (Rep.)" and "Congo (Dem. Rep.)": a short name that two share identifies neither.
    return {fold(short): code for code, (short, _, _) in names.items() if shorts[short] == 1}

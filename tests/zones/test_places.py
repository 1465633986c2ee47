import json
from collections.abc import Callable
from pathlib import Path

import pytest

from summitry.zones import (
    AmbiguousPlaceError,
    TzDb,
    UnknownPlaceError,
    ZoneCandidate,
    find_zones,
    zone_for,
)
from summitry.zones.cities import CITIES
from summitry.zones.countries import has_namesake
from summitry.zones.gazetteer import fold

Rows = Callable[[str], list[dict[str, str]]]

# Facts: comments of zone.tab, and the laws that tz's files cite.
ZONES_OF_PLACES = {
    "capital-without-an-id": ("Astana", "KZ", "Asia/Almaty"),
    "former-name": ("Nur-Sultan", "KZ", "Asia/Almaty"),
    "former-name-in-french": ("Noursoultan", "", "Asia/Almaty"),
    "cyrillic": ("Астана", "", "Asia/Almaty"),
    "kazakh": ("Нұр-Сұлтан", "KZ", "Asia/Almaty"),
    "another-zone-of-the-country": ("Қостанай", "KZ", "Asia/Qostanay"),
    "kyiv": ("Kyiv", "UA", "Europe/Kyiv"),
    "kiev": ("KIEV", "", "Europe/Kyiv"),
    "french": ("Pékin", "", "Asia/Shanghai"),
    "french-without-accent": ("pekin", "cn", "Asia/Shanghai"),
    "chinese": ("北京", "CN", "Asia/Shanghai"),
    "official-time-of-urumqi": ("Ürümqi", "CN", "Asia/Shanghai"),
    "official-time-without-country": ("Urumqi", "", "Asia/Shanghai"),
    "decomposed-accent": ("Bu\u0308rgenstock", "", "Europe/Zurich"),
    "german-name": ("Kopenhagen", "", "Europe/Copenhagen"),
    "scandinavian-letter": ("KØBENHAVN", "", "Europe/Copenhagen"),
    "scandinavian-letter-left-out": ("Kobenhavn", "", "Europe/Copenhagen"),
    "dotless-i": ("Bak\u0131", "", "Asia/Baku"),
    "dotted-i-for-dotless": ("Baki", "", "Asia/Baku"),
    "dotted-capital-i": ("\u0130stanbul", "", "Europe/Istanbul"),
    "punctuation": ("Washington, D.C.", "US", "America/New_York"),
    "no-punctuation": ("washington dc", "US", "America/New_York"),
    "apostrophe": ("N\u2019Djamena", "", "Africa/Ndjamena"),
    "venue-in-brackets": ("Nusa Dua (Bali)", "ID", "Asia/Makassar"),
    "venue-alone": ("Bali", "ID", "Asia/Makassar"),
    "saint": ("St. Petersburg", "RU", "Europe/Moscow"),
    "sochi": ("Sotchi", "RU", "Europe/Moscow"),
    "ufa": ("Ufa", "RU", "Asia/Yekaterinburg"),
    "samarkand": ("Samarcande", "UZ", "Asia/Samarkand"),
    "hanoi": ("Hanoï", "", "Asia/Ho_Chi_Minh"),
    "goma": ("Goma", "CD", "Africa/Lubumbashi"),
    "split-in-2025": ("Coyhaique", "CL", "America/Coyhaique"),
    "territory-under-its-state": ("Papeete", "FR", "Pacific/Tahiti"),
    "territory-under-its-code": ("Papeete", "PF", "Pacific/Tahiti"),
    "greenland-under-denmark": ("Nuuk", "DK", "America/Nuuk"),
    "hong-kong-under-china": ("Hong Kong", "CN", "Asia/Hong_Kong"),
    "kosovo": ("Pristina", "XK", "Europe/Belgrade"),
    "city-of-an-id": ("Rio Gallegos", "AR", "America/Argentina/Rio_Gallegos"),
    "city-of-an-id-without-country": ("Novokuznetsk", "", "Asia/Novokuznetsk"),
    "homonym-told-by-country": ("San Juan", "AR", "America/Argentina/San_Juan"),
    "homonym-in-the-table": ("Kingston", "jm", "America/Jamaica"),
    "village-in-a-country-of-one-zone": ("Les Eyzies", "FR", "Europe/Paris"),
    "country-alone": ("", "BE", "Europe/Brussels"),
}


@pytest.mark.parametrize(("city", "code", "zone"), ZONES_OF_PLACES.values(), ids=ZONES_OF_PLACES)
def test_zone_of_a_known_place(city: str, code: str, zone: str, db: TzDb) -> None:
    assert zone_for(city, code, db) == zone


AMBIGUOUS = {
    "two-countries": ("San José", "", {"America/Costa_Rica", "America/Los_Angeles"}),
    "capital-and-older-town": ("Kingston", "", {"America/Jamaica", "America/Toronto"}),
    "table-and-id": ("San Juan", "", {"America/Puerto_Rico", "America/Argentina/San_Juan"}),
    "twice-in-a-country": ("Portland", "US", {"America/New_York", "America/Los_Angeles"}),
    "two-clocks-in-a-city": ("East Jerusalem", "PS", {"Asia/Hebron", "Asia/Jerusalem"}),
    "state-and-territory": ("Saint-Denis", "FR", {"Europe/Paris", "Indian/Reunion"}),
}


@pytest.mark.parametrize(("city", "code", "zones"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_ambiguous_place_is_rejected_with_candidates(
    city: str, code: str, zones: set[str], db: TzDb
) -> None:
    with pytest.raises(AmbiguousPlaceError) as refusal:
        zone_for(city, code, db)
    assert (refusal.value.city, refusal.value.region_code) == (city, code)
    assert zones <= {candidate.zone_id for candidate in refusal.value.candidates}
    assert refusal.value.candidates == find_zones(city, code, db)
    assert all(zone in str(refusal.value) for zone in zones)


UNKNOWN = {
    "village-in-a-country-of-many": ("Springfield", "US", 29),
    "town-known-only-with-its-state": ("Petersburg", "US", 29),
    "another-country": ("Paris", "KZ", 7),
    "qualified": ("Portland (Maine)", "US", 29),
    "zone-without-capital": ("", "KZ", 7),
    "no-such-country": ("Paris", "XX", 0),
    "nowhere": ("Nowhere", "", 0),
    "nothing": ("", "", 0),
    "punctuation-only": ("--", "", 0),
    "hostile": ("\u202e../../etc/passwd\n" * 100, "ru", 26),
}


@pytest.mark.parametrize(("city", "code", "offered"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_place_is_rejected_with_the_zones_of_its_country(
    city: str, code: str, offered: int, db: TzDb
) -> None:
    with pytest.raises(UnknownPlaceError) as refusal:
        zone_for(city, code, db)
    assert (refusal.value.city, refusal.value.region_code) == (city, code)
    offers = [candidate.zone_id for candidate in refusal.value.candidates]
    assert offers == list(db.country_zones(code))
    assert len(offers) == offered
    message = str(refusal.value)
    assert message.isascii() and message.isprintable() and len(message) < 600


def test_candidates_carry_their_source(db: TzDb) -> None:
    assert find_zones("Астана", "kz", db) == (
        ZoneCandidate("Asia/Almaty", "KZ", "Astana", "curated"),
    )
    assert find_zones("omsk", "", db)[0].source == "curated"
    assert find_zones("novokuznetsk", "RU", db) == (
        ZoneCandidate("Asia/Novokuznetsk", "RU", "Novokuznetsk", "zone-city"),
    )
    assert find_zones("Bourg-en-Bresse", "FR", db) == (
        ZoneCandidate("Europe/Paris", "FR", "", "country"),
    )


def test_a_release_offers_only_the_zones_it_has(old: TzDb) -> None:
    assert find_zones("Astana", "KZ", old)[0].zone_id == "Asia/Almaty"
    assert find_zones("Coyhaique", "CL", old) == ()


def test_each_row_of_the_table_leads_to_a_zone_of_its_country(db: TzDb) -> None:
    # Kosovo has no zone of its own, and Israeli time is kept in East Jerusalem.
    elsewhere = {("XK", "Europe/Belgrade"), ("PS", "Asia/Jerusalem")}
    assert [
        row
        for row in CITIES
        if row[1] not in db.country_zones(row[0]) and (row[0], row[1]) not in elsewhere
    ] == []


def test_rows_of_the_table_have_no_duplicates() -> None:
    for code, zone, *names in CITIES:
        folded = [fold(name) for name in names]
        assert all(folded) and len(set(folded)) == len(folded), (code, zone, names)
    ids = [(code, zone, names[0]) for code, zone, *names in CITIES]
    for row in {row for row in ids if ids.count(row) > 1}:
        same = [fold(name) for entry in CITIES if entry[:3] == row for name in entry[3:]]
        assert len(set(same)) == len(same), row


def test_each_country_with_zones_has_a_city_in_the_table(db: TzDb) -> None:
    unsettled = {"AQ", "UM"}
    assert set(db.region_codes) - {code for code, *_ in CITIES} == unsettled


# How the data spells capitals that it tells more about than the name.
CAPITALS = {
    "CL": "Santiago",
    "CY": "Nicosia",
    "MX": "Mexico City",
    "PF": "Papeete",
    "UA": "Kyiv",
    "UZ": "Tashkent",
}


def test_capitals_of_countries_with_several_zones_are_known(shared_data: Path, db: TzDb) -> None:
    lines = (shared_data / "countries.ndjson").read_text(encoding="utf-8").splitlines()
    countries = [country for country in map(json.loads, lines) if country.get("capital")]
    checked = 0
    for country in countries:
        code = country["iso2"]
        if len(db.country_zones(code)) > 1:
            candidates = find_zones(CAPITALS.get(code, country["capital"]), code, db)
            assert {candidate.source for candidate in candidates} == {"curated"}, country
            checked += 1
    assert checked > 25


def test_zone_of_summit_cities(shared_data: Path, db: TzDb) -> None:
    lines = (shared_data / "tz_summit_cities.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    wrong = [
        (city, code, zone_for(city, code, db), zones)
        for city, code, _, _, zones in rows
        if zone_for(city, code, db) not in zones.split("|")
    ]
    assert wrong == []
    assert len(rows) == 96


# A place that is known elsewhere, with the code of a country of one zone: both are offered.
ELSEWHERE = {
    "hong-kong": ("Hong Kong", "GB", "", {"Asia/Hong_Kong", "Europe/London"}),
    "hong-kong-after-1997": ("Hong Kong", "GB", "1997-07-01", {"Asia/Hong_Kong", "Europe/London"}),
    "nassau": ("Nassau", "GB", "1985-10-16", {"America/Nassau", "Europe/London"}),
    "bridgetown": ("Bridgetown", "gb", "1977-05-01", {"America/Barbados", "Europe/London"}),
    "country-as-a-place": ("Malta", "GB", "1989-12-02", {"Europe/Malta", "Europe/London"}),
    "territory-of-several-zones": ("Greenland", "DK", "", {"America/Nuuk", "America/Thule"}),
    "neighbour": ("Geneva", "FR", "", {"Europe/Zurich", "Europe/Paris"}),
    "city-of-an-id": ("Novokuznetsk", "FR", "", {"Asia/Novokuznetsk", "Europe/Paris"}),
}


@pytest.mark.parametrize(("city", "code", "day", "zones"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_place_of_another_country_is_rejected(
    city: str, code: str, day: str, zones: set[str], db: TzDb
) -> None:
    with pytest.raises(AmbiguousPlaceError) as refusal:
        zone_for(city, code, db, day)
    assert zones <= {candidate.zone_id for candidate in refusal.value.candidates}
    assert all(zone in str(refusal.value) for zone in zones)


@pytest.mark.parametrize(
    ("city", "code", "day", "zone"),
    [
        ("Hong Kong", "GB", "1997-06-30", "Asia/Hong_Kong"),
        ("Nassau", "GB", "1973-07-09", "America/Nassau"),
        ("Macau", "PT", "1999-12-19", "Asia/Macau"),
        ("Macau", "PT", "1999", "Asia/Macau"),
        ("Nuuk", "DK", "1953-01-01", "America/Nuuk"),
        ("Vienne", "FR", "", "Europe/Paris"),
        ("Vienne", "", "", "Europe/Vienna"),
        ("Tripoli", "LB", "", "Asia/Beirut"),
        ("Tripoli", "LY", "", "Africa/Tripoli"),
        ("Luxembourg", "LU", "", "Europe/Luxembourg"),
        ("Little Snoring", "GB", "", "Europe/London"),
    ],
)
def test_place_in_its_country_on_its_day_is_known(
    city: str, code: str, day: str, zone: str, db: TzDb
) -> None:
    assert zone_for(city, code, db, day) == zone


def test_no_town_takes_the_zone_of_a_country_it_is_not_in(db: TzDb, soak: bool) -> None:
    """Names of the table with each code: a zone of the town, a refusal, or a namesake's zone."""
    names = sorted({name for _, _, *names in CITIES for name in names})[:: 1 if soak else 8]
    refused = 0
    for name in names:
        own = {zone_id.zone_id for zone_id in find_zones(name, "", db)}
        for code in db.region_codes:
            try:
                zone_id = zone_for(name, code, db)
            except (AmbiguousPlaceError, UnknownPlaceError):
                refused += 1
                continue
            assert zone_id in own or has_namesake(code, fold(name)), (name, code, zone_id)
    assert refused > 200 * len(names)

"""Towns by all of their names: former ones, and those in other languages."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.zones.cities import CITIES
from summitry_server.domain.search.folding import slug
from summitry_server.domain.search.towns import town_key, town_names

KEYS = {
    "main name": ("Astana", "KZ", "astana"),
    "former name": ("Tselinograd", "KZ", "astana"),
    "another script": ("Нур-Султан", "KZ", "astana"),
    "no country given": ("Nur-Sultan", "", "astana"),
    "another country": ("Nur-Sultan", "FR", ""),
    "in several countries": ("Kingston", "", ""),
    "not in the table": ("Pskem", "UZ", ""),
    "empty": ("", "", ""),
}


@pytest.mark.parametrize(("name", "region_code", "key"), KEYS.values(), ids=KEYS)
def test_town_has_one_key_for_all_its_names(name: str, region_code: str, key: str) -> None:
    assert town_key(name, region_code) == key


def test_every_name_of_the_table_finds_every_other_name_of_its_town() -> None:
    rows: dict[tuple[str, str], set[str]] = {}
    for code, _, *names in CITIES:
        rows.setdefault((code, names[0]), set()).update(map(slug, names))
    for names in rows.values():
        for name in names:
            assert town_names(name) >= names


def test_a_name_that_is_not_in_the_table_is_alone() -> None:
    assert town_names("Pskem") == {"pskem"}


@pytest.mark.parametrize("city", ["Astana", "Nur-Sultan", "Tselinograd", "Астана", "ASTANA"])
def test_the_agenda_finds_a_town_by_each_of_its_names(api: Any, make: Any, city: str) -> None:
    for id, town in (("a", "Astana"), ("b", "Nur-Sultan"), ("c", "Almaty")):
        places = [{"localities": [{"text": town}], "region_code": "KZ"}]
        api.create("visits", id, time=make.dates("2024-07-03"), places=places)
    days = {"first_date": "2024-07-01", "last_date": "2024-07-31", "time_zone": "UTC"}
    request = {"window": {"dates": days}, "filter": {"cities": [city]}}
    agenda = api("QueryAgenda", parent="calendars/c", **request)
    assert [item.record.visit.name[-1] for item in agenda.items] == ["a", "b"]

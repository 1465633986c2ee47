"""Country codes: normalization of every spelling, and suggestions for unknown codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from summitry.zones import UnknownRegionError, parse_region, zone_for
from summitry.zones.database import country_names


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("KZ", "KZ"), ("kz", "KZ"), (" kz ", "KZ"), ("KAZ", "KZ"), ("kaz", "KZ"), ("UK", "GB"), ("el", "GR"),
        ("uk", "GB"), ("GBR", "GB"), ("ROU", "RO"), ("XKX", "XK"), ("XK", "XK"), ("EU", "EU"),
        ("150", "150"), ("SU", "SU"), ("SUHH", "SUHH"), ("YUCS", "YUCS"), ("DD", "DD"),
    ],
)  # fmt: skip
def test_code_is_normalized(text: str, code: str) -> None:
    assert parse_region(text) == code
    assert parse_region(code) == code


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("FRR", "FR"), ("KZA", "KZ"), ("Kazakhstan", "KZ"), ("FRAN", "FR"), ("QQQ", ""),
        ("", ""), ("K", ""), ("\u202eKZ", ""), ("K" * 10_000, ""),
    ],
)  # fmt: skip
def test_unknown_code_is_rejected_with_suggestions(text: str, nearest: str) -> None:
    with pytest.raises(UnknownRegionError) as refusal:
        parse_region(text)
    assert nearest in refusal.value.suggestions if nearest else True
    message = str(refusal.value)
    assert message.isascii() and message.isprintable() and len(message) < 300


def test_alpha_3_code_of_every_country_is_accepted(shared_data: Path) -> None:
    lines = (shared_data / "countries.ndjson").read_text(encoding="utf-8").splitlines()
    countries = [country for country in map(json.loads, lines) if country.get("iso3")]
    assert {parse_region(c["iso3"]): c["iso2"] for c in countries} == {
        c["iso2"]: c["iso2"] for c in countries
    }
    assert len(countries) > 240


def test_name_of_every_country_suggests_its_code() -> None:
    for code, name in country_names().items():
        if "(" not in name:
            with pytest.raises(UnknownRegionError) as refusal:
                parse_region(name)
            assert refusal.value.suggestions == (code,)


def test_zone_of_a_place_takes_any_spelling() -> None:
    assert zone_for("Astana", "KAZ") == zone_for("Astana", "kz") == "Asia/Almaty"
    assert zone_for("Bath", "UK") == "Europe/London"

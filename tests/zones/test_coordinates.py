"""Zones from coordinates: a help where names do not settle it. Needs the extra `geo`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from summitry.zones import default_database, zone_at

CASES = {
    "astana": (51.1694, 71.4491, "Asia/Almaty"),
    "paris": (48.8566, 2.3522, "Europe/Paris"),
    "kananaskis": (50.7210, -115.0710, "America/Edmonton"),
    "south-pacific": (-40.0, -130.0, None),
}


@pytest.mark.parametrize(("latitude", "longitude", "zone"), CASES.values(), ids=CASES)
def test_zone_at_a_point(latitude: float, longitude: float, zone: str | None) -> None:
    assert zone_at(latitude, longitude, default_database()) == zone


def test_zone_without_the_extra_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tzfpy", None)
    assert zone_at(51.1694, 71.4491, default_database()) is None


def test_zone_at_summit_cities(shared_data: Path) -> None:
    db = default_database()
    lines = (shared_data / "tz_summit_cities.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    zone_ids = {row[0]: zone_at(float(row[2]), float(row[3]), db) for row in rows}
    wrong = {row[0]: zone_ids[row[0]] for row in rows if zone_ids[row[0]] not in row[4].split("|")}
    assert len(rows) == 96 and wrong == {}

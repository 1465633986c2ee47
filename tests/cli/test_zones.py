"""`summitry zones` and `summitry version` need no server."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.cli.zones import facts_of
from summitry.zones import default_database

NOON = 1_719_990_000  # 2024-07-03T07:00:00Z


def test_what_a_zone_does_next() -> None:
    database = default_database()
    facts = facts_of(database.zone("Europe/Paris"), NOON, "2024a", 2)
    assert facts | {"rules": ""} == {
        "zone": "Europe/Paris",
        "now": "2024-07-03T09:00:00+02:00[Europe/Paris]",
        "offset": "+02:00",
        "abbreviation": "CEST",
        "time_zone_data": "2024a",
        "rules": "",
        "changes": [
            {
                "instant": "2024-10-27T01:00:00Z",
                "local": "2024-10-27T02:00:00+01:00[Europe/Paris]",
                "offset": "+01:00",
                "abbreviation": "CET",
            },
            {
                "instant": "2025-03-30T01:00:00Z",
                "local": "2025-03-30T03:00:00+02:00[Europe/Paris]",
                "offset": "+02:00",
                "abbreviation": "CEST",
            },
        ],
    }


def test_a_zone_without_changes() -> None:
    facts = facts_of(default_database().zone("Asia/Almaty"), NOON, "", 3)
    assert (facts["offset"], facts["changes"]) == ("+05:00", [])


def test_zones_for_people_and_programs(cli: Any) -> None:
    assert "offset          +05:00" in cli("zones", "show", "Asia/Almaty").out
    shown = cli("zones", "show", "America/New_York", "--output", "json", "--changes", "1").json
    assert len(shown["changes"]) == 1
    found = cli("zones", "show", "Asia/Astana")
    assert (found.code, found.out) == (4, "")
    assert "did you mean Asia/Almaty?" in found.err


def test_versions(cli: Any) -> None:
    lines = dict(line.rsplit(" ", 1) for line in cli("version").out.splitlines())
    assert lines.keys() == {"summitry", "time zone data", "grpcio", "protobuf"}
    assert lines["time zone data"] == default_database().version


@pytest.mark.parametrize("argv", [("--server", "x:1", "version"), ("version", "--server", "x:1")])
def test_common_options_stand_before_or_after_the_command(cli: Any, argv: tuple[str, ...]) -> None:
    assert cli(*argv).code == 0

"""`summitry zones` and `summitry version`, with a server and without."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from summitry.cli.zones import facts_of
from summitry.zones import default_database

OLD_TREE = Path(__file__).resolve().parents[1] / "data" / "tzdb-2023c"
CURRENT = default_database().version
LIST = ("zones", "list", "--country", "KZ")
NOON = 1_719_990_000  # 2024-07-03T07:00:00Z


def test_zone_shows_its_next_changes() -> None:
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


def test_zone_without_changes_has_an_empty_list() -> None:
    facts = facts_of(default_database().zone("Asia/Almaty"), NOON, "", 3)
    assert (facts["offset"], facts["changes"]) == ("+05:00", [])


def test_zone_is_printed_as_text_and_json(cli: Any) -> None:
    assert "offset          +05:00" in cli("zones", "show", "Asia/Almaty").out
    zone = cli("zones", "show", "America/New_York", "--output", "json", "--changes", "1").json
    assert len(zone["changes"]) == 1
    outcome = cli("zones", "show", "Asia/Astana")
    assert (outcome.code, outcome.out) == (4, "")
    assert "did you mean Asia/Almaty?" in outcome.err


def versions(out: str) -> dict[str, str]:
    return dict(line.rsplit(" ", 1) for line in out.splitlines()[:4])


def test_version_names_client_and_tzdb(cli: Any, desk: Any) -> None:
    outcome = cli("version")
    lines = versions(outcome.out)
    assert lines.keys() == {"summitry", "time zone data", "grpcio", "protobuf"}
    assert lines["time zone data"] == default_database().version
    server = outcome.out.splitlines()[4]
    assert server == f"server: {desk.grpc}, time zone data {default_database().version}"


def test_version_prints_the_release_of_the_server(
    cli: Any, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = start("--http", "off", "--tzdb-dir", str(OLD_TREE), "--tzdb", "2023c")
    monkeypatch.setenv("SUMMITRY_SERVER", old.grpc)
    out = cli("version").out
    assert versions(out)["time zone data"] == default_database().version
    assert out.endswith(", time zone data 2023c\n")


@pytest.mark.parametrize("argv", [("--server", "x:1", "version"), ("version", "--server", "x:1")])
def test_common_options_stand_before_or_after_the_command(cli: Any, argv: tuple[str, ...]) -> None:
    outcome = cli(*argv)
    assert outcome.code == 0
    assert "no server at x:1" in outcome.out


@pytest.fixture
def two_releases(start: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Start a service in July 2024 that has two releases, to which commands go."""
    service = start("--http", "off", "--tzdb-dir", str(OLD_TREE))
    monkeypatch.setenv("SUMMITRY_SERVER", service.grpc)
    return service


def test_zones_list_prints_offsets_and_releases(cli: Any, two_releases: Any) -> None:
    outcome = cli("zones", "list", "--country", "fr")
    paris = next(line for line in outcome.out.splitlines() if line.startswith("Europe/Paris"))
    assert re.split("  +", paris)[:4] == [
        "Europe/Paris", "+02:00", "CEST", "2024-10-27 01:00Z to +01:00"
    ]  # fmt: skip
    assert "FR" in paris
    assert f"time zone data {CURRENT}; the server has {CURRENT} (" in outcome.out
    assert "2023c (directory)" in outcome.out


def test_alias_names_its_zone(cli: Any, two_releases: Any) -> None:
    lines = cli("zones", "list").out.splitlines()
    calcutta = next(line for line in lines if line.startswith("Asia/Calcutta "))
    assert calcutta.split()[-1] == "Asia/Kolkata"


def test_zones_are_listed_by_another_release(cli: Any, two_releases: Any) -> None:
    offsets = {
        version: next(
            zone["utc_offset"]
            for zone in cli("zones", "list", "--tzdb", version, "--output", "json").json[
                "time_zones"
            ]
            if zone["id"] == "Asia/Almaty"
        )
        for version in (CURRENT, "2023c")
    }
    assert offsets == {CURRENT: "+05:00", "2023c": "+06:00"}
    facts = cli(*LIST, "--output", "json").json
    assert facts["time_zone_data"] == CURRENT
    assert "2023c" in [database["version"] for database in facts["databases"]]
    lines = cli(*LIST, "--output", "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == facts["time_zones"]
    refused = cli("zones", "list", "--tzdb", "2001a")
    assert (refused.code, refused.out) == (4, "")
    assert "2023c" in refused.err


ALMATY = ("2024-07-04T10:00", "Asia/Almaty")
GAP = ("2024-03-31T02:30", "Europe/Paris")
FOLD = ("2024-10-27T02:30", "Europe/Paris")

# What is asked; what is meant, or what the refusal says; the kind.
RESOLVED = [
    (ALMATY, (), "2024-07-04T05:00:00Z", "normal"),
    (ALMATY, ("--offset", "+05:00"), "2024-07-04T05:00:00Z", "normal"),
    (ALMATY, ("--offset", "+06:00"), "contradicts Asia/Almaty", "normal"),
    (ALMATY, ("--offset", "+06:00", "--conflict", "keep-instant"), "2024-07-04T04:00:00Z", "normal"),
    (ALMATY, ("--offset", "+06:00", "--conflict", "keep-wall"), "2024-07-04T05:00:00Z", "normal"),
    (GAP, (), "does not happen", "gap"),
    (GAP, ("--choice", "earlier"), "2024-03-31T00:30:00Z", "gap"),
    (GAP, ("--choice", "later"), "2024-03-31T01:30:00Z", "gap"),
    (GAP, ("--choose", "compatible"), "2024-03-31T01:30:00Z", "gap"),
    (FOLD, (), "happens twice", "fold"),
    (FOLD, ("--choice", "later"), "2024-10-27T01:30:00Z", "fold"),
    (FOLD, ("--choice", "compatible"), "2024-10-27T00:30:00Z", "fold"),
    (FOLD, ("--offset", "+01:00"), "2024-10-27T01:30:00Z", "fold"),
]  # fmt: skip


@pytest.mark.parametrize("release_flags", [(), ("--tzdb", CURRENT)], ids=["here", "server"])
@pytest.mark.parametrize(
    ("time", "flags", "meant", "kind"), RESOLVED, ids=[f"{r[3]}{'-'.join(r[1])}" for r in RESOLVED]
)
def test_wall_time_is_resolved(
    cli: Any,
    two_releases: Any,
    time: tuple[str, str],
    flags: tuple[str, ...],
    meant: str,
    kind: str,
    release_flags: tuple[str, ...],
) -> None:
    outcome = cli("zones", "resolve", *time, *flags, *release_flags, "--output", "json")
    facts = outcome.json
    assert (facts["kind"], facts["time_zone_data"]) == (kind, CURRENT)
    if meant.endswith("Z"):
        assert (outcome.code, facts["meant"]["utc"], outcome.err) == (0, meant, "")
        assert facts["meant"]["text"].endswith(f"[{time[1]}]")
    else:
        assert (outcome.code, facts["meant"]) == (4, None)
        assert meant in outcome.err
    assert (facts["earlier"] == facts["later"]) is (kind == "normal")


@pytest.mark.parametrize("release_flags", [(), ("--tzdb", CURRENT)], ids=["here", "server"])
def test_both_readings_of_a_repeated_hour_are_shown(
    cli: Any, two_releases: Any, release_flags: tuple[str, ...]
) -> None:
    rows = [
        re.split("  +", line)
        for line in cli("zones", "resolve", *FOLD, *release_flags).out.splitlines()
    ]
    assert rows == [
        ["wall time", "2024-10-27T02:30 Europe/Paris"],
        ["kind", "it happens twice: clocks are put back"],
        ["earlier", "2024-10-27T02:30:00+02:00[Europe/Paris]", "2024-10-27T00:30:00Z"],
        ["later", "2024-10-27T02:30:00+01:00[Europe/Paris]", "2024-10-27T01:30:00Z"],
        ["time zone data", CURRENT],
    ]


def test_wall_time_is_resolved_by_another_release(cli: Any, two_releases: Any) -> None:
    out = cli("zones", "resolve", *ALMATY, "--tzdb", "2023c").out
    assert "meant           2024-07-04T10:00:00+06:00[Asia/Almaty]  2024-07-04T04:00:00Z" in out
    assert out.endswith("2023c\n")


@pytest.mark.parametrize("release_flags", [(), ("--tzdb", CURRENT)], ids=["here", "server"])
@pytest.mark.parametrize(
    ("wall", "zone", "message"),
    [("10:00", "Asia/Almaty", "is not a time"), ("2024-07-04T10:00", "Asia/Astana", "did you mean")],
)  # fmt: skip
def test_invalid_wall_time_is_refused(
    cli: Any, two_releases: Any, wall: str, zone: str, message: str, release_flags: tuple[str, ...]
) -> None:
    outcome = cli("zones", "resolve", wall, zone, *release_flags)
    assert (outcome.code, outcome.out) == (4, "")
    assert message in outcome.err


@pytest.mark.parametrize(
    ("city", "country", "zones", "why"),
    [
        ("Astana", "", ["Asia/Almaty"], "in the table of cities"),
        ("Астана", "", ["Asia/Almaty"], "in the table of cities"),
        ("Portland", "US", ["America/New_York", "America/Los_Angeles"], "in the table of cities"),
        ("Gitega", "BI", ["Africa/Bujumbura"], ""),
        ("Nowhere", "BI", ["Africa/Bujumbura"], "zone of the country"),
        ("Whitehorse", "", ["America/Whitehorse"], ""),
        ("Nowhere", "", [], ""),
    ],
)
def test_zone_of_a_town_is_printed(
    cli: Any, city: str, country: str, zones: list[str], why: str
) -> None:
    outcome = cli("zones", "for", city, "--country", country, "--output", "json")
    assert [candidate["zone_id"] for candidate in outcome.json] == zones
    table = cli("zones", "for", city, "--country", country)
    assert outcome.code == table.code == (0 if len(zones) == 1 else 4)
    assert all(zone in table.out for zone in zones)
    assert why in table.out
    assert (table.err == "") is (len(zones) == 1)

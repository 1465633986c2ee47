"""The same wall time under two releases, against what zic makes of their sources.

`make releases` fetches the releases; tests of those that are missing are skipped by name.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from summitry.zones import Choice, TzDb, by_version, parse_civil, parse_rfc3339, resolve_wall

ROOT = Path(__file__).resolve().parents[2]
FETCHED = ROOT / "build" / "tzdb"
PAIRS = [
    ("2022a", "2022b"), ("2022a", "2026f"), ("2022c", "2022d"), ("2022d", "2022e"),
    ("2022e", "2022f"), ("2022f", "2022g"), ("2022g", "2023a"), ("2023a", "2023b"),
    ("2023b", "2023c"), ("2023c", "2023d"), ("2023c", "2024a"), ("2023d", "2024a"),
    ("2024b", "2025a"), ("2025b", "2026f"), ("2025c", "2026a"), ("2026a", "2026b"),
    ("2026b", "2026c"), ("2026c", "2026d"), ("2026d", "2026e"), ("2026e", "2026f"),
]  # fmt: skip


@cache
def database(version: str) -> TzDb:
    return by_version(version, FETCHED)


@cache
def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader((line for line in file if line[0] != "#"), delimiter="\t"))


@pytest.mark.skipif(not FETCHED.is_dir(), reason="no releases: run `make releases`")
@pytest.mark.parametrize(("old", "new"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
def test_wall_times_that_a_release_moved(old: str, new: str, shared_data: Path) -> None:
    selection = [
        row
        for row in rows(shared_data / "tz_rebase_vectors_sample.tsv")
        if (row["old_db"], row["new_db"]) == (old, new)
    ]
    assert selection
    for row in selection:
        wall = parse_civil(row["wall"])
        instants = []
        for side, version in (("old", old), ("new", new)):
            zone = database(version).zone(row["zone"])
            assert zone.candidates(wall)[2] == row[f"{side}_kind"], row
            instants.append(resolve_wall(zone, wall, Choice.COMPATIBLE))
            assert instants[-1] == parse_rfc3339(row[f"{side}_utc"])[0], row
        assert instants[1] - instants[0] == int(row["moved_s"]), row


@pytest.mark.skipif(not FETCHED.is_dir(), reason="no releases: run `make releases`")
def test_every_pair_of_the_vectors_is_here(shared_data: Path) -> None:
    pairs: Any = {
        (r["old_db"], r["new_db"]) for r in rows(shared_data / "tz_rebase_vectors_sample.tsv")
    }
    assert pairs == set(PAIRS)

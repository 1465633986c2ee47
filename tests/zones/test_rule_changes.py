from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.zones import (
    Choice,
    Difference,
    TzDb,
    candidate_differences,
    changed_zones,
    differences,
    parse_civil,
    parse_rfc3339,
    resolve_wall,
    wall_differences,
)
from summitry.zones.posix import Period
from summitry.zones.tzif import ZoneData
from summitry.zones.zone import Zone

Rows = Callable[[str], list[dict[str, str]]]
HORIZON = parse_rfc3339("2038-01-01T00:00Z")[0]
LAW = parse_rfc3339("2024-02-29T18:00Z")[0]
"""Kazakhstan goes to +05:00, by the decree that tz's file "asia" cites."""


def utc(text: str) -> int:
    return parse_rfc3339(text)[0]


def test_differences_by_the_law_of_kazakhstan_of_2024(old: TzDb, db: TzDb) -> None:
    before, after = old.zone("Asia/Almaty"), db.zone("Asia/Almaty")
    start = utc("2023-12-01T00:00Z")
    assert differences(before, after, start, HORIZON) == [Difference(LAW, HORIZON, 21600, 18000)]
    assert differences(before, after, start, LAW) == []
    assert differences(before, after, LAW - 1, LAW + 1) == [Difference(LAW, LAW + 1, 21600, 18000)]
    assert differences(after, before, LAW, LAW + 1) == [Difference(LAW, LAW + 1, 18000, 21600)]
    # From 23:00 to midnight clocks showed each time twice, and the first is as it was.
    midnight = parse_civil("2024-03-01T00:00")
    first, end = parse_civil("2023-12-01T00:00"), parse_civil("2030-01-01T00:00")
    assert wall_differences(before, after, first, end) == [(midnight, end)]
    assert candidate_differences(before, after, first, end) == [(midnight - 3600, end)]


def test_same_rules_or_empty_range_give_no_differences(old: TzDb, db: TzDb) -> None:
    paris = db.zone("Europe/Paris")
    assert differences(paris, paris, 0, HORIZON) == []
    assert candidate_differences(old.zone("Europe/Paris"), paris, 0, HORIZON) == []
    almaty = old.zone("Asia/Almaty"), db.zone("Asia/Almaty")
    for start, end in ((HORIZON, HORIZON), (HORIZON, LAW)):
        assert differences(*almaty, start, end) == []
        assert wall_differences(*almaty, start, end) == []


def test_a_change_of_name_alone_does_not_split_a_difference() -> None:
    old = Zone("Old/Rules", ZoneData([], [Period(3600, "A", False)]))
    new = Zone("New/Rules", ZoneData([100], [Period(7200, "B", False), Period(7200, "C", True)]))
    assert differences(old, new, 0, 200) == [Difference(0, 200, 3600, 7200)]


def test_changed_zones_are_those_with_other_rules(old: TzDb, db: TzDb) -> None:
    changed = changed_zones(old, db)
    assert {"Asia/Almaty", "Asia/Qostanay", "America/Asuncion", "Africa/Casablanca"} <= {*changed}
    unchanged = {"America/New_York", "Asia/Dushanbe", "Asia/Shanghai", "Europe/London", "UTC"}
    assert unchanged.isdisjoint(changed)
    assert changed == changed_zones(db, old) == tuple(sorted(changed))
    assert changed_zones(db, db) == ()


@pytest.fixture
def laws(rows: Rows, old: TzDb, same_release: None) -> list[dict[str, str]]:
    """Return the rows of the table of law changes between the two releases of these tests."""
    return [row for row in rows("tz_law_changes.tsv") if row["old"] >= old.version]


def test_every_law_change_is_found(laws: list[dict[str, str]], old: TzDb, db: TzDb) -> None:
    changed = changed_zones(old, db)
    assert {row["zone"] for row in laws} <= {*changed}
    # A zone that one release alone changed differs by just what the table says of it.
    releases = {row["zone"]: {r["new"] for r in laws if r["zone"] == row["zone"]} for row in laws}
    changed_once = [zone for zone, versions in releases.items() if len(versions) == 1]
    assert len(changed_once) > 15
    for zone in changed_once:
        expected_rows = [row for row in laws if row["zone"] == zone]
        start = utc(expected_rows[0]["new_release_date"] + "T00:00Z")
        stretches = differences(old.zone(zone), db.zone(zone), start, HORIZON)
        expected = [
            (utc(row["first_affected_utc"]), int(row["old_offset_s"]), int(row["new_offset_s"]))
            for row in expected_rows
        ]
        assert [(d.start, *d[2:]) for d in stretches] == expected, zone


@pytest.mark.usefixtures("same_release")
def test_vectors_of_two_releases_agree(rows: Rows, old: TzDb, db: TzDb) -> None:
    """Old instants hold for the release of 2023c; new ones where no later release touched them."""
    vectors = rows("tz_rebase_vectors_sample.tsv")
    before = [row for row in vectors if row["old_db"] == "2023c" and row["zone"] in old.ids]
    after = [row for row in vectors if row["new_db"] == "2026f"]
    assert len(before) > 8
    assert len(after) > 8
    for selection, database, side in ((before, old, "old"), (after, db, "new")):
        for row in selection:
            zone, wall = database.zone(row["zone"]), utc(row["wall"] + "Z")
            assert resolve_wall(zone, wall, Choice.COMPATIBLE) == utc(row[f"{side}_utc"]), row
            assert zone.candidates(wall)[2] == row[f"{side}_kind"], row
    for row in before:
        moved = wall_differences(
            old.zone(row["zone"]),
            db.zone(row["zone"]),
            *[utc(row["wall"] + "Z") + i for i in (0, 1)],
        )
        assert bool(moved) is (row["verdict"] == "moved"), row


def zones(name: str) -> st.SearchStrategy[Zone]:
    instants = st.lists(st.integers(-2000, 2000), unique=True, max_size=5).map(sorted)
    offsets = st.lists(st.integers(-300, 300), min_size=6, max_size=6)
    return st.builds(
        lambda at, by: Zone(
            name, ZoneData(at, [Period(offset, "", False) for offset in by[: len(at) + 1]])
        ),
        instants,
        offsets,
    )


bounds = st.integers(-2500, 2500)


def true_runs(start: int, end: int, differs: Callable[[int], bool]) -> list[tuple[int, int]]:
    """Return the maximal runs of [start, end) in which `differs` is true for every second."""
    flags = [False, *(differs(point) for point in range(start, end)), False]
    edges = [start + i for i, (a, b) in enumerate(pairwise(flags)) if a is not b]
    return list(zip(edges[::2], edges[1::2], strict=True))


@given(zones("Old/Rules"), zones("New/Rules"), bounds, bounds)
def test_wall_differences_equal_brute_force(old: Zone, new: Zone, start: int, end: int) -> None:
    def instant(zone: Zone, wall: int) -> int:
        return resolve_wall(zone, wall, Choice.COMPATIBLE)

    assert wall_differences(old, new, start, end) == true_runs(
        start, end, lambda wall: instant(old, wall) != instant(new, wall)
    )


@given(zones("Old/Rules"), zones("New/Rules"), bounds, bounds)
def test_candidate_differences_equal_brute_force(
    old: Zone, new: Zone, start: int, end: int
) -> None:
    assert candidate_differences(old, new, start, end) == true_runs(
        start, end, lambda wall: old.candidates(wall) != new.candidates(wall)
    )


@given(zones("Old/Rules"), zones("New/Rules"), bounds, bounds)
def test_differences_equal_brute_force(old: Zone, new: Zone, start: int, end: int) -> None:
    stretches = differences(old, new, start, end)
    by_second = {
        instant: (old.offset_at(instant), new.offset_at(instant))
        for instant in range(start, end)
        if old.offset_at(instant) != new.offset_at(instant)
    }
    by_stretch = {
        instant: (part.offset_before, part.offset_after)
        for part in stretches
        for instant in range(part.start, part.end)
    }
    assert by_stretch == by_second
    assert all(a.end < b.start or a[2:] != b[2:] for a, b in pairwise(stretches))


def test_wall_differences_of_real_zones_equal_brute_force(old: TzDb, db: TzDb) -> None:
    start, end = parse_civil("2023-12-01T00:00"), parse_civil("2028-01-01T00:00")
    for zone_id in ("Africa/Casablanca", "America/Asuncion", "America/Scoresbysund", "Asia/Gaza"):
        before, after = old.zone(zone_id), db.zone(zone_id)
        intervals = wall_differences(before, after, start, end)
        assert intervals, zone_id
        wrong = [
            wall
            for wall in range(start, end, 900)
            if any(first <= wall < last for first, last in intervals)
            is (
                resolve_wall(before, wall, Choice.COMPATIBLE)
                == resolve_wall(after, wall, Choice.COMPATIBLE)
            )
        ]
        assert wrong == [], zone_id

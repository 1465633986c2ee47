"""Tables made from zdump, without pytz or zoneinfo. They are of release 2026f."""

from collections.abc import Callable

import pytest

from summitry.zones import (
    Choice,
    FoldError,
    GapError,
    TzDb,
    day_window,
    parse_date,
    parse_rfc3339,
    resolve_wall,
)

Rows = Callable[[str], list[dict[str, str]]]
COLUMNS = {
    Choice.COMPATIBLE: "utc_compatible",
    Choice.EARLIER: "utc_earlier",
    Choice.LATER: "utc_later",
}
# The vectors' build keeps the names of System V that the database merged with CET in 2024b.
DIFFERENT_NAMES = {"MET"}
REFUSALS = {"gap": GapError, "fold": FoldError}


def utc(text: str) -> int:
    return parse_rfc3339(text)[0]


@pytest.mark.locked
def test_tables_are_of_the_installed_release(db: TzDb, tables_release: str) -> None:
    """Make the tables again when this fails: until then the tests that read them are skipped."""
    assert db.version == tables_release


@pytest.fixture
def vectors(rows: Rows, same_release: None) -> list[dict[str, str]]:
    table = [row for row in rows("tz_vectors_sample.tsv") if row["same_in_default_build"] == "1"]
    assert len(table) > 700
    return table


@pytest.mark.parametrize("choice", COLUMNS, ids=lambda choice: choice.name)
def test_each_choice_agrees_with_zdump(
    vectors: list[dict[str, str]], db: TzDb, choice: Choice
) -> None:
    wrong = [
        row
        for row in vectors
        if resolve_wall(db.zone(row["zone"]), utc(row["wall"] + "Z"), choice)
        != utc(row[COLUMNS[choice]])
    ]
    assert wrong == []


def test_rejection_agrees_with_zdump(vectors: list[dict[str, str]], db: TzDb) -> None:
    for row in vectors:
        zone, wall = db.zone(row["zone"]), utc(row["wall"] + "Z")
        expected = (utc(row["utc_earlier"]), utc(row["utc_later"]))
        if row["kind"] == "normal":
            assert (resolve_wall(zone, wall),) * 2 == expected
            continue
        with pytest.raises(REFUSALS[row["kind"]]) as refusal:
            resolve_wall(zone, wall)
        assert (refusal.value.earlier, refusal.value.later) == expected


def test_names_and_offsets_agree_with_zdump(vectors: list[dict[str, str]], db: TzDb) -> None:
    for row in vectors:
        zone = db.zone(row["zone"])
        if row["kind"] == "gap" or row["zone"] in DIFFERENT_NAMES:
            continue
        for end in ("earlier", "later"):
            instant = utc(row[f"utc_{end}"])
            assert str(zone.offset_at(instant)) == row[f"off_{end}_s"], row
            assert zone.abbreviation_at(instant) == row[f"abbr_{end}"], row


@pytest.mark.usefixtures("same_release")
def test_day_windows_agree_with_zdump(rows: Rows, db: TzDb) -> None:
    table = rows("tz_day_windows_sample.tsv")
    wrong = [
        row
        for row in table
        if day_window(db.zone(row["zone"]), *(parse_date(row["date"]),) * 2)
        != (utc(row["start_utc"]), utc(row["end_utc"]))
    ]
    assert len(table) == 150
    assert wrong == []

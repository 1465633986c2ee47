"""The time style "auto": where a wall time with a TZID is the same instant for every reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from icalendar import Timezone

from summitry.ical.readable import DISPUTED, DISPUTED_FROM, DISPUTED_TO, is_readable
from summitry.ical.vtimezone import simple_since, vtimezone
from summitry.zones import TzDb, by_version, changed_zones, differences, format_civil, parse_civil

RELEASES = Path(__file__).resolve().parents[2] / "build" / "tzdb"
END = parse_civil("2038-01-01T00:00")


@pytest.mark.skipif(not RELEASES.is_dir(), reason="no releases: run `make releases`")
def test_table_equals_the_differences_of_two_releases() -> None:
    old, new = by_version(DISPUTED_FROM, RELEASES), by_version(DISPUTED_TO, RELEASES)
    disputed: dict[str, tuple[str, str]] = {}
    for key in changed_zones(old, new):
        spans = differences(old.zone(key), new.zone(key), 0, END)
        if spans and key == new.canonical(key):
            first = format_civil(spans[0].start)[:10]
            last = format_civil(spans[-1].end - 1)[:10]
            disputed[key] = first, "" if last > "2035" else last
    assert dict(DISPUTED) == disputed


@pytest.mark.parametrize(
    ("key", "since"),
    [
        ("Asia/Almaty", "2024-02-29T18:00:00"),
        ("Europe/Paris", "1996-03-31T01:00:00"),
        ("America/New_York", "2007-03-11T07:00:00"),
        ("Asia/Kolkata", "1970-01-01T00:00:00"),
        ("Asia/Tehran", "2022-09-21T19:30:00"),
    ],
)
def test_simple_block_is_correct_since(db: TzDb, key: str, since: str) -> None:
    instant = simple_since(db.zone(key))
    assert instant is not None and format_civil(instant) == since


@pytest.mark.parametrize("key", ["Africa/Cairo", "America/Santiago", "Asia/Gaza", "Asia/Jerusalem"])
def test_zone_without_yearly_rules_has_no_simple_block(db: TzDb, key: str) -> None:
    assert simple_since(db.zone(key)) is None


def test_alias_is_as_disputed_as_its_zone(db: TzDb) -> None:
    winter = parse_civil("2027-01-05T12:00")
    assert not is_readable("Canada/Pacific", winter, db)
    assert is_readable("US/Pacific", winter, db)


@pytest.mark.parametrize("key", ["GMT", "Etc/GMT-5", "etc/gmt-5", "EST5EDT", "Japan"])
def test_zone_id_without_a_place_is_not_readable(db: TzDb, key: str) -> None:
    assert not is_readable(key, parse_civil("2026-12-01T12:00"), db)


@pytest.mark.skipif(not RELEASES.is_dir(), reason="no releases: run `make releases`")
def test_rules_of_another_release_are_not_readable() -> None:
    """Compare rules of 2023 for Almaty with those of the installed database."""
    older_release = by_version("2023c", RELEASES)
    assert not is_readable("Asia/Almaty", parse_civil("2024-07-04T05:00"), older_release)
    assert is_readable("Europe/Paris", parse_civil("2024-07-04T05:00"), older_release)


def test_readable_instants_have_a_simple_block_over_any_span(db: TzDb) -> None:
    """Render from the first readable month of a zone to the last, and each alone."""
    months = [
        parse_civil(f"{year}-{month:02}-15T12:00")
        for year in range(1970, 2038)
        for month in (1, 4, 7, 10)
    ]
    readable = 0
    for key in sorted(db.ids):
        readable_months = [month for month in months if is_readable(key, month, db)]
        for instants in (
            [readable_months[:1], readable_months[-1:], readable_months[::17], readable_months]
            if readable_months
            else []
        ):
            parts = Timezone.from_ical(vtimezone(key, db.zone(key), instants)).subcomponents
            assert [part.name for part in parts].count("STANDARD") == 1, (key, instants)
            assert len(parts) == 1 or all("RRULE" in part for part in parts), (key, instants)
            assert len(parts) <= 2
        readable += bool(readable_months)
    assert readable > 300


def test_most_zones_are_readable_at_present(db: TzDb) -> None:
    soon = parse_civil("2026-12-01T12:00")
    ids = [key for key in db.ids if "/" in key and not key.startswith("Etc/")]
    unreadable = {key for key in ids if not is_readable(key, soon, db)}
    assert len(ids) > 400 and len(unreadable) < 30
    assert {"Africa/Cairo", "Africa/Casablanca", "Asia/Jerusalem"} <= unreadable

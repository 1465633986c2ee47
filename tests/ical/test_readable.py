"""The time style "auto": where a wall time with a TZID is the same instant for every reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from icalendar import Timezone

from summitry.ical.readable import DISPUTED, DISPUTED_FROM, DISPUTED_TO, is_readable
from summitry.ical.vtimezone import simple_since, vtimezone
from summitry.zones import TzDb, by_version, changed_zones, differences, format_civil, parse_civil

FETCHED = Path(__file__).resolve().parents[2] / "build" / "tzdb"
END = parse_civil("2038-01-01T00:00")


@pytest.mark.skipif(not FETCHED.is_dir(), reason="no releases: run `make releases`")
def test_the_table_is_what_two_releases_disagree_on() -> None:
    old, new = by_version(DISPUTED_FROM, FETCHED), by_version(DISPUTED_TO, FETCHED)
    found: dict[str, tuple[str, str]] = {}
    for key in changed_zones(old, new):
        spans = differences(old.zone(key), new.zone(key), 0, END)
        if spans and key == new.canonical(key):
            first = format_civil(spans[0].start)[:10]
            last = format_civil(spans[-1].end - 1)[:10]
            found[key] = first, "" if last > "2035" else last
    assert dict(DISPUTED) == found


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
def test_since_when_a_simple_block_says_it(db: TzDb, key: str, since: str) -> None:
    found = simple_since(db.zone(key))
    assert found is not None and format_civil(found) == since


@pytest.mark.parametrize("key", ["Africa/Cairo", "America/Santiago", "Asia/Gaza", "Asia/Jerusalem"])
def test_rules_that_outlook_cannot_say(db: TzDb, key: str) -> None:
    assert simple_since(db.zone(key)) is None


def test_an_alias_is_as_disputed_as_its_zone(db: TzDb) -> None:
    winter = parse_civil("2027-01-05T12:00")
    assert not is_readable("Canada/Pacific", winter, db)
    assert is_readable("US/Pacific", winter, db)


@pytest.mark.parametrize("key", ["GMT", "Etc/GMT-5", "etc/gmt-5", "EST5EDT", "Japan"])
def test_an_id_that_is_no_place_is_not(db: TzDb, key: str) -> None:
    assert not is_readable(key, parse_civil("2026-12-01T12:00"), db)


@pytest.mark.skipif(not FETCHED.is_dir(), reason="no releases: run `make releases`")
def test_a_law_that_the_packages_of_this_process_do_not_have() -> None:
    """The other way round here: rules of 2023 for Almaty against those that are carried."""
    other = by_version("2023c", FETCHED)
    assert not is_readable("Asia/Almaty", parse_civil("2024-07-04T05:00"), other)
    assert is_readable("Europe/Paris", parse_civil("2024-07-04T05:00"), other)


def test_what_is_readable_has_a_simple_block_over_any_span(db: TzDb) -> None:
    """From the first readable month of a zone to the last, and each alone."""
    months = [
        parse_civil(f"{year}-{month:02}-15T12:00")
        for year in range(1970, 2038)
        for month in (1, 4, 7, 10)
    ]
    readable = 0
    for key in sorted(db.ids):
        shown = [month for month in months if is_readable(key, month, db)]
        for instants in [shown[:1], shown[-1:], shown[::17], shown] if shown else []:
            parts = Timezone.from_ical(vtimezone(key, db.zone(key), instants)).subcomponents
            assert [part.name for part in parts].count("STANDARD") == 1, (key, instants)
            assert len(parts) == 1 or all("RRULE" in part for part in parts), (key, instants)
            assert len(parts) <= 2
        readable += bool(shown)
    assert readable > 300


def test_most_zones_are_readable_now(db: TzDb) -> None:
    soon = parse_civil("2026-12-01T12:00")
    ids = [key for key in db.ids if "/" in key and not key.startswith("Etc/")]
    unreadable = {key for key in ids if not is_readable(key, soon, db)}
    assert len(ids) > 400 and len(unreadable) < 30
    assert {"Africa/Cairo", "Africa/Casablanca", "Asia/Jerusalem"} <= unreadable

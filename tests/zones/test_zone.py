from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.zones import TzDb, default_database, format_civil, parse_civil, parse_rfc3339
from summitry.zones.civil import END_WALL, FIRST_WALL
from summitry.zones.posix import Period
from summitry.zones.tzif import ZoneData
from summitry.zones.zone import Zone

# Facts of the IANA database (its files asia, europe, australasia, africa, northamerica).
WALLS = {
    "astana-summit": ("Asia/Almaty", "2024-07-04T10:00", "normal", "05:00", "05:00"),
    "almaty-repeats-an-hour": ("Asia/Almaty", "2024-02-29T23:30", "fold", "17:30", "18:30"),
    "paris-gap": ("Europe/Paris", "2024-03-31T02:30", "gap", "00:30", "01:30"),
    "paris-gap-begins": ("Europe/Paris", "2024-03-31T02:00", "gap", "00:00", "01:00"),
    "paris-gap-is-over": ("Europe/Paris", "2024-03-31T03:00", "normal", "01:00", "01:00"),
    "paris-fold": ("Europe/Paris", "2024-10-27T02:30", "fold", "00:30", "01:30"),
    "paris-after-2037": ("Europe/Paris", "2040-07-04T10:00", "normal", "08:00", "08:00"),
    "paris-2200": ("Europe/Paris", "2200-07-04T10:00", "normal", "08:00", "08:00"),
    "paris-mean-time": ("Europe/Paris", "1900-01-01T00:09:21", "normal", "00:00", "00:00"),
    "monrovia-seconds": (
        "Africa/Monrovia",
        "1972-01-01T00:00:00",
        "normal",
        "00:44:30",
        "00:44:30",
    ),
    "dublin-negative-dst": ("Europe/Dublin", "2024-10-27T01:30", "fold", "00:30", "01:30"),
    "lord-howe-half-hour": ("Australia/Lord_Howe", "2024-10-06T02:15", "gap", "15:15", "15:45"),
    "utc": ("UTC", "2024-07-04T10:00", "normal", "10:00", "10:00"),
}


@pytest.mark.parametrize(("zone", "wall", "kind", "earlier", "later"), WALLS.values(), ids=WALLS)
def test_candidates_of_normal_times_gaps_and_folds(
    db: TzDb, zone: str, wall: str, kind: str, earlier: str, later: str
) -> None:
    first, second, found_kind = db.zone(zone).candidates(parse_civil(wall))
    clocks = [format_civil(instant)[11:].removesuffix(":00") for instant in (first, second)]
    assert (found_kind, *clocks) == (kind, earlier, later)


def test_whole_day_in_a_gap(db: TzDb) -> None:
    apia = db.zone("Pacific/Apia")
    earlier, later, kind = apia.candidates(parse_civil("2011-12-30T12:00"))
    assert (kind, later - earlier) == ("gap", 86400)


def test_transitions_range_excludes_its_end(db: TzDb) -> None:
    change = parse_rfc3339("2024-03-31T01:00Z")[0]
    paris = db.zone("Europe/Paris")
    assert paris.transitions(change, change) == []
    assert paris.transitions(change + 1, change + 2) == []
    assert paris.transitions(change, change + 1) == [(change, 3600, 7200, "CEST", True)]


def test_a_change_of_name_alone_is_a_transition_but_no_fold(db: TzDb) -> None:
    # Alaska, 1967-04-01: AHST replaces AST, at -10 hours before and after.
    anchorage = db.zone("America/Anchorage")
    instant = parse_rfc3339("1967-04-01T10:00Z")[0]
    assert anchorage.transitions(instant, instant + 1) == [(instant, -36000, -36000, "AHST", False)]
    assert anchorage.candidates(anchorage.wall_at(instant)) == (instant, instant, "normal")


def test_daylight_flag_is_that_of_the_database(db: TzDb) -> None:
    summer = parse_civil("2024-07-04T10:00")
    assert db.zone("Europe/Paris").is_dst_at(summer)
    assert not db.zone("Asia/Almaty").is_dst_at(summer)


def test_fingerprint_depends_on_rules_and_not_on_names(db: TzDb) -> None:
    assert db.zone("Asia/Calcutta").fingerprint == db.zone("Asia/Kolkata").fingerprint
    assert db.zone("Asia/Almaty").fingerprint != db.zone("Asia/Tashkent").fingerprint
    assert len(db.zone("UTC").fingerprint) == 64


def test_fingerprint_is_stable_across_releases_of_ours() -> None:
    # Stored with records: another value for the same rules would make every record look outdated.
    period, later = Period(3600, "A", False), Period(7200, "B", True)
    zone = Zone("Test/Zone", ZoneData([86400], [period, later]))
    assert zone.fingerprint == sha256(b"3600\n86400 7200").hexdigest()


@pytest.mark.parametrize(
    ("instants", "periods", "same"),
    [
        ([86400, 90000], [0, 1, 0], False),
        ([86400, 172800], [0, 2, 1], True),
        ([-86400, 172800], [1, 0, 1], True),
        ([0, 172800], [1, 0, 1], True),
        ([172800, 4_102_444_800], [0, 1, 0], True),
    ],
    ids=[
        "changes-back",
        "renamed-counts-not",
        "before-1970-counts-not",
        "at-1970-counts-not",
        "from-2100-counts-not",
    ],
)
def test_fingerprint_covers_1970_to_2100(
    instants: list[int], periods: list[int], same: bool
) -> None:
    kinds = [Period(3600, "A", False), Period(7200, "B", True), Period(3600, "C", True)]
    reference = Zone("Test/Zone", ZoneData([172800], [kinds[0], kinds[1]]))
    zone = Zone("Test/Zone", ZoneData(instants, [kinds[i] for i in periods]))
    assert (zone.fingerprint == reference.fingerprint) is same


DB = default_database()
ids = st.sampled_from(DB.ids)
walls = st.integers(FIRST_WALL, END_WALL - 1)


@given(ids, walls)
def test_wall_to_instant_to_wall_is_the_identity(zone_id: str, wall: int) -> None:
    zone = DB.zone(zone_id)
    earlier, later, kind = zone.candidates(wall)
    if kind == "gap":
        assert zone.wall_at(later) - wall == wall - zone.wall_at(earlier) == later - earlier > 0
    else:
        assert zone.wall_at(earlier) == zone.wall_at(later) == wall
        assert (earlier < later) is (kind == "fold")


@given(ids, walls)
def test_instant_to_wall_to_instant_is_among_the_candidates(zone_id: str, instant: int) -> None:
    zone = DB.zone(zone_id)
    earlier, later, kind = zone.candidates(zone.wall_at(instant))
    assert kind != "gap"
    assert instant in (earlier, later)


@given(
    st.lists(st.integers(-400_000, 400_000), unique=True, min_size=1, max_size=6).map(sorted),
    st.lists(st.integers(-25 * 3600 + 1, 26 * 3600 - 1), min_size=7, max_size=7),
    st.integers(-500_000, 500_000),
)
def test_candidates_equal_brute_force_where_changes_crowd(
    instants: list[int], offsets: list[int], wall: int
) -> None:
    periods = [Period(offset, "", False) for offset in offsets[: len(instants) + 1]]
    zone = Zone("Test/Crowded", ZoneData(instants, periods))
    readings = sorted({wall - offset for offset in offsets})
    real = [instant for instant in readings if zone.wall_at(instant) == wall]
    earlier, later, kind = zone.candidates(wall)
    if real:
        assert (earlier, later) == (real[0], real[-1])
        assert kind == ("normal" if len(real) == 1 else "fold")
    else:
        assert kind == "gap"
        assert any(
            t.instant + t.offset_before <= wall < t.instant + t.offset_after
            for t in zone.transitions(earlier, later + 1)
        )


def test_transitions_of_every_zone_are_in_order(db: TzDb) -> None:
    for zone_id in db.ids:
        changes = db.zone(zone_id).transitions(FIRST_WALL, END_WALL)
        assert all(a.instant < b.instant for a, b in pairwise(changes)), zone_id
        assert all(a.offset_after == b.offset_before for a, b in pairwise(changes)), zone_id

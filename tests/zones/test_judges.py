"""Comparison with two independent readers: zoneinfo (1900 to 2200) and pytz (1970 to 2037)."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytz
from hypothesis import given, settings
from hypothesis import strategies as st

from summitry.zones import TzDb
from summitry.zones.civil import END_WALL, FIRST_WALL
from summitry.zones.zone import Zone

DB = TzDb.from_pytz()  # the data that the judges read, whatever newer release is installed
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FILES = Path(pytz.__file__).with_name("zoneinfo")
SOAK = bool(os.environ.get("SUMMITRY_SOAK"))
EXAMPLES = 20_000 if SOAK else 300
PYTZ_YEARS = (0, 2_145_916_800)  # 1970 to 2037: pytz reads 32 bits
# pytz rounds offsets to minutes, and Liberia was at -00:44:30 until 1972.
ROUNDED_BY_PYTZ = {"Africa/Monrovia"}


def judge(zone_id: str) -> ZoneInfo:
    with (FILES / zone_id).open("rb") as file:
        return ZoneInfo.from_file(file, key=zone_id)


def civil(seconds: int) -> datetime:
    return (EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None)


def epoch(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(seconds=1)


def edges(zone: Zone, start: int, end: int) -> list[int]:
    """Return instants around each change of offset, name or flag."""
    return [t.instant + d for t in zone.transitions(start, end) for d in (-1, 0, 1799, 3600)]


def compatible(zone: Zone, wall: int) -> tuple[int, int]:
    """Return the candidates in the order of PEP 495: fold=0, fold=1."""
    earlier, later, kind = zone.candidates(wall)
    return (later, earlier) if kind == "gap" else (earlier, later)


@pytest.mark.parametrize("zone_id", DB.ids[:: 1 if SOAK else 12])
def test_zoneinfo_agrees_around_every_change(zone_id: str) -> None:
    zone, judge_zone = DB.zone(zone_id), judge(zone_id)
    for instant in edges(zone, FIRST_WALL, END_WALL):
        local = (EPOCH + timedelta(seconds=instant)).astimezone(judge_zone)
        offset = local.utcoffset()
        assert offset is not None
        assert zone.offset_at(instant) == offset.total_seconds(), instant
        assert zone.abbreviation_at(instant) == local.tzname(), instant
        wall = zone.wall_at(instant)
        instants = tuple(
            epoch(civil(wall).replace(tzinfo=judge_zone, fold=fold)) for fold in (0, 1)
        )
        assert compatible(zone, wall) == instants, instant


@settings(max_examples=EXAMPLES)
@given(st.sampled_from(DB.ids), st.integers(FIRST_WALL, END_WALL - 1))
def test_zoneinfo_agrees_on_any_wall_time(zone_id: str, wall: int) -> None:
    judge_zone = judge(zone_id)
    instants = tuple(epoch(civil(wall).replace(tzinfo=judge_zone, fold=fold)) for fold in (0, 1))
    assert compatible(DB.zone(zone_id), wall) == instants


@pytest.mark.parametrize("zone_id", sorted({*DB.ids[:: 1 if SOAK else 25]} - ROUNDED_BY_PYTZ))
def test_pytz_agrees_until_2037(zone_id: str) -> None:
    zone, judge_zone = DB.zone(zone_id), pytz.timezone(zone_id)
    for instant in edges(zone, *PYTZ_YEARS):
        local = (EPOCH + timedelta(seconds=instant)).astimezone(judge_zone)
        offset = local.utcoffset()
        assert offset is not None
        assert zone.offset_at(instant) == offset.total_seconds()
        wall = zone.wall_at(instant)
        instants = sorted(
            epoch(judge_zone.localize(civil(wall), is_dst=flag)) for flag in (True, False)
        )
        assert list(zone.candidates(wall)[:2]) == instants


def test_slim_and_fat_data_of_one_release_have_equal_fingerprints(db: TzDb, slim: TzDb) -> None:
    if db.version != slim.version:
        pytest.skip(f"pytz carries {db.version}, tzdata {slim.version}")
    assert db.ids == slim.ids
    different = [i for i in db.ids if db.zone(i).fingerprint != slim.zone(i).fingerprint]
    assert different == []

"""VTIMEZONE blocks, judged by two readers that are not ours: icalendar's and dateutil's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from io import StringIO
from itertools import pairwise

import icalendar
import pytest
from dateutil.tz import tzical
from icalendar.timezone import TZP

from summitry.ical.vtimezone import vtimezone
from summitry.zones import Choice, TzDb, Zone, parse_civil, resolve_wall

EPOCH = datetime(1970, 1, 1)

# Zone, wall times of events, and the form that the block must have.
CASES = [
    ("Asia/Almaty", ("2024-07-02T09:00", "2024-07-04T18:00"), "steady"),
    ("Asia/Almaty", ("2024-02-10T09:00", "2024-07-04T18:00"), "listed"),
    ("Asia/Kathmandu", ("2014-11-26T09:00", "2014-11-27T18:00"), "steady"),
    ("Europe/Paris", ("2024-01-15T09:00", "2027-07-04T18:00"), "yearly"),
    ("Europe/Dublin", ("2024-01-15T09:00", "2025-07-04T18:00"), "yearly"),
    ("America/New_York", ("1962-07-04T10:00",), "yearly"),
    ("America/New_York", ("2006-07-04T10:00", "2008-01-04T10:00"), "listed"),
    ("America/New_York", ("1962-07-04T10:00", "1990-01-04T10:00", "2024-07-04T10:00"), "listed"),
    ("Australia/Lord_Howe", ("2024-01-15T09:00", "2025-07-04T18:00"), "yearly"),
    ("Africa/Casablanca", ("2024-01-15T09:00", "2026-12-04T09:30"), "listed"),
    ("America/Havana", ("2024-01-15T09:00", "2026-07-04T18:00"), "any"),
    ("Pacific/Fiji", ("2019-01-05T09:00", "2021-02-04T18:00"), "listed"),
    ("Asia/Gaza", ("2024-01-15T09:00", "2026-07-04T18:00"), "listed"),
    ("Africa/Monrovia", ("1971-06-01T09:00", "1973-01-04T18:00"), "listed"),
    ("Pacific/Apia", ("2011-12-29T09:00", "2011-12-31T18:00"), "listed"),
    ("America/Sao_Paulo", ("2014-01-14T09:00", "2014-07-16T18:00"), "any"),
    ("Asia/Calcutta", ("2055-07-16T18:00",), "steady"),
    ("Europe/Berlin", ("2055-03-28T01:59", "2055-10-31T18:00"), "yearly"),
]


def name_of(value: object) -> str:
    return value.replace("/", "-") if isinstance(value, str) else ""


def by_dateutil(block: bytes) -> tzinfo:
    zone = tzical(StringIO(block.decode())).get()
    assert isinstance(zone, tzinfo)
    return zone


def by_icalendar(block: bytes) -> tzinfo:
    component = icalendar.Timezone.from_ical(block)
    assert isinstance(component, icalendar.Timezone) and component.errors == []
    return component.to_tz(TZP("zoneinfo"), lookup_tzid=False)


READERS: list[Callable[[bytes], tzinfo]] = [by_dateutil, by_icalendar]


def moments(zone: Zone, instants: list[int]) -> list[int]:
    """Return the instants, and each hour for two days around each transition between them."""
    changes = zone.transitions(instants[0], instants[-1] + 1)
    near = [
        moment
        for change in changes
        if change.offset_before != change.offset_after
        for moment in range(change.instant - 172800, change.instant + 172800, 3600)
    ]
    return sorted({*instants, *(moment for moment in near if moment >= instants[0])})


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
@pytest.mark.parametrize(("key", "walls", "form"), CASES, ids=name_of)
def test_block_gives_the_offset_of_every_instant(
    db: TzDb, key: str, walls: tuple[str, ...], form: str, reader: Callable[[bytes], tzinfo]
) -> None:
    zone = db.zone(key)
    instants = [resolve_wall(zone, parse_civil(wall), Choice.COMPATIBLE) for wall in walls]
    block = vtimezone(key, zone, instants)
    zone_read = reader(block)
    few = len(zone.transitions(instants[0], instants[-1])) <= 64
    checked = 0
    for moment in moments(zone, instants) if few else instants:
        wall = moment + zone.offset_at(moment)
        if zone.candidates(wall)[2] != "normal":
            continue  # what a repeated or skipped hour means is not written in a block
        checked += 1
        wall_time = (EPOCH + timedelta(seconds=wall)).replace(tzinfo=zone_read)
        assert wall_time.utcoffset() == timedelta(seconds=zone.offset_at(moment)), (
            f"{wall_time} of {block!r}"
        )
    assert checked


@pytest.mark.parametrize(("key", "walls", "form"), CASES, ids=name_of)
def test_block_has_the_expected_form(db: TzDb, key: str, walls: tuple[str, ...], form: str) -> None:
    zone = db.zone(key)
    instants = [resolve_wall(zone, parse_civil(wall), Choice.COMPATIBLE) for wall in walls]
    block = vtimezone(key, zone, instants)
    rules, standards = block.count(b"RRULE:"), block.count(b"BEGIN:STANDARD")
    forms = {(0, 1, 1): "steady", (2, 1, 2): "yearly"}
    assert form in ("any", forms.get((rules, standards, block.count(b"BEGIN:") - 1), "listed"))


@pytest.mark.parametrize(("key", "walls", "form"), CASES, ids=name_of)
def test_observance_begins_before_the_first_event(
    db: TzDb, key: str, walls: tuple[str, ...], form: str
) -> None:
    zone = db.zone(key)
    instants = [resolve_wall(zone, parse_civil(wall), Choice.COMPATIBLE) for wall in walls]
    component = icalendar.Timezone.from_ical(vtimezone(key, zone, instants))
    onsets = [part["DTSTART"].dt for part in component.subcomponents]
    assert min(onsets) <= EPOCH + timedelta(seconds=parse_civil(walls[0]))
    assert all(onset.tzinfo is None for onset in onsets)


def test_onset_is_written_in_the_offset_before(db: TzDb) -> None:
    zone = db.zone("Asia/Almaty")
    block = vtimezone("Asia/Almaty", zone, [resolve_wall(zone, parse_civil("2024-07-04T10:00"))])
    assert b"DTSTART:20240301T000000\r\nTZOFFSETFROM:+0600\r\nTZOFFSETTO:+0500\r\n" in block


@pytest.mark.parametrize(
    ("key", "daylight"),
    [
        ("Europe/Paris", "+0200"),
        ("Europe/Dublin", "+0100"),  # the database flags its winter
        ("Africa/Casablanca", "+0100"),  # and the Ramadan of this one
        ("Australia/Lord_Howe", "+1100"),
    ],
    ids=name_of,
)
def test_daylight_is_the_later_clock(db: TzDb, key: str, daylight: str) -> None:
    zone = db.zone(key)
    instants = [resolve_wall(zone, parse_civil(f"202{year}-01-21T12:00")) for year in (3, 5)]
    component = icalendar.Timezone.from_ical(vtimezone(key, zone, instants))
    offsets = {part["TZOFFSETTO"].to_ical() for part in component.walk("DAYLIGHT")}
    assert offsets == {daylight}


def test_standard_offset_that_moves_forward_is_standard(db: TzDb) -> None:
    """North Korea put its clocks forward by half an hour on 5 May 2018, for good."""
    zone = db.zone("Asia/Pyongyang")
    walls = ("2018-05-01T12:00", "2018-05-10T12:00")
    block = vtimezone(
        "Asia/Pyongyang", zone, [resolve_wall(zone, parse_civil(wall)) for wall in walls]
    )
    component = icalendar.Timezone.from_ical(block)
    offsets = [(part.name, part["TZOFFSETTO"].to_ical()) for part in component.subcomponents]
    assert offsets == [("STANDARD", "+0830"), ("STANDARD", "+0900")]


def test_block_of_every_zone_gives_the_offset_of_its_instants(db: TzDb) -> None:
    """Check each zone, for events at the solstices of 2023 to 2027, by dateutil."""
    walls = [f"{year}-{month}-21T12:00" for year in range(2023, 2028) for month in ("01", "07")]
    wrong = []
    for key in sorted({db.canonical(zone_id) for zone_id in db.ids}):
        zone = db.zone(key)
        instants = [resolve_wall(zone, parse_civil(wall), Choice.COMPATIBLE) for wall in walls]
        read = by_dateutil(vtimezone(key, zone, instants))
        for wall, instant in zip(walls, instants, strict=True):
            wall_time = datetime.fromisoformat(wall).replace(tzinfo=read)
            if wall_time.utcoffset() != timedelta(seconds=zone.offset_at(instant)):
                wrong.append((key, wall))
    assert wrong == []


def test_onsets_of_a_list_are_in_order(db: TzDb) -> None:
    zone = db.zone("Africa/Casablanca")
    instants = [resolve_wall(zone, parse_civil(f"{year}-01-05T09:00")) for year in (2015, 2026)]
    component = icalendar.Timezone.from_ical(vtimezone("Africa/Casablanca", zone, instants))
    onsets = [part["DTSTART"].dt for part in component.subcomponents]
    assert len(onsets) > 20 and all(earlier < later for earlier, later in pairwise(onsets))


def test_list_around_each_instant_begins_before_all_changes(db: TzDb) -> None:
    """An event before the first clock change of its zone has the offset of that time."""
    zone = db.zone("America/Sao_Paulo")  # local mean time until 1914
    instants = [parse_civil(f"{year}-07-01T12:00") for year in (1905, 1935, 2024)]
    block = vtimezone(zone.key, zone, instants)
    starts = [line for line in block.decode().split("\r\n") if line.startswith("DTSTART")]
    assert starts == sorted(starts)
    assert starts[0] < "DTSTART:19050701T120000"

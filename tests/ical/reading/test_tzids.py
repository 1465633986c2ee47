"""Zones by the evidence of the file: names of Windows, VTIMEZONEs, X-LIC-LOCATION, X-WR-TIMEZONE."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from summitry.ical.reading import Choices, EventFaultError
from summitry.ical.reading.expansion import Budget
from summitry.ical.reading.file_zones import STEPS, FileZone, read_zone
from summitry.ical.vtimezone import vtimezone
from summitry.time import resolve
from summitry.time_fields import instants
from summitry.v1.meeting_pb2 import Meeting
from summitry.zones import TzDb, default_database, parse_civil
from summitry.zones.windows_zone_ids import WINDOWS_ZONES
from tests.ical.reading.files import DESK, Result, calendar, read_all
from tests.ical.reading.zone_blocks import CUSTOMISED, exchange
from tests.ical.test_vtimezone_libical import read_offset, zone_of

BERLIN = CUSTOMISED["western europe"]
SUMMER, WINTER = "20260702T090000", "20261202T090000"


def read(tzid: str, wall: str, head: str = "", choices: Choices = DESK) -> Result:
    lines = f"UID:z\nDTSTART;TZID={tzid}:{wall}" if tzid else f"UID:z\nDTSTART:{wall}"
    return read_all(calendar(lines, head=head), choices)


def point(result: Result) -> dict[str, Any]:
    ((_, record),) = result.records
    start: dict[str, Any] = record["time"]["timed"]["start"]
    return start


def where(result: Result) -> str:
    """Return the zone or the offset of the start."""
    start = point(result)
    return str(start.get("time_zone") or start["utc_offset"])


def instant_of(result: Result) -> int | None:
    ((_, record),) = result.records
    message = json_format.ParseDict(record, Meeting())
    resolve(message.time, default_database())
    return instants(message.time)[0]


def zone(block: str) -> FileZone:
    file_zone = read_zone("Mine", block.encode(), Budget(STEPS))
    assert file_zone is not None
    return file_zone


@pytest.mark.parametrize("name", WINDOWS_ZONES)
def test_windows_name_is_the_zone_of_cldr(name: str, db: TzDb) -> None:
    expected = WINDOWS_ZONES[name]
    rules = db.zone(expected)
    for wall in (SUMMER, WINTER):
        at = parse_civil(f"{wall[:4]}-{wall[4:6]}-{wall[6:8]}T09:00")
        block = vtimezone(name, rules, [at]).decode().replace("\r\n", "\n")
        for head in ("", block):
            result = read(name, wall, head)
            assert where(result) == expected
            assert instant_of(result) == rules.candidates(at)[0]
            assert [text for _, text in result.warnings] == [
                f"TZID '{name}' is taken as {expected}: that is CLDR's zone for the name of Windows"
            ]


@pytest.mark.parametrize(
    ("tzid", "expected"),
    [
        ("w. europe standard time", "Europe/Berlin"),
        ("tzone://Microsoft/Utc", "Etc/UTC"),
        ('"tzone://Microsoft/Utc"', "Etc/UTC"),
        ("(UTC+07:00) Bangkok, Hanoi, Jakarta", "Asia/Bangkok"),
        ('"(UTC+07:00) Bangkok, Hanoi, Jakarta"', "Asia/Bangkok"),
        ("(GMT+01:00) Amsterdam, Berlin, Bern, Rome", "Europe/Amsterdam"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC) Coordinated Universal Time", "Etc/UTC"),
        ("Pacific Time (US & Canada)", "America/Los_Angeles"),
    ],
)
def test_name_for_display_is_the_zone_with_its_offset(tzid: str, expected: str) -> None:
    result = read(tzid, SUMMER)
    assert where(result) == expected
    assert len(result.warnings) == 1


@pytest.mark.parametrize(
    "tzid",
    [
        "Customized Time Zone",
        "(UTC+05:00) Bangkok",
        "(UTC-03:00) Eastern Time (US & Canada)",
        "(UTC+01:00) Nowhere",
        "(UTC+99:99) Paris",
        "tzone://Microsoft/Custom",
        "Nowhere Standard Time",
    ],
)
def test_name_without_evidence_is_refused(tzid: str) -> None:
    result = read(tzid, SUMMER)
    assert not result.records
    assert "--tzid" in result.faults[0][1]


@pytest.mark.parametrize("tzid", ["Customized Time Zone", "tzone://Microsoft/Custom", "Mars/Base"])
def test_hour_of_a_zone_that_only_the_file_has_keeps_its_offset(tzid: str) -> None:
    block = exchange(tzid, *BERLIN)
    for wall, offset in ((SUMMER, "+02:00"), (WINTER, "+01:00")):
        result = read(tzid, wall, block)
        assert where(result) == offset
        ((_, record),) = result.records
        text = f"TZID '{tzid}' has the offset {offset} of its VTIMEZONE"
        assert result.warnings == [(1, text)]
        assert record["sources"] == [{"id": "calendar-file", "note": text}]
        assert record["time"]["source_text"] == f"DTSTART;TZID={tzid}:{wall}"


def test_vtimezone_that_contradicts_a_windows_name_holds() -> None:
    name = "W. Europe Standard Time"
    block = exchange(name, "+0100")  # somebody has switched summer time off
    assert where(read(name, WINTER, block)) == "Europe/Berlin"
    result = read(name, SUMMER, block)
    assert where(result) == "+01:00"
    assert result.warnings[0][1].endswith(
        "+01:00 of its VTIMEZONE, which Europe/Berlin does not have then"
    )


def test_zone_from_which_the_vtimezone_was_made_is_taken() -> None:
    block = exchange("Mine", *BERLIN).replace("TZID:Mine", "TZID:Mine\nX-LIC-LOCATION:Europe/Rome")
    assert where(read("Mine", SUMMER, block)) == "Europe/Rome"
    contradiction = block.replace("Europe/Rome", "Asia/Tokyo")
    assert where(read("Mine", SUMMER, contradiction)) == "+02:00"


@pytest.mark.parametrize("tzid", ["GMT", "Etc/GMT", "UTC"])
def test_fixed_zone_with_summer_time_in_the_file_has_the_offset_of_the_file(tzid: str) -> None:
    block = exchange(tzid, *CUSTOMISED["britain"])
    assert where(read(tzid, SUMMER, block)) == "+01:00"
    assert not read(tzid, WINTER, block).warnings
    assert not read(tzid, SUMMER, exchange(tzid, "+0000")).warnings


def test_zone_of_the_database_has_priority_over_the_file() -> None:
    result = read("Europe/Paris", SUMMER, exchange("Europe/Paris", "+0500"))
    assert where(result) == "Europe/Paris"
    assert not result.warnings


def test_caller_has_priority_over_all_evidence() -> None:
    choices = DESK._replace(tzids={"Romance Standard Time": "Asia/Tokyo"})
    result = read(
        "Romance Standard Time", SUMMER, exchange("Romance Standard Time", *BERLIN), choices
    )
    assert where(result) == "Asia/Tokyo"
    assert not result.warnings


def test_days_of_a_series_have_each_its_offset() -> None:
    lines = (
        "UID:s\nDTSTART;TZID=Mine:20261019T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3\n"
        "EXDATE;TZID=Mine:20261019T090000"
    )
    result = read_all(calendar(lines, head=exchange("Mine", *BERLIN)))
    offsets = [record["time"]["timed"]["end"]["utc_offset"] for _, record in result.records]
    assert offsets == ["+01:00", "+01:00"]
    assert [record["ical_uid"] for _, record in result.records] == [
        "s/20261026T090000",
        "s/20261102T090000",
    ]


@pytest.mark.parametrize(
    "lines",
    [
        "TZOFFSETFROM:+0200\nTZOFFSETTO:+0100",
        "DTSTART:20000101T000000\nTZOFFSETTO:+0100",
        "DTSTART:20000101T000000\nTZOFFSETFROM:+0200\nTZOFFSETTO:1",
        "DTSTART:20000101T000000\nTZOFFSETFROM:+2400\nTZOFFSETTO:+0100",
        "DTSTART:never\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100",
        "DTSTART:20000101T000000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=DAILY",
        "DTSTART:20000101T000000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;INTERVAL=2",
        "DTSTART:20000101T000000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRDATE:soon",
    ],
)
def test_broken_vtimezone_is_no_evidence(lines: str) -> None:
    block = f"BEGIN:VTIMEZONE\nTZID:Mine\nBEGIN:STANDARD\n{lines}\nEND:STANDARD\nEND:VTIMEZONE\n"
    assert read_zone("Mine", block.encode(), Budget(STEPS)) is None
    result = read("Mine", SUMMER, block)
    assert not result.records
    assert "--tzid" in result.faults[0][1]


def test_vtimezones_share_a_budget() -> None:
    rules = read_zone("Mine", exchange("Mine", *BERLIN).encode(), Budget(100))
    assert rules is not None
    assert rules.offset_at(0) == 3600
    with pytest.raises(EventFaultError, match="VTIMEZONEs of the file need more than"):
        for decade in range(10):
            rules.offset_at(decade * 10 * 366 * 86400)


def test_onsets_that_are_listed_or_end_are_read() -> None:
    block = (
        "BEGIN:VTIMEZONE\nTZID:Mine\nBEGIN:STANDARD\nDTSTART:20001029T030000\nTZOFFSETFROM:+0200\n"
        "TZOFFSETTO:+0100\nRDATE:20011028T030000,20021027T030000\nEND:STANDARD\nBEGIN:DAYLIGHT\n"
        "DTSTART:20000326T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n"
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3;UNTIL=20020331T010000Z\nEND:DAYLIGHT\nEND:VTIMEZONE\n"
    )
    rules = zone(block)
    offsets = [
        rules.offset_at(parse_civil(f"{day}T00:00"))
        for day in (
            "1999-07-01",
            "2000-07-01",
            "2001-01-01",
            "2002-07-01",
            "2003-01-01",
            "2009-07-01",
        )
    ]
    assert offsets == [3600, 7200, 3600, 7200, 3600, 3600]


@pytest.mark.parametrize("name", CUSTOMISED)
def test_customised_zone_has_the_offsets_of_libical(libical: Any, name: str) -> None:
    block = exchange("Mine", *CUSTOMISED[name])
    rules = zone(block)
    folded = block.replace("\n", "\r\n").encode()
    with zone_of(libical, folded) as judge:
        for at in range(
            parse_civil("2024-01-01T00:00"), parse_civil("2031-01-01T00:00"), 3 * 86400
        ):
            expected = read_offset(libical, judge, at, "icaltimezone_get_utc_offset_of_utc_time")
            assert rules.offset_at(at) == expected, (name, at)


@pytest.mark.parametrize("name", [name for name, zone in CUSTOMISED.items() if zone[1]])
@given(year=st.integers(1900, 2200))
def test_customised_zone_changes_when_its_rule_says(name: str, year: int) -> None:
    """The rule of Exchange: the weekday of a month, at an hour of the clock before it."""
    rules = zone(exchange("Mine", *CUSTOMISED[name]))
    standard, daylight, autumn, spring = CUSTOMISED[name]
    for onset, before, after in ((autumn, daylight, standard), (spring, standard, daylight)):
        wall = _onset(year, onset)
        at = int(wall.replace(tzinfo=UTC).timestamp()) - _seconds(before)
        assert (rules.offset_at(at - 1), rules.offset_at(at)) == (_seconds(before), _seconds(after))


def _onset(year: int, onset: str) -> datetime:
    month, day, hour = onset.split()
    number, weekday = int(day[:-2]), ("MO", "TU", "WE", "TH", "FR", "SA", "SU").index(day[-2:])
    days = [datetime(year, int(month), 1) + timedelta(days=n) for n in range(31)]
    days = [day for day in days if day.month == int(month) and day.weekday() == weekday]
    at = days[number - 1 if number > 0 else number]
    return at.replace(hour=int(hour[:2]), minute=int(hour[2:4]), second=int(hour[4:]))


def _seconds(offset: str) -> int:
    seconds = (int(offset[1:3]) * 60 + int(offset[3:5])) * 60
    return -seconds if offset[0] == "-" else seconds


def test_hours_without_a_zone_are_in_that_of_the_calendar() -> None:
    head = "X-WR-TIMEZONE:Europe/Paris\n"
    result = read("", SUMMER, head)
    assert where(result) == "Europe/Paris"
    assert result.warnings == [
        (1, "the hour without a zone is taken as Europe/Paris: X-WR-TIMEZONE says so")
    ]
    by_choice = read("", SUMMER, head, DESK._replace(zone="Asia/Tokyo"))
    assert (where(by_choice), by_choice.warnings) == ("Asia/Tokyo", [])
    assert read("", SUMMER, "X-WR-TIMEZONE:Mars\n").faults


def test_vtimezone_of_one_calendar_does_not_apply_to_the_next() -> None:
    event = f"UID:z\nDTSTART;TZID=Mine:{SUMMER}"
    data = calendar(head=exchange("Mine", *BERLIN)) + calendar(event)
    result = read_all(data)
    assert not result.records
    assert len(result.faults) == 1

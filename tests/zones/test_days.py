from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.zones import (
    InvalidDateError,
    TzDb,
    day_of,
    day_start,
    day_window,
    default_database,
    format_date,
    parse_date,
    rfc3339,
)
from summitry.zones.civil import END_WALL, FIRST_WALL

DB = default_database()
EPOCH = date(1970, 1, 1)
ids = st.sampled_from(DB.ids)
days = st.integers(FIRST_WALL // 86400, END_WALL // 86400 - 1)

# Zones and days at which the clocks change over midnight, or a date is missing.
WINDOWS = {
    "paris": ("Europe/Paris", "2024-07-03", "2024-07-02T22:00", "2024-07-03T22:00"),
    "almaty-25h": ("Asia/Almaty", "2024-02-29", "2024-02-28T18:00", "2024-02-29T19:00"),
    "no-midnight": ("Africa/Cairo", "2024-04-26", "2024-04-25T22:00", "2024-04-26T21:00"),
    "empty": ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", "2011-12-30T10:00"),
    "gap-from-23:30": ("America/Toronto", "1919-03-31", "1919-03-31T04:30", "1919-04-01T04:00"),
    "back-over-midnight": (
        "America/St_Johns", "2010-11-07", "2010-11-07T02:30", "2010-11-08T03:30"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("zone", "day", "start", "end"), WINDOWS.values(), ids=WINDOWS)
def test_day_window_where_clocks_change(
    db: TzDb, zone: str, day: str, start: str, end: str
) -> None:
    window = day_window(db.zone(zone), parse_date(day), parse_date(day))
    assert tuple(rfc3339(instant) for instant in window) == (f"{start}:00Z", f"{end}:00Z")


def test_day_window_includes_the_last_day(db: TzDb) -> None:
    first, last = parse_date("2024-07-02"), parse_date("2024-07-06")
    start, end = day_window(db.zone("Asia/Almaty"), first, last)
    assert (rfc3339(start), end - start) == ("2024-07-01T19:00:00Z", 5 * 86400)


@given(ids, st.integers(FIRST_WALL, END_WALL - 1))
def test_every_instant_is_in_exactly_one_day(zone_id: str, instant: int) -> None:
    zone = DB.zone(zone_id)
    day = day_of(zone, instant)
    start, end = day_window(zone, day, day)
    assert start <= instant < end
    assert day_start(zone, day - 1) <= start
    assert end <= day_start(zone, day + 2)


@given(ids, days)
def test_a_day_starts_at_the_first_instant_that_is_not_before_it(zone_id: str, day: int) -> None:
    zone = DB.zone(zone_id)
    start = day_start(zone, day)
    assert zone.wall_at(start) >= day * 86400
    steps = range(start - 3 * 86400, start, 900)
    assert all(zone.wall_at(instant) < day * 86400 for instant in (*steps, start - 1))


def test_every_instant_around_a_change_is_in_its_day(db: TzDb) -> None:
    hard = ["America/St_Johns", "America/Goose_Bay", "Antarctica/Casey", "Asia/Gaza",
            "America/Havana", "Africa/Cairo", "Asia/Beirut", "Pacific/Kwajalein",
            "America/Toronto", "Africa/Casablanca", "Pacific/Kiritimati"]  # fmt: skip
    for zone in map(db.zone, hard):
        for change in zone.transitions(FIRST_WALL, END_WALL):
            for instant in range(change.instant - 7200, change.instant + 7201, 900):
                day = day_of(zone, instant)
                start, end = day_window(zone, day, day)
                assert start <= instant < end, (zone, rfc3339(instant))


@given(st.dates())
def test_dates_are_those_of_the_calendar(day: date) -> None:
    assert parse_date(day.isoformat()) == (day - EPOCH).days
    assert format_date((day - EPOCH).days) == day.isoformat()


@pytest.mark.parametrize(
    "text",
    ["", "2024-02-30", "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-01-00",
     "0000-01-01", "2018-03-5", "20240704", "2024-07", "2024-07-04T10:00", " 2024-07-04",
     "2024-07-04\n", "+2024-07-04", "2024-186", "2024-W27-4", "\u202e2024-07-04", "\u0662\u0660\u0662\u0664-07-04"],
)  # fmt: skip
def test_invalid_date_is_rejected(text: str) -> None:
    with pytest.raises(InvalidDateError) as refusal:
        parse_date(text)
    assert refusal.value.value == text
    assert str(refusal.value).isascii()


@pytest.mark.parametrize("day", [-719163, 2932897, 10**30])
def test_day_outside_the_calendar_is_rejected(day: int) -> None:
    with pytest.raises(InvalidDateError):
        format_date(day)

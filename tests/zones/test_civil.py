from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.zones import (
    InvalidTimeError,
    TzDb,
    default_database,
    format_civil,
    format_offset,
    parse_civil,
    parse_offset,
    parse_rfc3339,
    rfc3339,
    rfc9557,
)
from summitry.zones.civil import END_WALL, FIRST_WALL

EPOCH = datetime(1970, 1, 1)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 12, 31, 23, 59, 59)))
def test_civil_texts_are_those_of_datetime(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    wall = parse_civil(moment.isoformat())
    assert wall == (moment - EPOCH).total_seconds()
    assert format_civil(wall) == moment.isoformat()


def test_seconds_may_be_left_out() -> None:
    assert parse_civil("2024-07-04T10:00") == parse_civil("2024-07-04T10:00:00")


@pytest.mark.parametrize("text", ["1900-01-01T00:00:00", "2200-12-31T23:59:59"])
def test_first_and_last_wall_time(text: str) -> None:
    assert format_civil(parse_civil(text)) == text
    assert parse_civil(text) in (FIRST_WALL, END_WALL - 1)


NOT_CIVIL = {
    "empty": "",
    "hour-24": "2024-07-04T24:00",
    "hour-25": "2024-07-04T25:00",
    "minute-60": "2024-07-04T10:60",
    "leap-second": "2016-12-31T23:59:60",
    "30-february": "2024-02-30T10:00",
    "29-february-of-no-leap-year": "2023-02-29T10:00",
    "month-13": "2024-13-01T10:00",
    "one-digit-day": "2018-03-5T16:00",
    "date-only": "2024-07-04",
    "blank-for-t": "2024-07-04 10:00",
    "lower-t": "2024-07-04t10:00",
    "with-offset": "2024-07-04T10:00+05:00",
    "with-z": "2024-07-04T10:00Z",
    "fraction": "2024-07-04T10:00:00.5",
    "year-1899": "1899-12-31T23:59:59",
    "year-2201": "2201-01-01T00:00",
    "year-0000": "0000-01-01T00:00",
    "arabic-digits": "\u0662\u0660\u0662\u0664-07-04T10:00",
    "bidi": "\u202e2024-07-04T10:00",
    "newline": "2024-07-04T10:00\n",
    "basic-format": "20240704T1000",
}


@pytest.mark.parametrize("text", NOT_CIVIL.values(), ids=NOT_CIVIL)
def test_invalid_wall_time_is_rejected(text: str) -> None:
    with pytest.raises(InvalidTimeError) as refusal:
        parse_civil(text)
    assert refusal.value.value == text
    assert str(refusal.value).isascii()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Z", 0),
        ("+00:00", 0),
        ("-00:00", 0),
        ("+05:00", 18000),
        ("-03:30", -12600),
        ("-00:44:30", -2670),
        ("+23:59:59", 86399),
    ],
)
def test_parse_offset(text: str, seconds: int) -> None:
    assert parse_offset(text) == seconds


@given(st.integers(-86399, 86399))
def test_offset_to_text_to_offset_is_the_identity(seconds: int) -> None:
    assert parse_offset(format_offset(seconds)) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "z", "5", "+5", "+0500", "05:00", "+24:00", "+05:60", "+05:00:60", "\u221205:00", "+05:"],
)
def test_invalid_offset_is_rejected(text: str) -> None:
    with pytest.raises(InvalidTimeError):
        parse_offset(text)


@pytest.mark.parametrize(
    ("utc", "zone", "text"),
    [
        ("2024-07-04T05:00Z", "Asia/Almaty", "2024-07-04T10:00:00+05:00[Asia/Almaty]"),
        ("2024-07-04T05:00Z", "asia/calcutta", "2024-07-04T10:30:00+05:30[Asia/Calcutta]"),
        ("2024-07-04T05:00Z", "UTC", "2024-07-04T05:00:00+00:00[UTC]"),
        ("2024-01-15T12:00Z", "America/St_Johns", "2024-01-15T08:30:00-03:30[America/St_Johns]"),
        ("1971-07-01T10:44:30Z", "Africa/Monrovia", "1971-07-01T10:00:30-00:44[Africa/Monrovia]"),
        ("1905-01-01T00:00Z", "Europe/Paris", "1905-01-01T00:09:00+00:09[Europe/Paris]"),
    ],
)
def test_rfc9557(db: TzDb, utc: str, zone: str, text: str) -> None:
    assert rfc9557(parse_rfc3339(utc)[0], db.zone(zone)) == text


@given(st.sampled_from(["Africa/Monrovia", "Europe/Paris", "Asia/Kolkata", "America/Havana"]),
       st.integers(FIRST_WALL, END_WALL - 1))  # fmt: skip
def test_rfc9557_never_moves_the_instant(zone_id: str, instant: int) -> None:
    text = rfc9557(instant, default_database().zone(zone_id))
    assert parse_rfc3339(text.partition("[")[0])[0] == instant


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (0, "2024-07-03T06:00:00Z"),
        (3600, "2024-07-03T07:00:00+01:00"),
        (-12600, "2024-07-03T02:30:00-03:30"),
        (-2670, "2024-07-03T05:16:00-00:44"),
    ],
)
def test_rfc3339(offset: int, text: str) -> None:
    assert rfc3339(parse_rfc3339("2024-07-03T07:00+01:00")[0], offset) == text


@pytest.mark.parametrize(
    ("text", "utc", "offset"),
    [
        ("2024-07-03T07:00+01:00", "2024-07-03T06:00", 3600),
        ("2024-07-03T07:00:30-03:30", "2024-07-03T10:30:30", -12600),
        ("2024-07-03T07:00:00Z", "2024-07-03T07:00", 0),
    ],
)
def test_parse_rfc3339(text: str, utc: str, offset: int) -> None:
    assert parse_rfc3339(text) == (parse_civil(utc), offset)


def test_parse_rfc3339_takes_years_before_1900() -> None:
    assert rfc3339(parse_rfc3339("1874-12-12T10:00Z")[0]) == "1874-12-12T10:00:00Z"


@pytest.mark.parametrize(
    "text",
    ["", "Z", "2024-07-03", "2024-07-03T07:00", "2018-03-5T16:00Z", "2024-02-30T07:00Z",
     "2024-07-03T07:00+1:00", "2024-07-03T07:00 +01:00", "2024-07-03T07:00:00.123Z",
     "2024-07-03T24:00Z", "2024-07-03T07:00+01:00[Europe/London]", "0000-01-01T00:00Z"],
)  # fmt: skip
def test_invalid_date_time_is_rejected(text: str) -> None:
    with pytest.raises(InvalidTimeError) as refusal:
        parse_rfc3339(text)
    assert refusal.value.value == text


@pytest.mark.parametrize(
    "write", [format_civil, rfc3339], ids=["civil", "rfc3339"]
)  # fmt: skip
@pytest.mark.parametrize("seconds", [-(10**12), 10**12, 10**30])
def test_year_outside_the_calendar_is_rejected(write: Callable[[int], str], seconds: int) -> None:
    with pytest.raises(InvalidTimeError):
        write(seconds)

"""Times of records of format 1: what they meant, in the fields of today.

The meaning of each format is written down here as a rule of its own, and compared on any times.
"""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from summitry.formats.former import from_former_bytes
from summitry.formats.former.messages import message_class
from summitry.kinds import MEETING
from summitry.time_text import format_time
from summitry.zones import default_database

Fields = dict[str, Any]
INSTANT = {"instant": "2024-07-04T05:00:00Z", "time_zone": "Asia/Almaty"}
CIVIL = {"civil_time": "2024-07-04T10:00", "time_zone": "Asia/Almaty"}
OFFSET = {"civil_time": "2024-07-04T10:00", "utc_offset": "+05:00"}
OFFSET_IN_ZONE = {**CIVIL, "utc_offset": "+06:00"}
AT, UNTIL = "1950-07-04T05:00:00Z", "1950-07-04T06:00:00Z"


def moment(end: str) -> Fields:
    return {"resolved": {"interval": {"start_time": AT, **({"end_time": end} if end else {})}}}


# id: a time of format 1 -> the same of today.
TIMES: dict[str, tuple[Fields, Fields]] = {
    "instant": (
        {"timed": {"start": INSTANT}, "authority": "TIME_AUTHORITY_INSTANT", "resolved": {}},
        {"timed": {"start": INSTANT}, "resolved": {"authority": "TIME_AUTHORITY_INSTANT"}},
    ),
    "instant-asked-for": (
        {"timed": {"start": CIVIL}, "authority": "TIME_AUTHORITY_INSTANT"},
        {"timed": {"start": CIVIL}, "fixed_as": "FIXED_AS_INSTANT"},
    ),
    "civil": (
        {"timed": {"start": CIVIL}, "authority": "TIME_AUTHORITY_CIVIL", "resolved": {}},
        {"timed": {"start": CIVIL}, "resolved": {"authority": "TIME_AUTHORITY_CIVIL"}},
    ),
    "offset": (
        {"timed": {"start": OFFSET}, "authority": "TIME_AUTHORITY_OFFSET", "resolved": {}},
        {"timed": {"start": OFFSET}, "resolved": {"authority": "TIME_AUTHORITY_OFFSET"}},
    ),
    "offset-beside-a-zone": (
        {"timed": {"start": CIVIL, "end": OFFSET_IN_ZONE}, "authority": "TIME_AUTHORITY_OFFSET"},
        {"timed": {"start": CIVIL, "end": OFFSET_IN_ZONE}, "fixed_as": "FIXED_AS_OFFSET"},
    ),
    "days": (
        {"dates": {"first_date": "2024-07-03", "last_date": "2024-07-04"}, "authority": 4},
        {"dates": {"first_date": "2024-07-03", "last_date": "2024-07-04"}},
    ),
    "open-end": (
        {"dates": {"first_date": "2024-07-03"}},
        {"dates": {"first_date": "2024-07-03", "open_end": True}},
    ),
    "open-start": (
        {"dates": {"last_date": "2024-07-03"}},
        {"dates": {"last_date": "2024-07-03", "open_start": True}},
    ),
    "no-days": ({"dates": {"time_zone": "UTC"}}, {"dates": {"time_zone": "UTC"}}),
    "moment": (
        {"timed": {"start": CIVIL}, **moment(AT)},
        {"timed": {"start": CIVIL}, **moment("")},
    ),
    "no-length": (
        {"timed": {"start": CIVIL, "end": CIVIL}, **moment(AT)},
        {"timed": {"start": CIVIL, "end": CIVIL}, **moment(AT)},
    ),
    "hours": (
        {"timed": {"start": CIVIL, "end": CIVIL}, **moment(UNTIL)},
        {"timed": {"start": CIVIL, "end": CIVIL}, **moment(UNTIL)},
    ),
    "partial": (
        {"partial": {"edtf": "2023-10"}, "authority": "TIME_AUTHORITY_PARTIAL", "resolved": {}},
        {"partial": {"edtf": "2023-10"}, "resolved": {"authority": "TIME_AUTHORITY_PARTIAL"}},
    ),
}


@pytest.mark.parametrize(("former", "present"), TIMES.values(), ids=TIMES)
def test_former_time_has_the_same_meaning(former: Fields, present: Fields) -> None:
    fields = {
        "time": former,
        "previous_times": [{"time": former}],
        "claims": [{"source": "s", "time": former}],
    }
    stored = json_format.ParseDict(fields, message_class("Meeting", 1)())
    record = from_former_bytes(MEETING, stored.SerializeToString(), 1)
    for time in (record.time, record.previous_times[0].time, record.claims[0].time):
        if "resolved" in former:
            assert time.resolved.iso == format_time(time, default_database()) != ""
            time.resolved.ClearField("iso")
        assert json_format.MessageToDict(time, preserving_proto_field_name=True) == present


POINTS = (CIVIL, INSTANT, OFFSET, OFFSET_IN_ZONE)
DATES = st.sampled_from(("", "2024-07-03", "2024-07-04"))


@st.composite
def former_times(draw: st.DrawFn) -> Fields:
    """Draw a time of format 1: points, days or a partial date, with any authority."""
    names = ("UNSPECIFIED", "CIVIL", "INSTANT", "OFFSET")
    authority = f"TIME_AUTHORITY_{draw(st.sampled_from(names))}"
    form = draw(st.sampled_from(("timed", "dates", "partial")))
    if form == "timed":
        ends = draw(st.lists(st.sampled_from(POINTS), min_size=1, max_size=2))
        span: Fields = dict(zip(("start", "end"), ends, strict=False))
    elif form == "dates":
        days = draw(st.tuples(DATES, DATES).filter(any))
        span = {
            name: day for name, day in zip(("first_date", "last_date"), days, strict=True) if day
        }
    else:
        span = {"edtf": draw(st.sampled_from(("2024-07", "2023-10~", "../2024-05")))}
    return {form: span, **({"authority": authority} if form == "timed" else {})}


def former_meaning(time: Fields) -> object:
    """Return what a time of format 1 says: an end of days without a date is open."""
    if "dates" in time:
        return [time["dates"].get(name) for name in ("first_date", "last_date")]
    if "timed" not in time:
        return time["partial"]
    authority = time["authority"].removeprefix("TIME_AUTHORITY_")
    asks_for_instant = authority == "INSTANT"
    return [
        (point, "INSTANT" if asks_for_instant or "instant" in point else _offset(point, authority))
        for point in time["timed"].values()
    ]


def _offset(point: Fields, authority: str) -> str:
    """Return what of a wall time stays: an offset beside a zone does only where it was asked for."""
    if "utc_offset" not in point:
        return "CIVIL"
    return "OFFSET" if authority == "OFFSET" or "time_zone" not in point else "CIVIL"


def meaning(time: Fields) -> object:
    """Return what a time of today says: an end of days without a date is the other, or open."""
    if "dates" in time:
        days = time["dates"]
        first, last = days.get("first_date"), days.get("last_date")
        return [
            None if days.get("open_start") else first or last,
            None if days.get("open_end") else last or first,
        ]
    if "timed" not in time:
        return time["partial"]
    fixed = time.get("fixed_as", "").removeprefix("FIXED_AS_")
    return [
        (point, "INSTANT" if fixed == "INSTANT" or "instant" in point else _offset(point, fixed))
        for point in time["timed"].values()
    ]


@given(former_times())
def test_time_says_today_what_it_said_in_format_1(former: Fields) -> None:
    stored = json_format.ParseDict({"time": former}, message_class("Meeting", 1)())
    record = from_former_bytes(MEETING, stored.SerializeToString(), 1)
    today = json_format.MessageToDict(record.time, preserving_proto_field_name=True)
    assert meaning(today) == former_meaning(former)

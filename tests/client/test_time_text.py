"""A whole time in one string: what it says, what is refused, and that it comes back the same."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import example, given
from hypothesis import strategies as st

from summitry import parse_time
from summitry.time import TimeFieldError, resolve
from summitry.time_text import format_time
from summitry.v1.event_time_pb2 import Disambiguation, EventTime, TimePoint
from summitry.zones import ZoneError, default_database, format_civil, format_date, parse_civil

DB = default_database()
Json = dict[str, Any]
ALMATY, PARIS = "Asia/Almaty", "Europe/Paris"


def wall(civil: str, zone: str = "", offset: str = "", choice: str = "") -> Json:
    point = {"civil_time": civil, "time_zone": zone, "utc_offset": offset}
    point["disambiguation"] = choice and f"DISAMBIGUATION_{choice}"
    return {name: value for name, value in point.items() if value}


def timed(start: Json, end: Json | None = None, **more: str) -> Json:
    return {"timed": {"start": start, **({"end": end} if end else {}), **more}}


def instant(text: str, zone: str = "") -> Json:
    return {"instant": text, **({"time_zone": zone} if zone else {})}


def dates(first: str = "", last: str = "", **more: Any) -> Json:
    span = {"first_date": first, "last_date": last, **more}
    return {"dates": {name: value for name, value in span.items() if value}}


TEN, NOON = "2024-07-03T10:00", "2024-07-03T12:00"
# Text -> fields.
TEXTS: dict[str, Json] = {
    f"{TEN}[Asia/Almaty]": timed(wall(TEN, ALMATY)),
    "2024-07-03T10:00:30[Asia/Almaty]": timed(wall("2024-07-03T10:00:30", ALMATY)),
    TEN: timed(wall(TEN)),
    f"{TEN}/{NOON}[Asia/Almaty]": timed(wall(TEN, ALMATY), wall(NOON, ALMATY)),
    f"{TEN}/12:00[Asia/Almaty]": timed(wall(TEN, ALMATY), wall(NOON, ALMATY)),
    f"{TEN}[Asia/Almaty]/12:00": timed(wall(TEN, ALMATY), wall(NOON)),
    f"{TEN}[Asia/Almaty]/12:00[Europe/Paris]": timed(wall(TEN, ALMATY), wall(NOON, PARIS)),
    f"{TEN}/PT90M[Asia/Almaty]": timed(wall(TEN, ALMATY), duration="5400s"),
    f"{TEN}[Asia/Almaty]/PT1H30M5S": timed(wall(TEN, ALMATY), duration="5405s"),
    f"{TEN}+05:00": timed(wall(TEN, offset="+05:00")),
    f"{TEN}-00:44:30": timed(wall(TEN, offset="-00:44:30")),
    f"{TEN}+05:00/12:00": timed(wall(TEN, offset="+05:00"), wall(NOON, offset="+05:00")),
    f"{TEN}+05:00/{NOON}[Europe/Paris]": timed(wall(TEN, offset="+05:00"), wall(NOON, PARIS)),
    f"{TEN}+05:00[Asia/Almaty]": timed(wall(TEN, ALMATY, "+05:00")),
    f"{TEN}+05:00/12:00+05:00[Asia/Almaty]": timed(
        wall(TEN, ALMATY, "+05:00"), wall(NOON, ALMATY, "+05:00")
    ),
    f"{TEN}Z": timed(instant("2024-07-03T10:00:00Z")),
    f"{TEN}Z[Asia/Almaty]": timed(instant("2024-07-03T10:00:00Z", ALMATY)),
    f"{TEN}Z/12:00": timed(instant("2024-07-03T10:00:00Z"), instant("2024-07-03T12:00:00Z")),
    f"{TEN}Z/{NOON}[Europe/Paris]": timed(instant("2024-07-03T10:00:00Z"), wall(NOON, PARIS)),
    f"{TEN}[Asia/Almaty][_choice=later]": timed(wall(TEN, ALMATY, choice="LATER")),
    f"{TEN}[!Asia/Almaty][u-ca=iso8601]": timed(wall(TEN, ALMATY)),
    "2024-07-03": dates("2024-07-03", "2024-07-03"),
    "2024-07-03[Asia/Almaty]": dates("2024-07-03", "2024-07-03", time_zone=ALMATY),
    "2024-07-02/2024-07-06": dates("2024-07-02", "2024-07-06"),
    "2024-07-02[Asia/Almaty]/2024-07-06": dates("2024-07-02", "2024-07-06", time_zone=ALMATY),
    "2024-07-02/..": dates("2024-07-02", open_end=True),
    "2024-07-02/..[Asia/Almaty]": dates("2024-07-02", open_end=True, time_zone=ALMATY),
    "2024-07-02/": dates("2024-07-02", open_end=True),
    "../2024-07-06": dates(last="2024-07-06", open_start=True),
    "2023-10": {"partial": {"edtf": "2023-10"}},
    "2023-10~[Asia/Shanghai]": {"partial": {"edtf": "2023-10~", "time_zone": "Asia/Shanghai"}},
    "2024-07-03?": {"partial": {"edtf": "2024-07-03?"}},
    "2024-05/2024-07": {"partial": {"edtf": "2024-05/2024-07"}},
    "../2024-05": {"partial": {"edtf": "../2024-05"}},
    "[2024-05, 2024-07][Asia/Shanghai]": {
        "partial": {"edtf": "[2024-05,2024-07]", "time_zone": "Asia/Shanghai"}
    },
    "2024-07-02/..[_form=partial]": {"partial": {"edtf": "2024-07-02/.."}},
}


@pytest.mark.parametrize(("text", "fields"), TEXTS.items(), ids=TEXTS)
def test_text_says_the_fields_of_a_time(text: str, fields: Json) -> None:
    time = json_format.MessageToDict(parse_time(text), preserving_proto_field_name=True)
    assert time == fields


REFUSED = (
    "", "x", "3 July 2024", "2024-07-03 10:00", "2024-07-03t10:00", "..", "../..", "/", "2024-02-30",
    "2024-07-03T25:00", "2024-07-03T24:00", "2024-07-03T10", "20240703T1000", "1850-07-03T10:00Z",
    f"{TEN}/", f"{TEN}/..", f"../{TEN}", f"{TEN}/2024-07-04", "2024-07-03/12:00", f"{TEN}/P1D",
    f"{TEN}/PT", f"{TEN}/PT1.5H", f"{TEN}/-PT1H", f"{TEN}/12:00/13:00", f"{TEN}+5", f"{TEN}+25:00",
    f"{TEN}[", f"{TEN}[]", f"[{TEN}]", f"{TEN}[Asia/Almaty]x", f"{TEN}[Asia/Almaty][Europe/Paris]",
    f"{TEN}[!x-y=z]", f"{TEN}[_choice=first]", "2024-07-02[Asia/Almaty]/2024-07-03[Europe/Paris]",
    "2024-07-03[_form=days]", "9" * 600,
)  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ZoneError):
        parse_time(text)


@given(st.text("2024-07T10:5/.[]Z+~?XAsia_choice=!P", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        time = parse_time(text)
    except ZoneError:
        return
    assert time.WhichOneof("when")


# Around changes of clocks, and in the day that Samoa skipped.
WALLS = st.integers(-2_000_000_000, 7_000_000_000) | st.sampled_from(
    [1711848600, 1729996200, 1729994400, 1325239200]
)
ZONES = st.sampled_from(["", ALMATY, PARIS, "Pacific/Apia", "Africa/Monrovia", "UTC"])
OFFSETS = st.sampled_from(["", "", "Z", "+02:00", "+05:00", "-00:44:30"])
DAYS = st.integers(-700_000, 2_900_000).map(format_date)
EDTF = ("2023-10", "2024-07-03", "2024-07-02/2024-07-06", "2024-07-02/..", "../2024-05", "201X~")
EDTF += ("[2024-05..2024-07]", "[2024-07-02..]", "2022-23?", "2024-07-XX")


@st.composite
def points(draw: st.DrawFn) -> Json:
    if not draw(st.integers(0, 3)):
        return {"instant": f"{format_civil(draw(WALLS))}Z", "time_zone": draw(ZONES)}
    civil = format_civil(draw(WALLS)).removesuffix(":00")
    zone, offset, choice = draw(ZONES), draw(OFFSETS), draw(st.integers(0, 3))
    point: Json = {"civil_time": civil, "time_zone": zone, "utc_offset": offset}
    return {**point, "disambiguation": choice, "offset_conflict": draw(st.integers(0, 3))}


@st.composite
def times(draw: st.DrawFn) -> Json:
    fixed_as = draw(st.integers(0, 2))
    form = draw(st.sampled_from(["timed", "timed", "dates", "partial"]))
    if form == "timed":
        end = draw(st.none() | points())
        length = draw(st.sampled_from(["", "5400s"])) if end is None else ""
        span = timed(draw(points()), end, **({"duration": length} if length else {}))
        return {**span, "fixed_as": fixed_as}
    if form == "partial":
        return {"partial": {"edtf": draw(st.sampled_from(EDTF)), "time_zone": draw(ZONES)}}
    first, last = sorted((draw(DAYS), draw(DAYS)))
    zone, opens = draw(ZONES), draw(st.integers(0, 2))
    if opens == 1:
        return dates(first, open_end=True, time_zone=zone)
    return dates(last=last, open_start=True) if opens else dates(first, last, time_zone=zone)


def comparable(time: EventTime) -> Json:
    """Return the form of a time, without what its text leaves out."""
    when = EventTime()
    when.CopyFrom(time)
    when.ClearField("resolved")
    when.ClearField("fixed_as")
    span = when.timed
    ends = [span.start, span.end] if span.HasField("end") else [span.start]
    if not span.start.time_zone and (span.end.utc_offset or span.end.HasField("instant")):
        span.end.ClearField("time_zone")  # it decides nothing
    for point in ends if when.HasField("timed") else []:
        point.ClearField("offset_conflict")
        point.utc_offset = "+00:00" if point.utc_offset == "Z" else point.utc_offset
        kind = _kind(point)
        if kind == "normal":
            point.ClearField("disambiguation")
        if kind == "fold" and point.disambiguation == Disambiguation.DISAMBIGUATION_COMPATIBLE:
            point.disambiguation = Disambiguation.DISAMBIGUATION_EARLIER
    return json_format.MessageToDict(when)


def _kind(point: TimePoint) -> str:
    """Return whether clocks skip or repeat a wall time in a zone: "gap", "fold" or "normal"."""
    if point.utc_offset or not (point.civil_time and point.time_zone):
        return "normal"
    return DB.zone(point.time_zone).candidates(parse_civil(point.civil_time))[2]


@example(timed(wall("2024-03-31T02:30", PARIS, choice="LATER"), wall("2024-03-31T04:00", PARIS)))
@example(timed(wall("2024-10-27T01:30", PARIS), duration="3600s"))
@given(times())
def test_resolved_text_gives_the_same_time(fields: Json) -> None:
    time = json_format.ParseDict(fields, EventTime())
    try:
        resolve(time, DB, PARIS)
    except TimeFieldError:
        return
    again = parse_time(time.resolved.iso)
    again.fixed_as = time.fixed_as
    resolve(again, DB)
    assert comparable(again) == comparable(time), time.resolved.iso
    assert again.resolved.iso == time.resolved.iso == format_time(time, DB)

"""Every form of time: what is said is read back, what is derived is right, and twice is once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from summitry.v1.event_time_pb2 import FixedAs, TimeAuthority

OLD_TREE = Path(__file__).resolve().parents[1] / "data" / "tzdb-2023c"
APIA, ALMATY, PARIS, MONROVIA = "Pacific/Apia", "Asia/Almaty", "Europe/Paris", "Africa/Monrovia"


def wall(civil: str, zone: str = "", offset: str = "", **more: str) -> dict[str, str]:
    point = {"civil_time": civil, "time_zone": zone, "utc_offset": offset, **more}
    return {key: value for key, value in point.items() if value}


def choice_of(civil: str, zone: str, choice: str) -> dict[str, str]:
    return wall(civil, zone, disambiguation=f"DISAMBIGUATION_{choice}")


def conflict(civil: str, zone: str, offset: str, rule: str) -> dict[str, str]:
    return wall(civil, zone, offset, offset_conflict=f"OFFSET_CONFLICT_{rule}")


# id: start as sent, reading asked for -> start as kept, authority, text.
GAP, FOLD = "2024-03-31T02:30", "2024-10-27T02:30"
POINTS: dict[str, tuple[dict[str, str], str, dict[str, str], str, str]] = {
    "civil": (
        wall("2024-07-04T10:00", ALMATY), "", wall("2024-07-04T10:00", ALMATY), "CIVIL",
        "2024-07-04T10:00:00+05:00[Asia/Almaty]",
    ),
    "civil-by-any-spelling": (
        wall("2024-07-04T10:00", "asia/calcutta"), "", wall("2024-07-04T10:00", "asia/calcutta"),
        "CIVIL", "2024-07-04T10:00:00+05:30[Asia/Calcutta]",
    ),
    "instant": (
        {"instant": "2024-07-04T05:00:00Z"}, "", {"instant": "2024-07-04T05:00:00Z"}, "INSTANT",
        "2024-07-04T05:00:00Z",
    ),
    "instant-shown-in-a-zone": (
        {"instant": "2024-07-04T05:00:00Z", "time_zone": ALMATY}, "OFFSET",
        {"instant": "2024-07-04T05:00:00Z", "time_zone": ALMATY}, "INSTANT",
        "2024-07-04T10:00:00+05:00[Asia/Almaty]",
    ),
    "instant-of-a-wall-time": (
        wall("2024-07-04T10:00", ALMATY), "INSTANT",
        {"instant": "2024-07-04T05:00:00Z", "time_zone": ALMATY}, "INSTANT",
        "2024-07-04T10:00:00+05:00[Asia/Almaty]",
    ),
    "instant-of-an-offset": (
        wall("2024-07-04T10:00", offset="+05:00"), "INSTANT",
        {"instant": "2024-07-04T05:00:00Z"}, "INSTANT", "2024-07-04T05:00:00Z",
    ),
    "offset": (
        wall("2024-07-03T07:00", offset="+01:00"), "", wall("2024-07-03T07:00", offset="+01:00"),
        "OFFSET", "2024-07-03T07:00:00+01:00",
    ),
    "offset-beside-a-zone": (
        wall("2024-07-03T07:00", PARIS, "+01:00"), "OFFSET",
        wall("2024-07-03T07:00", PARIS, "+01:00"), "OFFSET", "2024-07-03T07:00:00+01:00",
    ),
    "offset-that-agrees": (
        wall("2024-07-03T07:00", PARIS, "+02:00"), "", wall("2024-07-03T07:00", PARIS), "CIVIL",
        "2024-07-03T07:00:00+02:00[Europe/Paris]",
    ),
    "keep-instant": (
        conflict("2024-07-04T10:00", ALMATY, "+06:00", "KEEP_INSTANT"), "",
        wall("2024-07-04T09:00:00", ALMATY), "CIVIL", "2024-07-04T09:00:00+05:00[Asia/Almaty]",
    ),
    "keep-wall": (
        conflict("2024-07-04T10:00", ALMATY, "+06:00", "KEEP_WALL"), "",
        wall("2024-07-04T10:00", ALMATY), "CIVIL", "2024-07-04T10:00:00+05:00[Asia/Almaty]",
    ),
    "offset-settles-a-fold": (
        wall(FOLD, PARIS, "+01:00"), "", choice_of(FOLD, PARIS, "LATER"), "CIVIL",
        "2024-10-27T02:30:00+01:00[Europe/Paris]",
    ),
    "fold-earlier": (
        choice_of(FOLD, PARIS, "EARLIER"), "", choice_of(FOLD, PARIS, "EARLIER"), "CIVIL",
        "2024-10-27T02:30:00+02:00[Europe/Paris]",
    ),
    "gap-compatible": (
        choice_of(GAP, PARIS, "COMPATIBLE"), "", choice_of(GAP, PARIS, "COMPATIBLE"), "CIVIL",
        "2024-03-31T03:30:00+02:00[Europe/Paris]",
    ),
    "gap-of-a-day-earlier": (
        choice_of("2011-12-30T10:00", APIA, "EARLIER"), "",
        choice_of("2011-12-30T10:00", APIA, "EARLIER"), "CIVIL",
        "2011-12-29T10:00:00-10:00[Pacific/Apia]",
    ),
    "gap-of-a-day-later": (
        choice_of("2011-12-30T10:00", APIA, "LATER"), "", choice_of("2011-12-30T10:00", APIA, "LATER"),
        "CIVIL", "2011-12-31T10:00:00+14:00[Pacific/Apia]",
    ),
    "seconds-of-an-offset": (
        wall("1971-07-01T10:00", offset="-00:44:30"), "",
        wall("1971-07-01T10:00", offset="-00:44:30"), "OFFSET", "1971-07-01T10:00:30-00:44",
    ),
    "seconds-of-a-zone": (
        wall("1971-07-01T10:00", MONROVIA), "", wall("1971-07-01T10:00", MONROVIA), "CIVIL",
        "1971-07-01T10:00:30-00:44[Africa/Monrovia]",
    ),
    "first-year": (
        wall("1900-01-01T00:00", PARIS), "", wall("1900-01-01T00:00", PARIS), "CIVIL",
        "1899-12-31T23:59:39+00:09[Europe/Paris]",
    ),
    "beyond-2037": (
        wall("2100-07-04T12:00", PARIS), "", wall("2100-07-04T12:00", PARIS), "CIVIL",
        "2100-07-04T12:00:00+02:00[Europe/Paris]",
    ),
    "last-second": (
        wall("2200-12-31T23:59:59", ALMATY), "", wall("2200-12-31T23:59:59", ALMATY), "CIVIL",
        "2200-12-31T23:59:59+05:00[Asia/Almaty]",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "wish", "stored", "authority", "text"), POINTS.values(), ids=POINTS
)
def test_time_point_is_resolved_in_each_form(
    api: Any, sent: dict[str, str], wish: str, stored: dict[str, str], authority: str, text: str
) -> None:
    fixed_as = f"FIXED_AS_{wish or 'UNSPECIFIED'}"
    time = api.create("meetings", "m", time={"timed": {"start": sent}, "fixed_as": fixed_as}).time
    actual = json_format.MessageToDict(time.timed.start, preserving_proto_field_name=True)
    assert (actual, time.resolved.start_text) == (stored, text)
    assert TimeAuthority.Name(time.resolved.authority) == f"TIME_AUTHORITY_{authority}"


# Ends of one span: start, end -> authority of the whole, start text, end text.
CIVIL = wall("2024-07-02T22:00", PARIS)
INSTANT = {"instant": "2024-07-03T05:00:00Z"}
OFFSET = wall("2024-07-03T10:00", offset="+05:00")
SPANS: dict[str, tuple[dict[str, str], dict[str, str], str, str]] = {
    "two-zones": (
        CIVIL, wall("2024-07-03T06:00", ALMATY), "CIVIL", "2024-07-03T06:00:00+05:00[Asia/Almaty]",
    ),
    "zone-of-the-start": (
        CIVIL, wall("2024-07-03T06:00"), "CIVIL", "2024-07-03T06:00:00+02:00[Europe/Paris]",
    ),
    "wall-to-instant": (CIVIL, INSTANT, "CIVIL", "2024-07-03T05:00:00Z"),
    "wall-to-offset": (CIVIL, OFFSET, "OFFSET", "2024-07-03T10:00:00+05:00"),
    "instant-to-wall": (
        {"instant": "2024-07-02T20:00:00Z"}, wall("2024-07-03T10:00", ALMATY), "CIVIL",
        "2024-07-03T10:00:00+05:00[Asia/Almaty]",
    ),
    "no-length": (CIVIL, CIVIL, "CIVIL", "2024-07-02T22:00:00+02:00[Europe/Paris]"),
}  # fmt: skip


@pytest.mark.parametrize(("begin", "end", "authority", "text"), SPANS.values(), ids=SPANS)
def test_each_end_has_its_own_form(
    api: Any, begin: dict[str, str], end: dict[str, str], authority: str, text: str
) -> None:
    time = api.create("meetings", "m", time={"timed": {"start": begin, "end": end}}).time
    assert TimeAuthority.Name(time.resolved.authority) == f"TIME_AUTHORITY_{authority}"
    assert time.resolved.interval.start_time.ToJsonString() == "2024-07-02T20:00:00Z"
    assert time.resolved.end_text == text


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "offset-conflict": (wall("2024-07-03T07:00", PARIS, "+01:00"), "", "OFFSET_CONFLICT"),
    "offset-beside-no-zone": (
        wall("2024-07-03T07:00", "Europe/Nowhere", "+01:00"), "time_zone", "UNKNOWN_TIME_ZONE",
    ),
    "gap-of-a-day": (wall("2011-12-30T23:59", APIA), "", "LOCAL_TIME_IN_GAP"),
    "before-1900": (wall("1899-12-31T23:59", PARIS), "civil_time", "INVALID_TIME"),
    "after-2200": (wall("2201-01-01T00:00", PARIS), "civil_time", "INVALID_TIME"),
    "kept-instant-before-1900": (
        conflict("1900-01-01T00:00", "America/New_York", "+12:00", "KEEP_INSTANT"), "civil_time",
        "INVALID_TIME",
    ),
    "leap-second": (wall("2016-12-31T23:59:60", "UTC"), "civil_time", "INVALID_TIME"),
}  # fmt: skip


@pytest.mark.parametrize(("begin", "field", "reason"), REFUSED.values(), ids=REFUSED)
def test_points_that_are_refused(api: Any, begin: Any, field: str, reason: str) -> None:
    fixed_as = "FIXED_AS_OFFSET" if reason == "UNKNOWN_TIME_ZONE" else "FIXED_AS_UNSPECIFIED"
    time = {"timed": {"start": begin}, "fixed_as": fixed_as}
    request = {"parent": "calendars/c", "meeting_id": "m", "meeting": {"time": time}}
    refusal = api.refusal("CreateMeeting", **request)
    assert refusal.reason == reason
    assert refusal.field.startswith("meeting.time.timed.start") and refusal.field.endswith(field)


# EDTF as sent -> as kept, first and last day, precision. All forms: tests/zones/test_partial.py.
EDTF = {
    "level-0-month": ("2023-10", "2023-10", "2023-10-01", "2023-10-31", "MONTH"),
    "level-0-interval": ("2024-07-02/2024-07-06", "2024-07-02/2024-07-06", "2024-07-02", "2024-07-06", "DAYS"),
    "level-1-about": ("2023-10~", "2023-10~", "2023-10-01", "2023-10-31", "MONTH"),
    "level-1-digits": ("201X", "201X", "2010-01-01", "2019-12-31", "DECADE"),
    "level-1-season": ("2022-23", "2022-23", "2022-09-01", "2022-11-30", "SEASON"),
    "level-1-before": ("../2024-05", "../2024-05", "", "2024-05-31", "BEFORE"),
    "level-1-after": ("2024-05/..", "2024-05/..", "2024-05-01", "", "AFTER"),
    "level-2-season": ("2022-31", "2022-31", "2022-03-01", "2022-05-31", "SEASON"),
    "level-2-quarter": ("2024-36", "2024-36", "2024-10-01", "2024-12-31", "QUARTER"),
    "level-2-between": ("[2024-05..2024-07]", "[2024-05..2024-07]", "2024-05-01", "2024-07-31", "BETWEEN"),
    "level-2-one-of": ("[2024-05, 2024-07]", "[2024-05,2024-07]", "2024-05-01", "2024-07-31", "BETWEEN"),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "stored", "first", "last", "precision"), EDTF.values(), ids=EDTF)
def test_partial_dates(
    api: Any, sent: str, stored: str, first: str, last: str, precision: str
) -> None:
    time = api.create("summits", "s", time={"partial": {"edtf": sent}}).time
    span = json_format.MessageToDict(time.partial, preserving_proto_field_name=True)
    assert span.pop("edtf") == stored == time.resolved.start_text
    assert (span.get("first_date", ""), span.get("last_date", "")) == (first, last)
    assert span["precision"] == f"DATE_PRECISION_{precision}"
    assert span.get("approximate", False) == sent.endswith("~")
    assert time.resolved.authority == TimeAuthority.TIME_AUTHORITY_PARTIAL
    assert not time.resolved.HasField("interval")


def test_source_words_and_unconfirmed_ends_are_preserved(api: Any, make: Any) -> None:
    stated = {
        "source_text": "3-4 juillet (à confirmer)",
        "start_unconfirmed": True,
        "end_unconfirmed": True,
    }
    created = api.create("summits", "s", time={**make.dates("2024-07-03", "2024-07-04"), **stated})
    read = api("GetSummit", name=created.name).summit.time
    assert (read.source_text, read.start_unconfirmed, read.end_unconfirmed) == tuple(
        stated.values()
    )
    assert read.resolved.authority == TimeAuthority.TIME_AUTHORITY_DATE


def test_hours_take_the_place_of_days(api: Any, make: Any) -> None:
    """Values derived from the former form do not apply to the new form."""
    created = api.create("meetings", "m", time=make.dates("2024-07-04", "2024-07-04"))
    created.time.timed.start.civil_time, created.time.timed.start.time_zone = (
        "2024-07-04T10:00",
        ALMATY,
    )
    request = api.message("UpdateMeeting")
    request.meeting.CopyFrom(created)
    changed = api("UpdateMeeting", request).meeting
    assert changed.time.resolved.authority == TimeAuthority.TIME_AUTHORITY_CIVIL
    assert changed.sequence == 1


FIXED = {
    "instant": (wall("2024-07-04T10:00", ALMATY), "INSTANT"),
    "offset": (wall("2024-07-04T10:00", offset="+05:00"), "OFFSET"),
}


@pytest.mark.parametrize(("sent", "fixed_as"), FIXED.values(), ids=FIXED)
def test_wall_time_set_in_a_record_that_was_read_is_civil(
    api: Any, sent: dict[str, str], fixed_as: str
) -> None:
    """An authority that was derived from the former time does not apply to the new one."""
    time = {"timed": {"start": sent}, "fixed_as": f"FIXED_AS_{fixed_as}"}
    created = api.create("meetings", "m", time=time)
    assert TimeAuthority.Name(created.time.resolved.authority) == f"TIME_AUTHORITY_{fixed_as}"
    assert created.time.fixed_as == FixedAs.FIXED_AS_UNSPECIFIED
    created.time.timed.start.Clear()
    created.time.timed.start.civil_time = "2024-07-04T11:00"
    created.time.timed.start.time_zone = PARIS
    request = api.message("UpdateMeeting")
    request.meeting.CopyFrom(created)
    changed = api("UpdateMeeting", request).meeting.time
    assert changed.timed.start.civil_time == "2024-07-04T11:00"
    assert changed.resolved.authority == TimeAuthority.TIME_AUTHORITY_CIVIL


def test_offset_beside_a_zone_stays_fixed(api: Any) -> None:
    time = {"timed": {"start": wall("2024-07-03T07:00", PARIS, "+01:00")}}
    created = api.create("meetings", "m", time={**time, "fixed_as": "FIXED_AS_OFFSET"})
    assert created.time.fixed_as == FixedAs.FIXED_AS_OFFSET
    request = api.message("UpdateMeeting")
    request.meeting.CopyFrom(created)
    assert api("UpdateMeeting", request).meeting == created


def days(first: str = "", last: str = "", **more: Any) -> dict[str, Any]:
    span = {"first_date": first, "last_date": last, **more}
    return {key: value for key, value in span.items() if value}


JULY_3 = days("2024-07-03", "2024-07-03")
# id: as sent -> as stored.
DAYS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "first-day-alone": (days("2024-07-03"), JULY_3),
    "last-day-alone": (days(last="2024-07-03"), JULY_3),
    "both-days": (days("2024-07-03", "2024-07-04"), days("2024-07-03", "2024-07-04")),
    "open-end": (days("2024-07-03", open_end=True), days("2024-07-03", open_end=True)),
    "open-start": (days(last="2024-07-03", open_start=True), days(last="2024-07-03", open_start=True)),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "stored"), DAYS.values(), ids=DAYS)
def test_missing_day_is_the_same_day_unless_open(
    api: Any, sent: dict[str, Any], stored: dict[str, Any]
) -> None:
    time = api.create("summits", "s", time={"dates": sent}).time
    assert json_format.MessageToDict(time.dates, preserving_proto_field_name=True) == stored
    assert (time.resolved.start_text, time.resolved.end_text) == (
        stored.get("first_date", ""),
        stored.get("last_date", ""),
    )


# id: as sent -> field, reason.
REFUSED_DAYS: dict[str, tuple[dict[str, Any], str, str]] = {
    "nothing": ({}, "first_date", "REQUIRED_FIELD_MISSING"),
    "open-both-ways": (days(open_start=True, open_end=True), "first_date", "REQUIRED_FIELD_MISSING"),
    "first-date-of-an-open-start": (
        days("2024-07-03", "2024-07-03", open_start=True), "open_start", "INVALID_VALUE",
    ),
    "last-date-of-an-open-end": (
        days("2024-07-03", "2024-07-03", open_end=True), "open_end", "INVALID_VALUE",
    ),
    "open-end-without-a-first-date": (
        days(last="2024-07-03", open_end=True), "open_end", "INVALID_VALUE",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "field", "reason"), REFUSED_DAYS.values(), ids=REFUSED_DAYS)
def test_open_end_with_a_date_is_refused(
    api: Any, sent: dict[str, Any], field: str, reason: str
) -> None:
    summit = {"time": {"dates": sent}}
    refusal = api.refusal("CreateSummit", parent="calendars/c", summit_id="s", summit=summit)
    assert (refusal.reason, refusal.field) == (reason, f"summit.time.dates.{field}")


@pytest.mark.parametrize("year", ["1950", "2024"])
def test_moment_has_no_end_and_is_found_in_its_day_alone(api: Any, year: str) -> None:
    """An end that is read where there is none is 1970, after a moment of 1950."""
    time = {"timed": {"start": wall(f"{year}-07-04T10:00", ALMATY)}}
    resolved = api.create("meetings", "m", time=time).time.resolved
    assert resolved.interval.HasField("start_time") and not resolved.interval.HasField("end_time")
    counts = {}
    for day in (f"{year}-07-04", f"{year}-07-05", "1960-01-01"):
        dates = {"first_date": day, "last_date": day, "time_zone": ALMATY}
        request = {"parent": "calendars/c", "window": {"dates": dates}}
        counts[day] = len(api("QueryAgenda", **request).items)
    assert counts == {f"{year}-07-04": 1, f"{year}-07-05": 0, "1960-01-01": 0}

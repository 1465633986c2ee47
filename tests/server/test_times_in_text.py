"""Times sent in one string, and lengths sent instead of ends: stored in fields, or refused."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format

Json = dict[str, Any]
ALMATY = "2024-07-03T10:00[Asia/Almaty]"
HOURS = {
    "start": {"civil_time": "2024-07-03T10:00", "time_zone": "Asia/Almaty"},
    "end": {"civil_time": "2024-07-03T11:30", "time_zone": "Asia/Almaty"},
}


def stated(time: Any) -> Json:
    """Return a time as JSON, without what is derived."""
    fields: Json = json_format.MessageToDict(time, preserving_proto_field_name=True)
    fields.pop("resolved")
    return fields


# Text as sent -> fields as stored, text of the response.
STORED = {
    "2024-07-03T10:00/PT90M[Asia/Almaty]": (
        {"timed": HOURS}, "2024-07-03T10:00/2024-07-03T11:30[Asia/Almaty]",
    ),
    "2024-07-03": (
        {"dates": {"first_date": "2024-07-03", "last_date": "2024-07-03"}}, "2024-07-03",
    ),
    "2024-07-02/..": ({"dates": {"first_date": "2024-07-02", "open_end": True}}, "2024-07-02/.."),
    "2024-10-27T02:30+01:00[Europe/Paris]": (
        {"timed": {"start": {
            "civil_time": "2024-10-27T02:30", "time_zone": "Europe/Paris",
            "disambiguation": "DISAMBIGUATION_LATER",
        }}},
        "2024-10-27T02:30+01:00[Europe/Paris]",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "fields", "text"), [(k, *v) for k, v in STORED.items()])
def test_text_is_stored_in_fields(api: Any, sent: str, fields: Json, text: str) -> None:
    time = api.create("meetings", "m", time={"iso": sent, "source_text": "as printed"}).time
    assert stated(time) == {**fields, "source_text": "as printed"}
    assert (time.iso, time.resolved.iso) == ("", text)


def test_text_without_a_zone_is_read_in_the_zone_of_the_place(api: Any) -> None:
    places = [{"localities": [{"text": "Astana"}], "region_code": "KZ"}]
    time = api.create("meetings", "m", time={"iso": "2024-07-03T10:00"}, places=places).time
    assert time.resolved.iso == ALMATY


def test_place_of_a_text_is_that_of_its_day(api: Any) -> None:
    """A town counts as of the state that it belonged to on the day that the text says."""
    places = [{"localities": [{"text": "Hong Kong"}], "region_code": "GB"}]
    time = {"iso": "1997-06-30T23:59"}
    created = api.create("meetings", "m", time=time, places=places).time
    assert created.resolved.iso == "1997-06-30T23:59[Asia/Hong_Kong]"
    meeting = {"time": {"iso": "1998-06-30T23:59"}, "places": places}
    request = {"parent": "calendars/c", "meeting_id": "n", "meeting": meeting}
    assert api.refusal("CreateMeeting", **request).reason == "AMBIGUOUS_PLACE"


# Time as sent -> field and reason.
REFUSED: dict[str, tuple[Json, str, str]] = {
    "no time": ({"iso": "soon"}, "iso", "INVALID_PARTIAL_DATE"),
    "no such hour": ({"iso": "2024-07-03T25:00Z"}, "iso", "INVALID_TIME"),
    "no such day": ({"iso": "2024-02-30"}, "iso", "INVALID_DATE"),
    "no zone": ({"iso": "2024-07-03T10:00"}, "iso", "REQUIRED_FIELD_MISSING"),
    "unknown zone": ({"iso": "2024-07-03T10:00[Mars/Base]"}, "iso", "UNKNOWN_TIME_ZONE"),
    "gap": ({"iso": "2024-03-31T02:30[Europe/Paris]"}, "iso", "LOCAL_TIME_IN_GAP"),
    "other offset": ({"iso": "2024-07-03T10:00+06:00[Asia/Almaty]"}, "iso", "OFFSET_CONFLICT"),
    "backwards": ({"iso": "2024-07-03/2024-07-02"}, "iso", "END_BEFORE_START"),
    "another time": (
        {"iso": ALMATY, "dates": {"first_date": "2024-07-03"}}, "iso", "INVALID_VALUE",
    ),
    "duration beside an end": (
        {"timed": {**HOURS, "duration": "60s"}}, "timed.duration", "INVALID_VALUE",
    ),
    "negative duration": (
        {"timed": {"start": HOURS["start"], "duration": "-1s"}}, "timed.duration", "INVALID_TIME",
    ),
    "part of a second": (
        {"timed": {"start": HOURS["start"], "duration": "0.5s"}}, "timed.duration", "INVALID_TIME",
    ),
    "duration beyond 2200": (
        {"timed": {"start": HOURS["start"], "duration": "9999999999s"}}, "timed.duration",
        "INVALID_TIME",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("time", "field", "reason"), REFUSED.values(), ids=REFUSED)
def test_other_times_are_refused(api: Any, time: Json, field: str, reason: str) -> None:
    request = {"parent": "calendars/c", "meeting_id": "m", "meeting": {"time": time}}
    refusal = api.refusal("CreateMeeting", **request)
    assert (refusal.field, refusal.reason) == (f"meeting.time.{field}", reason)


def test_text_beside_fields_that_say_the_same_is_admitted(api: Any) -> None:
    time = {"iso": "2024-07-03T10:00:00/11:30[Asia/Almaty]", "timed": HOURS}
    assert stated(api.create("meetings", "m", time=time).time) == {"timed": HOURS}


# Start, duration -> end.
DURATIONS: dict[str, tuple[Json, str, Json]] = {
    "zone": (HOURS["start"], "5400s", HOURS["end"]),
    "none": (HOURS["start"], "0s", HOURS["start"]),
    "over a change of clocks": (
        {"civil_time": "2024-03-30T12:00", "time_zone": "Europe/Paris"}, "86400s",
        {"civil_time": "2024-03-31T13:00", "time_zone": "Europe/Paris"},
    ),
    "into a fold": (
        {"civil_time": "2024-10-27T01:30", "time_zone": "Europe/Paris"}, "7200s",
        {"civil_time": "2024-10-27T02:30", "time_zone": "Europe/Paris",
         "disambiguation": "DISAMBIGUATION_LATER"},
    ),
    "offset": (
        {"civil_time": "2024-07-03T07:00", "utc_offset": "+01:00"}, "90s",
        {"civil_time": "2024-07-03T07:01:30", "utc_offset": "+01:00"},
    ),
    "instant": (
        {"instant": "2024-07-03T05:00:00Z", "time_zone": "Asia/Almaty"}, "3600s",
        {"instant": "2024-07-03T06:00:00Z", "time_zone": "Asia/Almaty"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("begin", "length", "end"), DURATIONS.values(), ids=DURATIONS)
def test_duration_becomes_the_end(api: Any, begin: Json, length: str, end: Json) -> None:
    time = {"timed": {"start": begin, "duration": length}}
    assert stated(api.create("meetings", "m", time=time).time) == {
        "timed": {"start": begin, "end": end}
    }


def update(api: Any, name: str, time: Json, *paths: str) -> Any:
    request = api.message("UpdateMeeting", meeting={"name": name, "time": time})
    request.update_mask.paths.extend(paths)
    return api("UpdateMeeting", request).meeting


def test_mask_of_a_text_replaces_the_fields(api: Any) -> None:
    created = api.create("meetings", "m", time={"timed": HOURS, "source_text": "as printed"})
    changed = update(api, created.name, {"iso": "2024-07-05"}, "time.iso")
    assert stated(changed.time) == {
        "dates": {"first_date": "2024-07-05", "last_date": "2024-07-05"}, "source_text": "as printed",
    }  # fmt: skip


def test_mask_of_a_duration_replaces_the_end(api: Any) -> None:
    created = api.create("meetings", "m", time={"timed": HOURS})
    changed = update(api, created.name, {"timed": {"duration": "3600s"}}, "time.timed.duration")
    assert changed.time.timed.end.civil_time == "2024-07-03T11:00"
    assert changed.sequence == 1


def test_text_of_a_response_sent_back_changes_nothing(api: Any) -> None:
    created = api.create("meetings", "m", time={"timed": HOURS})
    same = update(api, created.name, {"iso": created.time.resolved.iso}, "time")
    assert same == created


def test_text_of_a_claim_and_of_a_segment_is_stored_in_fields(api: Any) -> None:
    claim = {"source_id": "s", "field_path": "time", "time": {"iso": "2024-07-02/2024-07-04"}}
    visit = api.create(
        "visits", "v", sources=[{"id": "s"}], claims=[claim],
        segments=[{"time": {"iso": "2024-07-02[Asia/Almaty]"}}],
    )  # fmt: skip
    assert visit.claims[0].time.dates.last_date == "2024-07-04"
    assert visit.segments[0].time.dates.time_zone == "Asia/Almaty"

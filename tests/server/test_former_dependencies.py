"""The zone of a place by the day of the event: who ruled it then, and who does now."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format

from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.place_pb2 import Place
from summitry.zones import AmbiguousPlaceError, default_database
from summitry_server.domain.time.times import place_zone


def place(town: str, code: str) -> list[dict[str, Any]]:
    return [{"region_code": code, "localities": [{"text": town}]}]


@pytest.mark.parametrize(
    ("town", "code", "civil", "zone"),
    [
        ("Hong Kong", "GB", "1997-06-30T23:30", "Asia/Hong_Kong"),
        ("Hong Kong", "CN", "1997-07-01T00:30", "Asia/Hong_Kong"),
        ("Nassau", "BS", "1985-10-16T10:00", "America/Nassau"),
        ("Valletta", "MT", "1989-12-02T10:00", "Europe/Malta"),
    ],
)
def test_zone_is_that_of_the_town(api: Any, town: str, code: str, civil: str, zone: str) -> None:
    time = {"timed": {"start": {"civil_time": civil}}}
    record = api.create("meetings", "m", time=time, places=place(town, code))
    assert record.time.timed.start.time_zone == zone


HANDOVER = "1997-07-01"  # from that day on, GB is no country of Hong Kong


@pytest.mark.parametrize(
    ("time", "is_before"),
    [
        ({"dates": {"first_date": "1997-06-30", "last_date": HANDOVER}}, True),
        ({"dates": {"first_date": HANDOVER, "last_date": HANDOVER}}, False),
        ({"dates": {"last_date": "1997-06-30"}}, True),
        ({"timed": {"start": {"instant": "1997-06-30T15:30:00Z"}}}, True),
        ({"timed": {"start": {"instant": "1997-07-01T00:00:00Z"}}}, False),
        ({"timed": {"start": {"civil_time": "1997-06-30T23:30"}}}, True),
        ({"timed": {"start": {"civil_time": "1997-07-01T00:00"}}}, False),
        ({"partial": {"edtf": "1997-06"}}, True),
        ({"partial": {"edtf": "[1997-06..1997-08]"}}, True),
        ({"partial": {"edtf": "1997-08"}}, False),
        ({"iso": "1997-06-30T23:30"}, True),
        ({"iso": HANDOVER}, False),
        ({}, False),
    ],
)
def test_country_is_that_of_the_first_day_in_each_form_of_time(
    time: dict[str, Any], is_before: bool
) -> None:
    (hong_kong,) = (json_format.ParseDict(fields, Place()) for fields in place("Hong Kong", "GB"))
    event_time = json_format.ParseDict(time, EventTime())
    zone = place_zone([hong_kong], "meeting", default_database(), event_time)
    assert (zone == "Asia/Hong_Kong") is is_before
    assert isinstance(zone, AmbiguousPlaceError) is not is_before


def test_zone_is_that_of_the_first_place(api: Any) -> None:
    time = {"timed": {"start": {"civil_time": "2024-07-03T10:00"}}}
    places = [*place("Astana", "KZ"), *place("Paris", "FR")]
    record = api.create("meetings", "m", time=time, places=places)
    assert record.time.timed.start.time_zone == "Asia/Almaty"


@pytest.mark.parametrize(
    ("town", "code", "civil"),
    [
        ("Hong Kong", "GB", "1997-07-01T00:30"),
        ("Nassau", "GB", "1985-10-16T10:00"),
        ("Bridgetown", "GB", "1977-05-01T10:00"),
        ("Malta", "GB", "1989-12-02T10:00"),
        ("Greenland", "DK", "2024-07-03T10:00"),
    ],
)
def test_town_known_elsewhere_is_refused_with_candidates(
    api: Any, town: str, code: str, civil: str
) -> None:
    meeting = {"time": {"timed": {"start": {"civil_time": civil}}}, "places": place(town, code)}
    refusal = api.refusal("CreateMeeting", parent="calendars/c", meeting_id="m", meeting=meeting)
    assert (refusal.reason, refusal.field) == (
        "AMBIGUOUS_PLACE",
        "meeting.time.timed.start.time_zone",
    )
    assert len(refusal.metadata["candidates"].split(", ")) > 1

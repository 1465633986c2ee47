"""An event that moves: its clock goes with its place, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format

from summitry.v1.event_status_pb2 import EventStatus

ASTANA = {"localities": [{"text": "Astana"}], "region_code": "KZ"}
DUSHANBE = {"localities": [{"text": "Dushanbe"}], "region_code": "TJ"}


def words(status: int) -> str:
    return EventStatus.Name(status).removeprefix("EVENT_STATUS_")  # type: ignore[arg-type]


def call(api: Any, verb: str, record: Any, **fields: Any) -> Any:
    message_name = type(record).DESCRIPTOR.name
    answer = api(f"{verb.capitalize()}{message_name}", name=record.name, **fields)
    return getattr(answer, message_name.lower())


@pytest.mark.parametrize(
    ("time", "places", "zone"),
    [
        ({"timed": {"start": {"civil_time": "2024-07-04T10:00"}}}, [DUSHANBE], "Asia/Dushanbe"),
        (
            {"timed": {"start": {"civil_time": "2024-07-04T10:00", "time_zone": "Europe/Paris"}}},
            [DUSHANBE],
            "Europe/Paris",
        ),
        ({"dates": {"first_date": "2024-07-04"}}, [DUSHANBE], "Asia/Dushanbe"),
        ({"partial": {"edtf": "2024-07"}}, [DUSHANBE], "Asia/Dushanbe"),
        ({"dates": {"first_date": "2024-07-04"}}, [{"localities": [{"text": "Nowhere"}]}], ""),
    ],
    ids=["hour of the place", "hour of another zone", "days", "month", "place without a zone"],
)
def test_the_clock_moves_with_the_place(api: Any, time: Any, places: Any, zone: str) -> None:
    created = api.create("meetings", "m", time=time, places=[ASTANA])
    moved = call(api, "move", created, places=places)
    form = moved.time.WhichOneof("when")
    span = getattr(moved.time, form)
    assert (span.start.time_zone if form == "timed" else span.time_zone) == zone
    if form == "timed":
        assert span.start.civil_time == "2024-07-04T10:00", "the wall time stays"
    assert list(moved.places) == [json_format.ParseDict(places[0], type(moved.places[0])())]
    assert (moved.sequence, len(moved.previous_times)) == (1, zone != "Europe/Paris")


def test_only_what_is_at_the_old_place_moves_with_it(api: Any) -> None:
    hour = {"timed": {"start": {"civil_time": "2024-07-04T10:00"}}}
    created = api.create(
        "visits",
        "v",
        places=[ASTANA],
        segments=[{"time": hour}, {"time": hour, "places": [ASTANA]}],
        sources=[{"id": "s"}],
        claims=[{"source_id": "s", "field_path": "time", "time": hour}],
    )
    moved = call(api, "move", created, places=[DUSHANBE])
    zones = [segment.time.timed.start.time_zone for segment in moved.segments]
    assert zones == ["Asia/Dushanbe", "Asia/Almaty"], "a part keeps the place it names itself"
    assert moved.claims == created.claims, "what a source said is what it said"


def test_moved_to_another_place_and_day(api: Any, make: Any) -> None:
    created = api.create(
        "summits", "s", status="EVENT_STATUS_CONFIRMED", time=make.dates("2024-07-03"),
        places=[ASTANA],
    )  # fmt: skip
    call(api, "postpone", created)
    placed = call(api, "move", created, places=[DUSHANBE])
    assert (words(placed.status), placed.HasField("time")) == ("POSTPONED", False)
    moved = call(api, "move", created, places=[DUSHANBE], time=make.dates("2024-09-03"))
    assert (words(moved.status), moved.time.dates.time_zone) == ("CONFIRMED", "Asia/Dushanbe")

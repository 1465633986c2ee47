"""3 July 2024, 10:00 in Astana: one leaf of JSON, one argument in Python, one flag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.protobuf import json_format

from summitry import Client, parse_time
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.meeting_service_pb2 import CreateMeetingRequest

WHEN = "2024-07-03T10:00[Asia/Almaty]"
DESK = "calendars/desk"
Create = Callable[[Any, Any], Meeting]

REQUEST = {
    "parent": DESK,
    "meeting": {"titles": [{"text": "Talks"}], "time": {"iso": WHEN}},
}
"""A request as grpcurl takes it."""


def by_json(client: Client, cli: Any) -> Meeting:
    request = json_format.ParseDict(REQUEST, CreateMeetingRequest())
    return client.create(request.meeting, request.parent)


def by_python(client: Client, cli: Any) -> Meeting:
    return client.create(Meeting(titles=[{"text": "Talks"}], time=parse_time(WHEN)), DESK)


def by_flag(client: Client, cli: Any) -> Meeting:
    flags = ("--calendar", "desk", "--id", "talks", "--title", "Talks", "--time", WHEN)
    assert cli("meetings", "create", *flags).code == 0
    meeting = client.get(f"{DESK}/meetings/talks")
    assert isinstance(meeting, Meeting)
    return meeting


@pytest.mark.parametrize("create", [by_json, by_python, by_flag], ids=lambda way: way.__name__)
def test_time_in_one_string_is_a_wall_time_in_its_zone(cli: Any, desk: Any, create: Create) -> None:
    with Client(desk.grpc) as client:
        time = create(client, cli).time
    assert (time.timed.start.civil_time, time.timed.start.time_zone) == (
        "2024-07-03T10:00",
        "Asia/Almaty",
    )
    assert time.resolved.interval.start_time.ToJsonString() == "2024-07-03T05:00:00Z"
    assert time.resolved.iso == WHEN


def leaves(value: Any) -> Iterator[Any]:
    """Yield the values in JSON that have no parts."""
    parts = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        yield value
        return
    for part in parts:
        yield from leaves(part)


def test_time_is_one_leaf_beside_title_and_parent() -> None:
    assert sorted(leaves(REQUEST)) == sorted((DESK, "Talks", WHEN))

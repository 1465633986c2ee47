"""The zone of a place by the day of the event: who ruled it then, and who does now."""

from __future__ import annotations

from typing import Any

import pytest


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

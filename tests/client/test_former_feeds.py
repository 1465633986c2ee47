"""Windows of feeds of format 1: what they meant, in the fields of today."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format

from summitry.formats.former import from_former_bytes
from summitry.formats.former.messages import message_class
from summitry.kinds import FEED

Fields = dict[str, Any]
DATES = {"first_date": "2024-07-01", "last_date": "2024-07-31", "time_zone": "UTC"}
FIXED = {"dates": DATES, "matching": "MATCHING_POSSIBLE"}
AROUND = {"time_zone": "UTC", "matching": "MATCH_CERTAINTY_POSSIBLE"}
FIXED_TODAY = {**FIXED, "matching": "MATCH_CERTAINTY_POSSIBLE"}

# id: a feed of format 1 -> the same of today.
FEEDS: dict[str, tuple[Fields, Fields]] = {
    "around-today": (
        {"window": {"past_days": 7, "future_days": 365}},
        {"window": {"days_before": 7, "days_after": 365, **AROUND}},
    ),
    "today": ({"window": {}}, {"window": AROUND}),
    "fixed-alone": ({"filter": {"window": FIXED}}, {"filter": {}, "fixed_window": FIXED_TODAY}),
    "both": (
        {"filter": {"text": "talks", "window": FIXED}, "window": {"past_days": 1}},
        {
            "filter": {"text": "talks"},
            "window": {"days_before": 1, **AROUND},
            "fixed_window": FIXED_TODAY,
        },
    ),
    "none": ({"filter": {"text": "talks"}}, {"filter": {"text": "talks"}}),
}


@pytest.mark.parametrize(("former", "present"), FEEDS.values(), ids=FEEDS)
def test_former_feed_has_the_same_meaning(former: Fields, present: Fields) -> None:
    stored = json_format.ParseDict(former, message_class("Feed", 1)())
    record = from_former_bytes(FEED, stored.SerializeToString(), 1)
    assert json_format.MessageToDict(record, preserving_proto_field_name=True) == present

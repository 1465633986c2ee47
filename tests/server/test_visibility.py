"""The visibility of records: explicit in the store, and wider only where the caller says so."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.kinds import KINDS
from summitry.v1.record_pb2 import Visibility

PUBLIC = Visibility.VISIBILITY_PUBLIC
INTERNAL = Visibility.VISIBILITY_INTERNAL
SECRET = Visibility.VISIBILITY_SECRET
EARLY, LATE = "2100-01-01T00:00:00Z", "2101-01-01T00:00:00Z"
REASON = "VISIBILITY_NOT_IN_MASK"


def hidden(api: Any, **fields: Any) -> Any:
    """Create a SECRET summit under an embargo."""
    fields = {"visibility": "VISIBILITY_SECRET", "embargo_until": LATE, "series": "x", **fields}
    return api.create("summits", "s", **fields)


@pytest.mark.parametrize("kind", KINDS[1:], ids=lambda kind: kind.collection)
@pytest.mark.parametrize(
    ("default", "expected"), [(None, PUBLIC), ("VISIBILITY_INTERNAL", INTERNAL)]
)
def test_new_record_without_visibility_gets_that_of_its_calendar(
    api: Any, kind: Any, default: str | None, expected: int
) -> None:
    fields = {"default_visibility": default} if default else {}
    calendar = api.create("calendars", "d", **fields)
    assert calendar.visibility == PUBLIC
    record = api.create(kind.collection, "r", parent=calendar.name)
    assert record.visibility == expected
    hidden_record = api.create(
        kind.collection, "s", parent=calendar.name, visibility="VISIBILITY_SECRET"
    )
    assert hidden_record.visibility == SECRET


def test_batch_creates_with_the_default_of_a_calendar_in_the_same_batch(api: Any) -> None:
    calendar = {"name": "calendars/d", "default_visibility": "VISIBILITY_SECRET"}
    writes = [
        {"create": {"calendar": calendar}},
        {"create": {"summit": {"name": "calendars/d/summits/s"}}},
    ]
    assert api("BatchWrite", writes=writes).records[1].summit.visibility == SECRET


def test_feed_may_show_internal_records_where_its_calendar_makes_it_internal(api: Any) -> None:
    api.create("calendars", "d", default_visibility="VISIBILITY_INTERNAL")
    feed = {"max_visibility": "VISIBILITY_INTERNAL"}
    assert api.create("feeds", "f", parent="calendars/d", **feed).visibility == INTERNAL
    refusal = api.refusal("CreateFeed", parent="calendars/c", feed_id="f", feed=feed)
    assert (refusal.reason, refusal.field) == ("FEED_TOO_OPEN", "feed.max_visibility")


def test_update_of_all_fields_without_visibility_publishes_nothing(api: Any) -> None:
    record = hidden(api)
    sent = {"name": record.name, "embargo_until": LATE, "series": "new"}
    updated = api("UpdateSummit", summit=sent, update_mask="*").summit
    assert (updated.visibility, updated.series) == (SECRET, "new")


@pytest.mark.parametrize("mask", ["", "*", "series"])
@pytest.mark.parametrize(
    ("change", "field", "stored", "value"),
    [
        (
            {"visibility": "VISIBILITY_PUBLIC", "embargo_until": LATE},
            "visibility",
            "VISIBILITY_SECRET",
            "VISIBILITY_PUBLIC",
        ),
        ({"embargo_until": EARLY}, "embargo_until", LATE, EARLY),
        ({}, "embargo_until", LATE, "none"),
    ],
)
def test_more_visible_record_needs_the_field_in_the_mask(
    api: Any, mask: str, change: dict[str, Any], field: str, stored: str, value: str
) -> None:
    record = hidden(api)
    sent = {"name": record.name, "series": "new", **change}
    if mask == "series" or (not mask and not change):
        updated = api("UpdateSummit", summit=sent, update_mask=mask).summit
        assert (updated.visibility, updated.embargo_until) == (SECRET, record.embargo_until)
        return
    refusal = api.refusal("UpdateSummit", summit=sent, update_mask=mask)
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", REASON)
    assert refusal.field == f"summit.{field}"
    assert (refusal.metadata["stored"], refusal.metadata["value"]) == (stored, value)
    assert f"name {field} in update_mask" in refusal.message
    assert api("GetSummit", name=record.name).summit == record


def test_mask_that_names_the_fields_makes_a_record_more_visible(api: Any) -> None:
    record = hidden(api)
    sent = {"name": record.name, "visibility": "VISIBILITY_INTERNAL"}
    mask = "visibility,embargoUntil"
    updated = api("UpdateSummit", summit=sent, update_mask=mask).summit
    assert (updated.visibility, updated.HasField("embargo_until")) == (INTERNAL, False)


def test_less_visible_record_needs_nothing_in_the_mask(api: Any) -> None:
    record = api.create("summits", "s", embargo_until=EARLY)
    sent = {"name": record.name, "visibility": "VISIBILITY_SECRET", "embargo_until": LATE}
    updated = api("UpdateSummit", summit=sent).summit
    assert (updated.visibility, updated.embargo_until.ToJsonString()) == (SECRET, LATE)


def test_embargo_that_has_ended_is_removed_without_the_mask(api: Any) -> None:
    record = api.create("summits", "s", embargo_until="2001-01-01T00:00:00Z")
    updated = api("UpdateSummit", summit={"name": record.name}, update_mask="*").summit
    assert not updated.HasField("embargo_until")


def test_visibility_cannot_be_cleared(api: Any) -> None:
    record = hidden(api)
    refusal = api.refusal("UpdateSummit", summit={"name": record.name}, update_mask="visibility")
    assert (refusal.reason, refusal.field) == ("REQUIRED_FIELD_MISSING", "summit.visibility")


def test_refusal_in_a_batch_names_its_write(api: Any) -> None:
    record = hidden(api)
    sent = {"name": record.name, "visibility": "VISIBILITY_PUBLIC", "embargo_until": LATE}
    update = {"update": {"record": {"summit": sent}, "update_mask": "*"}}
    refusal = api.refusal("BatchWrite", writes=[update])
    assert (refusal.reason, refusal.field) == (
        REASON,
        "writes[0].update.record.summit.visibility",
    )


def test_undeleted_record_has_the_visibility_it_had(api: Any) -> None:
    record = hidden(api)
    api("DeleteSummit", name=record.name)
    undeleted = api("UndeleteSummit", name=record.name).summit
    assert (undeleted.visibility, undeleted.embargo_until) == (SECRET, record.embargo_until)


def test_restore_publishes_nothing(api: Any) -> None:
    record = api.create("summits", "s", series="old")
    sent = {"name": record.name, "visibility": "VISIBILITY_SECRET", "embargo_until": LATE}
    api("UpdateSummit", summit={**sent, "series": "new"})
    restore = {"restore": {"name": record.name, **api.at(record.revision)}}
    (restored,) = api("BatchWrite", writes=[restore]).records
    assert restored.summit.series == "old"
    assert (restored.summit.visibility, restored.summit.embargo_until.ToJsonString()) == (
        SECRET,
        LATE,
    )

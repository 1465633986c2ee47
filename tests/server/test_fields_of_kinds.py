"""Fields of the header that mean nothing in a kind are refused, by their path, wherever they are set."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format

from summitry.formats.former import from_former
from summitry.kinds import CALENDAR, FEED, KINDS, SUMMIT, UNUSED_FIELDS, Kind
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.record_pb2 import RecordHeader
from summitry.zones import default_database
from summitry_server.domain.records.masks import output_only
from summitry_server.domain.records.records import prepare
from summitry_server.domain.time.times import Before
from summitry_server.wire.refusals import RefusedError
from tests.api import comments

CERTAINTY: Any = RecordHeader.DESCRIPTOR.fields_by_name["certainty"]
SOURCE = {"id": "s1", "title": "A paper"}
# A value for each field of the header that a client may set, in the form of JSON.
VALUES: dict[str, Any] = {
    "titles": [{"text": "T"}],
    "summaries": [{"text": "T"}],
    "time": {"iso": "2024-07-03"},
    "places": [{"region_code": "KZ"}],
    "status": "EVENT_STATUS_CONFIRMED",
    "certainty": CERTAINTY.enum_type.values[1].name,
    "visibility": "VISIBILITY_PUBLIC",
    "embargo_until": "2024-08-01T00:00:00Z",
    "labels": {"k": "v"},
    "links": [{"url": "https://example.org/"}],
    "sources": [SOURCE],
    "claims": [{"source_id": "s1", "field_path": "titles", "text": "x"}],
    "previous_times": [{"time": {"iso": "2024-07-01"}}],
    "original": "{}",
    "status_text": "agreed",
    "source_language_code": "fr",
}
GIVEN_BY_NAME = {"name", "ical_uid", "etag"}
CASES = [
    pytest.param(kind, field, id=f"{kind.singular}-{field}") for kind in KINDS for field in VALUES
]


def test_each_field_of_the_header_is_looked_at() -> None:
    fields = {field.name for field in RecordHeader.DESCRIPTOR.fields}
    assert set(VALUES) == fields - output_only(RecordHeader.DESCRIPTOR) - GIVEN_BY_NAME


def sent(kind: Kind, field: str) -> dict[str, Any]:
    """Return a record with that field, and what the field needs beside it."""
    needs = {"sources": [SOURCE]} if field == "claims" and kind is not FEED else {}
    return {"name": name_of(kind), **needs, field: VALUES[field]}


def name_of(kind: Kind) -> str:
    return "calendars/r" if kind is CALENDAR else f"calendars/c/{kind.collection}/r"


@pytest.mark.parametrize(("kind", "field"), CASES)
def test_field_is_accepted_or_refused_by_kind(api: Any, kind: Kind, field: str) -> None:
    noun, record = kind.singular, sent(kind, field)
    update = f"Update{kind.message.DESCRIPTOR.name}"
    if field not in UNUSED_FIELDS.get(kind, ()):
        stored = getattr(api(update, **{noun: record}, allow_missing=True), noun)
        assert field in {known_field.name for known_field, _ in stored.ListFields()}
        return
    new = api.refusal(update, **{noun: record}, allow_missing=True)
    api(update, **{noun: {"name": name_of(kind)}}, allow_missing=True)
    changed = api.refusal(update, **{noun: record})
    batch = api.refusal("BatchWrite", writes=[{"update": {"record": {noun: record}}}])
    for refusal, prefix in ((new, ""), (changed, ""), (batch, "writes[0].update.record.")):
        assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "INVALID_VALUE")
        assert refusal.field == f"{prefix}{noun}.{field}"
        assert f"means nothing in a {noun}" in refusal.message


@pytest.mark.parametrize(("kind", "field"), CASES)
def test_comment_says_that_a_field_must_be_unset(kind: Kind, field: str) -> None:
    comment = comments()[f"summitry.v1.{kind.message.DESCRIPTOR.name}.{field}"]
    is_unused = field in UNUSED_FIELDS.get(kind, ())
    assert comment.startswith("Must be unset") == is_unused
    assert comment.startswith(f"See RecordHeader.{field}") != is_unused


def test_unused_field_of_a_stored_record_is_preserved() -> None:
    """Records of earlier releases may have such fields."""
    old = Calendar(name="calendars/r", status_text="agreed")
    record = Calendar(name="calendars/r", status_text="agreed")
    record.titles.add(text="New")
    prepare(record, "calendar", default_database(), Before(old, 0))
    assert record.status_text == "agreed"
    record.ClearField("status_text")
    prepare(record, "calendar", default_database(), Before(old, 0))
    old.status_text = "proposed"
    record.status_text = "agreed"
    with pytest.raises(RefusedError, match="means nothing in a calendar"):
        prepare(record, "calendar", default_database(), Before(old, 0))


@pytest.mark.parametrize("kind", [CALENDAR, FEED, SUMMIT], ids=lambda kind: str(kind.singular))
def test_files_of_format_1_are_read_without_them(kind: Kind) -> None:
    fields = {"name": name_of(kind), "uid": "u@example.org", "status": "EVENT_STATUS_CONFIRMED"}
    fields |= {"time": {"dates": {"first_date": "2024-07-03"}}, "status_text": "agreed"}
    record = json_format.MessageToDict(
        from_former(kind, fields, 1), preserving_proto_field_name=True
    )
    of_events = {"time", "status", "status_text"}
    assert of_events & record.keys() == of_events - UNUSED_FIELDS.get(kind, frozenset())
    assert record["ical_uid"] == "u@example.org"

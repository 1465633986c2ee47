"""Answers of batches of the largest records: clients with the default limit of 4 MiB take them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from summitry_server.wire.limits import BATCH_BYTES

# Twelve summaries make a record of 188 KiB; sixteen of these fit into an answer.
SUMMARIES = [{"text": "x" * 16_000, "language_code": f"en-x-{number:02}"} for number in range(12)]
NAMES = [f"calendars/c/meetings/m{number:02}" for number in range(20)]
FITTING = 16


@pytest.fixture
def crowd(api: Any) -> Any:
    """Return an API with twenty of the largest meetings; its channel takes 4 MiB."""
    for name in NAMES:
        api.create("meetings", name[-3:], summaries=SUMMARIES)
    return api


def labelled(turn: str, count: int = len(NAMES)) -> list[dict[str, Any]]:
    """Return writes of a few bytes each that change meetings."""
    records = [{"meeting": {"name": name, "labels": {"batch": turn}}} for name in NAMES[:count]]
    return [{"update": {"record": record, "update_mask": "labels.batch"}} for record in records]


@pytest.mark.parametrize("more", [{}, {"validate_only": True}], ids=["write", "dry run"])
def test_batch_whose_answer_would_be_too_large_is_not_written(
    crowd: Any, more: dict[str, Any]
) -> None:
    head, id = crowd.revision(), str(uuid.uuid4())
    refusal = crowd.refusal("BatchWrite", writes=labelled("a"), request_id=id, **more)
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
    assert (refusal.field, refusal.metadata["limit"]) == ("writes", str(BATCH_BYTES))
    assert int(refusal.metadata["length"]) > BATCH_BYTES
    assert "omit_records" in refusal.message
    assert crowd.revision() == head
    fitting = crowd("BatchWrite", writes=labelled("a", FITTING), request_id=id)
    assert BATCH_BYTES * 0.9 < fitting.ByteSize() < BATCH_BYTES + 1024
    assert fitting.header.revision == head + 1


def test_batch_answers_with_versions(crowd: Any) -> None:
    sent = {"writes": labelled("a"), "omit_records": True}
    tried = crowd("BatchWrite", **sent, validate_only=True)
    assert [(version.name, version.etag) for version in tried.versions] == [(n, "") for n in NAMES]
    answer = crowd("BatchWrite", **sent)
    assert not answer.records and answer.ByteSize() < 8 * 1024
    stored = [crowd("GetMeeting", name=name).meeting for name in NAMES]
    assert [(v.name, v.etag) for v in answer.versions] == [(m.name, m.etag) for m in stored]
    assert {meeting.labels["batch"] for meeting in stored} == {"a"}
    unchanged = crowd("BatchWrite", **sent)
    assert unchanged.versions == answer.versions
    assert unchanged.header.revision == answer.header.revision == crowd.revision()


def test_answer_with_records_has_no_versions(crowd: Any) -> None:
    answer = crowd("BatchWrite", writes=labelled("a", 1))
    assert (len(answer.records), len(answer.versions)) == (1, 0)

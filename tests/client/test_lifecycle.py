"""The lifecycle operations of an event through both clients."""

from __future__ import annotations

from typing import Any

import pytest

from summitry import Calendar, Summit
from summitry.errors import AbortedError, FailedPreconditionError, InvalidArgumentError
from summitry.statuses import verb_word
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.event_time_pb2 import DateSpan, EventTime
from summitry.v1.record_pb2 import VerbNote

NAME = "calendars/c/summits/s"


@pytest.fixture
def client(connect: Any, service: Any) -> Any:
    client = connect(service.grpc)
    client.create(Calendar(name="calendars/c"))
    client.create(Summit(name=NAME))
    return client


def test_transition_returns_the_record_with_its_history(client: Any) -> None:
    off = client.transition(
        "postpone", NAME, VerbNote(reason="the pandemic", action_date="2020-03")
    )
    assert (off.status, off.sequence) == (EventStatus.EVENT_STATUS_POSTPONED, 1)
    days = EventTime(dates=DateSpan(first_date="2022-11-19", last_date="2022-11-20"))
    on = client.transition("reschedule", NAME, time=days, etag=off.etag)
    assert [(verb_word(change.verb), change.reason) for change in on.status_changes] == [
        ("postpone", "the pandemic"),
        ("reschedule", ""),
    ]
    with pytest.raises(AbortedError):
        client.transition("cancel", NAME, etag=off.etag)
    not_held = EventStatus.EVENT_STATUS_NOT_HELD
    assert client.transition("cancel", NAME, status=not_held).status == not_held
    with pytest.raises(FailedPreconditionError, match="verbs that do: cancel, reinstate") as caught:
        client.transition("confirm", NAME)
    assert caught.value.reason == "INVALID_TRANSITION"


@pytest.mark.parametrize(
    ("verb", "name", "facts", "field"),
    [
        ("confirm", NAME, {"status": EventStatus.EVENT_STATUS_CONFIRMED}, "status"),
        ("cancel", NAME, {"time": EventTime(source_text="soon")}, "time"),
        ("delete", NAME, {}, "verb"),
        ("cancel", "calendars/c", {}, "name"),
        ("cancel", "calendars/c/notices/n", {}, "name"),
        ("cancel", "teas/t", {}, "name"),
    ],
    ids=["status", "time", "verb", "calendar", "notice", "name"],
)
def test_invalid_operation_is_refused_without_a_call(
    client: Any, verb: str, name: str, facts: Any, field: str
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        client.transition(verb, name, **facts)
    assert caught.value.field == field

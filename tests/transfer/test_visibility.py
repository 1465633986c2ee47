"""Imports and the visibility of stored records: nothing is published without the option for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from summitry import Client
from summitry.kinds import Record
from summitry.v1.record_pb2 import Visibility
from tests.import_reports import warnings_of

NAME = "calendars/c/meetings/talks"
LATE = "2100-01-01T00:00:00Z"
HIDDEN = {"visibility": "VISIBILITY_SECRET", "embargo_until": LATE}
OPEN = {"visibility": "VISIBILITY_PUBLIC", "embargo_until": "2099-01-01T00:00:00Z"}
SECRET, INTERNAL = Visibility.VISIBILITY_SECRET, Visibility.VISIBILITY_INTERNAL

Make = Callable[..., Record]


def stored(client: Client) -> Any:
    return client.get(NAME)


@pytest.fixture
def hidden(client: Client, record: Make) -> Client:
    """Return a client of a store with a meeting that is SECRET and under embargo."""
    client.create(record())
    client.create(record("meetings/talks", **HIDDEN))
    return client


@pytest.mark.parametrize("merge", [False, True])
@pytest.mark.parametrize(
    ("fields", "warnings"),
    [(OPEN, 1), ({"visibility": "VISIBILITY_PUBLIC", "embargo_until": LATE}, 1), (HIDDEN, 0)],
)
def test_import_leaves_a_hidden_record_hidden_and_warns(
    hidden: Client, record: Make, merge: bool, fields: dict[str, Any], warnings: int
) -> None:
    sent = record("meetings/talks", status_text="new", **fields)
    answer = hidden.import_records([sent], merge=merge)
    assert answer.updated == 1
    assert warnings_of(answer) == ({"VISIBILITY_KEPT": 1} if warnings else {})
    if warnings:
        assert "visibility stays as it is stored" in answer.results[0].message
    meeting = stored(hidden)
    assert (meeting.visibility, meeting.embargo_until.ToJsonString()) == (SECRET, LATE)
    assert meeting.status_text == "new"


def test_import_of_a_file_without_the_fields_leaves_a_record_hidden(
    hidden: Client, record: Make
) -> None:
    answer = hidden.import_records([record("meetings/talks", status_text="new")])
    meeting = stored(hidden)
    assert (meeting.visibility, meeting.embargo_until.ToJsonString()) == (SECRET, LATE)
    assert "embargo_until stays" in answer.results[0].message


def test_import_with_the_option_makes_a_record_more_visible(hidden: Client, record: Make) -> None:
    answer = hidden.import_records([record("meetings/talks", **OPEN)], allow_more_visible=True)
    assert (answer.updated, warnings_of(answer)) == (1, {})
    meeting = stored(hidden)
    assert meeting.visibility == Visibility.VISIBILITY_PUBLIC
    assert meeting.embargo_until.ToJsonString() == OPEN["embargo_until"]


def test_new_record_of_an_import_gets_the_default_of_its_calendar(
    client: Client, record: Make
) -> None:
    client.import_records(
        [record(default_visibility="VISIBILITY_INTERNAL"), record("meetings/talks")]
    )
    assert stored(client).visibility == INTERNAL


@pytest.mark.parametrize("later", ["VISIBILITY_PUBLIC", None])
def test_source_that_opens_an_event_is_warned_about_each_time(
    client: Client, record: Make, later: str | None
) -> None:
    client.create(record())
    entry = {"original": "1", "visibility": "VISIBILITY_INTERNAL"}
    client.import_records([record("meetings/talks", **entry)])
    for _ in range(2):
        again = {"original": "2"} | ({"visibility": later} if later else {})
        answer = client.import_records([record("meetings/talks", **again)])
        assert stored(client).visibility == INTERNAL
        assert warnings_of(answer) == ({"VISIBILITY_KEPT": 1} if later else {})

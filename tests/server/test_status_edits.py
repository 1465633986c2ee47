"""What an update may do to a status, and what only a verb may."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.statuses import verb_word
from summitry.v1.event_status_pb2 import EventStatus


def words(status: int) -> str:
    return EventStatus.Name(status).removeprefix("EVENT_STATUS_")  # type: ignore[arg-type]


def call(api: Any, verb: str, record: Any, **fields: Any) -> Any:
    message_name = type(record).DESCRIPTOR.name
    answer = api(f"{verb.capitalize()}{message_name}", name=record.name, **fields)
    return getattr(answer, message_name.lower())


# Edits: what an update may do to a status, or the verb that must.
EDITS = [
    ("ANNOUNCED", "PROPOSED", ""),
    ("UNSPECIFIED", "CONCLUDED", ""),
    ("CONFIRMED", "IN_PROGRESS", ""),
    ("CONFIRMED", "ANNOUNCED", ""),
    ("ANNOUNCED", "CONFIRMED", "confirm"),
    ("CONFIRMED", "POSTPONED", "postpone"),
    ("CONFIRMED", "CANCELLED", "cancel"),
    ("CONFIRMED", "NOT_HELD", "cancel"),
    ("POSTPONED", "CONFIRMED", "reschedule"),
    ("POSTPONED", "UNSPECIFIED", "reschedule"),
    ("CANCELLED", "ANNOUNCED", "reinstate"),
    ("CANCELLED", "NOT_HELD", "reinstate"),
    ("CANCELLED", "CANCELLED", ""),
]


@pytest.mark.parametrize(("old", "new", "verb"), EDITS, ids=lambda value: str(value))
def test_update_refuses_status_changes_that_need_a_verb(
    api: Any, old: str, new: str, verb: str
) -> None:
    created = api.create("visits", "v", status=f"EVENT_STATUS_{old}")
    sent = {
        "visit": {"name": created.name, "status": f"EVENT_STATUS_{new}"},
        "update_mask": "status",
    }
    if not verb:
        changed = api("UpdateVisit", **sent).visit
        assert words(changed.status) == new
        assert len(changed.status_changes) == (old != new)
        return
    refusal = api.refusal("UpdateVisit", **sent)
    assert (refusal.reason, refusal.field) == ("IMMUTABLE_FIELD", "visit.status")
    assert refusal.metadata["verb"] == f"EVENT_VERB_{verb.upper()}"


def test_the_time_of_what_is_postponed_comes_by_a_verb(api: Any, make: Any) -> None:
    created = api.create("visits", "v", time=make.dates("2024-07-03"))
    call(api, "postpone", created)
    sent = {"name": created.name, "time": make.dates("2024-08-03")}
    refusal = api.refusal("UpdateVisit", visit=sent)
    assert (refusal.reason, refusal.field) == ("IMMUTABLE_FIELD", "visit.time")
    assert refusal.metadata["verb"] == "EVENT_VERB_RESCHEDULE"


def test_suspended_and_resumed(api: Any) -> None:
    """Fez 1981: suspended in November, resumed in September of the next year."""
    created = api.create("summits", "s", status="EVENT_STATUS_CONFIRMED")
    for status in ("IN_PROGRESS", "SUSPENDED", "IN_PROGRESS", "CONCLUDED"):
        sent = {"name": created.name, "status": f"EVENT_STATUS_{status}"}
        last = api("UpdateSummit", summit=sent).summit
    assert [verb_word(change.verb) for change in last.status_changes] == [
        *("update", "suspend", "resume", "update"),
    ]
    assert last.sequence == 4


def test_a_status_may_come_with_a_new_record(api: Any) -> None:
    sent = {"name": "calendars/c/visits/v", "status": "EVENT_STATUS_POSTPONED"}
    created = api("UpdateVisit", visit=sent, allow_missing=True).visit
    assert words(created.status) == "POSTPONED" and not created.status_changes


def test_status_of_a_calendar_is_refused(api: Any) -> None:
    sent = {"name": "calendars/c", "status": "EVENT_STATUS_CANCELLED"}
    assert api.refusal("UpdateCalendar", calendar=sent).field == "calendar.status"


@pytest.mark.parametrize("collection", ["delegations", "notices"])
def test_kind_without_verbs_changes_its_status_by_update(api: Any, collection: str) -> None:
    noun = collection[:-1]
    name = api.create(collection, "r", status="EVENT_STATUS_ANNOUNCED").name
    for status in ("CONFIRMED", "POSTPONED", "CANCELLED", "CONFIRMED"):
        sent = {noun: {"name": name, "status": f"EVENT_STATUS_{status}"}}
        record = getattr(api(f"Update{noun.capitalize()}", **sent), noun)
    assert [words(change.to_status) for change in record.status_changes] == [
        *("CONFIRMED", "POSTPONED", "CANCELLED", "CONFIRMED"),
    ]
    assert {verb_word(change.verb) for change in record.status_changes} == {"update"}

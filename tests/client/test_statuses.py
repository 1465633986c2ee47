"""The table of statuses: every status has one row, and the groups follow from it."""

from __future__ import annotations

import pytest

from summitry.statuses import STATUSES, Stage, in_stages, is_certain, status_of, takes_place
from summitry.v1.event_status_pb2 import Certainty, EventStatus
from summitry.v1.visit_pb2 import Visit

NAMES = {status: name.removeprefix("EVENT_STATUS_") for name, status in EventStatus.items()}
# Written apart from the table, by the words of the enum's comments.
NOT_TAKING_PLACE = {"POSTPONED", "CANCELLED", "WITHDRAWN_BY_HOST", "NOT_HELD"}
TALKED_OF = {"RUMORED", "PROPOSED"}
TENTATIVE = TALKED_OF | {"POSTPONED"}
CALLED_OFF = NOT_TAKING_PLACE - {"POSTPONED"}
MARKED = NOT_TAKING_PLACE | TALKED_OF | {"SUSPENDED"}


def test_every_status_of_the_api_has_a_row() -> None:
    assert set(STATUSES) == set(EventStatus.values())


def test_stages_divide_the_statuses() -> None:
    groups = [in_stages(stage) for stage in Stage]
    assert all(groups)
    assert sorted(status for group in groups for status in group) == sorted(EventStatus.values())


@pytest.mark.parametrize("status", EventStatus.values(), ids=NAMES.get)
def test_each_question_has_the_answer_of_the_status(status: EventStatus) -> None:
    name, event, row = NAMES[status], Visit(status=status), status_of(status)
    assert takes_place(event) is (name not in NOT_TAKING_PLACE)
    assert is_certain(event) is (name not in TALKED_OF)
    assert row.marked is (name in MARKED)
    by_name = {"TENTATIVE": TENTATIVE, "CANCELLED": CALLED_OFF, "": {"UNSPECIFIED"}}
    assert row.ical == next((word for word, of in by_name.items() if name in of), "CONFIRMED")


@pytest.mark.parametrize("certainty", Certainty.values(), ids=Certainty.Name)
def test_certainty_counts_beside_the_status(certainty: Certainty) -> None:
    event = Visit(status=EventStatus.EVENT_STATUS_CONFIRMED, certainty=certainty)
    name = Certainty.Name(certainty).removeprefix("CERTAINTY_")
    assert takes_place(event) is (name != "CANCELLED")
    assert is_certain(event) is (name not in {"PLANNED_UNCERTAIN", "HIGHLY_UNCERTAIN", "MAY_OCCUR"})


def test_a_status_of_a_newer_server_counts_as_unspecified() -> None:
    assert status_of(99) is STATUSES[EventStatus.EVENT_STATUS_UNSPECIFIED]  # type: ignore[arg-type]

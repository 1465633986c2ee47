"""Refusals keep reason, path and detail apart until they leave the server."""

from __future__ import annotations

import pytest

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.wire.refusals import ALONE, LABEL, SUBJECT, RefusedError, invalid, missing

REASON = ErrorReason.ERROR_REASON_INVALID_VALUE


@pytest.mark.parametrize(
    ("lead", "message"),
    [
        (LABEL, "titles: is wrong"),
        (SUBJECT, "titles is wrong"),
        (ALONE, "is wrong"),
    ],
)
def test_message_is_composed_by_lead(lead: str, message: str) -> None:
    assert RefusedError(REASON, "is wrong", "titles", lead=lead).message == message


def test_message_without_a_path_is_the_detail() -> None:
    assert str(RefusedError(REASON, "is wrong", lead=SUBJECT)) == "is wrong"


def test_under_joins_the_path_and_keeps_the_rest() -> None:
    refusal = invalid("id", "x y", "an id").under("writes[1].create")
    assert (refusal.path, refusal.reason) == ("writes[1].create.id", REASON)
    assert refusal.message == "writes[1].create.id: 'x y' is not an id"
    assert refusal.metadata == {"value": "x y"}


def test_under_without_a_path_is_the_path_of_the_message() -> None:
    assert RefusedError(REASON, "is wrong").under("writes[1]").message == "writes[1]: is wrong"


def test_moving_a_refusal_to_a_path_leaves_its_detail() -> None:
    """A detail that repeats the path is not cut, as it was when texts were edited."""
    refusal = missing("name", "name the name").at("record.name")
    assert refusal.message == "record.name is empty: name the name"


def test_moving_a_refusal_adds_the_path_to_a_detail_without_one() -> None:
    assert RefusedError(REASON, "no.", "a", lead=ALONE).at("b.a").message == "b.a: no."

"""Arguments that take several texts: a plain string counts as one text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from summitry import batch
from summitry._calls.requests import records, time_zones, writes
from summitry._calls.texts import as_texts
from summitry.v1.visit_pb2 import Visit

NAME = "calendars/c/visits/v"
SINGLE_TEXT = {
    "plain": NAME,
    "list": [NAME],
    "tuple": (NAME,),
    "generator": (name for name in [NAME]),
}


@pytest.mark.parametrize("value", SINGLE_TEXT.values(), ids=SINGLE_TEXT)
def test_one_text_in_any_form_is_one_text(value: Any) -> None:
    assert as_texts(value) == [NAME]


def test_several_texts_keep_their_order_and_none_are_none() -> None:
    assert as_texts(["b", "a"]) == ["b", "a"]
    assert as_texts(()) == []


def names(texts: str | Iterable[str]) -> list[str]:
    (call,) = records.batch_get(texts)
    return list(call.request.names)


# What takes texts, and what it asks for then.
TAKERS: dict[str, Callable[[Any], list[str]]] = {
    "batch_get": names,
    "audit": lambda texts: list(time_zones.audit(time_zones=texts).request.time_zones),
    "rebase": lambda texts: list(time_zones.rebase(texts).request.time_zones),
    "update": lambda texts: list(writes.update(Visit(name=NAME), texts).request.update_mask.paths),
    "batch update": lambda texts: list(
        batch.update(Visit(name=NAME), texts).update.update_mask.paths
    ),
}


@pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS)
def test_a_plain_string_is_one_text(take: Callable[[Any], list[str]]) -> None:
    assert take(NAME) == take([NAME]) == [NAME]


def test_a_person_and_a_name_as_plain_strings(connect: Any, astana: Any) -> None:
    client = connect(astana.grpc)
    july = {"first_date": "2024-07-02", "last_date": "2024-07-06", "time_zone": "Asia/Almaty"}
    assert list(client.locate("xi-jinping", **july)) == list(client.locate(["xi-jinping"], **july))
    summit = "calendars/astana-2024/summits/sco-24"
    assert [record.name for record in client.batch_get(summit)] == [summit]

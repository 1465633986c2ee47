"""Random batches against a naive model: all or none, in order, and once for each request_id."""

from __future__ import annotations

import copy
import uuid
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

ALIVE, DELETED, PURGED = "alive", "deleted", "purged"


class ImpossibleError(Exception):
    """The act is refused."""


class Model:
    """The records by the last part of their names, and their versions."""

    def __init__(self, head: int) -> None:
        self.head = head
        self.now: dict[int, tuple[str, str]] = {}  # state and series
        self.versions: dict[int, list[tuple[int, str, str]]] = {}  # revision, state, series

    def apply(self, operations: list[Any]) -> Model:
        """Return the model after a batch. Raises ImpossibleError where a write is refused."""
        after = copy.deepcopy(self)
        changed = [after.do(*operation) for operation in operations]
        after.head += any(changed)
        return after

    def do(self, operation: str, number: int, series: str, back: int) -> bool:
        state, old = self.now.get(number, ("", ""))
        expected = {
            "create": self.create, "update": self.update, "upsert": self.upsert,
            "delete": self.delete, "undelete": self.undelete, "purge": self.purge,
            "restore": self.restore,
        }[operation](number, state, old, series, back)  # fmt: skip
        if expected == (state, old):
            return False
        self.now[number] = expected
        if expected[0] == PURGED:
            self.versions[number] = []
        self.versions.setdefault(number, []).append((self.head + 1, *expected))
        return True

    def create(self, number: int, state: str, old: str, series: str, back: int) -> Any:
        return need(not state) and (ALIVE, series)

    def update(self, number: int, state: str, old: str, series: str, back: int) -> Any:
        return need(state == ALIVE) and (ALIVE, series)

    def upsert(self, number: int, state: str, old: str, series: str, back: int) -> Any:
        return need(state in (ALIVE, "")) and (ALIVE, series)

    def delete(self, number: int, state: str, old: str, series: str, back: int) -> Any:
        return need(state == ALIVE) and (DELETED, old)

    def undelete(self, number: int, state: str, old: str, series: str, back: int) -> Any:
        return need(state == DELETED) and (ALIVE, old)

    def purge(self, number: int, state: str, old: str, series: str, back: int) -> Any:
        return need(state == DELETED) and (PURGED, "")

    def restore(self, number: int, state: str, old: str, series: str, back: int) -> Any:
        at = self.head - back
        versions = [version for version in self.versions.get(number, []) if version[0] <= at]
        return (
            need(state in (ALIVE, DELETED) and versions and versions[-1][1] == ALIVE)
            and versions[-1][1:]
        )


def need(condition: Any) -> bool:
    if not condition:
        raise ImpossibleError
    return True


OPERATION = st.tuples(
    st.sampled_from(
        ["create", "create", "update", "upsert", "upsert", "delete", "undelete", "purge", "restore"]
    ),
    st.integers(0, 2),
    st.sampled_from(["x", "y", "z"]),
    st.integers(0, 3),
)
BATCHES = st.lists(st.lists(OPERATION, min_size=1, max_size=4), min_size=1, max_size=10)


def write(
    api: Any, model: Model, parent: str, operation: str, number: int, series: str, back: int
) -> Any:
    name = f"{parent}/summits/s{number}"
    record = {"summit": {"name": name, "series": series}}
    if operation == "create":
        return {"create": record}
    if operation in ("update", "upsert"):
        return {"update": {"record": record, "allow_missing": operation == "upsert"}}
    more = api.at(max(model.head - back, 1)) if operation == "restore" else {}
    return {operation: {"name": name, **more}}


def stored_states(api: Any, parent: str) -> dict[int, tuple[str, str]]:
    summits = api("ListSummits", parent=parent, show_deleted=True).summits
    return {
        int(summit.name[-1]): (DELETED if summit.HasField("delete_time") else ALIVE, summit.series)
        for summit in summits
    }


@given(batches=BATCHES, data=st.data())
def test_batch_applies_all_operations_in_order_or_none(
    batches: list[Any], data: Any, fresh_api: Any
) -> None:
    api, parent = fresh_api()
    model = Model(api.revision())
    for operations in batches:
        request = {
            "writes": [write(api, model, parent, *operation) for operation in operations],
            "request_id": str(uuid.uuid4()),
            "validate_only": data.draw(st.booleans(), label="validate only") and len(batches) > 3,
        }
        try:
            after = model.apply(operations)
        except ImpossibleError:
            refusal = api.refusal("BatchWrite", **request)
            assert refusal.field.startswith("writes[")
        else:
            answer = api("BatchWrite", **request)
            assert len(answer.records) == len(operations)
            if not request["validate_only"]:
                model = after
                assert answer.header.revision == model.head
                assert api("BatchWrite", **request) == answer, "the same again, and not done twice"
        assert api.revision() == model.head
        assert stored_states(api, parent) == {
            number: state for number, state in model.now.items() if state[0] != PURGED
        }


@given(operations=st.lists(OPERATION, min_size=1, max_size=25))
def test_lost_answers_do_nothing_twice(operations: list[Any], fresh_api: Any) -> None:
    """Every request is sent three times, as by a client whose answers got lost."""
    api, parent = fresh_api()
    model = Model(api.revision())
    for operation in operations:
        request = {
            "writes": [write(api, model, parent, *operation)],
            "request_id": str(uuid.uuid4()),
        }
        answers = set()
        for _ in range(3):
            try:
                answers.add(api("BatchWrite", **request).SerializeToString())
            except grpc.RpcError as error:
                answers.add(error.details())
        assert len(answers) == 1
        try:
            model = model.apply([operation])
        except ImpossibleError:
            assert isinstance(answers.pop(), str)
        assert api.revision() == model.head


def test_model_refuses_an_impossible_write() -> None:
    model = Model(1).apply([("create", 0, "x", 0)])
    assert model.now == {0: (ALIVE, "x")} and model.head == 2
    with pytest.raises(ImpossibleError):
        model.apply([("create", 0, "x", 0)])

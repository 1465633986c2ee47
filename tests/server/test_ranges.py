"""Values of Google's common types: those out of range are refused on every rpc that admits one."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from summitry.__main__ import main
from summitry._calls.methods import METHODS
from summitry.formats.json_form import to_json
from summitry.v1.summit_pb2 import Summit
from summitry_server.store.contract import LogEntry
from summitry_server.wire import frames as wire
from summitry_server.wire import limits
from summitry_server.wire.ranges import RANGES, range_check
from summitry_server.wire.refusals import RefusedError

# Out of range, by type; and the field below at which the refusal points.
POISON: dict[str, list[tuple[dict[str, Any], str]]] = {
    "google.protobuf.Timestamp": [
        ({"seconds": 2**62}, ""),
        ({"seconds": -(2**62)}, ""),
        ({"seconds": 253_402_300_800}, ""),
        ({"seconds": -62_135_596_801}, ""),
        ({"nanos": -5}, ""),
        ({"nanos": 1_000_000_000}, ""),
    ],
    "google.protobuf.Duration": [
        ({"seconds": 2**62}, ""),
        ({"seconds": -315_576_000_001}, ""),
        ({"nanos": 1_000_000_000}, ""),
        ({"seconds": 1, "nanos": -1}, ""),
    ],
    "google.type.LatLng": [
        ({"latitude": 90.5}, ".latitude"),
        ({"latitude": math.nan}, ".latitude"),
        ({"longitude": -180.5}, ".longitude"),
        ({"longitude": math.inf}, ".longitude"),
    ],
    "google.type.LocalizedText": [
        ({"language_code": "not a tag"}, ".language_code"),
        ({"text": "x", "language_code": "f"}, ".language_code"),
    ],
    "google.type.Money": [
        ({"currency_code": "euro"}, ".currency_code"),
        ({"units": 1, "nanos": -1}, ".nanos"),
        ({"nanos": 2**31 - 1}, ".nanos"),
    ],
    "google.type.TimeOfDay": [({"nanos": -1}, ".nanos"), ({"nanos": 1_000_000_000}, ".nanos")],
}
# Types without a range of their own: an interval is two Timestamps, a mask is checked as paths, and
# an Empty says nothing but that it is set.
COMPOSED = {"google.type.Interval", "google.protobuf.FieldMask", "google.protobuf.Empty"}


class Place(NamedTuple):
    """A field of a common type within a request."""

    path: tuple[Any, ...]  # field descriptors from the request to the field
    type: str

    @property
    def name(self) -> str:
        """Return the path as refusals spell it."""
        parts = [f"{field.name}[0]" if field.is_repeated else field.name for field in self.path]
        return ".".join(parts)


def places(descriptor: Any, above: tuple[Any, ...] = ()) -> Iterator[Place]:
    """Yield all fields of common types below a message, each type of message entered once a path."""
    for field in descriptor.fields:
        type_ = field.message_type
        if type_ is None or type_.GetOptions().map_entry:
            continue
        if type_.full_name.startswith("google.") and type_.full_name not in COMPOSED:
            yield Place((*above, field), type_.full_name)
        elif type_ not in [f.message_type for f in above] and len(above) < 5:
            yield from places(type_, (*above, field))


def poisoned(request: type[Message], place: Place, value: dict[str, Any]) -> Message:
    message: Any = request()
    here = message
    for field in place.path:
        part = getattr(here, field.name)
        here = part.add() if field.is_repeated else part
        here.SetInParent()
    for name, number in value.items():
        setattr(here, name, number)
    return message  # type: ignore[no-any-return]


def test_each_common_type_of_a_request_has_a_range() -> None:
    used = {place.type for method in METHODS for place in places(method.request.DESCRIPTOR)}
    assert used == set(RANGES) == set(POISON)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.path.rpartition("/")[2])
def test_out_of_range_is_refused_by_its_path(method: Any) -> None:
    for place in places(method.request.DESCRIPTOR):
        if any(limits.key_of(field) in limits.SINGLY for field in place.path):
            continue  # refused one by one: the test of imports below
        for value, below in POISON[place.type]:
            with pytest.raises(RefusedError) as caught:
                limits.check(poisoned(method.request, place, value))
            assert caught.value.path == place.name + below, value


UNARY = [
    method
    for method in METHODS
    if method.shape == "unary_unary" and any(True for _ in places(method.request.DESCRIPTOR))
]


@pytest.mark.parametrize("method", UNARY, ids=lambda m: m.path.rpartition("/")[2])
def test_rpc_refuses_out_of_range_and_stores_nothing(api: Any, method: Any) -> None:
    first = {place.type: place for place in places(method.request.DESCRIPTOR)}
    before = api.revision()
    for place in first.values():
        value, below = POISON[place.type][0]
        rpc = method.path.rpartition("/")[2]
        refusal = api.refusal(rpc, poisoned(method.request, place, value))
        expected = ("INVALID_ARGUMENT", "INVALID_VALUE", place.name + below)
        assert (refusal.code, refusal.reason, refusal.field) == expected
    assert api.revision() == before


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**31), 2**31 - 1))
def test_timestamp_is_admitted_if_json_can_hold_it(seconds: int, nanos: int) -> None:
    stamp = Timestamp(seconds=seconds, nanos=nanos)
    check = range_check(Timestamp.DESCRIPTOR)
    assert check is not None
    try:
        check(stamp, None)
    except RefusedError:
        with pytest.raises(ValueError, match="Timestamp"):
            stamp.ToJsonString()
    else:
        stamp.ToJsonString()


@pytest.mark.parametrize(
    ("seconds", "nanos", "expected"),
    [
        (2**62, 0, "9999-12-31T23:59:59Z"),
        (-(2**62), 0, "0001-01-01T00:00:00Z"),
        (1_720_000_000, -5, "2024-07-03T09:46:40Z"),
        (1_720_000_000, 0, "2024-07-03T09:46:40Z"),
    ],
)
def test_json_has_the_nearest_instant(seconds: int, nanos: int, expected: str) -> None:
    summit = Summit(name="calendars/c/summits/s")
    summit.embargo_until.seconds, summit.embargo_until.nanos = seconds, nanos
    assert to_json(summit) == {"name": summit.name, "embargo_until": expected}
    assert (summit.embargo_until.seconds, summit.embargo_until.nanos) == (seconds, nanos)


@pytest.fixture
def poisoned_store(service: Any, api_class: Any) -> Any:
    """Return a service whose store has a record of an earlier version, with an embargo of 2**62."""
    api = api_class(service.channel)
    api.create("calendars", "c")
    for name in ("a", "b", "z"):
        api.create("summits", name, embargo_until="2024-07-03T00:00:00Z")
    backend = service.application.backend

    def operation(writer: Any) -> None:
        row = writer.get("calendars/c/summits/b")
        summit = wire.unframe(Summit, row.frame)
        summit.embargo_until.seconds = 2**62
        summit.revision = writer.next_revision
        frame = wire.frame_of(summit)
        writer.put(replace(row, frame=frame, revision=writer.next_revision), new=False)

    backend.store.write(operation, LogEntry("test", "", "", 0))
    return service


@pytest.mark.parametrize(
    "command",
    [
        ["summits", "list", "--calendar", "c", "--output", "json"],
        ["export", "c", "--format", "ndjson"],
    ],
    ids=["list", "export"],
)
def test_stored_poison_does_not_stop_the_others(
    poisoned_store: Any, capsys: Any, command: list[str]
) -> None:
    assert main(["--server", poisoned_store.grpc, *command]) == 0
    out = capsys.readouterr().out
    records = json.loads(out) if out.startswith("[") else [json.loads(x) for x in out.splitlines()]
    embargoes = {r["name"]: r["embargo_until"] for r in records if "/summits/" in r["name"]}
    assert len(embargoes) == 3
    assert embargoes["calendars/c/summits/b"] == "9999-12-31T23:59:59Z", "the embargo stays"


def test_stored_poison_is_shown_in_a_difference(poisoned_store: Any, api_class: Any) -> None:
    api = api_class(poisoned_store.channel)
    name = "calendars/c/summits/b"
    versions = api("ListRevisions", name=name).revisions
    answer = api("DiffRevisions", name=name, from_snapshot=versions[-1].snapshot)
    new_values = {change.field_path: change.new_value for change in answer.differences}
    assert new_values["embargo_until"] == '"9999-12-31T23:59:59Z"'

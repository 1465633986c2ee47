"""The table of methods against the protos, and parsing of resource names."""

from __future__ import annotations

import json

import pytest

from summitry._calls.channel import service_config
from summitry._calls.methods import BY_KIND, METHODS
from summitry._calls.requests import records, writes
from summitry.errors import InvalidArgumentError
from summitry.kinds import KINDS
from summitry.names import kind_of, parse_name
from summitry.v1.summit_pb2 import Summit

VERBS = {"Get", "BatchGet", "List", "Create", "Update", "Delete", "Undelete", "Restore", "Purge"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.collection))
def test_each_kind_has_the_standard_methods(kind: object) -> None:
    verbs = BY_KIND[kind]  # type: ignore[index]
    assert verbs.keys() >= VERBS
    noun = kind.message.DESCRIPTOR.name  # type: ignore[attr-defined]
    assert verbs["Get"].path == f"/summitry.v1.{noun}Service/Get{noun}"
    assert verbs["List"].path == f"/summitry.v1.{noun}Service/List{noun}s"
    assert {verb for verb in VERBS if verbs[verb].is_read} == {"Get", "BatchGet", "List"}


def test_only_repeatable_methods_are_retried() -> None:
    (policy,) = json.loads(service_config())["methodConfig"]
    paths = {f"/{name['service']}/{name['method']}" for name in policy["name"]}
    assert paths == {method.path for method in METHODS if method.is_repeatable}
    assert paths > {method.path for method in METHODS if method.is_read}
    assert "/summitry.v1.WriteService/BatchWrite" in paths
    assert not {path for path in paths if path.endswith(("ParseCalendar", "ImportRecords"))}
    assert "/summitry.v1.AgendaService/QueryAgenda" in paths
    assert policy["retryPolicy"]["retryableStatusCodes"] == ["UNAVAILABLE"]


@pytest.mark.parametrize(
    ("name", "collection", "calendar", "id_"),
    [
        ("calendars/c", "calendars", "calendars/c", "c"),
        ("calendars/c/summits/s-1", "summits", "calendars/c", "s-1"),
        ("calendars/c/notices/n", "notices", "calendars/c", "n"),
    ],
)
def test_names_are_taken_apart(name: str, collection: str, calendar: str, id_: str) -> None:
    parts = parse_name(name)
    assert (parts.kind.collection, parts.calendar, parts.id) == (collection, calendar, id_)
    assert str(parts) == name


@pytest.mark.parametrize(
    "name",
    ["", "calendars", "calendars/", "calendars/c/", "calendars/c/summits", "calendars/c/teas/t",
     "calendars/c/calendars/d", "summits/s", "/calendars/c", "calendars/C", "calendars/c/summits/a/b",
     "calendars/c\n"],
    ids=repr,
)  # fmt: skip
def test_invalid_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        parse_name(name)
    assert (caught.value.reason, caught.value.field) == ("INVALID_NAME", "name")


def test_kinds_are_found_by_collection_message_and_record() -> None:
    assert kind_of("summits") is kind_of(Summit) is kind_of(Summit())
    with pytest.raises(InvalidArgumentError, match="not a collection"):
        kind_of("teas")


def test_a_batch_is_split_by_kind_and_size() -> None:
    names = [f"calendars/c/summits/s{n}" for n in range(1001)] + ["calendars/c", "calendars/c"]
    calls = list(records.batch_get(names))
    sizes = [(call.answer, len(call.request.names)) for call in calls]
    assert sizes == [("calendars", 1), ("summits", 1000), ("summits", 1)]


def test_a_new_record_is_filed_under_its_name() -> None:
    call = writes.create(Summit(name="calendars/c/summits/s"))
    assert (call.request.parent, call.request.summit_id) == ("calendars/c", "s")
    call = writes.create(Summit(name="calendars/c/summits/s"), "calendars/d", "t")
    assert (call.request.parent, call.request.summit_id) == ("calendars/d", "t")

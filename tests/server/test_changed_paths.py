"""The fields that a change changed: named as masks name them, and nothing told that a view hides."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import given
from hypothesis import strategies as st

from summitry.kinds import KINDS, Kind
from summitry.v1.change_service_pb2 import WatchChangesRequest, WatchChangesResponse
from summitry.v1.summit_pb2 import Summit
from summitry.zones import rfc3339
from summitry_server.domain.records.changed_paths import DERIVED, MOST_KEYS, changed_paths
from summitry_server.domain.records.masks import apply_mask
from tests.random_records import records

ALL = {"parent": "calendars/-"}
PUBLIC = {**ALL, "public_only": True}
NAME = "calendars/c/summits/s"
SECRET = "VISIBILITY_SECRET"

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing": ({"series": "x"}, {"series": "x"}, []),
    "a text": ({"series": "x"}, {"series": "y"}, ["series"]),
    "two in the order of fields": ({}, {"series": "y", "titles": [{"text": "T"}]}, ["titles", "series"]),
    "an unset field": ({"chair": {"id": "a"}}, {}, ["chair"]),
    "a list": ({"titles": [{"text": "T"}]}, {"titles": [{"text": "U"}]}, ["titles"]),
    "labels": ({"labels": {"a": "1", "b": "1"}}, {"labels": {"b": "2", "a b": "1"}}, ["labels.a", "labels.`a b`", "labels.b"]),
    "as many labels as are named": ({}, {"labels": dict.fromkeys("abcdefghijklmnop", "1")}, [f"labels.{key}" for key in "abcdefghijklmnop"]),
    "more labels": ({}, {"labels": dict.fromkeys("abcdefghijklmnopq", "1")}, ["labels"]),
    "a time": ({"time": {"dates": {"first_date": "2024-07-03"}}}, {"time": {"dates": {"first_date": "2024-07-04"}}}, ["time"]),
    "a first time": ({}, {"time": {"dates": {"first_date": "2024-07-04"}}}, ["time"]),
    "instants alone": (
        {"time": {"partial": {"edtf": "2024"}, "resolved": {"tzdb_version": "2024a"}}},
        {"time": {"partial": {"edtf": "2024"}, "resolved": {"tzdb_version": "2024b"}}},
        ["time.resolved"],
    ),
    "derived": ({"etag": "a", "revision": 1}, {"etag": "b", "revision": 2, "source_digests": {"time": "x"}}, []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_paths_of_two_versions(case: str) -> None:
    before, after, expected = CASES[case]
    old, new = (json_format.ParseDict(fields, Summit()) for fields in (before, after))
    assert changed_paths(old, new) == expected


def test_one_key_more_than_are_named_is_meant() -> None:
    assert len(CASES["more labels"][1]["labels"]) == MOST_KEYS + 1


@given(data=st.data(), kind=st.sampled_from(KINDS))
def test_mask_of_the_paths_makes_the_new_version(data: st.DataObject, kind: Kind) -> None:
    drawn = [data.draw(records((kind,)))[1] for _ in range(2)]
    old, new = (json_format.ParseDict(fields, kind.message()) for fields in drawn)
    paths = changed_paths(old, new)
    assert len(paths) <= len(kind.message.DESCRIPTOR.fields) + MOST_KEYS
    assert apply_mask(old, new, FieldMask(paths=paths)) == new if paths else old == new


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.collection))
def test_derived_fields_exist_in_each_kind(kind: Kind) -> None:
    assert set(kind.message.DESCRIPTOR.fields_by_name) >= DERIVED


def paths_since(api: Any, token: str, view: dict[str, Any]) -> list[list[str]]:
    page = api("ListChanges", view=view, token=token, include_changed_paths=True)
    return [list(change.changed_paths) for change in page.changes]


def now(api: Any, view: dict[str, Any]) -> str:
    return str(api("ListChanges", view=view, now={}).next_token)


def update(api: Any, mask: str = "", **fields: Any) -> None:
    api("UpdateSummit", summit={"name": NAME, **fields}, update_mask=mask)


def test_changes_name_their_fields_where_asked(api: Any) -> None:
    token = now(api, ALL)
    api.create("summits", "s", series="x")
    update(api, series="y", labels={"a": "1"})
    api("DeleteSummit", name=NAME)
    api("UndeleteSummit", name=NAME)
    assert paths_since(api, token, ALL) == [[], ["labels.a", "series"], [], []]
    unasked = api("ListChanges", view=ALL, token=token)
    assert not any(change.changed_paths for change in unasked.changes)


def test_record_that_enters_a_view_has_no_changed_paths(api: Any) -> None:
    """They would tell what the record was like outside of the view."""
    view = {**ALL, "filter": {"labels": {"desk": "asia"}}}
    token = now(api, view)
    api.create("summits", "s", labels={"desk": "europe"})
    update(api, "series,labels.desk", series="y", labels={"desk": "asia"})
    update(api, series="z")
    assert paths_since(api, token, view) == [[], ["series"]]


def test_public_hears_nothing_of_what_was_hidden(api: Any) -> None:
    api.create("summits", "s", series="x", visibility=SECRET)
    token = now(api, PUBLIC)
    update(api, "series,visibility", series="y", visibility="VISIBILITY_PUBLIC")
    update(api, series="z")
    assert paths_since(api, token, PUBLIC) == [[], ["series"]]


def test_public_hears_nothing_of_changes_under_embargo(api: Any, clock: Any) -> None:
    until = rfc3339(clock.time + 100)
    api.create("summits", "s", embargo_until=until)
    token = now(api, PUBLIC)
    update(api, series="x")
    assert paths_since(api, token, PUBLIC) == []


def test_public_hears_nothing_of_a_closed_calendar(api: Any) -> None:
    api.create("summits", "s", series="x")
    api(
        "UpdateCalendar",
        calendar={"name": "calendars/c", "visibility": SECRET},
        update_mask="visibility",
    )
    update(api, series="y")
    token = now(api, PUBLIC)
    api(
        "UpdateCalendar",
        calendar={"name": "calendars/c", "visibility": "VISIBILITY_PUBLIC"},
        update_mask="visibility",
    )
    assert all(paths == [] for paths in paths_since(api, token, PUBLIC))  # fmt: skip


def test_public_hears_nothing_of_a_hidden_event(api: Any) -> None:
    api.create("summits", "s", visibility=SECRET)
    api.create("meetings", "m")
    token = now(api, PUBLIC)
    meeting = {"name": "calendars/c/meetings/m", "parent_event": NAME, "labels": {"a": "1"}}
    api("UpdateMeeting", meeting=meeting)
    assert paths_since(api, token, PUBLIC) == [["labels.a"]]
    versions = api("ListRevisions", name=meeting["name"], include_changed_paths=True).revisions
    assert list(versions[0].changed_paths) == ["labels.a", "parent_event"]


def test_watchers_of_one_view_get_what_each_asked_for(
    service: Any, api: Any, watch_of: Any
) -> None:
    """They share pages, and differ in this alone."""
    api.create("summits", "s", series="x")
    watches = [watch_of(include_changed_paths=has_paths) for has_paths in (True, False)]
    update(api, series="y")
    for watch, paths in zip(watches, (["series"], []), strict=True):
        (change,) = watch()
        assert list(change.changed_paths) == paths


@pytest.fixture
def service(start: Any) -> Any:
    return start("--http", "off")


@pytest.fixture
def api(service: Any, api_class: Any) -> Any:
    api = api_class(service.channel)
    api.create("calendars", "c")
    return api


@pytest.fixture
def watch_of(service: Any) -> Any:
    """Return a function that opens a watch, and gives one that waits for its next changes."""
    calls: list[Any] = []

    def open_watch(**fields: Any) -> Any:
        request = json_format.ParseDict({"view": ALL, "now": {}, **fields}, WatchChangesRequest())
        call = service.channel.unary_stream(
            "/summitry.v1.ChangeService/WatchChanges",
            request_serializer=WatchChangesRequest.SerializeToString,
            response_deserializer=WatchChangesResponse.FromString,
        )(request, timeout=60)
        calls.append(call)
        while not next(call).HasField("caught_up"):
            pass

        def changes() -> list[Any]:
            while not (message := next(call)).HasField("changes"):
                pass
            return list(message.changes.changes)

        return changes

    yield open_watch
    for call in calls:
        call.cancel()


@pytest.mark.parametrize("page_size", [1, 2, 100])
def test_versions_name_what_they_changed(api: Any, page_size: int) -> None:
    api.create("summits", "s", series="x")
    update(api, series="y")
    writes = [
        {"update": {"record": {"summit": {"name": NAME, "labels": {"a": str(turn)}}}, "update_mask": "labels.a"}}
        for turn in range(3)
    ]  # fmt: skip
    api("BatchWrite", writes=writes)
    api("DeleteSummit", name=NAME)
    sent = {"name": NAME, "page_size": page_size, "include_changed_paths": True}
    paths, token = list[list[str]](), ""
    while True:
        page = api("ListRevisions", **sent, page_token=token)
        paths += [list(version.changed_paths) for version in page.revisions]
        if not (token := page.next_page_token):
            break
    one_label = [["labels.a"]] * 3
    assert paths == [["delete_time"], *one_label, ["series"], []]
    unasked = api("ListRevisions", name=NAME).revisions
    assert not any(version.changed_paths for version in unasked)


def test_tokens_of_lists_with_and_without_paths_are_the_same(api: Any) -> None:
    """A follower may begin to ask, or stop, wherever it stands."""
    page = api("ListChanges", view=ALL, log_start={}, include_changed_paths=True)
    api.create("summits", "s")
    assert len(api("ListChanges", view=ALL, token=page.next_token).changes) == 1


def test_records_are_left_as_they_are() -> None:
    old, new = Summit(series="x"), Summit(labels={"a": "1"})
    copies = deepcopy((old, new))
    changed_paths(old, new)
    assert (old, new) == copies

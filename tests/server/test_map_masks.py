"""Masks that name a key of a map (AIP-161): `labels.desk`, and odd keys in backticks."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import given
from hypothesis import strategies as st

from summitry.kinds import KINDS
from summitry.v1.feed_pb2 import Feed
from summitry.v1.summit_pb2 import Summit
from summitry_server.domain.records.field_paths import FieldPath, is_map, key_path, parse_path
from summitry_server.domain.records.masks import apply_mask
from summitry_server.wire.refusals import RefusedError

NAME = "calendars/c/summits/s"
KEYS = st.text(min_size=1)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("labels", FieldPath(("labels",))),
        ("labels.a", FieldPath(("labels",), "a")),
        ("labels.A_1", FieldPath(("labels",), "A_1")),
        ("labels.17", FieldPath(("labels",), "17")),
        ("labels.`a`", FieldPath(("labels",), "a")),
        ("labels.`a.b`", FieldPath(("labels",), "a.b")),
        ("labels.`visa on arrival`", FieldPath(("labels",), "visa on arrival")),
        ("labels.`a``b`", FieldPath(("labels",), "a`b")),
        ("labels.````", FieldPath(("labels",), "`")),
        ("labels.`*`", FieldPath(("labels",), "*")),
        ("organization.id", FieldPath(("organization", "id"))),
    ],
)
def test_paths_are_read(path: str, expected: FieldPath) -> None:
    assert parse_path(Summit, path, "update_mask") == expected


@pytest.mark.parametrize(
    "path",
    ["", ".", "labels.", ".labels", "labels..a", "labels.a.b", "labels.a-b", "labels.*", "labels.`a",
     "labels.a`b`", "labels.``", "labels.`a`b", "labels.`a`.b", "labels[a]", "`labels`", "`labels`.a",
     "titles.a", "titles.text", "series.a", "time.labels.a", "labels.é"],
)  # fmt: skip
def test_unknown_forms_are_refused(api: Any, path: str) -> None:
    api.create("summits", "s")
    request = api.message("UpdateSummit", summit={"name": NAME})
    request.update_mask.paths.append(path)
    refusal = api.refusal("UpdateSummit", request)
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "UNKNOWN_FIELD_PATH")
    assert (refusal.field, refusal.metadata["value"]) == ("update_mask", path)


def test_refusal_of_an_odd_key_says_how_to_write_it() -> None:
    with pytest.raises(RefusedError, match="in backticks"):
        parse_path(Summit, "labels.a.b", "update_mask")


@given(key=KEYS)
def test_path_of_any_key_is_read_as_that_key(key: str) -> None:
    assert parse_path(Summit, key_path("labels", key), "f") == FieldPath(("labels",), key)


@given(
    stored=st.dictionaries(KEYS, st.text(), max_size=4),
    sent=st.dictionaries(KEYS, st.text(), max_size=4),
    extra_key=KEYS,
)
def test_each_named_key_is_that_of_the_update_and_others_stay(
    stored: dict[str, str], sent: dict[str, str], extra_key: str
) -> None:
    keys = {*list(sent)[::2], *list(stored)[::2], extra_key}
    mask = FieldMask(paths=[key_path("labels", key) for key in sorted(keys)])
    result = apply_mask(Summit(labels=stored, series="x"), Summit(labels=sent), mask)
    expected = {key: text for key, text in stored.items() if key not in keys}
    expected |= {key: text for key, text in sent.items() if key in keys}
    assert (dict(result.labels), result.series) == (expected, "x")


def test_key_below_a_message_that_is_not_set() -> None:
    mask = FieldMask(paths=["filter.labels.a"])
    assert apply_mask(Feed(), Feed(), mask) == Feed()
    sent = Feed()
    sent.filter.labels["a"] = "x"
    assert apply_mask(Feed(), sent, mask) == sent
    assert dict(apply_mask(sent, Feed(), mask).filter.labels) == {}


def test_labels_change_one_by_one(api: Any) -> None:
    api.create("summits", "s", labels={"a": "1", "b": "2"}, series="x")
    sent = {"name": NAME, "labels": {"a": "3", "c": "4"}, "series": "y"}
    changed = api("UpdateSummit", summit=sent, update_mask="labels.a,labels.b").summit
    assert (dict(changed.labels), changed.series) == ({"a": "3"}, "x")
    update = {"record": {"summit": sent}, "update_mask": "labels.c"}
    (record,) = api("BatchWrite", writes=[{"update": update}]).records
    assert dict(record.summit.labels) == {"a": "3", "c": "4"}


def test_whole_map_and_a_key_of_it_is_the_whole_map(api: Any) -> None:
    api.create("summits", "s", labels={"a": "1", "b": "2"})
    sent = {"name": NAME, "labels": {"c": "4"}}
    changed = api("UpdateSummit", summit=sent, update_mask="labels.a,labels").summit
    assert dict(changed.labels) == {"c": "4"}


@pytest.mark.parametrize(
    ("more", "labels"),
    [({}, {"c": "4"}), ({"replace": True}, {"c": "4"}), ({"update_mask": "labels.c"}, {"a": "1", "c": "4"})],
    ids=["set fields", "replace", "key"],
)  # fmt: skip
def test_only_a_key_in_the_mask_merges(
    api: Any, more: dict[str, Any], labels: dict[str, str]
) -> None:
    api.create("summits", "s", labels={"a": "1"})
    changed = api("UpdateSummit", summit={"name": NAME, "labels": {"c": "4"}}, **more).summit
    assert dict(changed.labels) == labels


def test_key_of_a_map_that_the_server_sets_is_ignored(api: Any) -> None:
    created = api.create("summits", "s")
    request = api.message("UpdateSummit", summit={"name": NAME, "source_digests": {"time": "x"}})
    request.update_mask.paths.append("source_digests.time")
    assert api("UpdateSummit", request).summit == created


def test_differences_name_keys_as_masks_do(api: Any) -> None:
    api.create("summits", "s", labels={"a": "1", "a b": "1"})
    api("UpdateSummit", summit={"name": NAME, "labels": {"a": "2"}})
    answer = api("DiffRevisions", name=NAME)
    rows = [(part.field_path, part.old_value, part.new_value) for part in answer.differences]
    assert rows == [("labels.a", "1", "2"), ("labels.`a b`", "1", "")]


def test_claim_may_be_about_a_label(api: Any) -> None:
    source = {"id": "s1", "title": "A paper"}
    claim = {"source_id": "s1", "field_path": "labels.desk", "text": "protocol"}
    stored = api.create("summits", "s", sources=[source], claims=[claim])
    assert [item.field_path for item in stored.preferences] == ["labels.desk"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.collection))
def test_keys_of_all_maps_are_texts(kind: Any) -> None:
    maps = [field for field in kind.message.DESCRIPTOR.fields if is_map(field)]
    assert maps and all(
        field.message_type.fields_by_name["key"].cpp_type == field.CPPTYPE_STRING for field in maps
    )

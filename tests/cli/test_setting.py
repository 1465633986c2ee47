"""`--set FIELD=VALUE` of create and update."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from summitry.cli.failures import UsageError
from summitry.cli.setting import set_fields
from summitry.v1.meeting_pb2 import Meeting


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        (["kind_text=pull-aside"], {"kind_text": "pull-aside"}),
        (["kind-text=a=b"], {"kind_text": "a=b"}),
        (["kind=plenary"], {"kind": "MEETING_KIND_PLENARY"}),
        (["illustrative=yes"], {"illustrative": True}),
        (["illustrative=false"], {}),
        (["titles=fr=Le titre", "titles=en=Title"], {"titles": [
            {"text": "Le titre", "language_code": "fr"}, {"text": "Title", "language_code": "en"}]}),
        (["labels.desk=protocol", "labels.my-key=a=b"], {"labels": {"desk": "protocol", "my-key": "a=b"}}),
        (["labels.a.b=x", "labels.`a``b`=y"], {"labels": {"a.b": "x", "a`b": "y"}}),
    ],
    ids=["text", "hyphen", "enum", "boolean", "default", "languages", "labels", "odd labels"],
)  # fmt: skip
def test_set_gives_any_field_of_one_line_a_value(
    assignments: list[str], expected: dict[str, object]
) -> None:
    record = Meeting()
    set_fields(record, assignments)
    assert MessageToDict(record, preserving_proto_field_name=True) == expected


@pytest.mark.parametrize(
    "assignment",
    ["color=red", "name=x", "ical_uid=x", "revision=1", "participants=x", "time=2024", "kind=party",
     "illustrative=maybe", "kind_text", "kind_text=", "labels=x", "labels.=x", "labels.a=", "kind_text.a=x", "source_digests.a=x"],
)  # fmt: skip
def test_set_of_what_is_no_field_or_value_is_refused(assignment: str) -> None:
    with pytest.raises(UsageError):
        set_fields(Meeting(), [assignment])


def test_set_is_written_and_cleared(cli: Any, desk: Any) -> None:
    text = '{"titles": [{"text": "Title", "language_code": "en"}], "time": {"partial": {"edtf": "2024-07"}}}'
    created = cli("meetings", "create", "-", "--calendar", "desk", "--id", "set", stdin=text)
    assert created.code == 0, created.err
    assert cli("meetings", "update", "desk/set", "--set", "kind_text=pull-aside").code == 0
    assert "pull-aside" in cli("meetings", "get", "desk/set").out
    assert cli("meetings", "update", "desk/set", "--clear", "kind_text").code == 0
    assert "pull-aside" not in cli("meetings", "get", "desk/set").out


def test_one_label_is_written_and_cleared(cli: Any, desk: Any) -> None:
    flags = ("--set", "labels.desk=protocol", "--set", "labels.my key=x")
    assert cli("summits", "create", "--calendar", "desk", "--id", "l", *flags).code == 0
    assert cli("summits", "update", "desk/l", "--set", "labels.desk=press").code == 0

    def labels() -> Any:
        return cli("summits", "get", "desk/l", "--output", "json").json.get("labels")

    assert labels() == {"desk": "press", "my key": "x"}
    assert cli("summits", "update", "desk/l", "--clear", "labels.my key").code == 0
    assert labels() == {"desk": "press"}
    mask = ("--mask", "labels.other", "--set", "labels.other=y")
    assert cli("summits", "update", "desk/l", *mask).code == 0
    assert labels() == {"desk": "press", "other": "y"}
    assert cli("summits", "update", "desk/l", "--clear", "labels.").code == 2

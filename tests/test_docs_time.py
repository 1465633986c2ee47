"""docs/time.md is true: each example is sent to a server, and what follows it comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from google.protobuf import json_format

from summitry import Client
from summitry.errors import InvalidArgumentError
from summitry.kinds import MEETING
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.time_zone_service_pb2 import ImpactKind

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "time.md").read_text(encoding="utf-8")
OLD_TREE = ROOT / "tests" / "data" / "tzdb-2023c"
NAME = f"calendars/c/{MEETING.collection}/m"


class Block(NamedTuple):
    """A fenced block of JSON: what it is, and what it says."""

    tag: str
    line: int
    facts: dict[str, Any]


def blocks() -> Iterator[Block]:
    for match in re.finditer(r"^```json ([^\n]+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        line = PAGE.count("\n", 0, match.start()) + 1
        yield Block(match[1], line, json.loads(match[2]))


ALL = list(blocks())
PAIRS = [
    pytest.param(sent, answer, id=f"line-{sent.line}")
    for sent, answer in pairwise(ALL)
    if sent.tag == "time"
]


def meeting(time: dict[str, Any]) -> Meeting:
    return json_format.ParseDict({"time": time}, Meeting())


def contains(actual: Any, expected: Any) -> bool:
    """Return true if `actual` has all expected fields; it may have more."""
    if not isinstance(expected, dict):
        return bool(actual == expected)
    return all(key in actual and contains(actual[key], value) for key, value in expected.items())


def as_json(record: Meeting) -> dict[str, Any]:
    time = json_format.MessageToDict(record.time, preserving_proto_field_name=True)
    assert isinstance(time, dict)
    return time


@pytest.fixture
def client(service: Any) -> Iterator[Client]:
    with Client(service.grpc) as client:
        client.create(Calendar(), id="c")
        yield client


@pytest.mark.parametrize(("sent", "answer"), PAIRS)
def test_example(client: Client, sent: Block, answer: Block) -> None:
    if answer.tag == "refused":
        with pytest.raises(InvalidArgumentError) as caught:
            client.create(meeting(sent.facts), "calendars/c", "m")
        error = caught.value
        facts = {"reason": error.reason, "field": error.field} | dict(error.metadata)
        assert contains(facts, answer.facts), facts
    else:
        assert answer.tag == "stored", f"line {answer.line}: say what comes back"
        client.create(meeting(sent.facts), "calendars/c", "m")
        stored = as_json(client.get(NAME, Meeting))
        assert contains(stored, answer.facts), stored


def test_a_change_of_law(start: Any, clock: Any, tmp_path: Path) -> None:
    at = next(index for index, block in enumerate(ALL) if block.tag.startswith("before"))
    before, stored, after = ALL[at : at + 3]
    store = ("--store", f"sqlite:///{tmp_path}/s.db", "--http", "off")
    clock.time = 1_703_000_000
    old = start(*store, "--tzdb-dir", str(OLD_TREE), "--tzdb", before.tag.partition(" ")[2])
    with Client(old.grpc) as client:
        client.create(Calendar(), id="c")
        created = client.create(meeting(before.facts), "calendars/c", "m")
    assert contains(as_json(created), stored.facts)
    old.channel.close()
    old.application.stop()
    with Client(start(*store).grpc) as client:
        moved = client.get(NAME, Meeting)
    assert contains(as_json(moved), after.facts)
    assert (moved.ical_uid, moved.sequence) == (created.ical_uid, 1)


def test_every_form_has_an_example() -> None:
    forms = {next(iter(block.facts)) for block in ALL if block.tag == "time"}
    assert forms == {"timed", "dates", "partial", "iso"}
    assert len(PAIRS) > 15, "the page is read"


def test_every_kind_of_impact_is_explained() -> None:
    names = {name.removeprefix("IMPACT_KIND_") for name in ImpactKind.DESCRIPTOR.values_by_name}
    assert names - {"UNSPECIFIED"} == set(re.findall(r"^\| ([A-Z_]+) \|", PAGE, re.MULTILINE))


EDTF = {
    edtf
    for row in re.findall(r"^\| (`[^|]*) \|.*\|.*\|.*\|$", PAGE, re.MULTILINE)
    for edtf in re.findall(r"`([^`]*)`", row)
    if re.match(r"[0-9.\[]", edtf)
}


@pytest.mark.parametrize("edtf", sorted(EDTF))
def test_every_partial_date_of_the_table_is_accepted(client: Client, edtf: str) -> None:
    created = client.create(meeting({"partial": {"edtf": edtf}}), "calendars/c", "m")
    assert created.time.partial.edtf == edtf


STRINGS = {
    text
    for row in re.findall(r"^\| (`[0-9.][^|]*) \|[^|]*\|$", PAGE, re.MULTILINE)
    for text in re.findall(r"`([^`]*)`", row)
}


@pytest.mark.parametrize("text", sorted(STRINGS))
def test_every_time_in_one_string_of_the_table_is_accepted(client: Client, text: str) -> None:
    created = client.create(meeting({"iso": text}), "calendars/c", "m")
    again = client.create(meeting({"iso": created.time.resolved.iso}), "calendars/c", "n")
    assert again.time == created.time


def test_table_of_times_in_one_string_is_read() -> None:
    assert len(STRINGS) > 12

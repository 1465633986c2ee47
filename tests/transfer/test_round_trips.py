"""Unedited exports, imported again, change only what a format leaves out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from summitry import Client
from summitry.formats.files import read_records, write_records
from summitry.formats.profiles import ProfileOptions, read_profile
from summitry.formats.profiles.carried import LEFT_OUT
from summitry.formats.profiles.eventsml_writing import write_events
from summitry.formats.profiles.flat import write_table
from summitry.kinds import CALENDAR
from summitry.v1.summit_pb2 import Summit
from summitry.v1.transfer_service_pb2 import ImportRecordsResponse
from summitry_server.app import Application
from summitry_server.config import parse_config
from tests.random_records import SUMMITS, C, records

EXAMPLES = iter(range(1_000_000))
STAMPS = (
    *("etag", "revision", "sequence", "update_time", "preferences", "status_changes"),
    "source_digests",  # of the entries that imports have taken in
)


@pytest.fixture(scope="module")
def store() -> Iterator[Client]:
    """Return a client of one service; each example has a calendar of its own."""
    options = ["--store", "memory:", "--grpc", "127.0.0.1:0", "--http", "off"]
    application = Application(parse_config(options))
    with Client(str(application.grpc_address)) as client:
        yield client
    application.stop()


def stored_records(client: Client, drawn: list[Any]) -> list[Any]:
    """Store random records in a new calendar, and return them as the store has them."""
    calendar = f"calendars/r{next(EXAMPLES)}"
    calendar_fields = [fields for kind, fields in drawn if kind is CALENDAR][:1]
    sent: list[Any] = [json_format.ParseDict({"name": calendar}, CALENDAR.message())]
    for fields in calendar_fields:
        json_format.ParseDict(fields, sent[0])
    sent += [Summit(name=name.replace(C, calendar)) for name in SUMMITS]
    for number, (kind, fields) in enumerate(drawn):
        if kind is not CALENDAR:
            text = json_format.MessageToJson(json_format.ParseDict(fields, kind.message()))
            record = json_format.Parse(text.replace(f"{C}/", f"{calendar}/"), kind.message())
            record.name = f"{calendar}/{kind.collection}/{kind.singular}-{number}"
            sent.append(record)
    answer = client.import_records(sent)
    assert [result.message for result in answer.results if result.reason] == []
    return list(client.export_records(calendar, include_hidden=True))


def write_and_read(format_: str, exported: list[Any]) -> list[Any]:
    """Return records written to a file of a format and read from it."""
    if format_ in ("ndjson", "yaml"):
        out = io.StringIO()
        write_records(exported, out, format_)
        return [record for _, record in read_records(io.StringIO(out.getvalue()), format_)]
    if format_ == "csv":
        out = io.StringIO(newline="")
        write_table(exported, out)
        text = out.getvalue()
    else:
        data = io.BytesIO()
        write_events(exported[0], exported[1:], data)
        text = data.getvalue().decode()
    source = io.StringIO(text, newline="")
    return [record for _, record in read_profile(format_, source, ProfileOptions())]


def counts(answer: ImportRecordsResponse) -> tuple[int, int, int]:
    return answer.created, answer.updated, answer.failed


@pytest.mark.parametrize("format_", LEFT_OUT)
@given(drawn=st.lists(records(), min_size=1, max_size=4))
def test_unedited_export_changes_nothing_when_merged(
    store: Client, format_: str, drawn: list[Any]
) -> None:
    before = stored_records(store, drawn)
    revision = store.header.revision
    answer = store.import_records(write_and_read(format_, before), merge=True)
    assert (counts(answer), answer.header.revision) == ((0, 0, 0), revision)
    assert list(store.export_records(before[0].name, include_hidden=True)) == before


@pytest.mark.parametrize("format_", LEFT_OUT)
@given(drawn=st.lists(records(), min_size=1, max_size=4))
def test_unedited_export_loses_what_its_format_leaves_out_alone(
    store: Client, format_: str, drawn: list[Any]
) -> None:
    before = stored_records(store, drawn)
    answer = store.import_records(write_and_read(format_, before))
    assert (answer.created, answer.failed) == (0, 0)
    after = store.export_records(before[0].name, include_hidden=True)
    for first, second in zip(before, after, strict=True):
        names = LEFT_OUT[format_] & {field.name for field in first.DESCRIPTOR.fields}
        if format_ == "eventsml" and first.name == before[0].name:
            names = frozenset()  # calendars are not in a document
        assert bare(second, frozenset()) == bare(first, names)


def bare(record: Any, left_out: frozenset[str]) -> Any:
    """Return a record without the stamps of its version and some fields."""
    copy = deepcopy(record)
    for name in (*STAMPS, *left_out):
        copy.ClearField(name)
    return copy

"""Any record written to a file and read back: the fields that a format carries are equal."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from summitry.fields import Fields
from summitry.formats.files import read_records, write_records
from summitry.formats.profiles import ProfileOptions, read_profile
from summitry.formats.profiles.carried import LEFT_OUT, carried, carried_fields
from summitry.formats.profiles.eventsml_writing import write_events
from summitry.formats.profiles.flat import write_table
from summitry.kinds import CALENDAR, KINDS, Kind
from summitry.v1.calendar_pb2 import Calendar
from tests.random_records import C, records

DOCS = Path(__file__).resolve().parents[2] / "docs/transfer.md"

Codec = tuple[Callable[[list[Any]], str], Callable[[str], list[Any]]]


def make_record(kind: Kind, fields: Fields, number: int = 0) -> Any:
    """Return a record of random fields, under a name of its own."""
    name = C if kind is CALENDAR else f"{C}/{kind.collection}/{kind.singular}-{number}"
    return json_format.ParseDict({**fields, "name": name, "ical_uid": f"u{number}"}, kind.message())


def _records(format_: str) -> Codec:
    def write(records: list[Any]) -> str:
        out = io.StringIO()
        write_records(records, out, format_)
        return out.getvalue()

    return write, lambda text: [record for _, record in read_records(io.StringIO(text), format_)]


def _write_csv(records: list[Any]) -> str:
    out = io.StringIO(newline="")
    write_table(records, out)
    return out.getvalue()


def _write_eventsml(records: list[Any]) -> str:
    out = io.BytesIO()
    write_events(Calendar(name=C), records, out)
    return out.getvalue().decode()


def _profile(name: str) -> Callable[[str], list[Any]]:
    return lambda text: [
        record for _, record in read_profile(name, io.StringIO(text, newline=""), ProfileOptions())
    ]


CODECS: dict[str, Codec] = {
    "ndjson": _records("ndjson"),
    "yaml": _records("yaml"),
    "csv": (_write_csv, _profile("csv")),
    "eventsml": (_write_eventsml, _profile("eventsml")),
}
WITHOUT_CALENDARS = tuple(kind for kind in KINDS if kind is not CALENDAR)


def test_every_format_has_a_codec() -> None:
    assert CODECS.keys() == LEFT_OUT.keys()


LABELS = {"ndjson": "NDJSON, YAML", "yaml": "NDJSON, YAML", "csv": "CSV", "eventsml": "EventsML-G2"}


@pytest.mark.parametrize("format_", LEFT_OUT)
def test_documented_table_equals_that_of_the_code(format_: str) -> None:
    rows = [line.split("|")[1:-1] for line in DOCS.read_text("utf-8").splitlines() if "|" in line]
    cells = {row[0].strip(): row[-1] for row in rows}
    assert set(re.findall("`([a-z_]+)`", cells[LABELS[format_]])) == LEFT_OUT[format_]


@pytest.mark.parametrize("format_", CODECS)
@given(data=st.data())
def test_supported_fields_are_read_as_written(
    format_: str, admit: Any, data: st.DataObject
) -> None:
    kinds = WITHOUT_CALENDARS if format_ == "eventsml" else KINDS
    drawn = data.draw(st.lists(records(kinds), min_size=1, max_size=3))
    originals = [make_record(kind, fields, number) for number, (kind, fields) in enumerate(drawn)]
    for record in originals:
        admit(record)
    write, read = CODECS[format_]
    restored = read(write(originals))
    assert [record.name for record in restored] == [record.name for record in originals]
    for before, after in zip(originals, restored, strict=True):
        assert carried_fields(after, format_) == carried_fields(before, format_)
        names = {field.name for field in carried(format_, after.DESCRIPTOR)} | {"name"}
        extra = {field.name for field, _ in after.ListFields()} - names
        if format_ in ("csv", "eventsml"):
            assert not extra, "merging the file would change what it does not carry"

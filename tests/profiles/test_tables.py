"""CSV: what export writes comes back, and a mapping says what any other table means."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from summitry.errors import FileFormatError
from summitry.formats.files import read_records
from summitry.formats.profiles import ProfileOptions, read_profile
from summitry.formats.profiles.flat import defuse, undefuse, write_table
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.event_time_pb2 import DateSpan
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit

SAMPLES = Path(__file__).resolve().parents[2] / "samples/astana-2024"


def table(*records: Any) -> str:
    out = io.StringIO(newline="")
    write_table(records, out)
    return out.getvalue()


def read(text: str, options: ProfileOptions | None = None) -> list[Any]:
    return [record for _, record in read_profile("csv", io.StringIO(text), options)]


def sample() -> list[Any]:
    paths = sorted(SAMPLES.glob("*.yaml"))
    return [record for path in paths for _, record in read_records(path)]


def test_table_is_written_as_it_was_read() -> None:
    records = sample()
    text = table(*records)
    back = read(text)
    assert table(*back) == text
    assert [type(record) for record in back] == [type(record) for record in records]


def test_times_titles_and_states_are_read_as_written(admit: Any) -> None:
    records = sample()
    assert len(records) > 20
    for original, restored in zip(records, read(table(*records)), strict=True):
        if isinstance(original, Calendar):
            continue
        for name in (
            "name",
            "ical_uid",
            "titles",
            "summaries",
            "status",
            "certainty",
            "visibility",
        ):
            assert getattr(restored, name) == getattr(original, name), f"{original.name} {name}"
        assert restored.places == original.places
        original.ClearField("claims")
        for record in (original, restored):
            admit(record)
        assert restored.time == original.time


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20
)


@given(titles=st.dictionaries(st.sampled_from(["en", "fr", "zh-Hans", ""]), TEXT, max_size=3))
def test_any_text_is_read_as_written(titles: dict[str, str]) -> None:
    summit = Summit(name="calendars/c/summits/s", edition=24)
    for language, text in sorted(titles.items()):
        summit.titles.add(text=text, language_code=language)
    (back,) = read(table(summit))
    key = lambda title: title.language_code  # noqa: E731
    assert sorted(back.titles, key=key) == sorted(summit.titles, key=key)
    assert back.edition == 24


FORMULAS = ("=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "\uff1d1", "'=1", "'", "", "''=")
TEXTS = ("plain", "'plain", "1-2", "a=b", " =1", "it's")


@pytest.mark.parametrize("text", FORMULAS)
def test_formula_is_marked_as_text(text: str) -> None:
    assert defuse(text) == f"'{text}"
    assert undefuse(defuse(text)) == text


@pytest.mark.parametrize("text", TEXTS)
def test_other_text_is_not_marked(text: str) -> None:
    assert defuse(text) == text == undefuse(text)


@given(st.text("'=+-@\t\r\n ab", max_size=6))
def test_mark_of_any_text_is_removed(text: str) -> None:
    cell = defuse(text)
    assert undefuse(cell) == text
    assert not cell.startswith(tuple("=+-@\t\r\n"))


def test_parts_of_a_record_have_positions() -> None:
    visit = Visit(name="calendars/c/visits/v")
    for kind, town in ((1, "Paris"), (13, "Lyon")):
        segment = visit.segments.add(kind=kind)
        segment.places.add().localities.add(text=town, language_code="fr")
    visit.principals.add(id="a")
    visit.principals.add(id="b", aliases=["x", "y"])
    text = table(visit)
    assert text.splitlines()[0].split(",") == [
        "name",
        "principals.id",
        "principals.2.id",
        "principals.2.aliases",
        "principals.2.aliases.2",
        "segments.kind",
        "segments.places.localities[fr]",
        "segments.2.kind",
        "segments.2.places.localities[fr]",
    ]
    assert read(text) == [visit]


def test_order_of_languages_is_the_same_for_each_record() -> None:
    first, second = Summit(name="calendars/c/summits/a"), Summit(name="calendars/c/summits/b")
    for record, tags in ((first, ("en", "fr")), (second, ("fr", "en", "en"))):
        for tag in tags:
            record.titles.add(text=f"in {tag}", language_code=tag)
    text = table(first, second)
    assert text.splitlines()[0] == "name,titles[en],titles[fr],titles.2[en],titles.3[en]"
    assert read(text) == [first, second]


def test_empty_cells_leave_no_gap() -> None:
    (visit,) = read("name,principals.id,principals.2.id\ncalendars/c/visits/v,,b\n")
    assert [person.id for person in visit.principals] == ["b"]


BROKEN_TABLES = {
    "no name": ("titles[en]\nPlenary\n", "there is no column `name`"),
    "no resource name": ("name\nx\n", "'x' is not a resource name"),
    "no such field": ("name,tittles\ncalendars/c/summits/s,x\n", "there is no 'tittles'"),
    "a position of what is single": ("name,ical_uid.2\ncalendars/c,x\n", "there is no '2'"),
    "no such value": ("name,status\ncalendars/c/summits/s,odd\n", "status"),
    "a row too long": ("name\ncalendars/c,x\n", "not as many cells"),
    "a row too short": ("name,ical_uid\ncalendars/c\n", "not as many cells"),
    "a heading twice": ("name,ical_uid,ical_uid\ncalendars/c,a,b\n", "'ical_uid' stands twice"),
    "a quote that does not end": ('name\n"calendars/c\n', "not CSV"),
}


@pytest.mark.parametrize("case", BROKEN_TABLES)
def test_broken_table_is_rejected(case: str) -> None:
    text, message = BROKEN_TABLES[case]
    with pytest.raises(FileFormatError) as caught:
        read(text)
    assert message in str(caught.value)


MAPPING = """
calendar: {name: calendars/trips, titles: [{text: Trips, language_code: en}]}
kind: visits
id: "trip-{Number}"
delimiter: ";"
constants: {status: EVENT_STATUS_CONCLUDED, host: {region_code: US}}
columns:
  Guest: titles
  Gast: {field: titles, language: de}
  Country: {field: guest.region_code, values: {Ghana: GH, Norway: NO}}
  From: {field: time.dates.first_date, dates: "%d.%m.%Y", required: true}
  To: {field: time.dates.last_date, dates: ["%d.%m.%Y", "%Y-%m-%d"]}
  Tag: labels.tag
  Links: {field: links.url}
  Sure: {field: time.end_unconfirmed}
"""
ROWS = """\
Number;Guest;Gast;Country;From;To;Tag;Links;Sure
1;President;Präsident;Norway;01.02.2024;2024-02-03;a;https://example.org/;true
2;Minister;;Ghana;29.02.2024;;;;
"""


@pytest.fixture
def read_mapped(tmp_path: Path) -> Any:
    """Return a function that reads rows by a mapping."""

    def make(rows: str, mapping: str = MAPPING, calendar: str = "") -> list[Any]:
        path = tmp_path / "mapping.yaml"
        path.write_text(mapping)
        return read(rows, ProfileOptions(calendar, path))

    return make


def test_mapping_assigns_columns_to_fields(read_mapped: Any) -> None:
    calendar, first, second = read_mapped(ROWS)
    assert (calendar.name, calendar.titles[0].text) == ("calendars/trips", "Trips")
    assert isinstance(first, Visit)
    original = json.loads(first.original)
    assert json_format.MessageToDict(first, preserving_proto_field_name=True) == {
        "name": "calendars/trips/visits/trip-1",
        "titles": [
            {"text": "President", "language_code": "en"},
            {"text": "Präsident", "language_code": "de"},
        ],
        "time": {
            "dates": {"first_date": "2024-02-01", "last_date": "2024-02-03"},
            "end_unconfirmed": True,
        },
        "status": "EVENT_STATUS_CONCLUDED",
        "labels": {"tag": "a"},
        "links": [{"url": "https://example.org/"}],
        "guest": {"region_code": "NO"},
        "host": {"region_code": "US"},
        "original": first.original,
    }
    assert original["Gast"] == "Präsident" and len(original) == 9, "nothing of the row is lost"
    assert second.guest.region_code == "GH"
    assert second.time.dates == DateSpan(first_date="2024-02-29", open_end=True), "an empty cell"


def test_one_column_of_days_gives_single_days(read_mapped: Any) -> None:
    mapping = MAPPING.replace(
        '  To: {field: time.dates.last_date, dates: ["%d.%m.%Y", "%Y-%m-%d"]}\n', ""
    )
    _, first, _ = read_mapped(ROWS, mapping)
    assert first.time.dates == DateSpan(first_date="2024-02-01")


def test_calendar_of_the_command_line_overrides_the_mapping(read_mapped: Any) -> None:
    names = [record.name for record in read_mapped(ROWS, calendar="calendars/desk")]
    assert names[:2] == ["calendars/desk", "calendars/desk/visits/trip-1"]


TIMES = {
    "a day": ("03.07.2024", {"dates": {"first_date": "2024-07-03", "last_date": "2024-07-03"}}),
    "a month": ("07/2024", {"partial": {"edtf": "2024-07"}}),
    "a year": ("2024", {"partial": {"edtf": "2024"}}),
    "an hour": ("03.07.2024 10:30", {"timed": {"start": {"civil_time": "2024-07-03T10:30"}}}),
}


@pytest.mark.parametrize("case", TIMES)
def test_date_has_the_precision_of_its_cell(read_mapped: Any, case: str) -> None:
    cell, expected = TIMES[case]
    mapping = (
        "calendar: calendars/c\nkind: meetings\nid: 'm-{When}'\n"
        "columns: {When: {field: time, dates: ['%d.%m.%Y %H:%M', '%d.%m.%Y', '%m/%Y', '%Y']}}\n"
    )
    (meeting,) = read_mapped(f"When\n{cell}\n", mapping)
    time = json_format.MessageToDict(meeting.time, preserving_proto_field_name=True)
    assert time == expected


BAD_ROWS = {
    "a date of another form": ("1;P;;Norway;2024-02-01;;;;", "'2024-02-01' is no date"),
    "a value that is not known": ("1;P;;Sweden;01.02.2024;;;;", "unknown 'Sweden'"),
    "an empty cell that is required": ("1;P;;Norway;;;;;", "is empty"),
    "a day that is none": ("1;P;;Norway;30.02.2024;;;;", "is no date"),
    "too few cells": ("1;P", "not as many cells"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_invalid_row_is_rejected_and_other_rows_are_read(tmp_path: Path, case: str) -> None:
    row, message = BAD_ROWS[case]
    path = tmp_path / "mapping.yaml"
    path.write_text(MAPPING)
    head, first, second = ROWS.splitlines()
    errors: list[FileFormatError] = []
    source = io.StringIO("\n".join([head, first, row, second]))
    read = [
        r.name
        for _, r in read_profile("csv", source, ProfileOptions("", path), None, errors.append)
    ]
    assert [name[-6:] for name in read] == ["/trips", "trip-1", "trip-2"]
    (error,) = errors
    assert message in str(error) and error.position == 2


MAPPINGS = {
    "no table": ("[]", "must have keys"),
    "no YAML": ("{", "no mapping"),
    "an unknown key": (MAPPING + "coloms: {}\n", "has no 'coloms'"),
    "no columns": ("calendar: calendars/c\nkind: visits\nid: x\n", "'columns' is missing"),
    "columns in a list": (
        "calendar: calendars/c\nkind: visits\nid: x\ncolumns: [a]\n",
        "'columns' must be a table",
    ),
    "no such field": (MAPPING.replace("Guest: titles", "Guest: tittles"), "there is no 'tittles'"),
    "no such kind": (MAPPING.replace("kind: visits", "kind: teas"), "not a collection"),
    "no calendar": (MAPPING.replace("calendars/trips", "trips"), "trips"),
    "an id of parts": (MAPPING.replace("{Number}", "{Number.__class__}"), "write columns as"),
    "an id of positions": (MAPPING.replace("{Number}", "{}"), "write columns as"),
    "a long delimiter": (MAPPING.replace('";"', '";;"'), "not one character"),
    "an unknown key of a column": (MAPPING.replace("required", "obligatory"), "'obligatory'"),
}


@pytest.mark.parametrize("case", MAPPINGS)
def test_invalid_mapping_is_rejected(read_mapped: Any, case: str) -> None:
    mapping, message = MAPPINGS[case]
    with pytest.raises(FileFormatError) as caught:
        read_mapped(ROWS, mapping)
    assert message in str(caught.value)


def test_missing_mapping_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="no mapping"):
        read(ROWS, ProfileOptions("", tmp_path / "none.yaml"))


def test_headings_of_format_1_are_read() -> None:
    (summit,) = read("name,uid,places.1.text,time.text\ncalendars/c/summits/s,u,Akorda,in July\n")
    assert (summit.ical_uid, summit.places[0].source_text) == ("u", "Akorda")
    assert summit.time.source_text == "in July"

"""Files of records: round trips, errors with their position, and hostile files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summitry.errors import FileFormatError
from summitry.formats.files import read_record, read_records, to_dict, write_records
from summitry.formats.plain_yaml import YamlError, documents
from summitry.kinds import Record
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.summit_pb2 import Summit

SAMPLES = Path(__file__).resolve().parents[2] / "samples/astana-2024"


def stream(text: str, name: str) -> io.StringIO:
    file = io.StringIO(text)
    file.name = name  # type: ignore[misc]
    return file


@pytest.mark.parametrize("format_", ["ndjson", "yaml"])
@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*.yaml")), ids=lambda path: str(path.stem))
def test_samples_survive_a_round_trip(file: Path, format_: str) -> None:
    records = [record for _, record in read_records(file)]
    out = io.StringIO()
    assert write_records(records, out, format_) == len(records) > 0
    back = list(read_records(io.StringIO(out.getvalue()), format_))
    assert [record for _, record in back] == records
    assert [position for position, _ in back] == list(range(1, len(records) + 1))


texts = st.text(st.characters(codec="utf-8"), max_size=20)


@given(texts, texts, st.integers(0, 2**31 - 1), st.booleans(), st.sampled_from(["ndjson", "yaml"]))
def test_any_text_survives_a_round_trip(a: str, b: str, edition: int, flag: bool, fmt: str) -> None:
    summit = Summit(name="calendars/c/summits/s", edition=edition, original=a)
    summit.titles.add(text=b, language_code="fr")
    summit.labels["k"] = b
    summit.time.start_unconfirmed = flag
    records: list[Record] = [summit, Calendar(name="calendars/c", ical_uid=a)]
    out = io.StringIO()
    write_records(records, out, fmt)
    back = [record for _, record in read_records(io.StringIO(out.getvalue()), fmt)]
    assert back == records


@given(st.text(max_size=60), st.sampled_from(["ndjson", "yaml"]))
def test_any_file_is_read_or_refused(text: str, format_: str) -> None:
    try:
        list(read_records(io.StringIO(text), format_))
    except FileFormatError as error:
        assert "\n" not in str(error)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from([field.name for field in Summit.DESCRIPTOR.fields]), json_values)
@example("status", float("inf"))
def test_any_value_of_a_field_is_read_or_refused(field: str, value: Any) -> None:
    import json

    line = json.dumps({"name": "calendars/c/summits/s", field: value})
    try:
        list(read_records(stream(line, "x.ndjson")))
    except FileFormatError as error:
        assert str(error).startswith("x.ndjson, line 1")


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        ("{", "", "not JSON"),
        ("[1]", "name", "no name"),
        ("[" * 100_000, "", "not JSON"),
        ('{"titles": []}', "name", "no name"),
        ('{"name": "teas/t"}', "name", "is not a resource name"),
        ('{"name": "calendars/c", "name": "calendars/d"}', "", "'name' is there twice"),
        ('{"name": "calendars/c/summits/s", "tittles": []}', "summit.tittles", "no such field"),
        (
            '{"name": "calendars/c/visits/v", "segments": [{"kindd": 1}]}',
            "visit.segments[0].kindd",
            "no such field",
        ),
        ('{"name": "calendars/c", "status": "X"}', "calendar.status", ""),
        (
            '{"name": "calendars/c", "time": {"dates": {}, "timed": {}}}',
            "calendar.time",
            "",
        ),
        (r'{"name": "calendars/c", "ical_uid": "\ud800"}', "calendar.ical_uid", ""),
        ('{"name": "calendars/c", "ical_uid": 5}', "calendar.ical_uid", ""),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else value,
)
def test_refusals_name_line_and_field(line: str, field: str, words: str) -> None:
    """Words are given for our own refusals alone, not for those of protobuf."""
    good = '{"name": "calendars/c"}'
    file = stream(f"{good}\n\n{line}\n{good}\n", "records.ndjson")
    errors: list[FileFormatError] = []
    records = list(read_records(file, on_error=errors.append))
    assert [position for position, _ in records] == [1, 4]
    (error,) = errors
    assert (error.source, error.position, error.field) == ("records.ndjson", 3, field)
    assert str(error).startswith("records.ndjson, line 3")
    assert words in str(error)
    with pytest.raises(FileFormatError):
        list(read_records(stream(line, "records.ndjson")))


def test_yaml_refusals_name_the_document() -> None:
    file = stream("---\nname: calendars/c\n---\nname: calendars/d\nstatus: X\n", "r.yaml")
    with pytest.raises(FileFormatError, match=r"r\.yaml, document 2, calendar\.status"):
        list(read_records(file))
    file = stream("---\nname: calendars/c\n---\nname: [\n", "r.yaml")
    with pytest.raises(FileFormatError, match=r"r\.yaml, document 2: not YAML"):
        list(read_records(file))


def test_plain_scalars_of_yaml_are_text() -> None:
    text = "a: NO\nb: 2024-07-03\nc: 10:00\nd: 1.10\ne: true\nf: 'true'\ng:\nh: ~\ni: 012\nj: =\n"
    assert list(documents(text)) == [
        {"a": "NO", "b": "2024-07-03", "c": "10:00", "d": "1.10", "e": True, "f": "true",
         "g": None, "h": None, "i": "012", "j": "="}
    ]  # fmt: skip


def test_a_yaml_record_means_what_it_says() -> None:
    text = "edition: 24\nillustrative: true\n"
    assert read_record(io.StringIO("edition: 24\nhosts: [{region_code: NO}]"), Summit) == Summit(
        edition=24, hosts=[{"region_code": "NO"}]
    )
    with pytest.raises(FileFormatError, match=r"meeting\.edition: no such field"):
        read_record(io.StringIO(text), Meeting)


BOMB = "\n".join(["a0: &a0 [x, x, x, x, x, x, x, x]"] + [
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 12)
])  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(BOMB, "too many values", id="aliases of aliases"),
        pytest.param("a: &a [*a]", "nested too deeply", id="an alias of itself"),
        pytest.param("a: 1\na: 2", "'a' is there twice", id="a key twice"),
        pytest.param("? [a]\n: b", "a key must be text", id="a list as key"),
        pytest.param("[" * 5000, "", id="deep nesting"),
        pytest.param("a: \x00", "", id="a control character"),
    ],
)
def test_hostile_yaml_is_refused(text: str, words: str) -> None:
    """Words are given for our own refusals alone: those of PyYAML differ by release and parser."""
    with pytest.raises(YamlError) as caught:
        list(documents(text))
    assert words in str(caught.value)


def test_yaml_tags_build_nothing() -> None:
    assert list(documents("a: !!python/object/apply:os.getcwd []")) == [{"a": []}]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("r.txt", b"", "cannot tell the format"),
        ("r.ndjson", b"\xff\xfe", "not UTF-8"),
        ("r.yaml", None, "no such file"),
    ],
)
def test_files_that_cannot_be_read(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileFormatError, match=words):
        list(read_records(path))


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "r.ndjson"
    path.write_bytes(b'\xef\xbb\xbf{"name": "calendars/c"}\r\n')
    assert [record.name for _, record in read_records(path)] == ["calendars/c"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("-", '{"edition": 24}'),
        ("-", "edition: 24"),
        ("a.json", '{"edition": "24"}'),
        ("a.yml", "edition: 24"),
    ],
)
def test_one_record_needs_no_name(name: str, text: str) -> None:
    assert read_record(stream(text, name), Summit) == Summit(edition=24)


@pytest.mark.parametrize("text", ["", "---\nedition: 1\n---\nedition: 2", "[]", "just words"])
def test_content_that_is_not_one_record_is_refused(text: str) -> None:
    with pytest.raises(FileFormatError):
        read_record(stream(text, "a.yaml"), Summit)


def test_field_names_are_those_of_the_protos() -> None:
    assert to_dict(Summit(status_text="x")) == {"status_text": "x"}

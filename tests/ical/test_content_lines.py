"""Content lines: the same lines for the reader of imports and for the linter, with their numbers."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summitry.ical.content_lines import (
    ContentLine,
    line_pattern,
    parse_line,
    physical_lines,
    read_lines,
    unfold,
)

PIECES = [b"\n", b"\r\n", b"\r", b" ", b"\t", b":", b";", b"=", b'"', b",", b"A", b"_", b"\xff"]
FILES = st.lists(st.sampled_from([*PIECES, b"\xef\xbb\xbf", b"\x07", b"DTSTART"])).map(b"".join)


def text_of(octets: bytes) -> str:
    return octets.decode(errors="replace")


@given(FILES)
@example(b"A:1\r\n 2\r\n\r\n B:3")
@example(b"\xef\xbb\xbf A:1\r 2\r\r\n 3\n")
def test_lines_are_those_of_the_unfolded_octets(data: bytes) -> None:
    lines = list(read_lines(data))
    unfolded = [line for line in unfold(data).split(b"\n") if line.strip()]
    assert lines == [
        parse_line(octets, line.line) for octets, line in zip(unfolded, lines, strict=True)
    ]


@given(FILES)
def test_each_line_is_numbered_by_its_first_physical_line(data: bytes) -> None:
    physical = physical_lines(data.removeprefix(b"\xef\xbb\xbf"))
    begins = [
        number
        for number, line in enumerate(physical, 1)
        if number == 1 or line[:1] not in (b" ", b"\t")
    ]
    numbers = [line.line for line in read_lines(data)]
    assert numbers == sorted(set(numbers))
    assert set(numbers) <= set(begins)


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b"\r\r\n", b"\r\r\r\n"])
def test_lines_end_with_crlf_lf_cr_or_crs_and_lf(end: bytes) -> None:
    data = end.join([b"\xef\xbb\xbfA:1", b" 2", b"", b"\xc3", b"\t\xa9:3", b""])
    assert physical_lines(data) == [b"\xef\xbb\xbfA:1", b" 2", b"", b"\xc3", b"\t\xa9:3"]
    assert unfold(data) == b"A:12\n\n\xc3\xa9:3\n"
    assert [(line.line, line.value) for line in read_lines(data)] == [(1, "12"), (4, "é:3")]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"A:1\r\r\n 2\r\n 3\n 4\r 5\r\n", [(1, "12345")]),
        (b"A:1\r\rB:2\r\n", [(1, "1"), (3, "2")]),
        (b"A:1\r\r\nB:2\r\r", [(1, "1"), (2, "2")]),
        (b"A:1\n\r\r\nB:2", [(1, "1"), (3, "2")]),
        (b"A:1\r\r", [(1, "1")]),
    ],
    ids=["folds", "empty_line_of_cr", "cr_at_the_end", "empty_line_of_crs_and_lf", "crs_alone"],
)
def test_mixed_ends_are_each_the_end_of_one_line(
    data: bytes, expected: list[tuple[int, str]]
) -> None:
    assert [(line.line, line.value) for line in read_lines(data)] == expected


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"SUMMARY:a:b;c", ContentLine("SUMMARY", {}, "a:b;c")),
        (b"x-a:", ContentLine("X-A", {}, "")),
        (b'A;tzid="x:y;z";B=1,"2":v', ContentLine("A", {"TZID": "x:y;z", "B": '1,"2'}, "v")),
        (b"A;B=1;b=2:v", ContentLine("A", {"B": "2"}, "v")),
        (b"A;B=:v", ContentLine("A", {"B": ""}, "v")),
        (b"A;B=\xc3\xa9:\xc3\xa9", ContentLine("A", {"B": "é"}, "é")),
    ],
)
def test_standard_line_is_parsed(octets: bytes, expected: ContentLine) -> None:
    assert parse_line(octets) == expected


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"A ;\tB=1 : v", ContentLine("A", {"B": "1 "}, " v", is_standard=False)),
        (b"X_A;C_D=1:v", ContentLine("X_A", {"C_D": "1"}, "v", is_standard=False)),
        (b"A;B=\x07:v", ContentLine("A", {"B": "\x07"}, "v", is_standard=False)),
        (b"A;B=1,\x07:v", ContentLine("A", {"B": "1,\x07"}, "v", is_standard=False)),
    ],
)
def test_line_that_lenient_readers_understand_is_parsed_as_nonstandard(
    octets: bytes, expected: ContentLine
) -> None:
    assert parse_line(octets) == expected


@pytest.mark.parametrize(
    "octets", [b"A", b"A B:v", b":v", b"A;B:v", b'A;B="1:v', b'A;B=1"2":v', b" A:v", b"A;:v"]
)
def test_line_without_a_head_has_no_name(octets: bytes) -> None:
    assert parse_line(octets, 7) == ContentLine("", {}, text_of(octets), 7, is_standard=False)


@pytest.mark.parametrize("octets", [b"A:\xe9", b"A;B=\xff:v", b"\xff"])
def test_octets_that_are_no_characters_are_replaced_and_reported(octets: bytes) -> None:
    line = parse_line(octets)
    replaced = parse_line(text_of(octets).encode())
    assert line == replaced._replace(is_utf_8=False)


def test_head_beyond_the_limit_is_not_read() -> None:
    assert parse_line(b"A;B=123:v", most=8).name == "A"
    assert not parse_line(b"A;B=1234:v", most=8).name
    assert parse_line(b"A:" + b"v" * 100, most=8).name == "A"


@given(FILES)
def test_lines_of_some_properties_are_those_that_all_lines_have(data: bytes) -> None:
    text = unfold(data)
    selected = {match[3] for match in line_pattern(["DTSTART"]).finditer(text) if match[3]}
    parsed = {
        line for line in text.split(b"\n") if line.strip() and parse_line(line).name == "DTSTART"
    }
    assert parsed <= selected


def test_pattern_finds_begin_end_and_names_that_are_complete() -> None:
    text = b"BEGIN:VEVENT\nUID:1\nUID-X:2\nUIDS:3\n\x07uid;A=1:4\nUID 5\nX:UID:6\nend :VEVENT\n"
    matches = [match.group(1, 2, 3, 4) for match in line_pattern(["UID"]).finditer(text)]
    assert matches == [
        (b"BEGIN", b"VEVENT", None, None),
        (None, None, b"UID:1", b"UID"),
        (None, None, b"uid;A=1:4", b"uid"),
        (None, None, b"UID 5", b"UID"),
        (b"end", b"VEVENT", None, None),
    ]

"""Content lines: what goes in comes out, whatever it is, in lines of 75 octets."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import icalendar
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summitry.ical.text import clean, escape, fold_all, local_stamp, one_line, parameter, uri

TEXTS = st.text(
    st.one_of(st.sampled_from('\\;,:"^\n\t nN'), st.characters(exclude_categories=["Cs"])),
    max_size=200,
)


def unfold(data: bytes) -> str:
    assert data.endswith(b"\r\n")
    return data[:-2].replace(b"\r\n ", b"").decode()


def unescape(value: str) -> str:
    """Decode a text by RFC 5545 3.3.11, independently of the code under test."""
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "N": "\n"}.get(match[1], match[1]), value)


@given(TEXTS)
@example("\\" * 200)
@example("é" * 100)
@example("x" * 74 + "\\n")
@example("🇰🇿" * 30)
@example("é" + "\\" * 36 + "é" * 60)
def test_folded_line_is_unfolded_to_the_same(text: str) -> None:
    line = f"SUMMARY:{escape(text)}"
    folded = fold_all([line])
    assert unfold(folded) == line
    assert unescape(unfold(folded).removeprefix("SUMMARY:")) == clean(text)


@given(TEXTS)
@example("\\" * 200)
def test_no_line_is_too_long_or_splits_a_character_or_an_escape(text: str) -> None:
    for piece in fold_all([f"SUMMARY:{escape(text)}"])[:-2].split(b"\r\n"):
        assert len(piece) <= 75
        tail = piece.decode()  # strict: a split sequence fails
        assert (len(tail) - len(tail.rstrip("\\"))) % 2 == 0


# icalendar 7.3 takes a backslash before a comma in a parameter for an escape, which it is not.
@given(TEXTS, TEXTS.map(lambda text: text.replace("\\", "/")))
@example("\\", "C:\\News")
@example("\\\\n", "\\")
@example('say "no"; ^, ok', "x")
def test_icalendar_reads_the_same_value_and_parameter(text: str, label: str) -> None:
    line = unfold(fold_all([f"SUMMARY;X-LABEL={parameter(label)}:{escape(text)}"]))
    data = f"BEGIN:VEVENT\r\n{line}\r\nEND:VEVENT\r\n".encode()
    (event,) = icalendar.Event.from_ical(data, multiple=True)
    assert str(event["SUMMARY"]) == clean(text)
    assert event["SUMMARY"].params["X-LABEL"] == clean(label)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b\x07c\x1b\x7f\x9f", "abc"),
        ("a\r\nb\rc\x0bd\x0ce\x85f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("tab\tstays", "tab\tstays"),
        ("Қазақстан, 日本語, العربية", "Қазақстан, 日本語, العربية"),
    ],
    ids=["controls", "line-breaks", "tab", "scripts"],
)
def test_clean_removes_control_characters(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_line_break_cannot_begin_a_property() -> None:
    value = escape("x\r\nATTENDEE:mailto:a@b\nEND:VEVENT")
    assert "\n" not in value and "\r" not in value
    assert "\n" not in parameter('x"\r\nATTENDEE:mailto:a@b')
    assert one_line("x\r\n END:VEVENT") == "x END:VEVENT"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example/b?c=1,2;d", "https://a.example/b?c=1,2;d"),
        ("https://a.example/é b", "https://a.example/%C3%A9%20b"),
        ('https://a.example/"\r\nX:y', "https://a.example/%22%0D%0AX:y"),
        ("https://a.example/%C3%A9", "https://a.example/%C3%A9"),
    ],
    ids=["plain", "not-ascii", "line-break", "encoded-already"],
)
def test_uri_is_percent_encoded(text: str, expected: str) -> None:
    assert uri(text) == expected


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))
@example(datetime(2024, 7, 3, 23, 59, 59))
@example(datetime(1969, 12, 31, 23, 0, 1))
def test_stamp_has_the_digits_of_the_wall_time(wall: datetime) -> None:
    seconds = int(wall.replace(microsecond=0, tzinfo=UTC).timestamp())
    assert local_stamp(seconds) == f"{wall:%Y%m%dT%H%M%S}"

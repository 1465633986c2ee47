"""Words of the command line: languages, zones, times and texts that are safe to print."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from google.type.localized_text_pb2 import LocalizedText
from hypothesis import given
from hypothesis import strategies as st

from summitry.cli import words
from summitry.cli.flags import enum_value
from summitry.cli.output import NARROWEST, Cell, TableSection, fit, print_table
from summitry.v1.event_status_pb2 import EventStatus


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr-FR"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "kk_KZ"}, "kk-KZ"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "sr_RS@latin", "LC_ALL": ""}, "sr-RS"),
    ],
)
def test_the_language_is_that_of_the_locale(environment: dict[str, str], language: str) -> None:
    assert words.local_language(environment) == language


@pytest.mark.parametrize(
    ("variable", "link", "zone"),
    [
        ("", "/usr/share/zoneinfo/Asia/Almaty", "Asia/Almaty"),
        ("Europe/Paris", "/usr/share/zoneinfo/Asia/Almaty", "Europe/Paris"),
        (":Europe/Paris", "/elsewhere", "Europe/Paris"),
        ("CET-1CEST", "/usr/share/zoneinfo/Asia/Almaty", "UTC"),
        ("", "/elsewhere", "UTC"),
    ],
)
def test_the_zone_is_that_of_the_machine(
    tmp_path: Path, variable: str, link: str, zone: str
) -> None:
    localtime = tmp_path / "localtime"
    os.symlink(link, localtime)
    assert words.local_zone({"TZ": variable}, str(localtime)) == zone


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Sommet"),
        ("fr-CH", "Sommet"),
        ("FR", "Sommet"),
        ("kk", "Summit"),
        ("pt-BR", "Cúpula"),
        ("pt", "Cimeira"),
    ],
)
def test_the_nearest_language_is_picked(language: str, text: str) -> None:
    titles = {"en": "Summit", "fr": "Sommet", "pt-PT": "Cimeira", "pt-BR": "Cúpula"}
    texts = [LocalizedText(text=value, language_code=key) for key, value in titles.items()]
    assert words.pick(texts, language) == text
    assert words.pick([], language) == ""


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (
            "2024-07-04T10:00:00+05:00[Asia/Almaty]",
            "2024-07-04T12:00:00+05:00[Asia/Almaty]",
            "2024-07-04 10:00-12:00 +05:00",
        ),
        ("2024-07-04T10:00:00+05:00[Asia/Almaty]", "", "2024-07-04 10:00 +05:00"),
        ("2024-07-04T10:00:30+05:00[Asia/Almaty]", "", "2024-07-04 10:00:30 +05:00"),
        ("2024-07-04T22:00:00Z", "2024-07-05T01:00:00Z", "2024-07-04 22:00 to 07-05 01:00 Z"),
        (
            "2024-07-04T10:00:00+05:00[Asia/Almaty]",
            "2024-07-04T10:00:00+03:00[Europe/Moscow]",
            "2024-07-04 10:00 +05:00 to 10:00 +03:00",
        ),
        ("2024-07-02", "2024-07-04", "2024-07-02 to 2024-07-04"),
        ("2024-07-02", "2024-07-02", "2024-07-02"),
        ("2024-07-02", "", "2024-07-02 to ..."),
        ("", "2024-07-02", "... to 2024-07-02"),
        ("", "", ""),
    ],
)
def test_spans_in_a_few_words(start: str, end: str, text: str) -> None:
    assert words.span(start, end) == text


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("2024-07-02", "2024-07-02", "all day"),
        ("2024-07-02", "2024-07-04", "07-02 to 07-04"),
        ("2024-12-31", "2025-01-01", "2024-12-31 to 2025-01-01"),
        ("2024-07-02", "", "2024-07-02 to ..."),
    ],
)
def test_whole_days_in_short(first: str, last: str, text: str) -> None:
    assert words.days(first, last) == text


def test_a_text_cannot_rewrite_the_screen() -> None:
    assert words.clean("a\x1b[2J\u202eb\r\nc") == "a\ufffd[2J\ufffdb\ufffd\ufffdc"


@pytest.mark.parametrize(
    "text", ["in-progress", "IN_PROGRESS", "In Progress", "EVENT_STATUS_IN_PROGRESS"]
)
def test_enums_are_read_as_people_write_them(text: str) -> None:
    number = enum_value(EventStatus, text)
    assert words.word(EventStatus, number) == "in-progress"


def test_a_value_of_a_newer_server_is_shown_as_its_number() -> None:
    assert (words.word(EventStatus, 0), words.word(EventStatus, 99)) == ("", "99")


def test_columns_stand_under_each_other_whatever_the_script(capsys: Any) -> None:
    rows = [[Cell("北京"), Cell("a"), Cell("")], [Cell("Astana"), Cell("b"), Cell("")]]
    print_table(
        ("Town", "X", "Empty"), [TableSection("", rows[:1]), TableSection("Then", rows[1:])]
    )
    assert capsys.readouterr().out == "Town    X\n北京    a\n\nThen\nAstana  b\n"


@given(st.lists(st.integers(1, 300), min_size=1, max_size=8), st.integers(1, 400))
def test_columns_are_made_to_fit(widths: list[int], room: int) -> None:
    fitting = fit(widths, room)
    gaps = 2 * (len(widths) - 1)
    assert all(new == old or new >= NARROWEST for new, old in zip(fitting, widths, strict=True))
    assert sum(fitting) + gaps <= room or max(fitting) <= NARROWEST
    if sum(widths) + gaps <= room:
        assert fitting == widths

"""Whole files, byte for byte. `SUMMITRY_GOLDEN=1` writes them anew: read the difference by eye."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from summitry.ical import render_calendar

GOLDEN = Path(__file__).parent / "golden"
FILES = {
    "core-en": {"language": "en"},
    "core-fr-span": {"language": "fr", "partial": "span"},
    "local-en": {"times": "local", "cancelled": "mark"},
    "core-ru": {"language": "ru", "partial": "span"},
    "core-zh": {"language": "zh-TW", "partial": "span"},
    "core-ar": {"language": "ar", "partial": "span"},
    "core-es": {"language": "es", "partial": "span"},
    "rich-en": {"language": "en", "profile": "rich", "name": "Another name"},
}


@pytest.mark.parametrize("name", FILES)
def test_file_equals_the_golden_file(desk: Any, name: str) -> None:
    rendered = render_calendar(desk.calendar, desk.records, **FILES[name])
    path = GOLDEN / f"{name}.ics"
    if os.environ.get("SUMMITRY_GOLDEN") == "1":
        path.write_bytes(rendered)
    assert rendered == path.read_bytes()


def test_order_of_records_does_not_matter(desk: Any) -> None:
    forwards = render_calendar(desk.calendar, desk.records)
    assert render_calendar(desk.calendar, reversed(desk.records)) == forwards


def test_empty_calendar_contains_a_zone(desk: Any, read: Any) -> None:
    calendar = read(render_calendar(desk.calendar, []))
    assert [part.name for part in calendar.subcomponents] == ["VTIMEZONE"]

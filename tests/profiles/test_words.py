"""Days in words in the profile csv, and hours as far as a source can be believed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from summitry.errors import FileFormatError
from summitry.formats.profiles import read_profile
from summitry.formats.profiles.options import ProfileOptions

MAPPING = "{kind: visits, calendar: calendars/c, id: 'v-{No}', columns: {When: COLUMN}}"


def read(tmp_path: Path, cell: str, column: str = "{field: time, words: gregorian}") -> Any:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(MAPPING.replace("COLUMN", column), encoding="utf-8")
    table = io.StringIO(f'No,When\n1,"{cell}"\n')
    ((_, record),) = read_profile("csv", table, ProfileOptions(mapping=mapping))
    return record.time


def test_days_and_months_in_words_are_stored_with_their_text(tmp_path: Path) -> None:
    days = read(tmp_path, "29 December - 2 January 1978 (Tehran)")
    assert (days.dates.first_date, days.dates.last_date) == ("1977-12-29", "1978-01-02")
    assert days.source_text == "29 December - 2 January 1978 (Tehran)"
    month = read(tmp_path, "พฤศจิกายน 2544", "{field: time, words: buddhist}")
    assert (month.partial.edtf, month.source_text) == ("2001-11", "พฤศจิกายน 2544")


@pytest.mark.parametrize(
    ("cell", "column", "reason"),
    [
        ("3-4 July 2024; 5 July 2024", "{field: time, words: gregorian}", "has 2 times: give each"),
        ("11 มกราคม 25501", "{field: time, words: buddhist}", "25501 is none of the years"),
        ("soon", "{field: time, words: gregorian}", "has no date in words"),
        ("3 July 2024", "{field: time, words: hegira}", "'words' is for time, and one of"),
        ("3 July 2024", "{field: titles, words: gregorian}", "'words' is for time"),
    ],
)
def test_unreadable_cell_is_rejected_with_the_reason(
    tmp_path: Path, cell: str, column: str, reason: str
) -> None:
    with pytest.raises(FileFormatError, match=reason):
        read(tmp_path, cell, column)


ISO = "dates: ['%Y-%m-%dT%H:%M%z', '%Y-%m-%d']"
MIDNIGHT = "placeholders: ['00:00']"
HOURS = {
    "as printed": ("2024-07-03T07:00+01:00", "", ("2024-07-03T07:00", "+01:00")),
    "said to be": ("2024-07-03T07:00+01:00", "offset: printed", ("2024-07-03T07:00", "+01:00")),
    "frozen": ("2025-05-16T20:30+01:00", "offset: frozen", ("2025-05-16T20:30", "")),
    "no hour": ("2025-05-16T00:00+01:00", MIDNIGHT, "2025-05-16"),
    "no hour, frozen": ("2025-05-16T00:00+01:00", f"offset: frozen, {MIDNIGHT}", "2025-05-16"),
    "an hour all the same": ("2025-05-16T00:30+0100", MIDNIGHT, ("2025-05-16T00:30", "+01:00")),
    "UTC": ("2018-02-22T16:00Z", "placeholders: ['16:00']", "2018-02-22"),
    "a day": ("2018-02-22", MIDNIGHT, "2018-02-22"),
}


@pytest.mark.parametrize(("cell", "more", "expected"), HOURS.values(), ids=HOURS)
def test_hour_of_a_cell_follows_offset_and_placeholders(
    tmp_path: Path, cell: str, more: str, expected: Any
) -> None:
    column = ", ".join(filter(None, ("{field: time", ISO, more)))
    time = read(tmp_path, cell, column + "}")
    start = time.timed.start
    if isinstance(expected, tuple):
        assert (start.civil_time, start.utc_offset) == expected
    else:
        assert (time.dates.first_date, time.dates.last_date) == (expected, expected)
    assert time.source_text == cell


def test_unknown_offset_option_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="'offset' is one of printed, frozen"):
        read(tmp_path, "2024", "{field: time, offset: warm}")

"""Exported events name their records, and edits of them are detected."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.ical.exported import exported_from, mark_exported
from summitry.ical.lint import lint
from summitry.ical.reading import Choices, read_events
from summitry.ical.render import render_calendar


@pytest.fixture
def exported_file(desk: Any) -> bytes:
    """Return the calendar of the tests as an exported file."""
    return mark_exported(render_calendar(desk.calendar, desk.records), desk.records)


def originals(data: bytes) -> list[str]:
    entries = [fields for _, fields in read_events(data, Choices("calendars/x"))]
    return [fields["original"] for fields in entries if isinstance(fields, dict)]


def test_exported_event_has_the_name_of_its_record(desk: Any, exported_file: bytes) -> None:
    names = {record.name for record in desk.records}
    origins = [exported_from(text) for text in originals(exported_file)]
    assert len(origins) == exported_file.count(b"BEGIN:VEVENT") > 5
    assert all(
        origin is not None and origin.name in names and not origin.is_edited for origin in origins
    )


def test_marks_of_an_export_add_no_findings(desk: Any, exported_file: bytes) -> None:
    plain = render_calendar(desk.calendar, desk.records)
    assert [finding.rule for finding in lint(exported_file)] == [
        finding.rule for finding in lint(plain)
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"SUMMARY", b"COMMENT"), (b"END:VEVENT", b"X-A:1\r\nEND:VEVENT"), (b"STATUS:", b"X-S:")],
    ids=["another property", "one more", "a name"],
)
def test_edited_event_is_detected(exported_file: bytes, old: bytes, new: bytes) -> None:
    origins = [exported_from(text) for text in originals(exported_file.replace(old, new, 1))]
    assert [origin.is_edited for origin in origins if origin is not None].count(True) == 1


def test_event_of_another_program_has_no_origin() -> None:
    assert exported_from("BEGIN:VEVENT\r\nUID:a\r\nEND:VEVENT\r\n") is None
    assert exported_from("X-SUMMITRY-RECORD:nonsense\r\n") is None

"""Exported events know their records, and whether anybody edited them."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.ical.exported import exported_from, mark_exported
from summitry.ical.lint import lint
from summitry.ical.reading import Choices, read_events
from summitry.ical.render import render_calendar


@pytest.fixture
def exported(desk: Any) -> bytes:
    """The calendar of the tests as a file of ours."""
    return mark_exported(render_calendar(desk.calendar, desk.records), desk.records)


def originals(data: bytes) -> list[str]:
    found = [fields for _, fields in read_events(data, Choices("calendars/x"))]
    return [fields["original"] for fields in found if isinstance(fields, dict)]


def test_each_event_knows_its_record(desk: Any, exported: bytes) -> None:
    names = {record.name for record in desk.records}
    found = [exported_from(text) for text in originals(exported)]
    assert len(found) == exported.count(b"BEGIN:VEVENT") > 5
    assert all(one is not None and one.name in names and not one.is_edited for one in found)


def test_marks_are_no_fault(desk: Any, exported: bytes) -> None:
    plain = render_calendar(desk.calendar, desk.records)
    assert [one.rule for one in lint(exported)] == [one.rule for one in lint(plain)]


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"SUMMARY", b"COMMENT"), (b"END:VEVENT", b"X-A:1\r\nEND:VEVENT"), (b"STATUS:", b"X-S:")],
    ids=["another property", "one more", "a name"],
)
def test_edited_event_is_known(exported: bytes, old: bytes, new: bytes) -> None:
    found = [exported_from(text) for text in originals(exported.replace(old, new, 1))]
    assert [one.is_edited for one in found if one is not None].count(True) == 1


def test_event_of_another_maker_is_none() -> None:
    assert exported_from("BEGIN:VEVENT\r\nUID:a\r\nEND:VEVENT\r\n") is None
    assert exported_from("X-SUMMITRY-RECORD:nonsense\r\n") is None

"""Which of two versions holds: SEQUENCE, then LAST-MODIFIED, then DTSTAMP."""

from __future__ import annotations

import pytest

from summitry.ical.reading.versions import DTSTAMP, LAST_MODIFIED, SEQUENCE, older_by
from tests.ical.reading.files import calendar, read_all

OLD, NEW = "20260101T000000Z", "20260110T000000Z"


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("SEQUENCE:9", "SEQUENCE:10"),
        (f"SEQUENCE:1\nLAST-MODIFIED:{NEW}", f"SEQUENCE:2\nLAST-MODIFIED:{OLD}"),
        (f"LAST-MODIFIED:{OLD}", f"LAST-MODIFIED:{NEW}"),
        (f"SEQUENCE:0\nLAST-MODIFIED:{OLD}", f"LAST-MODIFIED:{NEW}"),
        (f"LAST-MODIFIED:{OLD}\nDTSTAMP:{NEW}", f"LAST-MODIFIED:{NEW}\nDTSTAMP:{OLD}"),
        (f"LAST-MODIFIED:{NEW}\nDTSTAMP:{OLD}", f"LAST-MODIFIED:{NEW}\nDTSTAMP:{NEW}"),
        (f"DTSTAMP:{OLD}", f"DTSTAMP:{NEW}"),
        (f"LAST-MODIFIED:never\nDTSTAMP:{OLD}", f"LAST-MODIFIED:{OLD}\nDTSTAMP:{NEW}"),
    ],
)
@pytest.mark.parametrize("is_swapped", [False, True], ids=["older first", "newer first"])
def test_newer_version_in_a_file_is_read(older: str, newer: str, is_swapped: bool) -> None:
    start = "UID:u\nDTSTART:20260302T090000Z\nSUMMARY:"
    events = [f"{start}old\n{older}", f"{start}new\n{newer}"]
    result = read_all(calendar(*(reversed(events) if is_swapped else events)))
    ((_, record),) = result.records
    assert record["titles"] == [{"text": "new"}]
    assert [position for position, _ in result.faults] == [2 if is_swapped else 1]


@pytest.mark.parametrize(
    ("labels", "other_labels", "label"),
    [
        ({SEQUENCE: "9"}, {SEQUENCE: "10"}, SEQUENCE),
        ({SEQUENCE: "1"}, {SEQUENCE: "1"}, ""),
        ({}, {SEQUENCE: "1"}, ""),
        ({SEQUENCE: "x"}, {SEQUENCE: "1"}, ""),
        ({LAST_MODIFIED: OLD}, {LAST_MODIFIED: NEW}, LAST_MODIFIED),
        ({LAST_MODIFIED: OLD, DTSTAMP: NEW}, {DTSTAMP: OLD}, ""),
        ({LAST_MODIFIED: NEW, DTSTAMP: OLD}, {DTSTAMP: NEW}, DTSTAMP),
    ],
)
def test_first_label_that_differs_decides(
    labels: dict[str, str], other_labels: dict[str, str], label: str
) -> None:
    assert older_by(labels, other_labels) == label

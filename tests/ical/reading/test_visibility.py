"""Who may see an imported event: what is not certainly public stays inside."""

from __future__ import annotations

import pytest

from summitry.ical.reading.facts import INTERNAL, PUBLIC, RESTRICTED
from tests.ical.reading.files import calendar, read_all

START = "DTSTART:20260302T090000Z"


def visibility(lines: str, head: str = "") -> str:
    ((_, record),) = read_all(calendar(f"UID:s\n{START}\n{lines}", head=head)).records
    value: str = record.get("visibility", PUBLIC)
    return value


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("SUMMARY:x", PUBLIC),
        ("CLASS:PUBLIC", PUBLIC),
        ("class: public ", PUBLIC),
        ("CLASS:PUBLIC\nCLASS:PUBLIC", PUBLIC),
        ("CLASS:PRIVATE", INTERNAL),
        ("CLASS: PRIVATE", INTERNAL),
        ("CLASS:PRIVATE\nCLASS:PRIVATE", INTERNAL),
        ("CLASS:PUBLIC\nCLASS:PRIVATE", INTERNAL),
        ("CLASS:CONFIDENTIAL\nCLASS:PUBLIC", RESTRICTED),
        ("CLASS:CONFIDENTIAL", RESTRICTED),
        ("CLASS:X-SECRET", INTERNAL),
        ("CLASS:PUBLIC,PRIVATE", INTERNAL),
        ("CLASS:PUBLIC\\, PRIVATE", INTERNAL),
        ("CLASS:", INTERNAL),
        ("CLASS", INTERNAL),
        ("CLASS PRIVATE", INTERNAL),
        ("CLASS=PRIVATE", INTERNAL),
        ("CLASS;X=\"unended:PUBLIC", INTERNAL),
        ("\ufeffCLASS:PRIVATE", INTERNAL),
        ("\0CLASS:PRIVATE", INTERNAL),
        ("\u200bCLASS:PRIVATE", INTERNAL),
        ("\"CLASS\":PRIVATE", INTERNAL),
        ("\ufeffX-CLASS:PRIVATE", PUBLIC),
        ("CLASS;VALUE=TEXT:PUBLIC", PUBLIC),
        ("CL\n ASS:PRIV\n ATE", INTERNAL),
        ("X-CALENDARSERVER-ACCESS:PUBLIC", PUBLIC),
        ("X-CALENDARSERVER-ACCESS:PRIVATE", INTERNAL),
        ("X-CALENDARSERVER-ACCESS:RESTRICTED", RESTRICTED),
        ("X-CALENDARSERVER-ACCESS:FRIENDS", INTERNAL),
        ("CLASS:PUBLIC\nX-CALENDARSERVER-ACCESS:CONFIDENTIAL", RESTRICTED),
        ("X-MICROSOFT-CDO-SENSITIVITY:0", PUBLIC),
        ("X-MICROSOFT-CDO-SENSITIVITY:Normal", PUBLIC),
        ("X-MICROSOFT-CDO-SENSITIVITY:2", INTERNAL),
        ("X-MICROSOFT-CDO-SENSITIVITY:Private", INTERNAL),
        ("X-MICROSOFT-CDO-SENSITIVITY:Company-Confidential", RESTRICTED),
        ("X-MICROSOFT-CDO-SENSITIVITY:9", INTERNAL),
        ("CLASS:PUBLIC\nX-MICROSOFT-CDO-SENSITIVITY:3", RESTRICTED),
        ("BEGIN:VALARM\nCLASS:PRIVATE\nEND:VALARM", PUBLIC),
    ],
)  # fmt: skip
def test_visibility_is_the_strictest_of_all_access_properties(lines: str, expected: str) -> None:
    assert visibility(lines) == expected


@pytest.mark.parametrize(
    ("word", "expected"), [("PUBLIC", PUBLIC), ("PRIVATE", INTERNAL), ("CONFIDENTIAL", RESTRICTED)]
)
def test_access_of_the_calendar_applies_to_its_events(word: str, expected: str) -> None:
    assert visibility("CLASS:PUBLIC", f"X-CALENDARSERVER-ACCESS:{word}\n") == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [("SUMMARY:x", RESTRICTED), ("CLASS:PUBLIC", PUBLIC), ("CLASS:?", INTERNAL)],
)
def test_overridden_day_without_class_has_that_of_its_event(lines: str, expected: str) -> None:
    event = f"UID:s\n{START}\nRRULE:FREQ=DAILY;COUNT=2\nCLASS:CONFIDENTIAL"
    day = f"UID:s\nRECURRENCE-ID:20260303T090000Z\nDTSTART:20260303T100000Z\n{lines}"
    records = {record["ical_uid"]: record for _, record in read_all(calendar(event, day)).records}
    assert records["s/20260302T090000"]["visibility"] == RESTRICTED
    assert records["s/20260303T090000"].get("visibility", PUBLIC) == expected


def test_unknown_class_is_reported() -> None:
    result = read_all(calendar(f"UID:s\n{START}\nCLASS:X-SECRET"))
    assert result.warnings == [(1, "CLASS:X-SECRET is not known: the event is internal")]

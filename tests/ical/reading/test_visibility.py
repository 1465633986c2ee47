"""Who may see an imported event: what is not certainly public stays inside."""

from __future__ import annotations

import pytest

from summitry.ical.reading.facts import INTERNAL, PUBLIC, RESTRICTED
from tests.ical.reading.files import calendar, read_all

START = "DTSTART:20260302T090000Z"


def visibility(lines: str, head: str = "") -> str:
    ((_, record),) = read_all(calendar(f"UID:s\n{START}\n{lines}", head=head)).records
    found: str = record.get("visibility", PUBLIC)
    return found


@pytest.mark.parametrize(
    ("lines", "wanted"),
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
def test_visibility_is_the_strictest_and_public_only_if_said(lines: str, wanted: str) -> None:
    assert visibility(lines) == wanted


@pytest.mark.parametrize(
    ("word", "wanted"), [("PUBLIC", PUBLIC), ("PRIVATE", INTERNAL), ("CONFIDENTIAL", RESTRICTED)]
)
def test_access_of_the_calendar_holds_for_its_events(word: str, wanted: str) -> None:
    assert visibility("CLASS:PUBLIC", f"X-CALENDARSERVER-ACCESS:{word}\n") == wanted


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [("SUMMARY:x", RESTRICTED), ("CLASS:PUBLIC", PUBLIC), ("CLASS:?", INTERNAL)],
)
def test_changed_day_that_says_nothing_is_as_its_event(lines: str, wanted: str) -> None:
    event = f"UID:s\n{START}\nRRULE:FREQ=DAILY;COUNT=2\nCLASS:CONFIDENTIAL"
    day = f"UID:s\nRECURRENCE-ID:20260303T090000Z\nDTSTART:20260303T100000Z\n{lines}"
    records = {record["uid"]: record for _, record in read_all(calendar(event, day)).records}
    assert records["s/20260302T090000"]["visibility"] == RESTRICTED
    assert records["s/20260303T090000"].get("visibility", PUBLIC) == wanted


def test_unknown_word_is_reported() -> None:
    result = read_all(calendar(f"UID:s\n{START}\nCLASS:X-SECRET"))
    assert result.warnings == [(1, "CLASS:X-SECRET is not known: the event is internal")]

"""The class of each fault and warning, which programs can tell apart where people read the text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from summitry.ical.lint import lint
from summitry.ical.reading import EventFaultError, EventWarning, read_events
from summitry.v1.transfer_service_pb2 import CalendarFaultReason
from tests.ical.reading.files import DESK, calendar

UID, START = "UID:a@example.org", "DTSTART:20260302T090000Z"
GOOD = f"{UID}\n{START}"
NO_ZONE = f"{UID}\nDTSTART:20260302T090000"  # lint has a rule of its own for it: floating
CASES = {
    "no UID": (START, "MISSING_PROPERTY"),
    "no UID and no start": ("SUMMARY:x", "MISSING_PROPERTY"),
    "no start": (UID, "MISSING_PROPERTY"),
    "empty rule": (f"{GOOD}\nRRULE:", "MISSING_PROPERTY"),
    "start that is no time": (f"{UID}\nDTSTART:today", "BROKEN_PROPERTY"),
    "rule that is none": (f"{GOOD}\nRRULE:FREQ=OFTEN", "BROKEN_PROPERTY"),
    "position outside of the world": (f"{GOOD}\nGEO:200;500", "BROKEN_PROPERTY"),
    "number that is none": (f"{GOOD}\nSEQUENCE:first", "BROKEN_PROPERTY"),
    "part without an end": (f"{GOOD}\nBEGIN:VALARM", "BROKEN_STRUCTURE"),
    "end before the start": (f"{GOOD}\nDTEND:20260301T090000Z", "CONTRADICTING_TIMES"),
    "hour and day": (f"{GOOD}\nDTEND;VALUE=DATE:20260303", "CONTRADICTING_TIMES"),
    "days too many": (f"{GOOD}\nRRULE:FREQ=DAILY;COUNT=99999", "LIMIT_EXCEEDED"),
    "long UID": (f"UID:{'a' * 300}\n{START}", "LIMIT_EXCEEDED"),
    "year far away": (f"{UID}\nDTSTART:17000302T090000Z", "NOT_SUPPORTED"),
    "calendar of others": (f"{GOOD}\nRRULE:RSCALE=CHINESE;FREQ=YEARLY", "NOT_SUPPORTED"),
    "range of days": (f"{GOOD}\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260302", "NOT_SUPPORTED"),
    "two starts": (f"{GOOD}\nDTSTART:20260303T090000Z", "REPEATED_PROPERTY"),
    "two titles": (f"{GOOD}\nSUMMARY:x\nSUMMARY:y", "REPEATED_PROPERTY"),
    "zone that is none": (f"{UID}\nDTSTART;TZID=Mars/Base:20260302T090000", "UNKNOWN_TIME_ZONE"),
    "no zone": (NO_ZONE, "UNKNOWN_TIME_ZONE"),
    "status of others": (f"{GOOD}\nSTATUS:POSTPONED", "UNKNOWN_VALUE"),
    "two lines of a place": (f"{GOOD}\nLOCATION:x\\ny", "REWRITTEN_VALUE"),
    "zone of Windows": (
        f"{UID}\nDTSTART;TZID=Romance Standard Time:20260302T090000",
        "INFERRED_TIME_ZONE",
    ),
    "address that is none": (f"{GOOD}\nURL:javascript:alert(1)", "UNKNOWN_VALUE"),
}

BESIDE_CASES = {"OLDER_VERSION", "OTHER_METHOD", "UNSPECIFIED"}


def reasons(data: bytes) -> list[str]:
    outcomes = (outcome for _, outcome in read_events(data, DESK))
    return [
        CalendarFaultReason.Name(outcome.reason).removeprefix("CALENDAR_FAULT_REASON_")
        for outcome in outcomes
        if isinstance(outcome, EventFaultError | EventWarning)
    ]


@pytest.mark.parametrize(("lines", "reason"), CASES.values(), ids=CASES)
def test_fault_or_warning_has_the_reason_of_its_class(lines: str, reason: str) -> None:
    assert reasons(calendar(lines)) == [reason]


@pytest.mark.parametrize("lines", [lines for lines, _ in CASES.values()], ids=list(CASES))
def test_lint_has_a_finding_for_each_fault_and_warning(lines: str) -> None:
    assert [finding for finding in lint(calendar(lines)) if finding.rule == "import"] or (
        lines == NO_ZONE
    )


def test_page_lists_the_classes_of_warnings() -> None:
    page = (Path(__file__).parents[3] / "docs" / "ics-import.md").read_text(encoding="utf-8")
    table = page.partition("| class |")[2].partition("\n\n")[0]
    classes = set(re.findall(r"`([A-Z]+_[A-Z_]+)` \|$", table, re.MULTILINE))
    refusals = {"BROKEN_STRUCTURE", "UNKNOWN_TIME_ZONE"} | BESIDE_CASES
    names = set(CalendarFaultReason.keys())
    assert classes == {name.removeprefix("CALENDAR_FAULT_REASON_") for name in names} - refusals


def test_older_version_in_the_file_has_its_reason() -> None:
    assert reasons(calendar(f"{GOOD}\nSEQUENCE:1", f"{GOOD}\nSEQUENCE:2")) == ["OLDER_VERSION"]


def test_answer_to_an_invitation_has_its_reason() -> None:
    assert reasons(calendar(GOOD, head="METHOD:REPLY\n")) == ["OTHER_METHOD"]


def test_each_reason_is_in_use() -> None:
    values = CalendarFaultReason.DESCRIPTOR.values_by_name
    names = {name.removeprefix("CALENDAR_FAULT_REASON_") for name in values}
    assert names == {reason for _, reason in CASES.values()} | BESIDE_CASES

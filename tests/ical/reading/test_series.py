"""Days of events that recur: exceptions, changed days and periods in any type and spelling."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from summitry.ical.reading import Choices, ReadEventDays, read_events
from summitry.ical.reading.expansion import Budget, occurrences
from summitry.ical.reading.recurrence_rules import parse_rule
from summitry.ical.reading.recurring import DayWindow
from summitry.time import resolve
from summitry.v1.meeting_pb2 import Meeting
from summitry.zones import default_database
from tests.ical.reading.files import DESK, Result, calendar, read_all

HOURS = "UID:u\nDTSTART;TZID=Europe/Paris:20260302T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3\nSUMMARY:a"
UTC = HOURS.replace("DTSTART;TZID=Europe/Paris:20260302T090000", "DTSTART:20260302T090000Z")
DAYS = HOURS.replace(";TZID=Europe/Paris:20260302T090000", ";VALUE=DATE:20260302").replace(
    "PT1H", "P1D"
)
PARIS = Choices("calendars/desk", zone="Europe/Paris")


def uids(result: Result) -> list[str]:
    return [record["ical_uid"].removeprefix("u/") for _, record in result.records]


def spans(result: Result) -> dict[str, str]:
    """Return title, start and end of each day, as the server would show them."""

    def span(fields: dict[str, Any]) -> str:
        record = json_format.ParseDict(fields, Meeting())
        resolve(record.time, default_database())
        resolved = record.time.resolved
        return f"{record.titles[0].text} {resolved.start_text[5:16]}-{resolved.end_text[5:16]}"

    return {record["ical_uid"].removeprefix("u/"): span(record) for _, record in result.records}


SPELLINGS = [
    pytest.param(HOURS, ";VALUE=DATE:20260309", id="08 a day"),
    pytest.param(HOURS, ":20260309", id="a day without VALUE"),
    pytest.param(HOURS, ":20260309T090000", id="08c floating"),
    pytest.param(HOURS, ":20260309T080000Z", id="the instant"),
    pytest.param(HOURS, ":20260309T000000Z", id="midnight in UTC"),
    pytest.param(HOURS, ";TZID=Europe/Paris:20260309T000000", id="midnight there"),
    pytest.param(HOURS, ";TZID=America/New_York:20260309T040000", id="another zone"),
    pytest.param(UTC, ":20260309T090000", id="floating of UTC"),
    pytest.param(UTC, ";TZID=Europe/Paris:20260309T100000", id="zone of UTC"),
    pytest.param(UTC, ";VALUE=DATE:20260309", id="a day of UTC"),
    pytest.param(DAYS, ";VALUE=DATE:20260309", id="day of days"),
    pytest.param(DAYS, ":20260309T000000", id="floating midnight of days"),
    pytest.param(DAYS, ":20260309T000000Z", id="midnight in UTC of days"),
    pytest.param(DAYS, ";TZID=Europe/Paris:20260309T090000", id="hour of days"),
]


@pytest.mark.parametrize(("event", "value"), SPELLINGS)
def test_exception_takes_its_day_away(event: str, value: str) -> None:
    days = uids(read_all(calendar(event)))
    result = read_all(calendar(f"{event}\nEXDATE{value}"))
    assert uids(result) == [days[0], days[2]] and not result.faults


@pytest.mark.parametrize(("event", "value"), SPELLINGS)
def test_changed_day_takes_the_place_of_its_day(event: str, value: str) -> None:
    days = uids(read_all(calendar(event)))
    changed = f"UID:u\nRECURRENCE-ID{value}\nDTSTART:20260310T150000Z\nSUMMARY:b"
    result = read_all(calendar(event, changed))
    titles = {
        record["ical_uid"].removeprefix("u/"): record["titles"][0]["text"]
        for _, record in result.records
    }
    assert titles == {days[0]: "a", days[1]: "b", days[2]: "a"} and not result.faults


@pytest.mark.parametrize(
    ("event", "value", "day"),
    [
        (HOURS, ";VALUE=DATE:20260311", "20260311T090000"),
        (HOURS, ":20260311T100000", "20260311T100000"),
        (HOURS, ":20260311T100000Z", "20260311T110000"),
        (UTC, ":20260311T100000", "20260311T100000"),
        (DAYS, ";VALUE=DATE:20260311", "20260311"),
        (DAYS, ";TZID=Europe/Paris:20260311T100000", "20260311"),
    ],
)
def test_further_day_has_the_type_and_zone_of_the_event(event: str, value: str, day: str) -> None:
    result = read_all(calendar(f"{event}\nRDATE{value}"))
    assert uids(result)[2] == day and not result.faults


def test_instants_of_days_are_days_of_the_zone_of_the_file() -> None:
    result = read_all(calendar(f"{DAYS}\nEXDATE:20260308T230000Z"), PARIS)
    assert uids(result) == ["20260302", "20260316"]


@pytest.mark.parametrize(
    ("value", "end"),
    [
        ("20260311T100000Z/PT3H", "14:00"),
        ("20260311T100000Z/20260311T123000Z", "13:30"),
        ("20260311T100000Z", "12:00"),
    ],
    ids=["length", "end", "that of the event"],
)
def test_period_has_a_length_of_its_own(value: str, end: str) -> None:
    result = read_all(calendar(f"{HOURS}\nRDATE;VALUE=PERIOD:{value}"))
    assert spans(result)["20260311T110000"] == f"a 03-11T11:00-03-11T{end}"
    assert spans(result)["20260316T090000"] == "a 03-16T09:00-03-16T10:00"
    assert not result.warnings


@pytest.mark.parametrize(
    ("sequence", "is_there"), [(0, False), (1, True), (2, True)], ids=["older", "same", "newer"]
)
def test_newer_exception_takes_an_older_changed_day_away(sequence: int, is_there: bool) -> None:
    master = f"{HOURS}\nSEQUENCE:1\nEXDATE;VALUE=DATE:20260309"
    changed = (
        f"UID:u\nSEQUENCE:{sequence}\nRECURRENCE-ID;TZID=Europe/Paris:20260309T090000\n"
        "DTSTART:20260310T150000Z\nSUMMARY:b"
    )
    result = read_all(calendar(master, changed))
    assert ("20260309T090000" in uids(result)) == is_there
    assert [position for position, _ in result.faults] == ([] if is_there else [2])


@pytest.mark.parametrize("is_swapped", [False, True])
def test_newer_of_two_changes_of_a_day_is_read_though_spelled_otherwise(is_swapped: bool) -> None:
    changed = "UID:u\nRECURRENCE-ID{0}\nDTSTART:20260310T150000Z\nSEQUENCE:{1}\nSUMMARY:{1}"
    changes = [changed.format(":20260309T080000Z", 1), changed.format(";VALUE=DATE:20260309", 2)]
    result = read_all(calendar(HOURS, *(reversed(changes) if is_swapped else changes)))
    assert spans(result)["20260309T090000"].startswith("2 ") and len(result.records) == 3


FUTURE = (
    "UID:u\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Paris:20260309T090000\n"
    "DTSTART;TZID=Europe/Paris:20260310T150000\nDURATION:PT2H\nSUMMARY:b"
)
FRIDAY = "UID:u\nRECURRENCE-ID;VALUE=DATE:20260316\nDTSTART:20260320T100000Z\nSUMMARY:c"


def test_change_of_this_and_future_days_moves_all_of_them() -> None:
    assert spans(read_all(calendar(HOURS, FUTURE))) == {
        "20260302T090000": "a 03-02T09:00-03-02T10:00",
        "20260309T090000": "b 03-10T15:00-03-10T17:00",
        "20260316T090000": "b 03-17T15:00-03-17T17:00",
    }


def test_change_of_one_day_goes_before_that_of_future_days() -> None:
    result = read_all(calendar(HOURS, FRIDAY, FUTURE))
    assert [text[0] for text in spans(result).values()] == ["a", "c", "b"]


@pytest.mark.parametrize(
    ("files", "position"),
    [((FUTURE,), 1), ((HOURS.replace("WEEKLY", "NEVER"), FUTURE), 2)],
    ids=["alone", "broken event"],
)
def test_change_of_future_days_needs_its_event(files: tuple[str, ...], position: int) -> None:
    result = read_all(calendar(*files))
    assert not result.records
    assert any(at == position and "RANGE" in text for at, text in result.faults)


def test_other_range_is_refused() -> None:
    result = read_all(calendar(HOURS, FUTURE.replace("THISANDFUTURE", "THISANDPRIOR")))
    assert [position for position, _ in result.faults] == [2] and len(result.records) == 3


ENDLESS = "UID:n\nDTSTART;TZID=Europe/Paris:{0}T090000\nRRULE:FREQ={1}"
WINDOW = DayWindow(date(2025, 11, 30), date(2029, 11, 29))


def read_endless(first: str, rule: str, *lines: str, window: DayWindow = WINDOW) -> Result:
    event = "\n".join([ENDLESS.format(first, rule), *lines])
    return read_all(calendar(event), DESK._replace(window=window))


@pytest.mark.parametrize(
    ("first", "rule", "count", "begin", "end"),
    [
        ("20190107", "WEEKLY;BYDAY=MO", 209, "20251201", "20291126"),
        ("20261001", "DAILY", 1000, "20261001", "20290626"),
        ("19000101", "DAILY", 1000, "20251130", "20280825"),
        ("19000131", "MONTHLY;BYMONTHDAY=-1", 48, "20251130", "20291031"),
        ("20190107", "YEARLY", 4, "20260107", "20290107"),
        ("20190107", "WEEKLY;UNTIL=99991231", 209, "20251201", "20291126"),
    ],
    ids=["04 weekly", "04b daily", "old", "last days", "yearly", "year 9999"],
)
def test_event_without_an_end_is_read_in_the_window(
    first: str, rule: str, count: int, begin: str, end: str
) -> None:
    result = read_endless(first, rule)
    days = [record["ical_uid"][2:10] for _, record in result.records]
    assert (len(days), days[0], days[-1]) == (count, begin, end) and not result.faults
    ((_, warning),) = result.warnings
    assert f"its {count} days from" in warning


def test_days_outside_of_the_window_are_not_gone() -> None:
    statements: list[ReadEventDays] = []
    data = calendar(ENDLESS.format("20261001", "DAILY"))
    list(read_events(data, DESK._replace(window=WINDOW), on_days=statements.append))
    ((_, _, days, *_, first, last),) = statements
    assert (len(days), first, last) == (1000, "2025-11-30", "2029-06-26")


def test_window_of_an_event_that_begins_later_has_no_day() -> None:
    result = read_endless("20400101", "DAILY")
    assert not result.records and "its 0 days" in result.warnings[0][1]


def test_exceptions_apply_in_the_window() -> None:
    lines = ("EXDATE;VALUE=DATE:20251201", "EXRULE:FREQ=WEEKLY;INTERVAL=2")
    days = [record["ical_uid"] for _, record in read_endless("20190107", "WEEKLY", *lines).records]
    assert len(days) == 104 and days[0] == "n/20251208T090000"


def test_event_with_an_end_needs_no_window() -> None:
    result = read_endless("20190107", "WEEKLY;COUNT=3")
    assert len(result.records) == 3 and not result.warnings


@given(
    st.dates(date(1901, 1, 1), date(2026, 1, 1)),
    st.integers(1, 5),
    st.sampled_from(["DAILY", "WEEKLY;BYDAY=MO,TH", "MONTHLY", "MONTHLY;BYDAY=2TU", "YEARLY"]),
)
def test_window_shows_the_days_that_the_whole_rule_has(
    first: date, interval: int, rule: str
) -> None:
    parsed = parse_rule(f"FREQ={rule};INTERVAL={interval}")
    begin, since = first.toordinal(), WINDOW.first.toordinal()
    last = WINDOW.last.toordinal()
    whole = [day for day in occurrences(parsed, begin, last, Budget()) if day >= since]
    budget = Budget(10_000)
    assert list(occurrences(parsed, begin, last, budget, since)) == whole
    assert budget.limit - budget.remaining <= 4 * 366 * 2


WEEKS = st.integers(0, 9)
START = datetime(2026, 3, 2, 9)


def spell(week: int, form: int) -> str:
    """Return the start of a week in one of the spellings that programs have."""
    wall = START + timedelta(weeks=week)
    offset = timedelta(hours=2 if wall >= datetime(2026, 3, 29) else 1)
    return [
        f";TZID=Europe/Paris:{wall:%Y%m%dT%H%M%S}",
        f":{wall:%Y%m%dT%H%M%S}",
        f":{wall - offset:%Y%m%dT%H%M%S}Z",
        f";VALUE=DATE:{wall:%Y%m%d}",
        f":{wall:%Y%m%d}T000000Z",
    ][form]


@given(
    st.integers(1, 10),
    st.lists(st.tuples(WEEKS, st.integers(0, 4)), max_size=4),
    st.lists(st.tuples(WEEKS, st.integers(0, 4)), max_size=3, unique_by=lambda pair: pair[0]),
    st.none() | st.integers(0, 8),
)
def test_series_equals_a_model_of_weeks(
    count: int,
    exceptions: list[tuple[int, int]],
    changes: list[tuple[int, int]],
    future: int | None,
) -> None:
    weeks = range(count)
    changes = [(week, form) for week, form in changes if week < count]
    master = HOURS.replace("COUNT=3", f"COUNT={count}")
    master += "".join(f"\nEXDATE{spell(week, form)}" for week, form in exceptions)
    events = [
        f"UID:u\nRECURRENCE-ID{spell(week, form)}\nDTSTART:20260101T000000Z\nSUMMARY:b"
        for week, form in changes
    ]
    if future is not None:
        events.append(
            f"UID:u\nRECURRENCE-ID;RANGE=THISANDFUTURE{spell(future, 0)}\n"
            f"DTSTART{spell(future, 0)}\nSUMMARY:c"
        )
    excepted = {week for week, _ in exceptions}
    model = {
        week: "a" if future is None or week < future else "c"
        for week in weeks
        if week not in excepted
    }
    model |= {week: "b" for week, _ in changes}
    result = read_all(calendar(master, *events), DESK)
    assert not result.faults
    assert {
        record["ical_uid"].removeprefix("u/"): record["titles"][0]["text"]
        for _, record in result.records
    } == {f"{START + timedelta(weeks=week):%Y%m%dT%H%M%S}": title for week, title in model.items()}

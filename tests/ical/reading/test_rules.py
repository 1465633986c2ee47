"""Recurrence rules: which are read, which days they have, and how much work they may cost."""

from __future__ import annotations

import warnings
from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import islice
from statistics import mode

import pytest
from dateutil.rrule import rrulestr
from hypothesis import example, given
from hypothesis import strategies as st

from summitry.ical.reading.expansion import Budget, BudgetError, occurrences
from summitry.ical.reading.recurrence_rules import LENGTH, parse_rule
from tests.ical.reading.files import calendar, read_all


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("FREQ=MONTHLY;INTERVAL=0;BYMONTHDAY=1", "INTERVAL=0 is not within 1 to"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL=-1 is not within 1 to"),
        ("FREQ=DAILY;INTERVAL=99999999999", "INTERVAL=99999999999 is not within"),
        ("FREQ=DAILY;INTERVAL=1,2", "INTERVAL=1,2 is more than one number"),
        ("FREQ=DAILY;COUNT=0", "COUNT=0 is not within 1 to"),
        ("FREQ=DAILY;COUNT=1,2", "COUNT=1,2 is more than one number"),
        ("FREQ=DAILY;COUNT=2;COUNT=3", "COUNT is there twice: keep one"),
        ("FREQ=DAILY;COUNT=", "COUNT is empty: leave it out"),
        ("FREQ=DAILY;COUNT=x", "COUNT=X is not within"),
        ("FREQ=DAILY;UNTIL=20260230", "'20260230' is no day or hour"),
        ("FREQ=DAILY;UNTIL=", "UNTIL is empty: leave it out"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH=13 is not within 1 to 12"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH=-1 is not within 1 to 12"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0 is not within 1 to 31, or -31 to -1"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY=32 is not within"),
        ("FREQ=YEARLY;BYYEARDAY=-367", "BYYEARDAY=-367 is not within"),
        ("FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO=54 is not within"),
        ("FREQ=YEARLY;BYDAY=MO;BYSETPOS=367", "BYSETPOS=367 is not within"),
        ("FREQ=YEARLY;BYSETPOS=1", "BYSETPOS needs another BY part"),
        ("FREQ=YEARLY;BYDAY=99MO", "BYDAY=99MO: FREQ=YEARLY admits 1 to 53"),
        ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY=6MO: FREQ=MONTHLY admits 1 to 5"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY=0MO"),
        ("FREQ=MONTHLY;BYDAY=+MO", "BYDAY=+MO"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY=1MO: FREQ=WEEKLY admits days without a number"),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", "admits days without a number"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY=XX is no day"),
        ("FREQ=WEEKLY;WKST=XX", "WKST=XX is no day"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not go with FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO does not go with FREQ=MONTHLY"),
        ("FREQ=DAILY;BYYEARDAY=1", "BYYEARDAY does not go with FREQ=DAILY"),
        ("FREQ=DAILY;BYHOUR=1", "BYHOUR: rules of whole days are read"),
        ("FREQ=HOURLY", "FREQ=HOURLY: rules of whole days are read; write one of"),
        ("FREQ=FORTNIGHTLY", "FREQ=FORTNIGHTLY: it is none of a rule"),
        ("COUNT=3", "FREQ=: it is none of a rule"),
        ("FREQ=DAILY;BYEASTER=1", "'BYEASTER=1' is no part of a rule"),
        ("RSCALE=HEBREW;FREQ=YEARLY", "another calendar"),
        ("FREQ=DAILY;X" + "X" * LENGTH, "characters, 512 are read"),
    ],
)  # fmt: skip
def test_rule_out_of_range_is_rejected_with_the_part(rule: str, fault: str) -> None:
    result = read_all(calendar(f"UID:u\nDTSTART:20260302T090000Z\nRRULE:{rule}"))
    ((position, text),) = result.faults
    assert position == 1 and fault in text and not result.records


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        ("FREQ=DAILY;COUNT=3;", 3),
        ("freq=daily;count=3", 3),
        ("FREQ=DAILY;COUNT=3;UNTIL=20260303T090000Z", 2),
        ("FREQ=YEARLY;INTERVAL=999999999", 1),
        ("FREQ=WEEKLY;INTERVAL=999999999;COUNT=5", 1),
        ("FREQ=YEARLY;UNTIL=99991231T235959Z", 4),
        ("FREQ=YEARLY;UNTIL=00010101T000000Z", 1),
        ("FREQ=YEARLY;UNTIL=00010101", 1),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", 1),
        ("FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1", 1),
        ("FREQ=YEARLY;BYDAY=MO,2TU;BYMONTH=3;COUNT=6", 6),
    ],
)
def test_rule_at_the_limit_is_read(rule: str, count: int) -> None:
    lines = f"UID:u\nDTSTART;TZID=America/New_York:20260302T040000\nRRULE:{rule}"
    result = read_all(calendar(lines))
    assert (len(result.records), result.faults) == (count, [])


@pytest.mark.parametrize("year", ["0001", "1582", "9901", "9999"])
def test_rule_in_a_year_out_of_range_is_rejected(year: str) -> None:
    result = read_all(calendar(f"UID:u\nDTSTART;VALUE=DATE:{year}0101\nRRULE:FREQ=WEEKLY;COUNT=2"))
    assert "RRULE is broken: it begins in the year" in result.faults[0][1]


WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WHOLE_WEEK = f"BYDAY={','.join(WEEK)}"


@pytest.mark.parametrize(
    ("week", "within", "days"),
    [
        ("-52", 2000, ["2000-01-03/2000-01-09"]),
        ("-52", 2001, ["2001-01-01/2001-01-07", "2001-12-31/2001-12-31"]),
        ("-52", 2002, ["2002-01-01/2002-01-06", "2002-12-30/2002-12-31"]),
        ("1", 2001, ["2001-01-01/2001-01-07", "2001-12-31/2001-12-31"]),
        ("-53", 2003, ["2003-12-29/2003-12-31"]),
        ("-53", 2004, ["2004-01-01/2004-01-04"]),
        ("52", 2022, ["2022-01-01/2022-01-02", "2022-12-26/2022-12-31"]),
        ("53", 2022, []),
        ("53", 2021, ["2021-01-01/2021-01-03"]),
        ("-1", 2021, ["2021-01-01/2021-01-03", "2021-12-27/2021-12-31"]),
    ],
)
def test_days_of_a_week_at_the_turn_of_the_year_are_those_of_iso_8601(
    week: str, within: int, days: list[str]
) -> None:
    """libical 3 gives the same days; dateutil 4.0 omits or adds those at the turn."""
    rule = parse_rule(f"FREQ=YEARLY;BYWEEKNO={week};{WHOLE_WEEK}")
    first, last = date(2000, 1, 1).toordinal(), date(within, 12, 31).toordinal()
    expected = [
        day
        for begin, _, end in (span.partition("/") for span in days)
        for day in range(
            date.fromisoformat(begin).toordinal(), date.fromisoformat(end).toordinal() + 1
        )
    ]
    generated = occurrences(rule, first, last, Budget())
    assert [day for day in generated if date.fromordinal(day).year == within] == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("BYWEEKNO=-52", ["2000-01-08", "2001-01-06", "2002-01-05", "2003-01-04"]),
        ("BYWEEKNO=1,2;COUNT=3", ["2000-01-08", "2000-01-15", "2001-01-06"]),
        (
            "BYWEEKNO=1;BYDAY=MO",
            ["2000-01-03", "2001-01-01", "2001-12-31", "2002-12-30", "2003-12-29"],
        ),
        ("BYWEEKNO=1;BYMONTHDAY=31", ["2001-12-31", "2002-12-31", "2003-12-31"]),
        ("BYWEEKNO=1;BYYEARDAY=1", ["2001-01-01", "2002-01-01", "2003-01-01"]),
    ],
)
def test_rule_of_weeks_has_the_day_of_its_start_unless_it_gives_one(
    part: str, expected: list[str]
) -> None:
    """RFC 5545 3.3.10 takes from DTSTART what a rule leaves open, and so do libical and RFC 8984."""
    first, last = date(2000, 1, 1).toordinal(), date(2003, 12, 31).toordinal()
    days = occurrences(parse_rule(f"FREQ=YEARLY;{part}"), first, last, Budget())
    assert [date.fromordinal(day).isoformat() for day in days] == expected


def days_in_weeks(first: date, last: date, numbers: set[int], week_start: int) -> list[date]:
    """Return the days in the weeks of BYWEEKNO, counted as RFC 5545 3.3.10 defines them."""
    begin = date(first.year - 1, 1, 1)
    begin -= timedelta((begin.weekday() - week_start) % 7)
    weeks: dict[int, list[list[date]]] = defaultdict(list)
    while begin.year <= last.year + 1:
        week = [begin + timedelta(day) for day in range(7)]
        weeks[mode(day.year for day in week)].append(week)
        begin += timedelta(7)
    complete = [weeks[year] for year in range(first.year - 1, last.year + 2)]
    return [
        day
        for of_year in complete
        for number, week in enumerate(of_year, 1)
        if number in numbers or number - len(of_year) - 1 in numbers
        for day in week
        if first <= day <= last
    ]


@given(
    st.dates(date(1980, 1, 1), date(2030, 1, 1)),
    st.sets(st.integers(1, 53) | st.integers(-53, -1), min_size=1, max_size=4),
    st.integers(0, 6),
)
@example(date(2000, 1, 1), {-52}, 0)
@example(date(2020, 1, 1), {53, -1}, 6)
def test_days_in_weeks_are_those_of_the_definition(
    first: date, numbers: set[int], week_start: int
) -> None:
    last = first.replace(year=first.year + 12, day=1)
    weeks = ",".join(map(str, numbers))
    rule = f"FREQ=YEARLY;BYWEEKNO={weeks};WKST={WEEK[week_start]};{WHOLE_WEEK}"
    days = occurrences(parse_rule(rule), first.toordinal(), last.toordinal(), Budget())
    expected = days_in_weeks(first, last, numbers, week_start)
    assert [date.fromordinal(day) for day in days] == expected


def numbers(most: int, *, signed: bool = True) -> st.SearchStrategy[str]:
    values = st.integers(1, most) | (st.integers(-most, -1) if signed else st.nothing())
    lists = st.lists(values, min_size=1, max_size=4, unique=True)
    return lists.map(lambda items: ",".join(map(str, items)))


DAYS = st.sampled_from(WEEK)
WEEK_DAYS = st.lists(DAYS, min_size=1, max_size=7, unique=True).map(",".join)


def nth(most: int) -> st.SearchStrategy[str]:
    ordinal = st.integers(1, most) | st.integers(-most, -1)
    return st.lists(st.tuples(ordinal, DAYS), min_size=1, max_size=3, unique=True).map(
        lambda items: ",".join(f"{number}{day}" for number, day in items)
    )


PARTS = {
    "DAILY": {"BYMONTH": numbers(12, signed=False), "BYMONTHDAY": numbers(31), "BYDAY": WEEK_DAYS},
    "WEEKLY": {"BYMONTH": numbers(12, signed=False), "BYDAY": WEEK_DAYS, "WKST": DAYS},
    "MONTHLY": {
        "BYMONTH": numbers(12, signed=False),
        "BYMONTHDAY": numbers(31),
        "BYDAY": WEEK_DAYS | nth(5),
        "BYSETPOS": numbers(6),
    },
    "YEARLY": {
        "BYMONTH": numbers(12, signed=False),
        "BYMONTHDAY": numbers(31),
        "BYYEARDAY": numbers(366),
        # Not 52 and 53 from either end, of which dateutil 4.0 omits or adds days at the turn of the
        # year; test_days_in_weeks_are_those_of_the_definition has them.
        "BYWEEKNO": numbers(51),
        "BYDAY": WEEK_DAYS | nth(6),
        "BYSETPOS": numbers(10),
        "WKST": DAYS,
    },
}


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Draw a valid rule, so that another maker's expansion can judge ours."""
    frequency = draw(st.sampled_from(sorted(PARTS)))
    names = draw(st.lists(st.sampled_from(sorted(PARTS[frequency])), unique=True, max_size=4))
    parts = {name: draw(PARTS[frequency][name]) for name in names}
    if not parts.keys() & {"BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY"}:
        parts.pop("BYSETPOS", None)
    if "BYWEEKNO" in parts and any(char.isdigit() for char in parts.get("BYDAY", "")):
        del parts["BYDAY"]
    interval = draw(st.sampled_from(["", ";INTERVAL=2", ";INTERVAL=5"]))
    suffix = "".join(f";{name}={value}" for name, value in parts.items())
    return f"FREQ={frequency}{interval}{suffix}"


def with_week_day(rule: str, first: date) -> str:
    """Return a rule of weeks with the day of the week that it has from DTSTART.

    dateutil takes all seven days where a rule gives no day.
    """
    gives_day = any(name in rule for name in ("BYDAY", "BYMONTHDAY", "BYYEARDAY"))
    return rule if gives_day or "BYWEEKNO" not in rule else f"{rule};BYDAY={WEEK[first.weekday()]}"


@given(st.dates(date(1980, 1, 1), date(2030, 1, 1)), rules(), st.sampled_from(["", ";COUNT=7"]))
@example(date(2020, 12, 29), "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", "")
@example(date(2020, 1, 1), "FREQ=YEARLY;BYWEEKNO=51,-1;WKST=SU", "")
@example(date(2000, 1, 1), "FREQ=YEARLY;BYWEEKNO=20", "")
@example(date(2024, 2, 29), "FREQ=YEARLY", "")
@example(date(2024, 1, 31), "FREQ=MONTHLY", "")
def test_days_of_a_rule_equal_those_of_dateutil(first: date, rule: str, count: str) -> None:
    last = first.replace(year=first.year + 12, day=1)
    text = rule + count
    days = occurrences(parse_rule(text), first.toordinal(), last.toordinal(), Budget(10**9))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The judge needs an end: without one it follows a rule that never fits to the year 9999.
        begin = datetime(first.year, first.month, first.day)
        judge = rrulestr(f"{with_week_day(rule, first)};UNTIL={last:%Y%m%d}", dtstart=begin)
    expected_days = list(islice((day.date() for day in judge), 7 if count else None))
    assert [date.fromordinal(day) for day in days] == expected_days


@given(rules(), st.dates(date(1600, 1, 1), date(9800, 1, 1)))
def test_steps_of_a_rule_are_bounded_by_its_years(rule: str, first: date) -> None:
    """No rule takes more than a step for each period and each of its days."""
    budget = Budget(10**9)
    days = occurrences(parse_rule(rule), first.toordinal(), first.toordinal() + 3660, budget)
    assert sum(1 for _ in days) <= 3661
    assert budget.limit - budget.remaining <= 2 * (3660 + 14 + 366)


COSTLY = {
    "30 February": "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
    "366th of a year": "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366;BYMONTH=6",
    "week 53 in June": "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYMONTH=6",
    "daily, never": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "eighth of a week": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=8",
}


@pytest.mark.parametrize("name", COSTLY)
def test_rules_of_a_file_share_one_budget(name: str) -> None:
    """Read the costliest rules 500 times; steps are counted, so timing decides nothing."""
    rule = f"{COSTLY[name]};UNTIL=20560101"
    events = [f"UID:u{n}\nDTSTART:20260302T090000Z\nRRULE:{rule}" for n in range(500)]
    result = read_all(calendar(*events, "UID:single\nDTSTART:20260302T090000Z"), steps=20_000)
    assert "single" in {record["ical_uid"] for _, record in result.records}
    assert result.faults and all(
        text == "the rules of the file need more than 20000 steps: split it"
        for _, text in result.faults
    )
    assert len(result.records) + len(result.faults) == 501


def test_budget_ends_a_rule_in_the_middle() -> None:
    budget = Budget(10)
    days = occurrences(parse_rule("FREQ=DAILY"), 730_000, 740_000, budget)
    assert [next(days) for _ in range(5)] == list(range(730_000, 730_005))
    with pytest.raises(BudgetError, match="more than 10 steps"):
        next(days)

"""The records that a question about people reads: all that matter, and few others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry import Delegation, Summit, Visit
from summitry.v1.event_time_pb2 import DateSpan, EventTime
from summitry.v1.party_pb2 import Person
from summitry.zones import default_database, format_date, parse_date
from summitry_server.domain.records.records import prepare, row_of
from summitry_server.domain.search.agenda import Plan
from summitry_server.domain.time.spans import DAY, spans_of, stay_of
from summitry_server.services.related_records import Gatherer, stay_window
from summitry_server.store.contract import Axis, Condition, LogEntry, Store, Window
from summitry_server.store.matching import touches
from summitry_server.store.memory.engine import MemoryStore

DB = default_database()
FIRST = parse_date("2024-01-01")
ENTRY = LogEntry("desk", "", "", 1_720_000_000)
PERSON = Person(id="anna-berg")


def days(first: int, last: int | None = None) -> EventTime:
    """Return a time of whole days, counted from 1 January 2024."""
    dates = (format_date(FIRST + day) for day in (first, first if last is None else last))
    return EventTime(
        dates=DateSpan(time_zone="Asia/Almaty", **dict(zip(DATES, dates, strict=True)))
    )


DATES = ("first_date", "last_date")


def plan(first: int, last: int) -> Plan:
    """Return the windows of the days from `first` to `last`."""
    start, end = (FIRST + first) * DAY, (FIRST + last + 1) * DAY
    return Plan(
        Window(Axis.LABEL, start, end, True), Window(Axis.INSTANT, start, end, True), DB.zone("UTC")
    )


def visit(id: str, *segments: EventTime, time: EventTime | None = None) -> Visit:
    return Visit(
        name=f"calendars/c/visits/{id}",
        principals=[PERSON],
        segments=[{"time": segment} for segment in segments],
        time=time,
    )


def store_of(records: Sequence[Any]) -> Store:
    """Return a store with records, in memory."""
    store = MemoryStore()

    def put(writer: Any) -> None:
        for record in records:
            prepare(record, "record", DB)
            record.ical_uid = record.name
            writer.put(row_of(record, writer.next_point, ENTRY.time, DB), new=True)

    store.write(put, ENTRY)
    return store


class CountingReader:
    """A reader that counts the rows it gave."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self.rows = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._reader, name)

        def call(*args: Any, **options: Any) -> Any:
            rows = method(*args, **options)
            self.rows += len(rows)
            return rows

        return call


def names_of(store: Store, first: int, last: int) -> tuple[set[str], int]:
    """Return the ids of the records that may place the person in days, and how many were read."""
    with store.read() as reader:
        counting: Any = CountingReader(reader)
        gatherer = Gatherer(counting, None, lambda: None)
        records = gatherer.people(["person:anna-berg"], plan(first, last)).records
        return {record.name.rpartition("/")[2] for record in records}, counting.rows


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (3, 3, {"parts", "apart"}),
        (40, 40, {"parts", "apart"}),
        (70, 75, {"parts", "whole", "apart"}),
        (200, 210, {"apart"}),
        (300, 310, set()),
    ],
)
def test_visits_are_found_by_the_times_of_their_parts(
    first: int, last: int, expected: set[str]
) -> None:
    store = store_of(
        [
            visit("parts", days(3), days(40), days(72)),
            visit("whole", time=days(70, 72)),
            visit("apart", days(205), time=days(2, 4)),
        ]
    )
    names, _ = names_of(store, first, last)
    # Between its parts as well: who asks compares the parts with the window.
    assert names == expected


def test_visits_of_other_years_are_not_read() -> None:
    store = store_of([visit(f"v{week:03}", days(7 * week, 7 * week + 2)) for week in range(300)])
    names, rows = names_of(store, 700, 705)
    assert names == {"v100"}
    assert rows <= 3


def test_delegations_to_an_event_are_found_by_it() -> None:
    summits = [Summit(name=f"calendars/c/summits/s{n}", time=days(n)) for n in range(200)]
    delegations = [
        Delegation(
            name=f"calendars/c/delegations/d{n:03}",
            engagements=[{"event": summits[n].name}, {"event": summits[(n + 100) % 200].name}],
        )
        for n in range(200)
    ]
    with store_of([*summits, *delegations]).read() as reader:
        counting: Any = CountingReader(reader)
        gatherer = Gatherer(counting, None, lambda: None)
        records = {record.name: record for record in gatherer.in_window(Condition(), plan(5, 6))}
        gatherer.add_delegations(records, Condition())
        ids = sorted(name.rpartition("/")[2] for name in records)
        assert ids == ["d005", "d006", "d105", "d106", "s5", "s6"]
        assert counting.rows == 6


spans_of_days = st.tuples(st.integers(-400, 400), st.integers(0, 400))


@given(parts=st.lists(spans_of_days, min_size=1, max_size=4), period=spans_of_days)
def test_window_of_stays_touches_what_a_window_touches(
    parts: list[tuple[int, int]], period: tuple[int, int]
) -> None:
    times = [days(first, first + length) for first, length in parts]
    (stay,) = stay_of(times, DB)
    windows = plan(period[0], period[0] + period[1])
    near = [
        window
        for window in (windows.days, windows.hours, windows.days._replace(axis=Axis.PLACE))
        for time in times
        for span in spans_of(time, DB)
        if span.axis is window.axis and touches(window, span)
    ]
    assert touches(stay_window(windows), stay) or not near

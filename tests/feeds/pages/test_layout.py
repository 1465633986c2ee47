"""Laws of the layouts, for any events: days, weeks and bars."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.time import resolve
from summitry.v1.event_time_pb2 import DateSpan, EventTime
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.notice_pb2 import Notice
from summitry.v1.summit_pb2 import Summit
from summitry.web.pages import month
from summitry.web.pages.placed_events import PlacedEvent, entries_of
from summitry.web.pages.timeline import LABELS, PLOT, ROWS, WIDTH, mirrored, picture
from summitry.zones import default_database, format_date, parse_date

DB = default_database()
ZONES = ("Asia/Almaty", "America/New_York", "Pacific/Kiritimati", "Pacific/Apia", "Europe/Paris")


def meeting(time: Mapping[str, object], name: str = "m") -> Meeting:
    record = Meeting(name=f"calendars/c/meetings/{name}", time=EventTime(**time))  # type: ignore[arg-type]
    resolve(record.time, DB)
    return record


def timed(start: str, end: str = "", zone: str = "Asia/Almaty") -> dict[str, object]:
    span: dict[str, object] = {"start": {"civil_time": start, "time_zone": zone}}
    if end:
        span["end"] = {"civil_time": end, "time_zone": zone}
    return {"timed": span}


@pytest.mark.parametrize(
    ("time", "zone", "first", "last", "hour"),
    [
        (timed("2024-07-04T10:00"), "", "2024-07-04", "2024-07-04", 10),
        (timed("2024-07-04T10:00"), "Europe/Paris", "2024-07-04", "2024-07-04", 7),
        (timed("2024-07-04T10:00"), "America/New_York", "2024-07-04", "2024-07-04", 1),
        (timed("2024-07-04T02:00"), "America/New_York", "2024-07-03", "2024-07-03", 17),
        (timed("2024-07-04T22:00", "2024-07-05T00:00"), "", "2024-07-04", "2024-07-04", 22),
        (timed("2024-07-04T22:00", "2024-07-05T00:01"), "", "2024-07-04", "2024-07-05", 22),
        (
            {"dates": {"first_date": "2024-07-02", "last_date": "2024-07-06"}},
            "America/New_York",
            "2024-07-02",
            "2024-07-06",
            None,
        ),
        (
            {"timed": {"start": {"civil_time": "2024-07-03T07:00", "utc_offset": "+01:00"}}},
            "",
            "2024-07-03",
            "2024-07-03",
            7,
        ),
    ],
    ids=[
        "as the place says",
        "in Paris",
        "in New York",
        "the day before in New York",
        "until midnight is no day more",
        "a minute past midnight is",
        "dates never move",
        "an offset is shown as printed",
    ],
)
def test_event_is_placed_by_zone(
    time: dict[str, object], zone: str, first: str, last: str, hour: int | None
) -> None:
    (entry,) = entries_of([meeting(time)], DB.zone(zone) if zone else None, DB)
    assert [format_date(day) for day in entry.days] == [first, last]
    assert (entry.start is None) == (hour is None)
    assert hour is None or (entry.start or 0) % 86400 // 3600 == hour


@pytest.mark.parametrize(
    ("edtf", "overlaps"),
    [("2024-07", True), ("2024", True), ("2023-10", False), ("../2024-05", False)],
)
def test_a_partial_date_is_where_it_may_be(edtf: str, overlaps: bool) -> None:
    (entry,) = entries_of([meeting({"partial": {"edtf": edtf}})], None, DB)
    assert not entry.dated
    assert entry.overlaps(*month.bounds("2024-07")) == overlaps


@st.composite
def lists_of_entries(draw: st.DrawFn) -> list[PlacedEvent]:
    records = []
    for number in range(draw(st.integers(1, 12))):
        first = draw(st.integers(parse_date("2024-05-20"), parse_date("2024-09-10")))
        length = draw(st.integers(0, 40))
        zone = draw(st.sampled_from(ZONES))
        if draw(st.booleans()):
            last = format_date(first + length)
            dates = {"first_date": format_date(first), "last_date": last, "time_zone": zone}
            records.append(meeting({"dates": dates}, f"m{number}"))
        else:
            hour = draw(st.integers(0, 23))
            start = f"{format_date(first)}T{hour:02}:00"
            end = f"{format_date(first + length)}T23:30"
            records.append(meeting(timed(start, end, zone), f"m{number}"))
    viewer = draw(st.sampled_from(("", *ZONES)))
    return entries_of(records, DB.zone(viewer) if viewer else None, DB)


@given(lists_of_entries(), st.integers(1, 12))
def test_a_month_is_whole_weeks_and_each_event_is_on_its_days(
    entries: list[PlacedEvent], number: int
) -> None:
    name = f"2024-{number:02}"
    weeks = month.weeks(name, entries, parse_date("2024-07-03"), "en")
    days = [day for week in weeks for day in week.days]
    assert all(len(week.days) == 7 for week in weeks) and 4 <= len(weeks) <= 6
    numbers = [parse_date(day.date) for day in days]
    assert numbers == list(range(numbers[0], numbers[0] + len(days)))
    assert {day.date for day in days if day.inside} == {
        format_date(day) for day in range(month.bounds(name)[0], month.bounds(name)[1] + 1)
    }
    assert days[0].label.startswith("Monday")
    for week in weeks:
        check_week(week, entries)


def check_week(week: month.Week, entries: list[PlacedEvent]) -> None:
    """Check that each event has one bar in the week, or is counted on each of its days."""
    rest = any(day.more for day in week.days)
    assert len(week.lanes) <= month.LANES - rest
    assert all(sum(bar.span if bar else 1 for bar in lane) == 7 for lane in week.lanes)
    bars = [bar for lane in week.lanes for bar in lane if bar]
    assert len({bar.entry.event.name for bar in bars}) == len(bars)
    for column, day in enumerate(week.days):
        at = parse_date(day.date)
        visible = [bar.entry for bar in bars if bar.column <= column < bar.column + bar.span]
        on_day = [entry for entry in entries if entry.days[0] <= at <= entry.days[1]]
        assert all(entry in on_day for entry in visible)
        assert len(visible) + day.more == len(on_day)


def test_summit_is_one_bar_before_all_notices() -> None:
    dates = DateSpan(first_date="2024-07-06", last_date="2024-07-09")
    notices = [Notice(name=f"calendars/c/notices/n{number}") for number in range(9)]
    records: list[Notice | Summit] = [*notices, Summit(name="calendars/c/summits/s")]
    for record in records:
        record.time.dates.CopyFrom(dates)
        resolve(record.time, DB)
    first, second = month.weeks("2024-07", entries_of(records, None, DB), 0, "en")[:2]
    bars = [next(filter(None, week.lanes[0])) for week in (first, second)]
    assert [bar.entry.id for bar in bars] == ["s", "s"]
    assert [(bar.column, bar.span, bar.begins, bar.ends) for bar in bars] == [
        (5, 2, True, False),
        (0, 2, False, True),
    ]
    assert [day.more for day in second.days] == [11 - month.LANES] * 2 + [0] * 5


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-12", "2024-12-01", "2024-12-31"),
        ("0001-01", "0001-01-01", "0001-01-31"),
        ("9999-12", "9999-12-01", "9999-12-31"),
    ],
)
def test_bounds_of_a_month(name: str, first: str, last: str) -> None:
    assert month.bounds(name) == (parse_date(first), parse_date(last))
    days = [day for week in month.weeks(name, [], 0, "en") for day in week.days]
    assert days[0].date <= first and last in {day.date for day in days}


@pytest.mark.parametrize(
    ("last", "hours"),
    [
        ("2024-07-03", ["02:00", "04:00", "22:00"]),
        ("2024-07-04", ["03:00", "06:00", "21:00"]),
        ("2024-07-05", ["06:00", "12:00", "18:00"]),
        ("2024-07-08", ["12:00"]),
        ("2024-07-09", []),
    ],
)
def test_programme_of_a_few_days_has_hours(last: str, hours: list[str]) -> None:
    entries = entries_of(
        [meeting({"dates": {"first_date": "2024-07-03", "last_date": last}})], None, DB
    )
    drawn = picture(entries, None, 0, "en")
    assert drawn is not None
    labels = [tick.label for tick in drawn.ticks if tick.hour]
    assert set(hours) <= set(labels) and bool(hours) == bool(labels)
    places = sorted(tick.x for tick in drawn.ticks if tick.hour)
    assert all(after - before >= 48 for before, after in itertools.pairwise(places))


@given(lists_of_entries())
def test_mirrored_picture_is_the_picture_in_a_mirror(entries: list[PlacedEvent]) -> None:
    drawn = picture(entries, month.bounds("2024-07"), parse_date("2024-07-03"), "ar")
    assert drawn is not None
    mirror = mirrored(drawn)
    assert mirror.now == pytest.approx(WIDTH - drawn.now)
    for bar, twin in zip(drawn.bars, mirror.bars, strict=True):
        assert twin.x + twin.width == pytest.approx(WIDTH - bar.x, abs=0.2)
        assert (twin.early, twin.late) == (bar.late, bar.early)
        assert twin.x >= 0 and twin.x + twin.width <= WIDTH - LABELS + 0.2


@given(lists_of_entries())
def test_bars_stand_in_the_plot_in_the_order_of_time(entries: list[PlacedEvent]) -> None:
    drawn = picture(entries, None, 0, "en")
    assert drawn is not None and len(drawn.bars) == min(len(entries), ROWS)
    assert drawn.left_out == len(entries) - len(drawn.bars)
    for bar in drawn.bars:
        assert bar.x >= LABELS and bar.x + bar.width <= LABELS + PLOT + 0.2 and bar.width > 0
        assert not bar.early and not bar.late
    rows = list(zip(entries, drawn.bars, strict=False))
    for (earlier, first), (later, second) in itertools.pairwise(rows):
        if earlier.days[0] < later.days[0]:
            assert first.x <= second.x
    labels = [tick.x for tick in drawn.ticks if tick.label and not tick.hour]
    assert labels == sorted(labels)
    assert all(after - before >= 78 for before, after in itertools.pairwise(labels))


def test_window_cuts_bars_at_its_ends() -> None:
    time = {"dates": {"first_date": "2024-06-28", "last_date": "2024-08-02"}}
    entries = entries_of([meeting(time)], None, DB)
    drawn = picture(entries, month.bounds("2024-07"), 0, "en")
    assert drawn is not None
    (bar,) = drawn.bars
    assert bar.early and bar.late and (bar.x, bar.width) == (LABELS, PLOT)

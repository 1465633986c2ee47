"""The agenda and what is not a plain hour: odd days, partial dates and their order, viewers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.kinds import unpack
from summitry.zones import day_start, default_database, format_date, parse_date, parse_partial
from summitry_server.app import Application
from summitry_server.config import parse_config

DB = default_database()


def request_for(first: str, last: str = "", zone: str = "UTC", viewer: str = "", **how: str) -> Any:
    window = {"dates": {"first_date": first, "last_date": last, "time_zone": zone}, **how}
    return {"parent": "calendars/c", "window": window, "time_zone": viewer}


def record(item: Any) -> Any:
    return unpack(item.record)


def ids(answer: Any) -> list[str]:
    return [record(item).name.rpartition("/")[2] for item in answer.items]


# zone, day, the instant at which it begins: each is one second after the day before.
BEGINNINGS = {
    "paris": ("Europe/Paris", "2024-07-03", "2024-07-02T22:00:00Z"),
    "no-midnight": ("Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00Z"),
    "back-over-midnight": ("America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z"),
    "after-a-skipped-day": ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
    "seconds": ("Africa/Monrovia", "1971-07-02", "1971-07-02T00:44:30Z"),
    "beyond-2037": ("Europe/Paris", "2100-07-03", "2100-07-02T22:00:00Z"),
}


@pytest.mark.parametrize(("zone", "day", "begins"), BEGINNINGS.values(), ids=BEGINNINGS)
def test_a_day_begins_at_the_first_instant_that_is_not_before_it(
    api: Any, zone: str, day: str, begins: str
) -> None:
    first = {"timed": {"start": {"instant": begins}}}
    created = api.create("meetings", "first", time=first)
    before = created.time.resolved.interval.start_time
    before.seconds -= 1
    last = {"timed": {"start": {"instant": before.ToJsonString()}}}
    api.create("meetings", "the-second-before", time=last)
    assert ids(api("QueryAgenda", **request_for(day, zone=zone))) == ["first"]
    day_before = format_date(parse_date(day) - (2 if zone == "Pacific/Apia" else 1))
    assert ids(api("QueryAgenda", **request_for(day_before, zone=zone))) == ["the-second-before"]


# In the order in which they are listed: by the first day that they can be, then by name.
ORDER = {
    "before": {"partial": {"edtf": "../2024-07-05"}},
    "until": {"dates": {"last_date": "2024-07-10", "open_start": True}},
    "year": {"partial": {"edtf": "2024"}},
    "a-day": {"dates": {"first_date": "2024-07-01", "last_date": "2024-07-01"}},
    "b-month": {"partial": {"edtf": "2024-07"}},
    "c-quarter": {"partial": {"edtf": "2024-35"}},
    "midnight": {"timed": {"start": {"civil_time": "2024-07-01T00:00", "time_zone": "Europe/Paris"}}},
    "about": {"partial": {"edtf": "2024-07-02~"}},
    "from": {"dates": {"first_date": "2024-07-02", "open_end": True}},
    "noon": {"timed": {"start": {"civil_time": "2024-07-02T12:00", "time_zone": "Europe/Paris"}}},
}  # fmt: skip
CERTAIN = [
    "until",
    "a-day",
    "b-month",
    "midnight",
    "about",
    "from",
    "noon",
]  # on in July for certain


@pytest.fixture
def july(api: Any) -> Any:
    for id, time in reversed(ORDER.items()):
        api.create("meetings", id, time=time)
    return api


@pytest.mark.parametrize("size", [1, 3, 100])
def test_partial_date_is_ordered_by_its_earliest_day(july: Any, size: int) -> None:
    request = request_for(
        "2024-07-01", "2024-07-31", "Europe/Paris", matching="MATCH_CERTAINTY_POSSIBLE"
    )
    collected: list[str] = []
    token = ""
    while True:
        page = july("QueryAgenda", **request, page_size=size, page_token=token)
        collected += ids(page)
        if not (token := page.next_page_token):
            break
    assert collected == list(ORDER)


def test_certain_matches_are_among_the_possible_ones(july: Any) -> None:
    month = ("2024-07-01", "2024-07-31", "Europe/Paris")
    certain = july("QueryAgenda", **request_for(*month))
    assert ids(certain) == CERTAIN, "of the year and the quarter only a part is July"
    possible = july("QueryAgenda", **request_for(*month, matching="MATCH_CERTAINTY_POSSIBLE"))
    sure = [item for item in possible.items if item.matching == certain.items[0].matching]
    assert sorted(record(item).name for item in sure) == sorted(
        record(item).name for item in certain.items
    )


def test_a_viewer_changes_no_record(july: Any) -> None:
    stored = july("ListMeetings", parent="calendars/c")
    days = ("2024-07-01", "2024-07-02", "Europe/Paris")
    texts = []
    for viewer in ("", "Pacific/Apia", "America/St_Johns"):
        answer = july(
            "QueryAgenda", **request_for(*days, viewer, matching="MATCH_CERTAINTY_POSSIBLE")
        )
        by_name = {meeting.name: meeting for meeting in stored.meetings}
        assert all(record(item) == by_name[record(item).name] for item in answer.items)
        texts.append({record(item).name[21:]: item.viewer_start for item in answer.items})
    assert [text["noon"] for text in texts] == [
        "2024-07-02T12:00:00+02:00[Europe/Paris]",
        "2024-07-02T23:00:00+13:00[Pacific/Apia]",
        "2024-07-02T07:30:00-02:30[America/St_Johns]",
    ]
    unzoned = [{k: v for k, v in text.items() if k not in ("noon", "midnight")} for text in texts]
    assert unzoned[0] == unzoned[1] == unzoned[2]
    assert unzoned[0]["c-quarter"] == "2024-35"
    assert july("ListMeetings", parent="calendars/c") == stored


# A naive model of partial dates: bounds compared one by one.

EDTF = [
    "2024-05", "2024-06-15", "2024-06~", "2024-06-15?", "2024", "2024-22", "2024-34",
    "2024-05-20/2024-06-10", "[2024-05-02,2024-06-20]", "../2024-05-15", "2024-06-20/..", "202X",
]  # fmt: skip
ZONES = ["Europe/Paris", "Pacific/Apia", "America/New_York"]
WINDOWS = st.integers(parse_date("2024-04-01"), parse_date("2024-09-30"))


@pytest.fixture(scope="module")
def partials(api_class: Any) -> Iterator[Any]:
    """Return one meeting for each partial date and zone."""
    config = parse_config(["--store", "memory:", "--grpc", "127.0.0.1:0", "--http", "off"])
    application = Application(config)
    with grpc.insecure_channel(str(application.grpc_address)) as channel:
        api = api_class(channel)
        api.create("calendars", "c")
        for number, edtf in enumerate(EDTF):
            for at, zone in enumerate(ZONES):
                time = {"partial": {"edtf": edtf, "time_zone": zone}}
                api.create("meetings", f"m{number:02}-{at}", time=time)
        yield api
    application.stop()


def expected(first: int, last: int, zone: str, possible: bool, by_place: bool) -> set[str]:
    window = (first, last + 1)
    if by_place:
        window = (day_start(DB.zone(zone), first), day_start(DB.zone(zone), last + 1))
    names = set()
    for number, edtf in enumerate(EDTF):
        date = parse_partial(edtf)
        for at, place in enumerate(ZONES):
            low = -(10**12) if date.first_day is None else date.first_day
            high = 10**12 if date.last_day is None else date.last_day + 1
            if by_place:
                here = DB.zone(place)
                low = low if date.first_day is None else day_start(here, low)
                high = high if date.last_day is None else day_start(here, high)
            inside = window[0] <= low and high <= window[1]
            is_certain = edtf == "2024-06-15" and low < window[1] and high > window[0]
            touches = low < window[1] and high > window[0]
            if touches if possible else inside or is_certain:
                names.add(f"m{number:02}-{at}")
    return names


@given(
    first=WINDOWS, length=st.integers(0, 120), zone=st.sampled_from(ZONES),
    possible=st.booleans(), by_place=st.booleans(),
)  # fmt: skip
def test_window_of_partial_dates_matches_by_their_bounds(
    partials: Any, first: int, length: int, zone: str, possible: bool, by_place: bool
) -> None:
    how = {
        "matching": f"MATCH_CERTAINTY_{'POSSIBLE' if possible else 'CERTAIN'}",
        "date_matching": f"DATE_MATCHING_BY_{'PLACE' if by_place else 'LABEL'}",
    }
    days = (format_date(first), format_date(first + length))
    answer = partials("QueryAgenda", **request_for(*days, zone, **how))
    assert set(ids(answer)) == expected(first, first + length, zone, possible, by_place)

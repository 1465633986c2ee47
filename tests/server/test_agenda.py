"""The agenda: right days and hours in any zone, certain and possible, equal to a naive model."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summitry.kinds import unpack
from summitry.v1.filter_pb2 import MatchCertainty, TimeWindow
from summitry.zones import day_start, default_database, format_civil, format_date, parse_date
from summitry_server.domain.search import agenda
from summitry_server.domain.search.agenda import AgendaPosition
from summitry_server.domain.time.spans import OPEN_END_DAYS

ALMATY = "Asia/Almaty"
PARIS = "Europe/Paris"


def query(first: str, last: str = "", zone: str = ALMATY, viewer: str = "", **more: Any) -> Any:
    window = {"dates": {"first_date": first, "last_date": last, "time_zone": zone}, **more}
    return {"parent": "calendars/-", "window": window, "time_zone": viewer}


def ids(answer: Any) -> list[str]:
    records = (unpack(item.record) for item in answer.items)
    return [record.name.rpartition("/")[2] for record in records]


def the(answer: Any, id: str) -> Any:
    (item,) = (i for i in answer.items if i.record.name.endswith(f"/{id}"))
    return item


@pytest.mark.parametrize(
    ("zone", "begins", "ends"),
    [
        (ALMATY, "2024-07-03T10:00:00+05:00[Asia/Almaty]", "2024-07-03T11:30:00+05:00[Asia/Almaty]"),
        (PARIS, "2024-07-03T07:00:00+02:00[Europe/Paris]", "2024-07-03T08:30:00+02:00[Europe/Paris]"),
    ],
    ids=["almaty", "paris"],
)  # fmt: skip
def test_agenda_of_3_july_in_several_zones(
    astana_api: Any, zone: str, begins: str, ends: str
) -> None:
    answer = astana_api("QueryAgenda", **query("2024-07-03", zone=zone))
    item = the(answer, "xi-tokayev-talks")
    assert (item.viewer_start, item.viewer_end) == (begins, ends)
    resolved = item.record.meeting.time.resolved
    assert resolved.start_text == "2024-07-03T10:00:00+05:00[Asia/Almaty]"
    assert resolved.interval.start_time.ToJsonString() == "2024-07-03T05:00:00Z"
    assert {"sco-24", "xi-kazakhstan", "yellow-level"} <= set(ids(answer))
    assert the(answer, "sco-24").viewer_start == "2024-07-03"


def test_a_day_ends_where_its_zone_says(api: Any, make: Any) -> None:
    api.create("meetings", "late", time=make.timed("2024-07-03T23:30", zone=ALMATY))
    assert ids(api("QueryAgenda", **query("2024-07-03"))) == ["late"]
    assert ids(api("QueryAgenda", **query("2024-07-04"))) == []
    assert ids(api("QueryAgenda", **query("2024-07-03", zone=PARIS))) == ["late"]
    assert ids(api("QueryAgenda", **query("2024-07-04", zone="Asia/Tokyo"))) == ["late"]


class PartialCase(NamedTuple):
    first: str
    last: str
    certain: bool
    possible: bool


OCTOBER = {
    "month": PartialCase("2023-10-01", "2023-10-31", True, True),
    "two-days-of-it": PartialCase("2023-10-15", "2023-10-16", False, True),
    "around-it": PartialCase("2023-09-01", "2023-12-31", True, True),
    "its-last-day-on": PartialCase("2023-10-31", "2023-11-30", False, True),
    "after": PartialCase("2023-11-01", "2023-11-30", False, False),
}


@pytest.mark.parametrize("case", OCTOBER.values(), ids=OCTOBER)
def test_october_2023_is_no_day(api: Any, case: PartialCase) -> None:
    api.create("meetings", "beijing", time={"partial": {"edtf": "2023-10"}})
    for matching, expected in (("CERTAIN", case.certain), ("POSSIBLE", case.possible)):
        request = query(case.first, case.last, matching=f"MATCH_CERTAINTY_{matching}")
        answer = api("QueryAgenda", **request)
        assert bool(answer.items) == expected
        for item in answer.items:
            sure = item.matching == MatchCertainty.MATCH_CERTAINTY_CERTAIN
            assert (item.viewer_start, sure) == ("2023-10", case.certain)


@pytest.mark.parametrize(
    ("first", "last", "day", "certain", "possible"),
    [
        ("2024-10-21", "", "2024-10-21", True, True),
        ("2024-10-21", "", "2024-10-25", False, True),
        ("2024-10-21", "", "2024-10-20", False, False),
        ("2024-10-21", "", "2027-01-01", False, False),
        ("", "2011-11-04", "2011-11-04", True, True),
        ("", "2011-11-04", "2011-11-03", False, True),
        ("", "2011-11-04", "2011-11-05", False, False),
    ],
)
def test_open_ends(
    api: Any, make: Any, first: str, last: str, day: str, certain: bool, possible: bool
) -> None:
    time = make.dates(first, last)
    time["dates"] |= {"open_start": not first, "open_end": not last}
    api.create("summits", "open", time=time)
    for matching, expected in (("CERTAIN", certain), ("POSSIBLE", possible)):
        request = query(day, matching=f"MATCH_CERTAINTY_{matching}")
        assert bool(api("QueryAgenda", **request).items) == expected


def test_dates_by_label_and_by_place(api: Any, make: Any) -> None:
    api.create("visits", "v", time=make.dates("2024-07-03", "2024-07-03", "Pacific/Auckland"))
    by_place = {"date_matching": "DATE_MATCHING_BY_PLACE"}
    assert ids(api("QueryAgenda", **query("2024-07-03", zone="America/New_York"))) == ["v"]
    assert ids(api("QueryAgenda", **query("2024-07-02", zone="America/New_York"))) == []
    on_the_2nd = query("2024-07-02", zone="America/New_York", **by_place)
    assert ids(api("QueryAgenda", **on_the_2nd)) == ["v"]


def test_window_of_instants_includes_what_overlaps_it(api: Any, make: Any) -> None:
    api.create("meetings", "m", time=make.timed("2024-07-03T10:00", "2024-07-03T11:00"))

    def window_of(start: str, end: str) -> Any:
        instants = {"start_time": start, "end_time": end}
        return {"parent": "calendars/c", "window": {"instants": instants}}

    assert ids(api("QueryAgenda", **window_of("2024-07-03T05:59:59Z", "2024-07-03T07:00:00Z"))) == [
        "m"
    ]
    assert (
        ids(api("QueryAgenda", **window_of("2024-07-03T06:00:00Z", "2024-07-03T07:00:00Z"))) == []
    )
    assert (
        ids(api("QueryAgenda", **window_of("2024-07-03T04:00:00Z", "2024-07-03T05:00:00Z"))) == []
    )


def test_a_moment_without_end_is_found_where_it_begins(api: Any, make: Any) -> None:
    api.create("meetings", "m", time=make.timed("2024-07-03T00:00"))
    answer = api("QueryAgenda", **query("2024-07-03"))
    assert (ids(answer), answer.items[0].viewer_end) == (["m"], "")
    assert ids(api("QueryAgenda", **query("2024-07-02"))) == []


def test_deleted_and_other_kinds_stay_away(api: Any, make: Any) -> None:
    time = make.dates("2024-07-03")
    api.create("summits", "s", time=time)
    api.create("visits", "v", time=time)
    api.create("notices", "n", time=time)
    api("DeleteVisit", name="calendars/c/visits/v")
    request = query("2024-07-03")
    assert sorted(ids(api("QueryAgenda", **request))) == ["n", "s"]
    request["filter"] = {"kinds": ["RECORD_KIND_SUMMIT"]}
    assert ids(api("QueryAgenda", **request)) == ["s"]


def test_the_cache_never_shows_an_older_revision(api: Any, make: Any) -> None:
    request = query("2024-07-03")
    assert ids(api("QueryAgenda", **request)) == []
    api.create("summits", "s", time=make.dates("2024-07-03"))
    assert ids(api("QueryAgenda", **request)) == ["s"]
    assert api("QueryAgenda", **request).header.revision == api.revision()


# A naive model: every record as (order, id, [start, end) in its own terms), looked at one by one.

ZONES = [ALMATY, PARIS, "America/New_York", "Pacific/Apia", "UTC"]
BASE = parse_date("2011-12-25")
SKIPPED = parse_date("2011-12-30")  # by Samoa
DAYS = st.integers(BASE, BASE + 12)


class DrawnMeeting(NamedTuple):
    id: str
    zone: str
    first: int  # day
    last: int | None
    wall: tuple[int, int] | None  # civil seconds, for timed things


@st.composite
def drawn_meetings(draw: st.DrawFn) -> list[DrawnMeeting]:
    collected = []
    for index in range(draw(st.integers(0, 8))):
        zone = draw(st.sampled_from(ZONES))
        first = draw(DAYS)
        wall = None
        last: int | None = None
        if draw(st.booleans()):
            start = first * 86_400 + draw(st.sampled_from([0, 3600, 43_200, 86_340]))
            # Over the midnight that ends the day that Samoa skipped, an hour would end before it began.
            lengths = [0, 200_000] if first == SKIPPED else [0, 3600, 200_000]
            wall = (start, start + draw(st.sampled_from(lengths)))
        elif draw(st.integers(0, 3)):
            last = first + draw(st.integers(0, 4))
        collected.append(DrawnMeeting(f"t{index}", zone, first, last, wall))
    return collected


def body(drawn: DrawnMeeting) -> dict[str, Any]:
    if drawn.wall is None:
        first = format_date(drawn.first)
        if drawn.last is None:
            return {"dates": {"first_date": first, "open_end": True}}
        return {"dates": {"first_date": first, "last_date": format_date(drawn.last)}}

    def point(wall: int) -> dict[str, str]:
        return {
            "civil_time": format_civil(wall),
            "time_zone": drawn.zone,
            "disambiguation": "DISAMBIGUATION_COMPATIBLE",
        }

    start, end = drawn.wall
    return {
        "timed": {"start": point(start), "end": point(end)}
        if end > start
        else {"start": point(start)}
    }


def expected(
    created: dict[str, Any],
    all: list[DrawnMeeting],
    first: int,
    last: int,
    zone: str,
    possible: bool,
) -> list[str]:
    """Return the expected names in order, by looking at every record."""
    place = default_database().zone(zone)
    window = day_start(place, first), day_start(place, last + 1)
    collected = []
    for drawn in all:
        name = f"calendars/c/meetings/{drawn.id}"
        if drawn.wall is not None:
            interval = created[drawn.id].time.resolved.interval
            start = interval.start_time.seconds
            end = interval.end_time.seconds if interval.HasField("end_time") else start
            touches = (
                window[0] <= start < window[1]
                if start == end
                else start < window[1] and end > window[0]
            )
            if touches:
                collected.append((start, 1, start, name))
            continue
        sure_last = drawn.first if drawn.last is None else drawn.last
        horizon = drawn.first + OPEN_END_DAYS - 1 if drawn.last is None and possible else sure_last
        if drawn.first <= last and horizon >= first:
            collected.append((day_start(place, drawn.first), 0, drawn.first, name))
    return [name.rpartition("/")[2] for *_, name in sorted(collected)]


@given(data=st.data())
@settings(max_examples=30)
def test_agenda_equals_a_naive_model_on_one_and_several_pages(
    data: st.DataObject, agenda_api: Any
) -> None:
    all = data.draw(drawn_meetings())
    api = agenda_api()
    created = {drawn.id: api.create("meetings", drawn.id, time=body(drawn)) for drawn in all}
    for _ in range(3):
        first = data.draw(DAYS)
        last = first + data.draw(st.integers(0, 3))
        zone = data.draw(st.sampled_from(ZONES))
        possible = data.draw(st.booleans())
        matching = "MATCH_CERTAINTY_POSSIBLE" if possible else "MATCH_CERTAINTY_CERTAIN"
        request = query(format_date(first), format_date(last), zone, matching=matching)
        whole = ids(api("QueryAgenda", **request))
        assert whole == expected(created, all, first, last, zone, possible)
        size = data.draw(st.integers(1, 3))
        assert joined_ids(api, request, size) == whole
        assert joined_ids(api, request | {"order_by": "time desc"}, size) == whole[::-1]
        answer = api("QueryAgenda", **request, page_size=size, include_total_size=True)
        assert answer.total_size == len(whole)


def joined_ids(api: Any, request: dict[str, Any], size: int) -> list[str]:
    token, joined = "", []
    while True:
        page = api("QueryAgenda", **request, page_size=size, page_token=token)
        joined += ids(page)
        if not (token := page.next_page_token):
            return joined


@pytest.fixture(scope="module")
def agenda_api(request: pytest.FixtureRequest) -> Any:
    """Makes a fresh, empty calendar in one service for each example."""
    import grpc

    from summitry_server.app import Application
    from summitry_server.config import parse_config

    api_class = request.getfixturevalue("api_class")
    running: list[Any] = []

    def fresh() -> Any:
        for old in running:
            old.stop()
        running[:] = [
            Application(
                parse_config(["--store", "memory:", "--grpc", "127.0.0.1:0", "--http", "off"])
            )
        ]
        api = api_class(grpc.insecure_channel(str(running[0].grpc_address)))
        api.create("calendars", "c")
        return api

    yield fresh
    for old in running:
        old.stop()


def test_positions_survive_their_token() -> None:
    position = AgendaPosition(1, 0, -5, "calendars/c/summits/s")
    assert AgendaPosition(*list(position)) == position


def test_an_empty_window_is_refused() -> None:
    from summitry_server.wire.refusals import RefusedError

    with pytest.raises(RefusedError) as caught:
        agenda.plan(TimeWindow(), "window", default_database())
    assert caught.value.path == "window.span"

"""Days, months, seasons and plans as real sources print them, one test per case."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format

from summitry.v1.event_time_pb2 import DatePrecision
from summitry.v1.filter_pb2 import Matching
from summitry.v1.place_pb2 import Place
from summitry.v1.visit_pb2 import VisitKind
from summitry.visits import highest_kind

POSSIBLE = Matching.MATCHING_POSSIBLE


def bounds(record: Any) -> tuple[str, str]:
    """The widest interval that it can occupy; "" where it has no bound."""
    possible = record.time.resolved.possible
    ends = ("start_time", "end_time")
    return tuple(getattr(possible, e).ToJsonString() if possible.HasField(e) else "" for e in ends)  # type: ignore[return-value]


def begins(record: Any) -> str:
    text: str = record.time.resolved.start_text
    return text


def test_n01_a_month_is_no_first_of_the_month(desk: Any, make: Any) -> None:
    made = desk.put("meetings/beijing", make.partial("2023-10", "Asia/Shanghai", "October 2023"))
    assert made.time.partial.precision == DatePrecision.DATE_PRECISION_MONTH
    assert bounds(made) == ("2023-09-30T16:00:00Z", "2023-10-31T16:00:00Z")
    assert desk.on("2023-10-15", "2023-10-16") == []
    (item,) = desk.items("2023-10-15", "2023-10-16", matching=POSSIBLE)
    assert (item.viewer_start, item.matching) == ("2023-10", POSSIBLE)
    assert desk.when("beijing") == []
    assert desk.when("beijing", "span")[:2] == [
        "DTSTART;VALUE=DATE:20231001",
        "DTEND;VALUE=DATE:20231101",
    ]
    event = desk.feed("span")["beijing"]
    assert "STATUS:TENTATIVE" in event
    assert any(line.startswith("SUMMARY") and "octobre 2023" in line for line in event)


def test_n03_an_end_without_a_start_has_no_length(desk: Any, make: Any) -> None:
    made = desk.put("summits/cannes", make.dates("", "2011-11-04", "Europe/Paris"))
    assert bounds(made) == ("", "2011-11-04T23:00:00Z")
    assert not made.time.resolved.HasField("interval")
    assert desk.on("2011-11-04") == ["cannes"]
    assert desk.on("2011-11-03") == []
    assert desk.on("2011-11-03", matching=POSSIBLE) == ["cannes"]
    assert desk.on("2011-11-05", matching=POSSIBLE) == []


def test_n04_a_start_without_an_end_has_no_length(desk: Any, make: Any) -> None:
    made = desk.put("summits/apia", make.dates("2024-10-21", "", "Pacific/Apia"))
    assert bounds(made) == ("2024-10-20T11:00:00Z", "")
    assert desk.on("2024-10-22") == []
    assert desk.on("2024-10-22", matching=POSSIBLE) == ["apia"]
    dtstart, edtf = desk.when("apia")
    assert dtstart == "DTSTART;VALUE=DATE:20241021", "and neither DTEND nor DURATION"
    assert edtf == "X-SUMMITRY-EDTF:2024-10-21/.."


@pytest.mark.parametrize(
    ("edtf", "first", "last"),
    [("2022-23", "2022-09-01", "2022-11-30"), ("2022-31", "2022-03-01", "2022-05-31")],
    ids=["autumn", "southern-autumn"],
)
def test_n06_a_season_has_a_hemisphere(
    desk: Any, make: Any, edtf: str, first: str, last: str
) -> None:
    words = "report de l'édition pour l'automne 2022"
    made = desk.put("summits/oif", make.partial(edtf, text=words))
    span = made.time.partial
    assert (span.first_date, span.last_date, made.time.text) == (first, last, words)
    assert span.precision == DatePrecision.DATE_PRECISION_SEASON
    assert desk.on(first, last) == ["oif"]
    assert desk.on(last, matching=POSSIBLE) == ["oif"]


def test_n07_after_the_election_is_a_lower_bound(desk: Any, make: Any) -> None:
    words = "sometime after the election"
    made = desk.put("summits/g7", make.partial("2020-11-04/..", "America/New_York", words))
    assert bounds(made) == ("2020-11-04T05:00:00Z", "")
    assert made.time.partial.precision == DatePrecision.DATE_PRECISION_AFTER
    assert made.time.text == words
    assert desk.on("2020-11-03", matching=POSSIBLE) == []
    assert desk.on("2021-06-11", matching=POSSIBLE) == ["g7"]
    assert desk.on("2020-01-01", "2030-12-31") == [], "it may be later still"


# The plans of one meeting in their order; a plan for days is written as an EDTF interval.
POSTPONED = {
    "n09": ["2020-03-30/2020-03-30", "2021", "2022-03", "2022-11-01/2022-11-02"],
    "n10": ["2020-12", "2021-11-20/2021-11-21", "2022-23", "2022-11-19/2022-11-20"],
}


@pytest.mark.parametrize("plans", POSTPONED.values(), ids=POSTPONED)
def test_plans_of_any_precision_follow_each_other(desk: Any, make: Any, plans: list[str]) -> None:
    times = [make.dates(*plan.split("/")) if "/" in plan else make.partial(plan) for plan in plans]
    first = record = desk.put("summits/s", times[0], status="EVENT_STATUS_ANNOUNCED")
    for number, time in enumerate(times[1:], 1):
        record = desk.act("reschedule", record, f"put off {number}", time=time)
    assert (record.uid, record.sequence) == (first.uid, 3)
    texts = [begins(previous) for previous in record.previous_times]
    assert texts == [plan.partition("/")[0] for plan in plans[:3]]
    assert [change.reason for change in record.status_changes] == [
        "put off 1", "put off 2", "put off 3",
    ]  # fmt: skip
    day = plans[-1].partition("/")[0].replace("-", "")
    assert desk.when("s")[0] == f"DTSTART;VALUE=DATE:{day}"
    assert len(desk.feed("span")) == 1, "the feed shows the last plan only"


def test_n13_place_and_zone_change_and_the_event_stays(desk: Any, make: Any) -> None:
    days = ("2019-12-02", "2019-12-13")
    made = desk.put(
        "summits/cop-25", make.dates(*days), places=[make.town("Santiago", "CL")],
        hosts=[{"region_code": "CL"}], chair=make.party("STATE", "CL", "Chile"),
    )  # fmt: skip
    assert made.time.dates.time_zone == "America/Santiago"
    madrid = json_format.ParseDict(make.town("Madrid", "ES"), Place())
    moved = desk.act("move", made, "the host withdrew on 30 October", places=[madrid])
    assert (moved.name, moved.uid, moved.sequence) == (made.name, made.uid, 1)
    assert (moved.hosts, moved.chair) == (made.hosts, made.chair), "host and chair are other facts"
    assert moved.time.dates.time_zone == "Europe/Madrid"
    assert moved.time.resolved.interval.start_time.ToJsonString() == "2019-12-01T23:00:00Z"
    assert desk.when("cop-25") == ["DTSTART;VALUE=DATE:20191202", "DTEND;VALUE=DATE:20191214"]


def test_n15_the_gap_between_two_parts_is_free(desk: Any, make: Any) -> None:
    summit = desk.put("summits/cop-6")
    for id, days in (
        ("hague", ("2000-11-13", "2000-11-24")),
        ("bonn", ("2001-07-16", "2001-07-27")),
    ):
        desk.put(f"meetings/{id}", make.dates(*days), parent_event=summit.name)
    assert desk.on("2000-11-20") == ["hague"]
    assert desk.on("2001-03-01", matching=POSSIBLE) == []
    assert desk.on("2000-01-01", "2001-12-31") == ["hague", "bonn"]
    assert "PARENT" in " ".join(desk.feed()["bonn"]), "both belong to the one edition"
    minister = make.person("p", "A Minister")
    for id, town, country in (("hague", "The Hague", "NL"), ("bonn", "Bonn", "DE")):
        places = [make.town(town, country)]
        meeting = desk.client.get(f"calendars/c/meetings/{id}")
        desk.change(meeting, places=places, participants=[{"person": minister}])
    between = make.dates("2001-01-10", "2001-06-20")
    desk.put("visits/v", between, places=[make.town("Rome", "IT")], principals=[minister])
    assert desk.located("p", "2001-03-01") == ["Rome"]
    assert desk.warned("PERSON_IN_TWO_PLACES", "2000-01-01", "2001-12-31") == []


def test_n16_presence_is_a_set_of_days(desk: Any, make: Any) -> None:
    """Office of the Historian, travels 1028 and 1029."""
    kissinger = make.person("henry-kissinger", "Henry A. Kissinger")
    for id, town, country, runs in (
        ("damascus", "Damascus", "SY", ["03/04", "12/12", "14/14", "16/17", "18/18"]),
        ("jerusalem", "Jerusalem", "IL", ["02/03", "04/07", "08/09", "13/13"]),
    ):
        days = [[f"1974-05-{day}" for day in run.split("/")] for run in runs]
        made = desk.put(
            f"visits/{id}", make.dates(days[0][0], days[-1][1]), principals=[kissinger],
            places=[make.town(town, country)], segments=[{"time": make.dates(*run)} for run in days],
        )  # fmt: skip
        spans = [part.time.dates for part in made.segments]
        assert [[span.first_date, span.last_date] for span in spans] == days
        assert all(part.time.resolved.start_text for part in made.segments)
    assert desk.located("henry-kissinger", "1974-05-05") == ["Jerusalem"]
    assert desk.located("henry-kissinger", "1974-05-12") == ["Damascus"]
    assert desk.located("henry-kissinger", "1974-05-15") == []
    assert desk.warned("PERSON_IN_TWO_PLACES", "1974-05-01", "1974-05-31") == []


def test_n19_new_year_is_in_both_years_and_counts_once(desk: Any, make: Any) -> None:
    desk.put("visits/tehran", make.dates("1977-12-31", "1978-01-01", "Asia/Tehran"))
    years = [(f"{year}-01-01", f"{year}-12-31") for year in (1977, 1978)]
    assert [desk.on(*year) for year in years] == [["tehran"], ["tehran"]]
    assert desk.on(years[0][0], years[1][1]) == ["tehran"]


def test_n21_the_kind_of_a_visit_has_days(desk: Any, make: Any) -> None:
    segments = [
        {"kind": "VISIT_KIND_STATE", "time": make.dates("1957-05-16", "1957-05-20")},
        {"kind": "VISIT_KIND_PRIVATE", "time": make.dates("1957-05-21", "1957-05-23")},
    ]
    made = desk.put("visits/v", make.dates("1957-05-16", "1957-05-23"), segments=segments)
    assert [begins(part) for part in made.segments] == ["1957-05-16", "1957-05-21"]
    assert highest_kind(made) == VisitKind.VISIT_KIND_STATE


def test_n33_a_placeholder_time_is_a_claim_and_no_time(desk: Any, make: Any) -> None:
    header = {"timed": {"start": {"instant": "2018-02-22T16:00:00Z"}}}
    made = desk.put(
        "meetings/g20", make.dates("2018-02-22", "2018-02-22", text="2018-02-22T16:00Z"),
        sources=[{"id": "form"}],
        claims=[{"source": "form", "field_path": "time", "time": header, "note": "placeholder"}],
    )  # fmt: skip
    zone = "America/Argentina/Buenos_Aires"
    desk.put("meetings/programme", make.timed("2018-02-22T08:00", zone, "2018-02-22T17:30"))
    assert (begins(made), made.time.text) == ("2018-02-22", "2018-02-22T16:00Z")
    assert begins(made.claims[0]) == "2018-02-22T16:00:00Z"
    assert desk.on("2018-02-22", zone=zone) == ["g20", "programme"]
    assert desk.when("g20") == ["DTSTART;VALUE=DATE:20180222", "DTEND;VALUE=DATE:20180223"]


@pytest.mark.parametrize(
    ("day", "zone"),
    [("1866-12-02", ""), ("1874-12-12", "Pacific/Honolulu"), ("1881-09-29", "Europe/Paris")],
)
def test_n63_a_date_before_zones_passes_through_none(
    desk: Any, make: Any, day: str, zone: str
) -> None:
    made = desk.put("visits/v", make.dates(day, day, zone))
    assert (begins(made), made.time.resolved.end_text) == (day, day)
    for viewer in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Monrovia"):
        (item,) = desk.items(day, zone=viewer)
        assert (item.viewer_start, item.viewer_end) == (day, day)
        others = [desk.on(f"{day[:8]}{int(day[8:]) + step:02}", zone=viewer) for step in (-1, 1)]
        assert others == [[], []]
    assert desk.when("v")[0] == f"DTSTART;VALUE=DATE:{day.replace('-', '')}"

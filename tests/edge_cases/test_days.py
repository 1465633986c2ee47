"""Days, months, seasons and plans as real sources print them, one test per case."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format

from summitry.v1.event_time_pb2 import DatePrecision
from summitry.v1.filter_pb2 import MatchCertainty
from summitry.v1.place_pb2 import Place
from summitry.v1.visit_pb2 import VisitKind
from summitry.visits import highest_kind

POSSIBLE = MatchCertainty.MATCH_CERTAINTY_POSSIBLE


def possible_interval(record: Any) -> tuple[str, str]:
    """Return the widest interval that a record can occupy; "" where it has no bound."""
    possible = record.time.resolved.possible
    ends = ("start_time", "end_time")
    return tuple(getattr(possible, e).ToJsonString() if possible.HasField(e) else "" for e in ends)  # type: ignore[return-value]


def start_text(record: Any) -> str:
    text: str = record.time.resolved.start_text
    return text


def test_n01_month_stays_a_partial_date(desk: Any, make: Any) -> None:
    meeting = desk.put("meetings/beijing", make.partial("2023-10", "Asia/Shanghai", "October 2023"))
    assert meeting.time.partial.precision == DatePrecision.DATE_PRECISION_MONTH
    assert possible_interval(meeting) == ("2023-09-30T16:00:00Z", "2023-10-31T16:00:00Z")
    assert desk.agenda_ids("2023-10-15", "2023-10-16") == []
    (item,) = desk.agenda_items("2023-10-15", "2023-10-16", matching=POSSIBLE)
    assert (item.viewer_start, item.matching) == ("2023-10", POSSIBLE)
    assert desk.time_lines("beijing") == []
    assert desk.time_lines("beijing", "span")[:2] == [
        "DTSTART;VALUE=DATE:20231001",
        "DTEND;VALUE=DATE:20231101",
    ]
    event = desk.feed("span")["beijing"]
    assert "STATUS:TENTATIVE" in event
    assert any(line.startswith("SUMMARY") and "octobre 2023" in line for line in event)


def test_n03_end_without_a_start_has_no_interval(desk: Any, make: Any) -> None:
    summit = desk.put("summits/cannes", make.dates("", "2011-11-04", "Europe/Paris"))
    assert possible_interval(summit) == ("", "2011-11-04T23:00:00Z")
    assert not summit.time.resolved.HasField("interval")
    assert desk.agenda_ids("2011-11-04") == ["cannes"]
    assert desk.agenda_ids("2011-11-03") == []
    assert desk.agenda_ids("2011-11-03", matching=POSSIBLE) == ["cannes"]
    assert desk.agenda_ids("2011-11-05", matching=POSSIBLE) == []


def test_n04_start_without_an_end_has_no_interval(desk: Any, make: Any) -> None:
    summit = desk.put("summits/apia", make.dates("2024-10-21", "", "Pacific/Apia"))
    assert possible_interval(summit) == ("2024-10-20T11:00:00Z", "")
    assert desk.agenda_ids("2024-10-22") == []
    assert desk.agenda_ids("2024-10-22", matching=POSSIBLE) == ["apia"]
    dtstart, edtf = desk.time_lines("apia")
    assert dtstart == "DTSTART;VALUE=DATE:20241021", "and neither DTEND nor DURATION"
    assert edtf == "X-SUMMITRY-EDTF:2024-10-21/.."


@pytest.mark.parametrize(
    ("edtf", "first", "last"),
    [("2022-23", "2022-09-01", "2022-11-30"), ("2022-31", "2022-03-01", "2022-05-31")],
    ids=["autumn", "southern-autumn"],
)
def test_n06_season_has_the_dates_of_its_hemisphere(
    desk: Any, make: Any, edtf: str, first: str, last: str
) -> None:
    words = "report de l'édition pour l'automne 2022"
    summit = desk.put("summits/oif", make.partial(edtf, text=words))
    span = summit.time.partial
    assert (span.first_date, span.last_date, summit.time.source_text) == (first, last, words)
    assert span.precision == DatePrecision.DATE_PRECISION_SEASON
    assert desk.agenda_ids(first, last) == ["oif"]
    assert desk.agenda_ids(last, matching=POSSIBLE) == ["oif"]


def test_n07_after_the_election_sets_only_a_lower_bound(desk: Any, make: Any) -> None:
    words = "sometime after the election"
    summit = desk.put("summits/g7", make.partial("2020-11-04/..", "America/New_York", words))
    assert possible_interval(summit) == ("2020-11-04T05:00:00Z", "")
    assert summit.time.partial.precision == DatePrecision.DATE_PRECISION_AFTER
    assert summit.time.source_text == words
    assert desk.agenda_ids("2020-11-03", matching=POSSIBLE) == []
    assert desk.agenda_ids("2021-06-11", matching=POSSIBLE) == ["g7"]
    assert desk.agenda_ids("2020-01-01", "2030-12-31") == [], "it may be later still"


# The plans of one meeting in their order; a plan for days is written as an EDTF interval.
POSTPONED = {
    "n09": ["2020-03-30/2020-03-30", "2021", "2022-03", "2022-11-01/2022-11-02"],
    "n10": ["2020-12", "2021-11-20/2021-11-21", "2022-23", "2022-11-19/2022-11-20"],
}


@pytest.mark.parametrize("plans", POSTPONED.values(), ids=POSTPONED)
def test_rescheduling_keeps_previous_times_of_any_precision(
    desk: Any, make: Any, plans: list[str]
) -> None:
    times = [make.dates(*plan.split("/")) if "/" in plan else make.partial(plan) for plan in plans]
    first = record = desk.put("summits/s", times[0], status="EVENT_STATUS_ANNOUNCED")
    for number, time in enumerate(times[1:], 1):
        record = desk.transition("reschedule", record, f"put off {number}", time=time)
    assert (record.ical_uid, record.sequence) == (first.ical_uid, 3)
    texts = [start_text(previous) for previous in record.previous_times]
    assert texts == [plan.partition("/")[0] for plan in plans[:3]]
    assert [change.reason for change in record.status_changes] == [
        "put off 1", "put off 2", "put off 3",
    ]  # fmt: skip
    day = plans[-1].partition("/")[0].replace("-", "")
    assert desk.time_lines("s")[0] == f"DTSTART;VALUE=DATE:{day}"
    assert len(desk.feed("span")) == 1, "the feed shows the last plan only"


def test_n13_move_changes_place_and_zone_but_not_identity(desk: Any, make: Any) -> None:
    days = ("2019-12-02", "2019-12-13")
    summit = desk.put(
        "summits/cop-25", make.dates(*days), places=[make.town("Santiago", "CL")],
        hosts=[{"region_code": "CL"}], chair=make.party("STATE", "CL", "Chile"),
    )  # fmt: skip
    assert summit.time.dates.time_zone == "America/Santiago"
    madrid = json_format.ParseDict(make.town("Madrid", "ES"), Place())
    moved = desk.transition("move", summit, "the host withdrew on 30 October", places=[madrid])
    assert (moved.name, moved.ical_uid, moved.sequence) == (summit.name, summit.ical_uid, 1)
    assert (moved.hosts, moved.chair) == (summit.hosts, summit.chair), (
        "host and chair are other facts"
    )
    assert moved.time.dates.time_zone == "Europe/Madrid"
    assert moved.time.resolved.interval.start_time.ToJsonString() == "2019-12-01T23:00:00Z"
    assert desk.time_lines("cop-25") == ["DTSTART;VALUE=DATE:20191202", "DTEND;VALUE=DATE:20191214"]


def test_n15_days_between_two_parts_are_free(desk: Any, make: Any) -> None:
    summit = desk.put("summits/cop-6")
    for id, days in (
        ("hague", ("2000-11-13", "2000-11-24")),
        ("bonn", ("2001-07-16", "2001-07-27")),
    ):
        desk.put(f"meetings/{id}", make.dates(*days), parent_event=summit.name)
    assert desk.agenda_ids("2000-11-20") == ["hague"]
    assert desk.agenda_ids("2001-03-01", matching=POSSIBLE) == []
    assert desk.agenda_ids("2000-01-01", "2001-12-31") == ["hague", "bonn"]
    assert "PARENT" in " ".join(desk.feed()["bonn"]), "both belong to the one edition"
    minister = make.person("p", "A Minister")
    for id, town, country in (("hague", "The Hague", "NL"), ("bonn", "Bonn", "DE")):
        places = [make.town(town, country)]
        meeting = desk.client.get(f"calendars/c/meetings/{id}")
        desk.change(meeting, places=places, participants=[{"person": minister}])
    between = make.dates("2001-01-10", "2001-06-20")
    desk.put("visits/v", between, places=[make.town("Rome", "IT")], principals=[minister])
    assert desk.towns_of("p", "2001-03-01") == ["Rome"]
    assert desk.conflicts("PERSON_IN_TWO_PLACES", "2000-01-01", "2001-12-31") == []


def test_n16_presence_follows_the_segments_of_a_visit(desk: Any, make: Any) -> None:
    """Office of the Historian, travels 1028 and 1029."""
    kissinger = make.person("henry-kissinger", "Henry A. Kissinger")
    for id, town, country, runs in (
        ("damascus", "Damascus", "SY", ["03/04", "12/12", "14/14", "16/17", "18/18"]),
        ("jerusalem", "Jerusalem", "IL", ["02/03", "04/07", "08/09", "13/13"]),
    ):
        days = [[f"1974-05-{day}" for day in run.split("/")] for run in runs]
        visit = desk.put(
            f"visits/{id}", make.dates(days[0][0], days[-1][1]), principals=[kissinger],
            places=[make.town(town, country)], segments=[{"time": make.dates(*run)} for run in days],
        )  # fmt: skip
        spans = [part.time.dates for part in visit.segments]
        assert [[span.first_date, span.last_date] for span in spans] == days
        assert all(part.time.resolved.start_text for part in visit.segments)
    assert desk.towns_of("henry-kissinger", "1974-05-05") == ["Jerusalem"]
    assert desk.towns_of("henry-kissinger", "1974-05-12") == ["Damascus"]
    assert desk.towns_of("henry-kissinger", "1974-05-15") == []
    assert desk.conflicts("PERSON_IN_TWO_PLACES", "1974-05-01", "1974-05-31") == []


def test_n19_visit_over_new_year_is_listed_once_in_each_year(desk: Any, make: Any) -> None:
    desk.put("visits/tehran", make.dates("1977-12-31", "1978-01-01", "Asia/Tehran"))
    years = [(f"{year}-01-01", f"{year}-12-31") for year in (1977, 1978)]
    assert [desk.agenda_ids(*year) for year in years] == [["tehran"], ["tehran"]]
    assert desk.agenda_ids(years[0][0], years[1][1]) == ["tehran"]


def test_n21_kind_of_a_visit_is_stored_by_segment(desk: Any, make: Any) -> None:
    segments = [
        {"kind": "VISIT_KIND_STATE", "time": make.dates("1957-05-16", "1957-05-20")},
        {"kind": "VISIT_KIND_PRIVATE", "time": make.dates("1957-05-21", "1957-05-23")},
    ]
    visit = desk.put("visits/v", make.dates("1957-05-16", "1957-05-23"), segments=segments)
    assert [start_text(part) for part in visit.segments] == ["1957-05-16", "1957-05-21"]
    assert highest_kind(visit) == VisitKind.VISIT_KIND_STATE


def test_n33_placeholder_time_stays_a_claim(desk: Any, make: Any) -> None:
    header = {"timed": {"start": {"instant": "2018-02-22T16:00:00Z"}}}
    meeting = desk.put(
        "meetings/g20", make.dates("2018-02-22", "2018-02-22", text="2018-02-22T16:00Z"),
        sources=[{"id": "form"}],
        claims=[{"source_id": "form", "field_path": "time", "time": header, "note": "placeholder"}],
    )  # fmt: skip
    zone = "America/Argentina/Buenos_Aires"
    desk.put("meetings/programme", make.timed("2018-02-22T08:00", zone, "2018-02-22T17:30"))
    assert (start_text(meeting), meeting.time.source_text) == ("2018-02-22", "2018-02-22T16:00Z")
    assert start_text(meeting.claims[0]) == "2018-02-22T16:00:00Z"
    assert desk.agenda_ids("2018-02-22", zone=zone) == ["g20", "programme"]
    assert desk.time_lines("g20") == ["DTSTART;VALUE=DATE:20180222", "DTEND;VALUE=DATE:20180223"]


@pytest.mark.parametrize(
    ("day", "zone"),
    [("1866-12-02", ""), ("1874-12-12", "Pacific/Honolulu"), ("1881-09-29", "Europe/Paris")],
)
def test_n63_date_before_zones_is_the_same_for_every_viewer(
    desk: Any, make: Any, day: str, zone: str
) -> None:
    visit = desk.put("visits/v", make.dates(day, day, zone))
    assert (start_text(visit), visit.time.resolved.end_text) == (day, day)
    for viewer in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Monrovia"):
        (item,) = desk.agenda_items(day, zone=viewer)
        assert (item.viewer_start, item.viewer_end) == (day, day)
        adjacent_days = [
            desk.agenda_ids(f"{day[:8]}{int(day[8:]) + step:02}", zone=viewer) for step in (-1, 1)
        ]
        assert adjacent_days == [[], []]
    assert desk.time_lines("v")[0] == f"DTSTART;VALUE=DATE:{day.replace('-', '')}"

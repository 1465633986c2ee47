"""Where people are: parts before envelopes, certain before possible, equal to a naive model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.time import resolve
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.filter_pb2 import MatchCertainty, TimeWindow
from summitry.v1.visit_pb2 import Visit
from summitry.zones import default_database, format_date
from summitry_server.app import Application
from summitry_server.config import parse_config
from summitry_server.domain.people.presence import Persons, locate, stays
from summitry_server.domain.search import agenda
from summitry_server.store.sqlite.engine import SqliteStore

ALMATY = "Asia/Almaty"
CERTAIN, POSSIBLE = MatchCertainty.MATCH_CERTAINTY_CERTAIN, MatchCertainty.MATCH_CERTAINTY_POSSIBLE


def person(id: str, *names: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "names": [{"text": name, "language_code": "en"} for name in names], **more}


def place(town: str, region: str, zone: str = "") -> dict[str, Any]:
    locality = {"text": town, "language_code": "en"}
    return {"localities": [locality], "region_code": region, "time_zone": zone}


def where(
    api: Any, persons: list[str], first: str, last: str = "", zone: str = ALMATY, **more: Any
) -> list[tuple[str, str, str, bool]]:
    """(person, town, part of record, certain) of each presence."""
    matching = more.pop("matching", "MATCH_CERTAINTY_POSSIBLE")
    dates = {"first_date": first, "last_date": last, "time_zone": zone}
    window = {"dates": dates, "matching": matching}
    answer = api("LocatePrincipals", parent="calendars/-", persons=persons, window=window, **more)
    return [
        (
            presence.person,
            towns(presence),
            presence.name.rpartition("/")[2] + presence.part,
            presence.matching == CERTAIN,
        )
        for presence in answer.presences
    ]


def towns(presence: Any) -> str:
    return "/".join(place.localities[0].text for place in presence.places)


def segment(days: tuple[str, str], town: str, region: str, make: Any) -> dict[str, Any]:
    return {"time": make.dates(*days), "places": [place(town, region)]}


def shuttle(api: Any, make: Any) -> None:
    """Return the Secretary's shuttle of May 1974, from the Office of the Historian (travels 1028, 1029).

    Each country is one entry of the register, with an envelope and the days within it.
    """
    kissinger = [person("henry-kissinger", "Henry A. Kissinger")]
    damascus = [("03", "03"), ("12", "12"), ("14", "14"), ("16", "16"), ("18", "18"), ("20", "20")]
    jerusalem = [("02", "03"), ("04", "07"), ("08", "09"), ("10", "12")]
    for id, region, town, spans in (
        ("1028", "SY", "Damascus", damascus),
        ("1029", "IL", "Jerusalem", jerusalem),
    ):
        days = [(f"1974-05-{first}", f"1974-05-{last}") for first, last in spans]
        api.create(
            "visits",
            id,
            time=make.dates("1974-05-02", "1974-05-29"),
            places=[place(town, region)],
            principals=kissinger,
            segments=[segment(span, town, region, make) for span in days],
        )


def test_kissinger_was_in_jerusalem_and_not_in_damascus(api: Any, make: Any) -> None:
    shuttle(api, make)
    assert where(api, ["henry-kissinger"], "1974-05-05") == [
        ("henry-kissinger", "Jerusalem", "1029segments[1]", True)
    ]
    assert where(api, ["Henry A. Kissinger"], "1974-05-13", zone="UTC") == []
    presences = where(api, ["henry-kissinger"], "1974-05-03")
    assert [(town, certain) for _, town, _, certain in presences] == [
        ("Jerusalem", True),
        ("Damascus", True),
    ]


def test_dulles_was_in_geneva_and_for_a_day_in_madrid(api: Any, make: Any) -> None:
    """Office of the Historian, travels 799 and 800: 27 October to 16 November, 1 November 1955."""
    for id, town, region, days in (
        ("799", "Geneva", "CH", ("1955-10-27", "1955-11-16")),
        ("800", "Madrid", "ES", ("1955-11-01", "1955-11-01")),
    ):
        api.create(
            "visits",
            id,
            time=make.dates(*days),
            places=[place(town, region)],
            principals=[person("john-foster-dulles", "John Foster Dulles")],
        )
    presences = where(api, ["John Foster Dulles"], "1955-11-01")
    assert [(town, certain) for _, town, _, certain in presences] == [
        ("Geneva", True),
        ("Madrid", True),
    ]
    window = {"dates": {"first_date": "1955-11-01", "time_zone": "UTC"}}
    request = {"parent": "calendars/c", "persons": ["Dulles"], "window": window}
    refusal = api.refusal("LocatePrincipals", **request)  # never by last name
    assert (refusal.reason, refusal.field) == ("UNKNOWN_PERSON", "persons[0]")
    assert refusal.metadata["suggestions"] == "john-foster-dulles"


def summit_of(api: Any, make: Any, **more: Any) -> None:
    fields = {"time": make.dates("2024-07-03", "2024-07-04"), "places": [place("Astana", "KZ")]}
    api.create("summits", "s", **{**fields, **more})


XI = person("xi", "Xi Jinping")
ATTENDANCES: dict[str, tuple[dict[str, Any], list[bool]]] = {
    "in person": ({"mode": "ATTENDANCE_MODE_IN_PERSON"}, [True]),
    "how is not said": ({}, [True]),
    "by video": ({"mode": "ATTENDANCE_MODE_VIDEO"}, []),
    "in writing": ({"mode": "ATTENDANCE_MODE_WRITTEN"}, []),
    "by proxy": ({"mode": "ATTENDANCE_MODE_PROXY"}, []),
    "declined": ({"status": "PARTICIPATION_STATUS_DECLINED"}, []),
    "absent": ({"status": "PARTICIPATION_STATUS_ABSENT"}, []),
    "replaced": ({"status": "PARTICIPATION_STATUS_REPLACED"}, []),
    "only invited": ({"status": "PARTICIPATION_STATUS_INVITED"}, [False]),
    "confirmed": ({"status": "PARTICIPATION_STATUS_CONFIRMED"}, [True]),
    "in a state that no list has": (
        {"status": "PARTICIPATION_STATUS_OTHER", "source_text": "expected"},
        [False],
    ),
    "in a way that no list has": (
        {"mode": "ATTENDANCE_MODE_OTHER", "source_text": "by hologram"},
        [False],
    ),
}


@pytest.mark.parametrize(("attending", "certain"), ATTENDANCES.values(), ids=ATTENDANCES)
@pytest.mark.parametrize("through", ["participant", "delegation"])
def test_attendance_decides_the_presence(
    api: Any, make: Any, through: str, attending: dict[str, Any], certain: list[bool]
) -> None:
    attendee = {"person": XI, **attending}
    summit_of(api, make, participants=[attendee] if through == "participant" else [])
    if through == "delegation":
        event = "calendars/c/summits/s"
        api.create("delegations", "d", engagements=[{"event": event}], members=[attendee])
    assert [row[3] for row in where(api, ["xi"], "2024-07-04")] == certain


EVENTS: dict[str, tuple[dict[str, Any], list[bool]]] = {
    "confirmed": ({"status": "EVENT_STATUS_CONFIRMED"}, [True]),
    "cancelled": ({"status": "EVENT_STATUS_CANCELLED"}, []),
    "postponed": ({"status": "EVENT_STATUS_POSTPONED"}, []),
    "not held": ({"status": "EVENT_STATUS_NOT_HELD"}, []),
    "rumoured": ({"status": "EVENT_STATUS_RUMORED"}, [False]),
    "may occur": ({"certainty": "CERTAINTY_MAY_OCCUR"}, [False]),
    "by video": ({"format": "EVENT_FORMAT_VIRTUAL"}, []),
    "in July": ({"time": {"partial": {"edtf": "2024-07"}}}, [False]),
    "without a time": ({"time": None}, []),
}


@pytest.mark.parametrize(("event", "certain"), EVENTS.values(), ids=EVENTS)
@pytest.mark.parametrize("through", ["participant", "delegation"])
def test_status_of_an_event_decides_the_presence(
    api: Any, make: Any, through: str, event: dict[str, Any], certain: list[bool]
) -> None:
    summit_of(api, make, participants=[{"person": XI}] if through == "participant" else [], **event)
    if through == "delegation":
        name = "calendars/c/summits/s"
        api.create("delegations", "d", engagements=[{"event": name}], members=[{"person": XI}])
    assert [row[3] for row in where(api, ["xi"], "2024-07-04")] == certain
    if certain == [False]:
        assert where(api, ["xi"], "2024-07-04", matching="MATCH_CERTAINTY_CERTAIN") == []


def test_nobody_travels_to_a_meeting_by_video(api: Any, make: Any) -> None:
    for id, format in (("room", "IN_PERSON"), ("screen", "VIRTUAL")):
        api.create(
            "meetings",
            id,
            time=make.dates("2024-07-04", "2024-07-04"),
            participants=[{"person": XI}],
            format=f"EVENT_FORMAT_{format}",
        )
    assert [row[2] for row in where(api, ["xi"], "2024-07-04")] == ["room"]


def point(civil: str) -> dict[str, Any]:
    """Return an EventTime that begins at a wall time in Almaty."""
    return {"timed": {"start": {"civil_time": civil, "time_zone": ALMATY}}}


def day(date: str) -> dict[str, Any]:
    """Return an EventTime of one day in Almaty."""
    return {"dates": {"first_date": date, "last_date": date, "time_zone": ALMATY}}


# The summit is on 3 and 4 July in Astana: on which of the days 1 to 6 is the member there?
MEMBERS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "for all of it": ({}, {}, "34"),
    "presence of the delegation": ({"presence": ("2024-07-04", "2024-07-05")}, {}, "45"),
    "arrival and departure": (
        {},
        {"arrival": point("2024-07-02T18:00"), "departure": point("2024-07-05T09:00")},
        "2345",
    ),
    "both before presence": (
        {"presence": ("2024-07-04", "2024-07-04")},
        {"arrival": point("2024-07-02T18:00"), "departure": point("2024-07-04T09:00")},
        "234",
    ),
    "arrives and leaves on known days": (
        {},
        {"arrival": day("2024-07-02"), "departure": day("2024-07-05")},
        "2345",
    ),
    "arrives on a known day": ({}, {"arrival": day("2024-07-04")}, "4"),
    "leaves on a known day, at no known hour": ({}, {"departure": day("2024-07-03")}, "3"),
    "arrives on a day and leaves at an hour": (
        {},
        {"arrival": day("2024-07-02"), "departure": point("2024-07-03T09:00")},
        "23",
    ),
    "arrives in a month": ({}, {"arrival": {"partial": {"edtf": "2024-07"}}}, "34"),
    "arrives late": ({}, {"arrival": point("2024-07-04T09:00")}, "4"),
    "leaves early": ({}, {"departure": point("2024-07-03T09:00")}, "3"),
    "leaves before it begins": ({}, {"departure": point("2024-07-01T09:00")}, ""),
    "impossible journey": (
        {},
        {"arrival": point("2024-07-05T18:00"), "departure": point("2024-07-02T09:00")},
        "34",
    ),
}


@pytest.mark.parametrize(("engagement", "member", "days"), MEMBERS.values(), ids=MEMBERS)
def test_the_days_of_a_member(
    api: Any, make: Any, engagement: dict[str, Any], member: dict[str, Any], days: str
) -> None:
    summit_of(api, make)
    engaged: dict[str, Any] = {"event": "calendars/c/summits/s"}
    if "presence" in engagement:
        engaged["presence"] = make.dates(*engagement["presence"])
    api.create("delegations", "d", engagements=[engaged], members=[{"person": XI, **member}])
    rows_by_day = {day: where(api, ["xi"], f"2024-07-0{day}") for day in "123456"}
    assert "".join(day for day, there in rows_by_day.items() if there) == days
    assert all(row[1] == "Astana" for there in rows_by_day.values() for row in there)


def test_a_journey_to_two_towns_tells_no_place_of_its_own(api: Any, make: Any) -> None:
    summit_of(api, make)
    api.create(
        "meetings",
        "m",
        time=make.dates("2024-07-05"),
        places=[place("Dushanbe", "TJ", "Asia/Dushanbe")],
    )
    api.create(
        "delegations",
        "d",
        engagements=[{"event": "calendars/c/summits/s"}, {"event": "calendars/c/meetings/m"}],
        members=[
            {
                "person": XI,
                "arrival": point("2024-07-04T10:00"),
                "departure": point("2024-07-06T10:00"),
            }
        ],
    )
    presences = where(api, ["xi"], "2024-07-01", "2024-07-09")
    assert [(town, part) for _, town, part, _ in presences] == [
        ("Astana", "dengagements[0]"),
        ("Dushanbe", "dengagements[1]"),
    ]
    assert where(api, ["xi"], "2024-07-03") == []


def test_places_come_from_the_nearest_that_tells_them(api: Any, make: Any) -> None:
    api.create(
        "visits",
        "v",
        time=make.dates("2024-07-02", "2024-07-03"),
        host={"region_code": "KZ"},
        principals=[XI],
    )
    summit_of(api, make)
    api.create(
        "meetings",
        "m",
        time=make.timed("2024-07-03T10:00", "2024-07-03T11:00"),
        parent_event="calendars/c/summits/s",
        participants=[{"person": XI}],
    )
    window = {"dates": {"first_date": "2024-07-03", "time_zone": ALMATY}}
    answer = api("LocatePrincipals", parent="calendars/c", persons=["xi"], window=window)
    visit, meeting = answer.presences
    assert [place.region_code for place in visit.places] == ["KZ"]
    assert towns(meeting) == "Astana"


def test_hours_are_told_in_the_zone_of_the_viewer_and_days_as_stored(api: Any, make: Any) -> None:
    summit_of(api, make, participants=[{"person": XI}])
    api.create(
        "meetings",
        "m",
        time=make.timed("2024-07-03T10:00", "2024-07-03T11:00"),
        participants=[{"person": XI}],
    )
    window = {"dates": {"first_date": "2024-07-03", "time_zone": "Europe/Paris"}}
    answer = api("LocatePrincipals", parent="calendars/c", persons=["xi"], window=window)
    assert [(presence.viewer_start, presence.viewer_end) for presence in answer.presences] == [
        ("2024-07-03", "2024-07-04"),
        ("2024-07-03T07:00:00+02:00[Europe/Paris]", "2024-07-03T08:00:00+02:00[Europe/Paris]"),
    ]


def test_presences_are_ordered_by_request_then_certainty_then_time(api: Any, make: Any) -> None:
    participants = [{"person": XI}, {"person": person("modi", "Narendra Modi")}]
    api.create("meetings", "late", time=make.dates("2024-07-04"), participants=participants)
    api.create("meetings", "early", time=make.dates("2024-07-02"), participants=participants)
    api.create("meetings", "some", time={"partial": {"edtf": "2024-07"}}, participants=participants)
    presences = where(api, ["Narendra Modi", "xi"], "2024-07-01", "2024-07-10")
    assert [(person_name, part) for person_name, _, part, _ in presences] == [
        (person_name, id)
        for person_name in ("Narendra Modi", "xi")
        for id in ("early", "late", "some")
    ]


def test_legs_of_a_trip_on_one_day_are_told_as_they_are_counted(api: Any, make: Any) -> None:
    """Johnson, 23 December 1967: travels 2809 to 2813, without hours."""
    johnson = [person("lbj", "Lyndon B. Johnson")]
    stops = ["Khorat", "Cam Ranh", "Karachi", "Rome", "Vatican City"]
    for leg, (id, town) in enumerate(zip("tvpia", stops, strict=True), 1):
        places = [{"localities": [{"text": town}]}]
        day = make.dates("1967-12-23")
        api.create("visits", id, time=day, places=places, principals=johnson, trip="t", leg=leg)
    presences = where(api, ["lbj"], "1967-12-23", page_size=2)
    assert [town for _, town, *_ in presences] == stops[:2]
    assert [town for _, town, *_ in where(api, ["lbj"], "1967-12-23")] == stops


def test_pages_join_to_the_whole(api: Any, make: Any) -> None:
    shuttle(api, make)
    dates = {"first_date": "1974-05-01", "last_date": "1974-05-31", "time_zone": "UTC"}
    query = {"parent": "calendars/c", "persons": ["henry-kissinger"], "window": {"dates": dates}}
    whole = api("LocatePrincipals", **query)
    pages, token = [], ""
    while not pages or token:
        answer = api("LocatePrincipals", **query, page_size=3, page_token=token)
        assert len(answer.presences) <= 3
        pages.extend(answer.presences)
        token = answer.next_page_token
    assert pages == list(whole.presences)
    assert len(pages) == 10


WINDOW = {"dates": {"first_date": "2024-07-03", "time_zone": ALMATY}}
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "nobody": ({"window": WINDOW}, "REQUIRED_FIELD_MISSING", "persons"),
    "an empty name": (
        {"persons": ["xi", "..."], "window": WINDOW},
        "REQUIRED_FIELD_MISSING",
        "persons[1]",
    ),
    "too many": ({"persons": ["x"] * 33, "window": WINDOW}, "TOO_MANY_VALUES", "persons"),
    "no window": ({"persons": ["xi"]}, "WINDOW_MISSING", "window"),
    "a viewer's zone that is none": (
        {"persons": ["xi"], "window": WINDOW, "time_zone": "Asia/Astana"},
        "UNKNOWN_TIME_ZONE",
        "time_zone",
    ),
    "a token of another query": (
        {"persons": ["xi"], "window": WINDOW, "page_token": "abcd"},
        "INVALID_PAGE_TOKEN",
        "page_token",
    ),
}


@pytest.mark.parametrize(("request_", "reason", "field"), REFUSED.values(), ids=REFUSED)
def test_refusals(api: Any, request_: dict[str, Any], reason: str, field: str) -> None:
    refusal = api.refusal("LocatePrincipals", parent="calendars/c", **request_)
    assert (refusal.reason, refusal.field) == (reason, field)


class DrawnSpan(NamedTuple):
    """A time of days: first and last, as numbers; whether it is a whole month of which one counts."""

    first: int
    last: int
    vague: bool


JULY = 19_905  # 2024-07-01
spans = st.builds(
    lambda first, length, vague: (
        DrawnSpan(JULY, JULY + 30, True)
        if vague
        else DrawnSpan(JULY + first, JULY + first + length, False)
    ),
    st.integers(0, 25),
    st.integers(0, 5),
    st.integers(0, 5).map(lambda number: number == 0),
)
visits = st.builds(
    lambda whole, parts, ids, off: (whole, parts, ids, off),
    spans,
    st.lists(st.one_of(st.none(), spans), max_size=4),
    st.sets(st.sampled_from("abc"), min_size=1),
    st.booleans(),
)


def event_time(span: DrawnSpan) -> EventTime:
    time = EventTime()
    if span.vague:
        time.partial.edtf = "2024-07"
    else:
        time.dates.first_date, time.dates.last_date = (
            format_date(span.first),
            format_date(span.last),
        )
    resolve(time, default_database())
    return time


@given(st.lists(visits, max_size=6), st.integers(0, 30), st.integers(0, 3), st.booleans())
def test_presence_equals_a_look_at_every_day(
    drawn: list[Any], first: int, length: int, possible: bool
) -> None:
    db = default_database()
    window = TimeWindow(matching=POSSIBLE if possible else CERTAIN)
    days = range(JULY + first, JULY + first + length + 1)
    window.dates.first_date, window.dates.last_date = format_date(days[0]), format_date(days[-1])
    window.dates.time_zone = "UTC"
    collected, expected = [], set()
    for number, (whole, parts, ids, off) in enumerate(drawn):
        visit = Visit(name=f"v{number}", time=event_time(whole), status=9 if off else 4)
        for id in sorted(ids):
            visit.principals.add(id=id)
        for part in parts:
            segment = visit.segments.add()
            if part:
                segment.time.CopyFrom(event_time(part))
        collected += stays(visit, {}, db)
        timed = [(f"segments[{i}]", part) for i, part in enumerate(parts) if part]
        for path, span in timed or [("", whole)]:
            lived = set(range(span.first, span.last + 1))
            inside = lived <= set(days)
            certain = bool(lived & set(days)) and (inside or not span.vague)
            if not off and lived & set(days) and (certain or possible):
                expected |= {("abc".index(id), not certain, f"v{number}", path) for id in ids}
    located = locate(collected, Persons("abc"), agenda.plan(window, "window", db))
    assert {(p.person_index, p.uncertain, p.name, p.part) for p, _ in located} == expected


def test_delegation_without_events_is_at_its_own_places() -> None:
    delegation = Delegation(name="d", time=event_time(DrawnSpan(JULY, JULY + 1, False)))
    delegation.places.add(region_code="KZ")
    delegation.members.add().person.id = "a"
    (stay,) = stays(delegation, {}, default_database())
    assert [place.region_code for place in stay.places] == ["KZ"]


def test_questions_are_answered_by_indexes(
    clock: Any, tmp_path: Path, plan_checked: Any, api_class: Any, make: Any
) -> None:
    """Run on SQLite, where a plan that scans a table fails."""
    store = SqliteStore(tmp_path / "s.db", factory=plan_checked)
    application = Application(
        parse_config(["--grpc", "127.0.0.1:0", "--http", "off"]), store=store, clock=clock
    )
    try:
        with grpc.insecure_channel(str(application.grpc_address)) as channel:
            api = api_class(channel)
            api.create("calendars", "c", titles=[{"text": "C", "language_code": "en"}])
            shuttle(api, make)
            assert len(where(api, ["henry-kissinger"], "1974-05-01", "1974-05-31")) == 10
            dates = {"first_date": "1974-05-01", "last_date": "1974-05-31", "time_zone": "UTC"}
            for parent in ("calendars/c", "calendars/-"):
                answer = api("FindConflicts", parent=parent, window={"dates": dates})
                assert answer.conflicts == []
                people = [{"person": "henry-kissinger"}, {"party": "IL"}]
                request = {"attendees": people, "window": {"dates": dates}, "duration": "1800s"}
                assert len(api("FindMeetingWindows", parent=parent, **request).windows) == 1
    finally:
        application.stop()

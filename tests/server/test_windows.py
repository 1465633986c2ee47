"""Meeting windows by table: clocks that change, zones that differ, what blocks and why, limits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from summitry.v1.agenda_service_pb2 import BlockerReason
from summitry.zones import parse_rfc3339
from summitry_server.domain.people.meeting_windows import Busy, Closed, FreeWindow, windows

XI, EMMANUEL = {"id": "xi", "names": [{"text": "Xi Jinping"}]}, {"id": "emmanuel"}
DESK = {"opens": {"hours": 9}, "closes": {"hours": 18}}
ALMATY, PARIS, NEW_YORK = "Asia/Almaty", "Europe/Paris", "America/New_York"


PERSONS = ("xi", "emmanuel", "wang", ALMATY, PARIS, NEW_YORK, *(f"p{n}" for n in range(32)))


@pytest.fixture
def api(api: Any) -> Any:
    """Return an API whose calendar names all persons of these tests, in a meeting without a time."""
    participants = [{"person": {"names": [{"text": name}]}} for name in PERSONS]
    api.create("meetings", "known", participants=participants)
    return api


def ask(
    api: Any,
    *attendees: dict[str, Any],
    day: str,
    to: str = "",
    zone: str = ALMATY,
    minutes: int = 30,
    **more: Any,
) -> Any:
    window = {"first_date": day, "last_date": to, "time_zone": zone}
    request = {"parent": "calendars/c", "duration": f"{minutes * 60}s", "window": {"dates": window}}
    request["attendees"] = attendees
    return api("FindMeetingWindows", **{**request, **more})


def free(answer: Any) -> list[str]:
    """Windows as "07-04 09:00 - 07-04 18:00"."""
    return [
        f"{short(free_window.start)} - {short(free_window.end)}" for free_window in answer.windows
    ]


def clock(text: str) -> dict[str, int]:
    """Return "09:30" as a TimeOfDay."""
    hours, minutes = text.split(":")
    return {"hours": int(hours), "minutes": int(minutes)}


def word(reason: int) -> str:
    name = BlockerReason.Name(reason)
    return str(name.removeprefix("BLOCKER_REASON_").lower().replace("_", " "))


def length(window: Any) -> int:
    """Return how many minutes a window lasts."""
    return int(window.duration.seconds) // 60


def short(text: str) -> str:
    return text[5:16].replace("T", " ")


def why(answer: Any) -> list[tuple[int, str, str, str]]:
    """Blockers as (attendee, reason, record, span)."""
    return [
        (
            blocker.attendee,
            word(blocker.reason),
            blocker.name.removeprefix("calendars/c/"),
            f"{short(blocker.start)} - {short(blocker.end)}",
        )
        for blocker in answer.blockers
    ]


def timed(start: str, end: str = "", zone: str = ALMATY) -> dict[str, Any]:
    span = {"start": {"civil_time": start, "time_zone": zone}}
    return {"timed": span | ({"end": {"civil_time": end, "time_zone": zone}} if end else {})}


def days(first: str, last: str = "", zone: str = ALMATY) -> dict[str, Any]:
    return {"dates": {"first_date": first, "last_date": last or first, "time_zone": zone}}


def attends(time: Any, person: Any = XI, **more: Any) -> dict[str, Any]:
    return {"time": time, "participants": [{"person": person, **more}]}


MORNING = timed("2024-07-04T10:00", "2024-07-04T11:30")


def test_windows_are_the_free_rest_of_a_day(api: Any) -> None:
    api.create("meetings", "talks", **attends(MORNING))
    answer = ask(api, {"person": "xi", **DESK}, day="2024-07-04", margin="900s")
    assert free(answer) == ["07-04 09:00 - 07-04 09:45", "07-04 11:45 - 07-04 18:00"]
    assert [length(free_window) for free_window in answer.windows] == [45, 375]
    assert answer.windows[0].start == "2024-07-04T09:00:00+05:00[Asia/Almaty]"
    assert why(answer) == [
        (0, "outside hours", "", "07-04 00:00 - 07-04 09:00"),
        (0, "margin", "meetings/talks", "07-04 09:45 - 07-04 10:00"),
        (0, "busy", "meetings/talks", "07-04 10:00 - 07-04 11:30"),
        (0, "margin", "meetings/talks", "07-04 11:30 - 07-04 11:45"),
        (0, "outside hours", "", "07-04 18:00 - 07-05 00:00"),
    ]


def test_texts_and_instants_of_windows_and_blockers_agree(api: Any) -> None:
    api.create("meetings", "m", **attends(MORNING))
    answer = ask(api, {"person": "xi", **DESK}, day="2024-07-04", minutes=30)
    assert answer.windows and answer.blockers
    for span in (*answer.windows, *answer.blockers):
        ends = (span.interval.start_time.seconds, span.interval.end_time.seconds)
        assert ends == tuple(parse_rfc3339(t.partition("[")[0])[0] for t in (span.start, span.end))


def test_all_free_is_one_window(api: Any) -> None:
    answer = ask(api, {"person": "xi"}, {"party": "FR"}, day="2024-07-04", to="2024-07-06")
    assert free(answer) == ["07-04 00:00 - 07-07 00:00"]
    assert not answer.blockers


def test_deleted_record_blocks_nobody(api: Any) -> None:
    name = api.create("meetings", "talks", **attends(MORNING)).name
    assert len(ask(api, GOOD, day="2024-07-04", parent="calendars/-").windows) == 2
    api("DeleteMeeting", name=name)
    assert len(ask(api, GOOD, day="2024-07-04", parent="calendars/-").windows) == 1


def test_no_window_is_free_when_somebody_is_always_busy(api: Any) -> None:
    api.create("summits", "s", **attends(days("2024-07-03", "2024-07-05")))
    answer = ask(api, {"person": "Xi Jinping"}, day="2024-07-04")
    assert (free(answer), answer.next_page_token) == ([], "")
    assert why(answer) == [(0, "busy", "summits/s", "07-04 00:00 - 07-05 00:00")]


@pytest.mark.parametrize(("minutes", "expected"), [(90, 1), (91, 0)])
def test_a_window_lasts_at_least_the_minutes_asked(api: Any, minutes: int, expected: int) -> None:
    hours = {"opens": clock("10:00"), "closes": clock("11:30")}
    answer = ask(api, {"person": "xi", **hours}, day="2024-07-04", minutes=minutes)
    assert len(answer.windows) == expected


# A day on which clocks change, an attendee's hours, and what is left, seen from UTC.
CHANGES: dict[str, tuple[str, str, tuple[str, str], list[str]]] = {
    "spring in Paris": (PARIS, "2024-03-31", ("00:00", "24:00"), ["03-30 23:00 - 03-31 22:00"]),
    "autumn in Paris": (PARIS, "2024-10-27", ("00:00", "24:00"), ["10-26 22:00 - 10-27 23:00"]),
    "opens at an hour that is skipped": (
        *(PARIS, "2024-03-31", ("02:30", "24:00"), ["03-31 01:30 - 03-31 22:00"]),
    ),
    "opens at an hour that is repeated": (
        *(PARIS, "2024-10-27", ("02:30", "24:00"), ["10-27 00:30 - 10-27 23:00"]),
    ),
    "closes at an hour that is repeated": (
        *(PARIS, "2024-10-27", ("00:00", "02:30"), ["10-26 22:00 - 10-27 00:30"]),
    ),
    "Kazakhstan goes to +05:00": (
        *(ALMATY, "2024-02-29", ("09:00", "24:00"), ["02-29 03:00 - 02-29 19:00"]),
    ),
    "a day that Samoa did not have": ("Pacific/Apia", "2011-12-30", ("00:00", "24:00"), []),
    "the day after it": (
        *("Pacific/Apia", "2011-12-31", ("09:00", "18:00"), ["12-30 19:00 - 12-31 04:00"]),
    ),
}


@pytest.mark.parametrize(("zone", "day", "hours", "expected"), CHANGES.values(), ids=CHANGES)
def test_windows_on_the_day_of_a_clock_change(
    api: Any, zone: str, day: str, hours: tuple[str, str], expected: list[str]
) -> None:
    opens, closes = hours
    attendee = {"person": "xi", "opens": clock(opens), "closes": clock(closes)}
    answer = ask(api, attendee, day=day, zone=zone)
    actual = [
        f"{utc(free_window.start)} - {utc(free_window.end)}" for free_window in answer.windows
    ]
    assert actual == expected


def utc(text: str) -> str:
    return f"{datetime.fromisoformat(text.partition('[')[0]).astimezone(UTC):%m-%d %H:%M}"


def test_desks_on_three_continents(api: Any) -> None:
    """Paris shares three hours with Astana, and New York three with Paris, but all three none."""
    desks = [{"person": zone, "time_zone": zone, **DESK} for zone in (ALMATY, PARIS, NEW_YORK)]
    astana, paris, new_york = desks
    day = {"day": "2024-07-04", "zone": PARIS}
    assert free(ask(api, astana, paris, **day)) == ["07-04 09:00 - 07-04 15:00"]
    assert free(ask(api, paris, new_york, **day)) == ["07-04 15:00 - 07-04 18:00"]
    assert free(ask(api, *desks, **day)) == []


def test_a_day_on_either_side_of_the_date_line(api: Any) -> None:
    """When it is 4 July, 10:00 on Kiritimati, it is 3 July, 10:00 in Honolulu."""
    api.create(
        "meetings",
        "m",
        **attends(timed("2024-07-04T10:00", "2024-07-04T11:00", "Pacific/Kiritimati")),
    )
    honolulu = {"zone": "Pacific/Honolulu", "day": "2024-07-03"}
    answer = ask(api, {"person": "xi"}, **honolulu)
    assert free(answer) == ["07-03 00:00 - 07-03 10:00", "07-03 11:00 - 07-04 00:00"]
    api.create("meetings", "day", **attends(days("2024-07-04", zone="Pacific/Kiritimati")))
    assert free(ask(api, {"person": "xi"}, **honolulu)) == []


def test_hours_are_those_of_the_place_where_somebody_is(api: Any) -> None:
    """Place somebody at home in Paris until the 3rd, in New York on the 4th."""
    api.create(
        "visits",
        "v",
        time=days("2024-07-04", zone=""),
        places=[{"region_code": "US", "localities": [{"text": "New York"}]}],
        principals=[EMMANUEL],
    )
    attendee = {"person": "emmanuel", "time_zone": PARIS, **DESK}
    answer = ask(api, attendee, day="2024-07-03", to="2024-07-05", zone=PARIS)
    assert free(answer) == [
        "07-03 09:00 - 07-03 18:00",
        "07-04 15:00 - 07-05 00:00",
        "07-05 09:00 - 07-05 18:00",
    ]


def test_a_party_keeps_its_own_clock(api: Any) -> None:
    place = [{"time_zone": NEW_YORK}]
    api.create(
        "visits", "v", time=days("2024-07-04", zone=""), places=place, guest={"region_code": "FR"}
    )
    answer = ask(api, {"party": "fr", "time_zone": PARIS, **DESK}, day="2024-07-04", zone=PARIS)
    assert free(answer) == ["07-04 09:00 - 07-04 18:00"]


def test_window_leaves_out_days_off(api: Any) -> None:
    """Ask from Friday 5 July to Monday."""
    attendee = {"person": "xi", **DESK, "days_off": ["SATURDAY", "SUNDAY"]}
    answer = ask(api, attendee, day="2024-07-05", to="2024-07-08")
    assert free(answer) == ["07-05 09:00 - 07-05 18:00", "07-08 09:00 - 07-08 18:00"]
    assert (0, "day off", "", "07-06 00:00 - 07-08 00:00") in why(answer)


def test_event_outside_of_the_window_reaches_into_it_by_its_margin(api: Any) -> None:
    api.create("meetings", "m", **attends(timed("2024-07-03T10:00", "2024-07-03T11:00")))
    answer = ask(api, {"person": "xi"}, day="2024-07-04", margin="86400s")
    assert free(answer) == ["07-04 11:00 - 07-05 00:00"]


WHOLE, DAY_OF = ["07-04 00:00 - 07-05 00:00"], days("2024-07-04")
BUSY = ["07-04 00:00 - 07-04 10:00", "07-04 11:30 - 07-05 00:00"]
GUEST = {"guest": {"region_code": "CN"}, "principals": [XI]}
# What is recorded of 4 July, what is left of it for certain, and what if the possible blocks too.
RECORDS: dict[str, tuple[str, dict[str, Any], list[str], list[str]]] = {
    "a meeting": ("meetings", attends(MORNING), BUSY, BUSY),
    "a meeting of the day": ("meetings", attends(DAY_OF), [], []),
    "a summit by video": ("summits", attends(MORNING) | {"format": "EVENT_FORMAT_VIRTUAL"}, BUSY, BUSY),
    "by video": ("meetings", attends(MORNING, mode="ATTENDANCE_MODE_VIDEO"), BUSY, BUSY),
    "in writing": ("meetings", attends(MORNING, mode="ATTENDANCE_MODE_WRITTEN"), WHOLE, WHOLE),
    "by proxy": ("meetings", attends(MORNING, mode="ATTENDANCE_MODE_PROXY"), WHOLE, WHOLE),
    "declined": ("meetings", attends(MORNING, status="PARTICIPATION_STATUS_DECLINED"), WHOLE, WHOLE),
    "only invited": ("meetings", attends(MORNING, status="PARTICIPATION_STATUS_INVITED"), WHOLE, BUSY),
    "a rumour": ("meetings", attends(MORNING) | {"status": "EVENT_STATUS_RUMORED"}, WHOLE, BUSY),
    "may occur": ("meetings", attends(MORNING) | {"certainty": "CERTAINTY_MAY_OCCUR"}, WHOLE, BUSY),
    "cancelled": ("meetings", attends(MORNING) | {"status": "EVENT_STATUS_CANCELLED"}, WHOLE, WHOLE),
    "some time in July": ("meetings", attends({"partial": {"edtf": "2024-07"}}), WHOLE, []),
    "an end that is not known": (
        "meetings",
        attends(timed("2024-07-04T10:00")),
        ["07-04 00:00 - 07-04 10:00", "07-04 10:01 - 07-05 00:00"],
        ["07-04 00:00 - 07-04 10:00"],
    ),
    "days without an end": (
        "meetings",
        attends({"dates": {"first_date": "2024-07-03", "open_end": True, "time_zone": ALMATY}}),
        WHOLE,
        [],
    ),
    "half a minute": (
        "meetings",
        attends(timed("2024-07-04T10:00:30", "2024-07-04T11:29:01")),
        BUSY,
        BUSY,
    ),
    "a visit of days": ("visits", {"time": DAY_OF, **GUEST}, WHOLE, WHOLE),
    "a visit of hours": ("visits", {"time": MORNING, **GUEST}, BUSY, BUSY),
    "a visit of many hours": (
        "visits",
        {"time": timed("2024-07-03T09:00", "2024-07-05T09:00"), **GUEST},
        WHOLE,
        WHOLE,
    ),
    "a part of a visit": (
        "visits",
        {"time": DAY_OF, **GUEST, "segments": [{"time": MORNING}]},
        BUSY,
        BUSY,
    ),
    "a notice": ("notices", {"time": DAY_OF, "places": [{"region_code": "CN"}]}, WHOLE, WHOLE),
    "somebody else": ("meetings", attends(MORNING, EMMANUEL), WHOLE, WHOLE),
    "a meeting without a time": ("meetings", {"participants": [{"person": XI}]}, WHOLE, WHOLE),
}  # fmt: skip


@pytest.mark.parametrize("possible", [False, True], ids=["certain", "possible"])
@pytest.mark.parametrize(("kind", "fields", "sure", "maybe"), RECORDS.values(), ids=RECORDS)
def test_kinds_of_blockers(
    api: Any, kind: str, fields: Any, sure: list[str], maybe: list[str], possible: bool
) -> None:
    api.create(kind, "r", **fields)
    answer = ask(api, {"person": "xi"}, day="2024-07-04", possible_blocks=possible, minutes=1)
    assert free(answer) == (maybe if possible else sure)


CN = {"region_code": "CN"}
SCO = {"id": "sco", "kind": "PARTY_KIND_ORGANIZATION", "names": [{"text": "SCO"}]}
PARTIES: dict[str, tuple[str, str, dict[str, Any], list[str]]] = {
    "takes part": ("CN", "meetings", {"time": MORNING, "participants": [{"party": CN}]}, BUSY),
    "through who serves it": ("CN", "meetings", attends(MORNING, {"id": "wang", **CN}), BUSY),
    "hosts": ("CN", "summits", {"time": MORNING, "hosts": [CN]}, BUSY),
    "chairs": ("CN", "summits", {"time": MORNING, "chair": CN}, BUSY),
    "meets itself": ("sco", "summits", {"time": MORNING, "organization": SCO}, BUSY),
    "by its name": ("SCO", "summits", {"time": MORNING, "organization": SCO}, BUSY),
    "is where others meet": ("CN", "meetings", attends(MORNING) | {"places": [CN]}, WHOLE),
    "visits": ("CN", "visits", {"time": MORNING, "guest": CN}, BUSY),
    "is visited": ("CN", "visits", {"time": MORNING, "host": CN}, WHOLE),
}


@pytest.mark.parametrize(("party", "kind", "fields", "remaining"), PARTIES.values(), ids=PARTIES)
def test_blockers_of_a_party(
    api: Any, party: str, kind: str, fields: Any, remaining: list[str]
) -> None:
    api.create(kind, "r", **fields)
    assert free(ask(api, {"party": party}, day="2024-07-04")) == remaining


WANG = {"id": "wang"}
MEMBERS: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "all of it": ({}, BUSY, BUSY),
    "comes late": (
        {"arrival": {"timed": {"start": {"civil_time": "2024-07-04T11:00", "time_zone": ALMATY}}}},
        BUSY,
        ["07-04 00:00 - 07-04 11:00", "07-04 11:30 - 07-05 00:00"],
    ),
    "leaves before": (
        {
            "departure": {
                "timed": {"start": {"civil_time": "2024-07-04T09:00", "time_zone": ALMATY}}
            }
        },
        BUSY,
        WHOLE,
    ),
    "declined, and nobody else comes": ({"status": "PARTICIPATION_STATUS_DECLINED"}, WHOLE, WHOLE),
}


@pytest.mark.parametrize(("presence", "party", "member"), MEMBERS.values(), ids=MEMBERS)
def test_blockers_of_a_delegation(
    api: Any, presence: dict[str, Any], party: list[str], member: list[str]
) -> None:
    event = api.create("meetings", "m", time=MORNING).name
    sent = {"engagements": [{"event": event}], "members": [{"person": WANG, **presence}]}
    api.create("delegations", "d", party=CN, **sent)
    assert free(ask(api, {"party": "CN"}, day="2024-07-04")) == party
    assert free(ask(api, {"person": "wang"}, day="2024-07-04")) == member


@pytest.mark.parametrize(("edge", "remaining"), [("arrival", "03"), ("departure", "05")])
def test_the_days_of_arrival_and_departure_are_days_of_a_summit(
    api: Any, edge: str, remaining: str
) -> None:
    event = api.create("summits", "s", time=days("2024-07-03", "2024-07-05")).name
    point = {edge: {"timed": {"start": {"civil_time": "2024-07-04T20:00", "time_zone": ALMATY}}}}
    sent = {"engagements": [{"event": event}], "members": [{"person": WANG, **point}]}
    api.create("delegations", "d", party=CN, **sent)
    answer = ask(api, {"person": "wang"}, day="2024-07-03", to="2024-07-05")
    assert [window[3:5] for window in free(answer)] == [remaining]


PROGRAMME: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "hours of theirs": (attends(MORNING), BUSY, []),
    "a day without hours": (attends(days("2024-07-04")), [], []),
    "hours of others": (attends(MORNING, WANG), [], []),
    "hours that are only possible": (attends(MORNING) | {"status": "EVENT_STATUS_RUMORED"}, [], []),
    "hours that were called off": (attends(MORNING) | {"status": "EVENT_STATUS_CANCELLED"}, [], []),
    "hours of two days": (
        attends(timed("2024-07-03T22:00", "2024-07-04T01:00")),
        ["07-04 01:00 - 07-05 00:00"],
        ["07-03 00:00 - 07-03 22:00"],
    ),
}


@pytest.mark.parametrize(("item", "second", "first"), PROGRAMME.values(), ids=PROGRAMME)
def test_a_programme_tells_more_than_the_days_of_an_event(
    api: Any, item: dict[str, Any], second: list[str], first: list[str]
) -> None:
    """Store a summit on 3 and 4 July, with xi in its programme on the 4th."""
    summit = api.create("summits", "s", **attends(days("2024-07-03", "2024-07-04"))).name
    api.create("meetings", "m", parent_event=summit, **item)
    assert free(ask(api, {"person": "xi"}, day="2024-07-04")) == second
    assert free(ask(api, {"person": "xi"}, day="2024-07-03")) == first


def test_the_programme_of_a_delegation(api: Any) -> None:
    summit = api.create("summits", "s", time=days("2024-07-03", "2024-07-04")).name
    council = api.create("meetings", "m", time=MORNING, parent_event=summit).name
    sent = {"engagements": [{"event": summit}, {"event": council}], "members": [{"person": WANG}]}
    api.create("delegations", "d", party=CN, **sent)
    for attendee in ({"person": "wang"}, {"party": "CN"}):
        assert free(ask(api, attendee, day="2024-07-03", to="2024-07-04")) == BUSY


def test_days_on_no_calendar_are_those_of_the_attendee(api: Any) -> None:
    api.create("meetings", "m", **attends(days("2024-07-04", zone="")))
    answer = ask(api, {"person": "xi", "time_zone": NEW_YORK}, day="2024-07-04", zone="UTC")
    assert free(answer) == ["07-04 00:00 - 07-04 04:00"]


def test_pages_join_to_the_whole(api: Any) -> None:
    request = {"day": "2024-07-01", "to": "2024-07-31"}
    attendee = {"person": "xi", **DESK, "days_off": ["SUNDAY"]}
    whole = ask(api, attendee, **request)
    assert len(whole.windows) == 27
    pages, token = [], ""
    while not pages or token:
        page = ask(api, attendee, **request, page_size=10, page_token=token)
        assert len(page.windows) <= 10
        assert list(page.blockers) == ([] if token else list(whole.blockers))
        pages, token = pages + list(page.windows), page.next_page_token
    assert pages == list(whole.windows)


def test_a_year_of_many_has_a_thousand_blockers(api: Any) -> None:
    desks = [{"person": f"p{number}", **DESK} for number in range(32)]
    answer = ask(api, *desks, day="2024-01-01", to="2024-12-31", page_size=1000)
    assert (len(answer.windows), len(answer.blockers)) == (366, 1000)


GOOD = {"person": "xi"}
JULY_4 = {"first_date": "2024-07-04", "time_zone": ALMATY}
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "no attendee": ({"attendees": []}, "REQUIRED_FIELD_MISSING", "attendees"),
    "nobody": ({"attendees": [GOOD, {}]}, "REQUIRED_FIELD_MISSING", "attendees[1].person"),
    "an empty name": ({"attendees": [{"party": "-"}]}, "REQUIRED_FIELD_MISSING", "attendees[0].party"),
    "person and party": (
        {"attendees": [{"person": "xi", "party": "CN"}]}, "INVALID_VALUE", "attendees[0].party"
    ),
    "33 attendees": ({"attendees": [GOOD] * 33}, "TOO_MANY_VALUES", "attendees"),
    "25:00": ({"attendees": [{**GOOD, "opens": clock("25:00")}]}, "INVALID_TIME", "attendees[0].opens"),
    "24:01": ({"attendees": [{**GOOD, "closes": clock("24:01")}]}, "INVALID_TIME", "attendees[0].closes"),
    "08:60": ({"attendees": [{**GOOD, "opens": clock("8:60")}]}, "INVALID_TIME", "attendees[0].opens"),
    "minutes before the hour": (
        {"attendees": [{**GOOD, "opens": clock("9:-1")}]}, "INVALID_TIME", "attendees[0].opens"
    ),
    "seconds": (
        {"attendees": [{**GOOD, "closes": {"hours": 9, "seconds": 1}}]}, "INVALID_TIME", "attendees[0].closes"
    ),
    "an unspecified day": (
        {"attendees": [{**GOOD, "days_off": [0]}]}, "INVALID_VALUE", "attendees[0].days_off[0]"
    ),
    "closes before it opens": (
        {"attendees": [{**GOOD, "opens": clock("18:00"), "closes": clock("09:00")}]},
        *("END_BEFORE_START", "attendees[0].closes"),
    ),
    "opens at the end of the day": (
        {"attendees": [{**GOOD, "opens": clock("24:00")}]}, "END_BEFORE_START", "attendees[0].closes"
    ),
    "an eighth day": (
        {"attendees": [{**GOOD, "days_off": [7, 8]}]}, "INVALID_VALUE", "attendees[0].days_off[1]"
    ),
    "a zone that is none": (
        {"attendees": [{**GOOD, "time_zone": "Asia/Astana"}]},
        *("UNKNOWN_TIME_ZONE", "attendees[0].time_zone"),
    ),
    "no duration": ({"duration": None}, "INVALID_VALUE", "duration"),
    "no minutes": ({"duration": "0s"}, "INVALID_VALUE", "duration"),
    "half a minute": ({"duration": "90s"}, "INVALID_VALUE", "duration"),
    "a part of a second": ({"duration": "60.5s"}, "INVALID_VALUE", "duration"),
    "more than a day": ({"duration": "86460s"}, "INVALID_VALUE", "duration"),
    "a margin less than none": ({"margin": "-60s"}, "INVALID_VALUE", "margin"),
    "a margin of more than a day": ({"margin": "86460s"}, "INVALID_VALUE", "margin"),
    "no window": ({"window": None}, "WINDOW_MISSING", "window"),
    "instants": ({"window": {"instants": {}}}, "INVALID_VALUE", "window.instants"),
    "possible": ({"window": {"dates": JULY_4, "matching": "MATCH_CERTAINTY_POSSIBLE"}}, "INVALID_VALUE", "window.matching"),
    "no day": ({"window": {"dates": {"time_zone": ALMATY}}}, "REQUIRED_FIELD_MISSING", "window.dates.first_date"),
    "no such day": ({"window": {"dates": {**JULY_4, "first_date": "2024-02-30"}}}, "INVALID_DATE", "window.dates.first_date"),
    "backwards": ({"window": {"dates": {**JULY_4, "last_date": "2024-07-03"}}}, "END_BEFORE_START", "window.dates.last_date"),
    "367 days": ({"window": {"dates": {**JULY_4, "last_date": "2025-07-05"}}}, "WINDOW_TOO_LONG", "window.dates.last_date"),
    "before the year 1900": ({"window": {"dates": {**JULY_4, "first_date": "1899-12-31", "last_date": ""}}}, "INVALID_VALUE", "window.dates.first_date"),
    "after the year 2200": ({"window": {"dates": {**JULY_4, "first_date": "2200-12-31", "last_date": "2201-01-01"}}}, "INVALID_VALUE", "window.dates.last_date"),
    "the last day of dates": ({"window": {"dates": {**JULY_4, "first_date": "9999-12-31", "last_date": ""}}}, "INVALID_VALUE", "window.dates.first_date"),
    "a page of less than none": ({"page_size": -1}, "INVALID_VALUE", "page_size"),
    "a token of another query": ({"page_token": "abcd"}, "INVALID_PAGE_TOKEN", "page_token"),
    "a parent of another form": ({"parent": "c"}, "INVALID_NAME", "parent"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "reason", "field"), REFUSED.values(), ids=REFUSED)
def test_refusals(api: Any, change: dict[str, Any], reason: str, field: str) -> None:
    request = {
        "parent": "calendars/c",
        "attendees": [GOOD],
        "duration": "1800s",
        "window": {"dates": JULY_4},
    }
    refusal = api.refusal("FindMeetingWindows", **{**request, **change})
    assert (refusal.reason, refusal.field) == (reason, field)


def test_366_days_are_not_too_many(api: Any) -> None:
    answer = ask(api, GOOD, day="2024-01-01", to="2024-12-31")
    assert [length(free_window) for free_window in answer.windows] == [
        366 * 1440 + 60
    ]  # Almaty went back an hour


@pytest.mark.parametrize("day", ["1900-01-01", "2200-12-31"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_first_and_last_day_with_hours_are_answered(api: Any, day: str, zone: str) -> None:
    window = {"first_date": day, "time_zone": zone}
    request = {
        "parent": "calendars/c",
        "attendees": [GOOD],
        "duration": "1800s",
        "window": {"dates": window},
    }
    assert api("FindMeetingWindows", **request).windows[0].start.startswith(day)


def test_adjacent_busy_spans_are_joined() -> None:
    busy = [[Busy(10, 20, "a"), Busy(20, 30, "b")], []]
    closed = [[], [Closed(30, 40, BlockerReason.BLOCKER_REASON_DAY_OFF)]]
    free_windows, blocks = windows(busy, closed, FreeWindow(0, 100), 10)
    assert free_windows == [FreeWindow(0, 10), FreeWindow(40, 100)]
    assert [(block.attendee, word(block.reason)) for block in blocks] == [
        (0, "busy"),
        (0, "busy"),
        (1, "day off"),
    ]

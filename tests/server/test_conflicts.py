"""Conflicts: what is told and what is not, on small cases, real data and against all pairs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from summitry.formats.profiles import read_profile
from summitry.kinds import BY_COLLECTION, Record
from summitry.v1.agenda_service_pb2 import Conflict, ConflictKind
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.summit_pb2 import Summit
from summitry.zones import default_database, format_date
from summitry_server.domain.conflicts.conflicts import Case, Survey
from summitry_server.domain.people.presence import stays
from summitry_server.domain.records.records import prepare
from summitry_server.wire.refusals import RefusedError

ALMATY = "Asia/Almaty"
ConflictRow = tuple[str, str, str, str, bool]  # kind, name, other name, subject, hard


def record(name: str, **fields: Any) -> Record:
    """Return a record of `collection/id` in calendars/c, as the server keeps it."""
    message = BY_COLLECTION[name.split("/")[0]].message()
    json_format.ParseDict({"name": f"calendars/c/{name}", **fields}, message)
    prepare(message, "record", default_database())
    return message


def detect(records: Iterable[Record], *kinds: str) -> list[ConflictRow]:
    known_records = list(records)
    case = Case(
        known_records,
        {known_record.name: known_record for known_record in known_records},
        default_database(),
    )
    numbers = [ConflictKind.Value(f"CONFLICT_KIND_{kind}") for kind in kinds]
    page = Survey(case, numbers, lambda: None).page(
        None, len(known_records) ** 2 * 100, lambda: None
    )
    assert page.end is None
    return [short(conflict) for conflict in page.conflicts]


def short(conflict: Conflict) -> ConflictRow:
    kind = ConflictKind.Name(conflict.kind).removeprefix("CONFLICT_KIND_")
    names = (name.removeprefix("calendars/c/") for name in (conflict.name, conflict.other_name))
    first, second = names
    return kind, first, second, conflict.subject, conflict.hard


def days(first: str, last: str = "") -> dict[str, Any]:
    """Days of July 2024."""
    dates = {"first_date": f"2024-07-{first}", "last_date": f"2024-07-{last or first}"}
    return {"dates": dates}


def hours(start: str, end: str = "", zone: str = ALMATY) -> dict[str, Any]:
    """Hours of July 2024: "04T10:00"."""
    span = {"start": {"civil_time": f"2024-07-{start}", "time_zone": zone}}
    if end:
        span["end"] = {"civil_time": f"2024-07-{end}", "time_zone": zone}
    return {"timed": span}


def at(town: str, region: str = "", id: str = "", language: str = "en") -> list[dict[str, Any]]:
    text = [{"text": town, "language_code": language}] if town else []
    return [{"localities": text, "region_code": region, "id": id}]


def person_named(id: str, *names: str, region: str = "") -> dict[str, Any]:
    texts = [{"text": name, "language_code": "en"} for name in names]
    return {"id": id, "names": texts, "region_code": region}


XI = person_named("xi", "Xi Jinping")
ASTANA, ALMATY_TOWN, PARIS = at("Astana", "KZ"), at("Almaty", "KZ"), at("Paris", "FR")
DAYS_3_5, TEN, ELEVEN = days("03", "05"), hours("04T10:00", "04T11:00"), hours("04T11:00")

# The person is at two times in two places: told? hard?
TWO_PLACES: dict[str, tuple[Any, Any, bool | None]] = {
    "hours that overlap": ((TEN, ASTANA, XI), (hours("04T10:30"), PARIS, XI), True),
    "hours that only touch": ((TEN, ASTANA, XI), (ELEVEN, PARIS, XI), None),
    "one instant on two calendars": (
        (hours("05T00:30", "05T02:00", "Pacific/Kiritimati"), at("Tabwakea", "KI"), XI),
        (hours("04T00:30", "04T02:00", "Pacific/Pago_Pago"), at("Pago Pago", "AS"), XI),
        True,
    ),
    "one day and hour on two clocks": (
        (hours("04T10:00", "04T11:00", "Asia/Tokyo"), at("Tokyo", "JP"), XI),
        (hours("04T10:00", "04T11:00", "Europe/Paris"), PARIS, XI),
        None,
    ),
    "an hour on a day between": ((DAYS_3_5, ASTANA, XI), (TEN, PARIS, XI), False),
    "an hour on a day of travel": ((days("04", "06"), ASTANA, XI), (TEN, PARIS, XI), None),
    "a day between": ((DAYS_3_5, ASTANA, XI), (days("04"), PARIS, XI), False),
    "the last day and the first": ((DAYS_3_5, ASTANA, XI), (days("05", "07"), PARIS, XI), None),
    "two towns on one day": ((days("04"), ASTANA, XI), (days("04"), PARIS, XI), None),
    "the same stay twice": ((DAYS_3_5, ASTANA, XI), (DAYS_3_5, ASTANA, XI), None),
    "some time in July": (
        (DAYS_3_5, ASTANA, XI),
        ({"partial": {"edtf": "2024-07"}}, PARIS, XI),
        None,
    ),
    "an outing from a long stay": (
        (hours("03T10:00", "05T11:00"), ASTANA, XI),
        (TEN, ALMATY_TOWN, XI),
        False,
    ),
    "towns of one country": ((TEN, ASTANA, XI), (TEN, ALMATY_TOWN, XI), True),
    "a town and its country": ((TEN, ASTANA, XI), (TEN, at("", "KZ"), XI), None),
    "one town in two languages": (
        (TEN, ASTANA, XI),
        (TEN, at("Астана", "KZ", language="ru"), XI),
        None,
    ),
    "one town by id": (
        (TEN, at("Astana", "KZ", "astana"), XI),
        (TEN, at("Nur-Sultan", "KZ", "astana"), XI),
        None,
    ),
    "one town by its former name": ((TEN, ASTANA, XI), (TEN, at("Nur-Sultan", "KZ"), XI), None),
    "a former name without a country": ((TEN, ASTANA, XI), (TEN, at("Tselinograd"), XI), None),
    "the former name of another town": ((TEN, ASTANA, XI), (TEN, at("Alma-Ata", "KZ"), XI), True),
    "nothing said of the place": ((TEN, [], XI), (TEN, PARIS, XI), None),
    "the same name and no id": (
        (TEN, ASTANA, XI),
        (TEN, PARIS, person_named("", "Xi Jinping")),
        False,
    ),
    "the same name of two states": (
        (TEN, ASTANA, person_named("", "Hussein", region="JO")),
        (TEN, PARIS, person_named("", "Hussein", region="IQ")),
        None,
    ),
    "the same name, two ids": (
        (TEN, ASTANA, person_named("abdullah-i", "Abdullah")),
        (TEN, PARIS, person_named("abdullah-ii", "Abdullah")),
        None,
    ),
    "a part of the name": (
        (TEN, ASTANA, person_named("", "Luis Alberto Flores")),
        (TEN, PARIS, person_named("", "Carlos Flores")),
        None,
    ),
}


@pytest.mark.parametrize(("left_time", "right_time", "hard"), TWO_PLACES.values(), ids=TWO_PLACES)
def test_a_person_in_two_places(left_time: Any, right_time: Any, hard: bool | None) -> None:
    records = [
        record(f"meetings/{id}", time=time, places=places, participants=[{"person": person}])
        for id, (time, places, person) in zip("ab", (left_time, right_time), strict=True)
    ]
    conflicts = detect(records, "PERSON_IN_TWO_PLACES")
    assert [conflict[4] for conflict in conflicts] == ([] if hard is None else [hard])
    assert detect(reversed(records), "PERSON_IN_TWO_PLACES") == conflicts


def test_text_of_a_conflict_names_few_towns() -> None:
    """A record has up to 64 places: their names made texts of 120 KiB."""
    towns = [place for number in range(60) for place in at(f"{number} " + "x" * 1000, "KZ")]
    records = [
        record(f"meetings/{name}", time=TEN, places=places, participants=[{"person": XI}])
        for name, places in (("a", towns), ("b", PARIS))
    ]
    case = Case(records, {}, default_database())
    kinds = [ConflictKind.CONFLICT_KIND_PERSON_IN_TWO_PLACES]
    survey = Survey(case, kinds, lambda: None)
    (conflict,) = survey.page(None, 9, lambda: None).conflicts
    assert "and 57 more" in conflict.message and len(conflict.message) < 500


def test_segments_of_one_visit_can_contradict_each_other() -> None:
    segments = [{"time": TEN, "places": ASTANA}, {"time": TEN, "places": PARIS}]
    visit = record("visits/v", time=DAYS_3_5, principals=[XI], segments=segments)
    assert detect([visit], "PERSON_IN_TWO_PLACES") == [
        ("PERSON_IN_TWO_PLACES", "visits/v", "", "xi", True)
    ]


def visit(id: str, time: Any, kind: str = "WORKING", host: str = "US", **more: Any) -> Record:
    fields = {"principals": [XI], "host": {"region_code": host}, "time": time, **more}
    return record(f"visits/{id}", segments=[{"kind": f"VISIT_KIND_{kind}"}], **fields)


OVERLAPS: dict[str, tuple[Record, bool]] = {
    "the same days": (visit("b", DAYS_3_5), True),
    "one day": (visit("b", days("05", "08")), True),
    "the day after": (visit("b", days("06", "08")), False),
    "another country": (visit("b", DAYS_3_5, host="KZ"), False),
    "another guest": (visit("b", DAYS_3_5, principals=[person_named("modi")]), False),
    "cancelled": (visit("b", DAYS_3_5, status="EVENT_STATUS_CANCELLED"), False),
}


@pytest.mark.parametrize(("second_visit", "is_told"), OVERLAPS.values(), ids=OVERLAPS)
def test_visits_of_one_person_that_overlap(second_visit: Record, is_told: bool) -> None:
    conflicts = detect([visit("a", DAYS_3_5, "PRIVATE"), second_visit], "OVERLAPPING_VISITS")
    expected = ("OVERLAPPING_VISITS", "visits/a", "visits/b", "xi", False)
    assert conflicts == ([expected] if is_told else [])


SUMMIT = record("summits/s", time=days("03", "04"), places=ASTANA)
TIMED_SUMMIT = record("summits/s", time=hours("03T09:00", "04T18:00"), places=ASTANA)
# (the event, presences, member, hard; None where nothing is told)
PRESENCES: dict[str, tuple[Record, list[Any], dict[str, Any], bool | None]] = {
    "for all of it": (SUMMIT, [days("03", "04")], {}, None),
    "and longer": (SUMMIT, [days("01", "05")], {}, None),
    "no day of it": (SUMMIT, [days("05", "06")], {}, True),
    "some of it": (SUMMIT, [days("04", "06")], {}, False),
    "in two goes": (SUMMIT, [days("04", "06"), days("02", "03")], {}, None),
    "in two goes, not all of it": (SUMMIT, [days("01", "02"), days("04")], {}, False),
    "some time in July": (SUMMIT, [{"partial": {"edtf": "2024-07"}}], {}, None),
    "some time in August": (SUMMIT, [{"partial": {"edtf": "2024-08"}}], {}, True),
    "hours of its days": (SUMMIT, [hours("03T10:00", "04T10:00")], {}, None),
    "hours of hours": (TIMED_SUMMIT, [hours("03T09:00", "04T18:00")], {}, None),
    "too few hours": (TIMED_SUMMIT, [hours("03T10:00", "04T10:00")], {}, False),
    "for all of it, as nothing else is said": (SUMMIT, [None], {}, None),
    "a member is late": (SUMMIT, [None], {"arrival": "05T10:00"}, True),
    "a member has left": (SUMMIT, [None], {"departure": "02T10:00"}, True),
    "a member comes on a day after it": (SUMMIT, [None], {"arrival": "05"}, True),
    "a member comes on its last day": (SUMMIT, [None], {"arrival": "04"}, None),
    "a member comes in between": (SUMMIT, [None], {"arrival": "04T10:00"}, None),
}


@pytest.mark.parametrize(("event", "presences", "edges", "hard"), PRESENCES.values(), ids=PRESENCES)
def test_presence_outside_the_event(
    event: Record, presences: list[Any], edges: dict[str, str], hard: bool | None
) -> None:
    member: dict[str, Any] = {"person": XI}
    for name, civil in edges.items():
        point = {"civil_time": f"2024-07-{civil}", "time_zone": ALMATY}
        member[name] = {"timed": {"start": point}} if "T" in civil else days(civil, civil)
    delegation = record(
        "delegations/d",
        party={"region_code": "CN"},
        engagements=[
            {"event": event.name, **({"presence": presence} if presence else {})}
            for presence in presences
        ],
        members=[member],
    )
    subject = "xi" if edges else "CN"
    expected = ("PRESENCE_OUTSIDE_EVENT", "delegations/d", "summits/s", subject, hard)
    assert detect([event, delegation], "PRESENCE_OUTSIDE_EVENT") == (
        [] if hard is None else [expected]
    )


def segments(*times: Any) -> Record:
    return record("visits/v", time=DAYS_3_5, segments=[{"time": time} for time in times])


def meeting(time: Any, **more: Any) -> Record:
    return record("meetings/m", time=time, parent_event=SUMMIT.name, **more)


PARTS: dict[str, tuple[Record, list[tuple[str, bool]]]] = {
    "segments within": (segments(days("03"), days("04", "05"), TEN), []),
    "a segment that reaches out": (segments(days("05", "06")), [("segments[0]", False)]),
    "a segment elsewhere": (segments(days("04"), days("06")), [("segments[1]", True)]),
    "a segment that may be within": (segments({"partial": {"edtf": "2024-07"}}), []),
    "a meeting within": (meeting(TEN), []),
    "a meeting the day after": (meeting(hours("05T10:00")), [("", True)]),
    "a meeting till midnight": (meeting(hours("04T22:00", "05T00:00")), []),
    "a meeting past midnight": (meeting(hours("04T22:00", "05T01:00")), [("", False)]),
    "a cancelled meeting": (meeting(days("06"), status="EVENT_STATUS_CANCELLED"), []),
    "an engagement": (
        record(
            "delegations/d",
            time=DAYS_3_5,
            engagements=[{"event": SUMMIT.name, "presence": days("07")}],
        ),
        [("engagements[0]", True)],
    ),
}


@pytest.mark.parametrize(("part", "expected"), PARTS.values(), ids=PARTS)
def test_part_outside_of_its_whole_is_reported(
    part: Record, expected: list[tuple[str, bool]]
) -> None:
    conflicts = detect([SUMMIT, part], "PART_OUTSIDE_WHOLE")
    assert [(subject, hard) for _, _, _, subject, hard in conflicts] == expected


def sourced(published: str, original_time: int = 0, *, tells: bool = False) -> Record:
    sourced_record = record(
        "summits/s",
        time=days("03", "04"),
        sources=[{"id": "paper", "published": published}],
        outcomes=[{"source_id": "paper"}] if tells else [],
    )
    sourced_record.update_time.CopyFrom(Timestamp(seconds=original_time))
    return sourced_record


RECORDED_AT = 1_746_093_600  # 2025-05-01T10:00Z
SOURCES: dict[str, tuple[Record, bool | None]] = {
    # The source of the European Political Community of 16 May 2025 in a file of 1 May.
    "after it was read": (sourced("2025-12-27", RECORDED_AT), True),
    "an hour after": (sourced("2025-05-01T12:00+01:00", RECORDED_AT), True),
    "an hour before": (sourced("2025-05-01T10:00+01:00", RECORDED_AT), None),
    "the same day": (sourced("2025-05-01", RECORDED_AT), None),
    "the year it was read": (sourced("2025", RECORDED_AT), None),
    "never written": (sourced("2025-12-27"), None),
    "outcomes told before": (sourced("2024-07-01", RECORDED_AT, tells=True), False),
    "outcomes told the day before": (sourced("2024-07-02", RECORDED_AT, tells=True), False),
    "outcomes told an hour of the day before": (
        sourced("2024-07-02T09:00+05:00", RECORDED_AT, tells=True),
        False,
    ),
    "outcomes told on the day": (sourced("2024-07-03", RECORDED_AT, tells=True), None),
    "announced before": (sourced("2024-07-01", RECORDED_AT), None),
}


@pytest.mark.parametrize(("source", "hard"), SOURCES.values(), ids=SOURCES)
def test_dates_of_sources_that_cannot_be(source: Record, hard: bool | None) -> None:
    conflicts = detect([source], "IMPOSSIBLE_SOURCE_DATE")
    expected = ("IMPOSSIBLE_SOURCE_DATE", "summits/s", "", "paper", hard)
    assert conflicts == ([] if hard is None else [expected])


PLACES: dict[str, tuple[list[Any], list[str]]] = {
    "its country": (at("Astana", "KZ"), []),
    "another country": (at("Astana", "FR"), ["Astana"]),
    "no country": (at("Astana"), []),
    "a town that is not known": (at("Pskem", "FR"), []),
    "known by another name": (
        [
            {
                "localities": [
                    {"text": "Nur-Sultan (ex Astana)", "language_code": "en"},
                    {"text": "Astana", "language_code": "fr"},
                ],
                "region_code": "KZ",
            }
        ],
        [],
    ),
    "a state that is no more": (at("Moscow", "SUHH"), []),
    "a territory": (at("Papeete", "FR"), []),
}


@pytest.mark.parametrize(("places", "expected"), PLACES.values(), ids=PLACES)
def test_places_that_are_not_in_their_country(places: list[Any], expected: list[str]) -> None:
    summit = record("summits/s", places=places)
    segment = record("visits/v", segments=[{"places": places}, {"places": places}])
    for placed_record in (summit, segment):
        conflicts = detect([placed_record], "PLACE_NOT_IN_COUNTRY")
        assert [(subject, hard) for _, _, _, subject, hard in conflicts] == [
            (town, False) for town in expected
        ]


BRASILIA = {**at("Brasília", "BR")[0], "position": {"latitude": -15.8, "longitude": -47.9}}
CENTROID = {"latitude": -10.33, "longitude": -53.20}  # of Brazil: the clocks of Cuiabá
POSITIONS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "in its town": (BRASILIA, []),
    "in the middle of its country": ({**BRASILIA, "position": CENTROID}, ["Brasília"]),
    "in a town that is not known": (
        {**at("Pskem", "BR")[0], "time_zone": "America/Sao_Paulo", "position": CENTROID},
        ["Pskem"],
    ),
    "no town and no zone": ({"region_code": "BR", "position": CENTROID}, []),
    "no coordinates": ({**at("Brasília", "BR")[0]}, []),
    "the same clocks": (
        {**at("Tashkent", "UZ")[0], "position": {"latitude": 39.65, "longitude": 66.96}},
        [],
    ),
    "a zone of maps": (
        {**at("Shanghai", "CN")[0], "position": {"latitude": 43.8, "longitude": 87.6}},
        [],
    ),
}


@pytest.mark.parametrize(("place", "expected"), POSITIONS.values(), ids=POSITIONS)
def test_coordinates_where_clocks_differ(place: dict[str, Any], expected: list[str]) -> None:
    pytest.importorskip("tzfpy", reason="the extra geo is not installed")
    summit = record("summits/s", time=days("03"), places=[place])
    conflicts = detect([summit], "POSITION_ELSEWHERE")
    assert [(subject, hard) for *_, subject, hard in conflicts] == [
        (town, False) for town in expected
    ]


def journey(arrival: str, departure: str) -> dict[str, Any]:
    points = {"arrival": arrival, "departure": departure}
    zone = {"time_zone": ALMATY}
    return {
        key: {"timed": {"start": {"civil_time": time, **zone}}}
        for key, time in points.items()
        if time
    }


@pytest.mark.parametrize(
    ("claimed", "told_of"),
    [
        (days("04", "03"), True),
        (days("03", "04"), False),
        (hours("04T10:00", "03T12:00"), True),
        (hours("04T10:00", "04T12:00"), False),
    ],
    ids=["days", "right days", "hours", "right hours"],
)
def test_claim_may_have_an_end_before_its_start(claimed: Any, told_of: bool) -> None:
    claims = [{"source_id": "listing", "field_path": "time", "time": claimed}]
    summit = record("summits/s", time=days("03"), sources=[{"id": "listing"}], claims=claims)
    assert summit.claims[0].time.resolved.start_text and summit.claims[0].time.resolved.end_text
    conflicts = detect([summit], "END_BEFORE_START")
    assert conflicts == ([("END_BEFORE_START", "summits/s", "", "time", True)] if told_of else [])
    with pytest.raises(RefusedError) as refused:
        record("summits/s", time=days("04", "03"))
    assert refused.value.reason == ErrorReason.ERROR_REASON_END_BEFORE_START


@pytest.mark.parametrize(
    ("there", "told_of"),
    [
        (journey("2024-07-04T10:00", "2024-07-02T10:00"), True),
        (journey("2024-07-02T10:00", "2024-07-04T10:00"), False),
        (journey("2024-07-04T10:00", ""), False),
    ],
    ids=["backwards", "forwards", "open"],
)
def test_a_member_who_leaves_before_arriving(there: Any, told_of: bool) -> None:
    members = [{"person": {"id": "p"}, **there}]
    conflicts = detect([record("delegations/d", members=members)], "END_BEFORE_START")
    assert conflicts == ([("END_BEFORE_START", "delegations/d", "", "p", True)] if told_of else [])


def test_claims_that_disagree() -> None:
    summit = record("summits/s", time=DAYS_3_5)
    summit.preferences.add(field_path="time", source_id="organiser", disputed=True)
    summit.preferences.add(field_path="edition", source_id="organiser")
    assert detect([summit], "CLAIMS_DISAGREE") == [
        ("CLAIMS_DISAGREE", "summits/s", "", "time", False)
    ]


SIDELINES: dict[str, tuple[Record, bool]] = {
    "a visit": (record("visits/v", time=days("04", "06"), places=ASTANA), True),
    "a segment": (
        record(
            "visits/v", time=days("01", "06"), segments=[{"time": days("04"), "places": ASTANA}]
        ),
        True,
    ),
    "a meeting of its own": (meeting(TEN, places=ASTANA), False),
    "another meeting": (record("meetings/m", time=TEN, places=ASTANA), True),
    "the former name of the town": (
        record("meetings/m", time=TEN, places=at("Nur-Sultan", "KZ")),
        True,
    ),
    "the day after": (record("visits/v", time=days("05", "06"), places=ASTANA), False),
    "another town": (record("visits/v", time=days("04"), places=ALMATY_TOWN), False),
    "a namesake of the town": (
        record("visits/v", time=days("04"), places=at("Astana", "US")),
        False,
    ),
    "the country": (record("visits/v", time=days("04"), places=at("", "KZ")), False),
    "by video": (
        record("summits/v", time=days("04"), places=ASTANA, format="EVENT_FORMAT_VIRTUAL"),
        False,
    ),
}


@pytest.mark.parametrize(("other_record", "is_told"), SIDELINES.values(), ids=SIDELINES)
def test_sidelines_of_a_summit(other_record: Record, is_told: bool) -> None:
    conflicts = detect([SUMMIT, other_record], "SIDELINES")
    assert [conflict[3] for conflict in conflicts] == (["Astana"] if is_told else [])


def test_two_visits_to_one_town_are_no_sidelines() -> None:
    visits = [record(f"visits/{id}", time=days("04"), places=ASTANA) for id in "ab"]
    assert detect(visits, "SIDELINES") == []


class Staying(NamedTuple):
    """A visit of the model: first day, length less one, country, town, person."""

    first: int
    more: int
    country: str
    town: str
    person: str


JULY = 19_905
staying = st.builds(
    Staying,
    st.integers(0, 12),
    st.integers(0, 6),
    st.sampled_from(["FR", "US"]),
    st.sampled_from(["Aix", "Bath"]),
    st.sampled_from(["a", "b"]),
)


def event(number: int, staying: Staying, collection: str) -> Record:
    first, last = (format_date(JULY + day) for day in (staying.first, staying.first + staying.more))
    common_fields = {"time": {"dates": {"first_date": first, "last_date": last}}}
    places = at(staying.town, staying.country)
    people = {"principals": [person_named(staying.person)]} if collection == "visits" else {}
    return record(f"{collection}/{number:02}", places=places, **common_fields, **people)


@given(st.lists(st.tuples(staying, st.sampled_from(["visits", "summits"])), max_size=9))
def test_conflicts_equal_a_look_at_all_pairs_and_days(drawn: list[tuple[Staying, str]]) -> None:
    records = [event(number, drawn_stay, kind) for number, (drawn_stay, kind) in enumerate(drawn)]
    expected = Counter[tuple[str, frozenset[str]]]()
    for (i, (a, kind)), (j, (b, second_kind)) in combinations(enumerate(drawn), 2):
        names = frozenset((f"{kind}/{i:02}", f"{second_kind}/{j:02}"))
        common = {
            day
            for day in range(40)
            if a.first <= day <= a.first + a.more and b.first <= day <= b.first + b.more
        }
        between = any(
            drawn_stay.first < day < drawn_stay.first + drawn_stay.more
            for drawn_stay in (a, b)
            for day in common
        )
        visits = kind == second_kind == "visits"
        same_town = (a.town, a.country) == (b.town, b.country)
        if visits and a.person == b.person and between and not same_town:
            expected["PERSON_IN_TWO_PLACES", names] += 1
        if visits and a.person == b.person and common and a.country == b.country:
            expected["OVERLAPPING_VISITS", names] += 1
        if not visits and common and same_town:
            expected["SIDELINES", names] += 1
    conflicts = detect(records)
    assert (
        Counter(
            (kind, frozenset((first, second_kind))) for kind, first, second_kind, _, _ in conflicts
        )
        == expected
    )


def query(first: str, last: str, *kinds: str, **more: Any) -> dict[str, Any]:
    dates = {"first_date": first, "last_date": last, "time_zone": "UTC"}
    names = [f"CONFLICT_KIND_{kind}" for kind in kinds]
    return {"parent": "calendars/-", "window": {"dates": dates}, "kinds": names, **more}


def fill(api: Any) -> None:
    """Return a summit, its meeting in August, a delegation that is late, and two visits of one person."""
    api.create("summits", "s", time=days("03", "04"), places=ASTANA)
    event = "calendars/c/summits/s"
    august = {"dates": {"first_date": "2024-08-01", "last_date": "2024-08-01"}}
    api.create("meetings", "m", time=august, parent_event=event)
    api.create(
        "delegations",
        "d",
        party={"id": "china"},
        engagements=[{"event": event, "presence": days("05")}],
    )
    for id in ("v1", "v2"):
        host = {"region_code": "KZ"}
        api.create("visits", id, time=days("04"), places=ASTANA, host=host, principals=[XI])


PRESENT = ("PRESENCE_OUTSIDE_EVENT", "delegations/d", "summits/s", "china", True)
BESIDE = [("SIDELINES", "summits/s", f"visits/{id}", "Astana", False) for id in ("v1", "v2")]
TWICE = ("OVERLAPPING_VISITS", "visits/v1", "visits/v2", "xi", False)
OUTSIDE = ("PART_OUTSIDE_WHOLE", "meetings/m", "summits/s", "", True)
QUERIES: dict[str, tuple[dict[str, Any], list[ConflictRow]]] = {
    "all of July": (query("2024-07-01", "2024-07-31"), [PRESENT, *BESIDE, TWICE]),
    "August, by an event of July": (query("2024-08-01", "2024-08-31"), [OUTSIDE]),
    "September": (query("2024-09-01", "2024-09-30"), []),
    "one kind": (query("2024-07-01", "2024-08-31", "PART_OUTSIDE_WHOLE"), [OUTSIDE]),
    "two kinds": (
        query("2024-07-01", "2024-08-31", "OVERLAPPING_VISITS", "PRESENCE_OUTSIDE_EVENT"),
        [PRESENT, TWICE],
    ),
    "of a person": (query("2024-07-01", "2024-08-31", filter={"persons": ["xi"]}), [TWICE]),
    "of kinds of records": (
        query("2024-07-01", "2024-07-31", filter={"kinds": ["RECORD_KIND_VISIT"]}),
        [TWICE],
    ),
}


@pytest.mark.parametrize(("request_", "expected"), QUERIES.values(), ids=QUERIES)
def test_the_service_tells_the_conflicts_of_a_window(
    api: Any, request_: dict[str, Any], expected: list[ConflictRow]
) -> None:
    fill(api)
    answer = api("FindConflicts", **request_)
    assert [short(conflict) for conflict in answer.conflicts] == expected
    pages, token = [], ""
    while not pages or token:
        page = api("FindConflicts", **request_, page_size=1, page_token=token)
        pages.extend(map(short, page.conflicts))
        token = page.next_page_token
        if not page.conflicts:
            break
    assert pages == expected


def test_conflicts_need_a_window(api: Any) -> None:
    refusal = api.refusal("FindConflicts", parent="calendars/c")
    assert (refusal.reason, refusal.field) == ("WINDOW_MISSING", "window")


@pytest.fixture(scope="module")
def real(shared_data: Path) -> list[Record]:
    """Visits and summits of the shared data, as the server keeps them."""
    collected: list[Record] = []
    for profile, file in (("state-department", "visits"), ("summits", "summits")):
        for _, message in read_profile(profile, shared_data / f"{file}.ndjson"):
            if f"/{file}/" in message.name:
                prepare(message, file, default_database())
                collected.append(message)
    return collected


def test_overlapping_visits_of_the_real_data(real: list[Record]) -> None:
    """Twelve records in six pairs. Flores of Guatemala and Flores of Honduras are two persons."""
    conflicts = detect(real, "OVERLAPPING_VISITS")
    pairs = {tuple(name.rpartition("-")[2] for name in conflict[1:3]) for conflict in conflicts}
    assert pairs == {
        ("507", "513"),
        ("508", "512"),
        ("1522", "1524"),
        ("2044", "2064"),
        ("3196", "3201"),
        ("3257", "3314"),
    }


def test_sources_disagree_on_few_of_the_real_records(real: list[Record]) -> None:
    """694 visits have claims of their one source, which disagree with nobody."""
    conflicts = detect(real, "CLAIMS_DISAGREE")
    names = {name for _, name, _, _, _ in conflicts}
    assert len(names) == 14
    assert all("/summits/" in name for name in names)


def test_both_heads_of_poland_were_in_washington_in_march_2024(real: list[Record]) -> None:
    (joint,) = (record for record in real if record.name.endswith("/hsg-visit-3246"))
    joint_stays = stays(joint, {}, default_database())
    assert [stay.person.names[0].text for stay in joint_stays] == ["Andrzej Duda", "Donald Tusk"]


def test_the_contradictions_of_presence_in_the_real_data(
    real: list[Record], shared_data: Path
) -> None:
    """Presidents abroad as the register of travels tells it, against the days of the summits.

    A stay belongs to the edition of a series that begins in its country and month, if it is filed
    under the series or its remarks name it: Carter went to London in 1977 for the G7, and spoke to
    NATO before he left. The series met twice in Brussels in 1989 and in Indonesia in 2011.
    """
    summits = [candidate for candidate in real if isinstance(candidate, Summit)]
    lines = (shared_data / "summit_attendance.ndjson").read_text(encoding="utf-8").splitlines()
    stays = [entry for entry in map(json.loads, lines) if entry["direction"] == "abroad"]
    sent = [(stay, summit) for stay in stays for summit in summits if belongs(stay, summit)]
    delegations = [
        record(
            f"delegations/{summit.name.rpartition('/')[2]}",
            party={"region_code": "US"},
            engagements=[
                {"event": summit.name, "presence": dates(stay)}
                for stay, visited in sent
                if visited is summit
            ],
        )
        for summit in {candidate.name: candidate for _, candidate in sent}.values()
    ]
    conflicts = detect([*summits, *delegations], "PRESENCE_OUTSIDE_EVENT")
    ids = {conflict[1].rpartition("/")[2]: conflict[4] for conflict in conflicts}
    assert len(delegations) > 30
    assert ids == {
        "summit-nato-summit-2005-02-25": True,
        "summit-nato-summit-4": False,
        "summit-g7-summit-7": False,
        "summit-nato-summit-2009-04-02": False,
    }


def dates(stay: dict[str, Any]) -> dict[str, Any]:
    first, last = stay["present_from"], stay["present_to"]
    return {"dates": {"first_date": first, "last_date": last, "open_end": not last}}


def belongs(stay: dict[str, Any], summit: Summit) -> bool:
    """Return true if a stay was for this edition."""
    series = json.loads(summit.original)["series"]
    names_series = series == stay["series"] or series.split()[0] in stay["text"].split()
    if not summit.time.HasField("dates") or not names_series:
        return False
    month = stay["present_from"][:7]
    at = {place.region_code for place in summit.places}
    return stay["host"]["iso2"] in at and summit.time.dates.first_date.startswith(month)

"""Claims: which is preferred and why, when they disagree, and how what is disputed is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from summitry.formats.profiles import read_profile
from summitry.v1.provenance_pb2 import SourceRank
from summitry.v1.record_pb2 import Preference
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit, VisitKind
from summitry.visits import PROTOCOL, highest_kind
from summitry.zones import default_database
from summitry_server.domain.records.claims import NEAREST_FIRST
from summitry_server.domain.records.records import prepare

RANK_ORDER = ("ORGANIZER", "PARTICIPANT", "AGENCY", "PRESS", "ENCYCLOPEDIA", "AGGREGATOR")
RANKS = {"host": "ORGANIZER", "state": "PARTICIPANT", "press": "PRESS", "daily": "PRESS"}
SOURCES = [
    *({"id": id, "rank": f"SOURCE_RANK_{rank}"} for id, rank in RANKS.items()),
    {"id": "nobody"},
]


def prepared(fields: dict[str, Any]) -> Summit:
    record: Summit = json_format.ParseDict({"name": "calendars/c/summits/s", **fields}, Summit())
    prepare(record, "summit", default_database())
    return record


def preference(claims: list[dict[str, Any]], **fields: Any) -> Preference:
    record = prepared({"sources": SOURCES, "claims": claims, **fields})
    (only,) = record.preferences
    return only


def claim_of(source: str, path: str = "time", **value: Any) -> dict[str, Any]:
    return {"source_id": source, "field_path": path, **value}


def days(first: str = "", last: str = "") -> dict[str, Any]:
    """Return whole days; an empty day is an end that is not known."""
    open_ends = {"open_start": not first, "open_end": not last}
    return {"dates": {"first_date": first, "last_date": last, **open_ends}}


def hours(start: str, end: str = "", zone: str = "Asia/Almaty") -> dict[str, Any]:
    span: dict[str, Any] = {"start": {"civil_time": start, "time_zone": zone}}
    if end:
        span["end"] = {"civil_time": end, "time_zone": zone}
    return {"timed": span}


def edtf(text: str) -> dict[str, Any]:
    return {"partial": {"edtf": text}}


@pytest.mark.parametrize(
    ("sources", "preferred", "reason"),
    [
        (["press"], "press", "the only claim, rank PRESS"),
        (["press", "host"], "host", "rank ORGANIZER before PRESS"),
        (["press", "daily"], "press", "the first of 2 of rank PRESS"),
        (["daily", "press"], "daily", "the first of 2 of rank PRESS"),
        (["nobody", "press"], "press", "rank PRESS before UNSPECIFIED"),
        (["nobody", "press", "state"], "state", "rank PARTICIPANT before PRESS"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else "",
)
def test_the_nearest_source_is_preferred(sources: list[str], preferred: str, reason: str) -> None:
    claims = [claim_of(source, "edition", number=23) for source in sources]
    assert preference(claims) == Preference(
        field_path="edition", source_id=preferred, reason=reason, disputed=False
    )


@pytest.mark.parametrize(
    ("host_value", "press_value", "disputed"),
    [
        ({"number": 17}, {"number": 17}, False),
        ({"number": 17}, {"number": 20}, True),
        ({"number": 17}, {"text": "17"}, False),
        ({"text": "Déclaration  d'Astana"}, {"text": "declaration d'astana"}, False),
        ({"text": "20 resolutions"}, {"text": "25 documents"}, True),
        (
            {"amount": {"currency_code": "USD", "units": "629"}},
            {"amount": {"currency_code": "USD", "units": "629"}},
            False,
        ),
        (
            {"amount": {"currency_code": "USD", "units": "629"}},
            {"amount": {"currency_code": "EUR", "units": "629"}},
            True,
        ),
    ],
    ids=str,
)
def test_values_that_differ_are_disputed(host_value: Any, press_value: Any, disputed: bool) -> None:
    claims = [
        claim_of("host", "outcomes", **host_value),
        claim_of("press", "outcomes", **press_value),
    ]
    assert preference(claims).disputed is disputed


def texts(**by_language: str) -> list[dict[str, str]]:
    return [{"text": text, "language_code": code} for code, text in by_language.items()]


def place(*towns: str, **more: Any) -> dict[str, Any]:
    return {"place": {"localities": texts(**dict(zip(("en", "fr"), towns, strict=False))), **more}}


def party(**fields: Any) -> dict[str, Any]:
    return {"party": fields}


def person(**fields: Any) -> dict[str, Any]:
    return {"person": fields}


# By case: the field, what one source says of it, what another does, whether they contradict.
FACTS: dict[str, tuple[str, dict[str, Any], dict[str, Any], bool]] = {
    "two towns": ("places", place("Astana"), place("Almaty"), True),
    "one town": ("places", place("Astana"), place("ASTANA", region_code="KZ"), False),
    "a former name of the town": ("places", place("Astana"), place("Nur-Sultan"), False),
    "a name in another language": ("places", place("London"), place("Londres", "Londres"), False),
    "one town, two countries": (
        "places", place("Astana", region_code="KZ"), place("Astana", region_code="UZ"), True,
    ),
    "a country and a town of it": (
        "places", place("Astana", region_code="KZ"), place(region_code="KZ"), False,
    ),
    "a venue and its town": (
        "places",
        place("Astana", venues=texts(en="Palace of Independence")), place("Astana"), False,
    ),
    "two venues": (
        "places",
        place("Astana", venues=texts(en="Akorda")),
        place("Astana", venues=texts(en="Palace of Independence")), True,
    ),
    "a town, and the same in words": ("places", place("Astana"), {"text": "astana"}, False),
    "a town, and another in words": ("places", place("Astana"), {"text": "Almaty"}, True),
    "words of a source": (
        "places", place(source_text="Astana"), place("Astana"), False,
    ),
    "two states": ("chair", party(region_code="KZ"), party(region_code="CN"), True),
    "a state by code and by name": (
        "chair", party(region_code="KZ", names=texts(en="Kazakhstan")), party(region_code="KZ"), False,
    ),
    "a state in two languages": (
        "chair",
        party(region_code="CN", names=texts(en="China")), party(region_code="CN", names=texts(fr="Chine")),
        False,
    ),
    "two companies of a country": (
        "chair",
        party(kind="PARTY_KIND_COMPANY", region_code="KZ", names=texts(en="Air Astana")),
        party(kind="PARTY_KIND_COMPANY", region_code="KZ", names=texts(en="KazMunayGas")), True,
    ),
    "another leader": ("participants", person(id="xi-jinping"), person(id="han-zheng"), True),
    "one leader": (
        "participants", person(id="xi-jinping"), person(id="xi-jinping", names=texts(en="Xi")), False,
    ),
    "a leader by names": (
        "participants", person(names=texts(en="Xi Jinping")), person(aliases=["XI JINPING"]), False,
    ),
    "a leader by id and by name": (
        "participants", person(id="xi-jinping"), person(names=texts(en="Xi Jinping")), False,
    ),
    "a town by another key": ("places", place(id="almaty"), place("Astana"), True),
    "other words of a source": ("places", place(source_text="Almaty"), place("Astana"), True),
    "a venue in the words of a source": (
        "places", place(venues=texts(en="Akorda"), source_text="at the Akorda"), place("Astana"), False,
    ),
    "a venue, and the same in words": (
        "places", place("Astana", venues=texts(en="Akorda")), {"text": "Akorda"}, False,
    ),
    "two leaders of one name": (
        "participants",
        person(id="hussein", names=texts(en="Hussein")), person(id="hussein-ii", names=texts(en="Hussein")),
        True,
    ),
    "a town by its key": ("places", place(id="astana"), place("Astana"), False),
    "a state by a former name": (
        "chair",
        party(id="drc", dated_names=[{"name": {"text": "Zaire", "language_code": "fr"}}]),
        party(names=texts(fr="Zaïre")), False,
    ),
    "a state in the words of a source": ("chair", party(source_text="Peking"), party(names=texts(de="Peking")), False),
    "a leader in the words of a source": (
        "participants", person(source_text="M. Xi"), person(names=texts(fr="M. Xi")), False,
    ),
    "a leader, and the same in words": ("participants", person(id="xi-jinping"), {"text": "Xi Jinping"}, False),
    "two statuses": (
        "status", {"status": "EVENT_STATUS_CONFIRMED"}, {"status": "EVENT_STATUS_CANCELLED"}, True,
    ),
    "one status": (
        "status", {"status": "EVENT_STATUS_NOT_HELD"}, {"status": "EVENT_STATUS_NOT_HELD"}, False,
    ),
    "a status in words": ("status", {"status": "EVENT_STATUS_NOT_HELD"}, {"text": "not held"}, False),
}  # fmt: skip


@pytest.mark.parametrize("swap", [False, True], ids=["", "swapped"])
@pytest.mark.parametrize("case", FACTS)
def test_places_parties_persons_and_statuses_that_cannot_both_be_true(
    case: str, swap: bool
) -> None:
    path, host_value, press_value, disputed = FACTS[case]
    if swap:
        host_value, press_value = press_value, host_value
    claims = [claim_of("host", path, **host_value), claim_of("press", path, **press_value)]
    assert preference(claims).disputed is disputed


# By case: a record, what is claimed, the field at fault, the reason.
UNFIT: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a place for a time": ("summits", claim_of("press", **place("Astana")), "field_path", "INVALID_VALUE"),
    "a place for a town of another message": (
        "visits", claim_of("press", "segments", **place("Astana")), "field_path", "INVALID_VALUE",
    ),
    "a party for a text": (
        "summits", claim_of("press", "series", **party(id="a")), "field_path", "INVALID_VALUE",
    ),
    "a party for persons": (
        "visits", claim_of("press", "principals", **party(id="a")), "field_path", "INVALID_VALUE",
    ),
    "a person for a party": (
        "visits", claim_of("press", "guest", **person(id="a")), "field_path", "INVALID_VALUE",
    ),
    "a status for a certainty": (
        "summits", claim_of("press", "certainty", status="EVENT_STATUS_CANCELLED"),
        "field_path", "INVALID_VALUE",
    ),
    "a status that is none": (
        "summits", claim_of("press", "status", status="EVENT_STATUS_UNSPECIFIED"),
        "status", "REQUIRED_FIELD_MISSING",
    ),
    "a place without such a country": (
        "summits", claim_of("press", "places", **place(region_code="ZZZ")),
        "place.region_code", "INVALID_VALUE",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNFIT)
def test_value_that_the_field_cannot_have_is_refused(api: Any, case: str) -> None:
    collection, claim, field, reason = UNFIT[case]
    kind = collection[:-1]
    record = {"sources": SOURCES, "claims": [claim]}
    refusal = api.refusal(
        f"Create{kind.title()}", parent="calendars/c", **{f"{kind}_id": "r", kind: record}
    )
    assert (refusal.reason, refusal.field) == (reason, f"{kind}.claims[0].{field}")


def test_another_leader_of_a_delegation_is_disputed(api: Any) -> None:
    claims = [
        claim_of("press", "members", **person(id="han-zheng")),
        claim_of("host", "members", **person(id="xi-jinping")),
    ]
    created = api.create("delegations", "cn", sources=SOURCES, claims=claims)
    (only,) = created.preferences
    assert (only.field_path, only.source_id, only.disputed) == ("members", "host", True)


def test_claimed_places_and_persons_are_no_facts(api: Any) -> None:
    claims = [
        claim_of("press", "places", **place("Almaty", region_code="KZ")),
        claim_of("press", "principals", **person(id="han-zheng")),
    ]
    api.create("visits", "v", sources=SOURCES, claims=claims)
    for filter in ({"cities": ["Almaty"]}, {"persons": ["han-zheng"]}, {"region_codes": ["KZ"]}):
        assert not api("ListVisits", parent="calendars/c", filter=filter).visits


TIMES = {
    "other days": (days("1980-06-22", "1980-06-23"), days("1980-06-21", "1980-06-23"), True),
    "equal days": (days("1980-06-22", "1980-06-23"), days("1980-06-22", "1980-06-23"), False),
    "end not known": (days("1980-06-22", "1980-06-23"), days("1980-06-22"), False),
    "start not known": (days("1980-06-22", "1980-06-23"), days("", "1980-06-23"), False),
    "another end": (days("1980-06-22", "1980-06-23"), days("", "1980-06-24"), True),
    "month around": (days("1980-06-22", "1980-06-23"), edtf("1980-06"), False),
    "another month": (days("1980-06-22", "1980-06-23"), edtf("1980-07"), True),
    "year and month": (edtf("1980"), edtf("1980-06"), False),
    "two months": (edtf("1980-05"), edtf("1980-06"), True),
    "before": (edtf("../1980-05"), edtf("1980-06"), True),
    "one instant in two zones": (
        hours("2024-07-04T10:00"),
        hours("2024-07-04T07:00", zone="Europe/Paris"),
        False,
    ),
    "same clock, two zones": (
        hours("2024-07-04T10:00"),
        hours("2024-07-04T10:00", zone="Europe/Paris"),
        True,
    ),
    "end told by one": (hours("2024-07-04T10:00"), hours("2024-07-04T10:00", "2024-07-04T12:00"), False),
    "two ends": (
        hours("2024-07-04T10:00", "2024-07-04T11:00"),
        hours("2024-07-04T10:00", "2024-07-04T12:00"),
        True,
    ),
    "hour of the day": (hours("2024-07-04T10:00"), days("2024-07-04", "2024-07-04"), False),
    "hour of another day": (hours("2024-07-04T10:00"), days("2024-07-03", "2024-07-03"), True),
    "to midnight": (
        hours("2024-07-04T10:00", "2024-07-05T00:00"),
        days("2024-07-04", "2024-07-04"),
        False,
    ),
    "past midnight": (
        hours("2024-07-04T10:00", "2024-07-05T00:01"),
        days("2024-07-04", "2024-07-04"),
        True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("swap", [False, True], ids=["", "swapped"])
@pytest.mark.parametrize("case", TIMES)
def test_times_that_cannot_both_be_true(case: str, swap: bool) -> None:
    host_time, press_time, disputed = TIMES[case]
    if swap:
        host_time, press_time = press_time, host_time
    assert (
        preference([claim_of("host", time=host_time), claim_of("press", time=press_time)]).disputed
        is disputed
    )


ONE_SOURCE = {
    "another number than the record": ([claim_of("press", "edition", number=22)], {"edition": 23}),
    "other days than the record": (
        [claim_of("press", time=days("2024-07-04", "2024-07-04"))],
        {"time": days("2024-07-03", "2024-07-04")},
    ),
    "two numbers": ([claim_of("press", "edition", number=number) for number in (22, 23)], {}),
    "the days of two runs": (
        [claim_of("press", time=days(f"2009-{day}", f"2009-{day}")) for day in ("02-27", "04-10")],
        {"time": days("2009-02-27", "2009-02-27")},
    ),
}


@pytest.mark.parametrize(("claims", "fields"), ONE_SOURCE.values(), ids=ONE_SOURCE)
def test_one_source_alone_is_no_dispute(claims: Any, fields: Any) -> None:
    assert not preference(claims, **fields).disputed


def test_sources_disagree_whatever_the_record_says() -> None:
    claims = [claim_of("press", "edition", number=22), claim_of("host", "edition", number=23)]
    assert preference(claims, edition=23).disputed


def test_each_field_has_its_own_preference() -> None:
    claims = [
        claim_of("press", time=edtf("2024")),
        claim_of("host", "edition", number=1),
        claim_of("press", "edition"),
    ]
    record = prepared({"sources": SOURCES, "claims": claims})
    assert [(p.field_path, p.source_id) for p in record.preferences] == [
        *(("edition", "host"), ("time", "press")),
    ]  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from([s["id"] for s in SOURCES]), st.integers(1, 3)),
        min_size=1,
        max_size=8,
    )
)
def test_laws_of_preferences(claims: list[tuple[str, int]]) -> None:
    """Against the rule in one line: smallest rank, none last, then the order."""
    preferred = preference(
        [claim_of(source, "edition", number=number) for source, number in claims]
    )
    order = [f"SOURCE_RANK_{rank}" for rank in (*RANK_ORDER, "UNSPECIFIED")]
    ranks = {s["id"]: s.get("rank", "SOURCE_RANK_UNSPECIFIED") for s in SOURCES}
    assert preferred.source_id == min(claims, key=lambda claim: order.index(ranks[claim[0]]))[0]
    pairs = [(first, second) for first in claims for second in claims]
    assert preferred.disputed == any(s != t and m != n for (s, m), (t, n) in pairs)


def test_every_rank_has_a_place_in_the_order() -> None:
    assert [SourceRank.Name(rank).removeprefix("SOURCE_RANK_") for rank in NEAREST_FIRST] == [
        *RANK_ORDER,
        "UNSPECIFIED",
    ]
    assert sorted(NEAREST_FIRST) == sorted(SourceRank.values())


def test_preferences_are_the_servers(api: Any) -> None:
    sent = [{"field_path": "edition", "source_id": "x", "disputed": True}]
    created = api.create("summits", "s", preferences=sent)
    assert not created.preferences
    claims = {
        "sources": SOURCES,
        "claims": [claim_of("press", "edition", number=22), claim_of("host", "edition", number=23)],
    }
    changed = api("UpdateSummit", summit={"name": created.name, **claims}).summit
    assert [p.disputed for p in changed.preferences] == [True]
    claims["claims"].pop()
    settled = api("UpdateSummit", summit={"name": created.name, **claims}).summit
    assert [p.disputed for p in settled.preferences] == [False]


def test_filters_by_dispute_and_trip(api: Any) -> None:
    claims = [claim_of("press", "trip", text="b"), claim_of("host", "trip", text="a")]
    disputed = {"sources": SOURCES, "claims": claims}
    api.create("visits", "kz", trip="xi-2024-07")
    api.create("visits", "tj", trip="xi-2024-07", **disputed)
    api.create("visits", "fr", trip="other")
    api.create("visits", "none")

    def ids_of(**filter: Any) -> list[str]:
        answer = api("ListVisits", parent="calendars/c", filter=filter)
        return [visit.name.rpartition("/")[2] for visit in answer.visits]

    assert ids_of(trips=["xi-2024-07"]) == ["kz", "tj"]
    assert ids_of(trips=["xi-2024-07", "other"]) == ["fr", "kz", "tj"]
    assert ids_of(trips=["xi"]) == []
    assert ids_of(disputed=True) == ["tj"]
    assert ids_of(disputed=True, trips=["other"]) == []
    assert ids_of(disputed=False) == ["fr", "kz", "none"]
    assert len(ids_of()) == 4


# What the data says differently in two places, and cannot both be so; each read by eye. Where one
# source only knows less ("June", one day of several without an end), nothing is disputed; nor where
# one source alone says two things: the runs of a meeting that was suspended, two tables of a page.
DISPUTED = {
    *("arab-league-summit-4", "arab-league-summit-7"),
    *("apec-economic-leaders-meeting-8", "brics-summit-17", "unfccc-cop-6"),
    *("g20-summit-1", "g20-summit-18", "g7-summit-6", "g7-summit-7"),
    *("nato-summit-2005-02-25", "nato-summit-2009-04-02"),
    *(f"sco-council-of-heads-of-state-{edition}" for edition in (1, 3, 24)),
}


def test_disputes_of_real_summits(shared_data: Path) -> None:
    disputes = {}
    for _, record in read_profile("summits", shared_data / "summits.ndjson"):
        prepare(record, "summit", default_database())
        if disputed := [p for p in record.preferences if p.disputed]:
            disputes[record.name.rpartition("/")[2].removeprefix("summit-")] = disputed
    assert set(disputes) == DISPUTED
    (venice,) = disputes["g7-summit-6"]
    assert venice.reason == "rank PARTICIPANT before ENCYCLOPEDIA"
    (brussels,) = disputes["nato-summit-2005-02-25"]
    assert brussels.reason == "rank PARTICIPANT before ENCYCLOPEDIA", "it was right"


@pytest.mark.parametrize(
    ("kinds", "highest"),
    [
        ([], "UNSPECIFIED"),
        (["PRIVATE", "STATE", "TRANSIT"], "STATE"),
        (["PRIVATE", "WORKING"], "WORKING"),
        (["OTHER", "INSPECTION_OF_OWN_FORCES"], "INSPECTION_OF_OWN_FORCES"),
        (["UNSPECIFIED", "OTHER"], "OTHER"),
    ],
    ids=str,
)
def test_kind_of_a_visit_is_the_highest_of_its_segments(kinds: list[str], highest: str) -> None:
    segments = [{"kind": f"VISIT_KIND_{kind}"} for kind in kinds]
    visit = json_format.ParseDict({"segments": segments}, Visit())
    assert VisitKind.Name(highest_kind(visit)) == f"VISIT_KIND_{highest}"


def test_every_kind_of_visit_has_a_rank() -> None:
    assert sorted(PROTOCOL) == sorted(VisitKind.values())

"""Editions, hosts, and sources that disagree or cannot be right, one test per case."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.v1.filter_pb2 import Filter
from summitry.v1.record_pb2 import EventStatus

CANCELLED = EventStatus.EVENT_STATUS_CANCELLED


def test_n12_a_cancelled_edition_is_kept_and_no_number_is_computed(desk: Any, make: Any) -> None:
    for year, edition, days in (
        (2018, 26, ("2018-11-17", "2018-11-18")),
        (2019, 0, ("2019-11-16", "2019-11-17")),
        (2020, 27, ("2020-11-20", "2020-11-20")),
    ):
        made = desk.put(f"summits/apec-{year}", make.dates(*days), series="apec", edition=edition)
        if not edition:
            desk.act("cancel", made, "unrest in Santiago")
    assert desk.found("summits") == ["apec-2018", "apec-2019", "apec-2020"]
    assert desk.found("summits", statuses=[CANCELLED]) == ["apec-2019"]
    kept = desk.client.get("calendars/c/summits/apec-2019")
    assert (kept.edition, kept.status_changes[0].reason) == (0, "unrest in Santiago")
    assert "STATUS:CANCELLED" in desk.feed()["apec-2019"]
    assert desk.when("apec-2019") == ["DTSTART;VALUE=DATE:20191116", "DTEND;VALUE=DATE:20191118"]


def test_n22_two_visits_of_a_king_at_once_are_kept_and_linked(desk: Any, make: Any) -> None:
    king = [make.person("abdullah-ii", "Abdullah II bin Al-Hussein", region_code="JO")]
    host = {"region_code": "US"}
    for id, kind, days in (
        ("hsg-1522", "PRIVATE", ("2002-01-30", "2002-02-01")),
        ("hsg-1524", "WORKING", ("2002-02-01", "2002-02-01")),
    ):
        segments = [{"kind": f"VISIT_KIND_{kind}"}]
        desk.put(f"visits/{id}", make.dates(*days), segments=segments, principals=king, host=host)
    assert desk.on("2002-02-01") == ["hsg-1522", "hsg-1524"]
    found = desk.warned("OVERLAPPING_VISITS", "2002-02-01")
    assert found == [("hsg-1522", "hsg-1524", "abdullah-ii", "")], "a hint, and nothing is merged"


def test_n24_three_sources_and_three_answers(desk: Any, make: Any) -> None:
    said = {"encyclopedia": ("22", "23"), "agency": ("21", "23"), "participant": ("21", "24")}
    claims = [
        {"source": source, "field_path": "time", "time": make.dates(f"1980-06-{a}", f"1980-06-{b}")}
        for source, (a, b) in said.items()
    ]
    made = desk.put(
        "summits/venice", make.dates("1980-06-21", "1980-06-24"), claims=claims,
        sources=[make.source(rank, rank.upper(), publisher=f"An {rank}") for rank in said],
    )  # fmt: skip
    assert [claim.source for claim in made.claims] == list(said), "all are kept as they came"
    (preferred,) = made.preferences
    assert (preferred.field_path, preferred.source, preferred.disputed) == (
        "time", "participant", True,
    )  # fmt: skip
    assert preferred.reason == "rank PARTICIPANT before AGENCY"
    assert desk.found("summits", disputed=True) == ["venice"]
    (about,) = (line for line in desk.feed()["venice"] if line.startswith("DESCRIPTION"))
    assert "An encyclopedia" in about and "An participant" in about


def test_n25_a_known_presence_refutes_the_days_of_a_source(desk: Any, make: Any) -> None:
    for id, town, days, there in (
        ("nato-2005", ("Brussels", "BE"), ("2005-02-25", "2005-02-25"), ("02-20", "02-23")),
        ("nato-2009", ("Strasbourg", "FR"), ("2009-04-02", "2009-04-03"), ("04-03", "04-04")),
        ("nato-2010", ("Lisbon", "PT"), ("2010-11-19", "2010-11-20"), ("11-19", "11-20")),
    ):
        summit = desk.put(f"summits/{id}", make.dates(*days), places=[make.town(*town)])
        presence = make.dates(*(f"{id[5:]}-{day}" for day in there))
        engagements = [{"event": summit.name, "presence": presence}]
        desk.put(f"delegations/us-{id}", party={"region_code": "US"}, engagements=engagements)
    found = desk.warned("PRESENCE_OUTSIDE_EVENT", "2005-01-01", "2010-12-31")
    assert [({*one[:2]}, one[-1]) for one in found] == [
        ({"nato-2005", "us-nato-2005"}, "hard"),
        ({"nato-2009", "us-nato-2009"}, ""),
    ]


def test_n27_one_summit_in_two_countries(desk: Any, make: Any) -> None:
    places = [make.town("Strasbourg", "FR"), make.town("Kehl", "DE")]
    hosts = [{"region_code": "FR"}, {"region_code": "DE"}]
    days = make.dates("2009-04-03", "2009-04-04")
    desk.put("summits/nato", days, places=places, hosts=hosts)
    assert [desk.found("summits", region_codes=[code]) for code in ("FR", "DE", "BE")] == [
        ["nato"], ["nato"], [],
    ]  # fmt: skip
    assert [desk.found("summits", cities=[town]) for town in ("Kehl", "strasbourg")] == [
        ["nato"], ["nato"],
    ]  # fmt: skip
    (place,) = (line for line in desk.feed()["nato"] if line.startswith("LOCATION"))
    assert place.partition(":")[2] == r"Strasbourg\, FR / Kehl\, DE"


def test_n30_the_trip_is_not_the_summit(desk: Any, make: Any) -> None:
    xi = make.person("xi-jinping", "Xi Jinping")
    astana, dushanbe = make.town("Astana", "KZ"), make.town("Dushanbe", "TJ")
    summit = desk.put("summits/sco-24", make.dates("2024-07-03", "2024-07-04"), places=[astana])
    stay = [
        {"kind": "VISIT_KIND_STATE", "time": make.dates("2024-07-02", "2024-07-03")},
        {"kind": "VISIT_KIND_MULTILATERAL_ATTENDANCE",
         "time": make.dates("2024-07-03", "2024-07-04")},
    ]  # fmt: skip
    for id, place, days, segments in (
        ("kz", astana, ("2024-07-02", "2024-07-04"), stay),
        ("tj", dushanbe, ("2024-07-04", "2024-07-06"), []),
    ):
        desk.put(
            f"visits/{id}", make.dates(*days), places=[place], segments=segments,
            principals=[xi], trip="xi-2024-07",
        )  # fmt: skip
    engaged = [{"event": summit.name}]
    desk.put("delegations/cn", engagements=engaged, members=[{"person": xi}])
    assert desk.found("visits", trips=["xi-2024-07"]) == ["kz", "tj"]
    assert [desk.on(f"2024-07-0{day}") for day in (2, 3, 6)] == [["kz"], ["kz", "sco-24"], ["tj"]]
    assert desk.located("xi-jinping", "2024-07-03") == ["Astana"] * 3, (
        "the visit, twice, the summit"
    )
    assert desk.located("xi-jinping", "2024-07-05") == ["Dushanbe"]
    for kind in ("PERSON_IN_TWO_PLACES", "PART_OUTSIDE_WHOLE", "PRESENCE_OUTSIDE_EVENT"):
        assert desk.warned(kind, "2024-07-01", "2024-07-07") == []


def test_n33_the_hour_of_a_form_is_told_by_the_programme(desk: Any, make: Any) -> None:
    printed = {"timed": {"start": {"instant": "2018-02-22T16:00:00Z"},
                         "end": {"instant": "2018-02-22T20:30:00Z"}}}  # fmt: skip
    form = desk.put("summits/sherpas", printed)
    zone = "America/Argentina/Buenos_Aires"
    opening = make.timed("2018-02-22T08:00", zone, "2018-02-22T08:30")
    desk.put("meetings/opening", opening, parent_event=form.name)
    found = desk.warned("PART_OUTSIDE_WHOLE", "2018-02-22")
    assert [(*one[:2], one[-1]) for one in found] == [("opening", "sherpas", "hard")]


def test_n36_an_edition_is_a_claim_and_no_key(desk: Any, make: Any) -> None:
    samarkand = make.dates("2022-09-15", "2022-09-16")
    series = {"series": "sco-council-of-heads-of-state"}
    desk.put("summits/samarkand", samarkand, edition=22, **series)
    sources = [make.source("ministry", "PARTICIPANT"), make.source("secretariat", "ORGANIZER")]
    claims = [
        {"source": source, "field_path": "edition", "number": number}
        for source, number in (("ministry", "22"), ("secretariat", "23"))
    ]
    delhi = desk.put(
        "summits/delhi", make.dates("2023-07-04", "2023-07-04"), edition=22,
        sources=sources, claims=claims, **series,
    )  # fmt: skip
    assert delhi.edition == 22, "the same number twice is lawful"
    (preferred,) = delhi.preferences
    assert (preferred.source, preferred.disputed) == ("secretariat", True)
    assert desk.warned("CLAIMS_DISAGREE", "2023-07-04") == [("delhi", "edition", "")]
    assert desk.change(delhi, edition=23).uid == delhi.uid


def test_n37_the_key_is_the_body_with_the_edition(desk: Any, make: Any) -> None:
    for id, body, edition, day in (
        ("dushanbe", "sco-heads-of-state", 21, "2021-09-17"),
        ("nur-sultan", "sco-heads-of-government", 20, "2021-11-25"),
        ("virtual", "sco-heads-of-state", 20, "2020-11-10"),
    ):
        party = {"kind": "PARTY_KIND_BODY", "id": body}
        facts = {"organization": party, "series": body, "edition": edition}
        desk.put(f"summits/{id}", make.dates(day, day), **facts)
    assert desk.found("summits", organizations=["sco-heads-of-state"]) == ["dushanbe", "virtual"]
    of_2021 = Filter(organizations=["sco-heads-of-government"])
    of_2021.window.dates.first_date, of_2021.window.dates.last_date = "2021-01-01", "2021-12-31"
    of_2021.window.dates.time_zone = "UTC"
    (found,) = desk.client.list("summits", "calendars/c", filter=of_2021)
    assert (found.edition, found.series) == (20, "sco-heads-of-government")


def test_n45_a_town_in_another_country_is_a_warning(desk: Any, make: Any) -> None:
    day = make.dates("1997-02-13", "1997-02-13")
    for id, town, country in (("a", "Dhahran", "BH"), ("b", "Erevan", "TR"), ("c", "Manama", "BH")):
        desk.put(f"visits/{id}", day, places=[make.town(town, country)])
    found = desk.warned("PLACE_NOT_IN_COUNTRY", "1997-02-13")
    assert found == [("a", "Dhahran", ""), ("b", "Erevan", "")]
    assert desk.found("visits", region_codes=["BH"]) == ["a", "c"], "kept as it was given"


def test_n46_coordinates_of_a_centroid_are_a_warning(desk: Any, make: Any) -> None:
    pytest.importorskip("tzfpy", reason="the extra geo is not installed")
    centroid = {"position": {"latitude": -10.33, "longitude": -53.20}}
    day = make.dates("2025-03-28", "2025-03-28")
    desk.put("meetings/m", day, places=[{**make.town("Brasília", "BR"), **centroid}])
    assert desk.warned("POSITION_ELSEWHERE", "2025-03-28") == [("m", "Brasília", "")]


def test_n60_two_summits_in_one_town_are_two_with_a_hint(desk: Any, make: Any) -> None:
    town = [make.town("Yekaterinburg", "RU")]
    desk.put("summits/sco-9", make.dates("2009-06-15", "2009-06-16"), places=town)
    desk.put("summits/bric-1", make.dates("2009-06-16", "2009-06-16"), places=town)
    assert desk.on("2009-06-16") == ["sco-9", "bric-1"]
    assert desk.warned("SIDELINES", "2009-06-16") == [("sco-9", "bric-1", "Yekaterinburg", "")]


def test_n61_a_source_from_after_it_was_read_is_a_warning(desk: Any, make: Any) -> None:
    day = make.dates("2025-05-16", "2025-05-16")
    sources = [make.source("council", published="2025-12-27"), make.source("agency")]
    made = desk.put("summits/epc", day, sources=sources)
    assert made.sources[0].published == "2025-12-27"
    assert desk.warned("IMPOSSIBLE_SOURCE_DATE", "2025-05-16") == [("epc", "council", "hard")]

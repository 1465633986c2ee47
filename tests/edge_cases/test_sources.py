"""Editions, hosts, and sources that disagree or cannot be right, one test per case."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.filter_pb2 import DateWindow, Filter, TimeWindow

CANCELLED = EventStatus.EVENT_STATUS_CANCELLED


def test_n12_cancelled_edition_stays_without_a_number(desk: Any, make: Any) -> None:
    for year, edition, days in (
        (2018, 26, ("2018-11-17", "2018-11-18")),
        (2019, 0, ("2019-11-16", "2019-11-17")),
        (2020, 27, ("2020-11-20", "2020-11-20")),
    ):
        summit = desk.put(f"summits/apec-{year}", make.dates(*days), series="apec", edition=edition)
        if not edition:
            desk.transition("cancel", summit, "unrest in Santiago")
    assert desk.find("summits") == ["apec-2018", "apec-2019", "apec-2020"]
    assert desk.find("summits", statuses=[CANCELLED]) == ["apec-2019"]
    cancelled_summit = desk.client.get("calendars/c/summits/apec-2019")
    assert (cancelled_summit.edition, cancelled_summit.status_changes[0].reason) == (
        0,
        "unrest in Santiago",
    )
    assert "STATUS:CANCELLED" in desk.feed()["apec-2019"]
    assert desk.time_lines("apec-2019") == [
        "DTSTART;VALUE=DATE:20191116",
        "DTEND;VALUE=DATE:20191118",
    ]


def test_n22_overlapping_visits_of_a_person_are_a_warning(desk: Any, make: Any) -> None:
    king = [make.person("abdullah-ii", "Abdullah II bin Al-Hussein", region_code="JO")]
    host = {"region_code": "US"}
    for id, kind, days in (
        ("hsg-1522", "PRIVATE", ("2002-01-30", "2002-02-01")),
        ("hsg-1524", "WORKING", ("2002-02-01", "2002-02-01")),
    ):
        segments = [{"kind": f"VISIT_KIND_{kind}"}]
        desk.put(f"visits/{id}", make.dates(*days), segments=segments, principals=king, host=host)
    assert desk.agenda_ids("2002-02-01") == ["hsg-1522", "hsg-1524"]
    conflicts = desk.conflicts("OVERLAPPING_VISITS", "2002-02-01")
    assert conflicts == [("hsg-1522", "hsg-1524", "abdullah-ii", "")], (
        "a hint, and nothing is merged"
    )


def test_n24_disagreeing_sources_are_stored_and_one_is_preferred(desk: Any, make: Any) -> None:
    days_by_source = {
        "encyclopedia": ("22", "23"),
        "agency": ("21", "23"),
        "participant": ("21", "24"),
    }
    claims = [
        {
            "source_id": source,
            "field_path": "time",
            "time": make.dates(f"1980-06-{a}", f"1980-06-{b}"),
        }
        for source, (a, b) in days_by_source.items()
    ]
    summit = desk.put(
        "summits/venice", make.dates("1980-06-21", "1980-06-24"), claims=claims,
        sources=[make.source(rank, rank.upper(), publisher=f"An {rank}") for rank in days_by_source],
    )  # fmt: skip
    assert [claim.source_id for claim in summit.claims] == list(days_by_source), (
        "all are kept as they came"
    )
    (preference,) = summit.preferences
    assert (preference.field_path, preference.source_id, preference.disputed) == (
        "time", "participant", True,
    )  # fmt: skip
    assert preference.reason == "rank PARTICIPANT before AGENCY"
    assert desk.find("summits", disputed=True) == ["venice"]
    (description,) = (line for line in desk.feed()["venice"] if line.startswith("DESCRIPTION"))
    assert "An encyclopedia" in description and "An participant" in description


def test_n25_presence_outside_the_event_is_a_conflict(desk: Any, make: Any) -> None:
    for id, town, days, presence_days in (
        ("nato-2005", ("Brussels", "BE"), ("2005-02-25", "2005-02-25"), ("02-20", "02-23")),
        ("nato-2009", ("Strasbourg", "FR"), ("2009-04-02", "2009-04-03"), ("04-03", "04-04")),
        ("nato-2010", ("Lisbon", "PT"), ("2010-11-19", "2010-11-20"), ("11-19", "11-20")),
    ):
        summit = desk.put(f"summits/{id}", make.dates(*days), places=[make.town(*town)])
        presence = make.dates(*(f"{id[5:]}-{day}" for day in presence_days))
        engagements = [{"event": summit.name, "presence": presence}]
        desk.put(f"delegations/us-{id}", party={"region_code": "US"}, engagements=engagements)
    conflicts = desk.conflicts("PRESENCE_OUTSIDE_EVENT", "2005-01-01", "2010-12-31")
    assert [({*conflict[:2]}, conflict[-1]) for conflict in conflicts] == [
        ({"nato-2005", "us-nato-2005"}, "hard"),
        ({"nato-2009", "us-nato-2009"}, ""),
    ]


def test_n27_summit_in_two_countries_is_found_by_both(desk: Any, make: Any) -> None:
    places = [make.town("Strasbourg", "FR"), make.town("Kehl", "DE")]
    hosts = [{"region_code": "FR"}, {"region_code": "DE"}]
    days = make.dates("2009-04-03", "2009-04-04")
    desk.put("summits/nato", days, places=places, hosts=hosts)
    assert [desk.find("summits", region_codes=[code]) for code in ("FR", "DE", "BE")] == [
        ["nato"], ["nato"], [],
    ]  # fmt: skip
    assert [desk.find("summits", cities=[town]) for town in ("Kehl", "strasbourg")] == [
        ["nato"], ["nato"],
    ]  # fmt: skip
    (place,) = (line for line in desk.feed()["nato"] if line.startswith("LOCATION"))
    assert place.partition(":")[2] == r"Strasbourg\, FR / Kehl\, DE"


def test_n30_trip_and_summit_have_separate_days(desk: Any, make: Any) -> None:
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
    engagements = [{"event": summit.name}]
    desk.put("delegations/cn", engagements=engagements, members=[{"person": xi}])
    assert desk.find("visits", trips=["xi-2024-07"]) == ["kz", "tj"]
    assert [desk.agenda_ids(f"2024-07-0{day}") for day in (2, 3, 6)] == [
        ["kz"],
        ["kz", "sco-24"],
        ["tj"],
    ]
    assert desk.towns_of("xi-jinping", "2024-07-03") == ["Astana"] * 3, (
        "the visit, twice, the summit"
    )
    assert desk.towns_of("xi-jinping", "2024-07-05") == ["Dushanbe"]
    for kind in ("PERSON_IN_TWO_PLACES", "PART_OUTSIDE_WHOLE", "PRESENCE_OUTSIDE_EVENT"):
        assert desk.conflicts(kind, "2024-07-01", "2024-07-07") == []


def test_n33_placeholder_hour_conflicts_with_the_programme(desk: Any, make: Any) -> None:
    form_time = {"timed": {"start": {"instant": "2018-02-22T16:00:00Z"},
                         "end": {"instant": "2018-02-22T20:30:00Z"}}}  # fmt: skip
    form = desk.put("summits/sherpas", form_time)
    zone = "America/Argentina/Buenos_Aires"
    opening = make.timed("2018-02-22T08:00", zone, "2018-02-22T08:30")
    desk.put("meetings/opening", opening, parent_event=form.name)
    conflicts = desk.conflicts("PART_OUTSIDE_WHOLE", "2018-02-22")
    assert [(*conflict[:2], conflict[-1]) for conflict in conflicts] == [
        ("opening", "sherpas", "hard")
    ]


def test_n36_disputed_edition_is_a_claim_and_may_repeat(desk: Any, make: Any) -> None:
    samarkand = make.dates("2022-09-15", "2022-09-16")
    series = {"series": "sco-council-of-heads-of-state"}
    desk.put("summits/samarkand", samarkand, edition=22, **series)
    sources = [make.source("ministry", "PARTICIPANT"), make.source("secretariat", "ORGANIZER")]
    claims = [
        {"source_id": source, "field_path": "edition", "number": number}
        for source, number in (("ministry", "22"), ("secretariat", "23"))
    ]
    delhi = desk.put(
        "summits/delhi", make.dates("2023-07-04", "2023-07-04"), edition=22,
        sources=sources, claims=claims, **series,
    )  # fmt: skip
    assert delhi.edition == 22, "the same number twice is lawful"
    (preference,) = delhi.preferences
    assert (preference.source_id, preference.disputed) == ("secretariat", True)
    assert desk.conflicts("CLAIMS_DISAGREE", "2023-07-04") == [("delhi", "edition", "")]
    assert desk.change(delhi, edition=23).ical_uid == delhi.ical_uid


def test_n37_equal_numbers_of_two_bodies_stay_distinct(desk: Any, make: Any) -> None:
    for id, body, edition, day in (
        ("dushanbe", "sco-heads-of-state", 21, "2021-09-17"),
        ("nur-sultan", "sco-heads-of-government", 20, "2021-11-25"),
        ("virtual", "sco-heads-of-state", 20, "2020-11-10"),
    ):
        party = {"kind": "PARTY_KIND_BODY", "id": body}
        facts = {"organization": party, "series": body, "edition": edition}
        desk.put(f"summits/{id}", make.dates(day, day), **facts)
    assert desk.find("summits", organizations=["sco-heads-of-state"]) == ["dushanbe", "virtual"]
    of_2021 = Filter(organizations=["sco-heads-of-government"])
    year = DateWindow(first_date="2021-01-01", last_date="2021-12-31", time_zone="UTC")
    window = TimeWindow(dates=year)
    (summit,) = desk.client.list("summits", "calendars/c", filter=of_2021, window=window)
    assert (summit.edition, summit.series) == (20, "sco-heads-of-government")


def test_n45_a_town_in_another_country_is_a_warning(desk: Any, make: Any) -> None:
    day = make.dates("1997-02-13", "1997-02-13")
    for id, town, country in (("a", "Dhahran", "BH"), ("b", "Erevan", "TR"), ("c", "Manama", "BH")):
        desk.put(f"visits/{id}", day, places=[make.town(town, country)])
    conflicts = desk.conflicts("PLACE_NOT_IN_COUNTRY", "1997-02-13")
    assert conflicts == [("a", "Dhahran", ""), ("b", "Erevan", "")]
    assert desk.find("visits", region_codes=["BH"]) == ["a", "c"], "kept as it was given"


def test_n46_coordinates_of_a_centroid_are_a_warning(desk: Any, make: Any) -> None:
    pytest.importorskip("tzfpy", reason="the extra geo is not installed")
    centroid = {"position": {"latitude": -10.33, "longitude": -53.20}}
    day = make.dates("2025-03-28", "2025-03-28")
    desk.put("meetings/m", day, places=[{**make.town("Brasília", "BR"), **centroid}])
    assert desk.conflicts("POSITION_ELSEWHERE", "2025-03-28") == [("m", "Brasília", "")]


def test_n60_two_summits_in_one_town_are_a_warning(desk: Any, make: Any) -> None:
    town = [make.town("Yekaterinburg", "RU")]
    desk.put("summits/sco-9", make.dates("2009-06-15", "2009-06-16"), places=town)
    desk.put("summits/bric-1", make.dates("2009-06-16", "2009-06-16"), places=town)
    assert desk.agenda_ids("2009-06-16") == ["sco-9", "bric-1"]
    assert desk.conflicts("SIDELINES", "2009-06-16") == [("sco-9", "bric-1", "Yekaterinburg", "")]


def test_n61_source_dated_after_its_reading_is_a_conflict(desk: Any, make: Any) -> None:
    day = make.dates("2025-05-16", "2025-05-16")
    sources = [make.source("council", published="2025-12-27"), make.source("agency")]
    summit = desk.put("summits/epc", day, sources=sources)
    assert summit.sources[0].published == "2025-12-27"
    assert desk.conflicts("IMPOSSIBLE_SOURCE_DATE", "2025-05-16") == [("epc", "council", "hard")]

"""States, governments, people and their names as real sources print them, one test per case."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.attendance import Turnout, attendance
from summitry.v1.party_pb2 import Level, PartyKind, PartyStatus
from summitry.v1.summit_pb2 import Summit


def test_n39_former_state_is_not_found_by_its_successor(desk: Any, make: Any) -> None:
    for id, day, guest, place in (
        ("gorbachev", "1990-05-30", make.party("FORMER_STATE", "SUHH", "U.S.S.R."), ("Minsk", "SUHH")),
        ("yeltsin", "1992-06-16", make.party("STATE", "RU", "Russia"), ("Moscow", "RU")),
        ("tito", "1978-03-07", make.party("FORMER_STATE", "YUCS", "Yugoslavia"), ("Zagreb", "YUCS")),
    ):  # fmt: skip
        desk.put(f"visits/{id}", make.dates(day, day), guest=guest, places=[make.town(*place)])
    assert desk.find("visits", region_codes=["RU"]) == ["yeltsin"], (
        "the successor state is another one"
    )
    assert desk.find("visits", region_codes=["RU", "SUHH"]) == ["gorbachev", "yeltsin"]
    assert desk.find("visits", region_codes=["YUCS"]) == ["tito"]
    assert desk.conflicts("PLACE_NOT_IN_COUNTRY", "1970-01-01", "1999-12-31") == []


def test_n40_renamed_state_is_found_by_either_name(desk: Any, make: Any) -> None:
    name = {"text": "Dahomey", "language_code": "en"}
    independence, rename_date = "1960-08-01", "1975-11-30"
    benin = make.party("STATE", "BJ", "Benin", id="benin")
    benin["dated_names"] = [{"name": name, "first_date": independence, "last_date": rename_date}]
    dahomey = {**benin, "names": [name]}
    for id, day, guest in (("maga", "1961-07-27", dahomey), ("talon", "2022-12-13", benin)):
        visit = desk.put(f"visits/{id}", make.dates(day, day), guest=guest)
    assert visit.guest.dated_names[0].last_date == rename_date
    assert desk.find("visits", region_codes=["BJ"]) == ["maga", "talon"], "counted as one"
    assert desk.find("visits", text="dahomey") == ["maga", "talon"], "by either name"
    event_lines = {id: " ".join(lines) for id, lines in desk.feed().items()}
    assert "Dahomey" in event_lines["maga"] and "Dahomey" not in event_lines["talon"], (
        "each event has the name of its day"
    )


ENTITIES = {
    "French Polynesia": ("TERRITORY", "PF"),
    "New Caledonia": ("TERRITORY", "NC"),
    "Cook Islands": ("ASSOCIATED_STATE", "CK"),
    "Niue": ("ASSOCIATED_STATE", "NU"),
    "Kosovo": ("DISPUTED", "XK"),
    "Palestinian Authority": ("PROVISIONAL_GOVERNMENT", "PS"),
    "European Commission": ("ORGANIZATION", ""),
}


@pytest.mark.parametrize(("name", "kind_and_region"), ENTITIES.items(), ids=ENTITIES)
def test_n42_party_that_is_not_a_state_is_accepted(
    desk: Any, make: Any, name: str, kind_and_region: tuple[str, str]
) -> None:
    guest = make.party(*kind_and_region, name)
    visit = desk.put("visits/v", make.dates("2023-09-25", "2023-09-26"), guest=guest)
    assert PartyKind.Name(visit.guest.kind) == f"PARTY_KIND_{kind_and_region[0]}"
    assert desk.find("visits", text=name) == ["v"]
    assert any(name in line for line in desk.feed()["v"])


def test_n43_government_in_exile_has_its_own_kind_of_party(desk: Any, make: Any) -> None:
    source_text = "Poland (government-in-exile)"
    exile = make.party(
        "GOVERNMENT_IN_EXILE", "PL", "Polish government-in-exile", source_text=source_text
    )
    state = make.party("STATE", "PL", "Poland")
    visit = desk.put("visits/sikorski", make.dates("1941-03-24", "1941-04-30"), guest=exile)
    desk.put("visits/duda", make.dates("2024-03-11", "2024-03-12"), guest=state)
    assert visit.guest.source_text == source_text
    assert desk.find("visits", region_codes=["PL"]) == ["duda", "sikorski"]
    kinds = [visit.guest.kind for visit in desk.client.list("visits", "calendars/c")]
    assert kinds == [
        PartyKind.PARTY_KIND_STATE,
        PartyKind.PARTY_KIND_GOVERNMENT_IN_EXILE,
    ], "two governments of one country"


def test_n51_delegation_may_have_two_heads(desk: Any, make: Any) -> None:
    duda = make.person("andrzej-duda", "Andrzej Duda", region_code="PL")
    tusk = make.person("donald-tusk", "Donald Tusk", region_code="PL")
    day = make.dates("2024-03-12", "2024-03-12")
    town = [make.town("Washington", "US")]
    visit = desk.put("visits/v", day, places=town, principals=[duda, tusk])
    heads = [{"person": person, "role": "DELEGATION_ROLE_HEAD"} for person in (duda, tusk)]
    engagements = [{"event": visit.name}]
    delegation = desk.put("delegations/pl", engagements=engagements, members=heads)
    assert [member.role for member in delegation.members] == [1, 1]
    for id in ("andrzej-duda", "donald-tusk"):
        assert desk.find("visits", persons=[id]) == ["v"]
        assert desk.towns_of(id, "2024-03-12") == ["Washington"] * 2, "the visit, the delegation"
    text = " ".join(desk.feed()["v"])
    assert "Andrzej Duda" in text and "Donald Tusk" in text


def test_n52_deputy_is_located_and_absent_principal_is_not(desk: Any, make: Any) -> None:
    putin = make.person("vladimir-putin", "Vladimir Putin")
    lavrov = make.person("sergey-lavrov", "Sergey Lavrov")
    summit = desk.put(
        "summits/brics-15", make.dates("2023-08-22", "2023-08-24"),
        places=[make.town("Johannesburg", "ZA")],
        participants=[
            {"person": putin, "mode": "ATTENDANCE_MODE_VIDEO", "level": "LEVEL_HEAD_OF_STATE"},
            {"person": lavrov, "mode": "ATTENDANCE_MODE_IN_PERSON", "on_behalf_of": putin,
             "level": "LEVEL_FOREIGN_MINISTER", "source_text": "for the President"},
        ],
    )  # fmt: skip
    deputy = summit.participants[1]
    assert (deputy.on_behalf_of.id, deputy.level, deputy.source_text) == (
        "vladimir-putin", Level.LEVEL_FOREIGN_MINISTER, "for the President",
    )  # fmt: skip
    assert desk.towns_of("sergey-lavrov", "2023-08-23") == ["Johannesburg"]
    assert desk.towns_of("vladimir-putin", "2023-08-23") == [], "by video he is elsewhere"
    assert desk.find("summits", persons=["vladimir-putin"]) == ["brics-15"]


def test_n54_person_is_found_by_id_or_whole_name_only(desk: Any, make: Any) -> None:
    for id, person in {
        "1959": make.person("fidel-castro", "Castro"),
        "2016": make.person("raul-castro", "Raúl Castro"),
        "1999": make.person("", "Olesegun Obsanjo"),
        "2003": make.person("olusegun-obasanjo", "Olusegun Obasanjo", aliases=["Olusegun Obsanjo"]),
        "1998": make.person("hussein", "Hussein"),
        "2024": make.person("abdullah-ii", "Abdullah II bin Al-Hussein"),
    }.items():
        desk.put(f"visits/v{id}", make.dates(f"{id}-05-01", f"{id}-05-02"), principals=[person])
    assert desk.find("visits", persons=["Castro"]) == ["v1959"], "a whole name, not a last one"
    assert desk.find("visits", persons=["Hussein"]) == ["v1998"]
    assert desk.find("visits", persons=["olusegun obsanjo"]) == ["v2003"], "by another spelling"
    assert desk.find("visits", persons=["olusegun-obasanjo"]) == ["v2003"]

    same_person = make.person("olusegun-obasanjo", "Olesegun Obsanjo")
    visit = desk.client.get("calendars/c/visits/v1999")
    desk.change(visit, principals=[same_person])
    assert desk.find("visits", persons=["olusegun-obasanjo"]) == ["v1999", "v2003"]
    desk.client.update(visit.__class__(name=visit.name, principals=visit.principals))
    assert desk.find("visits", persons=["olusegun-obasanjo"]) == ["v2003"], "and taken back"


SOURCE_TEXTS = {
    "Brigadier General Juan Melgar Castro": ("Juan Melgar Castro", "Chief of State"),
    "President- elect Ernesto Zedillo": ("Ernesto Zedillo", "President-elect"),
    "Prime Minster Mackenzie King": ("Mackenzie King", "Prime Minister"),
}


@pytest.mark.parametrize(("text", "name_and_office"), SOURCE_TEXTS.items(), ids=SOURCE_TEXTS)
def test_n55_source_text_is_stored_beside_name_and_office(
    desk: Any, make: Any, text: str, name_and_office: tuple[str, str]
) -> None:
    name, office = name_and_office
    person = make.person(
        "p", name, offices=[{"text": office, "language_code": "en"}], source_text=text
    )
    visit = desk.put("visits/v", make.dates("1975-05-01", "1975-05-02"), principals=[person])
    (principal,) = visit.principals
    assert (principal.source_text, principal.names[0].text, principal.offices[0].text) == (
        text,
        name,
        office,
    )
    assert desk.find("visits", persons=[name]) == ["v"] == desk.find("visits", persons=[text])


def test_n58_membership_depends_on_the_date(desk: Any, make: Any) -> None:
    """Members of the SCO: India and Pakistan from June 2017, Iran from July 2023, Belarus 2024."""
    body = {"kind": "PARTY_KIND_ORGANIZATION", "id": "sco"}
    table = [
        ("IN", "OBSERVER", "2005-07-05", "2017-06-08"), ("IN", "MEMBER", "2017-06-09", ""),
        ("IR", "OBSERVER", "2005-07-05", "2023-07-03"), ("IR", "MEMBER", "2023-07-04", ""),
        ("BY", "OBSERVER", "2015-07", "2024-07-03"), ("BY", "MEMBER", "2024-07-04", ""),
        ("KZ", "MEMBER", "2001-06-15", ""),
    ]  # fmt: skip
    calendar = desk.client.get("calendars/c")
    memberships = [
        {"organization": body, "party": make.party("STATE", code, ""),
         "status": f"PARTY_STATUS_{status}", "first_date": first, "last_date": last}
        for code, status, first, last in table
    ]  # fmt: skip
    calendar = desk.change(calendar, memberships=memberships)
    parties = [{"party": make.party("STATE", code, "")} for code in ("BY", "IN")]
    days = {"2016": "2016-06-24", "2017": "2017-06-09", "2024": "2024-07-04"}
    summits = {
        year: desk.put(
            f"summits/s{year}", make.dates(day, day), organization=body, participants=parties
        )
        for year, day in days.items()
    }

    def members(summit: Summit, day: str) -> list[str]:
        attendees = attendance(summit, [], calendar.memberships, day)
        member = PartyStatus.PARTY_STATUS_MEMBER
        return [attendee.party.region_code for attendee in attendees if attendee.standing == member]

    assert {year: members(summits[year], day) for year, day in days.items()} == {
        "2016": ["KZ"],
        "2017": ["IN", "KZ"],
        "2024": ["BY", "IN", "IR", "KZ"],
    }
    attendees = attendance(summits["2016"], [], calendar.memberships, days["2016"])
    assert {attendee.party.region_code: attendee.turnout for attendee in attendees} == {
        "BY": Turnout.GUEST, "IN": Turnout.GUEST, "IR": Turnout.ABSENT, "KZ": Turnout.ABSENT,
    }  # fmt: skip

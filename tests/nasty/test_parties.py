"""States, governments, people and their names as real sources print them, one test per case."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.attendance import Turnout, attendance
from summitry.v1.party_pb2 import Level, PartyKind, PartyStatus
from summitry.v1.summit_pb2 import Summit


def test_n39_a_state_that_is_no_more_is_no_successor(desk: Any, make: Any) -> None:
    for id, day, guest, place in (
        ("gorbachev", "1990-05-30", make.party("FORMER_STATE", "SUHH", "U.S.S.R."), ("Minsk", "SUHH")),
        ("yeltsin", "1992-06-16", make.party("STATE", "RU", "Russia"), ("Moscow", "RU")),
        ("tito", "1978-03-07", make.party("FORMER_STATE", "YUCS", "Yugoslavia"), ("Zagreb", "YUCS")),
    ):  # fmt: skip
        desk.put(f"visits/{id}", make.dates(day, day), guest=guest, places=[make.town(*place)])
    assert desk.found("visits", region_codes=["RU"]) == ["yeltsin"], "a successor is not meant"
    assert desk.found("visits", region_codes=["RU", "SUHH"]) == ["gorbachev", "yeltsin"]
    assert desk.found("visits", region_codes=["YUCS"]) == ["tito"]
    assert desk.warned("PLACE_NOT_IN_COUNTRY", "1970-01-01", "1999-12-31") == []


def test_n40_a_state_that_changed_its_name_is_one(desk: Any, make: Any) -> None:
    name = {"text": "Dahomey", "language_code": "en"}
    independence, renamed = "1960-08-01", "1975-11-30"
    benin = make.party("STATE", "BJ", "Benin", id="benin")
    benin["dated_names"] = [{"name": name, "first_date": independence, "last_date": renamed}]
    dahomey = {**benin, "names": [name]}
    for id, day, guest in (("maga", "1961-07-27", dahomey), ("talon", "2022-12-13", benin)):
        made = desk.put(f"visits/{id}", make.dates(day, day), guest=guest)
    assert made.guest.dated_names[0].last_date == renamed
    assert desk.found("visits", region_codes=["BJ"]) == ["maga", "talon"], "counted as one"
    assert desk.found("visits", text="dahomey") == ["maga", "talon"], "by either name"
    shown = {id: " ".join(lines) for id, lines in desk.feed().items()}
    assert "Dahomey" in shown["maga"] and "Dahomey" not in shown["talon"], "each by that of its day"


ENTITIES = {
    "French Polynesia": ("TERRITORY", "PF"),
    "New Caledonia": ("TERRITORY", "NC"),
    "Cook Islands": ("ASSOCIATED_STATE", "CK"),
    "Niue": ("ASSOCIATED_STATE", "NU"),
    "Kosovo": ("DISPUTED", "XK"),
    "Palestinian Authority": ("PROVISIONAL_GOVERNMENT", "PS"),
    "European Commission": ("ORGANIZATION", ""),
}


@pytest.mark.parametrize(("name", "what"), ENTITIES.items(), ids=ENTITIES)
def test_n42_who_is_no_state_is_not_refused(
    desk: Any, make: Any, name: str, what: tuple[str, str]
) -> None:
    guest = make.party(*what, name)
    made = desk.put("visits/v", make.dates("2023-09-25", "2023-09-26"), guest=guest)
    assert PartyKind.Name(made.guest.kind) == f"PARTY_KIND_{what[0]}"
    assert desk.found("visits", text=name) == ["v"]
    assert any(name in line for line in desk.feed()["v"])


def test_n43_a_government_in_exile_is_not_its_country(desk: Any, make: Any) -> None:
    written = "Poland (government-in-exile)"
    exile = make.party("GOVERNMENT_IN_EXILE", "PL", "Polish government-in-exile", text=written)
    state = make.party("STATE", "PL", "Poland")
    made = desk.put("visits/sikorski", make.dates("1941-03-24", "1941-04-30"), guest=exile)
    desk.put("visits/duda", make.dates("2024-03-11", "2024-03-12"), guest=state)
    assert made.guest.text == written
    assert desk.found("visits", region_codes=["PL"]) == ["duda", "sikorski"]
    kinds = [visit.guest.kind for visit in desk.client.list("visits", "calendars/c")]
    assert kinds == [
        PartyKind.PARTY_KIND_STATE,
        PartyKind.PARTY_KIND_GOVERNMENT_IN_EXILE,
    ], "two governments of one country"


def test_n51_two_heads_of_one_delegation(desk: Any, make: Any) -> None:
    duda = make.person("andrzej-duda", "Andrzej Duda", region_code="PL")
    tusk = make.person("donald-tusk", "Donald Tusk", region_code="PL")
    day = make.dates("2024-03-12", "2024-03-12")
    town = [make.town("Washington", "US")]
    visit = desk.put("visits/v", day, places=town, principals=[duda, tusk])
    heads = [{"person": one, "role": "DELEGATION_ROLE_HEAD"} for one in (duda, tusk)]
    engaged = [{"event": visit.name}]
    made = desk.put("delegations/pl", engagements=engaged, members=heads)
    assert [member.role for member in made.members] == [1, 1]
    for id in ("andrzej-duda", "donald-tusk"):
        assert desk.found("visits", persons=[id]) == ["v"]
        assert desk.located(id, "2024-03-12") == ["Washington"] * 2, "the visit, the delegation"
    text = " ".join(desk.feed()["v"])
    assert "Andrzej Duda" in text and "Donald Tusk" in text


def test_n52_the_principal_is_absent(desk: Any, make: Any) -> None:
    putin = make.person("vladimir-putin", "Vladimir Putin")
    lavrov = make.person("sergey-lavrov", "Sergey Lavrov")
    summit = desk.put(
        "summits/brics-15", make.dates("2023-08-22", "2023-08-24"),
        places=[make.town("Johannesburg", "ZA")],
        participants=[
            {"person": putin, "mode": "ATTENDANCE_MODE_VIDEO", "level": "LEVEL_HEAD_OF_STATE"},
            {"person": lavrov, "mode": "ATTENDANCE_MODE_IN_PERSON", "on_behalf_of": putin,
             "level": "LEVEL_FOREIGN_MINISTER", "text": "for the President"},
        ],
    )  # fmt: skip
    sent = summit.participants[1]
    assert (sent.on_behalf_of.id, sent.level, sent.text) == (
        "vladimir-putin", Level.LEVEL_FOREIGN_MINISTER, "for the President",
    )  # fmt: skip
    assert desk.located("sergey-lavrov", "2023-08-23") == ["Johannesburg"]
    assert desk.located("vladimir-putin", "2023-08-23") == [], "by video he is elsewhere"
    assert desk.found("summits", persons=["vladimir-putin"]) == ["brics-15"]


def test_n54_persons_are_one_by_id_and_never_by_last_name(desk: Any, make: Any) -> None:
    for id, person in {
        "1959": make.person("fidel-castro", "Castro"),
        "2016": make.person("raul-castro", "Raúl Castro"),
        "1999": make.person("", "Olesegun Obsanjo"),
        "2003": make.person("olusegun-obasanjo", "Olusegun Obasanjo", aliases=["Olusegun Obsanjo"]),
        "1998": make.person("hussein", "Hussein"),
        "2024": make.person("abdullah-ii", "Abdullah II bin Al-Hussein"),
    }.items():
        desk.put(f"visits/v{id}", make.dates(f"{id}-05-01", f"{id}-05-02"), principals=[person])
    assert desk.found("visits", persons=["Castro"]) == ["v1959"], "a whole name, not a last one"
    assert desk.found("visits", persons=["Hussein"]) == ["v1998"]
    assert desk.found("visits", persons=["olusegun obsanjo"]) == ["v2003"], "by another spelling"
    assert desk.found("visits", persons=["olusegun-obasanjo"]) == ["v2003"]

    merged = make.person("olusegun-obasanjo", "Olesegun Obsanjo")
    apart = desk.client.get("calendars/c/visits/v1999")
    desk.change(apart, principals=[merged])
    assert desk.found("visits", persons=["olusegun-obasanjo"]) == ["v1999", "v2003"]
    desk.client.update(apart.__class__(name=apart.name, principals=apart.principals))
    assert desk.found("visits", persons=["olusegun-obasanjo"]) == ["v2003"], "and taken back"


WRITTEN = {
    "Brigadier General Juan Melgar Castro": ("Juan Melgar Castro", "Chief of State"),
    "President- elect Ernesto Zedillo": ("Ernesto Zedillo", "President-elect"),
    "Prime Minster Mackenzie King": ("Mackenzie King", "Prime Minister"),
}


@pytest.mark.parametrize(("text", "said"), WRITTEN.items(), ids=WRITTEN)
def test_n55_a_title_is_kept_as_written_beside_the_office(
    desk: Any, make: Any, text: str, said: tuple[str, str]
) -> None:
    name, office = said
    person = make.person("p", name, offices=[{"text": office, "language_code": "en"}], text=text)
    made = desk.put("visits/v", make.dates("1975-05-01", "1975-05-02"), principals=[person])
    (kept,) = made.principals
    assert (kept.text, kept.names[0].text, kept.offices[0].text) == (text, name, office)
    assert desk.found("visits", persons=[name]) == ["v"] == desk.found("visits", persons=[text])


def test_n58_members_are_members_on_a_date(desk: Any, make: Any) -> None:
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
    met = {
        year: desk.put(
            f"summits/s{year}", make.dates(day, day), organization=body, participants=parties
        )
        for year, day in days.items()
    }

    def members(summit: Summit, day: str) -> list[str]:
        found = attendance(summit, [], calendar.memberships, day)
        member = PartyStatus.PARTY_STATUS_MEMBER
        return [one.party.region_code for one in found if one.standing == member]

    assert {year: members(met[year], day) for year, day in days.items()} == {
        "2016": ["KZ"],
        "2017": ["IN", "KZ"],
        "2024": ["BY", "IN", "IR", "KZ"],
    }
    came = attendance(met["2016"], [], calendar.memberships, days["2016"])
    assert {one.party.region_code: one.turnout for one in came} == {
        "BY": Turnout.GUEST, "IN": Turnout.GUEST, "IR": Turnout.ABSENT, "KZ": Turnout.ABSENT,
    }  # fmt: skip

"""Questions about people and parties: who is known, and what is said of those whom nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

DAY = {"first_date": "2024-07-04", "time_zone": "UTC"}


@pytest.fixture
def api(api: Any) -> Any:
    """Return an API with two calendars: two persons, an organisation, a former state."""
    api.create("calendars", "other")
    xi = {
        "id": "xi-jinping",
        "names": [{"text": "Си Цзиньпин", "language_code": "ru"}],
        "aliases": ["Xi Dada"],
    }
    api.create("meetings", "m", participants=[{"person": xi}])
    sco = {"id": "sco", "kind": "PARTY_KIND_ORGANIZATION", "names": [{"text": "Shanghai Group"}]}
    api.create("summits", "s", organization=sco)
    union = {"names": [{"text": "Soviet Union"}], "region_code": "SUHH"}
    days = {"dates": {"first_date": "2024-07-04", "last_date": "2024-07-04"}}
    api.create("meetings", "u", participants=[{"party": union}], time=days)
    modi = {"names": [{"text": "Narendra Modi"}]}
    api.create("meetings", "m", "calendars/other", participants=[{"person": modi}])
    return api


def windows(attendees: list[dict[str, Any]], parent: str = "calendars/c") -> dict[str, Any]:
    return {"parent": parent, "attendees": attendees, "window": {"dates": DAY}, "duration": "1800s"}


def where(persons: list[str], parent: str = "calendars/c") -> dict[str, Any]:
    return {"parent": parent, "persons": persons, "window": {"dates": DAY}}


KNOWN_PERSONS = ("xi-jinping", "XI JINPING", "Си Цзиньпин", "си-цзиньпин", "xi dada")
# What a party is called, and whether its day is free: the Soviet Union has a meeting.
KNOWN_PARTIES = {
    "code": ("FR", True),
    "code in lower case": ("fr", True),
    "code of three letters": ("fra", True),
    "code in common use": ("UK", True),
    "name": ("France", True),
    "name in lower case": ("south korea", True),
    "name with an accent left out": ("cote d'ivoire", True),
    "name in French": ("Allemagne", True),
    "name in Russian": ("Казахстан", True),
    "organisation by id": ("sco", True),
    "organisation by name": ("Shanghai Group", True),
    "code that only records have": ("SUHH", False),
    "name that only records have": ("soviet union", False),
}
UNKNOWN_PERSONS = {
    "letter missing": ("xi-jinpin", "xi-jinping"),
    "letters swapped": ("xi jniping", "xi-jinping"),
    "last name": ("Jinping", "xi-jinping"),
    "misspelt in Russian": ("Си Цзинпин", "си-цзиньпин"),
    "of another calendar": ("Narendra Modi", ""),
    "nothing like it": ("somebody", ""),
}
UNKNOWN_PARTIES = {
    "letters swapped": ("Frnace", "France"),
    "organisation misspelt": ("Shanghay Group", "shanghai-group"),
    "code of no country": ("QQ", ""),
    "unknown region of CLDR": ("ZZ", ""),
    "nothing like it": ("nowhere land", ""),
}


@pytest.mark.parametrize("name", KNOWN_PERSONS)
def test_a_known_person_is_answered(api: Any, name: str) -> None:
    assert len(api("FindMeetingWindows", **windows([{"person": name}])).windows) == 1
    assert list(api("LocatePrincipals", **where([name])).presences) == []


@pytest.mark.parametrize(("name", "is_free"), KNOWN_PARTIES.values(), ids=KNOWN_PARTIES)
def test_a_known_party_is_answered(api: Any, name: str, is_free: bool) -> None:
    answer = api("FindMeetingWindows", **windows([{"party": name}]))
    assert [free_window.duration.seconds for free_window in answer.windows] == [86_400] * is_free


@pytest.mark.parametrize(("name", "nearest"), UNKNOWN_PERSONS.values(), ids=UNKNOWN_PERSONS)
def test_an_unknown_person_is_refused_with_the_nearest(api: Any, name: str, nearest: str) -> None:
    known_id = "xi-jinping"
    refusals = (
        ("attendees[1].person", windows([{"person": known_id}, {"person": name}])),
        ("persons[1]", where([known_id, name])),
    )
    for field, request in refusals:
        rpc = "FindMeetingWindows" if "attendees" in request else "LocatePrincipals"
        refusal = api.refusal(rpc, **request)
        assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "UNKNOWN_PERSON")
        assert refusal.field == field
        assert (refusal.metadata["value"], refusal.metadata["suggestions"]) == (name, nearest)
        assert name in refusal.message
        assert nearest in refusal.message


@pytest.mark.parametrize(("name", "nearest"), UNKNOWN_PARTIES.values(), ids=UNKNOWN_PARTIES)
def test_an_unknown_party_is_refused_with_the_nearest(api: Any, name: str, nearest: str) -> None:
    refusal = api.refusal("FindMeetingWindows", **windows([{"party": name}]))
    assert (refusal.reason, refusal.field) == ("UNKNOWN_PARTY", "attendees[0].party")
    assert (refusal.metadata["value"], refusal.metadata["suggestions"]) == (name, nearest)


def test_a_person_of_another_calendar_is_known_over_all_calendars(api: Any) -> None:
    everywhere = "calendars/-"
    assert api("FindMeetingWindows", **windows([{"person": "narendra-modi"}], everywhere)).windows
    assert api.refusal("LocatePrincipals", **where(["narendra-mody"], everywhere)).metadata[
        "suggestions"
    ] == ("narendra-modi")


def test_a_person_of_a_deleted_record_is_known_and_not_suggested(api: Any) -> None:
    api("DeleteMeeting", name="calendars/c/meetings/m")
    assert api("FindMeetingWindows", **windows([{"person": "xi-jinping"}])).windows
    assert api.refusal("LocatePrincipals", **where(["xi-jinpin"])).metadata["suggestions"] == ""


def test_suggestions_follow_the_stored_names(api: Any) -> None:
    assert api.refusal("LocatePrincipals", **where(["li-qiang"])).metadata["suggestions"] == ""
    api.create("meetings", "n", participants=[{"person": {"id": "li-qian"}}])
    assert api.refusal("LocatePrincipals", **where(["li-qiang"])).metadata["suggestions"] == (
        "li-qian"
    )
    api.create("meetings", "o", participants=[{"person": {"id": "li-qiang"}}])
    assert not api("LocatePrincipals", **where(["li-qiang"])).presences

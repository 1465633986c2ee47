"""Persons and parties are found by their ids, aliases and names, and never merged by last name."""

from __future__ import annotations

from typing import Any

import pytest

OBASANJO = {
    "id": "olusegun-obasanjo",
    "names": [{"text": "Olusegun Obasanjo"}],
    "aliases": ["Olesegun Obsanjo", "Obasanjo"],
    "source_text": "Olesegun Obsanjo",
}
HUSSEIN = {"id": "hussein-of-jordan", "names": [{"text": "Hussein"}], "source_text": "Hussein"}
ABDULLAH = {
    "id": "abdullah-ii-of-jordan",
    "names": [{"text": "Abdullah II"}],
    "aliases": ["Abdullah II bin Al-Hussein"],
}
SON, FATHER = {"names": [{"text": "Joseph Kabila"}]}, {"names": [{"text": "Laurent Kabila"}]}


@pytest.fixture
def search(api: Any) -> Any:
    """Return the visits that a filter finds, among those of persons with names alike."""
    people = {"nigeria": OBASANJO, "jordan-1": HUSSEIN, "jordan-2": ABDULLAH}
    for id, person in {**people, "congo-1": SON, "congo-2": FATHER}.items():
        api.create("visits", id, principals=[person])

    def find(**filter: Any) -> list[str]:
        answer = api("ListVisits", parent="calendars/c", filter=filter)
        return [visit.name.rpartition("/")[2] for visit in answer.visits]

    return find


@pytest.mark.parametrize(
    ("person", "visits"),
    [
        ("Obasanjo", ["nigeria"]),
        ("olesegun obsanjo", ["nigeria"]),
        ("olusegun-obasanjo", ["nigeria"]),
        ("Hussein", ["jordan-1"]),
        ("Abdullah II bin Al-Hussein", ["jordan-2"]),
        ("Al-Hussein", []),
        ("Kabila", []),
        ("Joseph Kabila", ["congo-1"]),
    ],
)
def test_persons(search: Any, person: str, visits: list[str]) -> None:
    assert search(persons=[person]) == visits


@pytest.mark.parametrize(
    ("text", "visits"),
    [("obasanjo", ["nigeria"]), ("hussein", ["jordan-1", "jordan-2"]), ("kabila", ["congo-1", "congo-2"])],
)  # fmt: skip
def test_a_search_for_words_is_wider(search: Any, text: str, visits: list[str]) -> None:
    assert search(text=text) == visits


def test_organisation_is_found_by_its_former_names(api: Any) -> None:
    name = {
        "name": {"text": "Shanghai Five"},
        "first_date": "1996-04-26",
        "last_date": "2001-06-15",
    }
    party = {"kind": "PARTY_KIND_BODY", "id": "sco", "dated_names": [name]}
    created = api.create("summits", "s", organization=party)
    for filter in ({"organizations": ["Shanghai Five"]}, {"text": "shanghai five"}):
        answer = api("ListSummits", parent="calendars/c", filter=filter)
        assert [summit.name for summit in answer.summits] == [created.name]


@pytest.mark.parametrize("date", ["1971-10-27", "1971-10", "1971"])
def test_names_hold_from_a_date_of_any_precision(api: Any, date: str) -> None:
    name = {"name": {"text": "Zaire"}, "first_date": date}
    created = api.create("visits", "v", guest={"dated_names": [name]})
    assert created.guest.dated_names[0].first_date == date


@pytest.mark.parametrize("field", ["first_date", "last_date"])
def test_invalid_validity_of_a_name_is_refused(api: Any, field: str) -> None:
    party = {"dated_names": [{"name": {"text": "Zaire"}, field: "27 October 1971"}]}
    request = {"parent": "calendars/c", "visit_id": "v", "visit": {"guest": party}}
    refusal = api.refusal("CreateVisit", **request)
    assert refusal.reason == "INVALID_PARTIAL_DATE"
    assert refusal.field == f"visit.guest.dated_names[0].{field}"


def test_memberships_of_a_calendar_are_dated(api: Any) -> None:
    calendar = {"name": "calendars/c", "memberships": [{"first_date": "soon"}]}
    refusal = api.refusal("UpdateCalendar", calendar=calendar)
    assert refusal.field == "calendar.memberships[0].first_date"

"""Questions that desks ask of real data, with the answers that people worked out by hand.

The facts of travels abroad are from the Office of the Historian (CC0), which numbers them; visits,
summits and who attended are read from the data beside the checkout.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import icalendar
import pytest
import vobject

from summitry.attendance import Turnout, attendance
from summitry.formats.date_words import read_days
from summitry.v1.filter_pb2 import Filter, MatchCertainty
from summitry.v1.participant_pb2 import DelegationRole
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit

CERTAIN = MatchCertainty.MATCH_CERTAINTY_CERTAIN


def travel(number: int, person: str, town: str, *days: tuple[str, str]) -> dict[str, Any]:
    """Return a visit of the register of travels; each pair is a run of days."""
    spans = [{"dates": {"first_date": first, "last_date": last}} for first, last in days]
    envelope = {"dates": {"first_date": days[0][0], "last_date": days[-1][1]}}
    return {
        "name": f"calendars/travels/visits/t{number}",
        "time": envelope,
        "places": [{"localities": [{"text": town}]}],
        "principals": [{"names": [{"text": person}]}],
        "segments": [{"time": span} for span in spans] if len(spans) > 1 else [],
    }


def test_who_was_in_geneva_on_1_november_1955(desk: Any) -> None:
    """Travels 799 and 800: Dulles was at the conference, and for the day in Madrid."""
    desk.put({"name": "calendars/travels"})
    dulles, day = "John Foster Dulles", "1955-11-01"
    desk.put(travel(799, dulles, "Geneva", ("1955-10-27", "1955-11-16")))
    desk.put(travel(800, dulles, "Madrid", (day, day)))
    in_geneva = Filter(cities=["Geneva"])
    (item,) = desk.client.agenda(first_date=day, filter=in_geneva)
    assert item.record.visit.principals[0].names[0].text == dulles
    stays = desk.located(dulles, day)
    towns = [(stay.places[0].localities[0].text, stay.matching) for stay in stays]
    assert towns == [("Geneva", CERTAIN), ("Madrid", CERTAIN)]


def test_where_was_kissinger_on_5_may_1974(desk: Any) -> None:
    """Travels 1028 and 1029; the envelope of the former covers the day, its days do not."""
    desk.put({"name": "calendars/travels"})
    kissinger, may = "Henry A. Kissinger", "1974-05-"
    syria = ["03-04", "12-12", "14-14", "16-17", "18-18", "20-23", "25-29"]
    israel = ["02-03", "04-12", "13-13", "15-15", "16-16", "18-18", "19-20"]
    for number, town, runs in ((1028, "Damascus", syria), (1029, "Jerusalem", israel)):
        days = [(may + run[:2], may + run[3:]) for run in runs]
        desk.put(travel(number, kissinger, town, *days))
    (only,) = desk.located(kissinger, "1974-05-05")
    assert (only.places[0].localities[0].text, only.matching) == ("Jerusalem", CERTAIN)
    envelopes = {
        item.record.visit.name[-5:] for item in desk.client.agenda(first_date="1974-05-05")
    }
    assert envelopes == {"t1028", "t1029"}, "both visits are under way all the same"


def test_all_summits_are_exported_as_icalendar(open_desk: Any, lines: Any, entries: Any) -> None:
    """Expect no invented day, cancelled events as such, and the same UIDs in each run."""
    runs = []
    for _ in range(2):
        desk = open_desk()
        assert desk.load("summits", lines("summits.ndjson")) == []
        runs.append(desk.feed("summits", partial="span", lang="en"))
    events = {str(event["UID"]): event for event in icalendar.Calendar.from_ical(runs[0]).events}
    entered = entries("summits.ndjson")
    assert len(events) == len(entered) == 186
    for data in runs:
        read = vobject.readOne(data.decode())
        assert {event.uid.value for event in read.vevent_list} == set(events)
    assert not any(event.errors for event in events.values())

    called_off = {"cancelled", "withdrawn_by_host"}
    off = {uid(entry) for entry in entered if entry["status"] in called_off}
    assert {u for u, event in events.items() if event["STATUS"] == "CANCELLED"} == off
    assert len(off) == 3

    partial = [entry for entry in entered if entry["date_precision"] != "day"]
    assert len(partial) == 41
    omitted = icalendar.Calendar.from_ical(desk.feed("summits", partial="omit", lang="en"))
    uids = {str(event["UID"]) for event in omitted.events}
    for entry in partial:
        event = events[uid(entry)]
        assert event["STATUS"] == "TENTATIVE" or "end_known" in entry
        if "end_known" in entry:  # its last day is told, and that it has no start
            assert event["DTSTART"].dt.isoformat() == entry["end_known"]
            assert event["X-SUMMITRY-EDTF"] == f"../{entry['end_known']}"
            continue
        assert uid(entry) not in uids
        span = event["DTSTART"].dt.isoformat(), event["DTEND"].dt.isoformat()
        assert span == whole(entry["start"]), "all of what it can be, and no day of it"
        assert entry["start"][:4] in event["SUMMARY"]


def uid(entry: dict[str, Any]) -> str:
    return f"{entry['id']}@summits.summitry.example"


def whole(month_or_year: str) -> tuple[str, str]:
    """Return the first day of a month or year and that of the next."""
    year, _, month = month_or_year.partition("-")
    if not month:
        return f"{year}-01-01", f"{int(year) + 1}-01-01"
    after = (int(year) + 1, 1) if month == "12" else (int(year), int(month) + 1)
    return f"{year}-{month}-01", f"{after[0]}-{after[1]:02}-01"


@pytest.mark.parametrize(
    ("meeting", "parties"),
    [
        ("us-hosted-us-africa-leaders-summit-2014-08", 45),
        ("us-hosted-us-africa-leaders-summit-2022-12", 45),
        ("us-hosted-nato-summit-2012-05", 39),
    ],
)
def test_delegations_to_a_summit_have_their_heads(
    desk: Any, lines: Any, entries: Any, meeting: str, parties: int
) -> None:
    file = "summit_attendance.ndjson"
    desk.load("attendance", lines(file, f'"{meeting}"'))
    (entry,) = entries(file, f'"{meeting}"')
    (summit,) = desk.client.list(Summit)
    delegations = list(desk.client.list("delegations"))
    assert {member.role for party in delegations for member in party.members} == {
        DelegationRole.DELEGATION_ROLE_HEAD
    }
    came = attendance(summit, delegations, [], entry["usual_from"])
    assert len(came) == parties
    assert {party.turnout for party in came} == {Turnout.GUEST}, "nobody said who is a member"
    heads = {person.names[0].text for party in came for person in party.persons}
    assert heads == {
        visitor["name"] for sent in entry["delegations"] for visitor in sent["visitors"]
    }
    assert len(heads) >= parties


def test_poland_had_two_heads_in_washington(desk: Any, lines: Any) -> None:
    desk.load("state-department", lines("visits.ndjson", '"hsg-visit-3246"'))
    (visit,) = desk.client.list(Visit)
    assert [person.names[0].text for person in visit.principals] == ["Andrzej Duda", "Donald Tusk"]
    for name in ("Andrzej Duda", "Donald Tusk"):
        assert [stay.name for stay in desk.located(name, "2024-03-12")] == [visit.name]


def test_names_are_found_by_their_spellings_and_fathers_are_not_sons(desk: Any, lines: Any) -> None:
    desk.load("state-department", lines("visits.ndjson", "Obasanjo", "Obsanjo", "Hussein"))
    names = {visit.principals[0].names[0].text: visit for visit in desk.client.list(Visit)}
    misspelt = names["Olesegun Obsanjo"]
    change = Visit(name=misspelt.name, principals=misspelt.principals)
    change.principals[0].id = "olusegun-obasanjo"
    change.principals[0].aliases.append("Olusegun Obasanjo")
    desk.client.update(change)

    def search(**filter: Any) -> list[set[str]]:
        listed = desk.client.list(Visit, filter=Filter(**filter))
        return [{person.names[0].text for person in visit.principals} for visit in listed]

    assert {"Olesegun Obsanjo"} in search(text="Obasanjo")
    assert {"Olesegun Obsanjo"} in search(persons=["Olusegun Obasanjo"])
    husseins = search(persons=["Hussein"])
    assert len(husseins) > 30 and all("Hussein" in names for names in husseins)
    abdullahs = [name for name in names if name.startswith("Abdullah II")]
    assert len(abdullahs) == 2 and not set(abdullahs) & set().union(*husseins)
    last = max(
        visit.time.dates.first_date
        for visit in desk.client.list(Visit, filter=Filter(persons=["Hussein"]))
        if len(visit.principals) == 1
    )
    assert last == "1999-01-05"
    (his,) = desk.located("Hussein", last)
    assert desk.client.get(his.name).principals[0].offices[0].text == "King"


def test_years_of_the_buddhist_era_are_those_of_the_file(entries: Any) -> None:
    rows = entries("summits.ndjson", "BUDDHIST_ERA_IN_SOURCE")
    assert len(rows) == 18
    for row in rows:
        first = read_days(row["original_text"], era="buddhist", years=(1945, 2044))[0]
        assert (first.first, first.last) == (row["start"], row["end"]), row["original_text"]


MAPPING = """\
kind: summits
calendar: {name: calendars/asean}
id: asean-{No}
columns:
  When: {field: time, words: ERA}
"""


def imported(desk: Any, tmp_path: Path, era: str, rows: dict[str, str]) -> list[str]:
    """Import a table of numbers and days in words and return the refusals."""
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(MAPPING.replace("ERA", era), encoding="utf-8")
    table = "No,When\n" + "".join(f'{id},"{text}"\n' for id, text in rows.items())
    refused: list[str] = desk.load("csv", table, mapping)
    return refused


def days_of(desk: Any) -> dict[str, tuple[str, str]]:
    spans = {summit.name: summit.time.dates for summit in desk.client.list(Summit)}
    return {name.rpartition("-")[2]: (s.first_date, s.last_date) for name, s in spans.items()}


def test_a_table_in_the_buddhist_era_is_imported(desk: Any, entries: Any, tmp_path: Path) -> None:
    editions = entries("summits.ndjson", "BUDDHIST_ERA_IN_SOURCE")
    rows = {str(row["edition"]): row for row in editions}
    texts = {id: row["original_text"] for id, row in rows.items()}
    texts["12"] = texts["12"].replace("2550", "25501")  # as the source has it
    refused = imported(desk, tmp_path, "buddhist", texts)
    (misprint, two) = refused
    assert "row 12: " in misprint and "25501 is none of the years 2403 to 2643" in misprint
    assert "row 14: " in two and "52 may be of several centuries" in two
    assert days_of(desk) == {
        id: (row["start"], row["end"]) for id, row in rows.items() if id not in ("12", "14")
    }


# Sessions of the COP as a table in Bengali prints such days: the days are those of the file.
BENGALI = {
    "1": "২৮ মার্চ - ৭ এপ্রিল ১৯৯৫",
    "2": "৮-১৯ জুলাই ১৯৯৬",
    "5": "২৫ অক্টোবর – ৫ নভেম্বর ১৯৯৯",
    "13": "৩-১৪ ডিসেম্বর ২০০৭",
}


def test_a_table_in_bengali_digits_is_imported(desk: Any, entries: Any, tmp_path: Path) -> None:
    rows = {str(row["edition"]): row for row in entries("summits.ndjson", "BENGALI_DIGITS")}
    assert imported(desk, tmp_path, "gregorian", BENGALI) == []
    assert days_of(desk) == {id: (rows[id]["start"], rows[id]["end"]) for id in BENGALI}

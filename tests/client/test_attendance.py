"""Attendance of parties at a summit, against the membership of that day."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from summitry.attendance import Turnout, attendance
from summitry.v1.calendar_pb2 import Membership
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.party_pb2 import PartyStatus
from summitry.v1.summit_pb2 import Summit
from summitry.zones import InvalidDateError

NAME = "calendars/c/summits/s"
SCO = {"id": "sco", "kind": "PARTY_KIND_ORGANIZATION"}


def summit(*participants: dict[str, Any]) -> Summit:
    fields = {"name": NAME, "organization": SCO, "participants": list(participants)}
    return json_format.ParseDict(fields, Summit())


def delegation(id: str, party: dict[str, Any], *members: dict[str, Any], **more: Any) -> Delegation:
    fields = {"name": f"calendars/c/delegations/{id}", "engagements": [{"event": NAME}], **more}
    return json_format.ParseDict({**fields, "party": party, "members": members}, Delegation())


def member_of(
    code: str, first: str = "", last: str = "", status: str = "MEMBER", body: Any = SCO
) -> Membership:
    fields = {"organization": body, "party": {"region_code": code}}
    dates = {"first_date": first, "last_date": last}
    return json_format.ParseDict(
        {**fields, **dates, "status": f"PARTY_STATUS_{status}"}, Membership()
    )


def turnouts(parties: Any) -> dict[str, tuple[str, str]]:
    return {
        attending.party.region_code or attending.party.id: (
            PartyStatus.Name(attending.standing).removeprefix("PARTY_STATUS_"),
            attending.turnout.value,
        )
        for attending in parties
    }


def person(id: str, **more: Any) -> dict[str, Any]:
    return {"person": {"id": id}, **more}


def test_members_observers_guests_and_absent_parties_are_distinguished() -> None:
    parties = attendance(
        summit({"party": {"region_code": "TM"}}),
        [
            delegation("kz", {"id": "kazakhstan", "region_code": "KZ"}, person("tokayev")),
            delegation("mn", {"region_code": "MN"}),
            delegation("by", {"region_code": "BY"}, party_status="PARTY_STATUS_MEMBER"),
            delegation("elsewhere", {"region_code": "US"}, engagements=[]),
        ],
        [
            member_of("KZ"),
            member_of("IN"),
            member_of("MN", status="OBSERVER"),
            member_of("BY", status="ACCEDING"),
            member_of("FR", body={"id": "nato"}),
        ],
        "2024-07-04",
    )
    assert turnouts(parties) == {
        "BY": ("MEMBER", "came"),
        "IN": ("MEMBER", "absent"),
        "KZ": ("MEMBER", "came"),
        "MN": ("OBSERVER", "guest"),
        "TM": ("UNSPECIFIED", "guest"),
    }
    assert parties[2].delegations == ("calendars/c/delegations/kz",)
    assert [attendee.id for attendee in parties[2].persons] == ["tokayev"]


@pytest.mark.parametrize(
    ("first", "last", "on", "is_member"),
    [
        # Iran joined the SCO on 4 July 2023, Belarus on 4 July 2024 (the organisation's own site).
        ("2023-07-04", "", "2023-07-03", False),
        ("2023-07-04", "", "2023-07-04", True),
        ("2001-06", "2023", "2023-12-31", True),
        ("2001-06", "2023", "2024-01-01", False),
        ("2001-06", "2023", "2001-06-01", True),
        ("2001-06", "2023", "2001-05-31", False),
        ("", "", "1900-01-01", True),
    ],
)
def test_a_membership_counts_on_its_days(first: str, last: str, on: str, is_member: bool) -> None:
    assert bool(attendance(summit(), [], [member_of("IR", first, last)], on)) is is_member


@pytest.mark.parametrize(
    ("status", "turnout"),
    [
        ("UNSPECIFIED", Turnout.CAME),
        ("ATTENDED", Turnout.CAME),
        ("CONFIRMED", Turnout.CAME),
        ("INVITED", Turnout.ABSENT),
        ("DECLINED", Turnout.ABSENT),
        ("ABSENT", Turnout.ABSENT),
        ("REPLACED", Turnout.ABSENT),
        ("OTHER", Turnout.ABSENT),
    ],
)
@pytest.mark.parametrize("as_participant", [True, False])
def test_member_who_did_not_come_is_not_counted(
    status: str, turnout: Turnout, as_participant: bool
) -> None:
    member = person("modi", status=f"PARTICIPATION_STATUS_{status}")
    party = {"region_code": "IN"}
    (attending,) = attendance(
        summit(*([{"party": party, **member}] if as_participant else [])),
        [] if as_participant else [delegation("in", party, member)],
        [member_of("IN")],
        "2024-07-04",
    )
    assert attending.turnout is turnout
    assert bool(attending.persons) is (turnout is Turnout.CAME)


def test_the_id_and_the_code_of_a_party_are_one_party() -> None:
    delegations = [
        delegation("a", {"id": "poland", "region_code": "PL"}, person("duda", rank_order=1)),
        delegation("b", {"id": "poland"}, person("aide"), person("tusk", rank_order=1)),
    ]
    (attending,) = attendance(summit(), delegations, [member_of("PL")], "2024-07-10")
    assert [attendee.id for attendee in attending.persons] == ["duda", "tusk", "aide"]
    assert len(attending.delegations) == 2


def test_a_delegation_that_was_called_off_did_not_come() -> None:
    off = delegation("kz", {"region_code": "KZ"}, status="EVENT_STATUS_CANCELLED")
    assert attendance(summit(), [off], [], "2024-07-04") == []


def test_invalid_day_is_refused() -> None:
    with pytest.raises(InvalidDateError):
        attendance(summit(), [], [], "2024-07")


@pytest.mark.parametrize(
    ("id", "count"),
    [
        ("us-hosted-us-africa-leaders-summit-2014-08", 45),
        ("us-hosted-nato-summit-2012-05", 39),
    ],
)
def test_delegations_of_real_summits_are_guests(shared_data: Path, id: str, count: int) -> None:
    """Each delegation comes with its heads."""
    entry = hosted(shared_data)[id]
    parties = attendance(summit(), sent(entry), [], entry["usual_from"])
    assert len(parties) == count
    assert all(attending.turnout is Turnout.GUEST and attending.persons for attending in parties)


def hosted(shared_data: Path) -> dict[str, dict[str, Any]]:
    lines = (shared_data / "summit_attendance.ndjson").read_text(encoding="utf-8").splitlines()
    entries = map(json.loads, lines)
    return {entry["id"]: entry for entry in entries if entry["direction"] == "in_usa"}


def sent(entry: dict[str, Any]) -> list[Delegation]:
    """Return a delegation for each party of a summit in the United States."""
    delegations = []
    for number, fields in enumerate(entry["delegations"]):
        members = [{"person": {"source_text": visitor["name"]}} for visitor in fields["visitors"]]
        delegations.append(
            delegation(f"d{number}", {"id": fields["iso2"] or fields["from"]}, *members)
        )
    return delegations


CAME = {
    "UNSPECIFIED",
    *("RUMORED", "PROPOSED", "ANNOUNCED", "CONFIRMED"),
    *("IN_PROGRESS", "SUSPENDED", "CONCLUDED", "UNPLANNED"),
}


@pytest.mark.parametrize("status", EventStatus.values(), ids=EventStatus.Name)
@pytest.mark.parametrize("of", ["summit", "delegation"])
def test_nobody_attends_an_event_that_did_not_take_place(of: str, status: EventStatus) -> None:
    event, sent = summit(), delegation("kz", {"region_code": "KZ"}, person("tokayev"))
    (event if of == "summit" else sent).status = status
    parties = attendance(event, [sent], [member_of("KZ")], "2024-07-04")
    came = EventStatus.Name(status).removeprefix("EVENT_STATUS_") in CAME
    assert turnouts(parties) == {"KZ": ("MEMBER", "came" if came else "absent")}

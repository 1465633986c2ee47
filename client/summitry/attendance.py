"""Attendance at a summit: each party's standing in the body on that day, and whether it came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import NamedTuple

from summitry.statuses import takes_place
from summitry.v1.calendar_pb2 import Membership
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.participant_pb2 import Participant
from summitry.v1.party_pb2 import ParticipationStatus, Party, PartyStatus, Person
from summitry.v1.summit_pb2 import Summit
from summitry.zones import parse_date, parse_partial

__all__ = ["Attendance", "Turnout", "attendance"]

_MEMBERS = (
    PartyStatus.PARTY_STATUS_MEMBER,
    PartyStatus.PARTY_STATUS_CHAIR,
    PartyStatus.PARTY_STATUS_HOST,
)
_NOT_ATTENDING = (
    ParticipationStatus.PARTICIPATION_STATUS_INVITED,
    ParticipationStatus.PARTICIPATION_STATUS_DECLINED,
    ParticipationStatus.PARTICIPATION_STATUS_ABSENT,
    ParticipationStatus.PARTICIPATION_STATUS_REPLACED,
    ParticipationStatus.PARTICIPATION_STATUS_OTHER,  # nobody says that they came
)
_NO_STATUS = PartyStatus.PARTY_STATUS_UNSPECIFIED


class Turnout(Enum):
    """The attendance of a party."""

    CAME = "came"
    """A member took part."""
    GUEST = "guest"
    """A non-member took part: an observer, a partner, a guest."""
    ABSENT = "absent"
    """A party with a standing, no person of which is recorded as present."""


class Attendance(NamedTuple):
    """A party, its standing in the body, and whether it came."""

    party: Party
    standing: PartyStatus
    turnout: Turnout
    delegations: tuple[str, ...]
    """Resource names of its delegations."""
    persons: tuple[Person, ...]
    """Its members and participants who were present, in the order of rank."""


class _Presence(NamedTuple):
    party: Party
    standing: PartyStatus
    delegation: str
    persons: tuple[Person, ...]
    is_there: bool


def attendance(
    summit: Summit,
    delegations: Iterable[Delegation],
    memberships: Iterable[Membership],
    on: str,
) -> list[Attendance]:
    """Return each party that has a standing on a day or took part, in the order of keys.

    `on` is a civil day, "2024-07-04". Only memberships of the summit's body on that day count; one
    whose bounds are not known to the day counts for every day on which it may be valid.
    Delegations count if the summit is among their engagements. The standing that a delegation
    states comes before the membership. Nobody came to a summit that did not take place, or with a
    delegation that was postponed or cancelled. Raises InvalidDateError for an invalid day.
    """
    day = parse_date(on)
    valid = [
        entry for entry in memberships if _is_of(entry, summit.organization) and _holds(entry, day)
    ]
    presences = [*_delegated(summit, delegations), *_participating(summit)]
    if not takes_place(summit):
        presences = [entry._replace(is_there=False) for entry in presences]
    parties = (*(entry.party for entry in valid), *(entry.party for entry in presences))
    codes = {party.id: party.region_code for party in parties if party.id and party.region_code}
    standing = {_key(entry.party, codes): (entry.party, entry.status) for entry in valid}
    present: dict[str, list[_Presence]] = {}
    for presence in presences:
        present.setdefault(_key(presence.party, codes), []).append(presence)
    nothing = Party(), _NO_STATUS
    return [
        _attendance(*standing.get(key, nothing), present.get(key, []))
        for key in sorted({*standing, *present} - {""})
    ]


def _attendance(party: Party, status: PartyStatus, presences: list[_Presence]) -> Attendance:
    status = next((presence.standing for presence in presences if presence.standing), status)
    came = any(presence.is_there for presence in presences)
    member = status in _MEMBERS
    turnout = (Turnout.CAME if member else Turnout.GUEST) if came else Turnout.ABSENT
    delegations = tuple(
        dict.fromkeys(presence.delegation for presence in presences if presence.delegation)
    )
    persons = tuple(
        person for presence in presences if presence.is_there for person in presence.persons
    )
    return Attendance(
        presences[0].party if presences else party, status, turnout, delegations, persons
    )


def _delegated(summit: Summit, delegations: Iterable[Delegation]) -> Iterator[_Presence]:
    for delegation in delegations:
        engaged = any(engagement.event == summit.name for engagement in delegation.engagements)
        if engaged and takes_place(delegation):
            present_members = [
                member for member in delegation.members if member.status not in _NOT_ATTENDING
            ]
            present_members.sort(
                # Without an order, which is 0, behind all that have one.
                key=lambda member: member.rank_order or len(delegation.members) + 1
            )
            persons = tuple(member.person for member in present_members)
            # Without members nobody is known to be absent: a party that sends one has come.
            is_there = bool(present_members) or not delegation.members
            yield _Presence(
                delegation.party, delegation.party_status, delegation.name, persons, is_there
            )


def _participating(summit: Summit) -> Iterator[_Presence]:
    for participant in summit.participants:
        persons = (participant.person,) if participant.HasField("person") else ()
        yield _Presence(participant.party, _NO_STATUS, "", persons, _is_there(participant))


def _is_there(participant: Participant) -> bool:
    return participant.status not in _NOT_ATTENDING


def _holds(membership: Membership, day: int) -> bool:
    first = parse_partial(membership.first_date).first_day if membership.first_date else None
    last = parse_partial(membership.last_date).last_day if membership.last_date else None
    return (first is None or first <= day) and (last is None or day <= last)


def _is_of(membership: Membership, body: Party) -> bool:
    key = _key(body, {})
    return bool(key) and _key(membership.organization, {}) == key


def _key(party: Party, codes: Mapping[str, str]) -> str:
    """Return the key that identifies a party: its region code or id, else its first name.

    Some records give the id and some the code: `codes` maps each id to its code, if known.
    """
    if party.id:
        return codes.get(party.id) or party.id
    names = (text.text for text in party.names)
    return party.region_code or next(names, party.source_text).casefold()

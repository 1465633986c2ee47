"""Who came to a summit, against what each party was to the body that met, on that date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import NamedTuple

from summitry.statuses import takes_place
from summitry.v1.calendar_pb2 import Membership
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.party_pb2 import Participant, ParticipationStatus, Party, PartyStatus, Person
from summitry.v1.summit_pb2 import Summit
from summitry.zones import parse_date, parse_partial

__all__ = ["Attendance", "Turnout", "attendance"]

_MEMBERS = (
    PartyStatus.PARTY_STATUS_MEMBER,
    PartyStatus.PARTY_STATUS_CHAIR,
    PartyStatus.PARTY_STATUS_HOST,
)
_NOT_THERE = (
    ParticipationStatus.PARTICIPATION_STATUS_INVITED,
    ParticipationStatus.PARTICIPATION_STATUS_DECLINED,
    ParticipationStatus.PARTICIPATION_STATUS_ABSENT,
    ParticipationStatus.PARTICIPATION_STATUS_REPLACED,
)
_UNSAID = PartyStatus.PARTY_STATUS_UNSPECIFIED


class Turnout(Enum):
    """Whether a party came."""

    CAME = "came"
    """A member took part."""
    GUEST = "guest"
    """Somebody took part who was no member: an observer, a partner, a guest."""
    ABSENT = "absent"
    """Somebody with a standing of whom nobody is recorded as there."""


class Attendance(NamedTuple):
    """A party, what it was to the body, and whether it came."""

    party: Party
    standing: PartyStatus
    turnout: Turnout
    delegations: tuple[str, ...]
    """Resource names of its delegations."""
    persons: tuple[Person, ...]
    """Its members and participants who were there, in the order of rank."""


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
    """Each party that has a standing on a day or took part, in the order of keys.

    `on` is a civil day, "2024-07-04". Memberships of other bodies and times do not count; one of
    which a bound is not known, or only to the month or year, counts for all the days it may hold.
    Delegations count by their engagements. What a delegation says of its own standing comes before
    the membership. Nobody came to a summit that did not take place, or with a delegation that was
    put off or called off. Raises InvalidDateError for a day that is none.
    """
    day = parse_date(on)
    valid = [one for one in memberships if _is_of(one, summit.organization) and _holds(one, day)]
    found = [*_delegated(summit, delegations), *_participating(summit)]
    if not takes_place(summit):
        found = [one._replace(is_there=False) for one in found]
    parties = (*(one.party for one in valid), *(one.party for one in found))
    codes = {party.id: party.region_code for party in parties if party.id and party.region_code}
    standing = {_key(one.party, codes): (one.party, one.status) for one in valid}
    present: dict[str, list[_Presence]] = {}
    for presence in found:
        present.setdefault(_key(presence.party, codes), []).append(presence)
    nothing = Party(), _UNSAID
    return [
        _attendance(*standing.get(key, nothing), present.get(key, []))
        for key in sorted({*standing, *present} - {""})
    ]


def _attendance(party: Party, status: PartyStatus, found: list[_Presence]) -> Attendance:
    status = next((one.standing for one in found if one.standing), status)
    came = any(one.is_there for one in found)
    member = status in _MEMBERS
    turnout = (Turnout.CAME if member else Turnout.GUEST) if came else Turnout.ABSENT
    delegations = tuple(dict.fromkeys(one.delegation for one in found if one.delegation))
    persons = tuple(person for one in found if one.is_there for person in one.persons)
    return Attendance(found[0].party if found else party, status, turnout, delegations, persons)


def _delegated(summit: Summit, delegations: Iterable[Delegation]) -> Iterator[_Presence]:
    for delegation in delegations:
        engaged = any(engagement.event == summit.name for engagement in delegation.engagements)
        if engaged and takes_place(delegation):
            there = [one for one in delegation.members if one.status not in _NOT_THERE]
            there.sort(key=lambda member: member.rank_order or len(delegation.members) + 1)
            persons = tuple(member.person for member in there)
            is_there = bool(there) or not delegation.members
            yield _Presence(
                delegation.party, delegation.party_status, delegation.name, persons, is_there
            )


def _participating(summit: Summit) -> Iterator[_Presence]:
    for participant in summit.participants:
        persons = (participant.person,) if participant.HasField("person") else ()
        yield _Presence(participant.party, _UNSAID, "", persons, _is_there(participant))


def _is_there(participant: Participant) -> bool:
    return participant.status not in _NOT_THERE


def _holds(membership: Membership, day: int) -> bool:
    first = parse_partial(membership.first_date).first_day if membership.first_date else None
    last = parse_partial(membership.last_date).last_day if membership.last_date else None
    return (first is None or first <= day) and (last is None or day <= last)


def _is_of(membership: Membership, body: Party) -> bool:
    key = _key(body, {})
    return bool(key) and _key(membership.organization, {}) == key


def _key(party: Party, codes: Mapping[str, str]) -> str:
    """What tells parties apart: the id or the code of the region, else the first name.

    Some records give the id and some the code: `codes` has the code of each id that is known.
    """
    if party.id:
        return codes.get(party.id) or party.id
    names = (text.text for text in party.names)
    return party.region_code or next(names, party.text).casefold()

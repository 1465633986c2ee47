"""Who takes part: PARTICIPANT components (RFC 9073 section 7.1) and lines of text.

Nobody becomes an ATTENDEE: that would make the event an invitation, and METHOD:PUBLISH forbids it
(RFC 5546 section 3.2.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from summitry.ical.identifiers import derived_uid
from summitry.ical.languages import joined, participant_name, party_name, person_name, person_title
from summitry.ical.languages import words_of as words_in
from summitry.ical.records import Attendance, Event
from summitry.ical.text import escape
from summitry.ical.words import bracketed, counted, enum_word, word
from summitry.v1.delegation_pb2 import Delegation, DelegationMember, DelegationRole
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.party_pb2 import (
    AttendanceMode,
    Participant,
    ParticipationStatus,
    PartyStatus,
    Person,
)
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit

# Of a delegation, the text names so many; the components name all.
NAMED = 3


class Attendee(NamedTuple):
    """Somebody who takes part, for a component."""

    uid: str
    name: str
    description: str
    is_person: bool
    person: str = ""  # the id of the person, if there is one
    status: int = ParticipationStatus.PARTICIPATION_STATUS_UNSPECIFIED


def attendees(event: Event, attending: Sequence[Attendance], language: str) -> Iterator[Attendee]:
    """All who take part: members of delegations, then those that the event itself names."""
    for delegation, _ in attending:
        yield from _members(delegation, language)
    for number, participant in enumerate(own_participants(event)):
        person, party = participant.person, party_name(participant.party, language)
        name = person_name(person, language)
        uid = own_uid(event, participant, number)
        mode = enum_word(language, AttendanceMode, participant.mode)
        about = (words_in(person.offices, language), party if name else "", mode)
        text = joined(about, word(language, "comma"))
        yield Attendee(uid, name or party, text, bool(name), person.id, participant.status)


def participant_lines(people: Iterable[Attendee]) -> Iterator[str]:
    """PARTICIPANT components. Those without a name are left out: they would say nothing."""
    for attendee in people:
        if attendee.name:
            yield "BEGIN:PARTICIPANT"
            yield f"UID:{attendee.uid}"
            yield "PARTICIPANT-TYPE:ACTIVE"
            yield f"SUMMARY:{escape(attendee.name)}"
            if attendee.description:
                yield f"DESCRIPTION:{escape(attendee.description)}"
            yield "END:PARTICIPANT"


def own_uid(event: Event, participant: Participant, number: int = 0) -> str:
    """What identifies one that the event itself names; `number` is the place in its list."""
    key = participant.person.id or participant.party.id or str(number)
    return derived_uid(event.uid, key)


def own_participants(event: Event) -> list[Participant]:
    """Those that the event itself names."""
    if type(event) is Visit:
        return [Participant(person=person, party=event.guest) for person in event.principals]
    if type(event) is Summit or type(event) is Meeting:
        return list(event.participants)
    return []


def participant_texts(event: Event, language: str) -> list[str]:
    """A line for each of them."""
    texts = []
    for participant in own_participants(event):
        mode = enum_word(language, AttendanceMode, participant.mode)
        name = participant_name(participant, language)
        texts.append(bracketed(name, mode, language) if name and mode else name)
    return list(dict.fromkeys(texts))


def delegation_text(delegation: Delegation, language: str) -> str:
    """A delegation on one line: the party, what it is to the body, and its first members."""
    party = party_name(delegation.party, language) or words_in(delegation.titles, language)
    status = enum_word(language, PartyStatus, delegation.party_status)
    name = bracketed(party, status, language) if status else party
    members = in_order(delegation)
    shown = [_member_title(member, language) for member in members[:NAMED]]
    if len(members) > NAMED:
        shown.append(counted(language, "others", len(members) - NAMED))
    people = joined(shown, word(language, "semicolon"))
    return word(language, "colon").format(name, people) if people else name


def in_order(delegation: Delegation) -> list[DelegationMember]:
    """The members by precedence; those without a rank after the others, heads first."""

    def rank(member: DelegationMember) -> tuple[bool, int, bool]:
        is_head = member.role == DelegationRole.DELEGATION_ROLE_HEAD
        return member.rank_order == 0, member.rank_order, not is_head

    return sorted(delegation.members, key=rank)


def _members(delegation: Delegation, language: str) -> Iterator[Attendee]:
    party = party_name(delegation.party, language)
    if not delegation.members:
        status = enum_word(language, PartyStatus, delegation.party_status)
        yield Attendee(derived_uid(delegation.uid, "party"), party, status, False)
    for number, member in enumerate(in_order(delegation)):
        person = member.person
        facts = (
            words_in(person.offices, language),
            enum_word(language, DelegationRole, member.role) or member.role_text,
            party_name(member.represents, language) or party,
            enum_word(language, AttendanceMode, member.mode),
        )
        uid = derived_uid(delegation.uid, person.id or str(number))
        name = person_name(person, language)
        yield Attendee(
            uid, name, joined(facts, word(language, "comma")), True, person.id, member.status
        )


def _member_title(member: DelegationMember, language: str) -> str:
    person: Person = member.person
    mode = enum_word(language, AttendanceMode, member.mode)
    return joined((person_title(person, language), mode), word(language, "comma"))

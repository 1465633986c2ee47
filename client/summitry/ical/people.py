"""Participants, as PARTICIPANT components (RFC 9073 section 7.1) and as lines of text.

There are no ATTENDEE properties: they would make the event an invitation, and METHOD:PUBLISH
forbids them (RFC 5546 section 3.2.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from summitry.ical.identifiers import derived_uid
from summitry.ical.languages import (
    bracketed,
    counted,
    enum_word,
    join_distinct,
    open_word,
    participant_name,
    party_name,
    person_name,
    person_title,
    word,
)
from summitry.ical.languages import words_of as words_in
from summitry.ical.records import Attendance, Event
from summitry.ical.text import escape
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.participant_pb2 import DelegationRole, Participant
from summitry.v1.party_pb2 import (
    AttendanceMode,
    ParticipationStatus,
    PartyStatus,
    Person,
)
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit

# The text lists this many members of a delegation; the components list all.
MEMBERS_IN_TEXT = 3


class EventAttendee(NamedTuple):
    """A participant of an event: a person or, where no person is known, a party."""

    uid: str
    name: str
    description: str
    is_person: bool
    person: str = ""  # the id of the person, if there is one
    status: int = ParticipationStatus.PARTICIPATION_STATUS_UNSPECIFIED


def attendees(
    event: Event, attending: Sequence[Attendance], language: str
) -> Iterator[EventAttendee]:
    """Yield all participants: members of delegations, then the event's own participants."""
    for delegation, _ in attending:
        yield from _members(delegation, language)
    for number, participant in enumerate(direct_participants(event)):
        person, party = participant.person, party_name(participant.party, language)
        name = person_name(person, language)
        uid = participant_uid(event, participant, number)
        mode = enum_word(language, AttendanceMode, participant.mode)
        about = (words_in(person.offices, language), party if name else "", mode)
        text = join_distinct(about, word(language, "comma"))
        yield EventAttendee(uid, name or party, text, bool(name), person.id, participant.status)


def participant_lines(people: Iterable[EventAttendee]) -> Iterator[str]:
    """Yield PARTICIPANT components, without the attendees whose name is not known."""
    for attendee in people:
        if attendee.name:
            yield "BEGIN:PARTICIPANT"
            yield f"UID:{attendee.uid}"
            yield "PARTICIPANT-TYPE:ACTIVE"
            yield f"SUMMARY:{escape(attendee.name)}"
            if attendee.description:
                yield f"DESCRIPTION:{escape(attendee.description)}"
            yield "END:PARTICIPANT"


def participant_uid(event: Event, participant: Participant, number: int = 0) -> str:
    """Return the UID of a participant of the event itself; `number` is the index in its list."""
    key = participant.person.id or participant.party.id or str(number)
    return derived_uid(event.ical_uid, key)


def direct_participants(event: Event) -> list[Participant]:
    """Return the participants in the event record itself, without delegations."""
    if type(event) is Visit:
        return [Participant(person=person, party=event.guest) for person in event.principals]
    if type(event) is Summit or type(event) is Meeting:
        return list(event.participants)
    return []


def participant_texts(event: Event, language: str) -> list[str]:
    """Return a line of text for each of the event's own participants."""
    texts = []
    for participant in direct_participants(event):
        mode = enum_word(language, AttendanceMode, participant.mode)
        name = participant_name(participant, language)
        texts.append(bracketed(name, mode, language) if name and mode else name)
    return list(dict.fromkeys(texts))


def delegation_text(delegation: Delegation, language: str) -> str:
    """Return a delegation on one line: the party, its status in the body, its first members."""
    party = party_name(delegation.party, language) or words_in(delegation.titles, language)
    status = _party_status(delegation, language)
    name = bracketed(party, status, language) if status else party
    members = sorted_members(delegation)
    titles = [_member_title(member, language) for member in members[:MEMBERS_IN_TEXT]]
    if len(members) > MEMBERS_IN_TEXT:
        titles.append(counted(language, "others", len(members) - MEMBERS_IN_TEXT))
    people = join_distinct(titles, word(language, "semicolon"))
    return word(language, "colon").format(name, people) if people else name


def _party_status(delegation: Delegation, language: str) -> str:
    source_text = delegation.party_status_text
    return open_word(language, PartyStatus, delegation.party_status, source_text)


def sorted_members(delegation: Delegation) -> list[Participant]:
    """Return the members by precedence; then those without a rank, heads first."""

    def rank(member: Participant) -> tuple[bool, int, bool]:
        is_head = member.role == DelegationRole.DELEGATION_ROLE_HEAD
        return member.rank_order == 0, member.rank_order, not is_head

    return sorted(delegation.members, key=rank)


def _members(delegation: Delegation, language: str) -> Iterator[EventAttendee]:
    party = party_name(delegation.party, language)
    if not delegation.members:
        status = _party_status(delegation, language)
        yield EventAttendee(derived_uid(delegation.ical_uid, "party"), party, status, False)
    for number, member in enumerate(sorted_members(delegation)):
        person = member.person
        facts = (
            words_in(person.offices, language),
            open_word(language, DelegationRole, member.role, member.role_text),
            person_title(member.on_behalf_of, language)
            or party_name(member.represents, language)
            or party,
            enum_word(language, AttendanceMode, member.mode),
        )
        uid = derived_uid(delegation.ical_uid, person.id or str(number))
        name = person_name(person, language)
        yield EventAttendee(
            uid, name, join_distinct(facts, word(language, "comma")), True, person.id, member.status
        )


def _member_title(member: Participant, language: str) -> str:
    person: Person = member.person
    mode = enum_word(language, AttendanceMode, member.mode)
    return join_distinct((person_title(person, language), mode), word(language, "comma"))

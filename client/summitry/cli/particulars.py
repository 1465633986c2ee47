"""The facts that only one kind of record has: declared ones, participants, members, measures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from summitry.cli import words
from summitry.declarations import facts_of
from summitry.v1.party_pb2 import AttendanceMode, Level, ParticipationStatus, PartyStatus

if TYPE_CHECKING:
    from summitry.v1.event_time_pb2 import EventTime
    from summitry.v1.outcome_pb2 import Outcome
    from summitry.v1.participant_pb2 import Participant
    from summitry.v1.party_pb2 import Party, Person

Rows = Iterator[tuple[str, str]]


def particulars(record: Any, language: str) -> Rows:
    """Yield label and text of each fact; labels are short, since they share a narrow column."""
    before, after = _KINDS.get(record.DESCRIPTOR.name, (_nothing, _part_of))
    yield from before(record, language)
    yield from _declared(record, language)
    yield from after(record, language)


def say(message: Any, language: str) -> str:
    """Return a party, person or place in words."""
    return _SAY[message.DESCRIPTOR.name](message, language)


def _nothing(record: Any, language: str) -> Rows:
    yield from ()


def _declared(record: Any, language: str) -> Rows:
    """Yield the facts that the protos declare, each value of a list in a row of its own."""
    for field, label in facts_of(record.DESCRIPTOR):
        for text in _values(record, field, language):
            yield label.lower(), text


def _values(record: Any, field: FieldDescriptor, language: str) -> Iterator[str]:
    value = getattr(record, field.name)
    if field.enum_type is not None:
        source_text = getattr(record, f"{field.name}_text", "")
        yield words.open_word(EnumTypeWrapper(field.enum_type), value, source_text)
    elif field.message_type is not None and field.message_type.name == "LocalizedText":
        yield words.pick(value, language)
    else:
        to_text = _SAY[field.message_type.name] if field.message_type else _scalar
        for part in value if field.is_repeated else (value,):
            yield to_text(part, language)


def _scalar(value: Any, language: str) -> str:
    return words.clean(str(value)) if value else ""


def _joined(parts: Iterable[str], separator: str = ", ") -> str:
    return separator.join(part for part in parts if part)


def _party(party: Party, language: str) -> str:
    return words.pick(party.names, language) or words.clean(
        party.source_text or party.region_code or party.id
    )


def _person(person: Person, language: str) -> str:
    name = words.pick(person.names, language) or words.clean(person.source_text or person.id)
    return _joined((name, words.pick(person.offices, language)))


def _attending(attendee: Participant, language: str) -> str:
    """Return how somebody attends: for whom, at which level, in which mode, with which status."""
    stands_for = _joined(
        (_party(attendee.represents, language), _person(attendee.on_behalf_of, language))
    )
    return _joined(
        (
            f"for {stands_for}" if stands_for else "",
            words.word(Level, attendee.level),
            words.word(AttendanceMode, attendee.mode),
            words.word(ParticipationStatus, attendee.status),
            words.clean(attendee.source_text),
        )
    )


def _edge(time: EventTime) -> str:
    """Return an arrival or departure in short; those of format 1 were never resolved."""
    return words.when(time) or words.clean(time.timed.start.civil_time)


def _participant(participant: Participant, language: str) -> str:
    from summitry.v1.participant_pb2 import DelegationRole

    role = words.open_word(DelegationRole, participant.role, participant.role_text)
    arrival, departure = _edge(participant.arrival), _edge(participant.departure)
    return _joined(
        (
            _person(participant.person, language),
            _party(participant.party, language),
            role,
            _attending(participant, language),
            f"arrives {arrival}" if arrival else "",
            f"leaves {departure}" if departure else "",
        )
    )


def _outcome(outcome: Outcome, language: str) -> str:
    from summitry.v1.outcome_pb2 import OutcomeKind, OutcomeStage

    amount = (
        f"{outcome.amount.units} {outcome.amount.currency_code}"
        if outcome.HasField("amount")
        else ""
    )
    count = str(outcome.count) if outcome.HasField("count") and outcome.count != 1 else ""
    kind, stage = words.word(OutcomeKind, outcome.kind), words.word(OutcomeStage, outcome.stage)
    title = words.pick(outcome.titles, language) or words.clean(outcome.source_text)
    return _joined((_joined((count, kind), " "), title, amount, stage))


def _series(record: Any, language: str) -> Rows:
    edition = f"edition {record.edition}" if record.HasField("edition") else ""
    yield "series", _joined((words.clean(record.series), edition))


def _people(record: Any, language: str) -> Rows:
    for participant in record.participants:
        yield "with", _participant(participant, language)
    for outcome in record.outcomes:
        yield "outcome", _outcome(outcome, language)


def _highest_kind(record: Any, language: str) -> Rows:
    from summitry.v1.visit_pb2 import VisitKind
    from summitry.visits import highest_kind

    yield "kind", words.word(VisitKind, highest_kind(record))


def _visit(record: Any, language: str) -> Rows:
    from summitry.v1.visit_pb2 import VisitKind

    for person in record.principals:
        yield "who", _person(person, language)
    for part in record.segments:
        kind = words.open_word(VisitKind, part.kind, part.kind_text)
        places = words.places(part, language)
        title = words.pick(part.titles, language)
        yield "segment", _joined((kind, words.when(part.time), places, title))
    leg = f"leg {record.leg}" if record.HasField("leg") else ""
    yield "trip", _joined((words.clean(record.trip), leg))
    yield "summit", words.clean(record.summit)
    for outcome in record.outcomes:
        yield "outcome", _outcome(outcome, language)


def _part_of(record: Any, language: str) -> Rows:
    yield "part of", words.clean(getattr(record, "parent_event", ""))


def _meeting(record: Any, language: str) -> Rows:
    yield from _part_of(record, language)
    yield from _people(record, language)


def _delegation(record: Any, language: str) -> Rows:
    status = words.open_word(PartyStatus, record.party_status, record.party_status_text)
    yield "party", _joined((_party(record.party, language), status))
    for engagement in record.engagements:
        yield "event", _joined((words.clean(engagement.event), words.when(engagement.presence)))
    last = len(record.members) + 1
    for member in sorted(record.members, key=lambda member: member.rank_order or last):
        yield "member", _participant(member, language)


def _notice(record: Any, language: str) -> Rows:
    yield "code", _joined((words.clean(record.code), words.clean(record.scheme)))
    for measure in record.measures:
        yield "measure", words.pick(measure.titles, language)
    yield from _part_of(record, language)


_SAY: Mapping[str, Callable[[Any, str], str]] = {
    "Party": _party,
    "Person": _person,
    "Place": words.place,
}
# The rows before and after those that the protos declare.
_KINDS: Mapping[str, tuple[Callable[[Any, str], Rows], Callable[[Any, str], Rows]]] = {
    "Summit": (_series, _people),
    "Visit": (_highest_kind, _visit),
    "Meeting": (_nothing, _meeting),
    "Delegation": (_nothing, _delegation),
    "Notice": (_nothing, _notice),
}

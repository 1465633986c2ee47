"""The lifecycle of an event: the verbs, the statuses that they fit, and their effect on a record.

Uid and name never change. Every transition raises SEQUENCE (RFC 5546 2.1.4), adds an entry to
`status_changes`, and moves a time that it replaces to `previous_times`. The rules in words:
docs/lifecycle.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from summitry.kinds import BY_MESSAGE, EVENTFUL, WITH_VERBS, Record
from summitry.statuses import Stage, in_stages, verb_word
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.place_pb2 import Place
from summitry.v1.record_pb2 import EventVerb, VerbNote
from summitry.zones import TzDb
from summitry_server.domain.records.consistency import check_edtf
from summitry_server.domain.records.moves import follow_places
from summitry_server.domain.records.records import meaning
from summitry_server.wire.refusals import ALONE, SUBJECT, RefusedError, invalid, missing

AHEAD = in_stages(Stage.AHEAD)
BEGUN = in_stages(Stage.BEGUN)
OVER = in_stages(Stage.OVER)
PUT_OFF = in_stages(Stage.PUT_OFF)
CALLED_OFF = in_stages(Stage.CALLED_OFF)
# The earlier status if none was recorded: somebody must have announced the event.
DEFAULT_STATUS = EventStatus.EVENT_STATUS_ANNOUNCED


class TransitionRequest(NamedTuple):
    """The request of a transition; fields that its verb does not use are empty."""

    noun: str  # the field of the record in messages, such as "visit"; begins paths in errors
    now: int  # epoch seconds
    db: TzDb
    note: VerbNote
    time: EventTime | None = None
    places: Sequence[Place] = ()
    status: EventStatus = EventStatus.EVENT_STATUS_UNSPECIFIED


class Verb(NamedTuple):
    """A verb, the statuses that it fits, and the function that applies it.

    The function changes the record in place and returns its new status.
    """

    number: EventVerb
    origins: frozenset[EventStatus]
    apply: Callable[[Record, TransitionRequest], EventStatus]


def _confirm(record: Record, transition: TransitionRequest) -> EventStatus:
    return EventStatus.EVENT_STATUS_CONFIRMED


def _postpone(record: Record, transition: TransitionRequest) -> EventStatus:
    record.ClearField("time")
    return EventStatus.EVENT_STATUS_POSTPONED


def _reschedule(record: Record, transition: TransitionRequest) -> EventStatus:
    if transition.time is None:
        raise missing("time", "give the new time, of any precision, or postpone it without one")
    record.time.CopyFrom(transition.time)
    return _before(record, PUT_OFF)


def _move(record: Record, transition: TransitionRequest) -> EventStatus:
    if not transition.places:
        raise missing("places", "give the new places, the main one first")
    old = deepcopy(record)
    record.ClearField("places")
    record.places.extend(transition.places)
    follow_places(record, old, transition.noun, transition.db)
    return _reschedule(record, transition) if transition.time else record.status


def _cancel(record: Record, transition: TransitionRequest) -> EventStatus:
    status = transition.status or EventStatus.EVENT_STATUS_CANCELLED
    if status not in CALLED_OFF:
        raise invalid("status", EventStatus.Name(status), _list_statuses(CALLED_OFF))
    if status == record.status:
        raise _invalid_transition(record, EventVerb.EVENT_VERB_CANCEL)
    return status


def _reinstate(record: Record, transition: TransitionRequest) -> EventStatus:
    allowed = AHEAD | BEGUN | OVER
    if transition.status not in allowed:
        raise invalid("status", EventStatus.Name(transition.status), _list_statuses(allowed - {0}))
    postponed = record.status in PUT_OFF
    if transition.time is not None:
        record.time.CopyFrom(transition.time)
    elif postponed and record.previous_times:
        record.time.CopyFrom(record.previous_times.pop().time)
    status = _before(record, CALLED_OFF)
    # An event that was postponed and then cancelled is postponed again, unless it now has a time.
    out = PUT_OFF if postponed or record.HasField("time") else frozenset()
    return transition.status or _before(record, out, status)


VERBS: Mapping[EventVerb, Verb] = {
    verb.number: verb
    for verb in (
        Verb(EventVerb.EVENT_VERB_CONFIRM, AHEAD - {EventStatus.EVENT_STATUS_CONFIRMED}, _confirm),
        Verb(EventVerb.EVENT_VERB_POSTPONE, AHEAD, _postpone),
        Verb(EventVerb.EVENT_VERB_RESCHEDULE, AHEAD | BEGUN | PUT_OFF, _reschedule),
        Verb(EventVerb.EVENT_VERB_MOVE, AHEAD | BEGUN | PUT_OFF, _move),
        Verb(
            EventVerb.EVENT_VERB_CANCEL,
            AHEAD | PUT_OFF | CALLED_OFF | {EventStatus.EVENT_STATUS_SUSPENDED},
            _cancel,
        ),
        Verb(EventVerb.EVENT_VERB_REINSTATE, PUT_OFF | CALLED_OFF, _reinstate),
    )
}


def _before(
    record: Record, states: frozenset[EventStatus], status: EventStatus | None = None
) -> EventStatus:
    """Return the status that a record had before it entered `states`; its status if it is in none.

    The recorded status changes decide. Without any, as after an import, it is ANNOUNCED.
    """
    present = record.status if status is None else status
    if present not in states:
        return present
    out = states | CALLED_OFF  # a cancellation in between is not the status before
    for change in reversed(record.status_changes):
        if change.to_status in states and change.from_status not in out:
            return change.from_status
    return DEFAULT_STATUS


def apply_verb(record: Record, verb: Verb, transition: TransitionRequest) -> None:
    """Apply a verb to a record, in place. Its times have to be resolved afterwards.

    Raises RefusedError INVALID_TRANSITION, REFERENCE_NOT_FOUND, INVALID_PARTIAL_DATE,
    INVALID_VALUE or REQUIRED_FIELD_MISSING, by the path of the field in the request.
    """
    if record.status not in verb.origins:
        raise _invalid_transition(record, verb.number)
    _check_note(record, transition.note)
    status = verb.apply(record, transition)
    _add_status_change(record, verb.number, status, transition.note, transition.now)
    record.status = status
    record.sequence += 1


def keep_previous_time(record: Record, old: Record, transition: TransitionRequest) -> None:
    """Add a time that a verb removed or changed to `previous_times` of the record."""
    if old.HasField("time") and _moved(record, old):
        record.previous_times.add(
            time=old.time, until=Timestamp(seconds=transition.now), reason=transition.note.reason
        )


def _moved(record: Record, old: Record) -> bool:
    return meaning(record, "time") != meaning(old, "time")


def _add_status_change(
    record: Record, verb: EventVerb, status: EventStatus, note: VerbNote, now: int
) -> None:
    record.status_changes.add(
        verb=verb,
        from_status=record.status,
        to_status=status,
        reason=note.reason,
        action_date=note.action_date,
        record_time=Timestamp(seconds=now),
        source_id=note.source_id,
    )


def _check_note(record: Record, note: VerbNote) -> None:
    if note.source_id and note.source_id not in {source.id for source in record.sources}:
        raise RefusedError(
            ErrorReason.ERROR_REASON_REFERENCE_NOT_FOUND,
            f"the record has no source {note.source_id!r}: add it first",
            "note.source_id",
            value=note.source_id,
        )
    if note.action_date:
        check_edtf(note.action_date, "note.action_date")


# The verbs that lead into a status and out of it, for refusals of plain updates.
VERBS_INTO: Mapping[EventStatus, EventVerb] = {
    EventStatus.EVENT_STATUS_CONFIRMED: EventVerb.EVENT_VERB_CONFIRM,
    **dict.fromkeys(PUT_OFF, EventVerb.EVENT_VERB_POSTPONE),
    **dict.fromkeys(CALLED_OFF, EventVerb.EVENT_VERB_CANCEL),
}
VERBS_OUT_OF: Mapping[EventStatus, EventVerb] = {
    **dict.fromkeys(PUT_OFF, EventVerb.EVENT_VERB_RESCHEDULE),
    **dict.fromkeys(CALLED_OFF, EventVerb.EVENT_VERB_REINSTATE),
}
SUSPENDED = EventStatus.EVENT_STATUS_SUSPENDED
IN_PROGRESS = EventStatus.EVENT_STATUS_IN_PROGRESS


def check_edit(record: Record, old: Record, path: str) -> None:
    """Refuse an edit that only a verb may make (docs/decisions/0006-status-by-verbs.md).

    Raises RefusedError IMMUTABLE_FIELD with the verb in its metadata. Kinds without verbs change by
    edits alone.
    """
    if BY_MESSAGE[type(record)] not in WITH_VERBS:
        return
    if record.status != old.status:
        if verb := VERBS_OUT_OF.get(old.status) or VERBS_INTO.get(record.status):
            raise _verb_required(f"{path}.status", verb)
    elif record.status in PUT_OFF and record.HasField("time") and _moved(record, old):
        raise _verb_required(f"{path}.time", EventVerb.EVENT_VERB_RESCHEDULE)


def note_edit(record: Record, old: Record, now: int) -> None:
    """Add a change of status by an edit to the history of the record, as verbs do."""
    if record.status == old.status or BY_MESSAGE[type(record)] not in EVENTFUL:
        return
    verb = EventVerb.EVENT_VERB_UPDATE
    if record.status == SUSPENDED:
        verb = EventVerb.EVENT_VERB_SUSPEND
    elif (old.status, record.status) == (SUSPENDED, IN_PROGRESS):
        verb = EventVerb.EVENT_VERB_RESUME
    status, record.status = record.status, old.status
    _add_status_change(record, verb, status, VerbNote(), now)
    record.status = status


def note_restore(record: Record, old: Record, reason: str, now: int) -> None:
    """Add to the history of the record that an earlier status was restored."""
    if record.status == old.status or BY_MESSAGE[type(record)] not in EVENTFUL:
        return
    status, record.status = record.status, old.status
    verb = EventVerb.EVENT_VERB_RESTORE
    _add_status_change(record, verb, status, VerbNote(reason=reason), now)
    record.status = status


def _verb_required(field: str, verb: EventVerb) -> RefusedError:
    return RefusedError(
        ErrorReason.ERROR_REASON_IMMUTABLE_FIELD,
        f"does not change so by an update: {verb_word(verb)} the record",
        field,
        lead=SUBJECT,
        verb=EventVerb.Name(verb),
    )


def _list_statuses(statuses: frozenset[EventStatus]) -> str:
    return "one of " + ", ".join(EventStatus.Name(status) for status in sorted(statuses))


def _invalid_transition(record: Record, verb: EventVerb) -> RefusedError:
    status = EventStatus.Name(record.status)
    fit = ", ".join(
        verb_word(number) for number, row in VERBS.items() if record.status in row.origins
    )
    return RefusedError(
        ErrorReason.ERROR_REASON_INVALID_TRANSITION,
        f"{record.name}: {verb_word(verb)} does not fit {status}; verbs that do: {fit or 'none'}",
        "name",
        lead=ALONE,
        status=status,
        verb=EventVerb.Name(verb),
    )

"""Check that a record is consistent in itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from summitry.kinds import (
    ATTENDED,
    BY_MESSAGE,
    ID,
    KINDS,
    SUMMIT,
    UNUSED_FIELDS,
    WITH_PROGRAMME,
    Kind,
    Record,
    event_of,
    parse_name,
)
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.party_pb2 import PartyKind
from summitry.v1.provenance_pb2 import Claim
from summitry.zones import ZoneError, parse_partial
from summitry_server.domain.records.field_paths import FieldPath, parse_path
from summitry_server.domain.time.times import to_refusal
from summitry_server.wire.ranges import LANGUAGE
from summitry_server.wire.refusals import SUBJECT, RefusedError, invalid, missing, no_parent
from summitry_server.wire.walks import Step, WalkRule, walk

WEB = re.compile(r"(?i:https?)://[^\s/]+(/\S*)?")

# The pattern of text fields, by message type and field name; empty texts are not checked.
_TAG = LANGUAGE, "a BCP 47 tag such as fr or zh-Hans"
FORMS: dict[tuple[str, str], tuple[re.Pattern[str], str]] = {
    **{(kind.message.DESCRIPTOR.full_name, "source_language_code"): _TAG for kind in KINDS},
    ("summitry.v1.Source", "language_code"): _TAG,
    ("summitry.v1.Link", "language_code"): _TAG,
    ("summitry.v1.Source", "id"): (ID, "lower case letters, digits and hyphens"),
    ("summitry.v1.Place", "id"): (ID, "lower case letters, digits and hyphens"),
    ("summitry.v1.Party", "id"): (ID, "lower case letters, digits and hyphens"),
    ("summitry.v1.Person", "id"): (ID, "lower case letters, digits and hyphens"),
    ("summitry.v1.Source", "url"): (WEB, "an http or https address"),
    ("summitry.v1.Link", "url"): (WEB, "an http or https address"),
}
# Messages with a period of validity, from first_date to last_date in EDTF.
DATED = {"summitry.v1.DatedName", "summitry.v1.Membership"}
# By form of a claimed value: the types of the fields that it can be of. Texts, numbers, amounts
# and times stand for any field, since they are what a source says of it.
CLAIMED_TYPES = {
    "place": {"Place"},
    "party": {"Party", "Participant"},
    "person": {"Person", "Participant"},
    "status": {"EventStatus"},
}
# The kinds that a field may name which says to what event a record belongs.
EVENT_KINDS = {"parent_event": WITH_PROGRAMME, "summit": (SUMMIT,)}


def check_record(record: Record, path: str, old: Record | None = None) -> None:
    """Refuse a record that contradicts itself. Raises RefusedError by the path of the field.

    `old` is the version that it follows; None for a new record.
    """
    _check_fields_of_kind(record, path, old)
    walk(record, path, (FORM,))
    _check_sources(record, path)
    _check_participants(record, path)


def _check_fields_of_kind(record: Record, path: str, old: Record | None) -> None:
    """Refuse fields of the header that mean nothing in a record of this kind.

    What an earlier release stored in them stays until somebody clears it: who corrects a title
    neither has to know of it nor loses it.
    """
    unused = UNUSED_FIELDS.get(BY_MESSAGE[type(record)], frozenset())
    for field, value in record.ListFields():
        if field.name in unused and (old is None or getattr(old, field.name) != value):
            kind = record.DESCRIPTOR.name.lower()
            raise RefusedError(
                ErrorReason.ERROR_REASON_INVALID_VALUE,
                f"means nothing in a {kind}: leave it out",
                f"{path}.{field.name}",
                lead=SUBJECT,
                value=field.name,
            )


class _Forms(WalkRule):
    """The forms of texts, as a rule in a walk."""

    def at_field(self, field: Any) -> Step | None:
        owner = field.containing_type.full_name
        if form := FORMS.get((owner, field.name)):
            return _form_check(*form)
        dated = owner in DATED and field.name in ("first_date", "last_date")
        return (lambda value, state: check_edtf(value, "")) if dated else None


FORM = _Forms()


def _form_check(pattern: re.Pattern[str], expected: str) -> Step:
    def check_form(value: str, state: object) -> None:
        if not pattern.fullmatch(value):
            raise invalid("", value, expected)

    return check_form


def check_edtf(text: str, field: str) -> None:
    """Refuse a text that is no date in EDTF. Raises RefusedError INVALID_PARTIAL_DATE."""
    try:
        parse_partial(text)
    except ZoneError as error:
        raise to_refusal(error, field) from error


def _check_sources(record: Record, path: str) -> None:
    """Refuse sources without a unique id, and claims or outcomes that name no source."""
    ids: set[str] = set()
    for index, source in enumerate(record.sources):
        here = f"{path}.sources[{index}].id"
        if not source.id:
            raise missing(here, "give the source a key, such as its publisher's name")
        if source.id in ids:
            raise invalid(here, source.id, "unlike the ids of the other sources")
        ids.add(source.id)
    for here, source_id in _named_sources(record, path):
        if source_id not in ids:
            raise RefusedError(
                ErrorReason.ERROR_REASON_REFERENCE_NOT_FOUND,
                f"the record has no source {source_id!r}; it has: {', '.join(sorted(ids))}",
                here,
                value=source_id,
            )
    for index, claim in enumerate(record.claims):
        here = f"{path}.claims[{index}]"
        claimed = parse_path(type(record), claim.field_path, f"{here}.field_path")
        _check_claimed_value(record, claim, claimed, here)


def _check_claimed_value(record: Record, claim: Claim, claimed: FieldPath, path: str) -> None:
    """Refuse a place, party, person or status that is claimed for a field of something else."""
    form = claim.WhichOneof("value") or ""
    if form not in CLAIMED_TYPES:
        return
    field: Any = None
    for name in claimed.fields:
        field = (field.message_type if field else record.DESCRIPTOR).fields_by_name[name]
    type_ = field.message_type or field.enum_type
    if type_ is None or type_.name not in CLAIMED_TYPES[form]:
        raise invalid(f"{path}.field_path", claim.field_path, f"a field that a {form} can be of")
    if form == "status" and not claim.status:
        raise missing(f"{path}.status", "say which status the source gives")


def _check_participants(record: Record, path: str) -> None:
    """Refuse persons that are written as parties, and parties of the members of a delegation."""
    for field in ("participants", "members"):
        for index, participant in enumerate(getattr(record, field, ())):
            here = f"{path}.{field}[{index}]"
            for party, person in (("party", "person"), ("represents", "on_behalf_of")):
                if getattr(participant, party).kind == PartyKind.PARTY_KIND_PERSON:
                    kind = "PARTY_KIND_PERSON"
                    raise invalid(f"{here}.{party}.kind", kind, f"a person in `{person}`")
            if field == "members" and participant.HasField("party"):
                value = participant.party.id or participant.party.region_code
                raise invalid(f"{here}.party", value, "unset: the delegation has the party")


def _named_sources(record: Record, path: str) -> Iterator[tuple[str, str]]:
    for index, claim in enumerate(record.claims):
        yield f"{path}.claims[{index}].source_id", claim.source_id
    for index, outcome in enumerate(getattr(record, "outcomes", ())):
        if outcome.source_id:
            yield f"{path}.outcomes[{index}].source_id", outcome.source_id


def references(record: Record, path: str) -> Iterator[tuple[str, str]]:
    """Yield (path of the field, resource name) of the records that a record belongs to.

    Raises RefusedError PARENT_NOT_FOUND for a name of another calendar or of a wrong kind.
    """
    for field, name, kinds in _references(record, path):
        parsed = parse_name(name)
        own = parse_name(record.name)
        assert own is not None
        if parsed is None or parsed.kind not in kinds or parsed.calendar != own.calendar:
            expected = " or ".join(f"{own.calendar}/{kind.collection}/..." for kind in kinds)
            raise no_parent(field, name, f"it must be {expected}")
        yield field, name


def referred_names(record: Record) -> list[str]:
    """Return the names of the records that a record belongs to, right or wrong."""
    return [name for _, name, _ in _references(record, "")]


def _references(record: Record, path: str) -> Iterator[tuple[str, str, tuple[Kind, ...]]]:
    if event := event_of(record):
        field = BY_MESSAGE[type(record)].event_field
        yield f"{path}.{field}", event, EVENT_KINDS[field]
    if isinstance(record, Delegation):
        for index, engagement in enumerate(record.engagements):
            yield f"{path}.engagements[{index}].event", engagement.event, ATTENDED

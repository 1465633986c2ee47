"""The one walk says what separate walks say, on random records with random faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from summitry.kinds import KINDS, Kind, Record
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.party_pb2 import Party
from summitry.v1.transfer_service_pb2 import ImportRecordsRequest
from summitry_server.domain.records.consistency import FORM
from summitry_server.domain.records.masks import clear_output
from summitry_server.domain.search.facets import entries_of, parties_of, text_of
from summitry_server.wire import limits
from summitry_server.wire.refusals import RefusedError
from summitry_server.wire.walks import is_map, leads_to, walk
from tests.random_records import records
from tests.server.wire import separate_walks as separate

# Texts that break a limit, a form, a range or a code; some fit some fields.
BAD_TEXTS = (
    "x" * 300,
    "x" * 1025,
    "x" * 70_000,
    "a\x07",
    "a\u202eb",
    "a\nb",
    "?",
    "ZZ",
    "uk",
    "é é",
)
BAD_NUMBERS = (-1, 97, 999, 2**31 - 1)


def record_of(kind: Kind, fields: dict[str, Any]) -> Record:
    record: Record = ParseDict(fields, kind.message())
    return record


def messages_in(message: Any) -> Iterator[Any]:
    yield message
    for _, _, part in separate.parts(message):
        yield from messages_in(part)


def spoil(message: Any, field: Any, text: str, number: int) -> None:
    """Set a field of a message to a value that may be wrong, in place."""
    value = text if field.type == field.TYPE_STRING else number
    if field.message_type is not None:
        if is_map(field):
            getattr(message, field.name)[text] = text
        elif field.is_repeated:
            for _ in range(number % 100):
                getattr(message, field.name).add()
        else:
            getattr(message, field.name).SetInParent()
    elif field.type in (field.TYPE_STRING, field.TYPE_ENUM, field.TYPE_INT32, field.TYPE_INT64):
        if field.is_repeated:
            getattr(message, field.name).extend([value] * (number % 100))
        else:
            setattr(message, field.name, value)


@st.composite
def spoilt_records(draw: st.DrawFn) -> Record:
    """Draw a record of any kind; up to three of its fields have values that may be wrong."""
    record = record_of(*draw(records()))
    for _ in range(draw(st.integers(0, 3))):
        message = draw(st.sampled_from(list(messages_in(record))))
        field = draw(st.sampled_from(list(message.DESCRIPTOR.fields)))
        spoil(message, field, draw(st.sampled_from(BAD_TEXTS)), draw(st.sampled_from(BAD_NUMBERS)))
    return record


def refusal_of(check: Callable[[], object]) -> tuple[object, ...] | None:
    """Return all that a sender is told of a refusal; None if nothing is refused."""
    try:
        check()
    except RefusedError as error:
        return error.reason, error.path, error.message, error.metadata
    return None


@given(record=spoilt_records(), path=st.sampled_from(("", "meeting", "writes[2].create.meeting")))
def test_limits_refuse_the_same_and_settle_the_same_codes(record: Record, path: str) -> None:
    expected = deepcopy(record)
    refusal = refusal_of(lambda: separate.check_limits(expected, path))
    assert refusal_of(lambda: limits.check(record, path)) == refusal
    assert record == expected


@given(record=spoilt_records())
def test_joined_walk_refuses_the_same_forms_as_separate_ones(record: Record) -> None:
    expected = refusal_of(lambda: separate.check_forms(record, "x"))
    assert refusal_of(lambda: walk(record, "x", (FORM,))) == expected


@given(record=spoilt_records())
def test_output_fields_that_are_cleared_are_the_same(record: Record) -> None:
    expected = deepcopy(record)
    separate.clear_output(expected)
    clear_output(record)
    assert record == expected


@given(drawn=records())
def test_joined_walk_finds_the_same_facets_texts_and_parties(
    drawn: tuple[Kind, dict[str, Any]],
) -> None:
    record = record_of(*drawn)
    entries = entries_of(record)
    assert entries.facets == separate.facets(record)
    lines = text_of(entries).split("\n")
    assert {line for text in separate.texts(record) for line in text.split("\n")} == set(lines) or (
        not separate.texts(record) and lines == [""]
    )
    assert parties_of(record) == [part for part in separate.walk(record) if isinstance(part, Party)]


LIMIT_CASES = {
    "ERROR_REASON_TEXT_TOO_LONG": Meeting(ical_uid="x" * 256),
    "ERROR_REASON_FORBIDDEN_CHARACTER": Meeting(titles=[{}, {"text": "a\x07"}]),
    "ERROR_REASON_TOO_MANY_VALUES": Meeting(links=[{}] * 65),
    "ERROR_REASON_INVALID_VALUE": Meeting(places=[{"region_code": "a land"}]),
}


@pytest.mark.parametrize("reason", LIMIT_CASES)
def test_each_reason_of_the_limits_is_the_same(reason: str) -> None:
    record = LIMIT_CASES[reason]
    refusal = refusal_of(lambda: limits.check(record, "x"))
    assert refusal is not None
    assert refusal[0] == ErrorReason.Value(reason)
    assert refusal == refusal_of(lambda: separate.check_limits(record, "x"))


def test_entries_refused_one_by_one_are_counted_and_not_entered() -> None:
    batch = ImportRecordsRequest()
    batch.batch.records.add().meeting.titles.add(text="a\x07")
    limits.check(batch)
    for _ in range(200):
        batch.batch.records.add()
    refusal = refusal_of(lambda: limits.check(batch))
    assert refusal is not None
    assert refusal[1] == "batch.records"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.singular)
def test_types_that_a_record_leads_to_are_those_in_its_descriptors(kind: Kind) -> None:
    below: dict[str, Any] = {}
    ahead = [kind.message.DESCRIPTOR]
    while ahead:
        for field in ahead.pop().fields:
            inner = field.message_type
            is_new = inner is not None and inner.full_name not in below
            if is_new and not inner.GetOptions().map_entry:
                below[inner.full_name] = inner
                ahead.append(inner)
    for name in (*below, "summitry.v1.Nothing"):
        assert leads_to(kind.message.DESCRIPTOR, frozenset({name})) == (name in below)

"""Repeated fields are counted on the wire: the same limits as after parsing, without its memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from google.protobuf.descriptor import FieldDescriptor
from hypothesis import given
from hypothesis import strategies as st

from summitry._calls.methods import METHODS
from summitry.formats.files import read_records
from summitry.kinds import BY_MESSAGE
from summitry.v1.agenda_service_pb2 import FindConflictsRequest
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.transfer_service_pb2 import ImportRecordsRequest
from summitry.v1.write_service_pb2 import BatchWriteRequest
from summitry_server.wire import counts, limits
from summitry_server.wire import frames as wire
from summitry_server.wire.refusals import RefusedError

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "astana-2024"
# A field that no message has, large enough for the walk to take place.
PADDING = wire.frame(15_000, bytes(counts.WALKED_FROM))
DEEPEST = 4
TEXTS = (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES)


class Case(NamedTuple):
    """A repeated field of a request, and the fields that lead to it."""

    request: Any
    way: tuple[FieldDescriptor, ...]
    field: FieldDescriptor

    @property
    def path(self) -> str:
        steps = [
            f"{field.name}[0]." if field.is_repeated else f"{field.name}." for field in self.way
        ]
        return "".join(steps) + self.field.name

    def __str__(self) -> str:
        return f"{self.request.DESCRIPTOR.name}-{self.path}"

    def flood(self, entries: int) -> bytes:
        data = self.entry() * entries
        for step in reversed(self.way):
            data = wire.frame(step.number, data)
        return data + PADDING

    def entry(self) -> bytes:
        """Return the shortest entry: an empty text or message, or a zero."""
        if self.field.message_type is not None or self.field.type in TEXTS:
            return wire.frame(self.field.number, b"")
        return wire.varint(self.field.number << 3) + b"\0"


def repeated_fields() -> Iterator[Case]:
    """Yield each repeated field of each request once, at the shortest way to it."""
    for method in METHODS:
        visited: set[str] = set()
        level: list[tuple[tuple[FieldDescriptor, ...], Any]] = [((), method.request.DESCRIPTOR)]
        while level:
            way, message = level.pop(0)
            for field in message.fields:
                if field.is_repeated and field.full_name not in visited:
                    visited.add(field.full_name)
                    yield Case(method.request, way, field)
                inside = field.message_type
                if inside is not None and len(way) < DEEPEST and inside.full_name not in visited:
                    visited.add(inside.full_name)
                    level.append(((*way, field), inside))


CASES = list(repeated_fields())


def is_singly(case: Case) -> bool:
    return any(limits.key_of(step) in limits.SINGLY for step in case.way)


def test_there_are_cases_of_every_kind() -> None:
    assert len(CASES) > 500
    assert {bool(case.field.message_type) for case in CASES} == {True, False}
    assert any(case.field.type == FieldDescriptor.TYPE_ENUM for case in CASES)
    assert {len(case.way) for case in CASES} >= {0, 1, 2, 3}


@pytest.mark.parametrize("rpc", sorted({case.request.DESCRIPTOR.name for case in CASES}))
def test_every_repeated_field_is_counted_before_it_is_parsed(rpc: str) -> None:
    for case in CASES:
        if case.request.DESCRIPTOR.name != rpc or is_singly(case):
            continue
        limit = limits.count_limit(case.field)
        counts.check(case.request.DESCRIPTOR, case.flood(limit))
        with pytest.raises(RefusedError) as caught:
            counts.check(case.request.DESCRIPTOR, case.flood(limit + 1))
        error = caught.value
        assert error.reason == ErrorReason.ERROR_REASON_TOO_MANY_VALUES, case
        assert error.path == case.path
        assert error.metadata == {"limit": str(limit), "length": str(limit + 1)}


def test_packed_entries_are_counted() -> None:
    kinds = FindConflictsRequest.DESCRIPTOR.fields_by_name["kinds"]
    for value, entries in ((b"\1" * 65, 65), (b"\x81\0" * 65, 65)):
        with pytest.raises(RefusedError) as caught:
            counts.check(FindConflictsRequest.DESCRIPTOR, wire.frame(kinds.number, value) + PADDING)
        assert caught.value.metadata == {"limit": "64", "length": str(entries)}
    counts.check(
        FindConflictsRequest.DESCRIPTOR, wire.frame(kinds.number, b"\x81\0" * 64) + PADDING
    )


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(b"\n\0" * (2 * 2**20), id="empty_writes"),
        pytest.param(b"\n" + wire.varint(4_000_000) + b"\n\0" * 2_000_000, id="one_field_again"),
        pytest.param(b"\x78\0" * 2_000_000, id="unknown_fields"),
        pytest.param((b"\n" + wire.varint(1500) + b"\n\0" * 750) * 900, id="many_small_lists"),
    ],
)
def test_flood_is_refused_with_bounded_memory(flood: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(RefusedError) as caught:
            wire.parse(BatchWriteRequest, flood)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.reason == ErrorReason.ERROR_REASON_TOO_MANY_VALUES
    assert peak < 256 * 1024


def test_records_of_an_import_are_bounded_by_their_sum_alone() -> None:
    """A record that has too many values is refused by itself, and not the batch with it."""
    request = ImportRecordsRequest()
    titles = request.batch.records.add().summit.titles
    for _ in range(limits.COUNTS["summitry.v1.RecordHeader.titles"] + 1):
        titles.add()
    counts.check(ImportRecordsRequest.DESCRIPTOR, request.SerializeToString() + PADDING)
    for _ in range(counts.FIELDS):
        titles.add()
    flood = request.SerializeToString()
    with pytest.raises(RefusedError) as caught:
        counts.check(ImportRecordsRequest.DESCRIPTOR, flood)
    assert caught.value.metadata["limit"] == str(counts.FIELDS)


def test_real_records_pass() -> None:
    request = BatchWriteRequest()
    for path in SAMPLES.glob("*.yaml"):
        for _, record in read_records(path):
            kind = BY_MESSAGE[type(record)].singular
            getattr(request.writes.add().create, kind).CopyFrom(record)
    data = request.SerializeToString()
    assert len(data) > counts.WALKED_FROM
    assert wire.parse(BatchWriteRequest, data) == request


@given(head=st.binary(max_size=40))
def test_any_bytes_are_walked_or_malformed(head: bytes) -> None:
    data = head + PADDING
    try:
        counts.check(BatchWriteRequest.DESCRIPTOR, data)
    except (ValueError, RefusedError):
        return
    list(counts.fields(data, 0, len(data)))


@pytest.mark.parametrize(
    "head",
    [b"\x0b\x0c", b"\n\xff\xff\xff\x7f", b"\x0d\0", b"\x80" * 11, b"\n\x02\n\x05"],
    ids=["group", "beyond_the_end", "fixed_beyond_its_message", "endless_number", "inside"],
)
def test_bytes_that_are_no_message_are_malformed(head: bytes) -> None:
    cut = head if head == b"\x0d\0" else head + PADDING
    with pytest.raises(ValueError):
        list(counts.fields(cut, 0, len(cut)))
        counts.check(BatchWriteRequest.DESCRIPTOR, cut)


@given(number=st.integers(0, 2**64 - 1))
def test_numbers_are_read_as_they_are_written(number: int) -> None:
    data = wire.varint(number)
    assert counts.varint(data, 0) == (number, len(data))

"""Entries that were imported before are known by their digest, and it changes nothing but the cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import given
from hypothesis import strategies as st

from summitry.kinds import CALENDAR, MEETING, VISIT, pack
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.transfer_service_pb2 import (
    ImportOptions,
    ImportRecordsRequest,
    ImportRecordsResponse,
)
from summitry.v1.visit_pb2 import Visit
from summitry_server.context import LOCAL_CALL, Backend
from summitry_server.databases import Databases
from summitry_server.domain.records import entry_digests
from summitry_server.services import imports
from summitry_server.services.naming import name_of
from summitry_server.services.operations import Operation, RecordOperations, plan_ahead
from summitry_server.store.contract import LogEntry
from summitry_server.store.memory.engine import MemoryStore
from summitry_server.wire import frames as wire

NAME = "calendars/c/meetings/talks"
DATABASES = Databases()


class FixedClock:
    def now(self) -> int:
        return 1_700_000_000


class Desk:
    """A service without a connection: imports of single entries, and edits of the record."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.backend = Backend(self.store, DATABASES, FixedClock())
        self.meetings = RecordOperations(MEETING, self.backend)
        calendars = RecordOperations(CALENDAR, self.backend)
        self.do(calendars.create(Calendar(name="calendars/c", ical_uid="c"), 0))

    def do(self, operation: Operation) -> None:
        plan_ahead(self.store, [operation])
        self.store.write(operation, LogEntry("desk", "", "", 0))

    def take(self, *entries: Any, **options: Any) -> ImportRecordsResponse:
        first = ImportRecordsRequest(options=ImportOptions(**options))
        batch = ImportRecordsRequest()
        batch.batch.records.extend(map(pack, entries))
        response = imports.import_records(self.backend, iter([first, batch]), LOCAL_CALL)
        result = ImportRecordsResponse.FromString(response)
        result.ClearField("header")
        return result

    def edit(self, **fields: Any) -> None:
        sent = Meeting(name=NAME, **fields)
        mask = FieldMask(paths=list(fields))
        self.do(self.meetings.update(sent, mask, False, 1_700_000_000))

    def delete(self) -> None:
        self.do(self.meetings.delete(name_of(MEETING, NAME, "name"), "", 1_700_000_000))

    def undelete(self) -> None:
        self.do(self.meetings.undelete(name_of(MEETING, NAME, "name"), "", 1_700_000_000))

    def stored(self) -> Meeting | None:
        with self.store.read() as reader:
            row = reader.get(NAME)
        return wire.unframe(Meeting, row.frame) if row else None

    def contents(self) -> Meeting | None:
        """Return the stored record without what no two stores have in common."""
        record = self.stored()
        for field in ("etag", "source_digests"):
            if record is not None:
                record.ClearField(field)
        return record


def entry(**fields: Any) -> Meeting:
    return Meeting(**{"name": NAME, "ical_uid": "talks", **fields})


def titled(text: str, **fields: Any) -> Meeting:
    return entry(titles=[{"text": text, "language_code": "en"}], **fields)


ENTRIES = [
    titled("Talks"),
    titled("Talks, moved", time={"iso": "2024-07-03T10:00[Asia/Almaty]"}),
    titled("Talks", original="one"),
    titled("Talks in Paris", original="two", labels={"room": "1"}),
    titled("Talks", original="two", visibility=2),
    titled("Talks", labels={"ical-sequence": "2"}),
    titled("Talks", labels={"ical-sequence": "1"}),
    titled("Talks", sources=[{"id": "a", "published": "2099-01-01"}]),
    titled("Talks\a"),
    entry(ical_uid="another"),
]
EDITS: list[dict[str, Any]] = [
    {"titles": [{"text": "A desk's title", "language_code": "en"}]},
    {"labels": {"desk": "1"}},
    {"visibility": 3},
]
# Mostly none, so that the same entry comes with the same options again.
OPTIONS: list[dict[str, bool]] = [
    *({}, {}, {}, {}),
    *({"merge": True}, {"allow_more_visible": True}, {"validate_only": True}),
]

NO_OPTIONS: st.SearchStrategy[dict[str, bool]] = st.just({})


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, int, dict[str, bool]]]:
    """Draw imports of one or two entries, with edits and other changes between them."""
    numbers = draw(st.lists(st.integers(0, len(ENTRIES) - 1), min_size=1, max_size=2))
    imported = st.tuples(st.just("import"), st.sampled_from(numbers), st.sampled_from(OPTIONS))
    edited = st.tuples(st.just("edit"), st.integers(0, len(EDITS) - 1), NO_OPTIONS)
    changed = st.tuples(st.sampled_from(["delete", "undelete", "export"]), st.just(0), NO_OPTIONS)
    steps = st.lists(st.one_of(imported, edited, changed), min_size=2, max_size=6)
    return [draw(imported), *draw(steps), draw(imported)]


def outcomes(steps: list[Any]) -> Iterator[Any]:
    """Yield what each step answers, and the record after it."""
    desk = Desk()
    for step, number, options in steps:
        record = desk.stored()
        answer: Any = None
        if step == "import":
            sent = Meeting()
            sent.CopyFrom(ENTRIES[number])
            answer = desk.take(sent, **options)
        elif record is not None and step == "export" and not record.HasField("delete_time"):
            answer = desk.take(record)
        elif record is not None and record.HasField("delete_time") == (step == "undelete"):
            if step == "edit":
                desk.edit(**EDITS[number])
            elif step != "export":
                getattr(desk, step)()
        yield answer, desk.contents()


@given(steps=histories())
def test_imports_answer_and_store_the_same_as_without_digests(steps: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imports, "is_imported", lambda record, digest: False)
        expected = list(outcomes(steps))
    assert list(outcomes(steps)) == expected


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the entries that were checked, which grows with each."""
    names: list[str] = []
    check = imports._check

    def note(record: Any, field: str) -> None:
        names.append(record.name)
        check(record, field)

    monkeypatch.setattr(imports, "_check", note)
    return names


@pytest.mark.parametrize("number", [0, 1, 2, 3, 7])
def test_entry_that_was_taken_in_is_not_checked_again(
    desk: Desk, checks: list[str], number: int
) -> None:
    first = desk.take(ENTRIES[number])
    again = desk.take(ENTRIES[number])
    assert (first.created, again.unchanged, checks) == (1, 1, [NAME])
    assert again.warnings == first.warnings


def test_exported_record_is_not_checked_again(desk: Desk, checks: list[str]) -> None:
    desk.take(ENTRIES[1])
    desk.edit(labels={"desk": "1"})
    record = desk.stored()
    assert record is not None
    assert desk.take(record).unchanged == 1
    assert checks == [NAME]


def test_edit_of_a_plain_entry_is_taken_back_by_the_entry(desk: Desk) -> None:
    desk.take(ENTRIES[0])
    desk.edit(**EDITS[1])
    assert desk.take(ENTRIES[0]).updated == 1
    record = desk.contents()
    assert record is not None
    assert not record.labels


def test_edit_of_a_record_of_a_source_stays(desk: Desk, checks: list[str]) -> None:
    desk.take(ENTRIES[2])
    desk.edit(**EDITS[1])
    assert desk.take(ENTRIES[2]).unchanged == 1
    assert checks == [NAME]


def test_digest_is_of_the_options_too(desk: Desk, checks: list[str]) -> None:
    desk.take(ENTRIES[0])
    desk.take(ENTRIES[0], merge=True)
    desk.take(ENTRIES[0], allow_more_visible=True)
    assert checks == [NAME] * 3


def test_digest_is_of_the_kind_too(desk: Desk) -> None:
    desk.take(ENTRIES[0])
    visit = Visit.FromString(ENTRIES[0].SerializeToString())
    assert desk.take(visit).failed == 1
    assert VISIT.message is Visit


def test_entry_key_is_no_field(desk: Desk) -> None:
    desk.take(ENTRIES[2])
    record = desk.stored()
    assert record is not None
    assert entry_digests.ENTRY in record.source_digests
    assert entry_digests.ENTRY not in entry_digests.value_digests(record)
    assert entry_digests.ENTRY not in Meeting.DESCRIPTOR.fields_by_name

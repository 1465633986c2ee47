"""ImportRecords: a stream of batches, each of them one write.

What can be done before a write is done before it, on a snapshot: the writer, of which there is
one, serves other writes while an import checks its records. The write plans a record anew when
another write has changed it in between.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from summitry.kinds import KINDS, Record
from summitry.v1.any_record_pb2 import AnyRecord
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.transfer_service_pb2 import (
    EventDays,
    ImportOptions,
    ImportRecordsRequest,
    RecordBatch,
)
from summitry_server.context import Backend, Call
from summitry_server.domain.imports import (
    ImportOutcome,
    RecordWarning,
    Tally,
    check_not_older,
    implausible,
)
from summitry_server.domain.names import calendar_of
from summitry_server.domain.records.entry_digests import (
    drop_entry,
    entry_digest,
    is_imported,
    note_entry,
    was_implausible,
)
from summitry_server.domain.records.masks import OUTPUT, clear_output
from summitry_server.domain.records.records import stamp_time
from summitry_server.domain.source_merge import is_from_source
from summitry_server.services.gone_days import (
    GoneDays,
    GoneRecord,
    check_event_days,
    is_only_days,
)
from summitry_server.services.naming import name_of
from summitry_server.services.operations import (
    NewVersion,
    RecordOperations,
    joined_hints,
    revision_of,
)
from summitry_server.services.own_names import under_own_name
from summitry_server.store import open_dry_run
from summitry_server.store.contract import Reader, Row, Target
from summitry_server.wire import frames as wire
from summitry_server.wire import limits
from summitry_server.wire.frames import largest_part
from summitry_server.wire.reasons import refusal_of
from summitry_server.wire.refusals import ALONE, RefusedError
from summitry_server.wire.walks import walk

log = logging.getLogger(__name__)

ORDER = [kind.singular for kind in KINDS]


class _SentRecord(NamedTuple):
    """A record as it was sent, with its position in the stream."""

    position: int
    name: str
    field: str  # of an AnyRecord; "" without a record
    record: Record | None
    from_source: bool = False
    digest: str = ""  # of what was sent


class _ImportPlan(NamedTuple):
    """The version that an import makes of a record, over the one of `base_revision` (0: none)."""

    sent: _SentRecord
    base_revision: int
    version: NewVersion | None = None  # to store; None if nothing changes
    warnings: Sequence[RecordWarning] = ()
    error: RefusedError | None = None


PlanOutcome: TypeAlias = tuple[_ImportPlan, ImportOutcome]
"""The plan that was carried out for a record, and its outcome."""


class Import:
    """One import. Close it."""

    def __init__(
        self,
        backend: Backend,
        call: Call,
        options: ImportOptions,
    ) -> None:
        self._backend = backend
        self._operations = {kind.singular: RecordOperations(kind, backend) for kind in KINDS}
        self._call = replace(call, source="ImportRecords", reason=options.reason)
        self._merge = options.merge
        self._allow_more_visible = options.allow_more_visible
        self._dry_run = open_dry_run() if options.validate_only else None
        self._gone_days = GoneDays(backend, self._operations, options.gone_action)
        self._tally = Tally()
        # All but the entry that decides what becomes of it.
        options_of_result = self._merge, self._allow_more_visible
        self._context = f"{backend.db.version} {options_of_result}"

    def close(self) -> None:
        """Drop the writes of a dry run."""
        if self._dry_run is not None:
            self._dry_run.close()

    def answer(self) -> bytes:
        """Return the response for all batches."""
        parts = [self._tally.result()]
        return self._backend.answer_now(parts)

    def take(self, batch: RecordBatch) -> None:
        """Check a batch and write it. A refused record does not stop the rest."""
        if not batch.records and not batch.event_days:
            raise invalid("a batch holds no records: leave it out", "batch.records")
        for index, statement in enumerate(batch.event_days):
            path = f"batch.event_days[{index}]"
            calendar_of(statement.parent, f"{path}.parent")
            check_event_days(statement, path)
        now = self._backend.clock.now()
        first = self._tally.response.received
        in_order = sorted(enumerate(batch.records, first), key=lambda part: _rank(part[1]))
        sent = [self._entry(index, part) for index, part in in_order]
        with self._backend.store.read() as reader:
            if self._dry_run is not None:
                target = self._dry_run.target(reader)
                plans = [self._plan(entry, target.get(entry.name), now) for entry in sent]
                landed = [self._land(target, plan, now) for plan in plans]
                gone_records = self._gone_days.land(target, batch.event_days, now)
            else:
                rows = reader.get_many([entry.name for entry in sent])
                plans = [
                    self._plan(*_with_own_row(reader, row, entry), now)
                    for entry, row in zip(sent, rows, strict=True)
                ]
                is_any_gone = self._gone_days.is_any(reader, batch.event_days)
        if self._dry_run is None:
            landed, gone_records = self._write(plans, batch.event_days if is_any_gone else (), now)
        for plan, outcome in landed:
            self._tally.count(
                plan.sent.position,
                plan.sent.name,
                outcome,
                plan.warnings if outcome.error is None else (),
            )
        for record in gone_records:
            self._tally.count_gone(record.name, record.warnings)

    def _entry(self, index: int, part: AnyRecord) -> _SentRecord:
        field = part.WhichOneof("record") or ""
        record: Record | None = getattr(part, field, None)
        if record is None:
            return _SentRecord(index, part.name, field, None)
        digest = entry_digest(record, f"{self._context} {field}")
        return _SentRecord(index, record.name, field, record, is_from_source(record), digest)

    def _plan(self, sent: _SentRecord, row: Row | None, now: int) -> _ImportPlan:
        try:
            return self._recognise(sent, row) or self._plan_version(sent, row, now)
        except Exception as error:
            refusal = refusal_of(error, self._call.id)
            if refusal.reason == ErrorReason.ERROR_REASON_INTERNAL:
                log.exception("%s cannot be imported, request %s", sent.name, self._call.id)
            return _ImportPlan(sent, revision_of(row), error=refusal)

    def _recognise(self, sent: _SentRecord, row: Row | None) -> _ImportPlan | None:
        """Return the plan for an entry that was taken in before, or is what is stored; else None.

        Before any check: what is in the store needs none.
        """
        if row is None or row.deleted or sent.record is None:
            return None
        old, db = wire.unframe(type(sent.record), row.frame), self._backend.db
        is_known = is_imported(old, sent.digest)
        # The times of an export may have moved by rules that are newer than the stored times.
        if not is_known and (sent.record != old or old.time.resolved.tzdb_version != db.version):
            return None
        check_not_older(sent.record, old, sent.field)
        has_warnings = was_implausible(old) or not is_known
        return _ImportPlan(
            sent, row.revision, warnings=implausible(old, db) if has_warnings else ()
        )

    def _plan_version(self, sent: _SentRecord, row: Row | None, now: int) -> _ImportPlan:
        if sent.record is None:
            raise invalid("the entry holds no record of a kind that is known here", "record")
        _check(sent.record, sent.field)
        operations = self._operations[sent.field]
        name_of(operations.kind, sent.name, f"{sent.field}.name")
        record, is_changed, refused_values = operations.imported(
            row,
            sent.record,
            now,
            merge=self._merge,
            from_source=sent.from_source,
            allow_more_visible=self._allow_more_visible,
        )
        if not is_changed:
            warnings = (*refused_values, *implausible(record, self._backend.db))
            return _ImportPlan(sent, revision_of(row), warnings=warnings)
        stamp_time(record, now)
        facts = implausible(record, self._backend.db)
        if refused_values:
            drop_entry(record)
        else:
            source, doubtful = sent.from_source, bool(facts)
            note_entry(record, sent.digest, from_source=source, is_implausible=doubtful)
        make = operations.first_version if row is None else operations.imported_version
        return _ImportPlan(sent, revision_of(row), make(record, now), (*refused_values, *facts))

    def _write(
        self, plans: Sequence[_ImportPlan], event_days: Sequence[EventDays], now: int
    ) -> tuple[list[PlanOutcome], list[GoneRecord]]:
        if not event_days and not any(plan.version for plan in plans):
            return [(plan, _without_write(plan)) for plan in plans], []

        def store_plans(target: Target) -> tuple[list[PlanOutcome], list[GoneRecord]]:
            landed = [self._land(target, plan, now) for plan in plans]
            return landed, self._gone_days.land(target, event_days, now)

        hint = joined_hints(plan.version.hint for plan in plans if plan.version)
        hint = hint._replace(names=(*hint.names, *(plan.sent.name for plan in plans)))
        return self._backend.store.write(store_plans, self._backend.entry(self._call), hint)

    def _land(self, target: Target, plan: _ImportPlan, now: int) -> PlanOutcome:
        """Write a planned record; plan it again first if another write has changed it."""
        row = target.get(plan.sent.name)
        sent, row = _with_own_row(target, row, plan.sent)
        if sent is not plan.sent or revision_of(row) != plan.base_revision:
            plan = self._plan(sent, row, now)
        if plan.version is None or (row is None and _is_ghost(target, plan)):
            return plan, _without_write(plan)
        try:
            self._operations[plan.sent.field].land(target, plan.version)
        except RefusedError as error:
            return plan, ImportOutcome("failed", _of_record(error, plan.sent))
        return plan, ImportOutcome("created" if row is None else "updated")


def import_records(
    backend: Backend,
    requests: Iterator[ImportRecordsRequest],
    call: Call,
) -> bytes:
    """Import a stream of batches, each in one write; return the totals."""
    first = next(requests, None)
    if first is None or first.WhichOneof("part") != "options":
        raise invalid("an import begins with its options: send them first", "options")
    work = Import(backend, call, first.options)
    try:
        for request in requests:
            call.check()
            if request.WhichOneof("part") != "batch":
                raise invalid("after the options come batches, and nothing else", "batch")
            work.take(request.batch)
        return work.answer()
    finally:
        work.close()


def _of_record(error: RefusedError, sent: _SentRecord) -> RefusedError:
    """Return a refusal with the path of the record's name if its calendar does not exist."""
    return error.at(f"{sent.field}.name") if error.path == "parent" else error


def invalid(message: str, field: str) -> RefusedError:
    """Return the refusal of a message that is no part of an import."""
    return RefusedError(ErrorReason.ERROR_REASON_INVALID_IMPORT, message, field, lead=ALONE)


def _rank(part: AnyRecord) -> int:
    field = part.WhichOneof("record")
    return ORDER.index(field) if field else len(ORDER)


def _without_write(plan: _ImportPlan) -> ImportOutcome:
    return ImportOutcome("failed" if plan.error else "unchanged", plan.error)


def _with_own_row(
    rows: Target | Reader, row: Row | None, sent: _SentRecord
) -> tuple[_SentRecord, Row | None]:
    """Return a record and the row of its name: renamed if its name is that of another UID."""
    if sent.record is None or not sent.from_source:
        return sent, row
    record = under_own_name(rows, row, sent.record)
    if record is sent.record:
        return sent, row
    return sent._replace(name=record.name, record=record), rows.get(record.name)


def _is_ghost(target: Target, plan: _ImportPlan) -> bool:
    """Return whether a new record only says that an event is cancelled whose days are stored."""
    record = plan.sent.record
    return (
        plan.sent.from_source
        and getattr(record, "status", 0) == EventStatus.EVENT_STATUS_CANCELLED
        and record is not None
        and is_only_days(target, record.ical_uid)
    )


def _check(record: Record, field: str) -> None:
    """Check a record without the store, and clear the fields that only the server sets."""
    if record.HasField("delete_time"):
        message = f"{record.name} is deleted: leave it out, or delete it by its own method"
        raise invalid(message, f"{field}.delete_time")
    if record.ByteSize() > limits.MESSAGE:
        _check_size(record, field)
    walk(record, field, (OUTPUT, limits.LIMITS))
    record.ClearField("etag")


def _check_size(record: Record, field: str) -> None:
    """Refuse a record that is too large without the fields that only the server sets."""
    clear_output(record)
    record.ClearField("etag")
    if (size := record.ByteSize()) > limits.MESSAGE:
        part = largest_part(type(record), record.SerializeToString())
        raise RefusedError(
            ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE,
            f"a record may have {limits.MESSAGE} bytes, this one has {size}: shorten it",
            f"{field}.{part}",
            lead=ALONE,
            limit=limits.MESSAGE,
            length=size,
        )

"""Stored days of foreign events that the events of an import no longer have.

An import that states which days an event has (EventDays) says with that which stored ones are gone:
those of the same UID that a calendar file brought, that the event lacks, and that are not of a
newer version of it. What was not read, because it lies outside of the window of the reader, is not
gone (docs/decisions/0072).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from datetime import date
from typing import NamedTuple, Protocol

from summitry.ical.reading.versions import LABELS, older_by
from summitry.kinds import BY_MESSAGE, EVENTS, Record, parse_name
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.transfer_service_pb2 import EventDays, GoneAction, ImportWarning
from summitry_server.context import Backend
from summitry_server.domain.deletion import mark_deleted
from summitry_server.domain.imports import RecordWarning
from summitry_server.domain.records.entry_digests import note_gone
from summitry_server.domain.records.records import stamp_time
from summitry_server.services.operations import NewVersion, RecordOperations
from summitry_server.store.contract import Row, Target
from summitry_server.wire import frames as wire
from summitry_server.wire.refusals import ALONE, RefusedError

MOST = 10_000  # stored days of one UID
_MARK = re.compile(r"[0-9]{8}(T[0-9]{6})?")
_KINDS = {kind.singular: kind for kind in EVENTS}


class GoneRecord(NamedTuple):
    """A stored record that is gone from its event, and what became of it."""

    name: str
    warnings: tuple[RecordWarning, ...]


class _Rows(Protocol):
    """The part of a snapshot or a write by which records are found."""

    def get(self, name: str) -> Row | None:
        """Return the row of that name."""

    def holder(self, uid: str) -> str | None:
        """Return the name of the row that has this uid."""

    def holders_below(self, uid: str, limit: int) -> list[str]:
        """Return the names of rows whose uid begins with this uid and a slash."""


class GoneDays:
    """The treatment of stored records that are gone from their events."""

    def __init__(
        self,
        backend: Backend,
        operations: Mapping[str, RecordOperations],
        action: GoneAction,
    ) -> None:
        self._backend = backend
        self._operations = operations
        self._action = action or GoneAction.GONE_ACTION_CANCEL

    def is_any(self, rows: _Rows, statements: Iterable[EventDays]) -> bool:
        """Return whether any record is gone."""
        return any(True for statement in statements for _ in _missing(rows, statement))

    def land(self, target: Target, statements: Iterable[EventDays], now: int) -> list[GoneRecord]:
        """Cancel, delete or keep the records that are gone."""
        return [
            self._land_record(target, statement, record, now)
            for statement in statements
            for record in list(_missing(target, statement))
        ]

    def _land_record(
        self, target: Target, statement: EventDays, record: Record, now: int
    ) -> GoneRecord:
        action = GoneAction.GONE_ACTION_CANCEL if statement.cancelled else self._action
        operations = self._operations[BY_MESSAGE[type(record)].singular]
        if action == GoneAction.GONE_ACTION_KEEP:
            return _report(record, statement, "kept")
        if action == GoneAction.GONE_ACTION_DELETE:
            deleted = deepcopy(record)
            mark_deleted(deleted, now, self._backend.keep_deleted)
            operations.land(target, operations.version(deleted, now))
            return _report(record, statement, "deleted")
        row = target.get(record.name)
        version, warnings = self._cancelled(operations, row, record, statement, now)
        if version is not None:
            operations.land(target, version)
        word = "kept" if warnings else "cancelled"
        return _report(record, statement, word, warnings)

    def _cancelled(
        self,
        operations: RecordOperations,
        row: Row | None,
        record: Record,
        statement: EventDays,
        now: int,
    ) -> tuple[NewVersion | None, tuple[RecordWarning, ...]]:
        """Return the version that is cancelled as by its source, so that edits of it stay."""
        sent = type(record)(
            name=record.name,
            status=EventStatus.EVENT_STATUS_CANCELLED,
            status_text="CANCELLED",
            labels=statement.version_labels,
        )
        version, is_changed, warnings = operations.imported(
            row, sent, now, merge=True, from_source=True
        )
        if not is_changed:
            return None, tuple(warnings)
        stamp_time(version, now)
        note_gone(version)
        return operations.imported_version(version, now), tuple(warnings)


def check_event_days(statement: EventDays, path: str) -> None:
    """Raise RefusedError for a statement that no event can have."""
    if not statement.ical_uid:
        raise _invalid("give the UID of the event in its file", f"{path}.ical_uid")
    for field in ("first_date", "last_date"):
        text = getattr(statement, field)
        try:
            date.fromisoformat(text or "2000-01-01")
        except ValueError as error:
            raise _invalid(f"{text!r} is no day: write 2024-04-01", f"{path}.{field}") from error


def _invalid(message: str, path: str) -> RefusedError:
    return RefusedError(ErrorReason.ERROR_REASON_INVALID_IMPORT, message, path, lead=ALONE)


def is_only_days(rows: _Rows, uid: str) -> bool:
    """Return whether a UID is that of stored days alone, and of no record itself."""
    return rows.holder(uid) is None and bool(rows.holders_below(uid, 1))


def _missing(rows: _Rows, statement: EventDays) -> Iterator[Record]:
    """Yield the stored records that are gone from the event of a statement."""
    days = frozenset(statement.days)
    holder = rows.holder(statement.ical_uid)
    names = [holder] if holder is not None else []
    for name in names + rows.holders_below(statement.ical_uid, MOST):
        row = rows.get(name)
        if row is None or row.deleted or row.calendar != statement.parent:
            continue
        day = row.uid[len(statement.ical_uid) + 1 :]
        if day in days or not _is_within(day, statement):
            continue
        record = _event(row)
        if record is not None and _is_replaced(record, statement):
            yield record


def _is_within(day: str, statement: EventDays) -> bool:
    """Return whether a day lies in the window that was read; "" is the event itself."""
    if not day:
        return True
    first, last = (bound.replace("-", "") for bound in (statement.first_date, statement.last_date))
    civil = day[:8]
    is_day = _MARK.fullmatch(day) is not None
    return is_day and (not first or first <= civil) and (not last or civil <= last)


def _event(row: Row) -> Record | None:
    name = parse_name(row.name)
    kind = _KINDS.get(name.kind.singular) if name is not None else None
    return wire.unframe(kind.message, row.frame) if kind is not None else None


def _is_replaced(record: Record, statement: EventDays) -> bool:
    """Return whether a calendar file brought a live record, and the statement is not older."""
    return (
        record.status != EventStatus.EVENT_STATUS_CANCELLED
        and any(label in record.labels for label in LABELS)
        and not older_by(statement.version_labels, record.labels)
    )


def _report(
    record: Record, statement: EventDays, word: str, warnings: tuple[RecordWarning, ...] = ()
) -> GoneRecord:
    event = f"the event {statement.ical_uid!r} of the file"
    reason = "its source cancelled it" if statement.cancelled else f"{event} no longer has it"
    warning = RecordWarning(ImportWarning.IMPORT_WARNING_GONE, f"{reason}: {word}")
    return GoneRecord(record.name, (warning, *warnings))

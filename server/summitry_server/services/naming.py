"""The names that a service takes, and what it says when nothing is found under one."""

from __future__ import annotations

from summitry.kinds import CALENDAR, Kind, Name, Record, parse_name
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.store.contract import Row
from summitry_server.wire import frames as wire
from summitry_server.wire.refusals import ALONE, RefusedError, bad_name


def name_of(kind: Kind, value: str, field: str) -> Name:
    """A resource name of the kind. Raises RefusedError INVALID_NAME."""
    name = parse_name(value)
    if name is None or name.kind is not kind:
        part = "" if kind is CALENDAR else f"/{kind.collection}/{{id}}"
        raise bad_name(field, value, f"calendars/{{calendar}}{part}")
    return name


def found(row: Row | None, name: str, field: str) -> Row:
    """The row, deleted or not, but not purged. Raises RefusedError RECORD_NOT_FOUND."""
    if row is None:
        raise _not_found(name, field, "there is no such record")
    if row.purged:
        raise _not_found(name, field, "it was purged")
    return row


def live(kind: Kind, row: Row | None, name: str, field: str) -> Record:
    """The record of a row that is not deleted. Raises RefusedError RECORD_NOT_FOUND."""
    row = found(row, name, field)
    if row.deleted:
        raise _not_found(name, field, "it is deleted")
    return wire.unframe(kind.message, row.frame)


def no_revision(name: str, revision: int, field: str) -> RefusedError:
    """The refusal of a version that there was not, or that is no longer kept."""
    return RefusedError(
        ErrorReason.ERROR_REASON_REVISION_NOT_FOUND,
        f"{name} had no version at revision {revision}, or it is no longer kept",
        field,
        lead=ALONE,
        name=name,
    )


def _not_found(name: str, field: str, why: str) -> RefusedError:
    reason = ErrorReason.ERROR_REASON_RECORD_NOT_FOUND
    return RefusedError(reason, f"{name}: {why}", field, lead=ALONE, name=name)

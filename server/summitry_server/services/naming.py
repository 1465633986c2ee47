"""Resource names in requests, and the refusals of names without a record."""

from __future__ import annotations

from summitry.kinds import CALENDAR, Kind, Name, Record, parse_name
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.store.contract import Row
from summitry_server.wire import frames as wire
from summitry_server.wire.refusals import ALONE, RefusedError, bad_name


def name_of(kind: Kind, value: str, field: str) -> Name:
    """Return a resource name of the kind. Raises RefusedError INVALID_NAME."""
    name = parse_name(value)
    if name is None or name.kind is not kind:
        part = "" if kind is CALENDAR else f"/{kind.collection}/{{id}}"
        raise bad_name(field, value, f"calendars/{{calendar}}{part}")
    return name


def check_found(row: Row | None, name: str, field: str) -> Row:
    """Return the row, deleted or not, but not purged. Raises RefusedError RECORD_NOT_FOUND."""
    if row is None:
        raise _not_found(name, field, "there is no such record")
    if row.purged:
        raise _not_found(name, field, "it was purged")
    return row


def live(kind: Kind, row: Row | None, name: str, field: str) -> Record:
    """Return the record of a row that is not deleted. Raises RefusedError RECORD_NOT_FOUND."""
    row = check_found(row, name, field)
    if row.deleted:
        raise _not_found(name, field, "it is deleted")
    return wire.unframe(kind.message, row.frame)


def no_revision(name: str, revision: int, field: str) -> RefusedError:
    """Return the refusal of a version that never existed, or is no longer in the log."""
    return RefusedError(
        ErrorReason.ERROR_REASON_REVISION_NOT_FOUND,
        f"{name} had no version at revision {revision}, or it is no longer in the log",
        field,
        lead=ALONE,
        name=name,
    )


def _not_found(name: str, field: str, detail: str) -> RefusedError:
    reason = ErrorReason.ERROR_REASON_RECORD_NOT_FOUND
    return RefusedError(reason, f"{name}: {detail}", field, lead=ALONE, name=name)

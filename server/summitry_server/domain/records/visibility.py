"""The visibility of stored records: always explicit, and wider only where the caller says so.

docs/decisions/0041.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from summitry.kinds import Record
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.record_pb2 import Visibility
from summitry.visibility import embargo
from summitry_server.wire.frames import unframe
from summitry_server.wire.refusals import LABEL, RefusedError, missing

VISIBILITY, EMBARGO = "visibility", "embargo_until"
PUBLIC = Visibility.VISIBILITY_PUBLIC


# Of a record that gives none, in a calendar that gives none.
DEFAULT_VISIBILITY = PUBLIC


@lru_cache(maxsize=1024)
def default_visibility(calendar: bytes | None) -> Visibility:
    """Return the visibility of a new record that gives none.

    `calendar` is the frame of its calendar; None for a record that is a calendar itself.
    """
    default = unframe(Calendar, calendar).default_visibility if calendar else DEFAULT_VISIBILITY
    return default or DEFAULT_VISIBILITY


def widened(record: Record, old: Record, now: int) -> list[str]:
    """Return the fields by which more callers may see a version than the one before."""
    fields = []
    if record.visibility < old.visibility:
        fields.append(VISIBILITY)
    if embargo(record) < embargo(old) and now < embargo(old):
        fields.append(EMBARGO)
    return fields


def check_widened(record: Record, old: Record, paths: Iterable[str], now: int, noun: str) -> None:
    """Refuse an update that makes a record more visible by a field that its mask does not name.

    `paths` are those of the mask as sent. Raises RefusedError VISIBILITY_NOT_IN_MASK, or
    REQUIRED_FIELD_MISSING for a visibility that is named and unset.
    """
    fields_of_mask = {path.split(".")[0] for path in paths}
    if not record.visibility:
        raise missing(f"{noun}.{VISIBILITY}", "give one, or leave it out of the mask")
    for field in widened(record, old, now):
        if field not in fields_of_mask:
            raise _not_in_mask(record, old, field, noun)


def keep_restrictions(record: Record, old: Record, now: int) -> list[str]:
    """Restore each field by which a version is more visible than the one before, in place.

    Return the restored fields.
    """
    fields = widened(record, old, now)
    if VISIBILITY in fields:
        record.visibility = old.visibility
    if EMBARGO in fields:
        record.embargo_until.CopyFrom(old.embargo_until)
    return fields


def _not_in_mask(record: Record, old: Record, field: str, noun: str) -> RefusedError:
    stored, sent = _text(old, field), _text(record, field)
    return RefusedError(
        ErrorReason.ERROR_REASON_VISIBILITY_NOT_IN_MASK,
        f"the change from {stored} to {sent} makes the record more visible: name {field} in "
        f"update_mask to do so, or send the stored value to leave it as it is",
        f"{noun}.{field}",
        lead=LABEL,
        stored=stored,
        value=sent,
    )


def _text(record: Any, field: str) -> str:
    if field == VISIBILITY:
        return Visibility.Name(record.visibility)
    return record.embargo_until.ToJsonString() if record.HasField(EMBARGO) else "none"

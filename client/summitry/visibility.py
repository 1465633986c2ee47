"""The rules for who may see a record, shared by the API, feeds, pages and exports."""

from __future__ import annotations

from summitry.kinds import Record
from summitry.v1.record_pb2 import RecordHeader, Visibility

PUBLIC = (Visibility.VISIBILITY_UNSPECIFIED, Visibility.VISIBILITY_PUBLIC)


def embargo(record: Record | RecordHeader) -> int:
    """Return the end of a record's embargo in epoch seconds, rounded up; 0 without an embargo."""
    if not record.HasField("embargo_until"):
        return 0
    until = record.embargo_until
    return until.seconds + (until.nanos > 0)


def is_expired(expires: float, now: float) -> bool:
    """Return True if a permission that lasts until `expires` has ended at `now`; 0 never ends.

    Both are epoch seconds. A time before 1970 has ended, and is never taken for "no end".
    """
    return expires != 0 and expires <= now


def is_public(record: Record | RecordHeader, now: float) -> bool:
    """Return True if everybody may see a record at `now`, in epoch seconds."""
    return is_visible(record, now, Visibility.VISIBILITY_PUBLIC)


def is_visible(record: Record | RecordHeader, now: float, up_to: Visibility) -> bool:
    """Return True if a caller who may see records up to `up_to` may see this one at `now`.

    `up_to` 0 counts as PUBLIC. Deleted and embargoed records are never visible.
    """
    is_permitted = record.visibility <= max(up_to, Visibility.VISIBILITY_PUBLIC)
    return is_permitted and not record.HasField("delete_time") and embargo(record) <= now

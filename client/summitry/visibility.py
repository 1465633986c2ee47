"""Who may see a record: the one place that decides it, for every way out."""

from __future__ import annotations

from summitry.kinds import Record
from summitry.v1.record_pb2 import RecordHeader, Visibility

PUBLIC = (Visibility.VISIBILITY_UNSPECIFIED, Visibility.VISIBILITY_PUBLIC)


def embargo(record: Record | RecordHeader) -> int:
    """Until when public ways out hide a record, in epoch seconds rounded up; 0: they do not."""
    if not record.HasField("embargo_until"):
        return 0
    until = record.embargo_until
    return until.seconds + (until.nanos > 0)


def is_expired(expires: float, now: float) -> bool:
    """Return whether a right that lasts until `expires` is over at `now`; 0: it never is.

    Both are epoch seconds. A time before 1970 is over, and never read as "no end".
    """
    return expires != 0 and expires <= now


def is_public(record: Record | RecordHeader, now: float) -> bool:
    """Whether everybody may see a record at `now`, in epoch seconds."""
    return is_visible(record, now, Visibility.VISIBILITY_PUBLIC)


def is_visible(record: Record | RecordHeader, now: float, up_to: Visibility) -> bool:
    """Whether a record may be seen at `now` where those up to a visibility may; 0 is PUBLIC."""
    shown = record.visibility <= max(up_to, Visibility.VISIBILITY_PUBLIC)
    return shown and not record.HasField("delete_time") and embargo(record) <= now

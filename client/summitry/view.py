"""Who may see a record: the one place that decides it, for every way out."""

from __future__ import annotations

from summitry.kinds import Record
from summitry.v1.record_pb2 import RecordHeader, Visibility

_PUBLIC = (Visibility.VISIBILITY_UNSPECIFIED, Visibility.VISIBILITY_PUBLIC)


def embargo(record: Record | RecordHeader) -> int:
    """Until when public ways out hide a record, in epoch seconds rounded up; 0: they do not."""
    if not record.HasField("embargo_until"):
        return 0
    until = record.embargo_until
    return until.seconds + (until.nanos > 0)


def is_public(record: Record, now: float) -> bool:
    """Whether everybody may see a record at `now`, in epoch seconds."""
    deleted = record.HasField("delete_time")
    return record.visibility in _PUBLIC and not deleted and embargo(record) <= now

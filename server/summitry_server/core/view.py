"""Who may see a record: the one place that decides it, for every way out."""

from __future__ import annotations

from summitry.kinds import Record
from summitry.v1.record_pb2 import RecordHeader, Visibility

PUBLIC = {Visibility.VISIBILITY_UNSPECIFIED, Visibility.VISIBILITY_PUBLIC}


def embargo(record: Record | RecordHeader) -> int:
    """Until when public ways out hide a record, in epoch seconds; 0: they do not."""
    return record.embargo_until.seconds if record.HasField("embargo_until") else 0


def may_become_public(record: Record) -> bool:
    """Whether everybody may see a record once its embargo is over."""
    return record.visibility in PUBLIC and not record.HasField("delete_time")


def is_public(record: Record, now: int) -> bool:
    """Whether everybody may see a record now."""
    return may_become_public(record) and embargo(record) <= now

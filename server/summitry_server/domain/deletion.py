"""Deletion in two steps (AIP-164): marked as deleted, which can be taken back, and purged."""

from __future__ import annotations

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from summitry.kinds import Record

# What is left of a purged record: what tells followers whom to forget, and nothing of its contents.
TOMBSTONE_FIELDS = ("name", "uid", "sequence", "visibility", "embargo_until", "delete_time")


def mark_deleted(record: Record, now: int, keep: int) -> None:
    """Mark a record as deleted, to be purged `keep` seconds later; 0: not by itself."""
    record.sequence += 1
    # Not before the last version, or a clock that went back would make it look purged already.
    deleted = max(now, record.update_time.seconds)
    record.delete_time.CopyFrom(Timestamp(seconds=deleted))
    if keep:
        record.purge_time.CopyFrom(Timestamp(seconds=deleted + keep))


def revive(record: Record) -> None:
    """Take the mark off."""
    record.sequence += 1
    record.ClearField("delete_time")
    record.ClearField("purge_time")


def tombstone(record: Record, now: int) -> Record:
    """What a purge leaves of a deleted record."""
    remains = type(record)()
    FieldMask(paths=TOMBSTONE_FIELDS).MergeMessage(record, remains)
    remains.purge_time.CopyFrom(Timestamp(seconds=now))
    return remains


def is_purged(record: Record) -> bool:
    """Whether a stamped record is what a purge left: its time to go came with its last version."""
    if not record.HasField("purge_time"):
        return False
    return record.purge_time.seconds <= record.update_time.seconds

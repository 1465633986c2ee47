"""Deletion in two steps (AIP-164): a mark that can be taken back, then a purge."""

from __future__ import annotations

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from summitry.kinds import Record

# A tombstone has what followers need to drop their copy of the record, and none of its contents.
TOMBSTONE_FIELDS = ("name", "ical_uid", "sequence", "visibility", "embargo_until", "delete_time")


def mark_deleted(record: Record, now: int, keep: int) -> None:
    """Mark a record as deleted, in place, with its purge time `keep` seconds later; 0: never."""
    record.sequence += 1
    # Not before the last version, or a clock that went back would make it look purged already.
    deleted = max(now, record.update_time.seconds)
    record.delete_time.CopyFrom(Timestamp(seconds=deleted))
    if keep:
        record.purge_time.CopyFrom(Timestamp(seconds=deleted + keep))


def revive(record: Record) -> None:
    """Remove the mark of deletion from a record, in place."""
    record.sequence += 1
    record.ClearField("delete_time")
    record.ClearField("purge_time")


def tombstone(record: Record, now: int) -> Record:
    """Return the tombstone that replaces a deleted record when it is purged."""
    remains = type(record)()
    FieldMask(paths=TOMBSTONE_FIELDS).MergeMessage(record, remains)
    remains.purge_time.CopyFrom(Timestamp(seconds=now))
    return remains


def is_purged(record: Record) -> bool:
    """Return whether a stamped record is a tombstone.

    A purge writes a last version at the purge time; before, the purge time is in the future.
    """
    if not record.HasField("purge_time"):
        return False
    return record.purge_time.seconds <= record.update_time.seconds

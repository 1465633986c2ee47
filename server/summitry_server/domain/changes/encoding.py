"""Encode changes as protobuf messages, with records spliced in as they are stored.

A stored record is not parsed for that: its frame is appended as the field of the message.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from google.protobuf.timestamp_pb2 import Timestamp

from summitry.kinds import BY_NUMBER
from summitry.v1.any_record_pb2 import AnyRecord
from summitry.v1.change_service_pb2 import Change, ChangeEntry, ChangeKind
from summitry_server.store.contract import LogEntry, Version
from summitry_server.wire import frames as wire

# The enum field `kind`, ready as bytes: tag, value.
KINDS = {number: bytes((AnyRecord.KIND_FIELD_NUMBER << 3, number)) for number in BY_NUMBER}
FIELDS = {
    number: AnyRecord.DESCRIPTOR.fields_by_name[kind.singular].number
    for number, kind in BY_NUMBER.items()
}


# Returns the token of a revision (domain.search.snapshots).
SnapshotOf = Callable[[int], str]


def encode_change(change: Change, kind: int, frame: bytes) -> bytes:
    """Return a serialized Change; one that leaves a view has no record."""
    data = change.SerializeToString()
    if change.kind == ChangeKind.CHANGE_KIND_LEFT_VIEW or not frame:
        return data
    return data + any_record_field(Change.RECORD_FIELD_NUMBER, kind, change.name, frame)


def encode_version(kind: ChangeKind, version: Version, snapshot_of: SnapshotOf) -> bytes:
    """Return a version as a serialized Change of an initial snapshot."""
    change = Change(
        kind=kind,
        name=version.name,
        revision=version.revision,
        snapshot=snapshot_of(version.revision),
        position=version.position,
        last=True,
        entry=entry_to_proto(version.entry),
    )
    return encode_change(change, version.kind, version.frame)


def any_record_field(field: int, kind: int, name: str, frame: bytes) -> bytes:
    """Encode a stored frame as an AnyRecord under a field number below 16.

    Pages consist of these, so the record is copied once, and what stands before it is cached.
    """
    head = _head(kind, name)
    tag = field << 3 | wire.LENGTH_DELIMITED
    size = wire.varint(len(head) + len(frame) - 1)
    return b"".join((bytes((tag,)), size, head, frame[1:]))


@lru_cache(maxsize=16_384)
def _head(kind: int, name: str) -> bytes:
    """Return the name and the kind of an AnyRecord, and the tag of its record."""
    tag = FIELDS[kind] << 3 | wire.LENGTH_DELIMITED
    return wire.text(AnyRecord.NAME_FIELD_NUMBER, name) + KINDS[kind] + bytes((tag,))


def entry_to_proto(entry: LogEntry) -> ChangeEntry:
    """Return the log entry of a write (author, reason, source, time) as the API has it."""
    return ChangeEntry(
        actor=entry.actor,
        reason=entry.reason,
        request_id=entry.request_id,
        method=entry.source,
        time=Timestamp(seconds=entry.time),
    )

"""Changes as messages, with records spliced in as they are stored."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from summitry.kinds import BY_NUMBER
from summitry.v1.change_service_pb2 import Change, ChangeEntry, ChangeKind
from summitry.v1.transfer_pb2 import TransferredRecord
from summitry_server.store.contract import Entry, Version
from summitry_server.wire import frames as wire

FIELDS = {
    number: TransferredRecord.DESCRIPTOR.fields_by_name[kind.singular].number
    for number, kind in BY_NUMBER.items()
}


def tell(change: Change, kind: int, frame: bytes) -> bytes:
    """A change as bytes; one that left a view has no record."""
    data = change.SerializeToString()
    if change.kind == ChangeKind.CHANGE_KIND_LEFT_VIEW or not frame:
        return data
    return data + wire.frame(Change.RECORD_FIELD_NUMBER, transferred(kind, frame))


def tell_version(kind: ChangeKind, version: Version) -> bytes:
    """A version as a change of a state."""
    change = Change(
        kind=kind,
        name=version.name,
        revision=version.revision,
        position=version.position,
        last=True,
        entry=entry_of(version.entry),
    )
    return tell(change, version.kind, version.frame)


def transferred(kind: int, frame: bytes) -> bytes:
    """A stored frame as a TransferredRecord."""
    return wire.refield(FIELDS[kind], frame)


def entry_of(entry: Entry) -> ChangeEntry:
    """Who wrote, why and when, for the API."""
    return ChangeEntry(
        actor=entry.actor,
        reason=entry.reason,
        request_id=entry.request_id,
        source=entry.source,
        time=Timestamp(seconds=entry.time),
    )

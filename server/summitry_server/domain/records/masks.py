"""Apply updates by field mask (AIP-134, google.protobuf.FieldMask)."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

from google.api.field_behavior_pb2 import FieldBehavior, field_behavior
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from summitry.kinds import Record
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.wire.refusals import ALONE, RefusedError, invalid

# Set by the server on each write, whatever a mask says.
SERVER_FIELDS = {"name", "ical_uid", "etag"}
EVERYTHING = "*"
# Fields that are input only, with the stored fields that the server makes of them.
STAND_FOR = {
    "EventTime.iso": ("timed", "dates", "partial"),
    "TimedSpan.duration": ("end",),
}
# Always set in stored records: an update that replaces everything leaves it as it is where unset.
ALWAYS_SET = "visibility"


def mask_of(update: Any) -> FieldMask:
    """Return the mask of a request to update a record, which may say `replace` instead.

    Raises RefusedError INVALID_VALUE for one that has both.
    """
    mask: FieldMask = update.update_mask
    if not update.replace:
        return mask
    if mask.paths:
        raise invalid("replace", True, "for an update with update_mask: leave one of them out")
    return FieldMask(paths=[EVERYTHING])


@cache
def output_only(descriptor: Any) -> frozenset[str]:
    """Return the names of the fields of a message that only the server sets."""
    return frozenset(
        field.name
        for field in descriptor.fields
        if FieldBehavior.OUTPUT_ONLY in field.GetOptions().Extensions[field_behavior]
    )


def clear_output(message: Message) -> None:
    """Drop what only the server may set, at any depth: it is ignored on input (AIP-203)."""
    for name in output_only(message.DESCRIPTOR):
        message.ClearField(name)
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for part in value if field.is_repeated else (value,):
            clear_output(part)


def with_output_of(present: Record, former: Record) -> Record:
    """Return a former version with the server-set fields of the present one.

    Preferences are those of the former version, since they are derived from its claims.
    """
    result = deepcopy(former)
    names = output_only(former.DESCRIPTOR) - {"preferences"}
    for name in names:
        result.ClearField(name)
    FieldMask(paths=sorted(names)).MergeMessage(present, result)
    return result


def apply_mask(old: Record, new: Record, mask: FieldMask) -> Record:
    """Return the old record with the fields of the mask copied from the new one.

    Raises RefusedError UNKNOWN_FIELD_PATH for a path that is no field.
    """
    result = deepcopy(old)
    fixed = SERVER_FIELDS | output_only(old.DESCRIPTOR)
    paths = _paths(new, mask)
    applied = FieldMask(paths=[path for path in paths if path.split(".")[0] not in fixed])
    for path in applied.paths:
        _make_room(result, path)
    applied.MergeMessage(new, result, replace_message_field=True, replace_repeated_field=True)
    return result


def _make_room(record: Record, path: str) -> None:
    """Clear what a field that is input only stands for, in place, since a mask names it alone."""
    message: Any = record
    *parents, name = path.split(".")
    for parent in parents:
        message = getattr(message, parent)
    owner = getattr(message, "DESCRIPTOR", None)  # a map has none
    for stored_name in STAND_FOR.get(f"{owner.name}.{name}" if owner else "", ()):
        message.ClearField(stored_name)


def _paths(new: Record, mask: FieldMask) -> list[str]:
    if not mask.paths:
        return [field.name for field, _ in new.ListFields()]
    if list(mask.paths) == [EVERYTHING]:
        names = [field.name for field in new.DESCRIPTOR.fields]
        return [name for name in names if name != ALWAYS_SET or new.visibility]
    for path in mask.paths:
        check_path(type(new), path, "update_mask")
    return list(mask.paths)


def check_path(message: type[Message], path: str, field: str) -> None:
    """Refuse a path that does not name a field, or leads through a list or map."""
    descriptor: Any = message.DESCRIPTOR
    if not FieldMask(paths=[path]).IsValidForDescriptor(descriptor):
        raise RefusedError(
            ErrorReason.ERROR_REASON_UNKNOWN_FIELD_PATH,
            f"{path!r} is not a field of {descriptor.name}; fields: "
            + ", ".join(known_field.name for known_field in descriptor.fields),
            field,
            lead=ALONE,
            value=path,
        )

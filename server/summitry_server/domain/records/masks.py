"""Apply updates by field mask (AIP-134, AIP-161, google.protobuf.FieldMask)."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from functools import cache, reduce
from typing import Any

from google.api.field_behavior_pb2 import FieldBehavior, field_behavior
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from summitry.kinds import Record
from summitry_server.domain.records.field_paths import FieldPath, parse_path
from summitry_server.wire.refusals import invalid
from summitry_server.wire.walks import Step, WalkRule, walk

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


def replaces_all(mask: FieldMask) -> bool:
    """Return whether a mask stands for all fields, set or not."""
    return list(mask.paths) == [EVERYTHING]


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
    walk(message, "", (OUTPUT,))


class _Output(WalkRule):
    """The removal of fields that only the server sets, as a rule in a walk."""

    def at_message(self, message: Any) -> Step | None:
        names = output_only(message)

        def clear(value: Message, state: object) -> None:
            for name in names:
                value.ClearField(name)

        return clear if names else None


OUTPUT = _Output()


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

    A path to a key of a map copies that entry, or removes it where the new record has none.
    Raises RefusedError UNKNOWN_FIELD_PATH for a path that is no field.
    """
    result = deepcopy(old)
    fixed = SERVER_FIELDS | output_only(old.DESCRIPTOR)
    paths = [path for path in _paths(new, mask) if path.fields[0] not in fixed]
    whole = [path for path in paths if path.key is None]
    for path in whole:
        _make_room(result, path)
    fields = FieldMask(paths=[".".join(path.fields) for path in whole])
    fields.MergeMessage(new, result, replace_message_field=True, replace_repeated_field=True)
    for path in paths:
        if path.key is not None:
            _copy_entry(result, new, path.fields, path.key)
    return result


def _copy_entry(record: Record, new: Record, fields: Sequence[str], key: str) -> None:
    """Give a map of a record the entry of the new record, in place; remove what that has not."""
    sent: Any = reduce(getattr, fields, new)
    stored: Any = reduce(getattr, fields, record)
    if key in sent:
        stored[key] = sent[key]
    elif key in stored:
        del stored[key]


def _make_room(record: Record, path: FieldPath) -> None:
    """Clear what a field that is input only stands for, in place, since a mask names it alone."""
    *parents, name = path.fields
    message: Any = reduce(getattr, parents, record)
    for stored_name in STAND_FOR.get(f"{message.DESCRIPTOR.name}.{name}", ()):
        message.ClearField(stored_name)


def _paths(new: Record, mask: FieldMask) -> list[FieldPath]:
    if not mask.paths:
        return [FieldPath((field.name,)) for field, _ in new.ListFields()]
    if replaces_all(mask):
        names = [field.name for field in new.DESCRIPTOR.fields]
        return [FieldPath((name,)) for name in names if name != ALWAYS_SET or new.visibility]
    return [parse_path(type(new), path, "update_mask") for path in mask.paths]

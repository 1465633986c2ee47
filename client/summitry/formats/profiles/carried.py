"""The fields of a record that each format carries: those that are read back and merged.

A field is carried whole or not at all, so that reading an unedited file and merging it changes
nothing. The table in docs/transfer.md is made from this one; a test compares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from google.api.field_behavior_pb2 import FieldBehavior, field_behavior

from summitry.fields import Fields
from summitry.formats.json_form import to_json
from summitry.kinds import Record

# Sources, claims and former times are for the desk that keeps a record, not for readers of a table
# or a news item. Outcomes refer to sources, and could not be imported without them.
_PROVENANCE = frozenset({"sources", "claims", "outcomes", "previous_times", "original"})

LEFT_OUT: Mapping[str, frozenset[str]] = {
    "ndjson": frozenset(),
    "yaml": frozenset(),
    # A calendar may have 1,024 memberships, of about ten columns each: more than spreadsheets open.
    "csv": _PROVENANCE | {"memberships"},
    "eventsml": _PROVENANCE | {"memberships"},
}
"""The fields of all kinds that a format does not carry; fields of the server count beside them."""

_STAMPS = frozenset({"name", "etag"})  # the name is the key, the etag that of one store


@cache
def output_only(descriptor: Any) -> frozenset[str]:
    """Return the names of the fields of a message that only the server sets."""
    return frozenset(
        field.name
        for field in descriptor.fields
        if FieldBehavior.OUTPUT_ONLY in field.GetOptions().Extensions[field_behavior]
    )


@cache
def carried(format: str, descriptor: Any) -> tuple[Any, ...]:
    """Return the fields of a kind of record that a format carries, in the order of numbers."""
    left_out = LEFT_OUT[format] | output_only(descriptor) | _STAMPS
    by_number = sorted(descriptor.fields, key=lambda field: field.number)
    return tuple(field for field in by_number if field.name not in left_out)


def set_fields(message: Any) -> Iterator[tuple[Any, Any]]:
    """Return the fields of a message that are set, but those that only the server sets."""
    left_out = output_only(message.DESCRIPTOR)
    return ((field, value) for field, value in message.ListFields() if field.name not in left_out)


def carried_fields(record: Record, format: str) -> Fields:
    """Return the fields of a record that a format carries, as protobuf JSON."""
    copy = deepcopy(record)
    _clear_output(copy)
    fields: Fields = to_json(copy)
    names = [field.name for field in carried(format, record.DESCRIPTOR)]
    return {name: fields[name] for name in names if name in fields}


def _clear_output(message: Any) -> None:
    for name in output_only(message.DESCRIPTOR):
        message.ClearField(name)
    for field, value in message.ListFields():
        if field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for part in value if field.is_repeated else (value,):
                _clear_output(part)

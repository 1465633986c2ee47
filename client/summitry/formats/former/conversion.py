"""Convert records of former formats: format by format, a table by message for each.

A record is converted as protobuf JSON with the field names of the protos, so that files and stores
share the tables. Each step walks along the descriptors of its format, and applies its table
wherever a message occurs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from summitry.formats.former.format_1 import FORMAT_1
from summitry.formats.former.format_2 import FORMAT_2
from summitry.formats.former.messages import message_class
from summitry.formats.former.steps import Step
from summitry.formats.json_form import to_json
from summitry.kinds import UNUSED_FIELDS, Kind, Record

Fields = dict[str, Any]

STEPS: Mapping[int, Step] = {1: FORMAT_1, 2: FORMAT_2}
"""By format: what becomes of its records in the next one."""

FORMAT = max(STEPS) + 1
"""The format of today's records."""


def from_former_bytes(kind: Kind, data: bytes, format: int) -> Record:
    """Return a record of today from the bytes of one of a former format. Raises DecodeError."""
    former = message_class(kind.message.DESCRIPTOR.name, format).FromString(data)
    return _to_record(kind, to_json(former), format)


def from_former(kind: Kind, fields: Fields, format: int) -> Record:
    """Return a record of today from protobuf JSON of a former format. Raises ParseError.

    Without what was admitted in a calendar or feed although it meant nothing there: a server would
    refuse it. Stores keep it, since no change of a record touches what it does not name.
    """
    former = message_class(kind.message.DESCRIPTOR.name, format)()
    json_format.ParseDict(fields, former)  # accepts both spellings of names
    unused = UNUSED_FIELDS.get(kind, frozenset())
    used = {name: value for name, value in to_json(former).items() if name not in unused}
    return _to_record(kind, used, format)


def is_former(fields: Fields) -> bool:
    """Return whether a record as protobuf JSON is one of format 1.

    Each record that was exported has its iCalendar UID, under another name than today. What
    format 2 lacks is read as a record of today, after `format_2.convert_certainty`.
    """
    return "uid" in fields


def _to_record(kind: Kind, fields: Fields, format: int) -> Record:
    name = kind.message.DESCRIPTOR.name
    for earlier in range(format, FORMAT):
        descriptor = cast(Descriptor, message_class(name, earlier).DESCRIPTOR)
        _convert(fields, descriptor, STEPS[earlier])
    record = kind.message()
    json_format.ParseDict(fields, record)
    return record


def _convert(fields: Fields, descriptor: Descriptor, step: Step) -> None:
    """Convert a message in place, the messages within it first."""
    # By the names of the former format: they change last, so that conversions see them too.
    for field in descriptor.fields:
        if field.name in fields:
            for message, part in _parts(fields[field.name], field):
                _convert(part, message, step)
            if field.enum_type is not None:
                fields[field.name] = _renamed(fields[field.name], step.values)
    if conversion := step.conversions.get(descriptor.name):
        conversion(fields)
    for former, name in step.fields.get(descriptor.name, {}).items():
        if former in fields:
            fields[name] = fields.pop(former)


def _parts(value: Any, field: FieldDescriptor) -> Iterator[tuple[Descriptor, Fields]]:
    """Yield the messages of a field that JSON writes as objects; maps have values without any."""
    message = field.message_type
    if message is None or message.GetOptions().map_entry:
        return
    for part in value if isinstance(value, list) else (value,):
        if isinstance(part, dict):
            yield message, part


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [names.get(name, name) for name in value]
    return names.get(value, value)

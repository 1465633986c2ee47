"""What the protos declare of the fields of records: labels for readers, and text for search."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from summitry.kinds import EVENTS, KINDS, Kind
from summitry.v1 import annotations_pb2
from summitry.v1.record_pb2 import RecordKind

# The generated stubs give extensions a type that options do not take as a key.
_FACT: Any = annotations_pb2.fact
_SEARCHABLE: Any = annotations_pb2.searchable
# A message of Google's that bears no options of ours.
_SEARCHABLE_ELSEWHERE = {"google.type.LocalizedText.text"}


class DeclaredFact(NamedTuple):
    """A field that readers see, with its English label."""

    field: FieldDescriptor
    label: str


@lru_cache(maxsize=256)
def facts_of(message: Descriptor) -> tuple[DeclaredFact, ...]:
    """Return the facts of a message in the order of its .proto file."""
    return tuple(
        DeclaredFact(field, options.Extensions[_FACT].label)
        for field in message.fields
        if (options := field.GetOptions()).HasExtension(_FACT)
    )


@lru_cache(maxsize=4096)
def is_searchable(field: FieldDescriptor) -> bool:
    """Return whether text search finds the words of a field."""
    return bool(
        field.full_name in _SEARCHABLE_ELSEWHERE or field.GetOptions().Extensions[_SEARCHABLE]
    )


def is_other(enum: EnumDescriptor, number: int) -> bool:
    """Return whether a value of an open list says that the list lacks what the source wrote."""
    value = enum.values_by_number.get(number)
    return value is not None and value.name.endswith("_OTHER")


@lru_cache(maxsize=256)
def own_kinds(kind: Kind) -> EnumTypeWrapper | None:
    """Return the enum of the kinds within a kind of record, as of meetings; None without one."""
    fields: Any = kind.message.DESCRIPTOR.fields_by_name
    if "segments" in fields:  # of a visit, which has no kind of its own
        fields = fields["segments"].message_type.fields_by_name
    return EnumTypeWrapper(fields["kind"].enum_type) if "kind" in fields else None


def kind_words() -> Mapping[str, str]:
    """Return an English word for each kind of event, and kind within one, by its enum value.

    A word is made of the value's name: "security level" for NOTICE_KIND_SECURITY_LEVEL.
    """
    enums = {enum.DESCRIPTOR.name: enum.DESCRIPTOR for kind in EVENTS if (enum := own_kinds(kind))}
    values = [value for enum in enums.values() for value in enum.values if value.number]
    values += [RecordKind.DESCRIPTOR.values_by_number[kind.number] for kind in EVENTS]
    return {value.name: _word_of(value.name) for value in values}


def _word_of(value: str) -> str:
    """Return the words of the name of an enum value, without the name of the enum."""
    return value.partition("_KIND_")[2].lower().replace("_", " ")


def labels() -> Mapping[str, str]:
    """Return the label of each fact of all kinds of records by the name of its field.

    Raises ValueError where two fields of one name have different labels: translations go by name.
    """
    by_name: dict[str, str] = {}
    for kind in KINDS:
        for field, label in facts_of(kind.message.DESCRIPTOR):
            earlier = by_name.setdefault(field.name, label)
            if label != earlier:
                raise ValueError(f"{field.full_name}: the label differs from {earlier!r}")
    return by_name

"""`--set FIELD=VALUE`: any field of a record that a line of text can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from summitry.cli.failures import UsageError
from summitry.cli.flags import enum_value, set_texts

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor

_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def settable(record: Any) -> dict[str, FieldDescriptor]:
    """Return the fields that a user may set, by name."""
    from google.api.field_behavior_pb2 import FieldBehavior, field_behavior

    fixed = {FieldBehavior.OUTPUT_ONLY, FieldBehavior.IMMUTABLE}
    return {
        field.name: field
        for field in record.DESCRIPTOR.fields
        if not fixed.intersection(field.GetOptions().Extensions[field_behavior])
        and field.name not in ("name", "etag")
    }


def set_fields(record: Any, assignments: Iterable[str]) -> None:
    """Set each field that "FIELD=VALUE" names, in place; texts may name a language: "f=fr=Texte".

    An entry of a map is "labels.KEY=VALUE". Raises UsageError for a field that there is not, or a
    value that it cannot have.
    """
    fields = {name: field for name, field in settable(record).items() if _is_line(field)}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        name, dot, key = name.partition(".")
        field = fields.get(name.replace("-", "_"))
        if field is None or is_map(field) != bool(key) or bool(dot) != bool(key):
            names = ", ".join(_spelling(field) for _, field in sorted(fields.items()))
            raise UsageError(f"--set {assignment}: there is no such field; use one of {names}")
        if not (equals and value.strip()):
            raise UsageError(f"--set {assignment}: write FIELD=VALUE; --clear FIELD removes one")
        if key:
            getattr(record, field.name)[unquoted(key)] = value
        else:
            _set(record, field, value)


def clear_entry(record: Any, path: str) -> bool:
    """Remove the entry of a map that "labels.KEY" names, in place; return False for another path.

    A key that the map does not have is removed already.
    """
    name, _, key = path.partition(".")
    field = settable(record).get(name.replace("-", "_"))
    if not key or field is None or not is_map(field):
        return False
    entries = getattr(record, field.name)
    if unquoted(key) in entries:
        del entries[unquoted(key)]
    return True


def is_map(field: FieldDescriptor) -> bool:
    """Return whether a field is a map."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def unquoted(key: str) -> str:
    """Return a key as it is, or without the backticks that a field mask needs around odd ones."""
    if len(key) > 1 and key[0] == key[-1] == "`":
        return key[1:-1].replace("``", "`")
    return key


def _spelling(field: FieldDescriptor) -> str:
    return f"{field.name}.KEY" if is_map(field) else field.name


def _is_line(field: FieldDescriptor) -> bool:
    if field.message_type is not None:
        return is_map(field) or bool(field.message_type.full_name == "google.type.LocalizedText")
    return not field.is_repeated


def _set(record: Any, field: FieldDescriptor, value: str) -> None:
    from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

    if field.message_type is not None:
        set_texts(getattr(record, field.name), [value])
    elif field.enum_type is not None:
        setattr(record, field.name, enum_value(EnumTypeWrapper(field.enum_type), value))
    else:
        parse = _PARSERS[type(field.default_value)]
        try:
            setattr(record, field.name, parse(value))
        except (KeyError, ValueError) as error:
            raise UsageError(f"--set {field.name}: {value!r} is no value of this field") from error


_PARSERS: Mapping[type, Callable[[str], Any]] = {
    str: str,
    bool: lambda text: _BOOLEANS[text.lower()],
    int: int,
    float: float,
}

"""Values put into a record as protobuf JSON by the path of a field, as "guest.region_code"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from summitry.fields import Fields
from summitry.jsonform import to_json
from summitry.profiles.entries import ConversionError

LOCALIZED = "google.type.LocalizedText"


def check(descriptor: Any, path: str) -> None:
    """Refuse a path that leads to no field; a map is followed by a key. Raises ConversionError."""
    here = descriptor
    for step in path.split("."):
        field = here.fields_by_name.get(step) if here is not None else None
        if field is None:
            noun = descriptor.name.lower()
            raise ConversionError(f"{path!r} is no field of a {noun}: there is no {step!r}")
        if _is_map(field):
            return
        here = field.message_type


def put(fields: Fields, descriptor: Any, path: str, value: Any, language: str) -> None:
    """Set a field, or add to one that is repeated; on the way, of several messages the first.

    Text of a LocalizedText gets the language. The path must be one that `check` admits.
    """
    *steps, last = path.split(".")
    for step in steps:
        field = descriptor.fields_by_name[step]
        if _is_map(field):
            fields.setdefault(step, {})[last] = value
            return
        fields = _first(fields, field)
        descriptor = field.message_type
    field = descriptor.fields_by_name[last]
    if field.message_type is not None and field.message_type.full_name == LOCALIZED:
        value = {"text": value, "language_code": language}
    elif field.type == field.TYPE_BOOL:
        value = str(value).lower() == "true"
    if field.is_repeated:
        fields.setdefault(last, []).append(value)
    else:
        fields[last] = value


def get(message: Any, path: str) -> Iterator[tuple[str | None, str]]:
    """What stands under a path: of a LocalizedText with its language, else one text or none.

    On the way, of several messages the first. A path that leads nowhere has nothing.
    """
    *steps, last = path.split(".")
    for step in steps:
        field = message.DESCRIPTOR.fields_by_name.get(step)
        value: Any = getattr(message, step) if field is not None else ()
        if field is None or not (value if field.is_repeated else message.HasField(step)):
            return
        message = value[0] if field.is_repeated else value
    field = message.DESCRIPTOR.fields_by_name.get(last)
    if field in [known for known, _ in message.ListFields()]:
        value = getattr(message, last)
        for part in value if field.is_repeated else (value,):
            yield _text(field, part)


def _text(field: Any, value: Any) -> tuple[str | None, str]:
    if field.message_type is None:
        named = field.enum_type.values_by_number[value].name if field.enum_type else None
        return None, named or (str(value).lower() if isinstance(value, bool) else str(value))
    if field.message_type.full_name == LOCALIZED:
        return value.language_code, value.text
    return None, str(to_json(value))


def _first(fields: Fields, field: Any) -> Fields:
    if not field.is_repeated:
        found: Fields = fields.setdefault(field.name, {})
        return found
    several = fields.setdefault(field.name, [])
    if not several:
        several.append({})
    first: Fields = several[0]
    return first


def _is_map(field: Any) -> bool:
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)

"""Values put into a record as protobuf JSON by the path of a field, as "guest.region_code"."""

from __future__ import annotations

from typing import Any

from summitry.profiles.entries import ConversionError, Fields

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
    if field.is_repeated:
        fields.setdefault(last, []).append(value)
    else:
        fields[last] = value


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

"""Values put into a record as protobuf JSON by the path of a field, as "guest.region_code".

A number after a repeated field is a position from 1: "segments.2.kind". Without one the first of
several messages is meant, and of several values the next. In a map the key comes last.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from summitry.fields import Fields
from summitry.formats.former.format_1 import FORMAT_1
from summitry.formats.profiles.entries import ConversionError

LOCALIZED = "google.type.LocalizedText"
EMPTY = "{}"
"""The cell of a message that is there and has no fields."""


class _PathStep(NamedTuple):
    """A field on a path, with the position in it (0: not given)."""

    field: Any
    position: int = 0


class _Path(NamedTuple):
    """The way to a field: the messages on it, the field itself, and the key if that is a map."""

    steps: tuple[_PathStep, ...]
    last: _PathStep
    key: str | None  # of a map


def check(descriptor: Any, path: str) -> None:
    """Refuse a path that leads to no field. Raises ConversionError."""
    _parse(descriptor, path)


def put(fields: Fields, descriptor: Any, path: str, value: Any, language: str) -> None:
    """Set a field, or add to one that is repeated. Text of a LocalizedText gets the language.

    A position beyond the end leaves a gap, which `close_gaps` takes out. Raises ConversionError
    for a path that leads to no field.
    """
    steps, last, key = _parse(descriptor, path)
    for step in steps:
        fields = _enter(fields, step)
    name = last.field.name
    if key is not None:
        fields.setdefault(name, {})[key] = value
        return
    value = _value(last.field, value, language)
    if not last.field.is_repeated:
        fields[name] = value
        return
    values = fields.setdefault(name, [])
    _reach(values, last.position or len(values) + 1)
    values[(last.position or len(values)) - 1] = value


def close_gaps(value: Any) -> Any:
    """Return a value without the gaps that positions left in its lists."""
    if isinstance(value, list):
        return [close_gaps(part) for part in value if part is not None]
    if isinstance(value, dict):
        return {key: close_gaps(part) for key, part in value.items()}
    return value


def is_map(field: Any) -> bool:
    """Return whether a field is a map."""
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def is_localized(field: Any) -> bool:
    """Return whether a field is a text in a language, or several of them."""
    return field.message_type is not None and field.message_type.full_name == LOCALIZED


@cache
def _parse(descriptor: Any, path: str) -> _Path:
    here, steps = descriptor, list[_PathStep]()
    words = path.split(".")
    for index, word in enumerate(words):
        if word.isdecimal() and steps and steps[-1].field.is_repeated and int(word) > 0:
            steps[-1] = _PathStep(steps[-1].field, int(word))
            continue
        field = _field(here, word)
        if field is None:
            noun = descriptor.name.lower()
            raise ConversionError(f"{path!r} is no field of a {noun}: there is no {word!r}")
        steps.append(_PathStep(field))
        if is_map(field):
            return _Path(tuple(steps[:-1]), steps[-1], ".".join(words[index + 1 :]))
        here = field.message_type
    return _Path(tuple(steps[:-1]), steps[-1], None)


def _field(descriptor: Any, word: str) -> Any:
    """Return a field by its name, or by its name in format 1; None if there is none."""
    if descriptor is None:
        return None
    name = FORMAT_1.fields.get(descriptor.name, {}).get(word, word)
    return descriptor.fields_by_name.get(word) or descriptor.fields_by_name.get(name)


def _enter(fields: Fields, step: _PathStep) -> Fields:
    """Return the message that a step leads to; create it if it is missing."""
    value: Any = fields.setdefault(step.field.name, [] if step.field.is_repeated else {})
    if isinstance(value, list):
        index = (step.position or 1) - 1
        _reach(value, index + 1)
        if value[index] is None:
            value[index] = {}
        value = value[index]
    message: Fields = value
    return message


def _reach(values: list[Any], length: int) -> None:
    values.extend([None] * (length - len(values)))


def _value(field: Any, value: Any, language: str) -> Any:
    if is_localized(field):
        return {"text": value, "language_code": language}
    if value == EMPTY and field.message_type is not None:
        return {}
    return str(value).lower() == "true" if field.type == field.TYPE_BOOL else value

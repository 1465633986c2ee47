"""Paths of fields, as masks, claims and differences have them (FieldMask, AIP-161).

A path names a field ("titles", "time.timed.end") or a key of a map ("labels.desk"). A key that has
other characters than letters, digits and "_" stands in backticks, and a backtick in it is doubled:
labels.`visa on arrival`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from google.protobuf.message import Message

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.wire.refusals import ALONE, RefusedError

_PLAIN = re.compile(r"[A-Za-z0-9_]+")
_QUOTE = "write a key with other characters than letters, digits and _ in backticks: labels.`a.b`"
_SEGMENT = re.compile(r"`(?P<quoted>(?:[^`]|``)+)`|(?P<plain>[^.`]+)")


class FieldPath(NamedTuple):
    """The fields that lead to a field, and the key if that is a map of which one entry is meant."""

    fields: tuple[str, ...]
    key: str | None = None


class _Segment(NamedTuple):
    """A part of a path, without its backticks."""

    text: str
    quoted: bool


def parse_path(message: type[Message], path: str, field: str) -> FieldPath:
    """Return a path in its parts; `field` is that of the request which holds it.

    Raises RefusedError UNKNOWN_FIELD_PATH for one that names no field, leads through a list, or
    names a key that needs backticks without them.
    """
    segments = _segments(path)
    if not segments:
        raise _unknown(message, path, field)
    descriptor: Any = message.DESCRIPTOR
    for index, segment in enumerate(segments):
        part = descriptor.fields_by_name.get(segment.text) if descriptor else None
        if part is None or segment.quoted:
            raise _unknown(message, path, field)
        rest = segments[index + 1 :]
        if rest and is_map(part):
            return FieldPath(_texts(segments[: index + 1]), _key(message, path, field, rest))
        # An entry of a list has no path: its place changes when others come or go (AIP-161).
        descriptor = None if part.is_repeated else part.message_type
    return FieldPath(_texts(segments))


def key_path(path: str, key: str) -> str:
    """Return the path of a key of a map."""
    if _PLAIN.fullmatch(key):
        return f"{path}.{key}"
    return f"{path}.`{key.replace('`', '``')}`"


def is_map(field: Any) -> bool:
    """Return whether a field, by its descriptor, is a map."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _segments(path: str) -> list[_Segment]:
    """Return the parts of a path; none if it is malformed."""
    segments, position = list[_Segment](), 0
    while match := _SEGMENT.match(path, position):
        quoted = match["quoted"]
        text = match["plain"] if quoted is None else quoted.replace("``", "`")
        segments.append(_Segment(text, quoted is not None))
        position = match.end()
        if position == len(path):
            return segments
        if path[position] != ".":
            break
        position += 1
    return []


def _texts(segments: Sequence[_Segment]) -> tuple[str, ...]:
    return tuple(segment.text for segment in segments)


def _key(message: type[Message], path: str, field: str, segments: Sequence[_Segment]) -> str:
    """Return the key that ends a path; more than one segment is a key that lacks its backticks."""
    segment = segments[0]
    if len(segments) == 1 and (segment.quoted or _PLAIN.fullmatch(segment.text)):
        return segment.text
    raise _unknown(message, path, field, _QUOTE)


def _unknown(message: type[Message], path: str, field: str, hint: str = "") -> RefusedError:
    descriptor: Any = message.DESCRIPTOR
    names = ", ".join(part.name for part in descriptor.fields)
    return RefusedError(
        ErrorReason.ERROR_REASON_UNKNOWN_FIELD_PATH,
        f"{path!r} is not a field of {descriptor.name}; {hint or f'fields: {names}'}",
        field,
        lead=ALONE,
        value=path,
    )

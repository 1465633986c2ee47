"""In which fields two versions of a record differ, path by path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

from google.protobuf.message import Message

from summitry.formats.json_form import to_json

# Differ in every version and say nothing of the record.
STAMPS = {"etag", "revision", "update_time", "source_digests"}
TEXT_LENGTH = 4096  # of a value shown


class Difference(NamedTuple):
    """A field that differs, with its values as protobuf-JSON; empty where it is not set."""

    path: str
    old: str
    new: str


def differences(old: Message, new: Message) -> list[Difference]:
    """The differences of two messages of one type, in the order of their fields."""
    found = _differences(old, new, "")
    return [one for one in found if one.path.partition("[")[0] not in STAMPS]


def _differences(old: Any, new: Any, path: str) -> Iterator[Difference]:
    for field in new.DESCRIPTOR.fields:
        here = f"{path}.{field.name}" if path else field.name
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.is_repeated:
            yield from _lists(field, before, after, here)
        elif field.message_type is None:
            if before != after:
                yield Difference(here, _told(field, before), _told(field, after))
        elif old.HasField(field.name) and new.HasField(field.name) and _is_ours(field):
            yield from _differences(before, after, here)
        elif before != after or old.HasField(field.name) != new.HasField(field.name):
            yield Difference(
                here,
                _json(before) if old.HasField(field.name) else "",
                _json(after) if new.HasField(field.name) else "",
            )


def _lists(field: Any, before: Any, after: Any, path: str) -> Iterator[Difference]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        for key in sorted({*before, *after}):
            if before.get(key) != after.get(key):
                yield Difference(
                    f"{path}[{key}]", str(before.get(key, "")), str(after.get(key, ""))
                )
        return
    for index, (one, other) in enumerate(zip_longest(before, after)):
        here = f"{path}[{index}]"
        if one is None or other is None or not isinstance(one, Message):
            if one != other:
                told = ["" if value is None else _any(field, value) for value in (one, other)]
                yield Difference(here, *told)
        elif _is_ours(field):
            yield from _differences(one, other, here)
        elif one != other:
            yield Difference(here, _json(one), _json(other))


def _is_ours(field: Any) -> bool:
    """Whether a message is taken apart; a Timestamp or Money is one value."""
    return str(field.message_type.full_name).startswith(("summitry.", "google.type.LocalizedText"))


def _any(field: Any, value: Any) -> str:
    return _json(value) if isinstance(value, Message) else _told(field, value)


def _told(field: Any, value: Any) -> str:
    """A scalar; empty where it is the default, as proto3 has it."""
    if not value:
        return ""
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known else str(value)
    return str(value)[:TEXT_LENGTH]


def _json(message: Message) -> str:
    return json.dumps(to_json(message), ensure_ascii=False)[:TEXT_LENGTH]

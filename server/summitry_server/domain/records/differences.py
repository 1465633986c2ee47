"""Compare two versions of a record field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

from google.protobuf.message import Message

from summitry.formats.json_form import to_json
from summitry_server.domain.records.field_paths import is_map, key_path

# Fields that differ in every version and are no facts of the record.
STAMPS = {"etag", "revision", "update_time", "source_digests"}
TEXT_LENGTH = 4096  # the most characters of a value


class ChangedField(NamedTuple):
    """A field that differs, with its values as protobuf-JSON; empty where it is not set."""

    path: str
    old: str
    new: str


def differences(old: Message, new: Message) -> list[ChangedField]:
    """Return the differences of two messages of one type, in the order of their fields."""
    return [
        difference
        for difference in _differences(old, new, "")
        if re.split(r"[.\[]", difference.path)[0] not in STAMPS
    ]


def _differences(old: Any, new: Any, path: str) -> Iterator[ChangedField]:
    for field in new.DESCRIPTOR.fields:
        here = f"{path}.{field.name}" if path else field.name
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.is_repeated:
            yield from _list_differences(field, before, after, here)
        elif field.message_type is None:
            if before != after:
                yield ChangedField(here, _scalar_text(field, before), _scalar_text(field, after))
        elif old.HasField(field.name) and new.HasField(field.name) and _is_compared_by_field(field):
            yield from _differences(before, after, here)
        elif before != after or old.HasField(field.name) != new.HasField(field.name):
            yield ChangedField(
                here,
                _json(before) if old.HasField(field.name) else "",
                _json(after) if new.HasField(field.name) else "",
            )


def _list_differences(field: Any, before: Any, after: Any, path: str) -> Iterator[ChangedField]:
    if is_map(field):
        for key in sorted({*before, *after}):
            if before.get(key) != after.get(key):
                texts = [str(values.get(key, ""))[:TEXT_LENGTH] for values in (before, after)]
                yield ChangedField(key_path(path, key), *texts)
        return
    # By position: entries have no identity that all lists share, so one that is put in front
    # changes all that follow.
    for index, (old_item, new_item) in enumerate(zip_longest(before, after)):
        here = f"{path}[{index}]"
        if old_item is None or new_item is None or not isinstance(old_item, Message):
            if old_item != new_item:
                texts = [
                    "" if value is None else _text(field, value) for value in (old_item, new_item)
                ]
                yield ChangedField(here, *texts)
        elif _is_compared_by_field(field):
            yield from _differences(old_item, new_item, here)
        elif old_item != new_item:
            yield ChangedField(here, _json(old_item), _json(new_item))


def _is_compared_by_field(field: Any) -> bool:
    """Return whether messages of a field are compared field by field.

    Those of our package are; a Timestamp or Money is compared as one value.
    """
    return str(field.message_type.full_name).startswith(("summitry.", "google.type.LocalizedText"))


def _text(field: Any, value: Any) -> str:
    return _json(value) if isinstance(value, Message) else _scalar_text(field, value)


def _scalar_text(field: Any, value: Any) -> str:
    """Return a scalar as text; "" for the default value, which proto3 does not store."""
    if not value:
        return ""
    if field.enum_type is not None:
        enum_value = field.enum_type.values_by_number.get(value)
        return enum_value.name if enum_value else str(value)
    return str(value)[:TEXT_LENGTH]


def _json(message: Message) -> str:
    return json.dumps(to_json(message), ensure_ascii=False)[:TEXT_LENGTH]

"""Messages as protobuf JSON, even where their instants have no form in it.

Protobuf-JSON has no form for a Timestamp outside of the years 1 to 9999. Servers refuse such values
today, but stores of earlier versions may hold some, and one of them must not stop the export of a
whole calendar.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, cast

from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

SECONDS = (-62_135_596_800, 253_402_300_799)
"""The first and the last second that a Timestamp may have: the years 1 to 9999."""
NANOS = (0, 999_999_999)

_log = logging.getLogger(__name__)


def to_json(message: Message) -> Any:
    """Return a message as a JSON value with the field names of the protos.

    An instant that JSON cannot hold is written as the nearest one that it can, with a warning in
    the log: an embargo that never ends stays one.
    """
    try:
        return json_format.MessageToDict(message, preserving_proto_field_name=True)
    except (ValueError, json_format.Error):
        fitted = deepcopy(message)
        paths = list(_fit(fitted, ""))
        if not paths:
            raise
        name = getattr(message, "name", "") or message.DESCRIPTOR.name
        _log.warning("%s: %s out of range; correct the record", name, ", ".join(paths))
        return json_format.MessageToDict(fitted, preserving_proto_field_name=True)


def _fit(message: Message, path: str) -> Iterator[str]:
    """Bring the instants of a message into range, and yield the paths of those that changed."""
    # By name: messages of former formats have classes of their own.
    if message.DESCRIPTOR.full_name == Timestamp.DESCRIPTOR.full_name:
        instant = cast(Timestamp, message)
        before = instant.seconds, instant.nanos
        instant.seconds, instant.nanos = _within(before[0], SECONDS), _within(before[1], NANOS)
        if (instant.seconds, instant.nanos) != before:
            yield path or "the instant"
        return
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        here = f"{path}.{field.name}" if path else field.name
        for index, part in enumerate(value if field.is_repeated else (value,)):
            yield from _fit(part, f"{here}[{index}]" if field.is_repeated else here)


def _within(number: int, bounds: tuple[int, int]) -> int:
    return max(bounds[0], min(number, bounds[1]))

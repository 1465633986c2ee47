"""The wire format, as far as pages are spliced from stored bytes without building messages.

A stored frame is a message as field 1 of its response: tag 0x0A, length, bytes. Every response
that holds one record or a list of them has it under field 1, so a page is a join. The header of
every response is field 15: the last number whose tag is one byte, so that parts come before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from summitry.v1.change_service_pb2 import GetHeadResponse
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.wire import counts
from summitry_server.wire.limits import message_size
from summitry_server.wire.refusals import ALONE, RefusedError

M = TypeVar("M", bound=Message)

LENGTH_DELIMITED = 2
# The number of the field `header`, one for all responses.
HEADER = GetHeadResponse.HEADER_FIELD_NUMBER
# How many fields of one level are read to find the largest part of a message that is too large.
LOOK_AT = 1000


def varint(number: int) -> bytes:
    """Encode an unsigned number in the wire format."""
    if number < 0x80:
        return bytes((number,))
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def frame(field: int, data: bytes) -> bytes:
    """Encode a length-delimited field."""
    return varint(field << 3 | LENGTH_DELIMITED) + varint(len(data)) + data


def frame_of(message: Message) -> bytes:
    """Encode a message as field 1, with labels in a stable order."""
    return frame(1, message.SerializeToString(deterministic=True))


def unframe(message: type[M], framed: bytes) -> M:
    """Parse the message of a frame."""
    return message.FromString(unframe_bytes(framed))


def unframe_bytes(framed: bytes) -> bytes:
    """Return the bytes of the message in a frame."""
    position = 1
    while framed[position] & 0x80:
        position += 1
    return framed[position + 1 :]


def text(field: int, value: str) -> bytes:
    """Encode a string field (number below 16); nothing if empty, as proto3 does."""
    if not value:
        return b""
    data = value.encode()
    if len(data) < 0x80:
        return bytes((field << 3 | LENGTH_DELIMITED, len(data))) + data
    return frame(field, data)


def number(field: int, value: int) -> bytes:
    """Encode a number that is not negative as an integer field, zero too (presence is explicit)."""
    return varint(field << 3) + varint(value)


def parse(message: type[M], data: bytes) -> M:
    """Read a request; its size and the counts of its fields are checked before it is parsed.

    Raises RefusedError MESSAGE_TOO_LARGE, TOO_MANY_VALUES or MALFORMED_REQUEST.
    """
    limit = message_size(message)
    if len(data) > limit:
        raise too_large(limit, len(data), largest_part(message, data))
    try:
        counts.check(message.DESCRIPTOR, data)
        return message.FromString(data)
    except (DecodeError, ValueError) as error:
        raise RefusedError(
            ErrorReason.ERROR_REASON_MALFORMED_REQUEST,
            f"the request is not a {message.DESCRIPTOR.full_name}",
        ) from error


def too_large(limit: int, length: int, field: str) -> RefusedError:
    """Return the refusal of a request, or of a part of one, that has too many bytes."""
    return RefusedError(
        ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE,
        f"it may have {limit} bytes, this has {length}: send less at a time",
        field,
        lead=ALONE,
        limit=limit,
        length=length,
    )


def largest_part(message: type[Message], data: bytes) -> str:
    """Return the path of the field with the most bytes, without parsing the message."""
    path: list[str] = []
    here: Any = message.DESCRIPTOR
    while here is not None:
        largest = _largest_field(here, data)
        if largest is None:
            break
        field, index, data = largest
        path.append(f"{field.name}[{index}]" if field.is_repeated else field.name)
        here = field.message_type
    return ".".join(path)


def _largest_field(descriptor: Any, data: bytes) -> tuple[FieldDescriptor, int, bytes] | None:
    best: tuple[FieldDescriptor, int, bytes] | None = None
    entries: Counter[int] = Counter()
    for number, kind, start, end in _first_fields(data):
        field = descriptor.fields_by_number.get(number)
        is_measured = field is not None and kind == counts.DELIMITED
        if is_measured and (best is None or end - start > len(best[2])):
            best = field, entries[number], data[start:end]
        entries[number] += 1
    return best


def _first_fields(data: bytes) -> Iterator[counts.Field]:
    """Yield the first fields of a message, as far as they can be read."""
    with suppress(ValueError):
        yield from islice(counts.fields(data, 0, len(data)), LOOK_AT)

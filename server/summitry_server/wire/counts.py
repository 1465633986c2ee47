"""Repeated fields, counted in the bytes of a request before it is parsed.

An empty message takes two bytes on the wire and about fifty when it is parsed, so a request of
4 MiB could take 90 MiB before `limits.check` counts what is in it. This walk reads tags and lengths
only and stops at the first field that has too many entries.

Wire format: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from google.protobuf.descriptor import FieldDescriptor

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.wire import limits
from summitry_server.wire.refusals import SUBJECT, RefusedError

# Smaller requests are parsed at once: they take a megabyte at most, and most are smaller.
WALKED_FROM = 16 * limits.KIB
# Fields of a request in all, at any depth: bounds what the entries of many small lists add up to.
FIELDS = 256 * 1024
DEPTH = 100  # as protobuf's own parsers

VARINT, DELIMITED = 0, 2
FIXED_SIZES = {1: 8, 5: 4}  # bytes, by wire type
LAST_BYTES = bytes(range(0x80))  # of a varint; all others have the high bit set
_FIXED = {
    FieldDescriptor.TYPE_DOUBLE: 8,
    FieldDescriptor.TYPE_FIXED64: 8,
    FieldDescriptor.TYPE_SFIXED64: 8,
    FieldDescriptor.TYPE_FLOAT: 4,
    FieldDescriptor.TYPE_FIXED32: 4,
    FieldDescriptor.TYPE_SFIXED32: 4,
}

# A field on the wire: its number, its wire type, and where its value begins and ends.
Field = tuple[int, int, int, int]


class _FieldRow(NamedTuple):
    """The facts of a field that the walk needs."""

    name: str
    limit: int  # of entries; 0 for a field that is not repeated
    message: Any
    packed: Callable[[bytes], int] | None  # counts the entries in a packed value
    singly: bool


def fields(data: bytes, start: int, end: int) -> Iterator[Field]:
    """Yield the fields of one level. Raises ValueError where the bytes are no fields.

    Groups are refused: no message of ours has any, and nothing else could be counted after one.
    """
    position = start
    while position < end:
        tag, position = varint(data, position)
        kind = tag & 7
        if kind == DELIMITED:
            length, position = varint(data, position)
            after = position + length
        elif kind == VARINT:
            _, after = varint(data, position)
        else:
            after = position + FIXED_SIZES.get(kind, len(data))
        if after > end:
            raise ValueError("a field goes beyond its message, or is a group")
        yield tag >> 3, kind, position, after
        position = after


def varint(data: bytes, position: int) -> tuple[int, int]:
    """Return a number and the position after it. Raises ValueError if it does not end."""
    number = shift = 0
    try:
        while shift < 70:
            byte = data[position]
            position += 1
            if byte < 0x80:
                return number | byte << shift, position
            number |= (byte & 0x7F) << shift
            shift += 7
    except IndexError:
        pass
    raise ValueError("a number is cut off or has more than ten bytes")


def check(message: Any, data: bytes) -> None:
    """Refuse a request in which a field has too many entries.

    Raises RefusedError TOO_MANY_VALUES, and ValueError if the bytes are no message.
    """
    if len(data) >= WALKED_FROM:
        _Walk(data).level(message, 0, len(data), "", 0, True)


class _Walk:
    """A walk through one request, level by level."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._fields = 0

    def level(
        self, message: Any, start: int, end: int, path: str, depth: int, bounded: bool
    ) -> None:
        """Count the fields of a message and of those in it.

        `bounded` is False below what is refused entry by entry (limits.SINGLY): there only the
        sum counts.
        """
        if depth > DEPTH:
            raise ValueError("messages are nested too deep")
        rows = _rows_of(message)
        counts: dict[int, int] = {}
        for number, kind, first, after in fields(self._data, start, end):
            self._fields += 1
            if self._fields > FIELDS:
                raise _too_many("", FIELDS, self._fields)
            row = rows.get(number)
            if row is None:
                continue
            # Counted over the whole message, as a field may come in several runs.
            if row.limit:
                added = self._entries(row, kind, first, after)
                count = counts[number] = counts.get(number, 0) + added
                if bounded and count > row.limit:
                    raise _too_many(path + row.name, row.limit, count)
            if row.message is not None and kind == DELIMITED and after > first:
                index = f"[{counts[number] - 1}]" if row.limit else ""
                below = f"{path}{row.name}{index}."
                self.level(row.message, first, after, below, depth + 1, bounded and not row.singly)

    def _entries(self, row: _FieldRow, kind: int, start: int, end: int) -> int:
        if row.packed is None or kind != DELIMITED:
            return 1
        return row.packed(self._data[start:end])


@cache
def _rows_of(message: Any) -> dict[int, _FieldRow]:
    """Return the fields of a message that hold several entries or other fields, by number."""
    return {
        field.number: _FieldRow(
            field.name,
            limits.count_limit(field) if field.is_repeated else 0,
            field.message_type,
            _packed_count(field),
            limits.key_of(field) in limits.SINGLY,
        )
        for field in message.fields
        if field.is_repeated or field.message_type is not None
    }


def _packed_count(field: FieldDescriptor) -> Callable[[bytes], int] | None:
    """Return the function that counts the entries of a packed field; None for others."""
    texts = (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES)
    if field.message_type is not None or field.type in texts:
        return None
    if size := _FIXED.get(field.type):
        return lambda value: len(value) // size
    return lambda value: len(value) - len(value.translate(None, LAST_BYTES))


def _too_many(path: str, limit: int, count: int) -> RefusedError:
    limited = f"may have {limit} {'entries' if path else 'fields in all'}"
    return RefusedError(
        ErrorReason.ERROR_REASON_TOO_MANY_VALUES,
        f"{'' if path else 'a request '}{limited}, this has at least {count}: send less at a time",
        path,
        lead=SUBJECT,
        limit=limit,
        length=count,
    )

"""Exact fields of EventsML-G2 documents that were written before documents said their format.

Such a document is of format 1 if its exact fields are those of a record of format 1. What the
standard's elements say of a field had other names then too, and the digests were made of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError

from summitry.fields import Fields
from summitry.formats.former import from_former
from summitry.formats.former.format_1 import FORMAT_1
from summitry.formats.former.messages import message_class
from summitry.formats.json_form import to_json
from summitry.kinds import Kind

_OPEN_ENDS = frozenset({"open_start", "open_end"})  # in format 1, an end without a date was open


def is_format_1(exact: Mapping[str, Any], kind: Kind) -> bool:
    """Return whether fields, as protobuf JSON, are those of a record of format 1."""
    try:
        ParseDict(dict(exact), message_class(kind.message.DESCRIPTOR.name, 1)())
    except (ParseError, OverflowError, RecursionError):
        return False
    return True


def exact_of_today(exact: Mapping[str, Any], kind: Kind) -> Fields:
    """Return exact fields of format 1 in their form of today; None is a field that is unset."""
    names = FORMAT_1.fields[kind.message.DESCRIPTOR.name]
    fields = {name: value for name, value in exact.items() if value is not None}
    converted = to_json(from_former(kind, fields, 1))
    return {today: converted.get(today) for name in exact for today in (names.get(name, name),)}


def as_in_format_1(value: Any) -> Any:
    """Return what the standard's elements say of a field as it was named in format 1."""
    if isinstance(value, list):
        return [as_in_format_1(part) for part in value]
    if not isinstance(value, Mapping):
        return value
    return {
        "text" if name == "source_text" else name: as_in_format_1(part)
        for name, part in value.items()
        if name not in _OPEN_ENDS
    }

"""The shape of a step: what becomes of the records of a former format in the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Fields = dict[str, Any]


class Step(NamedTuple):
    """The changes from one format to the next, by message, over protobuf JSON.

    To change a field of a record, add what becomes of it to the step from the last released format.
    """

    fields: Mapping[str, Mapping[str, str]]
    """New names of fields, by message and former name."""
    values: Mapping[str, str]
    """New names of enum values, by former name."""
    conversions: Mapping[str, Callable[[Fields], None]]
    """By message: change the fields in place, before they are renamed."""

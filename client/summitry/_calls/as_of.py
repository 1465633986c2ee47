"""Of which state of the store an answer shall be: a revision, or a time."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from summitry.names import invalid_argument
from summitry.v1.as_of_pb2 import AsOf

When: TypeAlias = int | datetime | None
"""A revision of the store, an instant (with an offset), or None for now."""


def as_of(when: When) -> AsOf | None:
    """The AsOf of a request. Raises InvalidArgumentError for a time without an offset."""
    if when is None:
        return None
    if isinstance(when, int):
        return AsOf(revision=when)
    if when.utcoffset() is None:
        text = f"{when} is not an instant: give it a tzinfo, as datetime.now(UTC) has"
        raise invalid_argument("INVALID_VALUE", "as_of", str(when), text)
    state = AsOf()
    state.time.FromDatetime(when)
    return state

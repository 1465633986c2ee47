"""The state of the store that an answer reads: a revision, or a time."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from summitry._calls.call import set_instant
from summitry.v1.as_of_pb2 import AsOf

When: TypeAlias = int | datetime | None
"""A revision of the store, an instant (with an offset), or None for now."""


def to_as_of(when: When) -> AsOf | None:
    """Return the AsOf of a request. Raises InvalidArgumentError for a time without an offset."""
    if when is None:
        return None
    if isinstance(when, int):
        return AsOf(revision=when)
    state = AsOf()
    set_instant(state.time, when, "as_of")
    return state

"""The state of the store that an answer reads: a snapshot, or a time."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from summitry._calls.call import set_instant
from summitry.names import invalid_argument
from summitry.v1.as_of_pb2 import AsOf

When: TypeAlias = str | datetime | None
"""A snapshot (`ResponseHeader.snapshot`), an instant (with an offset), or None for now."""


def to_as_of(when: When) -> AsOf | None:
    """Return the AsOf of a request.

    Raises InvalidArgumentError for a time without an offset, and for a revision: a number does not
    say of which history.
    """
    if when is None:
        return None
    if isinstance(when, str):
        return AsOf(snapshot=when)
    if isinstance(when, int):
        text = f"{when} is a revision: give the snapshot of a header, a change or a version"
        raise invalid_argument("INVALID_SNAPSHOT", "as_of.snapshot", str(when), text)
    state = AsOf()
    set_instant(state.time, when, "as_of")
    return state

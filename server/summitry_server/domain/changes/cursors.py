"""Where a follower of a view stands, and what it is told in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import NamedTuple

from summitry_server.domain.changes.views import Moment

# Bytes of changes that are told in one go: clients of gRPC refuse messages of more than 4 MiB
# unless they are told otherwise.
ROOM = 1024 * 1024


class Cursor(NamedTuple):
    """All up to `revision` is told, of a state all up to `after`."""

    revision: int
    moment: Moment  # at which the view was looked at
    after: str | None = None  # None: the state at `revision` has been told, changes follow
    reset: int = 0  # the ResetReason for which the state is told as a difference
    part: int = 0  # of the revision that follows, all before this position is told


class Batch(NamedTuple):
    """Some changes as encoded messages, and where to go on."""

    changes: list[bytes]
    cursor: Cursor
    more: bool


# What a follower says that it holds: etags by name.
Held = Mapping[str, str]


def fitting(changes: Iterable[bytes]) -> int:
    """How many changes, from the first, are told in one go: one at least."""
    sizes = accumulate(map(len, changes))
    return max(1, sum(size <= ROOM for size in sizes))

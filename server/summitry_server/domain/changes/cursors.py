"""The position of a follower in the changes of a view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from summitry_server.domain.changes.views import ViewState


class Cursor(NamedTuple):
    """The position of a follower: it has all up to `revision`, and of a snapshot up to `after`."""

    revision: int
    view_state: ViewState  # when the view was evaluated last
    after: str | None = None  # None: the snapshot at `revision` is complete, changes follow
    reset: int = 0  # the ResetReason for which a snapshot is sent again; 0 for none
    part: int = 0  # of revision + 1, the follower has all before this position


class EncodedChanges(NamedTuple):
    """Some encoded changes, the cursor after them, and whether more follow."""

    changes: list[bytes]
    cursor: Cursor
    more: bool


# The etags, by record name, of the records that a follower says it has.
FollowerEtags = Mapping[str, str]

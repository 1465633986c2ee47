"""The history of a store: each revision has a chained value, which no other history has.

A file that is put back from a copy goes on with revisions that were given before, for other
content. Numbers alone cannot tell the two apart; a point, a number with its chained value, can.
Whatever leaves the store and comes back to be compared (etags, change tokens, page tokens, feed
validators) therefore holds a point.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Protocol

from summitry_server.store.values import LogEntry, Point

DIGEST = 8  # bytes; written as 16 hexadecimal digits
NONCE = 16  # random bytes in each value


class PointReader(Protocol):
    """As much of a `Reader` as it takes to compare points."""

    @property
    def revision(self) -> int:
        """Return the revision of this snapshot."""

    def point(self, revision: int | None = None) -> Point:
        """Return the point of a revision up to that of this snapshot, by default of that one."""


class PointWriter(PointReader, Protocol):
    """As much of a write under way as it takes to date its answer."""

    @property
    def next_point(self) -> Point:
        """Return the point that this write makes if it puts anything."""


def next_point(last: Point, entry: LogEntry) -> Point:
    """Return the point of the write that follows `last`.

    The value is random, since the content of the write, which holds its own etag, cannot be hashed
    before the value is known. The value before and the entry go in as well, so that a machine that
    is restored with the state of its random generator makes no value twice.
    """
    digest = hashlib.blake2b(secrets.token_bytes(NONCE), digest_size=DIGEST)
    digest.update("\x1f".join((last.chain, *map(str, entry))).encode())
    return Point(last.revision + 1, digest.hexdigest())


def point_after(writer: PointWriter, revision: int) -> Point:
    """Return the point of a revision that a write under way sees: its own too."""
    own = writer.next_point
    return own if revision == own.revision else writer.point(revision)


def passes(history: PointReader, point: Point) -> bool:
    """Return whether a history goes through a point; False when the store went back behind it."""
    return point.revision <= history.revision and history.point(point.revision) == point

"""Snapshots: states of the store as opaque tokens, signed by its secret.

A snapshot holds the point of the store, which no other history has, and the epoch in which it was
made: a store that is put back from a copy begins another. So a snapshot that a store has not
reached can be told from one that it never will.
"""

from __future__ import annotations

import hashlib
import struct
from functools import lru_cache
from typing import NamedTuple

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.domain.search.signing import Signer, to_bytes, to_text
from summitry_server.store.contract import Point
from summitry_server.store.points import PointReader, passes
from summitry_server.wire.refusals import RefusedError

# Format 1: the epoch, the revision in 48 bits (2 + 4 bytes), the chained value, the signature.
FORMAT = 1
CONTENT = struct.Struct(">B4sHI8s")
SIGNATURE = 11  # bytes; with the content 30, which are 40 characters
PURPOSE = b"snapshot\0"
NO_CHAIN = bytes(8)  # of revision 0


class SnapshotContent(NamedTuple):
    """The content of a token."""

    epoch: bytes
    point: Point


class Snapshots:
    """The snapshots of one store."""

    def __init__(self, secret: bytes, store_id: str) -> None:
        self._signer = Signer(secret)
        self._epoch = hashlib.sha256(store_id.encode()).digest()[:4]
        self.make = lru_cache(maxsize=4096)(self._make)
        """Return the token of a point."""
        self._open = lru_cache(maxsize=4096)(self._opened)

    def at(self, history: PointReader, revision: int) -> str:
        """Return the token of a revision of this store."""
        return self.make(history.point(revision))

    def revision(self, history: PointReader, token: str, path: str) -> int:
        """Return the revision that a snapshot of this history is of.

        Raises RefusedError INVALID_SNAPSHOT, SNAPSHOT_OF_OTHER_HISTORY or REVISION_NOT_REACHED.
        """
        snapshot = self.read(token, path)
        revision = snapshot.point.revision
        if passes(history, snapshot.point):
            return revision
        if revision > history.revision and snapshot.epoch == self._epoch:
            raise RefusedError(
                ErrorReason.ERROR_REASON_REVISION_NOT_REACHED,
                f"the store is at revision {history.revision}, not yet at {revision}",
                path,
                value=revision,
                revision=history.revision,
            )
        raise RefusedError(
            ErrorReason.ERROR_REASON_SNAPSHOT_OF_OTHER_HISTORY,
            "the store was restored from a copy that does not have this state: give a time, or a "
            "snapshot from a later answer",
            path,
            revision=history.revision,
        )

    def read(self, token: str, path: str) -> SnapshotContent:
        """Return what a token holds. Raises RefusedError INVALID_SNAPSHOT."""
        snapshot = self._open(token)
        if snapshot is None:
            hint = "give the `snapshot` of a header, a change or a version of this store"
            if token.isdigit():
                hint = f"a revision does not select a state any more: {hint}, or a time"
            reason = ErrorReason.ERROR_REASON_INVALID_SNAPSHOT
            raise RefusedError(reason, hint, path)
        return snapshot

    def awaited(self, token: str) -> int:
        """Return the revision that a server of this store must have reached to show a snapshot.

        0 for a snapshot of another store or epoch: this store never shows it.
        """
        snapshot = self._open(token)
        return snapshot.point.revision if snapshot and snapshot.epoch == self._epoch else 0

    def _make(self, point: Point) -> str:
        chain = bytes.fromhex(point.chain) or NO_CHAIN
        high, low = divmod(point.revision, 1 << 32)
        content = CONTENT.pack(FORMAT, self._epoch, high, low, chain)
        return to_text(content + self._signer.sign(PURPOSE + content, SIGNATURE))

    def _opened(self, token: str) -> SnapshotContent | None:
        data = to_bytes(token)
        content, signature = data[: CONTENT.size], data[CONTENT.size :]
        is_signed = len(signature) == SIGNATURE and self._signer.is_signature(
            signature, PURPOSE + content
        )
        if not is_signed or content[0] != FORMAT:
            return None
        _, epoch, high, low, chain = CONTENT.unpack(content)
        revision = (high << 32) + low
        return SnapshotContent(epoch, Point(revision, "" if chain == NO_CHAIN else chain.hex()))

"""WatchChanges: the next message to a watcher.

A watcher is a cursor and no more: nothing is queued for it. Its next message is read from the log
when the client can take it, and shared by all watchers of the same view at the same cursor.
"""

from __future__ import annotations

from functools import partial

from summitry.v1.change_service_pb2 import (
    ChangeBatch,
    ResetReason,
    WatchChangesRequest,
    WatchChangesResponse,
    WatchReset,
)
from summitry_server.context import Backend, Sink
from summitry_server.domain.changes.changes import next_batch
from summitry_server.domain.changes.cursors import Cursor, EncodedChanges, FollowerEtags
from summitry_server.services.watch.hub import Hub, Message
from summitry_server.services.watch.shared_pages import Shared
from summitry_server.services.watch.tokens import ChangeTokens, Followed, followed
from summitry_server.store.contract import Reader
from summitry_server.wire import frames as wire

SIGNED_BYTES = 1024 * 1024  # of messages without changes that are shared
PAGE = 100  # changes of a message, but for revisions that have more


class Watches:
    """Opens watches of one store."""

    def __init__(self, backend: Backend, hub: Hub) -> None:
        self._backend = backend
        self._hub = hub
        self._tokens = ChangeTokens(backend)
        self._batches: Shared[tuple[EncodedChanges, bytes]] = Shared()
        self._signed: Shared[bytes] = Shared(SIGNED_BYTES)

    def open(self, request: WatchChangesRequest, sink: Sink) -> None:
        """Begin a watch. Raises RefusedError."""
        followed_view = followed(request.view, self._backend.db).naming_changes(
            request.include_changed_paths
        )
        with self._backend.store.read() as reader:
            cursor, reason = self._place(request, followed_view, reader)
        is_catching_up = cursor.after is not None
        follower_etags = dict(request.held) if is_catching_up else {}
        self._hub.add(_Watcher(self, followed_view, cursor, reason, follower_etags), sink)

    def _place(
        self, request: WatchChangesRequest, followed_view: Followed, reader: Reader
    ) -> tuple[Cursor, int]:
        start = self._tokens.start(request, followed_view, reader)
        if isinstance(start, Cursor):
            return start, 0
        return self._tokens.begin(followed_view.view, reader.revision, "", start), start

    def batch(
        self, followed_view: Followed, cursor: Cursor, follower_etags: FollowerEtags
    ) -> tuple[EncodedChanges, bytes]:
        """Return the batch that follows a cursor, and its message, empty without changes."""
        if follower_etags:
            return self._batch(followed_view, cursor, follower_etags)
        backend = self._backend
        view_state = followed_view.view.state_at(backend.clock.now(), backend.db)
        names_changes = followed_view.view.changed_paths
        key = (followed_view.digest, names_changes, cursor, view_state, backend.store.head())
        return self._batches.get(
            key, lambda: self._batch(followed_view, cursor, follower_etags), _size
        )

    def _batch(
        self, followed_view: Followed, cursor: Cursor, follower_etags: FollowerEtags
    ) -> tuple[EncodedChanges, bytes]:
        backend = self._backend
        with backend.store.read() as reader:
            now = backend.clock.now()
            snapshot_of = partial(backend.snapshots.at, reader)
            batch = next_batch(
                reader,
                followed_view.view,
                cursor,
                PAGE,
                now,
                backend.db,
                follower_etags,
                snapshot_of,
            )
            if not batch.changes:
                return batch, b""
            rest = self._message(WatchChangesResponse(), followed_view, batch.cursor, reader)
        changes = (wire.frame(ChangeBatch.CHANGES_FIELD_NUMBER, data) for data in batch.changes)
        event = wire.frame(WatchChangesResponse.CHANGES_FIELD_NUMBER, b"".join(changes))
        return batch._replace(changes=[]), event + rest

    def sign(self, message: WatchChangesResponse, followed_view: Followed, cursor: Cursor) -> bytes:
        """Return a message without changes, by its event.

        Those who are at the same place in the same second share it: a checkpoint costs a snapshot
        of the store and a signature, and thousands of idle watchers need one every few seconds.
        """
        backend = self._backend
        event = message.WhichOneof("event")
        # The second, since compaction moves the beginning of the log without moving the head.
        now = backend.clock.now()
        key = (event, message.reset.reason, followed_view.digest, cursor, backend.store.head(), now)
        return self._signed.get(key, lambda: self._sign(message, followed_view, cursor), len)

    def _sign(
        self, message: WatchChangesResponse, followed_view: Followed, cursor: Cursor
    ) -> bytes:
        with self._backend.store.read() as reader:
            return self._message(message, followed_view, cursor, reader)

    def _message(
        self,
        message: WatchChangesResponse,
        followed_view: Followed,
        cursor: Cursor,
        reader: Reader,
    ) -> bytes:
        message.token = self._tokens.make(followed_view.digest, cursor, reader)
        message.earliest_revision = reader.earliest()
        message.retention_days = self._backend.retention
        return self._backend.answer([message.SerializeToString()], reader.point(cursor.revision))


class _Watcher:
    """One watch: a view and the cursor in it."""

    def __init__(
        self,
        watches: Watches,
        followed_view: Followed,
        cursor: Cursor,
        reason: int,
        follower_etags: FollowerEtags,
    ) -> None:
        self._watches = watches
        self._followed_view = followed_view
        self._cursor = cursor
        self._reason = reason
        self._follower_etags = follower_etags
        self._caught_up = False

    def next(self, idle: bool) -> Message:
        """Return the next message; for an idle watcher at least a heartbeat."""
        if reason := self._reason:
            self._reason = 0
            reset = WatchReset(reason=ResetReason.Name(reason))
            return Message(self._sign(WatchChangesResponse(reset=reset)), True)
        batch, data = self._watches.batch(self._followed_view, self._cursor, self._follower_etags)
        self._cursor = batch.cursor
        if self._cursor.after is None:
            self._follower_etags = {}
        if data:
            return Message(data, batch.more or not self._caught_up)
        if batch.more:
            return Message(b"", True)
        if not self._caught_up:
            self._caught_up = True
            return Message(self._sign(WatchChangesResponse(caught_up={})), False)
        checkpoint = WatchChangesResponse(checkpoint={})
        return Message(self._sign(checkpoint) if idle else b"", False)

    def _sign(self, message: WatchChangesResponse) -> bytes:
        return self._watches.sign(message, self._followed_view, self._cursor)


def _size(page: tuple[EncodedChanges, bytes]) -> int:
    return len(page[1])

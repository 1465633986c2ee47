"""WatchChanges: what the next message to a watcher is.

A watcher is where it stands and no more: nothing is queued for it. What it is to be told next is
read from the log when it can take it, and shared by all that stand at the same place.
"""

from __future__ import annotations

from summitry.v1.change_service_pb2 import (
    ResetReason,
    WatchChangesRequest,
    WatchChangesResponse,
    WatchEvent,
)
from summitry_server.context import Backend, Sink
from summitry_server.domain.changes.changes import next_batch
from summitry_server.domain.changes.cursors import Batch, Cursor, FollowerEtags
from summitry_server.services.watch.hub import Hub, Message
from summitry_server.services.watch.shared_pages import Shared
from summitry_server.services.watch.tokens import ChangeTokens, Followed, followed
from summitry_server.store.contract import Reader
from summitry_server.wire import frames as wire

PAGE = 100  # changes of a message, but for revisions that have more


class Watches:
    """Opens watches of one store."""

    def __init__(self, backend: Backend, hub: Hub) -> None:
        self._backend = backend
        self._hub = hub
        self._tokens = ChangeTokens(backend)
        self._batches: Shared[tuple[Batch, bytes]] = Shared()

    def open(self, request: WatchChangesRequest, sink: Sink) -> None:
        """Begin a watch. Raises RefusedError."""
        asked = followed(request.view, self._backend.db)
        with self._backend.store.read() as reader:
            cursor, reason = self._place(request, asked, reader)
        told = cursor.after is not None
        held = dict(request.held) if told else {}
        self._hub.add(_Watcher(self, asked, cursor, reason, held), sink)

    def _place(
        self, request: WatchChangesRequest, asked: Followed, reader: Reader
    ) -> tuple[Cursor, int]:
        if not request.token:
            after = "" if request.initial else None
            return self._tokens.begin(asked.view, reader.revision, after), 0
        found = self._tokens.resume(asked, request.token, reader)
        if isinstance(found, Cursor):
            return found, 0
        return self._tokens.begin(asked.view, reader.revision, "", found), found

    def batch(self, asked: Followed, cursor: Cursor, held: FollowerEtags) -> tuple[Batch, bytes]:
        """What follows a cursor, and the message that tells it, if anything is to be told."""
        if held:
            return self._batch(asked, cursor, held)
        backend = self._backend
        wanted = asked.view.state_at(backend.clock.now(), backend.db)
        key = (asked.digest, cursor, wanted, backend.store.head())
        return self._batches.get(key, lambda: self._batch(asked, cursor, held), _size)

    def _batch(self, asked: Followed, cursor: Cursor, held: FollowerEtags) -> tuple[Batch, bytes]:
        backend = self._backend
        with backend.store.read() as reader:
            now = backend.clock.now()
            batch = next_batch(reader, asked.view, cursor, PAGE, now, backend.db, held)
            if not batch.changes:
                return batch, b""
            rest = self._message(WatchEvent.WATCH_EVENT_CHANGES, asked, batch.cursor, reader)
        changes = [
            wire.frame(WatchChangesResponse.CHANGES_FIELD_NUMBER, change)
            for change in batch.changes
        ]
        return batch._replace(changes=[]), b"".join((*changes, rest))

    def sign(self, event: WatchEvent, asked: Followed, cursor: Cursor, reason: int = 0) -> bytes:
        """A message without changes."""
        with self._backend.store.read() as reader:
            return self._message(event, asked, cursor, reader, reason)

    def _message(
        self, event: WatchEvent, asked: Followed, cursor: Cursor, reader: Reader, reason: int = 0
    ) -> bytes:
        rest = WatchChangesResponse(
            event=event,
            token=self._tokens.make(asked.digest, cursor, reader),
            reset_reason=ResetReason.Name(reason),
            earliest_revision=reader.earliest(),
            retention_days=self._backend.retention,
        )
        number = WatchChangesResponse.HEADER_FIELD_NUMBER
        return self._backend.answer(number, [rest.SerializeToString()], cursor.revision)


class _Watcher:
    """One watch: where it stands."""

    def __init__(
        self,
        watches: Watches,
        asked: Followed,
        cursor: Cursor,
        reason: int,
        held: FollowerEtags,
    ) -> None:
        self._watches = watches
        self._asked = asked
        self._cursor = cursor
        self._reason = reason
        self._held = held
        self._caught_up = False

    def next(self, idle: bool) -> Message:
        """What it is to be told next; an idle one is told at least that nothing happened."""
        if reason := self._reason:
            self._reason = 0
            return Message(self._sign(WatchEvent.WATCH_EVENT_RESET, reason), True)
        batch, data = self._watches.batch(self._asked, self._cursor, self._held)
        self._cursor = batch.cursor
        if self._cursor.after is None:
            self._held = {}
        if data:
            return Message(data, batch.more or not self._caught_up)
        if batch.more:
            return Message(b"", True)
        if not self._caught_up:
            self._caught_up = True
            return Message(self._sign(WatchEvent.WATCH_EVENT_CAUGHT_UP), False)
        return Message(self._sign(WatchEvent.WATCH_EVENT_CHECKPOINT) if idle else b"", False)

    def _sign(self, event: WatchEvent, reason: int = 0) -> bytes:
        return self._watches.sign(event, self._asked, self._cursor, reason)


def _size(made: tuple[Batch, bytes]) -> int:
    return len(made[1])

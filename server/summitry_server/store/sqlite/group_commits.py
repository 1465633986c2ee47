"""Group commit: one thread owns the write connection and commits what is queued in one go."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeVar

from summitry_server.store.contract import NO_HINT, LogEntry, Point, WriteHint
from summitry_server.store.errors import StoreUnavailableError
from summitry_server.store.log_time import LogTime
from summitry_server.store.notifier import Notifier
from summitry_server.store.overlay import GroupOverlay
from summitry_server.store.sqlite import log_sql
from summitry_server.store.sqlite.connections import writing
from summitry_server.store.sqlite.tables import SqliteTables
from summitry_server.store.sqlite.writer import SqliteWriter

T = TypeVar("T")

# Bounds the time that the first of a group waits for the others, and the size of a transaction.
GROUP = 256


class _Queued(NamedTuple):
    """A write that waits for its turn, and where its caller waits for it."""

    operation: Callable[[SqliteWriter], Any]
    entry: LogEntry
    done: Future[Any]
    hint: WriteHint


class _Outcome(NamedTuple):
    """The result of a write in a group, or its error."""

    answer: Any = None
    error: BaseException | None = None


def _point(connection: sqlite3.Connection) -> Point:
    revision, _, chain = connection.execute(log_sql.CLOCK).fetchone()
    return Point(revision, chain)


class GroupWriter:
    """Runs writes one after another; answers each when the commit of its group is durable."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        committing: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Start the thread that writes.

        `committing` is entered around each commit; an exception on entry fails that commit.
        """
        self._connection = connection
        self._tables = SqliteTables(connection)
        self._committing = committing
        self.point = _point(connection)
        self.notifier = Notifier()
        self._times = LogTime()
        self._queue: SimpleQueue[_Queued | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def head(self) -> int:
        """Return the last revision that is durable."""
        return self.point.revision

    def submit(
        self,
        operation: Callable[[SqliteWriter], T],
        entry: LogEntry,
        hint: WriteHint = NO_HINT,
    ) -> Future[T]:
        """Queue `operation`; the future has its result when the commit is durable."""
        done: Future[T] = Future()
        # Under the lock, so that no write is queued behind the end, where no thread would take it.
        with self._gate:
            if self._closed:
                raise StoreUnavailableError("the store is closed: open it again")
            self._queue.put(_Queued(operation, entry, done, hint))
        return done

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while group := self._next_group():
            self._settle(group)

    def _next_group(self) -> list[_Queued]:
        """Wait for writes and return those queued, at most GROUP; none when the store is closed."""
        group: list[_Queued] = []
        queued = self._queue.get()
        while queued is not None:
            group.append(queued)
            if len(group) == GROUP:
                return group
            try:
                queued = self._queue.get_nowait()
            except Empty:
                return group
        # The end was reached behind some writes: commit them first, and find it again in the next
        # round, which then returns an empty group.
        if group:
            self._queue.put(None)
        return group

    def _settle(self, group: list[_Queued]) -> None:
        """Commit a group and answer its callers.

        When the whole group failed (by a full disk, say), each is tried again alone: one that
        needs much room must not fail another that needs little.
        """
        head = self.head
        try:
            with self._committing():
                outcomes = self._commit(group)
        except BaseException as error:
            if len(group) > 1 and self.head == head:
                for queued in group:
                    self._settle([queued])
                return
            # One alone; or they are committed but cannot be relied on, so none is run twice.
            for queued in group:
                queued.done.set_exception(error)
            return
        if self.head > head:
            self.notifier.tell(self.head)
        for queued, outcome in zip(group, outcomes, strict=True):
            if outcome.error is None:
                queued.done.set_result(outcome.answer)
            else:
                queued.done.set_exception(outcome.error)

    def _commit(self, group: list[_Queued]) -> list[_Outcome]:
        outcomes = []
        with writing(self._connection):
            revision, time, chain = self._connection.execute(log_sql.CLOCK).fetchone()
            last, times = Point(revision, chain), self._times
            points = []
            overlay = GroupOverlay(self._tables)
            overlay.prefetch(*_needs_of(group))
            for queued in group:
                entry = queued.entry._replace(time=times.of(queued.entry.time, time))
                writer = SqliteWriter(overlay, self._tables, last, entry)
                outcome = self._attempt(queued, writer, overlay)
                outcomes.append(outcome)
                if outcome.error is None and writer.has_put:
                    times = times.after(queued.entry.time, time)
                    last, time = writer.next_point, entry.time
                    points.append(last)
            overlay.flush()
            if points:
                self._connection.executemany(log_sql.ADD_CHAIN, points)
                # Last, so that who reads the clock sees all that lies below it.
                self._connection.execute(log_sql.TICK, (last.revision, time))
        self.point, self._times = last, times
        return outcomes

    def _attempt(self, queued: _Queued, writer: SqliteWriter, overlay: GroupOverlay) -> _Outcome:
        try:
            answer = queued.operation(writer)
            writer.keep()
            return _Outcome(answer=answer)
        except BaseException as error:
            # SQLite has rolled back the whole transaction (as for a full disk), or has a part of
            # what other writes put: the group fails, and `_settle` tries each alone.
            if overlay.is_flushing or not self._connection.in_transaction:
                raise
            writer.drop()
            return _Outcome(error=error)


def _needs_of(group: list[_Queued]) -> tuple[list[str], list[str], list[str]]:
    """Return the names, uids and request ids that the writes of a group will ask for."""
    hints = [queued.hint for queued in group]
    return (
        [name for hint in hints for name in hint.names],
        [uid for hint in hints for uid in hint.uids],
        [id_ for hint in hints for id_ in hint.request_ids],
    )

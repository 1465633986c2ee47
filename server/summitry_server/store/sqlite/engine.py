"""The embedded engine: one SQLite file, one process that writes it.

WAL with synchronous=FULL: a write that was answered survives a power cut, and reads go on while
one writes. Who may write the file is settled by locks on it and on a file beside it (opening), so
that a second process is told at once and does not wait for the first in each of its writes.

The file can be deleted, replaced, cut or overwritten while it is open. So it is inspected before
each commit and about twice a second (guard, health), and what cannot be trusted is not written.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from summitry_server.store.contract import (
    NO_HINT,
    LogEntry,
    Point,
    Reader,
    StoreIdentity,
    WriteHint,
    Writer,
)
from summitry_server.store.errors import StoreDamagedError, StoreError, StoreUnavailableError
from summitry_server.store.health import Health, HealthMonitor, Listener
from summitry_server.store.repeated import Repeated
from summitry_server.store.sqlite import log_sql, sql
from summitry_server.store.sqlite.connections import (
    CHECKPOINT_BYTES,
    Factory,
    ReadConnections,
    checkpoint,
    connect,
    keep_log,
    translated,
)
from summitry_server.store.sqlite.epochs import begin_epoch, compare_with_mark
from summitry_server.store.sqlite.frame_cache import FrameCache
from summitry_server.store.sqlite.group_commits import GroupWriter
from summitry_server.store.sqlite.guard import Guard, has_log
from summitry_server.store.sqlite.head_mark import HeadMark, Mark
from summitry_server.store.sqlite.opening import open_database
from summitry_server.store.sqlite.schema import APPLICATION, migrate
from summitry_server.store.sqlite.snapshot import SqliteReader
from summitry_server.store.sqlite.writer import SqliteWriter

T = TypeVar("T")

# The entry of maintenance writes, which make no versions and so leave no entry in the log.
_NOBODY = LogEntry("", "", "", 0)

# Seconds from one look at the files to the next. A change is noticed after this time at most.
LOOK = 0.5


class SqliteStore:
    """A store in a file, made with its folders if missing. `factory` makes the connections.

    Raises StoreUnavailableError when the file cannot be opened, another process writes it, or
    there was a store that is gone; StoreDamagedError when the file is damaged; StoreVersionError
    when a newer version of Summitry wrote it.
    """

    def __init__(
        self, path: Path, *, factory: Factory = sqlite3.Connection, new_epoch: bool = False
    ) -> None:
        """Open the file. `new_epoch`: it was restored from a backup, whatever its mark says."""
        name = path.absolute()
        self._path = path = path.resolve()
        self._factory = factory
        self._monitor = HealthMonitor(str(path))
        self._turn = threading.Lock()  # held by a commit, and by whoever inspects the files
        self._mark = HeadMark(path)
        self._marked: Point | None = None
        self._frames = FrameCache()
        with ExitStack() as opened:
            descriptor = open_database(path, opened)
            if has_log(path):
                _check_recovered(path)
            connection = connect(path, factory)
            opened.callback(connection.close)
            self._connection = connection
            with translated():
                migrate(connection)
                keep_log(connection)
                if new_epoch:
                    begin_epoch(connection)
                else:
                    compare_with_mark(connection, path)
                self._identity = StoreIdentity(*connection.execute(sql.IDENTITY).fetchone())
                self._guard = Guard(path, descriptor, APPLICATION, name)
                opened.callback(self._guard.close)
                self._writer = GroupWriter(connection, self._committing)
            opened.callback(self._keep_mark)
            opened.callback(self._writer.close)
            self._snapshots = ReadConnections(path, factory, self._guard.look)
            opened.callback(self._snapshots.close)
            self._keep_mark()
            looks = Repeated("store-watch", LOOK, self._look)
            opened.callback(looks.stop)
            self._opened = opened.pop_all()

    @property
    def identity(self) -> StoreIdentity:
        """Return the identity of this store, which changes only if the file is put back."""
        return self._identity

    def head(self) -> int:
        """Return the last revision that is durable."""
        return self._writer.head

    def health(self) -> Health:
        """Return whether the store can be written."""
        return self._monitor.health

    def follow_health(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with the present health and each change; return a function to end it."""
        return self._monitor.follow(listener)

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """Open the state at the begin of the with block, on a connection of its own."""
        with self._monitor.reading(), self._snapshots.open() as connection:
            revision, _, chain = connection.execute(log_sql.CLOCK).fetchone()
            yield SqliteReader(connection, Point(revision, chain), self._frames)

    def write(
        self, operation: Callable[[Writer], T], entry: LogEntry, hint: WriteHint = NO_HINT
    ) -> T:
        """Run `operation` in the thread of the writer; return its result once it is durable."""
        has_converted = False

        def operate(writer: SqliteWriter) -> T:
            nonlocal has_converted
            result = operation(writer)
            has_converted = writer.has_converted
            return result

        result = self._submit(operate, entry, hint)
        if has_converted:  # the frames of versions are others from now on
            self._frames = FrameCache()
        return result

    def compact(self, before: int) -> int:
        """Drop versions superseded before a revision, in several commits between other writes."""

        def step(writer: SqliteWriter) -> int | None:
            return writer.compact(before)

        dropped = 0
        while (count := self._submit(step, _NOBODY)) is not None:
            dropped += count
        return dropped

    def expire_requests(self, before: int) -> int:
        """Drop requests remembered before that time; return how many."""

        def expire(writer: SqliteWriter) -> int:
            return writer.expire_requests(before)

        return self._submit(expire, _NOBODY)

    def subscribe(self, wake: Callable[[int], None]) -> Callable[[], None]:
        """Call `wake(head)` whenever the head has risen; return a function that ends this."""
        return self._writer.notifier.subscribe(wake)

    def close(self) -> None:
        """Finish the writes under way and close all files; a read under way goes on."""
        self._opened.close()

    def _submit(
        self,
        operation: Callable[[SqliteWriter], T],
        entry: LogEntry,
        hint: WriteHint = NO_HINT,
    ) -> T:
        done = self._writer.submit(operation, entry, hint)
        with self._monitor.writing():
            return done.result()

    @contextmanager
    def _committing(self) -> Iterator[None]:
        """Inspect the files before a commit, and take what it wrote to them as ours."""
        with self._turn:
            self._monitor.check()
            self._inspect()
            try:
                yield
            finally:
                # A file that was deleted meanwhile has the commit, but nobody may rely on it: this
                # raises.
                self._guard.accept_log()
            self._monitor.recovered()
            if self._guard.log_size >= CHECKPOINT_BYTES:
                self._checkpoint()

    def _checkpoint(self) -> None:
        """Move the log into the database.

        A failure is noted and fails no write: what was written is durable in the log.
        """
        try:
            checkpoint(self._connection)
        except StoreError as error:
            self._monitor.failed(error, changes_health=isinstance(error, StoreDamagedError))
        self._guard.accept()

    def _inspect(self) -> None:
        """Raise StoreError if the files are gone, or were changed by another program for the worse.

        Called in turn. Another program may write to the files: to checkpoint the log, say.
        """
        if self._guard.is_unchanged():
            return
        with closing(connect(self._path, self._factory)) as connection, translated():
            [(verdict,)] = connection.execute("PRAGMA quick_check(1)").fetchall()
            revision, _, chain = connection.execute(log_sql.CLOCK).fetchone()
            (store_id, _) = connection.execute(sql.IDENTITY).fetchone()
        if verdict != "ok":
            raise StoreDamagedError(
                "another program has damaged the store: restore a backup", verdict
            )
        if (store_id, Point(revision, chain)) != (self._identity.store_id, self._writer.point):
            raise StoreDamagedError(
                "another program has put another store into the file: restart the server"
            )
        self._guard.accept()

    def _look(self) -> None:
        """Inspect the files between writes, retry failed writes, and update the mark."""
        with suppress(StoreError):
            if self._turn.acquire(blocking=False):
                try:
                    with self._monitor.writing():
                        self._inspect()
                finally:
                    self._turn.release()
            if not self._monitor.health.serving:
                self._submit(lambda writer: writer.touch(), _NOBODY)
            self._keep_mark()

    def _keep_mark(self) -> None:
        """Write the head mark if the store has come further, and its file is still there."""
        point = self._writer.point
        if point == self._marked or not self._monitor.health.serving:
            return
        try:
            self._guard.look()
            self._mark.write(Mark(self._identity.store_id, point))
            self._marked = point
        except (OSError, StoreError) as error:
            failure = StoreUnavailableError("the head mark cannot be written", str(error))
            self._monitor.failed(failure, changes_health=False)


def _check_recovered(path: Path) -> None:
    """Raise StoreDamagedError if the log that a killed server left does not fit the database.

    SQLite applies it to whatever stands there, also to a copy that was put back without removing
    the log of what was there before. On a connection that cannot write: the last one to be closed
    moves the log into the database, and the copy would be lost.
    """
    read_only = f"{path.as_uri()}?mode=ro"
    with translated(), closing(sqlite3.connect(read_only, uri=True)) as connection:
        [(verdict,)] = connection.execute("PRAGMA quick_check(1)").fetchall()
    if verdict != "ok":
        raise StoreDamagedError(
            f"the store is damaged ({verdict}): restore a backup, and remove the files that end in "
            "-wal and -shm before, for they belong to what was there",
            verdict,
        )


def begin_new_epoch(path: Path) -> str:
    """Begin a new epoch of a store that no server has open, as a restore must; return its id."""
    with closing(SqliteStore(path, new_epoch=True)) as store:
        return store.identity.store_id

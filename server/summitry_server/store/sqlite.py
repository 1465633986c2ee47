"""The embedded engine: one SQLite file, one process that writes it.

WAL with synchronous=FULL: a write that was answered survives a power cut, and reads go on while
one writes. Who may write the file is settled by a lock on a file beside it, so that a second
process is told at once and does not wait for the first in each of its writes.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

from summitry_server.store import sql
from summitry_server.store.connections import Factory, Snapshots, connect, keep_log, translated
from summitry_server.store.contract import Entry, Identity, Reader, Writer
from summitry_server.store.errors import StoreUnavailableError
from summitry_server.store.grouping import GroupWriter
from summitry_server.store.migrating import migrate
from summitry_server.store.snapshot import SqliteReader, SqliteWriter

T = TypeVar("T")

# Of upkeep, which makes no versions and so leaves no entry.
_NOBODY = Entry("", "", "", 0)


class SqliteStore:
    """A store in a file, made with its folders if missing. `factory` makes the connections.

    Raises StoreUnavailableError when the file cannot be opened or another process writes it,
    StoreVersionError when a newer version of Summitry wrote it.
    """

    def __init__(self, path: Path, *, factory: Factory = sqlite3.Connection) -> None:
        path = path.resolve()
        with ExitStack() as opened:
            opened.callback(os.close, _lock(path))
            connection = connect(path, factory)
            opened.callback(connection.close)
            with translated():
                migrate(connection)
                keep_log(connection)
                self._identity = Identity(*connection.execute(sql.IDENTITY).fetchone())
                self._writer = GroupWriter(connection)
            opened.callback(self._writer.close)
            self._snapshots = Snapshots(path, factory)
            opened.callback(self._snapshots.close)
            self._opened = opened.pop_all()

    @property
    def identity(self) -> Identity:
        """Which store this is; the same after each start."""
        return self._identity

    def head(self) -> int:
        """The last revision that is durable."""
        return self._writer.head

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """The state at the begin of the with block, on a connection of its own."""
        with self._snapshots.open() as connection:
            (revision,) = connection.execute(sql.HEAD).fetchone()
            yield SqliteReader(connection, revision)

    def write(self, act: Callable[[Writer], T], entry: Entry) -> T:
        """Run `act` in the thread of the writer; return its result when the commit is durable."""
        return self._writer.submit(act, entry).result()

    def compact(self, before: int) -> int:
        """Drop versions superseded before a revision, in several commits between other writes."""

        def step(writer: SqliteWriter) -> int | None:
            return writer.compact(before)

        dropped = 0
        while (count := self._writer.submit(step, _NOBODY).result()) is not None:
            dropped += count
        return dropped

    def forget(self, before: int) -> int:
        """Drop requests remembered before that time; return how many."""

        def act(writer: SqliteWriter) -> int:
            return writer.forget(before)

        return self._writer.submit(act, _NOBODY).result()

    def subscribe(self, wake: Callable[[int], None]) -> Callable[[], None]:
        """Have `wake(head)` called when the head has risen; returns what ends that."""
        return self._writer.wakes.subscribe(wake)

    def close(self) -> None:
        """Finish the writes under way and let go of all files; a read under way goes on."""
        self._opened.close()


def _lock(path: Path) -> int:
    """The descriptor of the lock beside a store; the lock goes with it, even on a crash."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The store holds a secret and what is not yet public, so it is nobody else's to read.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreUnavailableError(
            f"cannot open the store {path}: {error.strerror}; give a file in a writable folder"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise StoreUnavailableError(
            f"the store {path} is in use by another process: stop that one, or give another file"
        ) from error
    return lock

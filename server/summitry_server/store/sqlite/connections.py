"""Connections to a SQLite file, and the one place where transactions begin and end."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from summitry_server.store.errors import (
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreUnavailableError,
)
from summitry_server.store.interruption import Check, present_check

Factory = type[sqlite3.Connection]

# A commit must survive a power cut, so synchronous is FULL; fullfsync is what macOS needs for it.
# Writes that go to the tables have a savepoint, the old pages of which go to the temporary store:
# memory.
# Checkpoints are made by the writer (checkpoint), so that it knows when the database was written;
# a log that begins again is cut to what it holds, so that its size says when the next is due.
_SETTINGS = """
PRAGMA busy_timeout = 5000;
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA checkpoint_fullfsync = ON;
PRAGMA foreign_keys = ON;
PRAGMA trusted_schema = OFF;
PRAGMA cache_size = -16384;
PRAGMA temp_store = MEMORY;
PRAGMA wal_autocheckpoint = 0;
PRAGMA journal_size_limit = 0;
"""

# How many operations of SQLite's virtual machine a statement does between two questions whether it
# is to go on: some 10 ms on a machine of 2026. A page of a hundred records takes about 10,000.
OPERATIONS = 50_000

# A group dirties close to a thousand pages; a checkpoint after each would write them twice.
CHECKPOINT_BYTES = 4000 * 4096

_FULL = (StoreFullError, "no room left in the store for this write: free some disk space")
_LOCKED = (StoreUnavailableError, "the store is locked by another program: try again")
_FAILED = (StoreUnavailableError, "the store failed: see the server's log, then try again")
_DAMAGED = (StoreDamagedError, "the store is damaged: stop the server and restore a backup")
# By the extended code of the driver or by the primary one, which is its last byte.
_FAILURES: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: (
        StoreUnavailableError,
        "the store is read-only: give a file that can be written",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        StoreUnavailableError,
        "the store cannot be opened: check its path and rights",
    ),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    # A file ends before a page that it must have.
    sqlite3.SQLITE_IOERR_SHORT_READ: _DAMAGED,
    sqlite3.SQLITE_NOTADB: (
        StoreDamagedError,
        "the file is not a store: restore a backup, or give another path",
    ),
}


def store_error(error: sqlite3.Error) -> StoreError:
    """Return the error of the contract that stands for an error of the driver."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    kind, message = _FAILURES.get(code) or _FAILURES.get(code & 0xFF, _FAILED)
    name = getattr(error, "sqlite_errorname", "")
    return kind(message, f"{name}: {error}" if name else str(error))


@contextmanager
def translated() -> Iterator[None]:
    """Turn errors of the driver in the with block into StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(error) from error


def connect(path: Path, factory: Factory) -> sqlite3.Connection:
    """Open a connection that begins no transaction by itself and may change threads.

    Never makes a file: a file that is deleted while it is open must not come back empty. Raises
    StoreUnavailableError.
    """
    with translated():
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            factory=factory,
        )
        try:
            connection.executescript(_SETTINGS)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def keep_log(connection: sqlite3.Connection) -> None:
    """Make the file keep a write-ahead log, by which reads go on while one writes.

    Raises StoreUnavailableError where the file system cannot share memory (a network share).
    """
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreUnavailableError("no write-ahead log on this file system: use a local disk")


def checkpoint(connection: sqlite3.Connection) -> None:
    """Write what the log holds into the database, as far as no read needs it there.

    Raises StoreError.
    """
    with translated():
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """Open a transaction: commit it at the end of the with block, or roll it back on failure.

    Raises StoreError when it cannot begin or commit.
    """
    with translated():
        # A deferred transaction that reads first fails at its first write if another one wrote
        # since, without waiting for busy_timeout.
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


class _Interrupter:
    """Asks, while a statement runs, whether it is to go on."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.check: Check | None = None  # of the read that goes on
        self.error: Exception | None = None  # by which the check has ended it
        connection.set_progress_handler(self._ask, OPERATIONS)

    def _ask(self) -> int:
        """Return 1 to interrupt the statement, which SQLite then ends with SQLITE_INTERRUPT."""
        if self.check is None:
            return 0
        try:
            self.check()
        except Exception as error:
            self.error = error
            return 1
        return 0


class _ReadConnection(NamedTuple):
    connection: sqlite3.Connection
    interrupter: _Interrupter


class ReadConnections:
    """Read connections: one for each read that goes on at a time, kept for the next."""

    def __init__(
        self, path: Path, factory: Factory, check: Callable[[], object] = lambda: None
    ) -> None:
        """Create an empty set of connections, which are opened at need.

        `check` raises StoreError if the file of that path is not the one that is written.
        """
        self._path = path
        self._factory = factory
        self._check = check
        self._idle: list[_ReadConnection] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that sees one state of the file until the end of the with block.

        Raises StoreError, and what the check of `interruptible` raises while a statement runs.
        """
        read_connection = self._take()
        connection, interrupter = read_connection
        interrupter.check = present_check()
        try:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")
        except (sqlite3.Error, StoreError) as error:
            if interrupter.error is not None:
                raise interrupter.error from None
            if isinstance(error, StoreError):
                raise
            raise store_error(error) from error
        finally:
            interrupter.check = interrupter.error = None
            self._put_back(read_connection)

    def close(self) -> None:
        """Close what is idle; a connection in use is closed when its read ends."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.pop().connection.close()

    def _take(self) -> _ReadConnection:
        with self._lock:
            if self._closed:
                raise StoreUnavailableError("the store is closed: open it again")
            if self._idle:
                return self._idle.pop()
        # Before, for a connection to another file would make that its own: it takes the log and
        # removes it at its end. And after, for the file may be replaced in between.
        self._check()
        connection = connect(self._path, self._factory)
        try:
            self._check()
            connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
        return _ReadConnection(connection, _Interrupter(connection))

    def _put_back(self, read_connection: _ReadConnection) -> None:
        connection = read_connection.connection
        if connection.in_transaction:
            connection.rollback()
        with self._lock:
            if self._closed:
                connection.close()
            else:
                self._idle.append(read_connection)

"""The files of an open SQLite store: are they still there, and does nobody else write them?

An open file outlives its name. Who deletes or replaces the file of a running server leaves it
writing to a file that is gone when the server ends, and every write is acknowledged. So before each
commit, and about once a second while nothing is written, the files by name are compared with those
that are open.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from summitry_server.store.errors import StoreDamagedError, StoreUnavailableError

# What SQLite keeps beside the database while it is open.
LOG, SHARED = "-wal", "-shm"

# The first bytes of a database and of its write-ahead log (sqlite.org/fileformat2.html).
MAGIC = b"SQLite format 3\0"
APPLICATION_AT = 68
LOG_MAGIC = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")


def has_log(path: Path) -> bool:
    """Return whether a store that is not open has a log: its server was killed."""
    try:
        return os.stat(f"{path}{LOG}").st_size > 0
    except FileNotFoundError:
        return False


class _FileIdentity(NamedTuple):
    """The identity of a file: tells it from another one of the same name."""

    device: int
    inode: int


class _Content(NamedTuple):
    """The size and time of a file, one of which changes when somebody writes to it."""

    size: int
    modified: int  # nanoseconds


class _Contents(NamedTuple):
    """The state of the database and of its log; the shared memory changes all the time."""

    database: _Content
    log: _Content


class Guard:
    """Compares the files of a store with what they were when it was opened.

    Make it once the database is open and its log exists. It opens no file of its own but the log:
    to close another descriptor of the database would drop the locks of SQLite
    (sqlite.org/howtocorrupt.html, 2.2).
    """

    def __init__(self, path: Path, descriptor: int, application: int, name: Path) -> None:
        """Record the present identities of the files.

        `descriptor` is an open one of the database; the caller goes on owning it. `name` is the
        path by which the database is opened, with its links: the next start follows them, and
        finds another file once they have been changed.
        """
        self._descriptor = descriptor
        self._application = application.to_bytes(4, "big")
        self._log = os.open(f"{path}{LOG}", os.O_RDONLY)
        opened = (os.fstat(descriptor), os.fstat(self._log), os.stat(f"{path}{SHARED}"))
        files = ((str(name), ""), (f"{path}{LOG}", LOG), (f"{path}{SHARED}", SHARED))
        self._files = [
            (file, end, _identity(status))
            for (file, end), status in zip(files, opened, strict=True)
        ]
        self._accepted = self._present = self.look()

    def close(self) -> None:
        """Close the log file."""
        os.close(self._log)

    @property
    def log_size(self) -> int:
        """Return the size of the write-ahead log in bytes at the last inspection."""
        return self._present.log.size

    def look(self) -> _Contents:
        """Inspect the files by name. Raises StoreUnavailableError if one is gone or replaced."""
        contents = []
        for file, end, identity in self._files:
            try:
                status = os.stat(file)
            except OSError as error:
                raise _unavailable(end, "is gone", str(error)) from error
            if _identity(status) != identity:
                raise _unavailable(end, "was replaced", file)
            contents.append(_Content(status.st_size, status.st_mtime_ns))
        self._present = _Contents(contents[0], contents[1])
        return self._present

    def is_unchanged(self) -> bool:
        """Return whether nobody has written to the files since they were accepted.

        Raises StoreError if a file is gone or another one, or begins as it must not.
        """
        present = self.look()
        # Empty, it may have been moved into the database by another program.
        if (begin := os.pread(self._log, 4, 0)) and begin not in LOG_MAGIC:
            raise _damaged("the log of the store was overwritten")
        if present == self._accepted:
            return True
        self._check_database(present.database)
        return False

    def accept(self) -> None:
        """Record the files as they are now: the store wrote them, or they were checked."""
        self._accepted = self.look()

    def accept_log(self) -> None:
        """Record the log as it is now: a commit writes to no other file."""
        self._accepted = self._accepted._replace(log=self.look().log)

    def _check_database(self, present: _Content) -> None:
        """Raise StoreDamagedError if the database was cut, or begins as it must not."""
        # A database in WAL mode never shrinks while the store is open: nothing here vacuums it.
        if present.size < self._accepted.database.size:
            raise _damaged("the file of the store was cut")
        head = os.pread(self._descriptor, APPLICATION_AT + 4, 0)
        if not head.startswith(MAGIC) or head[APPLICATION_AT:] != self._application:
            raise _damaged("the file of the store was overwritten")


def _identity(status: os.stat_result) -> _FileIdentity:
    return _FileIdentity(status.st_dev, status.st_ino)


def _unavailable(end: str, problem: str, detail: str) -> StoreUnavailableError:
    file = {"": "the file of the store", LOG: "the log of the store"}.get(
        end, "a file of the store"
    )
    return StoreUnavailableError(
        f"{file} {problem}: nothing is written until it is back; stop the server and restore it",
        detail,
    )


def _damaged(problem: str) -> StoreDamagedError:
    return StoreDamagedError(f"{problem} by another program: stop the server and restore a backup")

"""A write that is only rehearsed: what it puts is seen by what follows, and stored nowhere.

What was put waits in a private database that SQLite spills to a temporary file, so a rehearsal of
any length needs little memory.
"""

from __future__ import annotations

import pickle
import sqlite3
from typing import Any, Protocol

from summitry_server.store.contract import Entry, Point, Reader, Row
from summitry_server.store.errors import UidTakenError
from summitry_server.store.history import next_point

TABLE = "CREATE TABLE put (name TEXT PRIMARY KEY, uid TEXT UNIQUE, row BLOB) WITHOUT ROWID"
PUT = "INSERT INTO put VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET row = excluded.row"

# What is rehearsed is not logged.
_REHEARSAL = Entry("", "", "", 0)


class Target(Protocol):
    """As much of a `Writer` as it takes to put records one by one."""

    @property
    def next_point(self) -> Point:
        """The point that this write makes if it puts anything."""

    def get(self, name: str) -> Row | None:
        """The row of that name, deleted or not."""

    def holder(self, uid: str) -> str | None:
        """The name of the row that has this uid."""

    def put(self, row: Row, *, new: bool) -> None:
        """Store a version."""


class Scratch:
    """What the writes of one rehearsal have put so far. Close it. For one thread."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect("", isolation_level=None)
        self.connection.execute(TABLE)
        self.writes = 0

    def close(self) -> None:
        """Forget all of it."""
        self.connection.close()

    def target(self, reader: Reader) -> Target:
        """The next write of the rehearsal, over a snapshot of the store."""
        self.writes += 1
        point = next_point(reader.point(), _REHEARSAL)
        number = reader.revision + self.writes
        return _Rehearsal(reader, self.connection, point._replace(revision=number))


class _Rehearsal:
    """A write that sees the store as it would be by now."""

    def __init__(self, reader: Reader, connection: sqlite3.Connection, point: Point) -> None:
        self._reader = reader
        self._connection = connection
        self.next_point = point

    def get(self, name: str) -> Row | None:
        found = self._one("SELECT row FROM put WHERE name = ?", name)
        # Bytes of our own making: nobody else can write to a private database.
        row: Row | None = pickle.loads(found) if found else self._reader.get(name)
        return row

    def holder(self, uid: str) -> str | None:
        found: str | None = self._one("SELECT name FROM put WHERE uid = ?", uid)
        return found or self._reader.holder(uid)

    def put(self, row: Row, *, new: bool) -> None:
        try:
            self._connection.execute(PUT, (row.name, row.uid, pickle.dumps(row)))
        except sqlite3.IntegrityError as error:
            raise UidTakenError(row.uid) from error

    def _one(self, statement: str, key: str) -> Any:
        found = self._connection.execute(statement, (key,)).fetchone()
        return found[0] if found else None

"""Dry runs: writes that see what those before them put, and store nothing.

The rows wait in a private database that SQLite spills to a temporary file, so a dry run of any
length needs little memory. It reads a snapshot through the contract, so it serves every engine.
"""

from __future__ import annotations

import pickle
import sqlite3
from typing import Any

from summitry_server.store.contract import LogEntry, Point, Reader, Row, Target
from summitry_server.store.errors import UidTakenError
from summitry_server.store.points import next_point

TABLE = "CREATE TABLE put (name TEXT PRIMARY KEY, uid TEXT UNIQUE, row BLOB) WITHOUT ROWID"
PUT = "INSERT INTO put VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET row = excluded.row"
HOLDERS_BELOW = """
SELECT uid, name FROM put WHERE uid > ? || '/' AND uid < ? || '0' ORDER BY uid LIMIT ?"""

# Nothing of a dry run is logged.
_UNLOGGED = LogEntry("", "", "", 0)


class SqliteDryRun:
    """The rows that the writes of one dry run have put so far. Close it. For one thread."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect("", isolation_level=None)
        self.connection.execute(TABLE)
        self.writes = 0

    def close(self) -> None:
        """Drop the rows."""
        self.connection.close()

    def target(self, reader: Reader) -> Target:
        """Return the next write of the dry run, over a snapshot of the store."""
        self.writes += 1
        point = next_point(reader.point(), _UNLOGGED)
        number = reader.revision + self.writes
        return _DryRunWriter(reader, self.connection, point._replace(revision=number))


class _DryRunWriter:
    """A write that sees the store as the writes before it would have left it."""

    def __init__(self, reader: Reader, connection: sqlite3.Connection, point: Point) -> None:
        self._reader = reader
        self._connection = connection
        self.next_point = point

    def get(self, name: str) -> Row | None:
        pickled = self._select("SELECT row FROM put WHERE name = ?", name)
        # Bytes of our own making: nobody else can write to a private database.
        row: Row | None = pickle.loads(pickled) if pickled else self._reader.get(name)
        return row

    def holder(self, uid: str) -> str | None:
        name: str | None = self._select("SELECT name FROM put WHERE uid = ?", uid)
        return name or self._reader.holder(uid)

    def holders_below(self, uid: str, limit: int) -> list[str]:
        put = self._connection.execute(HOLDERS_BELOW, (uid, uid, limit)).fetchall()
        uids = {name: key for key, name in put}
        for name in self._reader.holders_below(uid, limit):
            if name not in uids and (row := self._reader.get(name)) is not None:
                uids[name] = row.uid
        return sorted(uids, key=uids.__getitem__)[:limit]

    def put(self, row: Row, *, new: bool) -> None:
        try:
            self._connection.execute(PUT, (row.name, row.uid, pickle.dumps(row)))
        except sqlite3.IntegrityError as error:
            raise UidTakenError(row.uid) from error

    def _select(self, statement: str, key: str) -> Any:
        columns = self._connection.execute(statement, (key,)).fetchone()
        return columns[0] if columns else None

"""Reading the log of a SQLite store: forward, back, and at a revision or a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from summitry_server.store.contract import LogEntry, Logged, Point, Request, Version
from summitry_server.store.sqlite import log_sql
from summitry_server.store.sqlite.connections import store_error

# Above any revision; what SQLite takes for an integer ends here.
_AFTER_ALL = 2**63 - 1


class SqliteLog:
    """One snapshot of the log, read through SQL."""

    def __init__(self, connection: sqlite3.Connection, point: Point) -> None:
        self._connection = connection
        self._point = point

    @property
    def revision(self) -> int:
        """Return the revision of this snapshot."""
        return self._point.revision

    def point(self, revision: int | None = None) -> Point:
        """Return the point of a revision, by default of this snapshot."""
        if revision is None or revision == self._point.revision:
            return self._point
        rows = self._rows(log_sql.CHAIN, (revision,))
        return Point(revision, rows[0][0] if rows else "")

    def versions(self, name: str) -> list[Version]:
        """Return all versions of a record that the log has, oldest first."""
        return list(map(_version, self._rows(log_sql.VERSIONS, (name,))))

    def versions_page(self, name: str, before: int | None, limit: int) -> list[Version]:
        """Return versions of a record, newest first, from an index in that order."""
        end = _AFTER_ALL if before is None else before
        values = {"name": name, "before": end, "limit": limit}
        return list(map(_version, self._rows(log_sql.VERSIONS_PAGE, values)))

    def version_at(self, name: str, revision: int) -> Version | None:
        """Return the newest version of a record that is not newer than a revision."""
        rows = self._rows(log_sql.VERSION_AT, {"name": name, "revision": revision})
        return _version(rows[0]) if rows else None

    def snapshot_at(
        self, kind: int | None, calendar: str | None, revision: int, after: str, limit: int
    ) -> list[Version]:
        """Return the version of each record at a revision in the order of names: a step each."""
        statement = log_sql.snapshot_at(of_kind=kind is not None, of_calendar=calendar is not None)
        values: dict[str, object] = {"revision": revision, "after": after, "limit": limit}
        if kind is not None:
            values["kind"] = kind
        if calendar is not None:
            values["calendar"] = calendar
        return list(map(_version, self._rows(statement, values)))

    def changes(self, after: int, limit: int, calendar: str | None = None) -> list[Logged]:
        """Return changes of revisions after `after`, oldest first: a range of an index."""
        values: dict[str, object] = {"after": after, "revision": self.revision, "limit": limit}
        if calendar is not None:
            values["calendar"] = calendar
        rows = self._rows(log_sql.changes(of_calendar=calendar is not None), values)
        following = [row[0] for row in rows[1:]]
        return list(map(_logged, rows, [*following, None]))

    def earliest(self) -> int:
        """Return the oldest revision of which the log still has all changes."""
        return int(self._rows(log_sql.EARLIEST, ())[0][0])

    def revision_at(self, time: int) -> int:
        """Return the last revision written at this time or before: times rise with revisions."""
        rows = self._rows(log_sql.REVISION_AT, (time, self.revision))
        return int(rows[0][0]) if rows else 0

    def request(self, request_id: str) -> Request | None:
        """Return the stored answer to a request; None if there is none."""
        rows = self._rows(log_sql.REQUEST, (request_id,))
        return Request(*rows[0]) if rows else None

    def _rows(
        self, statement: str, values: tuple[object, ...] | Mapping[str, object]
    ) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise store_error(error) from error


def _version(row: tuple[Any, ...]) -> Version:
    revision, position, name, *entry, deleted, frame, kind, calendar = row
    return Version(revision, position, name, LogEntry(*entry), deleted == 1, frame, kind, calendar)


def _logged(row: tuple[Any, ...], following: int | None) -> Logged:
    """Return a change, given the revision of the change that follows it."""
    revision, position, name, *entry, deleted, frame, kind, calendar, before, before_deleted = row
    return Logged(
        revision,
        position,
        revision != following,
        name,
        kind,
        calendar,
        LogEntry(*entry),
        deleted == 1,
        frame,
        before or b"",
        before_deleted == 1,
    )

"""Reading the log of a SQLite store: forward, back, and at a revision or a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

from summitry_server.store.contract import LogEntry, Logged, Point, Request, Version
from summitry_server.store.index import calendar_term
from summitry_server.store.sqlite import log_sql
from summitry_server.store.sqlite.columns import POSITIONS
from summitry_server.store.sqlite.connections import store_error

# Above any version; what SQLite takes for an integer ends here.
_AFTER_ALL = 2**63 - 1


def first_of(revision: int) -> int:
    """Return the number of the first version of a revision; the largest one for those too far."""
    return min(revision * POSITIONS, _AFTER_ALL)


class NameRange(NamedTuple):
    """A range of names, both ends exclusive."""

    after: str
    end: str


def names_in(calendar: str, after: str) -> NameRange:
    """Return the range of the names in a calendar after `after`, without the calendar itself.

    They begin with its name and a slash; the character after the slash ends them.
    """
    return NameRange(max(after, f"{calendar}/"), f"{calendar}0")


class Statements:
    """Runs statements on a connection that sees one snapshot."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def _rows(
        self, statement: str, values: tuple[object, ...] | Mapping[str, object]
    ) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise store_error(error) from error


class SqliteLog(Statements):
    """One snapshot of the log, read through SQL."""

    def __init__(self, connection: sqlite3.Connection, point: Point) -> None:
        Statements.__init__(self, connection)
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
        end = _AFTER_ALL if before is None else first_of(before)
        values = {"name": name, "before": end, "limit": limit}
        return list(map(_version, self._rows(log_sql.VERSIONS_PAGE, values)))

    def version_at(self, name: str, revision: int) -> Version | None:
        """Return the newest version of a record that is not newer than a revision."""
        rows = self._rows(log_sql.VERSION_AT, {"name": name, "bound": first_of(revision + 1)})
        return _version(rows[0]) if rows else None

    def snapshot_at(
        self, kind: int | None, calendar: str | None, revision: int, after: str, limit: int
    ) -> list[Version]:
        """Return the version of each record at a revision in the order of names: a step each."""
        statement = log_sql.snapshot_at(of_kind=kind is not None, of_calendar=calendar is not None)
        values: dict[str, object] = {"bound": first_of(revision + 1), "limit": limit}
        itself = None
        if calendar is not None:
            itself = self.version_at(calendar, revision) if after < calendar else None
            after, values["end"] = names_in(calendar, after)
        values |= {"after": after, "kind": kind}
        versions = list(map(_version, self._rows(statement, values)))
        if itself is not None and kind in (None, itself.kind):
            versions.insert(0, itself)
        return versions[:limit]

    def changes(self, after: int, limit: int, calendar: str | None = None) -> list[Logged]:
        """Return changes of revisions after `after`, oldest first: a range of an index."""
        values: dict[str, object] = {
            "after": first_of(after + 1) - 1,
            "end": first_of(self.revision + 1),
            "limit": limit,
            "calendar": calendar_term(calendar or ""),
        }
        rows = self._rows(log_sql.changes(of_calendar=calendar is not None), values)
        following = [row[0] // POSITIONS for row in rows[1:]]
        return list(map(_logged, rows, [*following, None]))

    def earliest(self) -> int:
        """Return the oldest revision of which the log still has all changes."""
        return int(self._rows(log_sql.EARLIEST, ())[0][0])

    def revision_at(self, time: int) -> int:
        """Return the last revision written at this time or before, by bisection.

        Times rise with revisions. Of those in the middle, the newest that the log has is asked.
        """
        low, high = 0, self.revision
        while low < high:
            middle = (low + high + 1) // 2
            revision, logged = self._newest(middle)
            if logged is None or logged <= time:
                low = middle
            else:
                high = revision - 1
        return self._newest(low)[0]

    def _newest(self, revision: int) -> tuple[int, int | None]:
        """Return the newest revision up to this one that the log has, and its time."""
        rows = self._rows(log_sql.NEWEST_BELOW, (first_of(revision + 1),))
        return (rows[0][0] // POSITIONS, rows[0][1]) if rows else (0, None)

    def request(self, request_id: str) -> Request | None:
        """Return the stored answer to a request; None if there is none."""
        rows = self._rows(log_sql.REQUEST, (request_id,))
        return Request(*rows[0]) if rows else None


def _version(row: tuple[Any, ...]) -> Version:
    version, name, *entry, deleted, frame, kind, calendar = row
    revision, position = divmod(version, POSITIONS)
    return Version(revision, position, name, LogEntry(*entry), deleted == 1, frame, kind, calendar)


def _logged(row: tuple[Any, ...], following: int | None) -> Logged:
    """Return a change, given the revision of the change that follows it."""
    version, name, *entry, deleted, frame, kind, calendar, before, before_deleted = row
    revision, position = divmod(version, POSITIONS)
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

"""One snapshot of a SQLite store: its records, its log, and what else it holds."""

from __future__ import annotations

import sqlite3

from summitry_server.store.contract import (
    EARLIEST,
    CalendarHead,
    LocalTimeEntry,
    Point,
    Row,
    StoredLocalTime,
    Token,
)
from summitry_server.store.index import DELETED, calendar_term
from summitry_server.store.sqlite import sql
from summitry_server.store.sqlite.columns import to_row
from summitry_server.store.sqlite.frame_cache import FrameCache
from summitry_server.store.sqlite.log import SqliteLog, names_in
from summitry_server.store.sqlite.search import SqliteRecords

_FIRST = (EARLIEST, "", "")
_ORDER = ("until", "name", "field")


class SqliteReader(SqliteRecords, SqliteLog):
    """One snapshot, read through SQL."""

    def __init__(
        self, connection: sqlite3.Connection, point: Point, frames: FrameCache | None = None
    ) -> None:
        SqliteLog.__init__(self, connection, point)
        SqliteRecords.__init__(self, connection, point.revision, past=False, frames=frames)

    def at(self, revision: int) -> SqliteRecords:
        """Return the records as they were at a revision."""
        return SqliteRecords(self._connection, revision, past=True, frames=self._cache)

    def holder(self, uid: str) -> str | None:
        """Return the name of the row that has this uid."""
        rows = self._rows(sql.HOLDER, (uid,))
        return rows[0][0] if rows else None

    def holders_below(self, uid: str, limit: int) -> list[str]:
        """Return the names of rows whose uid begins with this uid and "/", in the order of uids."""
        return [name for (name,) in self._rows(sql.HOLDERS_BELOW, (uid, uid, limit))]

    def contents(self, calendar: str) -> list[Row]:
        """Return all live rows of a calendar but itself, in the order of names."""
        return list(map(to_row, self._rows(sql.CONTENTS, names_in(calendar, ""))))

    def deleted(self, before: int, limit: int) -> list[str]:
        """Return the names of records deleted before that time and not purged, from an index."""
        return [name for (name,) in self._rows(sql.DELETED, (DELETED, before, limit))]

    def state(self, calendar: str) -> CalendarHead | None:
        """Return the state of a calendar, from the end of an index."""
        values = {"name": calendar, "term": calendar_term(calendar)}
        rows = self._rows(sql.STATE, values)
        return CalendarHead(*rows[0]) if rows else None

    def token(self, digest: bytes) -> Token | None:
        """Return the token of that digest; None if there is none."""
        rows = self._rows(sql.TOKEN, (digest,))
        return Token(*rows[0]) if rows else None

    def tokens(self, owner: str) -> list[Token]:
        """Return all tokens of a row, from an index in their order."""
        return [Token(*row) for row in self._rows(sql.TOKENS, (owner,))]

    def setting(self, name: str) -> str:
        """Return the value of a setting; empty if there is none."""
        rows = self._rows(sql.SETTING, (name,))
        return str(rows[0][0]) if rows else ""

    def zone_fingerprints(self) -> list[tuple[str, str]]:
        """Return the rules that resolve live rows, in a step for each."""
        return self._rows(sql.RULES, ())

    def local_times(
        self,
        zone: str,
        after_until: int,
        cursor: tuple[int, str, str] | None,
        limit: int,
        *,
        calendar: str | None = None,
        except_fingerprint: str | None = None,
    ) -> list[StoredLocalTime]:
        """Return local times of live rows: a range of each of the zone's rules, merged."""
        # No name is empty, so this key comes after all that are over, and before all others.
        after: dict[str, int | str] = dict(
            zip(_ORDER, max(cursor or _FIRST, (after_until + 1, "", "")), strict=True)
        )
        values = after | {"limit": limit}
        if calendar is not None:
            values["calendar"] = calendar
        statement = sql.local_times(of_calendar=calendar is not None)
        readings = sorted(
            (*row, fingerprint)
            for rule, fingerprint in self._rows(sql.RULES_OF_ZONE, (zone,))
            if fingerprint != except_fingerprint
            for row in self._rows(statement, values | {"rule": rule})
        )
        return [
            StoredLocalTime(
                name, LocalTimeEntry(zone, field, wall, choice, instant, fingerprint, until)
            )
            for until, name, field, wall, choice, instant, fingerprint in readings[:limit]
        ]

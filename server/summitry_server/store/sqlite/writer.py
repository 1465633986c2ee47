"""A write under way on a SQLite store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from summitry_server.store.contract import (
    ConvertedRecord,
    LogEntry,
    Point,
    Request,
    Row,
    Token,
)
from summitry_server.store.errors import NameTakenError, StoreUnavailableError, UidTakenError
from summitry_server.store.matching import check_place, check_row, check_tombstone
from summitry_server.store.overlay import GroupOverlay, Put, WriteOverlay
from summitry_server.store.points import next_point
from summitry_server.store.sqlite import log_sql, sql
from summitry_server.store.sqlite.columns import POSITIONS, to_content, to_row, version_number
from summitry_server.store.sqlite.connections import translated
from summitry_server.store.sqlite.entries import (
    NONE,
    Move,
    drop_entries,
    drop_former_entries,
    entries_of,
    move_entries,
)
from summitry_server.store.sqlite.log import first_of
from summitry_server.store.sqlite.search import SqliteRecords
from summitry_server.store.sqlite.snapshot import SqliteReader
from summitry_server.store.sqlite.tables import SqliteTables, move_readings, store_versions

# Of how many revisions the log is compacted in one write, so that other writes wait for little.
STEP = 1000


class SqliteWriter(SqliteReader):
    """A write under way; what it puts is seen by this connection alone.

    Versions and answers wait in an overlay for those of the other writes of the group. A write that
    does or asks for anything else goes to the tables: from then on all that it puts is there, below
    a savepoint, so that it can be undone by itself.
    """

    def __init__(
        self, group: GroupOverlay, tables: SqliteTables, last: Point, entry: LogEntry
    ) -> None:
        super().__init__(tables.connection, last)
        self.next_point = next_point(last, entry)
        self.has_converted = False  # whether frames were written anew
        self._entry = entry
        self._position = 0
        self._group = group
        self._overlay = WriteOverlay(group)
        self._tables = tables
        self._in_tables = False

    @property
    def next_revision(self) -> int:
        """Return the revision that this write gets if it puts anything."""
        return self.next_point.revision

    @property
    def has_put(self) -> bool:
        """Return whether this write needs a revision."""
        return self._position > 0

    def get(self, name: str) -> Row | None:
        """Return the row of that name, deleted or not."""
        return super().get(name) if self._in_tables else self._overlay.get(name)

    def get_many(self, names: Sequence[str]) -> list[Row | None]:
        """Return the rows of those names, in their order."""
        if self._in_tables:
            return super().get_many(names)
        self._group.prefetch(names, (), ())
        return list(map(self._overlay.get, names))

    def holder(self, uid: str) -> str | None:
        """Return the name of the row that has this uid."""
        return super().holder(uid) if self._in_tables else self._overlay.holder(uid)

    def request(self, request_id: str) -> Request | None:
        """Return the stored answer to a request; None if there is none."""
        if self._in_tables:
            return super().request(request_id)
        return self._overlay.request(request_id)

    def at(self, revision: int) -> SqliteRecords:
        """Return the records as they were at a revision."""
        self.go_to_tables()
        return super().at(revision)

    def put(self, row: Row, *, new: bool) -> None:
        """Store a version: in the latest rows, in the spans and in the log."""
        if not self._in_tables:
            self._check_transaction()
            revision = self.next_revision
            if self._overlay.put(row, self._position, self._entry, revision, new=new):
                self._position += 1
                return
            self.go_to_tables()
        check_row(row, self.next_revision)
        with self._changing():
            self._put(row, new)
        self._position += 1

    def remember(self, request_id: str, digest: bytes, response: bytes) -> None:
        """Store the answer to a request."""
        request = Request(digest, response, self._entry.time)
        if self._in_tables:
            self._check_transaction()
            self._tables.store([], {request_id: request})
        else:
            self._overlay.versions.requests[request_id] = request

    def keep(self) -> None:
        """Hand what this write has put to its group."""
        if self._in_tables:
            self._connection.execute("RELEASE write")
            self._group.forget_all()
        else:
            self._overlay.keep()

    def drop(self) -> None:
        """Undo all that this write has put."""
        if self._in_tables:
            self._connection.execute("ROLLBACK TO write")
            self._connection.execute("RELEASE write")
            self._group.forget_all()

    def go_to_tables(self) -> None:
        """Bring what was put so far into the tables, where any statement finds it."""
        if self._in_tables:
            return
        self._check_transaction()
        self._group.flush()
        self._connection.execute("SAVEPOINT write")
        self._in_tables = True
        versions = self._overlay.versions
        self._tables.store(list(versions.puts.values()), versions.requests)

    def _rows(
        self, statement: str, values: tuple[object, ...] | Mapping[str, object]
    ) -> list[tuple[Any, ...]]:
        self.go_to_tables()
        return super()._rows(statement, values)

    def purge(self, row: Row) -> int:
        """Store a tombstone in place of all versions of its record."""
        check_row(row, self.next_revision)
        check_tombstone(row)
        with self._changing():
            record = self._put(row, new=False, purged=True)
            self._connection.execute(sql.DROP_TOKENS, (row.name,))
            key = (record, version_number(row.revision, self._position))
            dropped = self._connection.execute(log_sql.PURGE, key).rowcount
        self._position += 1
        return dropped

    def settle(self, zone: str, fingerprint: str) -> int:
        """Mark all readings of a zone as resolved by these rules: few rows change."""
        with self._changing():
            self._connection.execute(sql.SETTLE, (fingerprint, zone))
            (settled,) = self._connection.execute(sql.SETTLED, (zone,)).fetchone()
        return int(settled)

    def put_token(self, token: Token) -> None:
        """Store a token, new or changed."""
        with self._changing():
            self._connection.execute(sql.PUT_TOKEN, token)

    def use_tokens(self, uses: Mapping[str, int]) -> None:
        """Store when tokens were last used."""
        with self._changing():
            values = [{"id": key, "time": time} for key, time in uses.items()]
            self._connection.executemany(sql.USE_TOKEN, values)

    def put_setting(self, name: str, value: str) -> None:
        """Store a setting."""
        with self._changing():
            self._connection.execute(sql.PUT_SETTING, (name, value))

    def convert(self, records: Iterable[ConvertedRecord]) -> None:
        """Store records in a newer format; the log refuses changes again afterwards."""
        self.has_converted = True
        with self._changing():
            self._connection.execute(log_sql.DROP_GUARD)
            for record in records:
                self._convert(record)
            self._connection.execute(log_sql.ADD_GUARD)

    def expire_requests(self, before: int) -> int:
        """Drop requests remembered before that time; return how many."""
        with self._changing():
            return self._connection.execute(log_sql.FORGET, (before,)).rowcount

    def touch(self) -> None:
        """Write a present value again, to check that the store can be written."""
        with self._changing():
            self._connection.execute(log_sql.TOUCH)

    def compact(self, before: int) -> int | None:
        """Drop some more versions superseded before `before`; None when none is left."""
        earliest = self.earliest()
        until = min(before, self.next_revision, earliest + STEP)
        if until <= earliest:
            return None
        with self._changing():
            # First, for by this the file knows what may go.
            self._connection.execute(log_sql.SET_EARLIEST, (until,))
            bounds = (first_of(earliest), first_of(until))
            dropped = self._connection.execute(log_sql.COMPACT, bounds).rowcount
            drop_former_entries(self._connection, until)
            return dropped

    @contextmanager
    def _changing(self) -> Iterator[None]:
        self._check_transaction()
        self.go_to_tables()
        with translated():
            yield

    def _check_transaction(self) -> None:
        if not self._connection.in_transaction:
            # Else the driver would commit this change by itself, outside of any write.
            raise StoreUnavailableError("this write has failed already: begin another")

    def _put(self, row: Row, new: bool, purged: bool = False) -> int:
        """Store a version, and return the number of its record."""
        stored = self._tables.find_rows([row.name]).get(row.name)
        if new and stored:
            raise NameTakenError(row.name)
        if self.holder(row.uid) not in (None, row.name):
            raise UidTakenError(row.uid)
        if stored:
            check_place(row, stored.row.kind, stored.row.calendar)
            if purged:
                self._drop_all_entries(stored.record)
                stored = stored._replace(row=row)  # a tombstone, which has no entries
        put = Put(row, self._position, self._entry, stored, is_purge=purged)
        (record,) = store_versions(self._connection, [put])
        return record

    def _versions(self, record: int) -> list[tuple[int, Row]]:
        """Return all versions of a record by number, as rows, oldest first."""
        rows = self._connection.execute(log_sql.ROWS, (record,)).fetchall()
        return [(row[4], to_row(row)) for row in rows]

    def _drop_all_entries(self, record: int) -> None:
        entries = [entries_of(row) for _, row in self._versions(record)]
        drop_entries(self._connection, record, entries)

    def _convert(self, converted: ConvertedRecord) -> None:
        """Store versions of a record in another form, and index all of them anew."""
        row, newer = converted
        stored = self._tables.find_rows([row.name]).get(row.name)
        if not stored:
            raise ValueError(f"no record has the name {row.name}")
        record, former = stored
        check_place(row, former.kind, former.calendar)
        versions = self._versions(record)
        by_number = {version_number(*place): version for place, version in newer.items()}
        by_number[versions[-1][0]] = row
        if not by_number.keys() <= {number for number, _ in versions}:
            raise ValueError(f"{row.name} has no such version")
        self._drop_all_entries(record)
        values = [(*to_content(new), number, record) for number, new in by_number.items()]
        self._connection.executemany(log_sql.CONVERT, values)
        before = NONE
        for number, version in self._versions(record):
            after = entries_of(version)
            revision = number // POSITIONS
            move_entries(self._connection, [Move(record, revision, before, after)])
            before = after
        move_readings(self._connection, [(record, row)], [record])

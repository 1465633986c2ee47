"""A write under way on a SQLite store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from summitry_server.store.contract import (
    ConvertedRecord,
    LocalTimeEntry,
    LogEntry,
    Point,
    Row,
    Token,
)
from summitry_server.store.errors import NameTakenError, StoreUnavailableError, UidTakenError
from summitry_server.store.index import calendar_term
from summitry_server.store.matching import check_place, check_row, check_tombstone
from summitry_server.store.points import next_point
from summitry_server.store.sqlite import log_sql, sql
from summitry_server.store.sqlite.columns import (
    POSITIONS,
    to_content,
    to_reading,
    to_row,
    version_number,
)
from summitry_server.store.sqlite.connections import translated
from summitry_server.store.sqlite.entries import (
    NONE,
    drop_entries,
    drop_former_entries,
    entries_of,
    move_entries,
    term_ids,
)
from summitry_server.store.sqlite.log import first_of
from summitry_server.store.sqlite.snapshot import SqliteReader

# Of how many revisions the log is compacted in one write, so that other writes wait for little.
STEP = 1000


class SqliteWriter(SqliteReader):
    """A write under way; what it puts is seen by this connection alone."""

    def __init__(self, connection: sqlite3.Connection, last: Point, entry: LogEntry) -> None:
        super().__init__(connection, last)
        self.next_point = next_point(last, entry)
        self.has_converted = False  # whether frames were written anew
        self._entry = entry
        self._position = 0

    @property
    def next_revision(self) -> int:
        """Return the revision that this write gets if it puts anything."""
        return self.next_point.revision

    @property
    def has_put(self) -> bool:
        """Return whether this write needs a revision."""
        return self._position > 0

    def put(self, row: Row, *, new: bool) -> None:
        """Store a version: in the latest rows, in the spans and in the log."""
        check_row(row, self.next_revision)
        with self._changing():
            self._put(row, new)
        self._position += 1

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

    def remember(self, request_id: str, digest: bytes, response: bytes) -> None:
        """Store the answer to a request."""
        with self._changing():
            values = (request_id, digest, response, self._entry.time)
            self._connection.execute(log_sql.REMEMBER, values)

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
        if not self._connection.in_transaction:
            # Else the driver would commit this change by itself, outside of any write.
            raise StoreUnavailableError("this write has failed already: begin another")
        with translated():
            yield

    def _put(self, row: Row, new: bool, purged: bool = False) -> int:
        """Store a version, and return the number of its record."""
        stored = self._connection.execute(sql.STORED, (row.name,)).fetchone()
        if new and stored:
            raise NameTakenError(row.name)
        if self.holder(row.uid) not in (None, row.name):
            raise UidTakenError(row.uid)
        version = version_number(row.revision, self._position)
        if stored:
            record, former = int(stored[0]), to_row(stored[1:])
            check_place(row, former.kind, former.calendar)
            self._connection.execute(sql.UPDATE, (row.uid, version, record))
        else:
            record, former = self._insert(row, version), None
        if purged:
            self._drop_all_entries(record)
        else:
            before = entries_of(former) if former else NONE
            move_entries(self._connection, record, row.revision, before, entries_of(row))
        self._move_readings(record, row)
        self._append(record, version, row, purged)
        return record

    def _insert(self, row: Row, version: int) -> int:
        values = (row.name, row.kind, row.calendar, row.uid, version)
        record = self._connection.execute(sql.INSERT, values).lastrowid
        assert record is not None
        return record

    def _append(self, record: int, version: int, row: Row, purged: bool) -> None:
        calendar = calendar_term(row.calendar)
        number = term_ids(self._connection, {calendar})[calendar]
        values = (version, record, number, *self._entry, row.deleted, purged, *to_content(row))
        self._connection.execute(log_sql.APPEND, values)

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
        stored = self._connection.execute(sql.STORED, (row.name,)).fetchone()
        if not stored:
            raise ValueError(f"no record has the name {row.name}")
        record, former = stored[0], to_row(stored[1:])
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
            move_entries(self._connection, record, revision, before, after)
            before = after
        self._move_readings(record, row)

    def _move_readings(self, record: int, row: Row) -> None:
        before = set(self._connection.execute(sql.READINGS_OF_RECORD, (record,)))
        after = {
            to_reading(record, row, reading, self._rule(reading)) for reading in row.local_times
        }
        self._connection.executemany(sql.DROP_READING, (key[:5] for key in before - after))
        self._connection.executemany(sql.ADD_READING, after - before)

    def _rule(self, reading: LocalTimeEntry) -> int:
        """Return the number of the rules that resolved a local time; add them if they are new."""
        rule = (reading.zone, reading.fingerprint)
        (number,) = self._connection.execute(sql.RULE, rule).fetchone()
        if number is None:
            number = self._connection.execute(sql.ADD_RULE, rule).lastrowid
        return int(number)

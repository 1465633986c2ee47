"""Reading and writing rows over a SQLite connection that is in a transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any, NamedTuple

from summitry_server.store.contract import (
    EARLIEST,
    LAST_NAME,
    CalendarHead,
    Condition,
    ConvertedRecord,
    LocalTimeEntry,
    LogEntry,
    Point,
    Row,
    StoredLocalTime,
    Token,
    Window,
    WindowMatch,
)
from summitry_server.store.errors import NameTakenError, StoreUnavailableError, UidTakenError
from summitry_server.store.matching import check_place, check_row, check_tombstone
from summitry_server.store.points import next_point
from summitry_server.store.sqlite import log_sql, sql
from summitry_server.store.sqlite.columns import (
    ALL,
    to_columns,
    to_index,
    to_reading,
    to_row,
    to_spans,
)
from summitry_server.store.sqlite.connections import translated
from summitry_server.store.sqlite.log import SqliteLog

_START = (EARLIEST, "")
_FIRST = (EARLIEST, "", "")
_ORDER = ("until", "name", "field")

# Of how many revisions the log is compacted in one write, so that other writes wait for little.
STEP = 1000


_Key = tuple[int, str]  # the start and the name of a row in a window


class _Part(NamedTuple):
    """A part of a window: between which keys its rows lie, both exclusive, and how to read it."""

    low: _Key
    high: _Key
    select: Callable[..., str]
    select_count: Callable[..., str]
    is_by_level: bool  # its rows come level by level, else in order

    def after(self, key: _Key | None, descending: bool) -> tuple[_Key, _Key]:
        """Return the keys between which the rows after a key lie."""
        if key is None:
            return self.low, self.high
        return (self.low, min(self.high, key)) if descending else (max(self.low, key), self.high)


def _parts(window: Window) -> tuple[_Part, ...]:
    """Return the parts of a window in the order of time: in progress at its start, begun later."""
    if window.start >= window.end:
        return ()
    start, end = (window.start, ""), (window.end, "")
    return (
        _Part(_START, start, sql.begun, sql.count_begun, is_by_level=True),
        _Part(start, end, sql.beginning, sql.count_beginning, is_by_level=False),
    )


def _bounds(
    window: Window, calendar: str | None, low: _Key, high: _Key, limit: int
) -> dict[str, int | str]:
    return {
        "scope": ALL if calendar is None else calendar,
        "axis": window.axis.value,
        "start": window.start,
        "end": window.end,
        "low_start": low[0],
        "low_name": low[1],
        "high_start": high[0],
        "high_name": high[1],
        "limit": limit,
    }


def _values_of_kind(
    kind: int, calendar: str | None, limit: int, condition: Condition
) -> dict[str, int | str]:
    values = sql.values_of(condition) | {"kind": kind, "limit": limit}
    return values if calendar is None else values | {"calendar": calendar}


class SqliteReader(SqliteLog):
    """One snapshot, read through SQL."""

    def get(self, name: str) -> Row | None:
        """Return the row of that name, deleted or not."""
        rows = self._rows(sql.GET, (name,))
        return to_row(rows[0]) if rows else None

    def get_many(self, names: Sequence[str]) -> list[Row | None]:
        """Return the rows of those names, in their order."""
        rows = map(to_row, self._rows(sql.GET_MANY, (json.dumps(names),)))
        return list(map({row.name: row for row in rows}.get, names))

    def holder(self, uid: str) -> str | None:
        """Return the name of the row that has this uid."""
        rows = self._rows(sql.HOLDER, (uid,))
        return rows[0][0] if rows else None

    def page(
        self,
        kind: int,
        calendar: str | None,
        after: str,
        limit: int,
        condition: Condition,
        *,
        show_deleted: bool = False,
        descending: bool = False,
    ) -> list[Row]:
        """Return rows of a kind in the order of names, from an index in that order."""
        statement = sql.page(
            sql.shape_of(condition),
            of_calendar=calendar is not None,
            show_deleted=show_deleted,
            descending=descending,
        )
        values = _values_of_kind(kind, calendar, limit, condition)
        values["after"] = after or (LAST_NAME if descending else "")
        return list(map(to_row, self._rows(statement, values)))

    def count(
        self,
        kind: int,
        calendar: str | None,
        limit: int,
        condition: Condition,
        *,
        show_deleted: bool = False,
    ) -> int:
        """Return how many rows of a kind there are, by the index that `page` reads."""
        statement = sql.count(
            sql.shape_of(condition), of_calendar=calendar is not None, show_deleted=show_deleted
        )
        values = _values_of_kind(kind, calendar, limit, condition)
        return int(self._rows(statement, values)[0][0])

    def within(
        self,
        window: Window,
        calendar: str | None,
        after: tuple[int, str] | None,
        limit: int,
        condition: Condition,
        *,
        descending: bool = False,
    ) -> list[WindowMatch]:
        """Return live rows in a window: those in progress at its start, and those that begin in it.

        The second begin after the first, so the parts are read one after the other.
        """
        shape, values = sql.shape_of(condition), sql.values_of(condition)
        rows: list[tuple[Any, ...]] = []
        for part in _parts(window)[:: -1 if descending else 1]:
            low, high = part.after(after, descending)
            if low < high and len(rows) < limit:
                statement = part.select(shape, possible=window.possible, descending=descending)
                values |= _bounds(window, calendar, low, high, limit - len(rows))
                part_rows = self._rows(statement, values)
                if part.is_by_level:
                    part_rows.sort(reverse=descending)
                rows += part_rows
        return [
            WindowMatch(start, name, kind, end, certain == 1, frame)
            for start, name, kind, end, certain, frame in rows
        ]

    def count_within(
        self, window: Window, calendar: str | None, limit: int, condition: Condition
    ) -> int:
        """Return how many live rows are in a window."""
        shape, values = sql.shape_of(condition), sql.values_of(condition)
        counted = 0
        for part in _parts(window):
            statement = part.select_count(shape, possible=window.possible)
            values |= _bounds(window, calendar, part.low, part.high, limit - counted)
            counted += self._rows(statement, values)[0][0]
        return counted

    def contents(self, calendar: str) -> list[Row]:
        """Return all live rows of a calendar but itself, in the order of names."""
        rows = map(to_row, self._rows(sql.CONTENTS, (calendar,)))
        return sorted(rows, key=attrgetter("name"))

    def deleted(self, before: int, limit: int) -> list[str]:
        """Return the names of records deleted before that time and not purged, from an index."""
        return [name for (name,) in self._rows(sql.DELETED, (before, limit))]

    def state(self, calendar: str) -> CalendarHead | None:
        """Return the state of a calendar, from the end of an index."""
        rows = self._rows(sql.STATE, (calendar,))
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


class SqliteWriter(SqliteReader):
    """A write under way; what it puts is seen by this connection alone."""

    def __init__(self, connection: sqlite3.Connection, last: Point, entry: LogEntry) -> None:
        super().__init__(connection, last)
        self.next_point = next_point(last, entry)
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
            self._put(row, new=False, purged=True)
            self._connection.execute(sql.DROP_TOKENS, (row.name,))
            key = (row.name, row.revision, self._position)
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
            return self._connection.execute(log_sql.COMPACT, (earliest, until)).rowcount

    @contextmanager
    def _changing(self) -> Iterator[None]:
        if not self._connection.in_transaction:
            # Else the driver would commit this change by itself, outside of any write.
            raise StoreUnavailableError("this write has failed already: begin another")
        with translated():
            yield

    def _put(self, row: Row, new: bool, purged: bool = False) -> None:
        stored = self._connection.execute(sql.STORED, (row.name,)).fetchone()
        if new and stored:
            raise NameTakenError(row.name)
        if self.holder(row.uid) not in (None, row.name):
            raise UidTakenError(row.uid)
        if stored:
            check_place(row, stored[1], stored[2])
        record = self._replace(stored[0], row) if stored else self._insert(row)
        self._move_spans(record, stored, row)
        self._move_readings(record, row)
        key = (row.revision, self._position, record, row.calendar)
        values = (*key, *self._entry, row.deleted, row.frame, purged)
        self._connection.execute(log_sql.APPEND, values)

    def _convert(self, converted: ConvertedRecord) -> None:
        row, frames = converted
        stored = self._connection.execute(sql.STORED, (row.name,)).fetchone()
        if not stored:
            raise ValueError(f"no record has the name {row.name}")
        check_place(row, stored[1], stored[2])
        record = self._replace(stored[0], row)
        self._move_spans(record, stored, row)
        self._move_readings(record, row)
        values = [(frame, record, *version) for version, frame in frames.items()]
        converted_count = self._connection.executemany(log_sql.CONVERT, values).rowcount
        if values and converted_count != len(values):
            raise ValueError(f"{row.name} has no such version")

    def _insert(self, row: Row) -> int:
        record = self._connection.execute(sql.INSERT, to_columns(row)).lastrowid
        assert record is not None
        return record

    def _replace(self, record: int, row: Row) -> int:
        self._connection.execute(sql.UPDATE, (*to_columns(row), record))
        return record

    def _move_spans(self, record: int, stored: tuple[Any, ...] | None, row: Row) -> None:
        before, after = set(), set()
        if stored and not stored[3]:
            before = to_index(record, row.name, stored[1], stored[2], to_spans(stored[4]))
        if not row.deleted:
            after = to_index(record, row.name, row.kind, row.calendar, row.spans)
        self._connection.executemany(sql.DROP_SPAN, (key[:4] for key in before - after))
        self._connection.executemany(sql.ADD_SPAN, after - before)

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

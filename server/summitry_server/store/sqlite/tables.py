"""The tables of records, versions and requests, as the writes of a group use them: in sets."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

from summitry_server.store.contract import LocalTimeEntry, Request, Row
from summitry_server.store.index import calendar_term
from summitry_server.store.overlay import Put, StoredRow
from summitry_server.store.sqlite import log_sql, sql
from summitry_server.store.sqlite.columns import to_content, to_reading, to_row, version_number
from summitry_server.store.sqlite.connections import translated
from summitry_server.store.sqlite.entries import NONE, Move, entries_of, move_entries, term_ids


class SqliteTables:
    """The tables on the connection that writes, in a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def find_rows(self, names: Sequence[str]) -> Mapping[str, StoredRow]:
        """Return the rows of those names that exist, by name."""
        rows = self._select(sql.STORED, names)
        return {row[1]: StoredRow(row[0], to_row(row[1:])) for row in rows}

    def find_holders(self, uids: Sequence[str]) -> Mapping[str, str]:
        """Return the names of the rows that have those uids, by uid."""
        return dict(self._select(sql.HOLDERS, uids))

    def find_requests(self, request_ids: Sequence[str]) -> Mapping[str, Request]:
        """Return the stored answers to requests, by the id of the request."""
        rows = self._select(log_sql.REQUESTS, request_ids)
        return {request_id: Request(*answer) for request_id, *answer in rows}

    def store(self, puts: Sequence[Put], requests: Mapping[str, Request]) -> None:
        """Store versions of as many records, and answers to requests."""
        with translated():
            if puts:
                store_versions(self.connection, puts)
            if requests:
                values = [(request_id, *request) for request_id, request in requests.items()]
                self.connection.executemany(log_sql.REMEMBER, values)

    def _select(self, statement: str, keys: Sequence[str]) -> list[tuple[Any, ...]]:
        with translated():
            return self.connection.execute(statement, (json.dumps(keys),)).fetchall()


def store_versions(connection: sqlite3.Connection, puts: Sequence[Put]) -> list[int]:
    """Store versions of as many records; return the numbers of the records."""
    records = _store_records(connection, puts)
    pairs = list(zip(records, puts, strict=True))
    move_entries(connection, [_move(record, put) for record, put in pairs])
    former = [record for record, put in pairs if put.former]
    move_readings(connection, [(record, put.row) for record, put in pairs], former)
    _append(connection, pairs)
    return records


def _store_records(connection: sqlite3.Connection, puts: Sequence[Put]) -> list[int]:
    """Store the keys of records, each with the number of its latest version."""
    last = connection.execute(sql.LAST_RECORD).fetchone()
    following = count(last[0] + 1 if last else 1)
    records = [put.former.record if put.former else next(following) for put in puts]
    new, changed = [], []
    for record, put in zip(records, puts, strict=True):
        row, version = put.row, version_number(put.row.revision, put.position)
        if put.former:
            changed.append((row.uid, version, record))
        else:
            new.append((record, row.name, row.kind, row.calendar, row.uid, version))
    connection.executemany(sql.INSERT, new)
    connection.executemany(sql.UPDATE, changed)
    return records


def _move(record: int, put: Put) -> Move:
    before = entries_of(put.former.row) if put.former else NONE
    return Move(record, put.row.revision, before, entries_of(put.row))


def _append(connection: sqlite3.Connection, pairs: Sequence[tuple[int, Put]]) -> None:
    """Add versions to the log."""
    calendars = {put.row.calendar: calendar_term(put.row.calendar) for _, put in pairs}
    ids = term_ids(connection, set(calendars.values()))
    connection.executemany(
        log_sql.APPEND,
        [
            (
                version_number(put.row.revision, put.position),
                record,
                ids[calendars[put.row.calendar]],
                *(*put.entry, put.row.deleted, put.is_purge),
                *to_content(put.row),
            )
            for record, put in pairs
        ],
    )


def move_readings(
    connection: sqlite3.Connection, rows: Sequence[tuple[int, Row]], former: Sequence[int]
) -> None:
    """Replace the readings of as many records by those of their rows; `former` may have some."""
    before = set[tuple[object, ...]]()
    if former:
        before.update(connection.execute(sql.READINGS_OF_RECORDS, (json.dumps(former),)))
    rules = _rule_numbers(
        connection, {rule_of(reading) for _, row in rows for reading in row.local_times}
    )
    after = {
        to_reading(record, row, reading, rules[rule_of(reading)])
        for record, row in rows
        for reading in row.local_times
    }
    connection.executemany(sql.DROP_READING, (key[:5] for key in before - after))
    connection.executemany(sql.ADD_READING, after - before)


def rule_of(reading: LocalTimeEntry) -> tuple[str, str]:
    """Return the rules that resolved a local time: zone and fingerprint."""
    return reading.zone, reading.fingerprint


def _rule_numbers(
    connection: sqlite3.Connection, rules: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """Return the numbers of rules; add those that are new."""
    numbers = {}
    for rule in sorted(rules):
        (number,) = connection.execute(sql.RULE, rule).fetchone()
        if number is None:
            number = connection.execute(sql.ADD_RULE, rule).lastrowid
        numbers[rule] = int(number)
    return numbers

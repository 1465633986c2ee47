"""Move the records of a store of schema 7 into the tables of schema 8, and index them.

In the transaction of the migration: a server that is killed meanwhile has changed nothing. Rows
go in batches, so that memory does not grow with the store; what does not fit into the cache of
pages is written to the log of SQLite, which is as large as the new tables in the end.

Earlier versions get nothing to be found by, since nothing of it is stored: who knows records
stores it afterwards (`Writer.convert`).
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator

from summitry_server.store.contract import UNINDEXED_HISTORY, Row
from summitry_server.store.index import calendar_term
from summitry_server.store.sqlite.columns import POSITIONS, ROW, to_row
from summitry_server.store.sqlite.entries import add_postings, add_spans, entries_of, term_ids

log = logging.getLogger(__name__)

BATCH = 500

_LAST = """
SELECT coalesce((SELECT max(id) FROM former_records), 0),
    coalesce((SELECT max(revision) FROM revisions), 0)"""
_CALENDARS = "SELECT DISTINCT calendar FROM former_records"
_COPY_RECORDS = f"""
INSERT INTO records (id, name, kind, calendar, uid, latest)
SELECT id, name, kind, calendar, uid, (
    SELECT newest.revision * {POSITIONS} + newest.position
    FROM revisions AS newest INDEXED BY revisions_by_record
    WHERE newest.record = former_records.id
    ORDER BY newest.revision DESC, newest.position DESC LIMIT 1
)
FROM former_records WHERE id > :after AND id <= :last"""
# Versions that are not the latest take the time of their write for that of their change.
_COPY_VERSIONS = f"""
INSERT INTO versions
SELECT
    logged.revision * {POSITIONS} + logged.position, logged.record, terms.id, logged.actor,
    logged.reason, logged.request_id, logged.time, logged.source, logged.deleted, logged.purged,
    coalesce(former.modified, logged.time), coalesce(former.facets, ''),
    coalesce(former.text, ''), coalesce(former.spans, '[]'), logged.frame
FROM revisions AS logged
CROSS JOIN records ON records.id = logged.record
CROSS JOIN terms ON terms.term = 'c ' || logged.calendar
LEFT JOIN former_records AS former ON former.id = logged.record
    AND records.latest = logged.revision * {POSITIONS} + logged.position
WHERE logged.revision > :after AND logged.revision <= :last"""
_ROWS = f"""
SELECT records.id, {ROW}
FROM records CROSS JOIN versions AS version ON version.version = records.latest
WHERE records.id > :after AND records.id <= :last"""


_MARK_HISTORY = """
INSERT INTO settings (name, value)
SELECT ?, '1' WHERE (SELECT count(*) FROM versions) > (SELECT count(*) FROM records)"""


def fill(connection: sqlite3.Connection) -> None:
    """Fill the tables of schema 8, and log how far it has come."""
    last_record, last_revision = connection.execute(_LAST).fetchone()
    if not last_record:
        return
    calendars = {calendar_term(name) for (name,) in connection.execute(_CALENDARS)}
    term_ids(connection, calendars)
    for batch in _batches("records", last_record):
        connection.execute(_COPY_RECORDS, batch)
    for batch in _batches("versions", last_revision):
        connection.execute(_COPY_VERSIONS, batch)
    connection.execute(_MARK_HISTORY, (UNINDEXED_HISTORY,))
    for batch in _batches("index entries", last_record):
        rows = connection.execute(_ROWS, batch).fetchall()
        _index(connection, [(record, to_row(tuple(columns))) for record, *columns in rows])


def _index(connection: sqlite3.Connection, rows: list[tuple[int, Row]]) -> None:
    entries = [(record, row.revision, entries_of(row)) for record, row in rows]
    for record, revision, (places, _) in entries:
        add_spans(connection, ((record, revision, place) for place in places))
    add_postings(
        connection,
        ((record, posting) for record, _, (_, postings) in entries for posting in postings),
    )


def _batches(label: str, last: int) -> Iterator[dict[str, int]]:
    """Yield the bounds of batches up to the number `last`, and log each tenth of the way."""
    for after in range(0, last, BATCH):
        yield {"after": after, "last": min(after + BATCH, last)}
        done, tenth = after + BATCH, last // 10 + 1
        if done < last and done // tenth > after // tenth:
            log.info("converting the store to schema 9: %s, %d %%", label, 100 * done // last)

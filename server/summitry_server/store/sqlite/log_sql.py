"""The statements of the SQLite engine on its log, and on what it remembers of requests."""

from __future__ import annotations

from functools import lru_cache

from summitry_server.store.sqlite.columns import POSITIONS, ROW

# What becomes a contract.Version, in this order; `logged` is a row of the log.
_VERSION = """logged.version, records.name,
    logged.actor, logged.reason, logged.request_id, logged.time,
    logged.source, logged.deleted, logged.frame, records.kind, records.calendar"""

CLOCK = """
SELECT clock.revision, clock.time, coalesce(chain.value, '')
FROM clock LEFT JOIN chain ON chain.revision = clock.revision"""
CHAIN = "SELECT value FROM chain WHERE revision = ?"
ADD_CHAIN = "INSERT INTO chain (revision, value) VALUES (?, ?)"
TICK = "UPDATE clock SET revision = ?, time = ?"
TOUCH = "UPDATE clock SET revision = revision"
EARLIEST = "SELECT earliest FROM clock"
SET_EARLIEST = "UPDATE clock SET earliest = ?"

APPEND = """
INSERT INTO versions
    (version, record, calendar, actor, reason, request_id, time, source, deleted, purged,
    modified, facets, text, spans, frame)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
PURGE = """
DELETE FROM versions INDEXED BY versions_by_record WHERE record = ? AND version < ?"""

# The file itself refuses changes of the log. A conversion lifts that within its transaction.
DROP_GUARD = "DROP TRIGGER versions_never_change"
ADD_GUARD = """
CREATE TRIGGER versions_never_change BEFORE UPDATE ON versions
BEGIN
    SELECT raise(ABORT, 'the log is append-only');
END"""
CONVERT = """
UPDATE versions SET modified = ?, facets = ?, text = ?, spans = ?, frame = ?
WHERE version = ? AND record = ?"""

VERSIONS = f"""
SELECT {_VERSION}
FROM records CROSS JOIN versions AS logged INDEXED BY versions_by_record
    ON logged.record = records.id
WHERE name = ? ORDER BY logged.version"""

# All that the log has of a record, as rows.
ROWS = f"""
SELECT {ROW}
FROM records CROSS JOIN versions AS version INDEXED BY versions_by_record
    ON version.record = records.id
WHERE records.id = ? ORDER BY version.version"""

# The bound is the revision of the last row of a page, so that no revision is split.
VERSIONS_PAGE = f"""
SELECT {_VERSION}
FROM records CROSS JOIN versions AS logged INDEXED BY versions_by_record
    ON logged.record = records.id
WHERE name = :name AND logged.version < :before AND logged.version >= coalesce((
    SELECT bound.version / {POSITIONS} * {POSITIONS}
    FROM versions AS bound INDEXED BY versions_by_record
    WHERE bound.record = records.id AND bound.version < :before
    ORDER BY bound.version DESC LIMIT 1 OFFSET :limit - 1
), 0)
ORDER BY logged.version DESC"""

_AT_REVISION = """
    SELECT max(at.version) FROM versions AS at INDEXED BY versions_by_record
    WHERE at.record = records.id AND at.version < :bound"""

VERSION_AT = f"""
SELECT {_VERSION}
FROM records CROSS JOIN versions AS logged ON logged.version = ({_AT_REVISION}
) WHERE name = :name"""

NEWEST_BELOW = "SELECT version, time FROM versions WHERE version < ? ORDER BY version DESC LIMIT 1"

# Each row of these revisions superseded the one before it, if that is still there.
COMPACT = """
DELETE FROM versions WHERE version IN (
    SELECT (
        SELECT max(older.version) FROM versions AS older INDEXED BY versions_by_record
        WHERE older.record = newer.record AND older.version < newer.version
    )
    FROM versions AS newer WHERE newer.version >= ? AND newer.version < ?
)"""

REQUEST = "SELECT digest, response, time FROM requests WHERE request_id = ?"
REQUESTS = """
SELECT request_id, digest, response, time FROM requests
WHERE request_id IN (SELECT value FROM json_each(?))"""
REMEMBER = """
INSERT INTO requests (request_id, digest, response, time) VALUES (?, ?, ?, ?)
ON CONFLICT (request_id) DO UPDATE
SET digest = excluded.digest, response = excluded.response, time = excluded.time"""
FORGET = "DELETE FROM requests INDEXED BY requests_by_time WHERE time < ?"


@lru_cache(maxsize=2)
def changes(*, of_calendar: bool) -> str:
    """Return the statement for the changes after `:after`, before `:end` (of `:calendar`).

    Each comes with the version before it.

    Reads the index twice: once for the revision of the row number `:limit`, which bounds the page
    so that no revision is split, then for the page itself. A second bound on the page would be
    taken for the end of the range instead, and each page would read the log to its end.
    """
    index = "INDEXED BY versions_by_calendar" if of_calendar else ""
    calendar = "(SELECT id FROM terms WHERE term = :calendar)"
    of = f"{{0}}.calendar = {calendar} AND " if of_calendar else ""
    after = of + "{0}.version > :after"
    return f"""
SELECT {_VERSION}, before.frame, before.deleted
FROM versions AS logged {index} CROSS JOIN records ON records.id = logged.record
LEFT JOIN versions AS before ON before.version = (
    SELECT max(older.version) FROM versions AS older INDEXED BY versions_by_record
    WHERE older.record = logged.record AND older.version < logged.version
)
WHERE {after.format("logged")} AND logged.version < coalesce((
    SELECT (bound.version / {POSITIONS} + 1) * {POSITIONS} FROM versions AS bound {index}
    WHERE {after.format("bound")} AND bound.version < :end
    ORDER BY bound.version LIMIT 1 OFFSET :limit - 1
), :end)
ORDER BY logged.version"""


@lru_cache(maxsize=4)
def snapshot_at(*, of_kind: bool, of_calendar: bool) -> str:
    """Return the statement for the versions below `:bound` of records after the name `:after`.

    Of a calendar: up to the name `:end`, with which no record of it begins.
    """
    terms = ["name > :after"]
    terms += ["kind = :kind"] if of_kind else []
    terms += ["name < :end"] if of_calendar else []
    return f"""
SELECT {_VERSION}
FROM records {"INDEXED BY records_by_kind" if of_kind else ""}
CROSS JOIN versions AS logged ON logged.version = ({_AT_REVISION}
) WHERE {" AND ".join(terms)} ORDER BY name LIMIT :limit"""

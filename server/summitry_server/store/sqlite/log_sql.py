"""The statements of the SQLite engine on its log, and on what it remembers of requests."""

from __future__ import annotations

from functools import lru_cache

# What becomes a contract.Version, in this order; `logged` is a row of the log.
_VERSION = """logged.revision, logged.position, records.name,
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
INSERT INTO revisions
    (revision, position, record, calendar, actor, reason, request_id, time, source, deleted, frame,
    purged)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
PURGE = """
DELETE FROM revisions INDEXED BY revisions_by_record
WHERE record = (SELECT id FROM records WHERE name = ?) AND (revision, position) < (?, ?)"""

# The file itself refuses changes of the log. A conversion lifts that within its transaction.
DROP_GUARD = "DROP TRIGGER revisions_never_change"
ADD_GUARD = """
CREATE TRIGGER revisions_never_change BEFORE UPDATE ON revisions
BEGIN
    SELECT raise(ABORT, 'the log is append-only');
END"""
CONVERT = """
UPDATE revisions SET frame = ?
WHERE record = ? AND revision = ? AND position = ?"""

VERSIONS = f"""
SELECT {_VERSION}
FROM records CROSS JOIN revisions AS logged INDEXED BY revisions_by_record
    ON logged.record = records.id
WHERE name = ? ORDER BY logged.revision, logged.position"""

# The bound is the revision of the last row of a page, so that no revision is split.
VERSIONS_PAGE = f"""
SELECT {_VERSION}
FROM records CROSS JOIN revisions AS logged INDEXED BY revisions_by_record
    ON logged.record = records.id
WHERE name = :name AND logged.revision < :before AND logged.revision >= coalesce((
    SELECT bound.revision FROM revisions AS bound INDEXED BY revisions_by_record
    WHERE bound.record = records.id AND bound.revision < :before
    ORDER BY bound.revision DESC, bound.position DESC LIMIT 1 OFFSET :limit - 1
), 0)
ORDER BY logged.revision DESC, logged.position DESC"""

_AT_REVISION = """
    SELECT rowid FROM revisions AS at INDEXED BY revisions_by_record
    WHERE at.record = records.id AND at.revision <= :revision
    ORDER BY at.revision DESC, at.position DESC LIMIT 1"""

VERSION_AT = f"""
SELECT {_VERSION}
FROM records CROSS JOIN revisions AS logged ON logged.rowid = ({_AT_REVISION}
) WHERE name = :name"""

REVISION_AT = """
SELECT revision FROM revisions INDEXED BY revisions_by_time
WHERE time <= ? AND revision <= ? ORDER BY time DESC, revision DESC LIMIT 1"""

# Each row of these revisions superseded the one before it, if that is still there.
COMPACT = """
DELETE FROM revisions WHERE rowid IN (
    SELECT (
        SELECT rowid FROM revisions AS older INDEXED BY revisions_by_record
        WHERE older.record = newer.record
            AND (older.revision, older.position) < (newer.revision, newer.position)
        ORDER BY older.revision DESC, older.position DESC LIMIT 1
    ) FROM revisions AS newer WHERE newer.revision >= ? AND newer.revision < ?
)"""

REQUEST = "SELECT digest, response, time FROM requests WHERE request_id = ?"
REMEMBER = """
INSERT INTO requests (request_id, digest, response, time) VALUES (?, ?, ?, ?)
ON CONFLICT (request_id) DO UPDATE
SET digest = excluded.digest, response = excluded.response, time = excluded.time"""
FORGET = "DELETE FROM requests INDEXED BY requests_by_time WHERE time < ?"


@lru_cache(maxsize=2)
def changes(*, of_calendar: bool) -> str:
    """Return the statement for the changes after `:after`, up to `:revision` (of `:calendar`).

    Each comes with the version before it.

    Reads the index twice: once for the revision of the row number `:limit`, which bounds the page
    so that no revision is split, then for the page itself. A second bound on the page would be
    taken for the end of the range instead, and each page would read the log to its end.
    """
    index = "INDEXED BY revisions_by_calendar" if of_calendar else ""
    of = "{0}.calendar = :calendar AND " if of_calendar else ""
    after = of + "{0}.revision > :after"
    return f"""
SELECT {_VERSION}, before.frame, before.deleted
FROM revisions AS logged {index} CROSS JOIN records ON records.id = logged.record
LEFT JOIN revisions AS before ON before.rowid = (
    SELECT rowid FROM revisions AS older INDEXED BY revisions_by_record
    WHERE older.record = logged.record
        AND (older.revision, older.position) < (logged.revision, logged.position)
    ORDER BY older.revision DESC, older.position DESC LIMIT 1
)
WHERE {after.format("logged")} AND logged.revision <= coalesce((
    SELECT bound.revision FROM revisions AS bound {index}
    WHERE {after.format("bound")} AND bound.revision <= :revision
    ORDER BY bound.revision, bound.position LIMIT 1 OFFSET :limit - 1
), :revision)
ORDER BY logged.revision, logged.position"""


@lru_cache(maxsize=4)
def snapshot_at(*, of_kind: bool, of_calendar: bool) -> str:
    """Return the statement for the versions at `:revision` of records after the name `:after`."""
    index = {
        (True, True): "INDEXED BY records_by_calendar_kind",
        (True, False): "INDEXED BY records_by_kind",
        (False, True): "INDEXED BY records_by_calendar_name",
        (False, False): "",
    }[of_kind, of_calendar]
    terms = ["name > :after"]
    terms += ["kind = :kind"] if of_kind else []
    terms += ["records.calendar = :calendar"] if of_calendar else []
    return f"""
SELECT {_VERSION}
FROM records {index} CROSS JOIN revisions AS logged ON logged.rowid = ({_AT_REVISION}
) WHERE {" AND ".join(terms)} ORDER BY name LIMIT :limit"""

"""The statements of the SQLite engine, all of them text that no caller's value gets into.

Those on the log of versions are in log_sql.py, those that search records in search_sql.py.
"""

from __future__ import annotations

from summitry_server.store.sqlite.columns import POSITIONS, ROW

IDENTITY = "SELECT clock.epoch, meta.secret FROM clock JOIN meta ON meta.one = clock.one"
SET_EPOCH = "INSERT INTO clock (one, epoch, revision) VALUES (1, ?, 0)"
BEGIN_EPOCH = "UPDATE clock SET epoch = ?, epoch_time = ?"
SET_SECRET = "INSERT INTO meta (one, secret) VALUES (1, ?)"

HOLDER = "SELECT name FROM records WHERE uid = ?"
# "0" follows "/": the bounds are those of the index on uid.
HOLDERS_BELOW = """
SELECT name FROM records WHERE uid > ? || '/' AND uid < ? || '0' ORDER BY uid LIMIT ?"""
# In the order of their deletion; tombstones of purged records are in no lane.
DELETED = """
SELECT records.name
FROM spans CROSS JOIN records ON records.id = spans.record
CROSS JOIN versions AS version ON version.version = records.latest
WHERE spans.live = 1 AND spans.lane = ? AND spans.starts < ? AND version.facets <> ''
ORDER BY spans.starts, records.name LIMIT ?"""
CONTENTS = f"""
SELECT {ROW} FROM records CROSS JOIN versions AS version ON version.version = records.latest
WHERE records.name > ? AND records.name < ? AND NOT version.deleted ORDER BY records.name"""
STATE = f"""
SELECT logged.version / {POSITIONS}, max(logged.time, clock.epoch_time), clock.epoch_time
FROM records AS itself CROSS JOIN versions AS version ON version.version = itself.latest
CROSS JOIN clock
CROSS JOIN versions AS logged INDEXED BY versions_by_calendar
    ON logged.calendar = (SELECT id FROM terms WHERE term = :term)
WHERE itself.name = :name AND NOT version.deleted
ORDER BY logged.version DESC LIMIT 1"""

_TOKEN = "id, owner, digest, label, created, expires, revoked, used"  # as in contract.Token
TOKEN = f"SELECT {_TOKEN} FROM tokens WHERE digest = ?"
TOKENS = f"""
SELECT {_TOKEN} FROM tokens INDEXED BY tokens_by_owner WHERE owner = ? ORDER BY created, id"""
PUT_TOKEN = f"""
INSERT INTO tokens ({_TOKEN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET label = excluded.label, created = excluded.created,
    expires = excluded.expires, revoked = excluded.revoked, used = excluded.used"""
DROP_TOKENS = "DELETE FROM tokens INDEXED BY tokens_by_owner WHERE owner = ?"
USE_TOKEN = "UPDATE tokens SET used = :time WHERE id = :id AND used < :time"

SETTING = "SELECT value FROM settings WHERE name = ?"
PUT_SETTING = """
INSERT INTO settings (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value"""

STORED = f"""
SELECT records.id, {ROW}
FROM records CROSS JOIN versions AS version ON version.version = records.latest
WHERE records.name IN (SELECT value FROM json_each(?))"""
HOLDERS = "SELECT uid, name FROM records WHERE uid IN (SELECT value FROM json_each(?))"
LAST_RECORD = "SELECT id FROM records WHERE id > 0 ORDER BY id DESC LIMIT 1"
INSERT = "INSERT INTO records (id, name, kind, calendar, uid, latest) VALUES (?, ?, ?, ?, ?, ?)"
UPDATE = "UPDATE records SET uid = ?, latest = ? WHERE id = ?"

# A step for each rule: the smallest, then the smallest above it, and so on.
RULES = """
WITH RECURSIVE found (rule) AS (
    SELECT min(rule) FROM readings WHERE live = 1
    UNION ALL
    SELECT (SELECT min(rule) FROM readings WHERE live = 1 AND rule > found.rule)
    FROM found WHERE found.rule IS NOT NULL
)
SELECT DISTINCT zone, fingerprint FROM found CROSS JOIN rules ON rules.id = found.rule
ORDER BY zone, fingerprint"""
RULES_OF_ZONE = "SELECT id, fingerprint FROM rules INDEXED BY rules_by_zone WHERE zone = ?"
RULE = """
SELECT max(id) FROM rules INDEXED BY rules_by_zone WHERE zone = ? AND fingerprint = ?"""
ADD_RULE = "INSERT INTO rules (zone, fingerprint) VALUES (?, ?)"
SETTLE = "UPDATE rules INDEXED BY rules_by_zone SET fingerprint = ? WHERE zone = ?"
SETTLED = """
SELECT count(*)
FROM rules INDEXED BY rules_by_zone CROSS JOIN readings ON readings.rule = rules.id
WHERE zone = ? AND live IN (0, 1)"""

READINGS_OF_RECORDS = """
SELECT live, rule, until, name, field, wall, choice, instant, record
FROM readings INDEXED BY readings_by_record
WHERE record IN (SELECT value FROM json_each(?))"""
ADD_READING = """
INSERT INTO readings (live, rule, until, name, field, wall, choice, instant, record)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
DROP_READING = """
DELETE FROM readings WHERE live = ? AND rule = ? AND until = ? AND name = ? AND field = ?"""


def local_times(*, of_calendar: bool) -> str:
    """Return the statement for local times by `:rule` after (`:until`, `:name`, `:field`)."""
    records = "CROSS JOIN records ON records.id = readings.record" if of_calendar else ""
    return f"""
SELECT until, readings.name, field, wall, choice, instant FROM readings {records}
WHERE live = 1 AND rule = :rule AND (until, readings.name, field) > (:until, :name, :field)
{"AND records.calendar = :calendar" if of_calendar else ""}
ORDER BY until, readings.name, field LIMIT :limit"""

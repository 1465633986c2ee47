"""The statements of the SQLite engine, all of them text that no caller's value gets into.

Those on the log of versions are in log_sql.py.
Statements differ only by the shape of a condition: how many kinds, facets and words it has.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from summitry_server.store.contract import Condition

# In the order of the fields of contract.Row.
_ROW = "name, kind, calendar, uid, revision, modified, deleted, facets, records.text, spans, frame"

IDENTITY = "SELECT clock.epoch, meta.secret FROM clock JOIN meta ON meta.one = clock.one"
SET_EPOCH = "INSERT INTO clock (one, epoch, revision) VALUES (1, ?, 0)"
BEGIN_EPOCH = "UPDATE clock SET epoch = ?, epoch_time = ?"
SET_SECRET = "INSERT INTO meta (one, secret) VALUES (1, ?)"

GET = f"SELECT {_ROW} FROM records WHERE name = ?"
GET_MANY = f"SELECT {_ROW} FROM records WHERE name IN (SELECT value FROM json_each(?))"
HOLDER = "SELECT name FROM records WHERE uid = ?"
DELETED = """
SELECT name FROM records INDEXED BY records_deleted
WHERE deleted AND facets <> '' AND modified < ? ORDER BY modified, name LIMIT ?"""
CONTENTS = f"""
SELECT {_ROW} FROM records INDEXED BY records_by_calendar_kind
WHERE calendar = ? AND NOT deleted AND name <> calendar ORDER BY kind, name"""
STATE = """
SELECT logged.revision, max(logged.time, clock.epoch_time), clock.epoch_time
FROM records AS itself
CROSS JOIN clock
CROSS JOIN revisions AS logged INDEXED BY revisions_by_calendar ON logged.calendar = itself.name
WHERE name = ? AND NOT itself.deleted
ORDER BY logged.revision DESC, logged.position DESC LIMIT 1"""

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

STORED = "SELECT id, kind, calendar, deleted, spans FROM records WHERE name = ?"
INSERT = f"""
INSERT INTO records ({_ROW.replace("records.", "")}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
UPDATE = """
UPDATE records SET name = ?, kind = ?, calendar = ?, uid = ?, revision = ?, modified = ?,
    deleted = ?, facets = ?, text = ?, spans = ?, frame = ? WHERE id = ?"""
ADD_SPAN = """
INSERT INTO spans
    (scope, axis, starts, name, level, ends, sure_starts, sure_ends, kind, record)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
DROP_SPAN = "DELETE FROM spans WHERE scope = ? AND axis = ? AND starts = ? AND name = ?"


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

READINGS_OF_RECORD = """
SELECT live, rule, until, name, field, wall, choice, instant, record
FROM readings INDEXED BY readings_by_record WHERE record = ?"""
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


class Shape(NamedTuple):
    """The numbers of values in a condition, on which the text of its statements depends."""

    kinds: int
    facets: tuple[int, ...]
    words: int
    has_since: bool


def shape_of(condition: Condition) -> Shape:
    """Return the shape of a condition.

    Raises ValueError for one with more values than a statement can take.
    """
    facets = tuple(map(len, condition.facets))
    if len(condition.kinds) + sum(facets) + len(facets) + len(condition.words) > 1000:
        raise ValueError("condition has more than 1000 values: ask for less")
    return Shape(len(condition.kinds), facets, len(condition.words), condition.since is not None)


def values_of(condition: Condition) -> dict[str, int | str]:
    """Return the values of a condition by the names that its statements give them."""
    values: dict[str, int | str] = {f"kind{n}": kind for n, kind in enumerate(condition.kinds)}
    for group, facets in enumerate(condition.facets):
        values |= {f"facet{group}_{n}": f"\n{facet}\n" for n, facet in enumerate(facets)}
    if condition.since is not None:
        values["since"] = condition.since
    return values | {f"word{n}": word for n, word in enumerate(condition.words)}


def _of_kinds(shape: Shape, table: str) -> list[str]:
    names = ", ".join(f":kind{n}" for n in range(shape.kinds))
    return [f"{table}.kind IN ({names})"] if names else []


def _of_contents(shape: Shape) -> list[str]:
    facets = [
        " OR ".join(f"instr(records.facets, :facet{group}_{n})" for n in range(count)) or "FALSE"
        for group, count in enumerate(shape.facets)
    ]
    words = [f"instr(records.text, :word{n})" for n in range(shape.words)]
    since = ["records.modified >= :since"] * shape.has_since
    return [f"({term})" for term in (*facets, *words, *since)]


@lru_cache(maxsize=256)
def page(shape: Shape, *, of_calendar: bool, show_deleted: bool) -> str:
    """Return the statement for at most `:limit` rows of `:kind` after the name `:after`."""
    index = "records_by_calendar_kind" if of_calendar else "records_by_kind"
    terms = ["kind = :kind", "name > :after", *_of_kinds(shape, "records"), *_of_contents(shape)]
    if of_calendar:
        terms.append("calendar = :calendar")
    if not show_deleted:
        terms.append("NOT deleted")
    return (
        f"SELECT {_ROW} FROM records INDEXED BY {index} "
        f"WHERE {' AND '.join(terms)} ORDER BY name LIMIT :limit"
    )


# A sure part may be NULL, and so may the second half: IS TRUE makes an answer of that.
_CERTAIN = """(
    (spans.starts >= :start AND spans.ends <= :end)
    OR (spans.sure_starts < :end AND spans.sure_ends > :start)
) IS TRUE"""


@lru_cache(maxsize=256)
def begun(shape: Shape, *, possible: bool) -> str:
    """Return the statement for spans in progress at `:start`: a narrow range for each level.

    A span of a level is no longer than its width, so one that is in progress at `:start` began
    less than a width before it. Frames are fetched for the `:limit` rows alone.
    """
    contents = _of_contents(shape)
    terms = [
        "scope = :scope AND axis = :axis AND spans.level = levels.level",
        "starts >= max(:start - levels.width + 1, :after_start) AND starts < :start",
        "(+starts, +spans.name) > (:after_start, :after_name) AND ends > :start",
        *([] if possible else [_CERTAIN]),
        *_of_kinds(shape, "spans"),
        *contents,
    ]
    return f"""
SELECT starts, found.name, found.kind, ends, certain, frame FROM (
    SELECT starts, spans.name, spans.kind, ends, {_CERTAIN} AS certain, record
    FROM levels CROSS JOIN spans INDEXED BY spans_by_level
    {"CROSS JOIN records ON records.id = spans.record" if contents else ""}
    WHERE {" AND ".join(terms)} ORDER BY starts, spans.name LIMIT :limit
) AS found CROSS JOIN records ON records.id = found.record"""


@lru_cache(maxsize=256)
def beginning(shape: Shape, *, possible: bool) -> str:
    """Return the statement for spans that start in the window after the key, in order."""
    terms = [
        "scope = :scope AND axis = :axis",
        "(starts, spans.name) > (:after_start, :after_name) AND starts < :end",
        *([] if possible else [_CERTAIN]),
        *_of_kinds(shape, "spans"),
        *_of_contents(shape),
    ]
    return f"""
SELECT starts, spans.name, spans.kind, ends, {_CERTAIN} AS certain, frame
FROM spans CROSS JOIN records ON records.id = spans.record
WHERE {" AND ".join(terms)} ORDER BY starts, spans.name LIMIT :limit"""

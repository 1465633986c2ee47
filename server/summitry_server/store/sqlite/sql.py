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
    without: int


def shape_of(condition: Condition) -> Shape:
    """Return the shape of a condition.

    Raises ValueError for one with more values than a statement can take.
    """
    facets = tuple(map(len, condition.facets))
    kinds, words, without = map(len, (condition.kinds, condition.words, condition.without))
    if kinds + sum(facets) + len(facets) + words + without > 1000:
        raise ValueError("condition has more than 1000 values: ask for less")
    return Shape(kinds, facets, words, condition.since is not None, without)


def values_of(condition: Condition) -> dict[str, int | str]:
    """Return the values of a condition by the names that its statements give them."""
    values: dict[str, int | str] = {f"kind{n}": kind for n, kind in enumerate(condition.kinds)}
    for group, facets in enumerate(condition.facets):
        values |= {f"facet{group}_{n}": f"\n{facet}\n" for n, facet in enumerate(facets)}
    if condition.since is not None:
        values["since"] = condition.since
    values |= {f"without{n}": f"\n{facet}\n" for n, facet in enumerate(condition.without)}
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
    without = [f"NOT instr(records.facets, :without{n})" for n in range(shape.without)]
    return [f"({term})" for term in (*facets, *words, *since, *without)]


@lru_cache(maxsize=256)
def page(shape: Shape, *, of_calendar: bool, show_deleted: bool, descending: bool) -> str:
    """Return the statement for at most `:limit` rows of `:kind` after the name `:after`."""
    rows = _rows(shape, of_calendar, show_deleted)
    step, order = ("<", "DESC") if descending else (">", "ASC")
    return f"SELECT {_ROW} {rows} AND name {step} :after ORDER BY name {order} LIMIT :limit"


@lru_cache(maxsize=256)
def count(shape: Shape, *, of_calendar: bool, show_deleted: bool) -> str:
    """Return the statement for the number of rows of `:kind`, at most `:limit`."""
    rows = _rows(shape, of_calendar, show_deleted)
    return (
        f"SELECT count(*) FROM (SELECT 1 {rows} {_NOT_PURGED * show_deleted} LIMIT :limit) AS found"
    )


_NOT_PURGED = "AND (NOT deleted OR facets <> '')"


def _rows(shape: Shape, of_calendar: bool, show_deleted: bool) -> str:
    index = "records_by_calendar_kind" if of_calendar else "records_by_kind"
    terms = ["kind = :kind", *_of_kinds(shape, "records"), *_of_contents(shape)]
    if of_calendar:
        terms.append("calendar = :calendar")
    if not show_deleted:
        terms.append("NOT deleted")
    return f"FROM records INDEXED BY {index} WHERE {' AND '.join(terms)}"


# A sure part may be NULL, and so may the second half: IS TRUE makes an answer of that.
_CERTAIN = """(
    (spans.starts >= :start AND spans.ends <= :end)
    OR (spans.sure_starts < :end AND spans.sure_ends > :start)
) IS TRUE"""
# Between two keys, both exclusive. No name is empty, so (n, "") bounds the start alone.
_BETWEEN = """(starts, spans.name) > (:low_start, :low_name)
    AND (starts, spans.name) < (:high_start, :high_name)"""


@lru_cache(maxsize=256)
def begun(shape: Shape, *, possible: bool, descending: bool) -> str:
    """Return the statement for spans in progress at `:start`, between two keys.

    Frames are fetched for the `:limit` rows alone.
    """
    return f"""
SELECT starts, found.name, found.kind, ends, certain, frame FROM (
    SELECT starts, spans.name, spans.kind, ends, {_CERTAIN} AS certain, record
    {_begun(shape, possible)} {_in_order(descending)}
) AS found CROSS JOIN records ON records.id = found.record"""


@lru_cache(maxsize=256)
def beginning(shape: Shape, *, possible: bool, descending: bool) -> str:
    """Return the statement for spans that start between two keys, in order."""
    return f"""
SELECT starts, spans.name, spans.kind, ends, {_CERTAIN} AS certain, frame
FROM spans CROSS JOIN records ON records.id = spans.record
WHERE {_beginning(shape, possible)} {_in_order(descending)}"""


@lru_cache(maxsize=256)
def count_begun(shape: Shape, *, possible: bool) -> str:
    """Return the statement for the number of spans in progress, at most `:limit`."""
    return f"SELECT count(*) FROM (SELECT 1 {_begun(shape, possible)} LIMIT :limit) AS found"


@lru_cache(maxsize=256)
def count_beginning(shape: Shape, *, possible: bool) -> str:
    """Return the statement for the number of spans between two keys, at most `:limit`."""
    joined = _JOINED if _of_contents(shape) else ""
    matches = f"FROM spans {joined} WHERE {_beginning(shape, possible)}"
    return f"SELECT count(*) FROM (SELECT 1 {matches} LIMIT :limit) AS found"


_JOINED = "CROSS JOIN records ON records.id = spans.record"


def _in_order(descending: bool) -> str:
    order = "DESC" if descending else "ASC"
    return f"ORDER BY starts {order}, spans.name {order} LIMIT :limit"


def _begun(shape: Shape, possible: bool) -> str:
    """Return a narrow range for each level.

    A span of a level is no longer than its width, so one that is in progress at `:start` began
    less than a width before it.
    """
    contents = _of_contents(shape)
    terms = [
        "scope = :scope AND axis = :axis AND spans.level = levels.level",
        "starts >= max(:start - levels.width + 1, :low_start) AND starts <= :high_start",
        # Not by this term, which would serve as the range and be a wide one.
        _BETWEEN.replace("(starts, spans.name)", "(+starts, +spans.name)"),
        "ends > :start",
        *_of_certainty_and_kinds(shape, possible),
        *contents,
    ]
    return f"""FROM levels CROSS JOIN spans INDEXED BY spans_by_level
    {_JOINED if contents else ""} WHERE {" AND ".join(terms)}"""


def _beginning(shape: Shape, possible: bool) -> str:
    terms = ["scope = :scope AND axis = :axis", _BETWEEN]
    terms += [*_of_certainty_and_kinds(shape, possible), *_of_contents(shape)]
    return " AND ".join(terms)


def _of_certainty_and_kinds(shape: Shape, possible: bool) -> list[str]:
    return [*([] if possible else [_CERTAIN]), *_of_kinds(shape, "spans")]

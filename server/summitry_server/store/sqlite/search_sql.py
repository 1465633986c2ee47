"""The statements by which records are searched, now and as of a revision.

A page of a window is a merge of arms, each a range of an index in the order of (start, name):
what begins in the window, and one arm for each lane in which it can be in progress when the window
opens. The index is that of the spans, or that of the postings of a term: then each arm stands
there once for each term of the group that the page is read by.

SQLite merges sorted arms of a UNION row by row, and sorts rows of the same start by name as it
goes, so that a page reads little more than its rows (PostgreSQL: merge append, incremental sort).

What a statement says of now it says of a revision too: `PAST` has the versions at that revision,
and spans and postings of what was so then.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from summitry_server.store.contract import Condition
from summitry_server.store.sqlite.columns import NAMED_VERSION, ROW

# A sure part may be NULL, and so may the second half: IS TRUE makes an answer of that.
CERTAIN = """(
    (span.starts >= :start AND span.ends <= :end)
    OR (span.sure_starts < :end AND span.sure_ends > :start)
) IS TRUE"""

_LATEST = "CROSS JOIN versions AS version ON version.version = records.latest"
_AT_REVISION = """CROSS JOIN versions AS version ON version.version = (
    SELECT max(at.version) FROM versions AS at INDEXED BY versions_by_record
    WHERE at.record = records.id AND at.version < :bound
)"""
_SPAN_AT_REVISION = "span.since <= :revision AND (span.until IS NULL OR span.until > :revision)"

_GET = f"SELECT {ROW} FROM records"
_OF_NAME = "WHERE records.name = :name"
_NOT_PURGED = "(NOT version.deleted OR version.facets <> '')"
_OF_NAMES = "WHERE records.name IN (SELECT value FROM json_each(:names))"
HOLDERS = "SELECT name FROM records WHERE uid IN (SELECT value FROM json_each(?))"

FRAMES = """
SELECT version, frame FROM versions WHERE version IN (SELECT value FROM json_each(?))"""

TERM_IDS = "SELECT term, id FROM terms WHERE term IN (SELECT value FROM json_each(?))"
# Words that contain a run of at most three letters: it begins a gram of each.
WORDS_OF_SHORT_RUN = """
SELECT DISTINCT term FROM grams WHERE gram >= :run AND gram < :after LIMIT :limit"""
COUNT_OF_GRAM = "SELECT count(*) FROM (SELECT 1 FROM grams WHERE gram = ? LIMIT ?) AS counted"
WORDS_OF_RUN = """
SELECT grams.term FROM grams CROSS JOIN terms ON terms.id = grams.term
WHERE gram = :gram AND instr(terms.term, :run) LIMIT :limit"""


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
    if kinds + sum(facets) + len(facets) + words + without + len(condition.uids) > 1000:
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


def _of_record(shape: Shape) -> list[str]:
    names = ", ".join(f":kind{n}" for n in range(shape.kinds))
    return [f"records.kind IN ({names})"] if names else []


def _of_version(shape: Shape) -> list[str]:
    facets = [
        " OR ".join(f"instr(version.facets, :facet{group}_{n})" for n in range(count)) or "FALSE"
        for group, count in enumerate(shape.facets)
    ]
    words = [f"instr(version.text, :word{n})" for n in range(shape.words)]
    since = ["version.modified >= :since"] * shape.has_since
    without = [f"NOT instr(version.facets, :without{n})" for n in range(shape.without)]
    return [f"({term})" for term in (*facets, *words, *since, *without)]


# In place of a number of terms: all of `:terms`, which are read as a whole and sorted.
ANY = -1


class Arms(NamedTuple):
    """The arms of a page of a window, on which the text of its statement depends."""

    ranges: int  # in time
    begun: bool  # whether spans must be in progress at the start of the window
    terms: int  # of the group that the page is read by; 0: by time alone; or ANY
    checks: tuple[int, ...]  # numbers of terms of the groups that postings check
    past: bool
    possible: bool
    of_calendar: bool
    descending: bool


@lru_cache(maxsize=512)
def within(arms: Arms, shape: Shape) -> str:
    """Return the statement for at most `:limit` matches between two keys, by (start, name).

    `shape` is that of what postings do not check. An arm n reads the lane `:lane<n>` from
    `:from<n>` to before `:to<n>`, of the term `:term<m>`. What is checked by postings is
    `:check<group>_<n>`. A match is (start, name, kind, end, certain, version).
    """
    return f"""
{_merged(arms, shape)}"""


@lru_cache(maxsize=256)
def count_within(arms: Arms, shape: Shape) -> str:
    """Return the statement for the number of matches between two keys, at most `:limit`."""
    return f"SELECT count(*) FROM ({_merged(arms, shape)}) AS match"


def _merged(arms: Arms, shape: Shape) -> str:
    selects = [
        _arm(arms, shape, number, term, live)
        for number in range(arms.ranges)
        for term in range(max(arms.terms, 1))
        for live in ((1, 0) if arms.past else (1,))
    ]
    order = "DESC" if arms.descending else "ASC"
    return f"{' UNION '.join(selects)} ORDER BY starts {order}, name {order} LIMIT :limit"


def _arm(arms: Arms, shape: Shape, number: int, term: int, live: int) -> str:
    contents = _of_version(shape)
    source, entry = _source(arms, term, live)
    joined = _AT_REVISION if arms.past else _LATEST if contents else ""
    terms = [
        f"{entry}.live = {live} AND {entry}.lane = :lane{number}",
        f"{entry}.starts >= :from{number} AND {entry}.starts < :to{number}",
        *(["span.ends > :start"] if arms.begun else []),
        *([] if arms.possible else [CERTAIN]),
        *([_SPAN_AT_REVISION] if arms.past else []),
        *(_check(entry, group, count) for group, count in enumerate(arms.checks)),
        # Not by these terms, which would serve as the range and be a wide one. No name is empty,
        # so (n, "") bounds the start alone.
        f"(+{entry}.starts, records.name) > (:low_start, :low_name)",
        f"(+{entry}.starts, records.name) < (:high_start, :high_name)",
        *(["records.calendar = :calendar"] if arms.of_calendar else []),
        *_of_record(shape),
        *contents,
    ]
    distinct = "DISTINCT" if arms.terms == ANY else ""
    version = "version.version" if arms.past else "records.latest"
    return f"""
SELECT {distinct} {entry}.starts AS starts, records.name AS name, records.kind AS kind,
    span.ends AS ends, {CERTAIN} AS certain, {version} AS version
FROM {source}
CROSS JOIN records ON records.id = {entry}.record {joined}
WHERE {" AND ".join(terms)}"""


def _source(arms: Arms, term: int, live: int) -> tuple[str, str]:
    """Return the tables that an arm reads, and the name of the one that gives its order."""
    if not arms.terms:
        return "spans AS span", "span"
    any_term = "IN (SELECT value FROM json_each(:terms))"
    condition = any_term if arms.terms == ANY else f"= :term{term}"
    # The plus signs keep SQLite from taking the range of starts for that of the spans as well.
    # A posting of before may belong to a span that still is, and the other way round.
    lives = "IN (0, 1)" if arms.past else "= 1"
    return (
        f"""postings AS posting
CROSS JOIN spans AS span ON posting.term {condition}
    AND span.live {lives} AND span.lane = +posting.lane
    AND span.starts = +posting.starts AND span.record = +posting.record""",
        "posting",
    )


def _check(entry: str, group: int, count: int) -> str:
    names = ", ".join(f":check{group}_{n}" for n in range(count))
    return f"""EXISTS (
    SELECT 1 FROM postings AS own WHERE own.term IN ({names}) AND own.live = 1
        AND own.lane = +{entry}.lane AND own.starts = +{entry}.starts
        AND own.record = +{entry}.record
)"""


@lru_cache(maxsize=2)
def probe(*, descending: bool) -> str:
    """Return the statement for the start of the posting number `:offset` of a term in a range."""
    return f"""
SELECT starts FROM postings
WHERE term = :term AND live = 1 AND lane = :lane AND starts >= :from AND starts < :to
ORDER BY starts {"DESC" if descending else "ASC"} LIMIT 1 OFFSET :offset"""


COUNT_IN_RANGE = """
SELECT count(*) FROM (
    SELECT 1 FROM json_each(:terms) AS chosen CROSS JOIN postings
        ON term = chosen.value AND live = 1 AND lane = :lane AND starts >= :from AND starts < :to
    LIMIT :limit
) AS counted"""
LAST_RECORD = "SELECT id FROM records WHERE id > 0 ORDER BY id DESC LIMIT 1"
COUNT_IN_LANES = """
SELECT count(*) FROM (
    SELECT 1 FROM json_each(:terms) AS chosen CROSS JOIN json_each(:lanes) AS listed
        CROSS JOIN postings ON term = chosen.value AND live IN (0, 1) AND lane = listed.value
    LIMIT :limit
) AS counted"""


class List(NamedTuple):
    """A list of rows of one kind, on which the text of its statements depends."""

    past: bool
    by_terms: bool  # of the records that have one of `:terms`; else all of the kind are read
    of_calendar: bool  # between the names `:first` and `:last`
    show_deleted: bool
    show_purged: bool = True  # of those that are deleted


@lru_cache(maxsize=256)
def page(rows: List, shape: Shape, *, descending: bool, columns: str = ROW) -> str:
    """Return the statement for at most `:limit` rows of `:kind` after the name `:after`."""
    step, order = ("<", "DESC") if descending else (">", "ASC")
    return f"""
SELECT {columns} {_listed(rows, shape)} AND name {step} :after ORDER BY name {order} LIMIT :limit"""


@lru_cache(maxsize=256)
def count(rows: List, shape: Shape) -> str:
    """Return the statement for the number of rows of `:kind`, at most `:limit`."""
    counted = f"SELECT 1 {_listed(rows._replace(show_purged=False), shape)} LIMIT :limit"
    return f"SELECT count(*) FROM ({counted}) AS counted"


def _listed(rows: List, shape: Shape) -> str:
    source = "records INDEXED BY records_by_kind"
    if rows.by_terms:
        live = "IN (0, 1)" if rows.past else "= 1"
        source = f"""(
    SELECT DISTINCT record FROM json_each(:terms) AS chosen CROSS JOIN json_each(:lanes) AS listed
        CROSS JOIN postings ON term = chosen.value AND live {live} AND lane = listed.value
) AS candidate CROSS JOIN records ON records.id = candidate.record"""
    terms = ["kind = :kind", *_of_record(shape), *_of_version(shape)]
    terms += ["name > :first AND name < :last"] if rows.of_calendar else []
    if not rows.show_deleted:
        terms.append("NOT version.deleted")
    elif not rows.show_purged:
        terms.append(_NOT_PURGED)
    joined = _AT_REVISION if rows.past else _LATEST
    return f"FROM {source} {joined} WHERE {' AND '.join(terms)}"


def get(*, past: bool) -> str:
    """Return the statement for the row of `:name`."""
    return f"{_GET} {_AT_REVISION if past else _LATEST} {_OF_NAME}"


def get_many(*, past: bool) -> str:
    """Return the statement for the rows of `:names`."""
    return f"{_GET} {_AT_REVISION if past else _LATEST} {_OF_NAMES}"


def versions_of(*, past: bool) -> str:
    """Return the statement for the names and versions of those of `:names` that are not purged."""
    joined = _AT_REVISION if past else _LATEST
    return f"SELECT {NAMED_VERSION} FROM records {joined} {_OF_NAMES} AND {_NOT_PURGED}"

"""The index entries of records, as a write changes them: spans, postings, terms."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from summitry_server.store.contract import Row
from summitry_server.store.index import SpanEntry, grams_of, places_of, terms_of, word_in

_TERMS = "SELECT term, id FROM terms WHERE term IN (SELECT value FROM json_each(?))"
_ADD_TERM = "INSERT INTO terms (term) VALUES (?)"
_ADD_GRAM = "INSERT INTO grams (gram, term) VALUES (?, ?)"
_ADD_SPAN = """
INSERT INTO spans (live, lane, starts, record, since, ends, sure_starts, sure_ends)
VALUES (1, ?, ?, ?, ?, ?, ?, ?)"""
# Of this write alone: nobody can have seen it.
_DROP_NEW_SPAN = """
DELETE FROM spans WHERE live = 1 AND lane = ? AND starts = ? AND record = ? AND since = ?"""
_END_SPAN = """
UPDATE spans SET live = 0, until = ? WHERE live = 1 AND lane = ? AND starts = ? AND record = ?"""
_DROP_SPAN = "DELETE FROM spans WHERE live IN (0, 1) AND lane = ? AND starts = ? AND record = ?"
_ADD_POSTING = """
INSERT INTO postings (term, live, lane, starts, record) VALUES (?, 1, ?, ?, ?)"""
_ADD_FORMER_POSTING = """
INSERT INTO postings (term, live, lane, starts, record, until) VALUES (?, 0, ?, ?, ?, ?)
ON CONFLICT (term, live, lane, starts, record) DO UPDATE SET until = excluded.until"""
_END_POSTING = """
DELETE FROM postings WHERE term = ? AND live = 1 AND lane = ? AND starts = ? AND record = ?"""
_DROP_POSTING = """
DELETE FROM postings
WHERE term = ? AND live IN (0, 1) AND lane = ? AND starts = ? AND record = ?"""
_DROP_FORMER_SPANS = "DELETE FROM spans INDEXED BY spans_by_until WHERE live = 0 AND until < ?"
_DROP_FORMER_POSTINGS = """
DELETE FROM postings INDEXED BY postings_by_until WHERE live = 0 AND until < ? RETURNING term"""
# Facets and words that no record has, or had, any more. Numbers of calendars stand in versions.
_DROP_TERM = """
DELETE FROM terms
WHERE id = ? AND substr(term, 1, 1) IN ('f', 'w')
    AND NOT EXISTS (SELECT 1 FROM postings WHERE postings.term = terms.id)
RETURNING term"""
_DROP_GRAM = "DELETE FROM grams WHERE gram = ? AND term = ?"


class Posting(NamedTuple):
    """A posting of one record."""

    term: str
    lane: int
    starts: int


class Entries(NamedTuple):
    """The entries of a version of a record."""

    places: frozenset[SpanEntry]
    postings: frozenset[Posting]


NONE = Entries(frozenset(), frozenset())


def entries_of(row: Row) -> Entries:
    """Return the entries by which a version is found; none for a tombstone."""
    places = places_of(row.deleted, row.modified, row.facets, row.text, row.spans)
    if not places:
        return NONE
    terms = terms_of(row)
    keys = {(place.lane, place.starts) for place in places}
    return Entries(
        frozenset(places),
        frozenset(Posting(term, lane, starts) for term in terms for lane, starts in keys),
    )


class Move(NamedTuple):
    """The entries of a record before and after a version that is written at a revision."""

    record: int
    revision: int
    before: Entries
    after: Entries


def move_entries(connection: sqlite3.Connection, moves: Sequence[Move]) -> None:
    """Replace the entries of as many records.

    What is no more so is found as of the revisions before.
    """
    _move_spans(connection, moves)
    ended = [(move, move.before.postings - move.after.postings) for move in moves]
    new = [(move, move.after.postings - move.before.postings) for move in moves]
    terms = {posting.term for _, postings in (*ended, *new) for posting in postings}
    if not terms:
        return
    ids = term_ids(connection, terms)
    ended_keys = [
        (*key, move.revision)
        for move, postings in ended
        for key in _keys(move.record, postings, ids)
    ]
    if ended_keys:
        connection.executemany(_END_POSTING, [key[:-1] for key in ended_keys])
        connection.executemany(_ADD_FORMER_POSTING, ended_keys)
    new_keys = [key for move, postings in new for key in _keys(move.record, postings, ids)]
    connection.executemany(_ADD_POSTING, sorted(new_keys))


def _move_spans(connection: sqlite3.Connection, moves: Sequence[Move]) -> None:
    ended = [(move, place) for move in moves for place in move.before.places - move.after.places]
    if ended:
        keys = [(place.lane, place.starts, move.record, move.revision) for move, place in ended]
        connection.executemany(_DROP_NEW_SPAN, keys)
        ends = [(revision, *key) for *key, revision in keys]
        connection.executemany(_END_SPAN, ends)
    add_spans(
        connection,
        (
            (move.record, move.revision, place)
            for move in moves
            for place in move.after.places - move.before.places
        ),
    )


def add_spans(connection: sqlite3.Connection, spans: Iterable[tuple[int, int, SpanEntry]]) -> None:
    """Add spans of records: (record, revision since which it is so, place) of each."""
    connection.executemany(
        _ADD_SPAN,
        [(place.lane, place.starts, record, since, *place[2:]) for record, since, place in spans],
    )


def add_postings(connection: sqlite3.Connection, postings: Iterable[tuple[int, Posting]]) -> None:
    """Add postings of several records at once, in the order of the index."""
    by_record = list(postings)
    ids = term_ids(connection, {posting.term for _, posting in by_record})
    keys = [(ids[posting.term], *posting[1:], record) for record, posting in by_record]
    connection.executemany(_ADD_POSTING, sorted(keys))


def drop_entries(connection: sqlite3.Connection, record: int, entries: Iterable[Entries]) -> None:
    """Drop entries of a record, of now and of before, and terms that no record has any more."""
    all_entries = list(entries)
    places = {(place.lane, place.starts) for version in all_entries for place in version.places}
    connection.executemany(_DROP_SPAN, [(*place, record) for place in places])
    postings = frozenset[Posting]().union(*(version.postings for version in all_entries))
    ids = term_ids(connection, {posting.term for posting in postings})
    connection.executemany(_DROP_POSTING, _keys(record, postings, ids))
    drop_unused_terms(connection, ids.values())


def drop_former_entries(connection: sqlite3.Connection, before: int) -> None:
    """Drop what was so until a revision before `before`: no state shows it any more."""
    connection.execute(_DROP_FORMER_SPANS, (before,))
    terms = connection.execute(_DROP_FORMER_POSTINGS, (before,)).fetchall()
    drop_unused_terms(connection, {term for (term,) in terms})


def drop_unused_terms(connection: sqlite3.Connection, terms: Iterable[int]) -> None:
    """Drop those of some terms that no record has, or had, any more."""
    for number in terms:
        for (term,) in connection.execute(_DROP_TERM, (number,)).fetchall():
            grams = [(gram, number) for gram in grams_of(word_in(term))]
            connection.executemany(_DROP_GRAM, grams)


def term_ids(connection: sqlite3.Connection, terms: set[str]) -> dict[str, int]:
    """Return the numbers of terms, and add those that are new."""
    ids = dict(connection.execute(_TERMS, (json.dumps(list(terms)),)).fetchall())
    for term in sorted(terms - ids.keys()):
        ids[term] = number = connection.execute(_ADD_TERM, (term,)).lastrowid
        if word := word_in(term):
            connection.executemany(_ADD_GRAM, [(gram, number) for gram in grams_of(word)])
    return ids


def _keys(
    record: int, postings: Iterable[Posting], ids: dict[str, int]
) -> list[tuple[int, int, int, int]]:
    return sorted((ids[term], lane, starts, record) for term, lane, starts in postings)

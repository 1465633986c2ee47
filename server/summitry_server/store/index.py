"""The entries by which an index finds a row: the terms it has, and its places in time.

A posting says that a row has a term and stands at a place. Postings of a term are in the order of
time, so that a page of whatever has the term is read from where the page begins. Every facet is a
term, and so are the kind, the calendar and each word of the text.

Words are the runs of letters and digits of a text. A filter looks for a word anywhere in the
text, also inside of another one: `grams_of` finds the words that contain it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from summitry_server.store.contract import Axis, Row, Span, level_of

# Spans no longer than this level (4.6 hours; 3 days) are found by reading as far back in time.
# Longer ones stand in a lane for each level as well; all above TOP (8.5 years) share one.
SHORT = {Axis.INSTANT: 7, Axis.LABEL: 9, Axis.PLACE: 9, Axis.STAY: 9}
TOP = 14

# The lanes of all spans are numbered as their axes. Of rows on neither of the first two axes:
UNDATED, DELETED = 3, 4
_LONG = 16  # and from here on the lanes of long spans, 16 for each axis

# The lanes in which each live row stands at least once, and in one more when it is deleted.
LISTED = (int(Axis.INSTANT), int(Axis.LABEL), UNDATED)

GRAM = 3
MAX_RUN = 32  # characters of a word that a search looks up; the text itself says the rest
_PIECE = 2 * MAX_RUN
# A row of more words has one term in place of them: it is read whenever a word is searched for.
MAX_WORDS = 2000
WORDY = "w"

_RUN = re.compile(r"\w+")


class SpanEntry(NamedTuple):
    """A place in the order of a lane: (lane, start, record), and what is asked of it."""

    lane: int
    starts: int
    ends: int
    sure_starts: int | None
    sure_ends: int | None


def long_lane(axis: Axis, level: int) -> int:
    """Return the lane of the long spans of a level."""
    return _LONG * (1 + axis) + min(level, TOP)


def long_levels(axis: Axis) -> range:
    """Return the levels that have a lane of their own."""
    return range(SHORT[axis] + 1, TOP + 1)


def places_of(
    deleted: bool, modified: int, facets: object, text: str, spans: tuple[Span, ...]
) -> set[SpanEntry]:
    """Return the places of a version of a row; none for a tombstone."""
    if deleted:
        return {_point(DELETED, modified)} if facets or text else set()
    places = {place for span in spans for place in _places(span)}
    if not any(place.lane in LISTED for place in places):
        places.add(_point(UNDATED, 0))
    return places


def _places(span: Span) -> Iterator[SpanEntry]:
    yield SpanEntry(int(span.axis), *span[1:])
    level = level_of(span.start, span.end)
    if level > SHORT[span.axis]:
        yield SpanEntry(long_lane(span.axis, level), *span[1:])


def _point(lane: int, starts: int) -> SpanEntry:
    return SpanEntry(lane, starts, starts + 1, None, None)


def terms_of(row: Row) -> set[str]:
    """Return the terms of a version of a row."""
    return {
        kind_term(row.kind),
        calendar_term(row.calendar),
        *map(facet_term, row.facets),
        *words_of(row.text),
    }


def kind_term(kind: int) -> str:
    """Return the term of a kind."""
    return f"k {kind}"


def calendar_term(calendar: str) -> str:
    """Return the term of a calendar."""
    return f"c {calendar}"


def facet_term(facet: str) -> str:
    """Return the term of a facet."""
    return f"f {facet}"


def words_of(text: str) -> set[str]:
    """Return the terms of the words of a text, or WORDY if they are too many."""
    words = {piece for run in set(_RUN.findall(text)) for piece in _pieces(run)}
    return {WORDY} if len(words) > MAX_WORDS else {f"w {word}" for word in words}


def _pieces(run: str) -> Iterator[str]:
    """Yield a word, or overlapping pieces of a long one: each part of MAX_RUN is in a piece."""
    if len(run) <= _PIECE:
        yield run
        return
    for start in range(0, len(run) - MAX_RUN, MAX_RUN):
        yield run[start : start + _PIECE]


def longest_run(word: str) -> str:
    """Return the part of a word of a filter that a search looks up; "" if there is none."""
    return max(_RUN.findall(word), key=len, default="")[:MAX_RUN]


def word_in(term: str) -> str:
    """Return the word of a term; "" if it is the term of something else."""
    return term[2:] if term.startswith("w ") else ""


def grams_of(word: str) -> set[str]:
    """Return what begins at each letter of a word: GRAM letters, fewer at the end."""
    return {word[start : start + GRAM] for start in range(len(word))}

"""Which postings a condition asks for, and by which of them a page is best read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from math import isqrt
from typing import Any, NamedTuple

from summitry_server.store.contract import Condition
from summitry_server.store.index import (
    GRAM,
    WORDY,
    calendar_term,
    facet_term,
    kind_term,
    longest_run,
)
from summitry_server.store.sqlite import search_sql

# Terms of a group that a page merges. A group of more is read as a whole if it is small.
MOST_MERGED = 8
# Words that contain the letters of a filter, which are looked up; and grams that are compared.
MOST_WORDS = 500
_COMPARED = 64
# Postings by which groups are compared, and those that are read and sorted as a whole.
PROBED = 64
MOST_SORTED = 2_000
_AFTER_ALL = "\U0010ffff"


# Runs a statement and returns all its rows.
Rows = Callable[[str, tuple[object, ...] | Mapping[str, object]], list[tuple[Any, ...]]]


class Group(NamedTuple):
    """The terms of which a record that meets a part of a condition has at least one."""

    terms: tuple[int, ...]
    exact: bool  # whether each record that has one of the terms meets that part
    rest: Condition  # that part, for where the terms are not used


class Groups(NamedTuple):
    """The parts of a condition: those with terms, and what has none."""

    groups: list[Group]
    rest: Condition  # what only the records themselves can say


class PostingPlan(NamedTuple):
    """The groups of a question by use."""

    terms: tuple[int, ...]  # by which it is answered; empty: by time or name alone
    checks: tuple[tuple[int, ...], ...]  # those that postings check
    rest: Condition  # what is asked of the versions themselves


class Range(NamedTuple):
    """A range of a lane; both ends are starts of spans, the second exclusive."""

    lane: int
    first: int
    end: int


def groups_of(rows: Rows, condition: Condition, calendar: str | None) -> Groups | None:
    """Return the groups of a condition; None if no record can meet it, now or before."""
    parts = list(_parts(condition, calendar))
    names = [name for names, _ in parts for name in names]
    wordy = [WORDY] if condition.words else []
    ids: dict[str, int] = {}
    if names or wordy:
        ids.update(rows(search_sql.TERM_IDS, (json.dumps([*names, *wordy]),)))
    groups = [
        Group(tuple(ids[name] for name in names if name in ids), True, rest)
        for names, rest in parts
    ]
    rest = Condition(since=condition.since, without=condition.without)
    for word in condition.words:
        group = _group_of_word(rows, word, ids.get(WORDY))
        if group is None:
            rest = rest._replace(words=(*rest.words, word))
        else:
            groups.append(group)
    return Groups(groups, rest) if all(group.terms for group in groups) else None


def _parts(condition: Condition, calendar: str | None) -> Iterator[tuple[list[str], Condition]]:
    if calendar is not None:
        yield [calendar_term(calendar)], Condition()
    if condition.kinds:
        yield list(map(kind_term, condition.kinds)), Condition(kinds=condition.kinds)
    for facets in condition.facets:
        yield list(map(facet_term, facets)), Condition(facets=(facets,))


def _group_of_word(rows: Rows, word: str, wordy: int | None) -> Group | None:
    """Return the group of a word; None if it has no letters, or is in too many words."""
    run = longest_run(word)
    terms = _words_with(rows, run) if run else None
    if terms is None:
        return None
    if wordy is None:
        return Group(terms, run == word, Condition(words=(word,)))
    return Group((*terms, wordy), False, Condition(words=(word,)))


def _words_with(rows: Rows, run: str) -> tuple[int, ...] | None:
    """Return the terms of the words that contain a run of letters; None if they are too many."""
    if len(run) <= GRAM:
        values: dict[str, object] = {"run": run, "after": run + _AFTER_ALL}
        words = rows(search_sql.WORDS_OF_SHORT_RUN, values | {"limit": MOST_WORDS + 1})
    else:
        words = rows(
            search_sql.WORDS_OF_RUN,
            {"gram": _rarest(rows, run), "run": run, "limit": MOST_WORDS + 1},
        )
    return None if len(words) > MOST_WORDS else tuple(term for (term,) in words)


def _rarest(rows: Rows, run: str) -> str:
    """Return the gram of a run that fewest words have, as far as they are counted."""
    grams = {run[start : start + GRAM] for start in range(len(run) - GRAM + 1)}
    return min(
        sorted(grams), key=lambda gram: rows(search_sql.COUNT_OF_GRAM, (gram, _COMPARED))[0][0]
    )


def choose(
    rows: Rows, parts: Groups, searched: Range, *, past: bool, descending: bool
) -> PostingPlan:
    """Choose the group by which a range of time is read.

    Of now alone postings can check a group, or say all of it.
    """
    merged = [group for group in parts.groups if len(group.terms) <= MOST_MERGED]
    narrowest = _narrowest(rows, parts.groups, merged, searched, descending)
    checks, rest = [], parts.rest
    for group in parts.groups:
        if past or not group.exact or (group is not narrowest and group not in merged):
            rest = _joined(rest, group.rest)
        elif group is not narrowest:
            checks.append(group.terms)
    return PostingPlan(narrowest.terms if narrowest else (), tuple(checks), rest)


def _narrowest(
    rows: Rows, groups: list[Group], merged: list[Group], searched: Range, descending: bool
) -> Group | None:
    if len(merged) > 1:
        # The group of which as many postings reach furthest in time is the rarest there.
        reach = min if descending else max
        return reach(merged, key=lambda group: _reach(rows, group, searched, descending))
    if merged or not groups:
        return merged[0] if merged else None
    smallest = min(groups, key=lambda group: _count(rows, group, searched))
    return smallest if _count(rows, smallest, searched) <= MOST_SORTED else None


def _reach(rows: Rows, group: Group, searched: Range, descending: bool) -> int:
    """Return the start of the posting number PROBED of a group, about; the end if it has less."""
    values = {"lane": searched.lane, "from": searched.first, "to": searched.end}
    statement = search_sql.probe(descending=descending)
    end = searched.first if descending else searched.end
    probes = [
        rows(statement, values | {"term": term, "offset": PROBED}) or [(end,)]
        for term in group.terms
    ]
    return int((max if descending else min)(start for [(start,)] in probes))


def _count(rows: Rows, group: Group, searched: Range) -> int:
    values = {"lane": searched.lane, "from": searched.first, "to": searched.end}
    terms = {"terms": json.dumps(group.terms), "limit": MOST_SORTED + 1}
    return int(rows(search_sql.COUNT_IN_RANGE, values | terms)[0][0])


def rarest(rows: Rows, parts: Groups, lanes: str, limit: int) -> tuple[int, ...] | None:
    """Return the terms of the group with fewest postings, by which a list is read.

    None if every record in the order of names is better read until `limit` are in the list. Each
    group is counted a little further in each round, so that a rare one is known early.
    """
    for most in _rounds(rows, limit) if parts.groups else ():
        for group in parts.groups:
            values = {"terms": json.dumps(group.terms), "lanes": lanes, "limit": most}
            if rows(search_sql.COUNT_IN_LANES, values)[0][0] < most:
                return group.terms
    return None


def _rounds(rows: Rows, limit: int) -> Iterator[int]:
    """Yield how far the postings of groups are counted.

    A record of a group costs twice what one in the order of names does. If there are n of the
    group, evenly spread among N, a page of names reads limit * N / n records: so n records are
    fewer up to the root of limit * N, with that factor.
    """
    last = rows(search_sql.LAST_RECORD, ())
    most = isqrt(limit * (last[0][0] if last else 0) // 2) + 1
    yield from (count for count in (100, 1_000) if count < most)
    yield most


def _joined(first: Condition, second: Condition) -> Condition:
    """Return a condition that asks for two of which the parts do not overlap."""
    return first._replace(
        kinds=first.kinds + second.kinds,
        facets=first.facets + second.facets,
        words=first.words + second.words,
    )

"""Searching the records of a snapshot: by name, in windows of time, now or as of a revision."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from heapq import nlargest, nsmallest
from operator import attrgetter
from typing import Any, NamedTuple

from summitry_server.store.contract import (
    LAST_NAME,
    Condition,
    NamedFrame,
    Row,
    Window,
    WindowMatch,
)
from summitry_server.store.index import DELETED, LISTED
from summitry_server.store.matching import admits, found_in
from summitry_server.store.sqlite import search_sql
from summitry_server.store.sqlite.columns import NAMED_VERSION, ROW, to_row
from summitry_server.store.sqlite.frame_cache import FrameCache
from summitry_server.store.sqlite.groups import (
    MOST_MERGED,
    Groups,
    PostingPlan,
    choose,
    groups_of,
    rarest,
)
from summitry_server.store.sqlite.log import Statements, first_of, names_in
from summitry_server.store.sqlite.windows import Key, WindowPart, parts_of

Values = dict[str, Any]


class SqliteRecords(Statements):
    """The records at one revision, read through SQL."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        revision: int,
        *,
        past: bool,
        frames: FrameCache | None = None,
    ) -> None:
        """Read as of a revision. `past`: it may be another than that of the snapshot.

        `frames` is for readers of what is committed: the number of a version may be used again
        when the write that made it fails.
        """
        Statements.__init__(self, connection)
        self._cache = frames
        self._revision = revision
        self._past = past
        self._at = {"revision": revision, "bound": first_of(revision + 1)} if past else {}

    @property
    def revision(self) -> int:
        """Return the revision of these records."""
        return self._revision

    def get(self, name: str) -> Row | None:
        """Return the row of that name, deleted or not."""
        rows = self._rows(search_sql.get(past=self._past), self._at | {"name": name})
        return to_row(rows[0]) if rows else None

    def get_many(self, names: Sequence[str]) -> list[Row | None]:
        """Return the rows of those names, in their order."""
        values = self._at | {"names": json.dumps(names)}
        rows = map(to_row, self._rows(search_sql.get_many(past=self._past), values))
        return list(map({row.name: row for row in rows}.get, names))

    def frames_of(self, names: Sequence[str]) -> list[bytes | None]:
        """Return the frames of those names, in their order."""
        values = self._at | {"names": json.dumps(names)}
        versions = dict(self._rows(search_sql.versions_of(past=self._past), values))
        frames = self._frames(list(versions.values()))
        return [frames[versions[name]] if name in versions else None for name in names]

    def page(
        self,
        kind: int,
        calendar: str | None,
        after: str,
        limit: int,
        condition: Condition,
        *,
        show_deleted: bool = False,
        descending: bool = False,
    ) -> list[Row]:
        """Return rows of a kind in the order of names.

        By the postings of a part of the condition that few records meet, else from an index in
        that order.
        """
        columns = self._listed(kind, calendar, after, limit, condition, show_deleted, descending)
        rows = list(map(to_row, columns))
        for row in self._few(kind, calendar, condition, show_deleted):
            if _follows(row.name, after, descending):
                rows.append(row)
                rows.sort(key=attrgetter("name"), reverse=descending)
        return rows[:limit]

    def named_frames(
        self,
        kind: int,
        calendar: str | None,
        after: str,
        limit: int,
        condition: Condition,
        *,
        show_deleted: bool = False,
        descending: bool = False,
    ) -> list[NamedFrame]:
        """Return the names and frames of what `page` returns, without purged records."""
        versions = self._listed(
            kind, calendar, after, limit, condition, show_deleted, descending, versions_only=True
        )
        frames = self._frames([version for _, version in versions])
        listed_frames = [NamedFrame(name, frames[version]) for name, version in versions]
        for row in self._few(kind, calendar, condition, show_deleted):
            if not row.purged and _follows(row.name, after, descending):
                listed_frames.append(NamedFrame(row.name, row.frame))
                listed_frames.sort(reverse=descending)
        return listed_frames[:limit]

    def _listed(
        self,
        kind: int,
        calendar: str | None,
        after: str,
        limit: int,
        condition: Condition,
        show_deleted: bool,
        descending: bool,
        *,
        versions_only: bool = False,
    ) -> list[tuple[Any, ...]]:
        """Return the columns of listed rows, or names and versions of those not purged."""
        question = self._list(calendar, limit, condition, show_deleted)
        if question is None:
            return []
        listed, values = question
        listed = listed._replace(show_purged=not versions_only)
        columns = NAMED_VERSION if versions_only else ROW
        shape = search_sql.shape_of(condition)
        text = search_sql.page(listed, shape, descending=descending, columns=columns)
        values |= {"after": after or (LAST_NAME if descending else "")}
        return self._rows(text, values | {"kind": kind, "limit": limit})

    def count(
        self,
        kind: int,
        calendar: str | None,
        limit: int,
        condition: Condition,
        *,
        show_deleted: bool = False,
    ) -> int:
        """Return how many rows of a kind there are, read as `page` reads them."""
        few = self._few(kind, calendar, condition, show_deleted)
        counted = sum(not row.purged for row in few)
        if (question := self._list(calendar, limit, condition, show_deleted)) is not None:
            listed, values = question
            text = search_sql.count(listed, search_sql.shape_of(condition))
            counted += self._rows(text, values | {"kind": kind, "limit": limit})[0][0]
        return min(limit, counted)

    def within(
        self,
        window: Window,
        calendar: str | None,
        after: Key | None,
        limit: int,
        condition: Condition,
        *,
        descending: bool = False,
    ) -> list[WindowMatch]:
        """Return live rows in a window: those in progress at its start, and those that begin in it.

        The second begin after the first, so the parts are read one after the other.
        """
        if condition.uids:
            matches = (
                match
                for match in self._of_uids(window, calendar, condition)
                if after is None or (match[:2] < after if descending else match[:2] > after)
            )
            return (nlargest if descending else nsmallest)(limit, matches)
        groups = self._groups(condition, calendar)
        rows: list[tuple[Any, ...]] = []
        for part in parts_of(window)[:: -1 if descending else 1]:
            following = part.after(after, descending)
            if groups and len(rows) < limit and following.ranges(window):
                question = self._question(window, calendar, groups, following, descending)
                arms, shape, values = question.bound(limit - len(rows))
                rows += self._rows(search_sql.within(arms, shape), values)
        frames = self._frames([row[-1] for row in rows])
        return [
            WindowMatch(start, name, kind, end, certain == 1, frames[version])
            for start, name, kind, end, certain, version in rows
        ]

    def count_within(
        self, window: Window, calendar: str | None, limit: int, condition: Condition
    ) -> int:
        """Return how many live rows are in a window."""
        if condition.uids:
            return min(limit, sum(1 for _ in self._of_uids(window, calendar, condition)))
        groups = self._groups(condition, calendar)
        counted = 0
        for part in parts_of(window):
            if groups and counted < limit and part.ranges(window):
                question = self._question(window, calendar, groups, part, False)
                arms, shape, values = question.bound(limit - counted)
                counted += self._rows(search_sql.count_within(arms, shape), values)[0][0]
        return counted

    def _frames(self, versions: list[int]) -> dict[int, bytes]:
        """Return the frames of versions, from the cache as far as it has them."""
        cached = {} if self._cache is None else self._cache.get(versions)
        missing = [version for version in versions if version not in cached]
        if not missing:
            return cached
        read = dict(self._rows(search_sql.FRAMES, (json.dumps(missing),)))
        if self._cache is not None:
            self._cache.put(read)
        return cached | read

    def _groups(self, condition: Condition, calendar: str | None) -> Groups | None:
        """Return the groups of a condition; None if no record meets it."""
        search_sql.shape_of(condition)
        return groups_of(self._rows, condition, calendar)

    def _question(
        self,
        window: Window,
        calendar: str | None,
        groups: Groups,
        part: WindowPart,
        descending: bool,
    ) -> WindowQuery:
        """Return how a part of a window is read."""
        searched = part.whole(window)
        choice = choose(self._rows, groups, searched, past=self._past, descending=descending)
        return WindowQuery(window, calendar, choice, part, descending, self._at)

    def _list(
        self, calendar: str | None, limit: int, condition: Condition, show_deleted: bool
    ) -> tuple[search_sql.List, Values] | None:
        """Return how a list is read; None if no record meets the condition, or few alone can."""
        groups = self._groups(condition._replace(kinds=()), None)
        if condition.uids or groups is None:
            return None
        lanes = json.dumps((*LISTED, DELETED) if show_deleted else LISTED)
        terms = rarest(self._rows, groups, lanes, limit)
        values = search_sql.values_of(condition) | self._at
        values |= {"lanes": lanes, "terms": json.dumps(terms)}
        if calendar is not None:
            values["first"], values["last"] = names_in(calendar, "")
        of_calendar = calendar is not None
        return search_sql.List(self._past, terms is not None, of_calendar, show_deleted), values

    def _few(
        self, kind: int, calendar: str | None, condition: Condition, show_deleted: bool
    ) -> list[Row]:
        """Return the rows of a list that are no range of names: a calendar itself, or by uid."""
        if condition.uids:
            rows = self._with_uids(condition)
        else:
            rows = [self.get(calendar)] if calendar is not None else []
        return [
            row
            for row in rows
            if row is not None
            and row.kind == kind
            and calendar in (None, row.calendar)
            and (show_deleted or not row.deleted)
            and admits(condition, row)
        ]

    def _of_uids(
        self, window: Window, calendar: str | None, condition: Condition
    ) -> Iterator[WindowMatch]:
        for row in self._with_uids(condition):
            in_calendar = row is not None and calendar in (None, row.calendar)
            if row is not None and in_calendar and not row.deleted and admits(condition, row):
                yield from found_in(row, window)

    def _with_uids(self, condition: Condition) -> list[Row | None]:
        holders = self._rows(search_sql.HOLDERS, (json.dumps(condition.uids),))
        return self.get_many([name for (name,) in holders])


def _follows(name: str, after: str, descending: bool) -> bool:
    return not after or (name < after if descending else name > after)


class WindowQuery(NamedTuple):
    """A part of a window as a statement and its values."""

    window: Window
    calendar: str | None
    choice: PostingPlan
    part: WindowPart
    descending: bool
    at: Values

    def bound(self, limit: int) -> tuple[search_sql.Arms, search_sql.Shape, Values]:
        """Return the form of the statement, and its values."""
        ranges = self.part.ranges(self.window)
        terms, checks, rest = self.choice
        merged = len(terms) <= MOST_MERGED
        arms = search_sql.Arms(
            len(ranges),
            self.part.begun,
            len(terms) if merged else search_sql.ANY,
            tuple(map(len, checks)),
            bool(self.at),
            self.window.possible,
            self.calendar is not None,
            self.descending,
        )
        values: Values = {
            **search_sql.values_of(rest),
            **self.at,
            "calendar": self.calendar,
            "start": self.window.start,
            "end": self.window.end,
            "low_start": self.part.low[0],
            "low_name": self.part.low[1],
            "high_start": self.part.high[0],
            "high_name": self.part.high[1],
            "limit": limit,
            "terms": json.dumps(terms),
        }
        values |= {f"term{number}": term for number, term in enumerate(terms)}
        for group, checked in enumerate(checks):
            values |= {f"check{group}_{number}": term for number, term in enumerate(checked)}
        for number, (lane, first, end) in enumerate(ranges):
            values |= {f"lane{number}": lane, f"from{number}": first, f"to{number}": end}
        return arms, search_sql.shape_of(rest), values

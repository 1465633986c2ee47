"""The records at an earlier revision, with the queries that the present ones answer.

The store has indexes of present records only; earlier versions it finds by name. So an earlier
state is read version by version and indexed in memory. The last few states are cached, because
the pages of one list ask for the same state again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import nlargest, nsmallest
from operator import attrgetter
from threading import Lock
from typing import NamedTuple

from cachetools import FIFOCache

from summitry.kinds import BY_NUMBER
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.zones import TzDb
from summitry_server.domain.records.records import indexed
from summitry_server.store.contract import Condition, Reader, Row, Version, Window, WindowMatch
from summitry_server.store.matching import admits, found_in
from summitry_server.wire import frames as wire
from summitry_server.wire.refusals import ALONE, RefusedError

PAGE = 1000
# The most records that one query of the past reads: each is parsed and indexed.
MAX_RECORDS = 20_000
STATES = 2


class _State(NamedTuple):
    """The key of a cached state: revision, kind and calendar of its records."""

    head: int  # the newest revision: a purge removes versions, and raises it
    revision: int
    kind: int | None
    calendar: str | None


class PastStates:
    """Reader of the earlier states of one store; safe for threads."""

    def __init__(self, db: TzDb) -> None:
        self._db = db
        self._states: FIFOCache[_State, Sequence[Row]] = FIFOCache(STATES)
        self._lock = Lock()

    def at(self, reader: Reader, revision: int) -> PastRecords:
        """Return the records at a revision; exact from the one before `reader.earliest()` on."""
        return PastRecords(self, reader, revision)

    def row(self, version: Version) -> Row:
        """Return the row of a version, with the index entries it had when it was the latest."""
        record = wire.unframe(BY_NUMBER[version.kind].message, version.frame)
        return indexed(record, self._db, version.frame)

    def rows(
        self, reader: Reader, revision: int, kind: int | None, calendar: str | None
    ) -> Sequence[Row]:
        """Return all rows, deleted ones too. Raises RefusedError TOO_MANY_VALUES."""
        key = _State(reader.revision, revision, kind, calendar)
        with self._lock:
            cached = self._states.get(key)
        if cached is not None:
            return cached
        rows = list(self._read(reader, key))
        with self._lock:
            self._states[key] = rows
        return rows

    def _read(self, reader: Reader, key: _State) -> Iterator[Row]:
        after, versions_read = "", 0
        while versions := reader.snapshot_at(key.kind, key.calendar, key.revision, after, PAGE):
            versions_read += len(versions)
            if versions_read > MAX_RECORDS:
                raise _too_many()
            yield from map(self.row, versions)
            after = versions[-1].name


class PastRecords:
    """The records at one revision, as store.contract.Records."""

    def __init__(self, past: PastStates, reader: Reader, revision: int) -> None:
        self._past = past
        self._reader = reader
        self._revision = revision

    @property
    def revision(self) -> int:
        """Return the revision of this state."""
        return self._revision

    def get(self, name: str) -> Row | None:
        """Return the row of a name, deleted or not; None if there was none."""
        version = self._reader.version_at(name, self._revision)
        return self._past.row(version) if version else None

    def get_many(self, names: Sequence[str]) -> list[Row | None]:
        """Return the rows of names, in the same order; None for a name without a row."""
        return [self.get(name) for name in names]

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
        """Return up to `limit` rows of a kind in the order of names, those after `after`."""
        if descending:
            return self._page_from_end(kind, calendar, after, limit, condition, show_deleted)
        rows: list[Row] = []
        versions_read = 0
        while len(rows) < limit:
            versions = self._reader.snapshot_at(kind, calendar, self._revision, after, limit)
            for version in versions:
                row = self._past.row(version)
                if _shows(row, condition, show_deleted):
                    rows.append(row)
            if len(versions) < limit:
                break
            after, versions_read = versions[-1].name, versions_read + len(versions)
            if versions_read > MAX_RECORDS:
                raise _too_many()
        return rows[:limit]

    def _page_from_end(
        self,
        kind: int,
        calendar: str | None,
        after: str,
        limit: int,
        condition: Condition,
        show_deleted: bool,
    ) -> list[Row]:
        """Return rows in the reverse order of names, in which the log cannot be read."""
        rows = self._past.rows(self._reader, self._revision, kind, calendar)
        matches = (row for row in rows if _shows(row, condition, show_deleted))
        before = (row for row in matches if not after or row.name < after)
        return nlargest(limit, before, key=attrgetter("name"))

    def count(
        self,
        kind: int,
        calendar: str | None,
        limit: int,
        condition: Condition,
        *,
        show_deleted: bool = False,
    ) -> int:
        """Return how many rows of a kind there were, at most `limit`."""
        rows = self._past.rows(self._reader, self._revision, kind, calendar)
        matches = (row for row in rows if _shows(row, condition, show_deleted))
        return min(limit, sum(not row.purged for row in matches))

    def count_within(
        self, window: Window, calendar: str | None, limit: int, condition: Condition
    ) -> int:
        """Return how many live rows were in a window, at most `limit`."""
        return min(limit, sum(1 for _ in self._in_window(window, calendar, condition)))

    def within(
        self,
        window: Window,
        calendar: str | None,
        after: tuple[int, str] | None,
        limit: int,
        condition: Condition,
        *,
        descending: bool = False,
    ) -> list[WindowMatch]:
        """Return up to `limit` live rows in a window by (start, name), those after `after`."""
        matches = (
            match
            for match in self._in_window(window, calendar, condition)
            if after is None or (match[:2] < after if descending else match[:2] > after)
        )
        return (nlargest if descending else nsmallest)(limit, matches)

    def _in_window(
        self, window: Window, calendar: str | None, condition: Condition
    ) -> Iterator[WindowMatch]:
        kind = condition.kinds[0] if len(condition.kinds) == 1 else None
        for row in self._past.rows(self._reader, self._revision, kind, calendar):
            if _shows(row, condition, show_deleted=False):
                yield from found_in(row, window)


def _shows(row: Row, condition: Condition, show_deleted: bool) -> bool:
    return (show_deleted or not row.deleted) and admits(condition, row)


def _too_many() -> RefusedError:
    return RefusedError(
        ErrorReason.ERROR_REASON_TOO_MANY_VALUES,
        f"more than {MAX_RECORDS} records would have to be read as they were: "
        "ask for one calendar or kind",
        "as_of",
        lead=ALONE,
        limit=MAX_RECORDS,
    )

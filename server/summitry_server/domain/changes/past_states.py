"""The records as they were at an earlier revision, found by the same questions as those of now.

The store finds what is now by its indexes, and what was by name alone. So what was is read version
by version and indexed in memory; the last few states are kept, since questions come in pages.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from heapq import nsmallest
from threading import Lock
from typing import NamedTuple

from summitry.kinds import BY_NUMBER
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.zones import TzDb
from summitry_server.domain.records.records import indexed
from summitry_server.store.contract import Condition, Found, Reader, Row, Version, Window
from summitry_server.store.matching import admits, found_in
from summitry_server.wire import frames as wire
from summitry_server.wire.refusals import ALONE, RefusedError

PAGE = 1000
# How many records one question of the past may look at; each is parsed and indexed.
MOST = 20_000
STATES = 2


class _State(NamedTuple):
    """Which records were indexed: of which revision, kind and calendar, as the log had them."""

    head: int  # a purge takes from the past, and raises the head
    revision: int
    kind: int | None
    calendar: str | None


class Past:
    """Reads earlier states of one store."""

    def __init__(self, db: TzDb) -> None:
        self._db = db
        self._states: OrderedDict[_State, Sequence[Row]] = OrderedDict()
        self._lock = Lock()

    def at(self, reader: Reader, revision: int) -> PastRecords:
        """The records at a revision; exact from the revision before `reader.earliest()` on."""
        return PastRecords(self, reader, revision)

    def row(self, version: Version) -> Row:
        """The row of a version: what it was found by when it was the latest."""
        record = wire.unframe(BY_NUMBER[version.kind].message, version.frame)
        return indexed(record, self._db, version.frame)

    def rows(
        self, reader: Reader, revision: int, kind: int | None, calendar: str | None
    ) -> Sequence[Row]:
        """All rows that were live. Raises RefusedError TOO_MANY_VALUES."""
        key = _State(reader.revision, revision, kind, calendar)
        with self._lock:
            kept = self._states.get(key)
        if kept is not None:
            return kept
        rows = list(self._live(reader, key))
        with self._lock:
            self._states[key] = rows
            while len(self._states) > STATES:
                self._states.popitem(last=False)
        return rows

    def _live(self, reader: Reader, key: _State) -> Iterator[Row]:
        after, seen = "", 0
        while versions := reader.snapshot_at(key.kind, key.calendar, key.revision, after, PAGE):
            seen += len(versions)
            if seen > MOST:
                raise _too_many()
            yield from (self.row(version) for version in versions if not version.deleted)
            after = versions[-1].name


class PastRecords:
    """The records at one revision (store.contract.Records)."""

    def __init__(self, past: Past, reader: Reader, revision: int) -> None:
        self._past = past
        self._reader = reader
        self._revision = revision

    @property
    def revision(self) -> int:
        """The revision of this state."""
        return self._revision

    def get(self, name: str) -> Row | None:
        """The row of that name, deleted or not."""
        version = self._reader.version_at(name, self._revision)
        return self._past.row(version) if version else None

    def get_many(self, names: Sequence[str]) -> list[Row | None]:
        """The rows of those names, in their order."""
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
    ) -> list[Row]:
        """Rows of a kind in the order of names, those after `after`."""
        found: list[Row] = []
        seen = 0
        while len(found) < limit:
            versions = self._reader.snapshot_at(kind, calendar, self._revision, after, limit)
            for version in versions:
                if show_deleted or not version.deleted:
                    row = self._past.row(version)
                    if admits(condition, row):
                        found.append(row)
            if len(versions) < limit:
                break
            after, seen = versions[-1].name, seen + len(versions)
            if seen > MOST:
                raise _too_many()
        return found[:limit]

    def within(
        self,
        window: Window,
        calendar: str | None,
        after: tuple[int, str] | None,
        limit: int,
        condition: Condition,
    ) -> list[Found]:
        """Live rows in a window in the order (start, name), those after `after`."""
        kind = condition.kinds[0] if len(condition.kinds) == 1 else None
        rows = self._past.rows(self._reader, self._revision, kind, calendar)
        found = (
            item
            for row in rows
            if admits(condition, row)
            for item in found_in(row, window)
            if after is None or (item.start, item.name) > after
        )
        return nsmallest(limit, found)


def _too_many() -> RefusedError:
    return RefusedError(
        ErrorReason.ERROR_REASON_TOO_MANY_VALUES,
        f"more than {MOST} records would have to be read as they were: ask of one calendar or kind",
        "as_of",
        lead=ALONE,
        limit=MOST,
    )

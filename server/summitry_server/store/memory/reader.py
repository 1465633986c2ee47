"""A state of the engine in memory, and the reader that searches it by looking at every row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest, nsmallest
from operator import attrgetter

from summitry_server.store.contract import (
    CalendarHead,
    Condition,
    LocalTimeEntry,
    NamedFrame,
    Row,
    StoredLocalTime,
    Token,
    Window,
    WindowMatch,
)
from summitry_server.store.matching import admits, found_in
from summitry_server.store.memory.log import Log, LogReader


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything in the store at one revision; never changed once readers can see it."""

    revision: int
    rows: dict[str, Row]  # by name, without their readings
    local_times: dict[str, tuple[LocalTimeEntry, ...]]  # by name
    names: dict[str, str]  # by uid
    log: Log
    tokens: dict[str, Token]  # by id
    settings: dict[str, str]  # by name


class MemoryReader(LogReader):
    """One snapshot, searched."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @property
    def revision(self) -> int:
        """Return the revision of this snapshot."""
        return self._snapshot.revision

    @property
    def log(self) -> Log:
        """Return the log as it was at this revision."""
        return self._snapshot.log

    def at(self, revision: int) -> MemoryReader:
        """Return the records as they were at a revision."""
        rows = self.rows_at(revision)
        return MemoryReader(replace(self._snapshot, revision=revision, rows=rows))

    def setting(self, name: str) -> str:
        """Return the value of a setting; empty if there is none."""
        return self._snapshot.settings.get(name, "")

    def get(self, name: str) -> Row | None:
        """Return the row of that name, deleted or not."""
        return self._snapshot.rows.get(name)

    def get_many(self, names: Sequence[str]) -> list[Row | None]:
        """Return the rows of those names, in their order."""
        return [self.get(name) for name in names]

    def frames_of(self, names: Sequence[str]) -> list[bytes | None]:
        """Return the frames of those names, in their order."""
        rows = self.get_many(names)
        return [None if row is None or row.purged else row.frame for row in rows]

    def holder(self, uid: str) -> str | None:
        """Return the name of the row that has this uid."""
        return self._snapshot.names.get(uid)

    def holders_below(self, uid: str, limit: int) -> list[str]:
        """Return the names of rows whose uid begins with this uid and "/", in the order of uids."""
        names = self._snapshot.names
        below = sorted(key for key in names if key.startswith(f"{uid}/") and key != f"{uid}/")
        return [names[key] for key in below[:limit]]

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
        """Return rows of a kind in the order of names."""
        rows = (
            row
            for row in self._of_kind(kind, calendar, condition, show_deleted)
            if not after or (row.name < after if descending else row.name > after)
        )
        return (nlargest if descending else nsmallest)(limit, rows, key=attrgetter("name"))

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
        """Return the names and frames of rows that are not purged, in the order of names."""
        frames = (
            NamedFrame(row.name, row.frame)
            for row in self._of_kind(kind, calendar, condition, show_deleted)
            if not row.purged
            and (not after or (row.name < after if descending else row.name > after))
        )
        return (nlargest if descending else nsmallest)(limit, frames)

    def count(
        self,
        kind: int,
        calendar: str | None,
        limit: int,
        condition: Condition,
        *,
        show_deleted: bool = False,
    ) -> int:
        """Return how many rows of a kind there are."""
        rows = self._of_kind(kind, calendar, condition, show_deleted)
        return min(limit, sum(not row.purged for row in rows))

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
        """Return live rows in a window, in the order of their starts."""
        matches = (
            match
            for match in self._in_window(window, calendar, condition)
            if after is None or (match[:2] < after if descending else match[:2] > after)
        )
        return (nlargest if descending else nsmallest)(limit, matches)

    def count_within(
        self, window: Window, calendar: str | None, limit: int, condition: Condition
    ) -> int:
        """Return how many live rows are in a window."""
        return min(limit, sum(1 for _ in self._in_window(window, calendar, condition)))

    def contents(self, calendar: str) -> list[Row]:
        """Return all live rows of a calendar but itself, in the order of names."""
        rows = (row for row in self._of(calendar) if not row.deleted and row.name != calendar)
        return sorted(rows, key=attrgetter("name"))

    def deleted(self, before: int, limit: int) -> list[str]:
        """Return the names of records deleted before that time and not purged."""
        rows = (
            row for row in self._of(None) if row.deleted and row.facets and row.modified < before
        )
        return [row.name for row in nsmallest(limit, rows, key=attrgetter("modified", "name"))]

    def state(self, calendar: str) -> CalendarHead | None:
        """Return the state of a calendar; None when it never existed, or is deleted."""
        itself = self.get(calendar)
        if itself is None or itself.deleted:
            return None
        last = max(self._of(calendar), key=attrgetter("revision"))
        return CalendarHead(last.revision, self.log.versions[last.name][-1].entry.time)

    def token(self, digest: bytes) -> Token | None:
        """Return the token of that digest; None if there is none."""
        tokens = self._snapshot.tokens.values()
        return next((token for token in tokens if token.digest == digest), None)

    def tokens(self, owner: str) -> list[Token]:
        """Return all tokens of a row, in their order."""
        tokens = (token for token in self._snapshot.tokens.values() if token.owner == owner)
        return sorted(tokens, key=attrgetter("created", "id"))

    def zone_fingerprints(self) -> list[tuple[str, str]]:
        """Return the rules that resolve live rows."""
        live = self._live_readings(None)
        return sorted({(reading.entry.zone, reading.entry.fingerprint) for reading in live})

    def local_times(
        self,
        zone: str,
        after_until: int,
        cursor: tuple[int, str, str] | None,
        limit: int,
        *,
        calendar: str | None = None,
        except_fingerprint: str | None = None,
    ) -> list[StoredLocalTime]:
        """Return local times of live rows, in the order of until, name and field."""
        readings = (
            reading
            for reading in self._live_readings(calendar)
            if reading.entry.zone == zone
            and reading.entry.until > after_until
            and reading.entry.fingerprint != except_fingerprint
            and (cursor is None or _place(reading) > cursor)
        )
        return nsmallest(limit, readings, key=_place)

    def _live_readings(self, calendar: str | None) -> Iterator[StoredLocalTime]:
        for row in self._of(calendar):
            if not row.deleted:
                yield from (
                    StoredLocalTime(row.name, reading)
                    for reading in self._snapshot.local_times[row.name]
                )

    def _in_window(
        self, window: Window, calendar: str | None, condition: Condition
    ) -> Iterator[WindowMatch]:
        for row in self._of(calendar):
            if not row.deleted and admits(condition, row):
                yield from found_in(row, window)

    def _of_kind(
        self, kind: int, calendar: str | None, condition: Condition, show_deleted: bool
    ) -> Iterator[Row]:
        return (
            row
            for row in self._of(calendar)
            if row.kind == kind and (show_deleted or not row.deleted) and admits(condition, row)
        )

    def _of(self, calendar: str | None) -> Iterator[Row]:
        rows = self._snapshot.rows.values()
        return (row for row in rows if calendar is None or row.calendar == calendar)


def _place(reading: StoredLocalTime) -> tuple[int, str, str]:
    return (reading.entry.until, reading.name, reading.entry.field)

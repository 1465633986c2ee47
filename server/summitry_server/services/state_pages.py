"""The records of one state of the store, page by page.

Each page is a snapshot of its own, so that a slow reader holds nothing back in the store. While the
store does not move its rows are that state; afterwards the log has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from summitry.kinds import BY_NUMBER
from summitry_server.context import Backend
from summitry_server.domain.changes.views import in_time
from summitry_server.domain.deletion import is_purged
from summitry_server.services.as_of import check_kept
from summitry_server.store.contract import Condition, Reader, Row, Version, Window
from summitry_server.store.matching import admits
from summitry_server.wire import frames as wire

PAGE = 200


class StateRecord(NamedTuple):
    """A record as it was in a state."""

    name: str
    kind: int
    calendar: str
    frame: bytes


class StatePage(NamedTuple):
    """Records of a state in the order of names, and the snapshot that they were read from."""

    records: list[StateRecord]
    reader: Reader  # while the page is the last one that was given


class ExportSelection(NamedTuple):
    """The records that are asked for."""

    calendar: str | None  # None: all
    condition: Condition
    windows: tuple[Window, ...]  # in any of them; empty: at any time, and without a time too
    show_deleted: bool

    def admits(self, row: Row) -> bool:
        """Return whether a row is asked for, whatever its calendar."""
        return admits(self.condition, row) and in_time(self.windows, row)

    @property
    def is_everything(self) -> bool:
        """Return whether all records are asked for that are not deleted."""
        return self.condition == Condition() and not self.windows


class StatePages:
    """The pages of one state."""

    def __init__(self, backend: Backend, revision: int, check: Callable[[], None]) -> None:
        """Create the pages; `check` raises when nobody waits for them any more."""
        self._backend = backend
        self._revision = revision
        self._check = check

    def pages(self, kind: int, after: str, selection: ExportSelection) -> Iterator[StatePage]:
        """Yield the records of a kind after a name. Raises RefusedError HISTORY_GONE."""
        more = True
        while more:
            self._check()
            with self._backend.store.read() as reader:
                check_kept(reader, self._revision)
                is_present = reader.revision == self._revision
                read = self._present if is_present else self._past
                records, last, more = read(reader, kind, after, selection)
                after = last or after
                yield StatePage(records, reader)

    def _present(
        self, reader: Reader, kind: int, after: str, selection: ExportSelection
    ) -> tuple[list[StateRecord], str, bool]:
        calendar, condition, windows, show_deleted = selection
        rows = reader.page(kind, calendar, after, PAGE, condition, show_deleted=show_deleted)
        records = [
            StateRecord(row.name, row.kind, row.calendar, row.frame)
            for row in rows
            if not row.purged and in_time(windows, row)
        ]
        return records, rows[-1].name if rows else "", len(rows) == PAGE

    def _past(
        self, reader: Reader, kind: int, after: str, selection: ExportSelection
    ) -> tuple[list[StateRecord], str, bool]:
        versions = reader.snapshot_at(kind, selection.calendar, self._revision, after, PAGE)
        records = [
            StateRecord(version.name, version.kind, version.calendar, version.frame)
            for version in versions
            if self._selects(version, selection)
        ]
        return records, versions[-1].name if versions else "", len(versions) == PAGE

    def _selects(self, version: Version, selection: ExportSelection) -> bool:
        if version.deleted and not selection.show_deleted:
            return False
        record = BY_NUMBER[version.kind].message
        if version.deleted and is_purged(wire.unframe(record, version.frame)):
            return False
        # Index entries are made anew for a version, which takes longer than all else here.
        return selection.is_everything or selection.admits(self._backend.past.row(version))

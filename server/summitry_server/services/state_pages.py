"""The records of one state of the store, page by page.

Each page is a snapshot of its own, so that a slow reader holds nothing back in the store. While the
store does not move its rows are that state; afterwards the log has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from summitry_server.context import Backend
from summitry_server.domain.changes.views import in_time
from summitry_server.services.as_of import check_kept
from summitry_server.store.contract import Condition, Reader, Window

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
                state = reader if is_present else reader.at(self._revision)
                calendar, condition, windows, show_deleted = selection
                rows = state.page(kind, calendar, after, PAGE, condition, show_deleted=show_deleted)
                more = len(rows) == PAGE
                after = rows[-1].name if rows else after
                records = [
                    StateRecord(row.name, row.kind, row.calendar, row.frame)
                    for row in rows
                    if not row.purged and in_time(windows, row)
                ]
                yield StatePage(records, reader)

"""ExportRecords: the records of a calendar, kind after kind, page after page.

Each page is a snapshot of its own, so a slow reader holds nothing back in the store.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from summitry.kinds import CALENDAR, FEED, KINDS, Kind, parse_name
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.record_pb2 import RecordHeader
from summitry.v1.transfer_service_pb2 import ExportRecordsRequest
from summitry.visibility import is_public
from summitry_server.context import Backend, Call
from summitry_server.domain.changes.encoding import any_record_field
from summitry_server.domain.changes.public_records import PublicRecords
from summitry_server.domain.changes.views import in_time, parse_version
from summitry_server.domain.names import calendar_of
from summitry_server.domain.search import agenda
from summitry_server.domain.search.facets import condition_of
from summitry_server.store.contract import Condition, Point, Reader, Row, Window
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import MESSAGE
from summitry_server.wire.refusals import ALONE, RefusedError, bad_name

PAGE = 200


class _Page(NamedTuple):
    """Rows in the order of names, and the point at which they were read."""

    rows: list[Row]
    point: Point


class _Export:
    """One export: the records requested, and the caller's view of them."""

    def __init__(self, backend: Backend, request: ExportRecordsRequest) -> None:
        self._backend = backend
        self._calendar = calendar_of(request.parent, all_allowed=True)
        self._condition = condition_of(request.filter)
        self._windows: tuple[Window, ...] = ()
        if request.HasField("window"):
            plan = agenda.plan(request.window, "window", backend.db)
            self._windows = (plan.days, plan.hours)
        self._deleted = request.show_deleted
        self._everything = request.include_hidden
        self._now = backend.clock.now()
        self._hidden = set() if self._everything else self._hidden_calendars()

    def check_there(self) -> None:
        """Refuse a calendar that does not exist or may not be seen: RECORD_NOT_FOUND."""
        name = self._calendar
        if name is None:
            return
        with self._backend.store.read() as reader:
            row = reader.get(name)
        is_missing = row is None or row.purged or (row.deleted and not self._deleted)
        if is_missing or name in self._hidden:
            reason = ErrorReason.ERROR_REASON_RECORD_NOT_FOUND
            message = f"{name}: there is no such calendar, or none for everybody to see"
            raise RefusedError(reason, message, "parent", lead=ALONE, name=name)

    def kinds(self) -> list[Kind]:
        """Return the kinds requested, in the order in which records may refer to each other."""
        requested_kinds = self._condition.kinds
        return [
            kind
            for kind in KINDS
            if (not requested_kinds or kind.number in requested_kinds)
            and (kind is not FEED or self._everything)
        ]

    def pages(self, kind: Kind, after: str) -> Iterator[_Page]:
        """Yield all rows of a kind after a name that are requested and may be seen."""
        # Calendars have no facts that a filter could match; an export has them with their records.
        condition = Condition() if kind is CALENDAR else self._condition
        for rows, point in self._read(kind, after, condition):
            yield _Page([row for row in rows if self._shows(row)], point)

    def _read(self, kind: Kind, after: str, condition: Condition) -> Iterator[_Page]:
        calendar = self._calendar
        more = True
        while more:
            with self._backend.store.read() as reader:
                rows = reader.page(
                    kind.number, calendar, after, PAGE, condition, show_deleted=self._deleted
                )
                point = reader.point()
                if not self._everything:
                    rows = self._without_hidden_names(reader, rows)
            yield _Page(rows, point)
            more = len(rows) == PAGE
            after = rows[-1].name if rows else after

    def _without_hidden_names(self, reader: Reader, rows: list[Row]) -> list[Row]:
        public = PublicRecords(reader)
        return [
            replace(row, frame=public.without_hidden_names(row.kind, row.frame, self._now))
            for row in rows
        ]

    def _shows(self, row: Row) -> bool:
        if row.purged or not (self._everything or self._is_public(row)):
            return False
        if not self._windows or row.kind == CALENDAR.number:
            return True
        return in_time(self._windows, parse_version(row.kind, row.frame, self._backend.db).row)

    def _is_public(self, row: Row) -> bool:
        """Return whether everybody may see a record, or might have when it was there."""
        header = wire.unframe(RecordHeader, row.frame)
        header.ClearField("delete_time")
        return row.calendar not in self._hidden and is_public(header, self._now)

    def _hidden_calendars(self) -> set[str]:
        self._hidden = set()
        read = self._read(CALENDAR, "", Condition())
        return {row.name for page in read for row in page.rows if not self._is_public(row)}


def export_records(backend: Backend, request: ExportRecordsRequest, call: Call) -> Iterator[bytes]:
    """Yield batches of records as responses; at least one, which dates the answer."""
    export = _Export(backend, request)
    export.check_there()
    kinds, after = export.kinds(), request.after
    if after:
        kinds = kinds[kinds.index(_kind_of(after, kinds)) :]
    point: Point | None = None
    for kind in kinds:
        for page in export.pages(kind, after):
            call.check()
            begun, point = point is not None, point or page.point
            for batch in _batches(page.rows, begun):
                yield backend.answer(batch, point)
        after = ""


def _kind_of(after: str, kinds: Sequence[Kind]) -> Kind:
    name = parse_name(after)
    if name is None or name.kind not in kinds:
        raise bad_name("after", after, "a record's that this export gives")
    return name.kind


def _batches(rows: Sequence[Row], begun: bool) -> Iterator[list[bytes]]:
    """Yield rows as entries of responses of about the size of a request; the first may be empty."""
    batch: list[bytes] = []
    size = 0
    for row in rows:
        part = any_record_field(1, row.kind, row.name, row.frame)
        if batch and size + len(part) > MESSAGE:
            yield batch
            batch, size = [], 0
        batch.append(part)
        size += len(part)
    if batch or not begun:
        yield batch

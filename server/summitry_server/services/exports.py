"""ExportRecords: the records of a calendar in one state, kind after kind, page after page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from summitry.kinds import CALENDAR, FEED, KINDS, Kind, parse_name
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.record_pb2 import RecordHeader
from summitry.v1.transfer_service_pb2 import ExportRecordsRequest, ExportRecordsResponse
from summitry.visibility import is_public
from summitry_server.context import Backend, Call
from summitry_server.domain.changes.encoding import any_record_field
from summitry_server.domain.changes.public_records import PublicRecords
from summitry_server.domain.names import calendar_of
from summitry_server.domain.search import agenda
from summitry_server.domain.search.facets import condition_of
from summitry_server.services.as_of import check_kept, revision_of
from summitry_server.services.state_pages import ExportSelection, StatePage, StatePages, StateRecord
from summitry_server.store.contract import Condition, Point, Reader, Window
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import MESSAGE
from summitry_server.wire.refusals import ALONE, RefusedError, bad_name

RESUME_TOKEN = ExportRecordsResponse.RESUME_TOKEN_FIELD_NUMBER


class _Start(NamedTuple):
    """The place at which an export begins: the state that it shows, and a name in it."""

    point: Point
    after: str


class _ExportEntry(NamedTuple):
    """An entry of a response, with the name of its record."""

    name: str
    data: bytes


class _Export:
    """One export: the records requested, and the caller's view of them."""

    def __init__(self, backend: Backend, request: ExportRecordsRequest, call: Call) -> None:
        self._backend = backend
        self._request = request
        windows: tuple[Window, ...] = ()
        if request.HasField("window"):
            plan = agenda.plan(request.window, "window", backend.db)
            windows = (plan.days, plan.hours)
        calendar = calendar_of(request.parent, all_allowed=True)
        condition = condition_of(request.filter)
        self._selection = ExportSelection(calendar, condition, windows, request.show_deleted)
        self._everything = request.include_hidden
        self._now = backend.clock.now()
        self.start = self._begin()
        self._pages = StatePages(backend, self.start.point.revision, call.check)
        self._open_calendars: dict[str, bool] = {}

    def _begin(self) -> _Start:
        request, backend = self._request, self._backend
        with backend.store.read() as reader:
            revision, after = revision_of(backend, request.as_of, reader), request.after
            if token := request.resume_token:
                revision, after = backend.tokens.read(request, token, reader, "resume_token")
            check_kept(reader, revision)
            return _Start(reader.point(revision), after)

    def check_there(self) -> None:
        """Refuse a calendar that was not there or may not be seen: RECORD_NOT_FOUND."""
        name, revision = self._selection.calendar, self.start.point.revision
        if name is None:
            return
        with self._backend.store.read() as reader:
            is_present = revision == reader.revision
            row = (reader if is_present else reader.at(revision)).get(name)
            was_there = row is not None and not row.purged
            if row is not None and row.deleted:
                was_there = was_there and self._selection.show_deleted
            if was_there and (self._everything or self._is_open(reader, name)):
                return
        reason = ErrorReason.ERROR_REASON_RECORD_NOT_FOUND
        message = f"{name}: there is no such calendar, or none for everybody to see"
        raise RefusedError(reason, message, "parent", lead=ALONE, name=name)

    def kinds(self) -> list[Kind]:
        """Return the kinds to read, in the order in which records may refer to each other."""
        requested_kinds = self._selection.condition.kinds
        kinds = [
            kind
            for kind in KINDS
            if (not requested_kinds or kind.number in requested_kinds)
            and (kind is not FEED or self._everything)
        ]
        after = self.start.after
        return kinds[kinds.index(_kind_of(after, kinds)) :] if after else kinds

    def pages(self, kind: Kind, after: str) -> Iterator[list[StateRecord]]:
        """Yield all records of a kind after a name that are requested and may be seen."""
        selection = self._selection
        if kind is CALENDAR:
            # They have no facts that a filter could match; an export has them with their records.
            selection = selection._replace(condition=Condition(), windows=())
        for page in self._pages.pages(kind.number, after, selection):
            yield page.records if self._everything else list(self._visible(page))

    def _visible(self, page: StatePage) -> Iterator[StateRecord]:
        """Yield what everybody may see, both as it was and as it is now."""
        reader, public = page.reader, PublicRecords(page.reader)
        rows = reader.get_many([record.name for record in page.records])
        for record, row in zip(page.records, rows, strict=True):
            frames = [record.frame] if row is None else [record.frame, row.frame]
            if self._is_open(reader, record.calendar) and all(map(self._is_public, frames)):
                frame = public.without_hidden_names(record.kind, record.frame, self._now)
                yield record._replace(frame=frame)

    def _is_open(self, reader: Reader, calendar: str) -> bool:
        """Return whether everybody may see the records of a calendar: once for an export."""
        if calendar not in self._open_calendars:
            row = reader.get(calendar)
            self._open_calendars[calendar] = row is not None and self._is_public(row.frame)
        return self._open_calendars[calendar]

    def _is_public(self, frame: bytes) -> bool:
        """Return whether everybody may see a record, or might have when it was there."""
        header = wire.unframe(RecordHeader, frame)
        # Only live records are public: the mark goes, so that one that was public until then stays
        # in an export of deleted ones.
        header.ClearField("delete_time")
        return is_public(header, self._now)

    def responses(self) -> Iterator[bytes]:
        """Yield batches of records as responses; at least one, which dates the answer."""
        after, is_dated = self.start.after, False
        for kind in self.kinds():
            for records in self.pages(kind, after):
                for batch in _batches(records):
                    is_dated = True
                    yield self._response(batch)
            after = ""  # a name within the first kind alone
        if not is_dated:
            yield self._response([])

    def _response(self, batch: Sequence[_ExportEntry]) -> bytes:
        point = self.start.point
        position = (point.revision, batch[-1].name if batch else self.start.after)
        token = self._backend.tokens.make(self._request, position, point)
        parts = [entry.data for entry in batch]
        return self._backend.answer([*parts, wire.text(RESUME_TOKEN, token)], point)


def export_records(backend: Backend, request: ExportRecordsRequest, call: Call) -> Iterator[bytes]:
    """Yield the records requested, in batches as responses."""
    export = _Export(backend, request, call)
    export.check_there()
    yield from export.responses()


def _kind_of(after: str, kinds: Sequence[Kind]) -> Kind:
    name = parse_name(after)
    if name is None or name.kind not in kinds:
        raise bad_name("after", after, "a record's that this export gives")
    return name.kind


def _batches(records: Sequence[StateRecord]) -> Iterator[list[_ExportEntry]]:
    """Yield records as entries of responses of about the size of a request."""
    batch: list[_ExportEntry] = []
    size = 0
    for record in records:
        data = any_record_field(1, record.kind, record.name, record.frame)
        if batch and size + len(data) > MESSAGE:
            yield batch
            batch, size = [], 0
        batch.append(_ExportEntry(record.name, data))
        size += len(data)
    if batch:
        yield batch

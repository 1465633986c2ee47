"""Requests of TransferService: streams of records, in batches."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from summitry._calls.as_of import When, to_as_of
from summitry._calls.call import PreparedCall
from summitry._calls.methods import TRANSFER
from summitry.kinds import Record, pack, unpack
from summitry.v1.any_record_pb2 import AnyRecord
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.filter_pb2 import Filter, TimeWindow
from summitry.v1.transfer_service_pb2 import (
    EventDays,
    ExportRecordsRequest,
    ImportOptions,
    ImportRecordsRequest,
    ImportRecordsResponse,
    ParseCalendarRequest,
    ParseCalendarResponse,
    RecordBatch,
)

ImportEntry: TypeAlias = Record | EventDays
RecordSource: TypeAlias = Iterable[ImportEntry]
AsyncRecordSource: TypeAlias = Iterable[ImportEntry] | AsyncIterable[ImportEntry]

BATCH = 200
"""The most records of a batch, which is one write."""

BATCH_BYTES = 256 * 1024
"""Bytes after which a batch ends early."""

LARGEST = 1024 * 1024 - 16
"""Bytes of the largest record that can be sent: the server takes messages of 1 MiB."""


def import_records(requests: Any) -> PreparedCall[ImportRecordsResponse]:
    """Return the call that sends a stream of requests (see `ImportStream`)."""
    return PreparedCall(TRANSFER["ImportRecords"], requests, "")


class ImportStream:
    """The requests of an import, made as they are sent.

    An error of the iterator of records ends the stream as if the records ended there. It is kept
    in `error` for the client to raise: gRPC would replace it by an error of its own.
    """

    def __init__(
        self,
        validate_only: bool,
        merge: bool,
        allow_more_visible: bool = False,
        reason: str = "",
        gone_action: str = "cancel",
    ) -> None:
        self.error: BaseException | None = None
        self._options = ImportOptions(
            validate_only=validate_only,
            merge=merge,
            allow_more_visible=allow_more_visible,
            reason=reason,
            gone_action=f"GONE_ACTION_{gone_action.upper()}",
        )
        self._batch = RecordBatch()
        self._size = 0

    def requests(self, records: RecordSource) -> Iterator[ImportRecordsRequest]:
        """Yield the options, then batches."""
        yield ImportRecordsRequest(options=self._options)
        try:
            for record in records:
                yield from self._add(record)
        except Exception as error:
            self.error = error
        yield from self._flush()

    async def requests_async(
        self, records: AsyncRecordSource
    ) -> AsyncIterator[ImportRecordsRequest]:
        """Yield the same requests for records that may come asynchronously."""
        if not isinstance(records, AsyncIterable):
            for request in self.requests(records):
                yield request
            return
        yield ImportRecordsRequest(options=self._options)
        try:
            async for record in records:
                for request in self._add(record):
                    yield request
        except Exception as error:
            self.error = error
        for request in self._flush():
            yield request

    def _add(self, entry: ImportEntry) -> Iterator[ImportRecordsRequest]:
        message = entry if isinstance(entry, EventDays) else pack(entry)
        size = message.ByteSize()
        count = len(self._batch.records) + len(self._batch.event_days)
        if count == BATCH or self._size + size > BATCH_BYTES:
            yield from self._flush()
        if isinstance(message, EventDays):
            self._batch.event_days.append(message)
        else:
            self._batch.records.append(message)
        self._size += size

    def _flush(self) -> Iterator[ImportRecordsRequest]:
        if self._batch.records or self._batch.event_days:
            yield ImportRecordsRequest(batch=self._batch)
        self._batch, self._size = RecordBatch(), 0


def parse_calendar(
    parent: str,
    data: bytes,
    kind: str,
    time_zone: str,
    tzids: Mapping[str, str] | None,
    strict: bool,
    dates: tuple[str, str],
) -> PreparedCall[ParseCalendarResponse]:
    """Return the call of ParseCalendar. Raises ValueError for a kind that does not exist."""
    request = ParseCalendarRequest(
        parent=parent,
        calendar=data,
        kind=f"RECORD_KIND_{kind.upper()}",
        time_zone=time_zone,
        tzids=tzids or {},
        strict=strict,
        first_date=dates[0],
        last_date=dates[1],
    )
    return PreparedCall(TRANSFER["ParseCalendar"], request, "")


def export_records(
    parent: str,
    filter: Filter | None,
    window: TimeWindow | None,
    show_deleted: bool,
    include_hidden: bool,
    after: str,
    when: When = None,
) -> PreparedCall[Record]:
    """Return the call that exports the records after a name; "" for all of them."""
    request = ExportRecordsRequest(
        parent=parent,
        filter=filter,
        window=window,
        show_deleted=show_deleted,
        include_hidden=include_hidden,
        after=after,
        as_of=to_as_of(when),
    )
    return PreparedCall(TRANSFER["ExportRecords"], request, "records")


def resume_export(call: PreparedCall[Record], resume_token: str) -> PreparedCall[Record]:
    """Return the same export for the records after those that a token stands for."""
    request = ExportRecordsRequest()
    request.CopyFrom(call.request)
    request.resume_token = resume_token
    return call._replace(request=request)


def record_of(entry: AnyRecord) -> Record:
    """Return the record in an entry of a batch."""
    return unpack(entry) or Calendar(name=entry.name)

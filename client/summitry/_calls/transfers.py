"""Streams of records as both clients send and take them: batches in, batches out. No gRPC."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping

from summitry._calls.call import Call
from summitry._calls.methods import TRANSFER
from summitry.kinds import Record
from summitry.names import kind_of
from summitry.v1.filter_pb2 import Filter
from summitry.v1.transfer_pb2 import TransferredRecord
from summitry.v1.transfer_service_pb2 import (
    ExportRecordsRequest,
    ImportOptions,
    ImportRecordsRequest,
    ParseCalendarRequest,
    RecordBatch,
)

IMPORT = TRANSFER["ImportRecords"]
PARSE = TRANSFER["ParseCalendar"]

BATCH = 200
"""The most records of a batch, which is one write."""

BATCH_SIZE = 256 * 1024
"""Bytes after which a batch ends early."""

LARGEST = 1024 * 1024 - 16
"""Bytes of the largest record that can be sent: the server takes messages of 1 MiB."""


class Feed:
    """The requests of an import, made as they are sent.

    An error in where the records come from ends the stream as if they ended there, and is kept:
    gRPC would hide it.
    """

    def __init__(self, dry_run: bool, merge: bool, reason: str = "") -> None:
        self.error: BaseException | None = None
        self._options = ImportOptions(dry_run=dry_run, merge=merge, reason=reason)
        self._batch: list[TransferredRecord] = []
        self._size = 0

    def requests(self, records: Iterable[Record]) -> Iterator[ImportRecordsRequest]:
        """Options, then batches."""
        yield ImportRecordsRequest(options=self._options)
        try:
            for record in records:
                yield from self._add(record)
        except Exception as error:
            self.error = error
        yield from self._take()

    async def requests_async(
        self, records: Iterable[Record] | AsyncIterable[Record]
    ) -> AsyncIterator[ImportRecordsRequest]:
        """Yield the same for records that may come asynchronously."""
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
        for request in self._take():
            yield request

    def _add(self, record: Record) -> Iterator[ImportRecordsRequest]:
        part = TransferredRecord()
        getattr(part, kind_of(record).singular).CopyFrom(record)
        size = part.ByteSize()
        if len(self._batch) == BATCH or self._size + size > BATCH_SIZE:
            yield from self._take()
        self._batch.append(part)
        self._size += size

    def _take(self) -> Iterator[ImportRecordsRequest]:
        if self._batch:
            yield ImportRecordsRequest(batch=RecordBatch(records=self._batch))
        self._batch, self._size = [], 0


def parse_request(
    parent: str, data: bytes, kind: str, time_zone: str, tzids: Mapping[str, str] | None
) -> ParseCalendarRequest:
    """Return the request of ParseCalendar. Raises ValueError for a kind that does not exist."""
    return ParseCalendarRequest(
        parent=parent,
        calendar=data,
        kind=f"RECORD_KIND_{kind.upper()}",
        time_zone=time_zone,
        tzids=tzids or {},
    )


def export_records(
    parent: str, filter: Filter | None, show_deleted: bool, include_hidden: bool, after: str
) -> Call[Record]:
    """ExportRecords from the record after a name on."""
    request = ExportRecordsRequest(
        parent=parent,
        filter=filter,
        show_deleted=show_deleted,
        include_hidden=include_hidden,
        after=after,
    )
    return Call(TRANSFER["ExportRecords"], request, "records")


def from_name(call: Call[Record], after: str) -> Call[Record]:
    """Return the same export from the record after a name on."""
    request = ExportRecordsRequest()
    request.CopyFrom(call.request)
    request.after = after
    return call._replace(request=request)


def record_of(part: TransferredRecord) -> Record:
    """Return the record in an entry."""
    record: Record = getattr(part, part.WhichOneof("record") or "calendar")
    return record

"""The answer of a batch: records, or only their versions, and never more than clients take."""

from __future__ import annotations

from collections.abc import Callable

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.write_service_pb2 import BatchWriteResponse, WrittenVersion
from summitry_server.context import Call
from summitry_server.domain.changes.encoding import any_record_field
from summitry_server.services.writing import answer_etag, answer_frame, answer_point
from summitry_server.store.contract import Point, Row, Writer
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import BATCH_BYTES
from summitry_server.wire.refusals import ALONE, RefusedError


class BatchAnswer:
    """The entries of the answer to a batch under way, in the order of its writes.

    A batch of 4 MiB can change a thousand records of 256 KiB: what the answer may not hold is
    refused at the write that makes it too long, before the rest is kept in memory.
    """

    def __init__(self, writer: Writer, call: Call, *, omit_records: bool) -> None:
        self.parts: list[bytes] = []
        self._writer = writer
        self._call = call
        self._entry: Callable[[Row], bytes] = self._version if omit_records else self._record
        self._revisions: list[int] = []
        self._length = 0

    def add(self, row: Row) -> None:
        """Add the row that a write made. Raises RefusedError MESSAGE_TOO_LARGE."""
        part = self._entry(row)
        self._length += len(part)
        if self._length > BATCH_BYTES:
            raise _too_long(self._length)
        self.parts.append(part)
        self._revisions.append(row.revision)

    def point(self) -> Point:
        """Return the point that the header shows."""
        return answer_point(self._writer, self._revisions, self._call)

    def _record(self, row: Row) -> bytes:
        field = BatchWriteResponse.RECORDS_FIELD_NUMBER
        frame = answer_frame(self._writer, row, self._call)
        return any_record_field(field, row.kind, row.name, frame)

    def _version(self, row: Row) -> bytes:
        etag = answer_etag(self._writer, row, self._call)
        version = WrittenVersion(name=row.name, etag=etag)
        field = BatchWriteResponse.VERSIONS_FIELD_NUMBER
        return wire.frame(field, version.SerializeToString())


def _too_long(length: int) -> RefusedError:
    return RefusedError(
        ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE,
        f"the records as written have more than {BATCH_BYTES} bytes, so none was written: write "
        "fewer at a time, or set omit_records",
        "writes",
        lead=ALONE,
        limit=BATCH_BYTES,
        length=length,
    )

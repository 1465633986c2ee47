"""The state of the store that an answer shows: that of now, or as of a snapshot or a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from summitry.v1.as_of_pb2 import AsOf
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Backend
from summitry_server.services.naming import check_found, no_revision
from summitry_server.store.contract import Point, Reader, RecordReader, Row
from summitry_server.wire.refusals import RefusedError

FIELD = "as_of"


class AsOfState(NamedTuple):
    """The records that a request asks for, and the snapshot they are read from."""

    records: RecordReader
    reader: Reader
    after: Any  # the position at which the page begins; None: at the first
    point: Point  # of the records

    def check_found(self, row: Row | None, name: str, field: str) -> Row:
        """Return the row. Raises RefusedError RECORD_NOT_FOUND or REVISION_NOT_FOUND."""
        if row is None and self.records is not self.reader:
            check_found(self.reader.get(name), name, field)
            raise no_revision(name, self.records.revision, field)
        return check_found(row, name, field)


@contextmanager
def state_of(backend: Backend, request: Any) -> Iterator[AsOfState]:
    """Open the state at the `as_of` of a request, or that of its page token.

    Raises RefusedError HISTORY_GONE, INVALID_PAGE_TOKEN, and as `revision_of`.
    """
    with backend.store.read() as reader:
        settled, after = _place(backend, request, reader)
        revision = revision_of(backend, request.as_of, reader) if settled is None else settled
        check_kept(reader, revision)
        records = reader if revision == reader.revision else reader.at(revision)
        yield AsOfState(records, reader, after, reader.point(revision))


def check_kept(reader: Reader, revision: int) -> None:
    """Refuse a state that the log does not have any more. Raises RefusedError HISTORY_GONE."""
    earliest = reader.earliest()
    if revision < earliest - 1:
        raise RefusedError(
            ErrorReason.ERROR_REASON_HISTORY_GONE,
            f"the log begins at revision {earliest}, earlier states are not available",
            FIELD,
            earliest_revision=earliest,
        )


def revision_of(backend: Backend, as_of: AsOf, reader: Reader) -> int:
    """Return the revision of the state that a request asks for; by default the present one.

    Raises RefusedError INVALID_SNAPSHOT, SNAPSHOT_OF_OTHER_HISTORY or REVISION_NOT_REACHED.
    """
    choice = as_of.WhichOneof("at")
    if choice is None:
        return reader.revision
    if choice == "time":
        return reader.revision_at(as_of.time.seconds)
    return backend.snapshots.revision(reader, as_of.snapshot, f"{FIELD}.snapshot")


def _place(backend: Backend, request: Any, reader: Reader) -> tuple[int | None, Any]:
    """Return the revision of the first page, None on it, and where this page begins."""
    if not getattr(request, "page_token", ""):
        return None, None
    position = backend.tokens.read(request, request.page_token, reader)
    return tuple(position) if request.HasField(FIELD) else (None, position)


def token_after(backend: Backend, request: Any, state: AsOfState, position: Any) -> str:
    """Return the token of the next page; pages as of a time stay with the revision of the first.

    Call it while the state is open.
    """
    if request.HasField(FIELD):
        position = (state.records.revision, position)
    return backend.tokens.make(request, position, state.reader.point())

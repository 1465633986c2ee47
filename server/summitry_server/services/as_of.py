"""The state of the store that an answer shows: that of now, or as of a revision or a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from summitry.v1.as_of_pb2 import AsOf
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Backend
from summitry_server.services.naming import check_found, no_revision
from summitry_server.store.contract import Reader, RecordReader, Row
from summitry_server.wire.refusals import RefusedError, invalid

FIELD = "as_of"


class AsOfState(NamedTuple):
    """The records that a request asks for, and the snapshot they are read from."""

    records: RecordReader
    reader: Reader
    after: Any  # the position at which the page begins; None: at the first

    def check_found(self, row: Row | None, name: str, field: str) -> Row:
        """Return the row. Raises RefusedError RECORD_NOT_FOUND or REVISION_NOT_FOUND."""
        if row is None and self.records is not self.reader:
            check_found(self.reader.get(name), name, field)
            raise no_revision(name, self.records.revision, field)
        return check_found(row, name, field)


@contextmanager
def state_of(backend: Backend, request: Any) -> Iterator[AsOfState]:
    """Open the state at the `as_of` of a request, or that of its page token.

    Raises RefusedError HISTORY_GONE, REVISION_NOT_REACHED, INVALID_PAGE_TOKEN or INVALID_VALUE.
    """
    with backend.store.read() as reader:
        settled, after = _place(backend, request, reader)
        revision = _revision(reader, request.as_of) if settled is None else settled
        earliest = reader.earliest()
        if revision < earliest - 1:
            raise RefusedError(
                ErrorReason.ERROR_REASON_HISTORY_GONE,
                f"the log begins at revision {earliest}, earlier states are not available",
                FIELD,
                earliest_revision=earliest,
            )
        present = revision == reader.revision
        yield AsOfState(reader if present else backend.past.at(reader, revision), reader, after)


def _revision(reader: Reader, as_of: AsOf) -> int:
    choice = as_of.WhichOneof("at")
    if choice is None:
        return reader.revision
    if choice == "time":
        return reader.revision_at(as_of.time.seconds)
    if as_of.revision < 0:
        raise invalid(f"{FIELD}.revision", as_of.revision, "a revision of the store")
    if as_of.revision > reader.revision:
        raise RefusedError(
            ErrorReason.ERROR_REASON_REVISION_NOT_REACHED,
            f"the store is at {reader.revision}, not yet at {as_of.revision}",
            f"{FIELD}.revision",
            value=as_of.revision,
            revision=reader.revision,
        )
    return int(as_of.revision)


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

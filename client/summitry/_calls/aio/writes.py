"""Writing records.

Each call carries a request_id, by which the server recognizes it: when the server goes away
before it has answered, gRPC sends the call again, and it is done once. A program that wants to
be sure beyond its own end chooses the `request_id` itself, stores it, and repeats the call with it
within 24 hours. `reason` stands in the history. With `validate_only` the server checks everything
and answers as if it were stored, but stores nothing: the record then has no etag.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from summitry._calls.aio.connection import AsyncConnection
from summitry._calls.renamed import RenamedMethods
from summitry._calls.requests import writes as requests
from summitry._calls.requests.transfers import record_of
from summitry._calls.requests.writes import Purpose
from summitry.kinds import Record
from summitry.names import R
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.place_pb2 import Place
from summitry.v1.record_pb2 import VerbNote
from summitry.v1.write_service_pb2 import Precondition, Write, WrittenVersion

UNSPECIFIED = EventStatus.EVENT_STATUS_UNSPECIFIED


class AsyncWrites(RenamedMethods, AsyncConnection):
    """Writing records."""

    async def create(
        self,
        record: R,
        parent: str = "",
        id: str = "",
        *,
        validate_only: bool = False,
        reason: str = "",
        request_id: str = "",
    ) -> R:
        """Store a new record and return it as stored.

        Parent and id are those of `record.name` where they are not given; without an id the
        server makes one. Raises AlreadyExistsError, NotFoundError (the parent),
        InvalidArgumentError.
        """
        purpose = Purpose(reason, request_id, validate_only)
        return await self._answer(requests.create(record, parent, id, purpose))

    async def update(
        self,
        record: R,
        paths: str | Sequence[str] | None = None,
        *,
        replace: bool = False,
        allow_missing: bool = False,
        validate_only: bool = False,
        reason: str = "",
        request_id: str = "",
    ) -> R:
        """Change the record of that name and return it as stored.

        `paths` are the fields to change ("titles", "time"); None: all that are set. With `replace`
        all fields are changed, and those that are not set are cleared, as with the paths ["*"].
        With `record.etag` set, only that version is changed, else AbortedError. With
        `allow_missing` a record that is not there is created.
        """
        purpose = Purpose(reason, request_id, validate_only)
        return await self._answer(requests.update(record, paths, replace, allow_missing, purpose))

    async def delete(
        self,
        name: str,
        etag: str = "",
        *,
        validate_only: bool = False,
        reason: str = "",
        request_id: str = "",
    ) -> Record:
        """Mark a record as deleted and return it so; its name and uid stay reserved.

        With an etag, only that version is deleted, else AbortedError.
        """
        purpose = Purpose(reason, request_id, validate_only)
        record: Record = await self._answer(requests.delete(name, etag, purpose))
        return record

    async def undelete(
        self,
        name: str,
        etag: str = "",
        *,
        validate_only: bool = False,
        reason: str = "",
        request_id: str = "",
    ) -> Record:
        """Undelete a record, and return it.

        Raises NotFoundError (for a purged record too; or its calendar or event is not there),
        AbortedError, AlreadyExistsError (RECORD_NOT_DELETED).
        """
        purpose = Purpose(reason, request_id, validate_only)
        record: Record = await self._answer(requests.undelete(name, etag, purpose))
        return record

    async def transition(
        self,
        verb: str,
        name: str,
        note: VerbNote | None = None,
        *,
        time: EventTime | None = None,
        places: Sequence[Place] = (),
        status: EventStatus = UNSPECIFIED,
        etag: str = "",
        validate_only: bool = False,
        request_id: str = "",
    ) -> Record:
        """Confirm, postpone, reschedule, move, cancel or reinstate; return the event as stored.

        For summits, visits and meetings: the status of other kinds is changed by `update`.

        `verb` is one of these words. `note` holds reason, action_date (EDTF) and source_id. `time`
        goes with reschedule, move and reinstate, `places` with move, `status` with cancel and
        reinstate. With an etag, only that version is changed, else AbortedError. Raises
        FailedPreconditionError where the verb does not fit the status (INVALID_TRANSITION), and
        as `update` does. Rules: docs/lifecycle.md.
        """
        facts = {"time": time, "places": places, "status": status}
        purpose = Purpose("", request_id, validate_only)
        call = requests.transition(verb, name, note, etag, purpose, **facts)
        record: Record = await self._answer(call)
        return record

    async def restore(
        self,
        name: str,
        snapshot: str,
        etag: str = "",
        *,
        validate_only: bool = False,
        reason: str = "",
        request_id: str = "",
    ) -> Record:
        """Make a record again what it was in a snapshot, as a new version; a deleted one, too.

        Raises NotFoundError where it was not there then, or deleted (REVISION_NOT_FOUND),
        InvalidArgumentError for what is no snapshot of this store.
        """
        purpose = Purpose(reason, request_id, validate_only)
        record: Record = await self._answer(requests.restore(name, snapshot, etag, purpose))
        return record

    async def purge(
        self,
        name: str,
        etag: str = "",
        *,
        validate_only: bool = False,
        reason: str = "",
        request_id: str = "",
    ) -> Record:
        """Remove a deleted record permanently, with all its versions; return its tombstone.

        It cannot be undone. Raises NotFoundError, AbortedError, and FailedPreconditionError for a
        live record (RECORD_LIVE).
        """
        purpose = Purpose(reason, request_id, validate_only)
        record: Record = await self._answer(requests.purge(name, etag, purpose))
        return record

    async def batch_write(
        self,
        writes_: Iterable[Write],
        *,
        preconditions: Iterable[Precondition] = (),
        validate_only: bool = False,
        reason: str = "",
        request_id: str = "",
    ) -> list[Record]:
        """Do up to 1,000 writes of any kinds, all or none; return the records in their order.

        `summitry.batch` makes writes and preconditions. Errors are those of the single methods,
        and their `field` says which write is at fault: "writes[3].create.summit.time".
        """
        purpose = Purpose(reason, request_id, validate_only)
        call = requests.batch_write(writes_, preconditions, purpose)
        return [record_of(entry) for entry in await self._answer(call)]

    async def batch_write_versions(
        self,
        writes_: Iterable[Write],
        *,
        preconditions: Iterable[Precondition] = (),
        validate_only: bool = False,
        reason: str = "",
        request_id: str = "",
    ) -> list[WrittenVersion]:
        """Do the same as `batch_write`, and return the names and etags of the records alone.

        For batches that change few bytes of many large records: `batch_write` refuses those whose
        records have more than 3 MiB together (ResourceExhaustedError, MESSAGE_TOO_LARGE).
        """
        purpose = Purpose(reason, request_id, validate_only)
        call = requests.batch_write_versions(writes_, preconditions, purpose)
        versions: Sequence[WrittenVersion] = await self._answer(call)
        return list(versions)

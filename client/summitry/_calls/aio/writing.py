"""What both clients write.

Each call carries a request_id, by which the server knows it again: when the server goes away
before it has answered, gRPC sends the call again, and it is done once. A program that wants to
be sure beyond its own end chooses the `request_id` itself, keeps it, and repeats the call with it
within 24 hours. `reason` is for the history.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from summitry._calls import batch, writes
from summitry._calls.call import Call
from summitry._calls.transfers import record_of
from summitry._calls.writes import Why
from summitry.kinds import Record
from summitry.names import R
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.place_pb2 import Place
from summitry.v1.record_pb2 import EventStatus, StatusChange
from summitry.v1.write_service_pb2 import Precondition, Write

UNSPECIFIED = EventStatus.EVENT_STATUS_UNSPECIFIED


class Writing:
    """The writes of `Client`."""

    _answer: Callable[[Call[Any]], Any]

    def create(
        self, record: R, parent: str = "", id: str = "", *, reason: str = "", request_id: str = ""
    ) -> R:
        """Store a new record and return it as stored.

        Parent and id are those of `record.name` where they are not given; without an id the
        server makes one. Raises AlreadyExistsError, NotFoundError (the parent),
        InvalidArgumentError.
        """
        stored: R = self._answer(writes.create(record, parent, id, Why(reason, request_id)))
        return stored

    def update(
        self,
        record: R,
        paths: str | Sequence[str] | None = None,
        *,
        allow_missing: bool = False,
        reason: str = "",
        request_id: str = "",
    ) -> R:
        """Change the record of that name and return it as stored.

        `paths` are the fields to change ("titles", "time"); None: all that are set; ["*"]: all.
        With `record.etag` set, only that version is changed, else AbortedError. With
        `allow_missing` a record that is not there is created.
        """
        call = writes.update(record, paths, allow_missing, Why(reason, request_id))
        stored: R = self._answer(call)
        return stored

    def delete(
        self, name: str, etag: str = "", *, reason: str = "", request_id: str = ""
    ) -> Record:
        """Mark a record as deleted and return it so; its name and uid stay taken.

        With an etag, only that version is deleted, else AbortedError.
        """
        record: Record = self._answer(writes.delete(name, etag, Why(reason, request_id)))
        return record

    def undelete(
        self, name: str, etag: str = "", *, reason: str = "", request_id: str = ""
    ) -> Record:
        """Take a deletion back and return the record as it is again.

        Raises NotFoundError (purged, too; or its calendar or event is not there), AbortedError,
        AlreadyExistsError (RECORD_NOT_DELETED).
        """
        record: Record = self._answer(writes.undelete(name, etag, Why(reason, request_id)))
        return record

    def act(
        self,
        verb: str,
        name: str,
        change: StatusChange | None = None,
        *,
        time: EventTime | None = None,
        places: Sequence[Place] = (),
        status: EventStatus = UNSPECIFIED,
        etag: str = "",
        request_id: str = "",
    ) -> Record:
        """Confirm, postpone, reschedule, move, cancel or reinstate an event; the record as stored.

        `change` holds reason, action_date (EDTF) and source. `time` goes with reschedule, move and
        reinstate, `places` with move, `status` with cancel and reinstate. With an etag, only that
        version is changed, else AbortedError. Raises FailedPreconditionError where the verb does
        not fit the status (INVALID_TRANSITION), and as `update` does. Rules: docs/life.md.
        """
        facts = {"time": time, "places": places, "status": status}
        record: Record = self._answer(writes.act(verb, name, change, etag, request_id, **facts))
        return record

    def restore(
        self, name: str, revision: int, etag: str = "", *, reason: str = "", request_id: str = ""
    ) -> Record:
        """Make a record again what it was at a revision, as a new version; a deleted one, too.

        Raises NotFoundError where it was not there then, or deleted (REVISION_NOT_FOUND).
        """
        made = [batch.restore(name, revision, etag)]
        return self.batch_write(made, reason=reason, request_id=request_id)[0]

    def purge(self, name: str, etag: str = "", *, reason: str = "", request_id: str = "") -> Record:
        """Remove a deleted record for good, with all its versions; what is left of it.

        There is no way back. Raises FailedPreconditionError for a live record (RECORD_LIVE).
        """
        made = [batch.purge(name, etag)]
        return self.batch_write(made, reason=reason, request_id=request_id)[0]

    def batch_write(
        self,
        writes_: Iterable[Write],
        *,
        preconditions: Iterable[Precondition] = (),
        validate_only: bool = False,
        reason: str = "",
        request_id: str = "",
    ) -> list[Record]:
        """Up to 1,000 writes of any kinds as one act, all or none; the records in their order.

        `summitry.batch` makes writes and preconditions. Errors are those of the single methods,
        and their `field` says which write is at fault: "writes[3].create.summit.time". With
        `validate_only` all is checked and nothing is stored.
        """
        why = Why(reason, request_id)
        call = writes.batch_write(writes_, preconditions, validate_only, why)
        return [record_of(part) for part in self._answer(call)]


class AsyncWriting:
    """The writes of `AsyncClient`. What they mean: see `Client`."""

    _answer: Callable[[Call[Any]], Awaitable[Any]]

    async def create(
        self, record: R, parent: str = "", id: str = "", *, reason: str = "", request_id: str = ""
    ) -> R:
        """See `Client.create`."""
        stored: R = await self._answer(writes.create(record, parent, id, Why(reason, request_id)))
        return stored

    async def update(
        self,
        record: R,
        paths: str | Sequence[str] | None = None,
        *,
        allow_missing: bool = False,
        reason: str = "",
        request_id: str = "",
    ) -> R:
        """See `Client.update`."""
        call = writes.update(record, paths, allow_missing, Why(reason, request_id))
        stored: R = await self._answer(call)
        return stored

    async def delete(
        self, name: str, etag: str = "", *, reason: str = "", request_id: str = ""
    ) -> Record:
        """See `Client.delete`."""
        record: Record = await self._answer(writes.delete(name, etag, Why(reason, request_id)))
        return record

    async def undelete(
        self, name: str, etag: str = "", *, reason: str = "", request_id: str = ""
    ) -> Record:
        """See `Client.undelete`."""
        record: Record = await self._answer(writes.undelete(name, etag, Why(reason, request_id)))
        return record

    async def act(
        self,
        verb: str,
        name: str,
        change: StatusChange | None = None,
        *,
        time: EventTime | None = None,
        places: Sequence[Place] = (),
        status: EventStatus = UNSPECIFIED,
        etag: str = "",
        request_id: str = "",
    ) -> Record:
        """See `Client.act`."""
        facts = {"time": time, "places": places, "status": status}
        call = writes.act(verb, name, change, etag, request_id, **facts)
        record: Record = await self._answer(call)
        return record

    async def restore(
        self, name: str, revision: int, etag: str = "", *, reason: str = "", request_id: str = ""
    ) -> Record:
        """See `Client.restore`."""
        made = [batch.restore(name, revision, etag)]
        return (await self.batch_write(made, reason=reason, request_id=request_id))[0]

    async def purge(
        self, name: str, etag: str = "", *, reason: str = "", request_id: str = ""
    ) -> Record:
        """See `Client.purge`."""
        made = [batch.purge(name, etag)]
        return (await self.batch_write(made, reason=reason, request_id=request_id))[0]

    async def batch_write(
        self,
        writes_: Iterable[Write],
        *,
        preconditions: Iterable[Precondition] = (),
        validate_only: bool = False,
        reason: str = "",
        request_id: str = "",
    ) -> list[Record]:
        """See `Client.batch_write`."""
        why = Why(reason, request_id)
        call = writes.batch_write(writes_, preconditions, validate_only, why)
        return [record_of(part) for part in await self._answer(call)]

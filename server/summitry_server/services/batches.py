"""WriteService: several writes as one act, all or none, in one revision.

The operations are those of the single rpcs (operations.py). What differs is where requests stand,
and so the fields by which a refusal names what is at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from google.protobuf.descriptor import ServiceDescriptor

from summitry.kinds import BY_COLLECTION, EVENTFUL, KINDS, Kind, Name, Record, parse_name
from summitry.v1 import summit_service_pb2
from summitry.v1.transfer_pb2 import TransferredRecord
from summitry.v1.write_service_pb2 import (
    BatchWriteRequest,
    BatchWriteResponse,
    Precondition,
    RecordVerb,
    Write,
)
from summitry_server.context import Backend, Call, Rpc
from summitry_server.domain.changes.encoding import to_transferred_record
from summitry_server.domain.records.lifecycle import VERBS
from summitry_server.domain.records.masks import clear_output
from summitry_server.domain.records.records import check_etag
from summitry_server.services.lifecycle import Life
from summitry_server.services.naming import live, name_of
from summitry_server.services.operations import Act, Acts, exists
from summitry_server.services.writing import transact
from summitry_server.store.contract import Reader, Row, Writer
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import MESSAGE
from summitry_server.wire.refusals import RefusedError, bad_name, invalid, missing


class _Step(NamedTuple):
    """One write made ready, and how its refusals are named."""

    act: Act
    at: Callable[[str], str]


class WriteService:
    """Writes of any kinds."""

    def __init__(self, service: ServiceDescriptor, backend: Backend) -> None:
        self.service = service
        self.backend = backend
        self._acts = {kind: Acts(kind, backend) for kind in KINDS}

    def methods(self) -> Mapping[str, Rpc]:
        """The rpcs of the service by name."""
        return {"BatchWrite": self.batch_write}

    def batch_write(self, request: BatchWriteRequest, call: Call) -> bytes:
        """All writes in their order, or none."""
        if not request.writes:
            raise missing("writes", "give at least one")
        now = self.backend.clock.now()
        steps = [self._step(write, index, call, now) for index, write in enumerate(request.writes)]

        def act(writer: Writer) -> bytes:
            _check_preconditions(writer, request.preconditions)
            rows = [_done(writer, step) for step in steps]
            made = [] if request.validate_only else [row.revision for row in rows]
            return self._answer(rows, max([writer.revision, *made]))

        return transact(self.backend, call, act, validate_only=request.validate_only)

    def _answer(self, rows: Sequence[Row], revision: int) -> bytes:
        parts = [wire.frame(1, to_transferred_record(row.kind, row.frame)) for row in rows]
        return self.backend.answer(BatchWriteResponse.HEADER_FIELD_NUMBER, parts, revision)

    def _step(self, write: Write, index: int, call: Call, now: int) -> _Step:
        which = write.WhichOneof("act")
        here = f"writes[{index}]"
        if which is None:
            raise missing(f"{here}.act", "say what to do: create, update, delete ...")
        at = _paths(write, f"{here}.{which}")
        with _named(at):
            return _Step(getattr(self, f"_{which}")(getattr(write, which), call, now), at)

    def _create(self, sent: TransferredRecord, call: Call, now: int) -> Act:
        kind, record = _sent(sent)
        return self._acts[kind].create(record, now)

    def _update(self, sent: Any, call: Call, now: int) -> Act:
        kind, record = _sent(sent.record)
        return self._acts[kind].update(record, sent.update_mask, sent.allow_missing, now)

    def _delete(self, sent: Any, call: Call, now: int) -> Act:
        name = _name(sent)
        return self._acts[name.kind].delete(name, sent.etag, now)

    def _undelete(self, sent: Any, call: Call, now: int) -> Act:
        name = _name(sent)
        return self._acts[name.kind].undelete(name, sent.etag, now)

    def _restore(self, sent: Any, call: Call, now: int) -> Act:
        name = _name(sent)
        if sent.revision < 1:
            raise invalid("revision", sent.revision, "a revision of the store, from 1")
        return self._acts[name.kind].restore(name, sent.revision, sent.etag, call.reason, now)

    def _purge(self, sent: Any, call: Call, now: int) -> Act:
        name = _name(sent)
        return self._acts[name.kind].purge(name, sent.etag, now)

    def _verb(self, sent: RecordVerb, call: Call, now: int) -> Act:
        name, verb = _name(sent), VERBS.get(sent.verb)
        if name.kind not in EVENTFUL:
            raise invalid("name", sent.name, "an event: calendars and feeds have no verbs")
        if verb is None:
            raise invalid("verb", sent.verb, f"one of {', '.join(VERBS)}")
        takes = summit_service_pb2.DESCRIPTOR.message_types_by_name[
            f"{sent.verb.capitalize()}SummitRequest"
        ].fields_by_name
        for field, _ in sent.ListFields():
            if field.name != "verb" and field.name not in takes:
                raise invalid(field.name, sent.verb, f"a verb that takes {field.name}")
        return Life(self._acts[name.kind]).does(verb, sent)


def _below(here: str, field: str) -> str:
    return f"{here}.{field}"


def _of_record(here: str, noun: str | None, field: str) -> str:
    """A batch says by the name of a record what CreateSummit says by parent and summit_id."""
    return f"{here}.{noun}.name" if field in ("parent", f"{noun}_id") else f"{here}.{field}"


def _paths(write: Write, here: str) -> Callable[[str], str]:
    """Where a write says what the request of a single rpc says in a field."""
    if write.HasField("create"):
        return partial(_of_record, here, write.create.WhichOneof("record"))
    if write.HasField("update"):
        of_record = partial(_of_record, f"{here}.record", write.update.record.WhichOneof("record"))
        return lambda field: f"{here}.{field}" if field == "update_mask" else of_record(field)
    return partial(_below, here)


@contextmanager
def _named(at: Callable[[str], str]) -> Iterator[None]:
    """Have refusals name the write at fault."""
    try:
        yield
    except RefusedError as error:
        # What fails without a field of its own is the fault of the write as a whole.
        raise error.at(at(error.path).rstrip(".")) from error


def _done(writer: Writer, step: _Step) -> Row:
    with _named(step.at):
        return step.act(writer)


def _sent(sent: TransferredRecord) -> tuple[Kind, Record]:
    which = sent.WhichOneof("record")
    if which is None:
        raise missing("record", "give the record")
    kind = BY_COLLECTION[which + "s"]
    record: Record = getattr(sent, which)
    if (length := record.ByteSize()) > MESSAGE:
        raise wire.too_large(MESSAGE, length, which)
    clear_output(record)
    name_of(kind, record.name, f"{which}.name")
    return kind, record


def _name(sent: Any) -> Name:
    name = parse_name(sent.name)
    if name is None:
        raise bad_name("name", sent.name, "calendars/{calendar}/{collection}/{id}")
    return name


def _check_preconditions(reader: Reader, wanted: Sequence[Precondition]) -> None:
    for index, one in enumerate(wanted):
        with _named(partial(_below, f"preconditions[{index}]")):
            _check_precondition(reader, one)


def _check_precondition(reader: Reader, wanted: Precondition) -> None:
    name = _name(wanted)
    row = reader.get(wanted.name)
    which = wanted.WhichOneof("condition")
    if which is None:
        raise missing("condition", "say etag or absent")
    if which == "absent" and wanted.absent:
        if row is not None and not row.deleted:
            raise exists(row, "absent")
        return
    record = live(name.kind, row, wanted.name, "name")
    if which == "etag":
        check_etag(wanted.etag, record.etag, "etag")

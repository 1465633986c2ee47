"""WriteService: several writes in one transaction, all or none, in one revision.

The operations are those of the single rpcs (operations.py). What differs is where requests stand,
and so the fields by which a refusal names what is at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from google.protobuf.descriptor import ServiceDescriptor

from summitry.kinds import BY_COLLECTION, KINDS, WITH_VERBS, Kind, Name, Record, parse_name
from summitry.v1 import summit_service_pb2
from summitry.v1.any_record_pb2 import AnyRecord
from summitry.v1.record_pb2 import EventVerb
from summitry.v1.write_service_pb2 import (
    BatchWriteRequest,
    Precondition,
    RecordVerb,
    Write,
)
from summitry_server.context import Backend, Call, Rpc
from summitry_server.domain.records.lifecycle import VERBS
from summitry_server.domain.records.masks import clear_output, mask_of
from summitry_server.domain.records.records import check_etag
from summitry_server.services.batch_answers import BatchAnswer
from summitry_server.services.lifecycle import VerbMethods, prefix_of
from summitry_server.services.naming import live, name_of
from summitry_server.services.operations import (
    Operation,
    RecordOperations,
    exists,
    joined_hints,
    plan_ahead,
)
from summitry_server.services.writing import transact
from summitry_server.store.contract import Reader, Row, Writer
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import MESSAGE
from summitry_server.wire.refusals import RefusedError, bad_name, invalid, missing


class _PreparedWrite(NamedTuple):
    """One write made ready, and how its refusals are named."""

    operation: Operation
    at: Callable[[str], str]


class WriteService:
    """Writes of any kinds."""

    def __init__(self, service: ServiceDescriptor, backend: Backend) -> None:
        self.service = service
        self.backend = backend
        self._operations = {kind: RecordOperations(kind, backend) for kind in KINDS}

    def methods(self) -> Mapping[str, Rpc]:
        """Return the rpcs of the service by name."""
        return {"BatchWrite": self.batch_write}

    def batch_write(self, request: BatchWriteRequest, call: Call) -> bytes:
        """Do all writes in their order, or none."""
        if not request.writes:
            raise missing("writes", "give at least one")
        now = self.backend.clock.now()
        steps = [self._step(write, index, call, now) for index, write in enumerate(request.writes)]

        def write_all(writer: Writer) -> bytes:
            _check_preconditions(writer, request.preconditions)
            answer = BatchAnswer(writer, call, omit_records=request.omit_records)
            for step in steps:
                answer.add(_done(writer, step))
            return self.backend.answer(answer.parts, answer.point())

        operations = [step.operation for step in steps]
        plan_ahead(self.backend.store, operations)
        hint = joined_hints(operation.hint for operation in operations)
        return transact(self.backend, call, write_all, hint)

    def _step(self, write: Write, index: int, call: Call, now: int) -> _PreparedWrite:
        verb = write.WhichOneof("act")
        here = f"writes[{index}]"
        if verb is None:
            raise missing(f"{here}.act", "say what to do: create, update, delete ...")
        at = _paths(write, f"{here}.{verb}")
        with _refusals_at(at):
            return _PreparedWrite(getattr(self, f"_{verb}")(getattr(write, verb), call, now), at)

    def _create(self, sent: AnyRecord, call: Call, now: int) -> Operation:
        kind, record = _sent(sent)
        return self._operations[kind].create(record, now)

    def _update(self, sent: Any, call: Call, now: int) -> Operation:
        kind, record = _sent(sent.record)
        return self._operations[kind].update(record, mask_of(sent), sent.allow_missing, now)

    def _delete(self, sent: Any, call: Call, now: int) -> Operation:
        name = _name(sent)
        return self._operations[name.kind].delete(name, sent.etag, now)

    def _undelete(self, sent: Any, call: Call, now: int) -> Operation:
        name = _name(sent)
        return self._operations[name.kind].undelete(name, sent.etag, now)

    def _restore(self, sent: Any, call: Call, now: int) -> Operation:
        name = _name(sent)
        return self._operations[name.kind].restore(name, sent.snapshot, sent.etag, call.reason, now)

    def _purge(self, sent: Any, call: Call, now: int) -> Operation:
        name = _name(sent)
        return self._operations[name.kind].purge(name, sent.etag, now)

    def _verb(self, sent: RecordVerb, call: Call, now: int) -> Operation:
        name, verb = _name(sent), VERBS.get(sent.verb)
        if name.kind not in WITH_VERBS:
            raise invalid("name", sent.name, "a summit, visit or meeting: update its status")
        if verb is None:
            words = ", ".join(map(EventVerb.Name, VERBS))
            if not sent.verb:
                raise missing("verb", f"give one of {words}")
            raise invalid("verb", EventVerb.Name(sent.verb), f"one of {words}")
        # The request of the verb says which fields it takes; that of summits is like the others.
        request = f"{prefix_of(verb.number)}SummitRequest"
        fields = summit_service_pb2.DESCRIPTOR.message_types_by_name[request].fields_by_name
        for field, _ in sent.ListFields():
            if field.name != "verb" and field.name not in fields:
                expected = f"a verb that takes {field.name}"
                raise invalid(field.name, EventVerb.Name(sent.verb), expected)
        return VerbMethods(self._operations[name.kind]).does(verb, sent)


def _below(here: str, field: str) -> str:
    return f"{here}.{field}"


def _of_record(here: str, noun: str | None, field: str) -> str:
    """Return the path in a batch, where `name` replaces the two fields of CreateSummit."""
    return f"{here}.{noun}.name" if field in ("parent", f"{noun}_id") else f"{here}.{field}"


def _paths(write: Write, here: str) -> Callable[[str], str]:
    """Return a function that turns a path in a single request into the path in the batch."""
    if write.HasField("create"):
        return partial(_of_record, here, write.create.WhichOneof("record"))
    if write.HasField("update"):
        of_record = partial(_of_record, f"{here}.record", write.update.record.WhichOneof("record"))
        own = write.update.DESCRIPTOR.fields_by_name
        return lambda field: f"{here}.{field}" if field in own else of_record(field)
    return partial(_below, here)


@contextmanager
def _refusals_at(at: Callable[[str], str]) -> Iterator[None]:
    """Move the refusals of the with block to the path of the write at fault."""
    try:
        yield
    except RefusedError as error:
        # What fails without a field of its own is the fault of the write as a whole.
        raise error.at(at(error.path).rstrip(".")) from error


def _done(writer: Writer, step: _PreparedWrite) -> Row:
    with _refusals_at(step.at):
        return step.operation(writer)


def _sent(sent: AnyRecord) -> tuple[Kind, Record]:
    field = sent.WhichOneof("record")
    if field is None:
        raise missing("record", "give the record")
    kind = BY_COLLECTION[field + "s"]
    record: Record = getattr(sent, field)
    if (length := record.ByteSize()) > MESSAGE:
        raise wire.too_large(MESSAGE, length, field)
    clear_output(record)
    name_of(kind, record.name, f"{field}.name")
    return kind, record


def _name(sent: Any) -> Name:
    name = parse_name(sent.name)
    if name is None:
        raise bad_name("name", sent.name, "calendars/{calendar}/{collection}/{id}")
    return name


def _check_preconditions(reader: Reader, preconditions: Sequence[Precondition]) -> None:
    for index, precondition in enumerate(preconditions):
        with _refusals_at(partial(_below, f"preconditions[{index}]")):
            _check_precondition(reader, precondition)


def _check_precondition(reader: Reader, precondition: Precondition) -> None:
    name = _name(precondition)
    row = reader.get(precondition.name)
    condition = precondition.WhichOneof("condition")
    if condition is None:
        raise missing("condition", "say etag or absent")
    if condition == "absent" and precondition.absent:
        if row is not None and not row.deleted:
            raise exists(row, "absent")
        return
    record = live(name.kind, row, precondition.name, "name")
    if condition == "etag":
        check_etag(precondition.etag, record.etag, "etag")

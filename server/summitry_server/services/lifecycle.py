"""Confirm, Postpone, Reschedule, Move, Cancel and Reinstate of one kind of record.

The six differ only in what their requests hold beside name and etag, so one function serves them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from summitry.kinds import Record
from summitry.statuses import verb_word
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.record_pb2 import EventVerb
from summitry_server.context import Call, Rpc
from summitry_server.domain.records.lifecycle import (
    VERBS,
    TransitionRequest,
    Verb,
    apply_verb,
    keep_previous_time,
)
from summitry_server.domain.records.masks import clear_output
from summitry_server.domain.records.records import check_etag, prepare
from summitry_server.domain.time.times import Before
from summitry_server.services.naming import live, name_of
from summitry_server.services.operations import Operation, RecordOperations
from summitry_server.store.contract import Row
from summitry_server.wire import limits
from summitry_server.wire.refusals import RefusedError

# Runs a write and answers with the row that it returned.
Write = Callable[[Call, Operation], bytes]


class VerbMethods:
    """The verbs of one kind of record."""

    def __init__(self, operations: RecordOperations) -> None:
        self._kind = operations.kind
        self._backend = operations.backend
        self._operations = operations

    def methods(self, write: Write) -> Mapping[str, Rpc]:
        """Return the rpcs by name; `write` runs the operations that they make."""
        message_name = self._kind.message.DESCRIPTOR.name

        def rpc(verb: Verb) -> Rpc:
            return lambda request, call: write(call, self.does(verb, request))

        return {f"{prefix_of(number)}{message_name}": rpc(verb) for number, verb in VERBS.items()}

    def does(self, verb: Verb, request: Any) -> Operation:
        """Return the operation of a verb by a request: that of its rpc, or a RecordVerb."""
        name = str(name_of(self._kind, request.name, "name"))
        transition = self._transition(request)

        def make(row: Row | None) -> Record:
            old = live(self._kind, row, name, "name")
            check_etag(request.etag, old.etag, "etag")
            return self._changed(old, verb, transition)

        return self._operations.follow(name, make, transition.now)

    def _transition(self, request: Any) -> TransitionRequest:
        has = request.DESCRIPTOR.fields_by_name
        time = None
        if "time" in has and request.HasField("time"):
            clear_output(request.time)
            time = request.time
        return TransitionRequest(
            noun=self._kind.singular,
            now=self._backend.clock.now(),
            db=self._backend.db,
            note=request.note,
            time=time,
            places=request.places if "places" in has else (),
            status=request.status if "status" in has else EventStatus.EVENT_STATUS_UNSPECIFIED,
        )

    def _changed(self, old: Record, verb: Verb, transition: TransitionRequest) -> Record:
        record = deepcopy(old)
        noun = self._kind.singular
        try:
            apply_verb(record, verb, transition)
            prepare(record, noun, self._backend.db, Before(old, transition.now))
        except RefusedError as error:
            raise _of_request(error, noun) from error
        keep_previous_time(record, old, transition)
        limits.check(record, noun)
        return record


def prefix_of(verb: EventVerb) -> str:
    """Return the beginning of the names of the rpcs of a verb: "Postpone"."""
    return verb_word(verb).capitalize()


def _of_request(error: RefusedError, noun: str) -> RefusedError:
    """Return a refusal with its path in the request, which holds parts of the record."""
    prefix = f"{noun}."
    return error.at(error.path.removeprefix(prefix)) if error.path.startswith(prefix) else error

"""Calls that write: each is one transaction, and one with a request_id is done once (AIP-155).

A client that did not hear of a commit sends its request again, and must get the answer that it
missed. So the answer is stored in the transaction of the write itself, and nowhere else.

With validate_only (AIP-163) a write runs to its answer and is then rolled back, so that no service
has a second form of what it does. The answer lacks only what a commit gives: etag and revision.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message

from summitry.kinds import BY_NUMBER
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Backend, Call, RequestKey, Rpc
from summitry_server.domain.records.records import etag_of
from summitry_server.store.contract import NO_HINT, Point, Reader, Row, WriteHint, Writer
from summitry_server.store.points import point_after
from summitry_server.wire import frames as wire
from summitry_server.wire.refusals import RefusedError, invalid

ANSWER_SECONDS = 24 * 3600  # seconds for which answers to requests with an id are stored
# Gives the answer to a repeated request from what is stored of the first.
Again = Callable[[bytes], bytes]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
FIELD = "request_id"


class _DryRunEnd(Exception):  # noqa: N818  not an error: it takes the answer out of a write
    """Ends a write that is to leave nothing behind."""

    def __init__(self, response: bytes) -> None:
        super().__init__()
        self.response = response


def transact(
    backend: Backend,
    call: Call,
    operate: Callable[[Writer], bytes],
    hint: WriteHint = NO_HINT,
) -> bytes:
    """Run a function as one write; return its answer, or the stored one of the same request.

    With `call.validate_only` nothing is stored. `hint` says what the function will ask of the
    store. Raises RefusedError REQUEST_ID_REUSED.
    """

    def operate_once(writer: Writer) -> bytes:
        if (answer := _stored_answer(backend, writer, call.request_key)) is not None:
            return answer
        response = operate(writer)
        if call.validate_only:
            raise _DryRunEnd(response)
        if call.request_key:
            packed = zlib.compress(response, 1)
            writer.remember(call.request_key.request_id, call.request_key.digest, packed)
        return response

    call.check()
    if call.request_key:
        hint = hint._replace(request_ids=(call.request_key.request_id,))
    try:
        return backend.store.write(operate_once, backend.entry(call), hint)
    except _DryRunEnd as dry_run:
        return dry_run.response


def answer_point(writer: Writer, revisions: Iterable[int], call: Call) -> Point:
    """Return the point that the header of an answer shows, by the revisions of the rows in it.

    It is that of the write, or of the store if nothing changed, or in a dry run.
    """
    if call.validate_only:
        return writer.point()
    # An operation that changed nothing returns an older row.
    return point_after(writer, max(writer.revision, *revisions))


def answer_frame(writer: Writer, row: Row, call: Call) -> bytes:
    """Return the record of a row for an answer: new versions of a dry run have no etag."""
    if not _is_tried(writer, row, call):
        return row.frame
    record = wire.unframe(BY_NUMBER[row.kind].message, row.frame)
    record.ClearField("etag")
    record.ClearField("revision")
    return wire.frame_of(record)


def answer_etag(writer: Writer, row: Row, call: Call) -> str:
    """Return the etag of a row for an answer; "" for a new version of a dry run."""
    return "" if _is_tried(writer, row, call) else etag_of(point_after(writer, row.revision))


def _is_tried(writer: Writer, row: Row, call: Call) -> bool:
    return call.validate_only and row.revision > writer.revision


def as_before(stored: bytes) -> bytes:
    """Return the stored answer for a repeated request; only secrets need another way."""
    return stored


def once(
    backend: Backend,
    service: ServiceDescriptor,
    methods: Mapping[str, Rpc],
    again: Mapping[str, Again] = MappingProxyType({}),
) -> Mapping[str, Rpc]:
    """Return the rpcs of a service; those with a request_id are done once for each id.

    `again` has the rpcs that answer repeated requests in another way than `as_before`.
    """
    return {
        name: _once(backend, name, rpc, again.get(name, as_before))
        if FIELD in service.methods_by_name[name].input_type.fields_by_name
        else rpc
        for name, rpc in methods.items()
    }


def _once(backend: Backend, name: str, rpc: Rpc, again: Again) -> Rpc:
    def run(request: Any, call: Call) -> bytes:
        key = key_of(name, request)
        if key:
            # Before any check: the write may have happened, and the request be refused by now.
            with backend.store.read() as reader:
                stored = _stored_answer(backend, reader, key)
            if stored is not None:
                return again(stored)
        write = replace(
            call,
            source=name,
            reason=_reason(request),
            request_key=key,
            validate_only=request.validate_only,
        )
        return rpc(request, write)

    return run


def key_of(name: str, request: Any) -> RequestKey | None:
    """Return the key that recognises a request; None if it has no id.

    Raises RefusedError INVALID_VALUE for an id that is no UUID.
    """
    if not request.request_id:
        return None
    if not UUID.fullmatch(request.request_id):
        raise invalid(FIELD, request.request_id, "a UUID such as that of Python's uuid.uuid4()")
    digest = hashlib.sha256(name.encode() + b"\0")
    digest.update(_bare(request).SerializeToString(deterministic=True))
    return RequestKey(request.request_id.lower(), digest.digest())


def _bare(request: Message) -> Message:
    """Return what a request asks for: a dry run and its write are the same request.

    So a dry run of what was written under that id gets the answer that the write would get.
    """
    bare = type(request)()
    bare.CopyFrom(request)
    bare.ClearField(FIELD)
    bare.ClearField("validate_only")
    return bare


def _reason(request: Any) -> str:
    """Return the reason that a request gives; those of verbs have it in their note."""
    fields = request.DESCRIPTOR.fields_by_name
    reason: str = request.reason if "reason" in fields else request.note.reason
    return reason


def _stored_answer(backend: Backend, reader: Reader, key: RequestKey | None) -> bytes | None:
    request = reader.request(key.request_id) if key else None
    if key is None or request is None or request.time <= backend.clock.now() - ANSWER_SECONDS:
        return None
    if request.digest != key.digest:
        raise RefusedError(
            ErrorReason.ERROR_REASON_REQUEST_ID_REUSED,
            f"{key.request_id} was used for another request: make a new one",
            FIELD,
            value=key.request_id,
        )
    return zlib.decompress(request.response)

"""Calls that write: each is one transaction, and one with a request_id is done once (AIP-155).

A retry is how a client deals with a commit of which it did not hear: it must find the answer that
it missed. So the answer is kept in the transaction that it is about, and nowhere else.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Asked, Backend, Call, Rpc
from summitry_server.store.contract import Reader, Writer
from summitry_server.wire.refusals import RefusedError, invalid

KEPT = 24 * 3600  # seconds for which an answer is kept
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
FIELD = "request_id"


class _Rehearsed(Exception):  # noqa: N818  not an error: it takes the answer out of a write
    """Ends a write that is to leave nothing behind."""

    def __init__(self, response: bytes) -> None:
        super().__init__()
        self.response = response


def transact(
    backend: Backend, call: Call, act: Callable[[Writer], bytes], *, validate_only: bool = False
) -> bytes:
    """Run `act` as one write and answer with what it returns, or did return to the same request.

    With `validate_only` all is done but kept. Raises RefusedError REQUEST_ID_REUSED.
    """

    def whole(writer: Writer) -> bytes:
        if (kept := _kept(backend, writer, call.asked)) is not None:
            return kept
        response = act(writer)
        if validate_only:
            raise _Rehearsed(response)
        if call.asked:
            packed = zlib.compress(response, 1)
            writer.remember(call.asked.request_id, call.asked.digest, packed)
        return response

    call.check()
    try:
        return backend.store.write(whole, backend.entry(call))
    except _Rehearsed as rehearsed:
        return rehearsed.response


def once(
    backend: Backend, service: ServiceDescriptor, methods: Mapping[str, Rpc]
) -> Mapping[str, Rpc]:
    """The rpcs of a service; those whose requests have a request_id are done once for each id."""
    return {
        name: _once(backend, name, rpc)
        if FIELD in service.methods_by_name[name].input_type.fields_by_name
        else rpc
        for name, rpc in methods.items()
    }


def _once(backend: Backend, name: str, rpc: Rpc) -> Rpc:
    def run(request: Any, call: Call) -> bytes:
        asked = asked_of(name, request)
        if asked:
            # Before all else: what was done once may be refused by now.
            with backend.store.read() as reader:
                if (kept := _kept(backend, reader, asked)) is not None:
                    return kept
        return rpc(request, replace(call, source=name, reason=_reason(request), asked=asked))

    return run


def asked_of(name: str, request: Any) -> Asked | None:
    """By what a request is known again; None if it has no id. Raises RefusedError INVALID_VALUE."""
    if not request.request_id:
        return None
    if not UUID.fullmatch(request.request_id):
        raise invalid(FIELD, request.request_id, "a UUID such as that of Python's uuid.uuid4()")
    digest = hashlib.sha256(name.encode() + b"\0")
    digest.update(_without_id(request).SerializeToString(deterministic=True))
    return Asked(request.request_id.lower(), digest.digest())


def _without_id(request: Message) -> Message:
    bare = type(request)()
    bare.CopyFrom(request)
    bare.ClearField(FIELD)
    return bare


def _reason(request: Any) -> str:
    """Why, as the request says; the verbs of life say it of the change."""
    fields = request.DESCRIPTOR.fields_by_name
    reason: str = request.reason if "reason" in fields else request.change.reason
    return reason


def _kept(backend: Backend, reader: Reader, asked: Asked | None) -> bytes | None:
    found = reader.request(asked.request_id) if asked else None
    if asked is None or found is None or found.time <= backend.clock.now() - KEPT:
        return None
    if found.digest != asked.digest:
        raise RefusedError(
            ErrorReason.ERROR_REASON_REQUEST_ID_REUSED,
            f"{asked.request_id} was used for another request: make a new one",
            FIELD,
            value=asked.request_id,
        )
    return zlib.decompress(found.response)

"""One pipeline for the calls of all forms.

The *forms* (unary.py, streaming.py, callback_stream.py) differ in how requests come in and
responses go out. Each opens its calls here, so that what happens to every call is written once:

    id, caller, deadline    the fields of `context.Call`
    concerns                permission, bounds ...: what admits a call and hears of its end
    parse and limits        `read`, for each message that comes in
    work                    the function of the service, which calls `check` between its steps
    status                  the error table, when the block of the open call is left

A new concern of all calls, such as a metric, is one module with a function (concern.py) and one
line in `server.CONCERNS`. Health and reflection are outside of the pipeline: they answer even when
everything in it is stuck.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Sequence
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from summitry_server.grpc_server.call_classes import class_of
from summitry_server.grpc_server.concern import Concern, Guard, RpcMethod
from summitry_server.grpc_server.open_calls import OpenCall, OpenCalls
from summitry_server.wire import limits
from summitry_server.wire.frames import parse


class Pipeline:
    """Opens the calls of one server."""

    def __init__(self, concerns: Sequence[Concern], open_calls: OpenCalls) -> None:
        self._concerns = concerns
        self._open_calls = open_calls
        # Unique among all servers that write to one log, and cheaper than a UUID for each call.
        self._prefix = secrets.token_hex(8)
        self._numbers = itertools.count(1)

    def calls(self, descriptor: MethodDescriptor) -> Calls:
        """Return the calls of an rpc, with the guards that its concerns give."""
        request = GetMessageClass(descriptor.input_type)
        method = RpcMethod(descriptor.full_name, request, class_of(descriptor))
        guards = [guard for concern in self._concerns if (guard := concern(method)) is not None]
        return Calls(self, method, guards, self._open_calls)

    def new_id(self) -> str:
        """Return a new id for a call, which the log shows."""
        return f"{self._prefix}{next(self._numbers):08x}"


class Calls:
    """The calls of one rpc."""

    def __init__(
        self,
        pipeline: Pipeline,
        method: RpcMethod,
        guards: Sequence[Guard],
        open_calls: OpenCalls,
    ) -> None:
        self.method = method
        self._pipeline = pipeline
        self._guards = guards
        self._open_calls = open_calls

    def open(self, context: grpc.ServicerContext) -> OpenCall:
        """Return a call that begins, for use in a `with` statement."""
        id = self._pipeline.new_id()
        return OpenCall(self.method, self._guards, context, self._open_calls, id)


def read(method: RpcMethod, data: bytes) -> Any:
    """Return a request, parsed and checked against the table of limits. Raises RefusedError."""
    request = parse(method.request, data)
    limits.check(request)
    return request

"""Rpcs that stream one way: requests in and one response out, or one request in and responses out.

A stream holds a thread while it is open, so streams have threads of their own (server.py): however
slow their other ends are, no other call waits for them. One more than the bound is refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

import grpc

from summitry_server.context import Call
from summitry_server.grpc_server.open_calls import OpenCall, idle_stream
from summitry_server.grpc_server.pipeline import Calls, read
from summitry_server.store.interruption import interruptible

POLL = 0.1  # seconds between looks at whether a stream that waits for a message is to end


def requests_handler(
    calls: Calls, rpc: Callable[[Iterator[Any], Call], bytes], readers: Executor
) -> Callable[..., bytes]:
    """Return the handler of an rpc with a stream of requests; `readers` waits for them."""

    def handle(requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        with calls.open(context) as opened:
            context.send_initial_metadata(())  # the sign that the stream has a place
            with interruptible(opened.check):
                return rpc(_incoming(opened, requests, readers), opened.call)

    return handle


def responses_handler(
    calls: Calls, rpc: Callable[[Any, Call], Iterator[bytes]]
) -> Callable[..., Iterator[bytes]]:
    """Return the handler of an rpc with a stream of responses."""

    def handle(data: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        with calls.open(context) as opened:
            context.send_initial_metadata(())
            responses = iter(rpc(read(opened.method, data), opened.call))
            # Around each step: the next one may run in another thread.
            while (response := _next(opened, responses)) is not None:
                opened.waits_since = time.monotonic()
                yield response
                opened.waits_since = None

    return handle


def _next(opened: OpenCall, responses: Iterator[bytes]) -> bytes | None:
    with interruptible(opened.check):
        return next(responses, None)


def _incoming(opened: OpenCall, requests: Iterator[bytes], readers: Executor) -> Iterator[Any]:
    """Yield requests as they come, each of them checked.

    grpcio waits for the next one without an end, which is done on another thread, so that this one
    can end the call with a status when the client is silent or the server stops.
    """
    while True:
        data = _arrived(opened, readers.submit(next, requests, None))
        if data is None:
            return
        yield read(opened.method, data)


def _arrived(opened: OpenCall, coming: Future[bytes | None]) -> bytes | None:
    idle = opened.method.call_class.idle
    begun = time.monotonic()
    while True:
        opened.check()
        try:
            return coming.result(timeout=POLL)
        except TimeoutError:
            if time.monotonic() - begun >= idle:
                raise idle_stream(idle) from None

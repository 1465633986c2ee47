"""Rpcs that stream one way: requests in and one response out, or one request in and responses out.

A stream holds a thread while it is open, so streams have a pool of their own: however many there
are, and however slow their other ends, no other call waits for them. One more than the pool admits
is refused at once. A stream on which nothing moves is cancelled.
"""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server import limits
from summitry_server.errors import abort
from summitry_server.refusals import RefusedError
from summitry_server.rpc.context import Call, Caller
from summitry_server.wire import parse

STREAMS = 4
IDLE = 60.0  # seconds


class Streams:
    """Handlers of streaming rpcs with the guards of the others: size, limits, typed refusals."""

    def __init__(self, streams: int = STREAMS, idle: float = IDLE) -> None:
        self._idle = idle
        self._limit = streams
        self._free = threading.BoundedSemaphore(streams)
        # One thread more, which tells those who come when there is no room.
        self._pool = ThreadPoolExecutor(streams + 1, thread_name_prefix="stream")

    def close(self) -> None:
        """Begin no more streams."""
        self._pool.shutdown(wait=False)

    def handler(self, method: MethodDescriptor, rpc: Callable[[Any, Call], Any]) -> Any:
        """Serve `rpc`, which takes an iterator of requests, or gives one of responses as bytes."""
        taking = method.client_streaming
        behavior: Any = self._taking(method, rpc) if taking else self._giving(method, rpc)
        behavior.experimental_thread_pool = self._pool
        if taking:
            return grpc.stream_unary_rpc_method_handler(behavior)
        return grpc.unary_stream_rpc_method_handler(behavior)

    def _taking(
        self, method: MethodDescriptor, rpc: Callable[[Iterator[Any], Call], bytes]
    ) -> Callable[..., bytes]:
        def handle(requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
            request_id = uuid.uuid4().hex
            try:
                with _Open(self, context) as stream:
                    messages = _messages(stream, method, requests)
                    return rpc(messages, call_of(context, request_id))
            except grpc.RpcError:  # the other end is gone: there is nobody to tell
                raise
            except Exception as error:
                abort(context, method.full_name, error, request_id)
                raise

        return handle

    def _giving(
        self, method: MethodDescriptor, rpc: Callable[[Any, Call], Iterator[bytes]]
    ) -> Callable[..., Iterator[bytes]]:
        request_class = GetMessageClass(method.input_type)

        def handle(data: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            request_id = uuid.uuid4().hex
            try:
                with _Open(self, context) as stream:
                    request = parse(request_class, data)
                    limits.check(request)
                    for response in rpc(request, call_of(context, request_id)):
                        stream.moved()
                        yield response
            except grpc.RpcError:
                raise
            except Exception as error:
                abort(context, method.full_name, error, request_id)
                raise

        return handle

    def enter(self) -> None:
        """Take the place of a stream. Raises RefusedError TOO_MANY_STREAMS."""
        if not self._free.acquire(blocking=False):
            raise RefusedError(
                ErrorReason.ERROR_REASON_TOO_MANY_STREAMS,
                f"{self._limit} imports and exports are open: try again when one has ended",
                limit=self._limit,
            )

    def leave(self) -> None:
        """Give the place back."""
        self._free.release()

    @property
    def idle(self) -> float:
        """Seconds without a message after which a stream is cancelled."""
        return self._idle


class _Open:
    """A stream that is open: its place among the others, and when a message last passed."""

    def __init__(self, streams: Streams, context: grpc.ServicerContext) -> None:
        self._streams = streams
        self._context = context
        self._timer: threading.Timer | None = None
        self._closed = False
        self._last = 0.0

    def __enter__(self) -> _Open:
        self._streams.enter()
        try:
            self._context.send_initial_metadata(())  # the sign that there is a place
        except BaseException:
            self._streams.leave()
            raise
        self.moved()
        self._watch(self._streams.idle)
        return self

    def __exit__(self, *error: object) -> None:
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._streams.leave()

    def moved(self) -> None:
        """A message passes."""
        self._last = time.monotonic()

    def _watch(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._look)
        self._timer.daemon = True
        self._timer.start()

    def _look(self) -> None:
        left = self._last + self._streams.idle - time.monotonic()
        if self._closed:
            return
        if left > 0:
            self._watch(left)
        else:
            self._context.cancel()


def call_of(context: grpc.ServicerContext, request_id: str) -> Call:
    """Return the call that a context stands for; its deadline is that of the client."""
    remaining = context.time_remaining()
    deadline = math.inf if remaining is None else time.monotonic() + remaining
    return Call(request_id, Caller(context.peer()), deadline, context.is_active)


def _messages(stream: _Open, method: MethodDescriptor, requests: Iterator[bytes]) -> Iterator[Any]:
    """Requests as they come, each of them checked."""
    request_class = GetMessageClass(method.input_type)
    for data in requests:
        stream.moved()
        request = parse(request_class, data)
        limits.check(request)
        yield request

"""grpc.reflection v1 and v1alpha: the descriptors of the services, for grpcurl and its like.

grpcio reads a stream of requests only with a thread that waits, and tools leave such streams open
for as long as the call lasts that they were opened for. So the threads are few and their own; a
stream without a request for some seconds is ended; and when all are taken, a new stream takes the
place of that which has been silent for longest. Tools open another one when they need it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from operator import attrgetter
from typing import Any

import grpc
from grpc_health.v1 import health
from grpc_reflection.v1alpha import reflection, reflection_pb2

STREAMS = 8
IDLE = 10.0  # seconds without a request
TICK = 0.5  # seconds between looks at idle streams
# grpcio ships only the older of the two; on the wire they are equal.
NAMES = ("grpc.reflection.v1.ServerReflection", reflection.SERVICE_NAME)

Respond = Callable[[Any], None]


class Reflection:
    """Reflection under both of its names."""

    def __init__(self, services: Iterable[str], idle: float = IDLE) -> None:
        self._servicer = reflection.ReflectionServicer((*services, health.SERVICE_NAME, *NAMES))
        self._idle = idle
        # Those who come when all places are taken need a thread to make room.
        self._pool = ThreadPoolExecutor(STREAMS + 1, thread_name_prefix="reflection")
        self._lock = threading.Lock()
        self._streams: set[_ReflectionStream] = set()
        self._stopped = threading.Event()
        self._watchdog = threading.Thread(target=self._watch, name="reflection-idle", daemon=True)

    def add_to(self, server: grpc.Server) -> None:
        """Serve ServerReflectionInfo."""

        def serve(requests: Iterator[Any], context: grpc.ServicerContext, respond: Respond) -> None:
            self._serve(requests, _ReflectionStream(context, respond))

        serve.experimental_thread_pool = self._pool  # type: ignore[attr-defined]
        serve.experimental_non_blocking = True  # type: ignore[attr-defined]
        handler = grpc.stream_stream_rpc_method_handler(
            serve,
            reflection_pb2.ServerReflectionRequest.FromString,
            reflection_pb2.ServerReflectionResponse.SerializeToString,
        )
        handlers = {"ServerReflectionInfo": handler}
        for name in NAMES:
            generic = grpc.method_handlers_generic_handler(name, handlers)
            server.add_generic_rpc_handlers((generic,))

    def start(self) -> None:
        """Start the thread that ends idle streams."""
        self._watchdog.start()

    def drain(self) -> None:
        """End all streams, and those that come later at once."""
        self._stopped.set()
        self._end_silent(math.inf)

    def stop(self) -> None:
        """Stop the threads. Call this after the server has stopped, which hands them calls."""
        self._pool.shutdown(wait=False)

    def _serve(self, requests: Iterator[Any], stream: _ReflectionStream) -> None:
        self._enter(stream)
        try:
            if not self._stopped.is_set():
                stream.answer(requests, self._servicer)
        finally:
            with self._lock:
                self._streams.discard(stream)
            stream.end()

    def _enter(self, stream: _ReflectionStream) -> None:
        """Count a new stream; at the limit, end the one that has been silent for longest."""
        oldest = None
        with self._lock:
            if len(self._streams) >= STREAMS:
                oldest = min(self._streams, key=attrgetter("moved_at"))
                self._streams.discard(oldest)
            self._streams.add(stream)
        if oldest is not None:
            oldest.end()

    def _end_silent(self, since: float) -> None:
        with self._lock:
            silent = [stream for stream in self._streams if stream.moved_at < since]
        for stream in silent:
            stream.end()

    def _watch(self) -> None:
        while not self._stopped.wait(min(TICK, self._idle)):
            self._end_silent(time.monotonic() - self._idle)


class _ReflectionStream:
    """One stream, which may be ended from another thread while it waits for a request."""

    def __init__(self, context: grpc.ServicerContext, respond: Respond) -> None:
        self._context = context
        self._respond = respond
        self._lock = threading.Lock()
        self._over = False
        self.moved_at = time.monotonic()

    def answer(self, requests: Iterator[Any], servicer: Any) -> None:
        """Answer requests until the stream ends, on either side."""
        try:
            for request in requests:
                self.moved_at = time.monotonic()
                for response in servicer.ServerReflectionInfo(iter((request,)), self._context):
                    self._respond(response)
        except grpc.RpcError:
            return  # the client has gone

    def end(self) -> None:
        """End the stream with status OK: all requests have been answered."""
        with self._lock:
            if self._over:
                return
            self._over = True
        self._respond(None)

"""grpc.health.v1 on threads of its own, which answer whatever the rpcs do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2

THREADS = 2
STATUS = health_pb2.HealthCheckResponse


class ServingHealth:
    """The health of the server and of each of its services."""

    def __init__(self, services: Iterable[str]) -> None:
        self._names = ("", *services)
        self._servicer = health.HealthServicer(experimental_non_blocking=True)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="health")
        # A send waits for a thread of gRPC, which may wait for the lock of the servicer, since it
        # calls back when a client has gone. So nothing is sent under that lock but from here, by
        # one thread, since the statuses of a watch have an order.
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="health-send")
        self._lock = threading.Lock()
        self._watches: set[_Watch] = set()
        self._draining = False

    def add_to(self, server: grpc.Server) -> None:
        """Serve Check and Watch."""

        def check(request: Any, context: grpc.ServicerContext) -> Any:
            return self._servicer.Check(request, context)

        def watch(request: Any, context: grpc.ServicerContext, respond: Respond) -> None:
            self._watch(request, context, respond)

        check.experimental_thread_pool = self._pool  # type: ignore[attr-defined]
        watch.experimental_thread_pool = self._pool  # type: ignore[attr-defined]
        watch.experimental_non_blocking = True  # type: ignore[attr-defined]
        formats = (
            health_pb2.HealthCheckRequest.FromString,
            health_pb2.HealthCheckResponse.SerializeToString,
        )
        handlers = {
            "Check": grpc.unary_unary_rpc_method_handler(check, *formats),
            "Watch": grpc.unary_stream_rpc_method_handler(watch, *formats),
        }
        generic = grpc.method_handlers_generic_handler(health.SERVICE_NAME, handlers)
        server.add_generic_rpc_handlers((generic,))

    def set_serving(self, serving: bool) -> None:
        """Set the status of the server and its services; it stays as it is after `drain`."""
        for name in self._names:
            self._servicer.set(name, STATUS.SERVING if serving else STATUS.NOT_SERVING)

    def drain(self) -> None:
        """Set NOT_SERVING for good, tell those who watch, and end their watches."""
        self._servicer.enter_graceful_shutdown()
        with self._lock:
            self._draining = True
            watches = list(self._watches)
        for watch in watches:
            watch.end()

    def stop(self) -> None:
        """Stop the threads."""
        self._pool.shutdown(wait=False)
        self._sender.shutdown(wait=False)

    def _watch(self, request: Any, context: grpc.ServicerContext, respond: Respond) -> None:
        watch = _Watch(context, respond, self._sender)
        with self._lock:
            self._watches.add(watch)
            draining = self._draining
        context.add_callback(lambda: self._forget(watch))
        self._servicer.Watch(request, context, watch.send)
        if draining:
            watch.end()

    def _forget(self, watch: _Watch) -> None:
        with self._lock:
            self._watches.discard(watch)


Respond = Callable[[Any], None]


class _Watch:
    """One watch of the health, which ends once: by its client or by the server."""

    def __init__(self, context: grpc.ServicerContext, respond: Respond, sender: Executor) -> None:
        self._context = context
        self._respond = respond
        self._sender = sender
        self._lock = threading.Lock()
        self._over = False

    def send(self, status: Any) -> None:
        """Send a status soon; None, which comes when the client has gone, ends the watch."""
        with self._lock:
            if self._over:
                return
            self._over = status is None
            with suppress(RuntimeError):  # the server has stopped
                self._sender.submit(self._respond, status)

    def end(self) -> None:
        """End the watch as the server stops."""
        self._context.set_code(grpc.StatusCode.UNAVAILABLE)
        self._context.set_details("the server stops")
        self.send(None)

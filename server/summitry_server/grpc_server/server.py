"""The gRPC server: handlers made from the service descriptors, and the order of start and stop.

Requests come in as bytes and responses go out as bytes, so that size is checked before parsing and
stored bytes are never built into messages.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from summitry.certificates import ServerCertificate
from summitry_server.context import Rpc, Stream, StreamRpc
from summitry_server.grpc_server.bounds import Bounds
from summitry_server.grpc_server.call_classes import CLASSES, TRANSFERS, Bound
from summitry_server.grpc_server.callback_stream import callback_handler
from summitry_server.grpc_server.concern import Concern
from summitry_server.grpc_server.health import ServingHealth
from summitry_server.grpc_server.open_calls import OpenCalls
from summitry_server.grpc_server.permission import permission
from summitry_server.grpc_server.pipeline import Calls, Pipeline
from summitry_server.grpc_server.reflection import Reflection
from summitry_server.grpc_server.response_cache import ResponseCache
from summitry_server.grpc_server.streaming import requests_handler, responses_handler
from summitry_server.grpc_server.tls import server_credentials
from summitry_server.grpc_server.unary import cached_handler, unary_handler

log = logging.getLogger(__name__)

KIB = 1024
THREADS = 8  # of light calls
CACHE = 32 * KIB * KIB
READS = ("Get", "BatchGet", "List", "Query")
# gRPC itself refuses what is larger without saying why; below it we say (limits.MESSAGE).
RECEIVE = 8 * KIB * KIB
OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", RECEIVE),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_metadata_size", 8 * KIB),
    ("grpc.max_concurrent_streams", 256),
    # All who watch come back at once after a restart; beyond these, gRPC cancels calls at random.
    ("grpc.server.max_pending_requests", 10_000),
    ("grpc.server.max_pending_requests_hard_limit", 20_000),
    ("grpc.server_handshake_timeout_ms", 5000),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.max_connection_idle_ms", 30 * 60_000),  # the client's channel connects again
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
)
# Of the grace, what is kept for telling clients that their calls are cut off.
CUTTING_SHARE = 0.1
CUTTING_SECONDS = 0.2
# What each call passes, in this order; each makes what a server keeps of its calls.
CONCERNS: tuple[Callable[[], Concern], ...] = (lambda: permission, Bounds)


@dataclass(frozen=True, slots=True)
class Service:
    """A service to serve: its descriptor and its rpcs by name."""

    descriptor: ServiceDescriptor
    methods: Mapping[str, Rpc | StreamRpc]
    by_revision: bool = True  # what reads answer depends on the store's revision alone
    streams: Mapping[str, Stream] = field(default_factory=dict)


class GrpcServer:
    """A gRPC server on one address."""

    def __init__(
        self,
        services: Iterable[Service],
        head: Callable[[], int],
        connections: int = 1000,
        concerns: Sequence[Callable[[], Concern]] = CONCERNS,
    ) -> None:
        """Build the server; `head` gives the revision of the store, for the response cache.

        Beyond `connections` a new one is closed at once, which its client takes as UNAVAILABLE.
        """
        services = list(services)
        names = [service.descriptor.full_name for service in services]
        self._cache = ResponseCache(CACHE, head)
        self.open_calls = OpenCalls()
        self._pipeline = Pipeline([make() for make in concerns], self.open_calls)
        self._pools = _Pools()
        options = (*OPTIONS, ("grpc.max_allowed_incoming_connections", connections))
        self._server = grpc.server(self._pools.light, options=options)
        for service in services:
            self._server.add_generic_rpc_handlers((self._handlers(service),))
        self.health = ServingHealth(names)
        self.health.add_to(self._server)
        self._reflection = Reflection(names)
        self._reflection.add_to(self._server)

    def start(self, address: str, certificate: ServerCertificate | None = None) -> int:
        """Listen and serve; return the bound port. Raises OSError if the address is taken.

        With a certificate over TLS, without in the clear.
        """
        try:
            if certificate is None:
                port = self._server.add_insecure_port(address)
            else:
                port = self._server.add_secure_port(address, server_credentials(certificate))
        except RuntimeError as error:
            raise OSError(f"cannot listen on {address}: is the port taken?") from error
        self.open_calls.start()
        self._reflection.start()
        self._server.start()
        self.health.set_serving(True)
        return port

    def drain(self) -> None:
        """Report NOT_SERVING, and end the streams that would otherwise wait for the client."""
        self.health.drain()
        self.open_calls.end_streams()
        self._reflection.drain()

    def stop(self, grace: float) -> None:
        """Refuse new calls, let those under way finish, and cut the rest, all within the grace."""
        self.drain()
        cutting = max(CUTTING_SHARE * grace, CUTTING_SECONDS)
        stopped = self._server.stop(grace)
        if not stopped.wait(max(0.0, grace - cutting)):
            for name in self.open_calls.cut_all():
                log.warning("%s was cut off: it was not done within the grace", name)
            stopped.wait(cutting)
        self.open_calls.stop()
        self.health.stop()
        self._reflection.stop()
        self._pools.stop()

    def _handlers(self, service: Service) -> grpc.GenericRpcHandler:
        handlers = {
            method.name: self._handler(method, service) for method in service.descriptor.methods
        }
        return grpc.method_handlers_generic_handler(service.descriptor.full_name, handlers)

    def _handler(self, method: MethodDescriptor, service: Service) -> Any:
        calls = self._pipeline.calls(method)
        make, behavior = self._behavior(method, service, calls)
        behavior.experimental_thread_pool = self._pools.of(calls.method.call_class.bound)
        return make(behavior)

    def _behavior(
        self, method: MethodDescriptor, service: Service, calls: Calls
    ) -> tuple[Any, Any]:
        """Return grpcio's factory of handlers for a method, and the function that serves it."""
        if method.name in service.streams:
            stream = service.streams[method.name]
            return grpc.unary_stream_rpc_method_handler, callback_handler(calls, stream)
        rpc: Any = service.methods[method.name]
        if method.client_streaming:
            behavior = requests_handler(calls, rpc, self._pools.readers)
            return grpc.stream_unary_rpc_method_handler, behavior
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler, responses_handler(calls, rpc)
        if service.by_revision and method.name.startswith(READS):
            return grpc.unary_unary_rpc_method_handler, cached_handler(calls, rpc, self._cache)
        return grpc.unary_unary_rpc_method_handler, unary_handler(calls, rpc)


class _Pools:
    """The threads of a server: light calls have theirs, and so has each bound of heavier ones."""

    def __init__(self) -> None:
        bounds = {call_class.bound for call_class in CLASSES if call_class.bound is not None}
        self.light = ThreadPoolExecutor(THREADS, thread_name_prefix="rpc")
        # One thread more than places: it refuses those who come when there is none.
        self._bounded = {
            bound: ThreadPoolExecutor(bound.places + 1, thread_name_prefix=f"rpc-{bound.noun}")
            for bound in bounds
        }
        self.readers = ThreadPoolExecutor(TRANSFERS.places, thread_name_prefix="stream-reader")

    def of(self, bound: Bound | None) -> ThreadPoolExecutor:
        """Return the threads for calls with a bound, or without."""
        return self.light if bound is None else self._bounded[bound]

    def stop(self) -> None:
        """Stop the threads when they are idle."""
        for pool in (self.light, self.readers, *self._bounded.values()):
            pool.shutdown(wait=False, cancel_futures=True)

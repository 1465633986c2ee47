"""The gRPC server: handlers made from the service descriptors, health, reflection, clean errors.

Requests come in as bytes and responses go out as bytes, so that size is checked before parsing and
stored bytes are never built into messages.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2

from summitry_server import limits
from summitry_server.errors import abort
from summitry_server.grpc_server.callback_stream import CallbackSink
from summitry_server.grpc_server.response_cache import ResponseCache
from summitry_server.grpc_server.streaming import Streams, call_of
from summitry_server.rpc.context import Call, Caller, Rpc, Stream, StreamRpc
from summitry_server.wire import parse

KIB = 1024
THREADS = 8
REFLECTION_STREAMS = 2  # each holds a thread while it is open
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
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
)


@dataclass(frozen=True, slots=True)
class Service:
    """A service to serve: its descriptor and its rpcs by name."""

    descriptor: ServiceDescriptor
    methods: Mapping[str, Rpc | StreamRpc]
    by_revision: bool = True  # what reads answer depends on the store's revision alone
    streams: Mapping[str, Stream] = field(default_factory=dict)


class Transport:
    """A gRPC server on one address."""

    def __init__(self, services: Iterable[Service], head: Callable[[], int]) -> None:
        """`head` tells the revision of the store, for the response cache."""
        self._head = head
        self._cache = ResponseCache(CACHE)
        self._streams = Streams()
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="rpc")
        self._server = grpc.server(pool, options=OPTIONS)
        names = []
        for service in services:
            names.append(service.descriptor.full_name)
            self._server.add_generic_rpc_handlers((self._handlers(service),))
        self._health = health.HealthServicer(experimental_non_blocking=True)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._add_reflection(names)
        self._names = ("", *names)

    def start(self, address: str) -> int:
        """Listen and serve; the bound port. Raises OSError if the address is taken."""
        try:
            port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(f"cannot listen on {address}: is the port taken?") from error
        self._server.start()
        for name in self._names:
            self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        return port

    def stop(self, grace: float) -> None:
        """Refuse new calls, let those under way finish within `grace` seconds."""
        self._health.enter_graceful_shutdown()
        self._server.stop(grace).wait()
        self._streams.close()

    def _handlers(self, service: Service) -> grpc.GenericRpcHandler:
        handlers: dict[str, Any] = {
            method.name: self._handler(method, service.methods[method.name], service.by_revision)
            for method in service.descriptor.methods
            if method.name not in service.streams
        }
        for name, stream in service.streams.items():
            method = service.descriptor.methods_by_name[name]
            handlers[name] = grpc.unary_stream_rpc_method_handler(self._following(method, stream))
        return grpc.method_handlers_generic_handler(service.descriptor.full_name, handlers)

    def _handler(self, method: MethodDescriptor, rpc: Any, by_revision: bool) -> Any:
        if method.client_streaming or method.server_streaming:
            return self._streams.handler(method, rpc)
        return grpc.unary_unary_rpc_method_handler(self._guarded(method, rpc, by_revision))

    def _guarded(
        self, method: MethodDescriptor, rpc: Rpc, by_revision: bool
    ) -> Callable[..., bytes]:
        request_class = GetMessageClass(method.input_type)
        name = method.full_name
        cached = by_revision and method.name.startswith(READS)

        def handle(data: bytes, context: grpc.ServicerContext) -> bytes:
            revision = self._head()
            if cached and (kept := self._cache.get((name, data), revision)) is not None:
                return kept
            request_id = uuid.uuid4().hex
            try:
                request = parse(request_class, data)
                limits.check(request)
                response = rpc(request, call_of(context, request_id))
            except Exception as error:
                abort(context, name, error, request_id)
                raise
            if cached and revision == self._head():
                self._cache.put((name, data), revision, response)
            return response

        return handle

    def _following(self, method: MethodDescriptor, stream: Stream) -> Callable[..., None]:
        """A handler that returns at once, after which responses may come from any thread."""
        request_class = GetMessageClass(method.input_type)
        name = method.full_name

        def handle(
            data: bytes, context: grpc.ServicerContext, respond: Callable[[bytes | None], None]
        ) -> None:
            request_id = uuid.uuid4().hex
            try:
                request = parse(request_class, data)
                limits.check(request)
                call = Call(request_id, Caller(context.peer()))
                stream(request, call, CallbackSink(context, respond, request_id))
            except Exception as error:
                abort(context, name, error, request_id)
                raise

        handle.experimental_non_blocking = True  # type: ignore[attr-defined]
        return handle

    def _add_reflection(self, names: list[str]) -> None:
        """Reflection under both of its names; grpcio ships only the older one, the wire is one."""
        servicer = reflection.ReflectionServicer((*names, health.SERVICE_NAME, *REFLECTION))
        free = threading.BoundedSemaphore(REFLECTION_STREAMS)

        def serve(requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
            if not free.acquire(blocking=False):
                context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many reflection streams")
            try:
                yield from servicer.ServerReflectionInfo(requests, context)
            finally:
                free.release()

        handler = grpc.stream_stream_rpc_method_handler(
            serve,
            request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
            response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
        )
        for name in REFLECTION:
            self._server.add_generic_rpc_handlers(
                (grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": handler}),)
            )


REFLECTION = ("grpc.reflection.v1.ServerReflection", reflection.SERVICE_NAME)

"""Helpers of the tests of the gRPC server: a server with rpcs of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import grpc
import pytest

from summitry.v1 import change_service_pb2, transfer_service_pb2
from summitry_server.grpc_server.server import CONCERNS, GrpcServer, Service

CHANGES = change_service_pb2.DESCRIPTOR.services_by_name["ChangeService"]
TRANSFER = transfer_service_pb2.DESCRIPTOR.services_by_name["TransferService"]


class Served(NamedTuple):
    """A server, and a channel to it."""

    server: GrpcServer
    channel: grpc.Channel


Serve = Callable[..., Served]


def never(*_: Any) -> bytes:
    raise AssertionError("the test does not call this rpc")


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers of ChangeService and TransferService whose rpcs the test gives by name."""
    served: list[Served] = []

    def start(rpcs: Mapping[str, Any], concerns: Any = CONCERNS) -> Served:
        services = []
        for descriptor in (CHANGES, TRANSFER):
            streams = {"WatchChanges": rpcs.get("WatchChanges", never)}
            names = [method.name for method in descriptor.methods]
            methods = {name: rpcs.get(name, never) for name in names}
            own = {name: stream for name, stream in streams.items() if name in names}
            services.append(Service(descriptor, methods, streams=own))
        server = GrpcServer(services, lambda: 1, concerns=concerns)
        port = server.start("127.0.0.1:0")
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        served.append(Served(server, channel))
        return served[-1]

    yield start
    for running in served:
        running.channel.close()
        running.server.stop(1)


@pytest.fixture(scope="session")
def unary() -> Any:
    """Make a call of a unary rpc: `unary(channel, "ChangeService/GetHead", request)`."""

    def call(channel: grpc.Channel, path: str, request: bytes = b"", timeout: float = 20) -> bytes:
        answer = channel.unary_unary(f"/summitry.v1.{path}")(request, timeout=timeout)
        assert isinstance(answer, bytes)
        return answer

    return call

"""Health and reflection answer whatever the rpcs do, and hold nobody up."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from summitry_server.grpc_server import reflection as module
from summitry_server.grpc_server.health import ServingHealth
from summitry_server.grpc_server.reflection import STREAMS
from summitry_server.grpc_server.server import THREADS

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
GUARD = 60


def health(channel: grpc.Channel) -> Any:
    return health_pb2_grpc.HealthStub(channel)  # type: ignore[no-untyped-call]


def question(service: str = "") -> Any:
    return health_pb2.HealthCheckRequest(service=service)


def test_health_answers_while_every_thread_is_busy(serve: Any) -> None:
    begun, release = threading.Semaphore(0), threading.Event()

    def stuck(*_: Any) -> bytes:
        begun.release()
        release.wait(GUARD)
        return b""

    channel = serve({"DiffRevisions": stuck}).channel
    call = channel.unary_unary("/summitry.v1.ChangeService/DiffRevisions")
    futures = [call.future(b"", timeout=GUARD) for _ in range(THREADS + 2)]
    for _ in range(THREADS):
        assert begun.acquire(timeout=GUARD)
    assert not begun.acquire(blocking=False), "all threads are taken"
    stub = health(channel)
    assert stub.Check(question(), timeout=GUARD).status == SERVING
    assert next(stub.Watch(question(), timeout=GUARD)).status == SERVING
    release.set()
    assert [future.result() for future in futures] == [b""] * len(futures)


@pytest.mark.parametrize(
    ("service", "status"),
    [("", SERVING), ("summitry.v1.ChangeService", SERVING), ("unknown", None)],
    ids=["server", "service", "unknown"],
)
def test_health_of_each_service(serve: Any, service: str, status: int | None) -> None:
    stub = health(serve({}).channel)
    if status is not None:
        assert stub.Check(question(service), timeout=GUARD).status == status
        return
    with pytest.raises(grpc.RpcError) as caught:
        stub.Check(question(service), timeout=GUARD)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_watch_hears_of_each_change_until_the_server_drains(serve: Any) -> None:
    served = serve({})
    watch = health(served.channel).Watch(question(), timeout=GUARD)
    assert next(watch).status == SERVING
    served.server.health.set_serving(False)
    assert next(watch).status == NOT_SERVING
    served.server.health.set_serving(True)
    assert next(watch).status == SERVING
    served.server.drain()
    assert next(watch).status == NOT_SERVING
    with pytest.raises(grpc.RpcError) as caught:
        next(watch)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    late = health(served.channel).Watch(question(), timeout=GUARD)
    assert next(late).status == NOT_SERVING
    with pytest.raises(grpc.RpcError):
        next(late)


class Tool:
    """A tool that opens a reflection stream, asks once, and keeps the stream."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._closed = threading.Event()
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[no-untyped-call]
        self.answers = stub.ServerReflectionInfo(self._requests(), timeout=GUARD)
        self.first = next(self.answers)

    def _requests(self) -> Iterator[Any]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")
        self._closed.wait(GUARD)

    def close(self) -> list[Any]:
        """Close the stream and return what still came."""
        self._closed.set()
        return list(self.answers)


def test_client_that_goes_while_a_status_is_sent_blocks_nobody() -> None:
    """A send waits for gRPC's own thread, which first tells the servicer that the client has gone."""
    callbacks: list[Callable[[], None]] = []
    context: Any = SimpleNamespace(add_callback=lambda callback: callbacks.append(callback) or True)
    finished: queue.Queue[bool] = queue.Queue()

    def respond(answer: Any) -> None:
        if answer is not None and answer.status == NOT_SERVING:
            transport = threading.Thread(target=lambda: [end() for end in callbacks], daemon=True)
            transport.start()
            transport.join(10)
            finished.put(not transport.is_alive())

    served = ServingHealth(["summitry.v1.SummitService"])
    served.set_serving(True)
    served._watch(question(), context, respond)
    threading.Thread(target=served.set_serving, args=(False,), daemon=True).start()
    assert finished.get(timeout=60), "the transport does not wait for the lock of who sends"
    served.stop()


def test_reflection_lists_services_under_both_names(serve: Any) -> None:
    channel = serve({}).channel
    names = [service.name for service in Tool(channel).first.list_services_response.service]
    assert names == sorted(names)
    assert {"grpc.health.v1.Health", "summitry.v1.ChangeService", *module.NAMES} <= set(names)
    request = reflection_pb2.ServerReflectionRequest(file_containing_symbol=names[-1])
    newer = channel.stream_stream(f"/{module.NAMES[0]}/ServerReflectionInfo")
    (answer,) = newer(iter((request.SerializeToString(),)), timeout=GUARD)
    response = reflection_pb2.ServerReflectionResponse.FromString(answer)
    assert response.file_descriptor_response.file_descriptor_proto


def test_open_reflection_streams_lock_nobody_out(serve: Any, unary: Any) -> None:
    channel = serve({"GetHead": lambda *_: b"head"}).channel
    tools = [Tool(channel) for _ in range(3 * STREAMS)]
    assert all(tool.first.list_services_response.service for tool in tools)
    assert unary(channel, "ChangeService/GetHead") == b"head"
    evicted = tools[: 2 * STREAMS]
    assert [list(tool.answers) for tool in evicted] == [[]] * len(evicted), "ended in good order"
    assert tools[-1].close() == []


def test_silent_reflection_stream_is_ended(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert module.IDLE >= 5, "a tool may think between two questions"
    monkeypatch.setattr(
        "summitry_server.grpc_server.server.Reflection",
        lambda names: module.Reflection(names, idle=0.1),
    )
    tool = Tool(serve({}).channel)
    assert list(tool.answers) == [], "ended in good order, without the client's doing"

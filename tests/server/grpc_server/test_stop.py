"""A signal ends the process within its grace, whatever is open and whatever a thread does.

Times are hang guards only: a grace of ten minutes shows what is not waited for, by a process that
ends nevertheless.
"""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from summitry._calls.methods import TRANSFER
from summitry.v1.agenda_service_pb2 import FindConflictsRequest
from summitry.v1.change_service_pb2 import WatchChangesRequest
from summitry.v1.transfer_service_pb2 import ImportOptions, ImportRecordsRequest

BUSY = Path(__file__).with_name("busy_server.py")
GUARD = 250  # seconds
LONG = "600"  # a grace that no test waits for


class Process:
    """A server process on a file, and a channel to it."""

    def __init__(self, store: Path, grace: str, *, busy: bool = False) -> None:
        program = [str(BUSY)] if busy else ["-m", "summitry_server"]
        options = ["--grpc", "127.0.0.1:0", "--http", "off", "--grace", grace]
        self.process = subprocess.Popen(
            [sys.executable, *program, "serve", "--store", f"sqlite:///{store}", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip().rpartition(" ")[2]
        self.channel = grpc.insecure_channel(self.address)

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def exit_code(self) -> int:
        return self.process.wait(timeout=GUARD)

    def close(self) -> None:
        self.channel.close()
        self.process.kill()
        self.process.communicate()


@contextmanager
def running(store: Path, grace: str, *, busy: bool = False) -> Iterator[Process]:
    process = Process(store, grace, busy=busy)
    try:
        yield process
    finally:
        process.close()


class OpenStreams:
    """One stream of each kind that lasts until somebody ends it, each of them at work."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.messages: queue.Queue[Any] = queue.Queue()
        health = health_pb2_grpc.HealthStub(channel)  # type: ignore[no-untyped-call]
        self.health = health.Watch(health_pb2.HealthCheckRequest(), timeout=GUARD)
        assert next(self.health).status == health_pb2.HealthCheckResponse.SERVING
        reflection = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[no-untyped-call]
        question = reflection_pb2.ServerReflectionRequest(list_services="")
        self.reflection = reflection.ServerReflectionInfo(
            self._one_and_wait(question), timeout=GUARD
        )
        assert next(self.reflection).list_services_response.service
        method = TRANSFER["ImportRecords"]
        begin = ImportRecordsRequest(options=ImportOptions())
        self.imported = channel.stream_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        ).future(self._one_and_wait(begin), timeout=GUARD)
        self.imported.initial_metadata()
        self.watch = channel.unary_stream("/summitry.v1.ChangeService/WatchChanges")(
            WatchChangesRequest(view={"parent": "calendars/-"}, now={}).SerializeToString(),
            timeout=GUARD,
        )
        next(self.watch)

    def _one_and_wait(self, message: Any) -> Iterator[Any]:
        yield message
        self.messages.get()

    def close(self) -> None:
        for _ in range(2):
            self.messages.put(None)


def ended(call: Any) -> grpc.RpcError:
    """Read a stream to its end, and return the error with which it ended."""
    with pytest.raises(grpc.RpcError) as caught:
        list(call)
    return caught.value


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_open_streams_are_ended_and_not_waited_for(
    tmp_path: Path, number: int, refusal_of: Any
) -> None:
    with running(tmp_path / "s.db", LONG) as process:
        streams = OpenStreams(process.channel)
        process.signal(number)
        statuses = []
        with pytest.raises(grpc.RpcError) as caught:
            statuses += [answer.status for answer in streams.health]
        assert statuses == [] or statuses[0] == health_pb2.HealthCheckResponse.NOT_SERVING
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert list(streams.reflection) == [], "it ends in good order"
        with pytest.raises(grpc.RpcError) as caught:
            streams.imported.result()
        assert refusal_of(caught.value).reason == "SERVER_STOPPING"
        assert refusal_of(ended(streams.watch)).reason == "SERVER_STOPPING"
        assert process.exit_code() == 0
        streams.close()


def test_health_says_so_before_it_ends(tmp_path: Path) -> None:
    with running(tmp_path / "s.db", LONG) as process:
        stub = health_pb2_grpc.HealthStub(process.channel)  # type: ignore[no-untyped-call]
        watch = stub.Watch(health_pb2.HealthCheckRequest(), timeout=GUARD)
        assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
        process.signal(signal.SIGTERM)
        assert next(watch).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert ended(watch).code() is grpc.StatusCode.UNAVAILABLE
        assert process.exit_code() == 0


def test_thread_in_a_loop_does_not_keep_the_process(tmp_path: Path) -> None:
    with running(tmp_path / "s.db", "1", busy=True) as process:
        streams = OpenStreams(process.channel)
        busy = process.channel.unary_unary("/summitry.v1.AgendaService/FindConflicts").future(
            FindConflictsRequest().SerializeToString(), timeout=GUARD
        )
        wait_until_open(process.channel)
        process.signal(signal.SIGTERM)
        with pytest.raises(grpc.RpcError) as caught:
            busy.result()
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert process.exit_code() == 0
        streams.close()
        assert process.process.stderr is not None
        assert "FindConflicts was cut off" in process.process.stderr.read()
    with running(tmp_path / "s.db", "1") as again:
        again.signal(signal.SIGTERM)
        assert again.exit_code() == 0, "the store was closed in order"


def wait_until_open(channel: grpc.Channel) -> None:
    """Wait until the busy call has begun: calls of one connection come in the order sent."""
    stub = health_pb2_grpc.HealthStub(channel)  # type: ignore[no-untyped-call]
    for _ in range(3):
        answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=GUARD)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_second_signal_ends_at_once(tmp_path: Path) -> None:
    with running(tmp_path / "s.db", LONG, busy=True) as process:
        busy = process.channel.unary_unary("/summitry.v1.AgendaService/FindConflicts").future(
            FindConflictsRequest().SerializeToString(), timeout=GUARD
        )
        stub = health_pb2_grpc.HealthStub(process.channel)  # type: ignore[no-untyped-call]
        watch = stub.Watch(health_pb2.HealthCheckRequest(), timeout=GUARD)
        assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
        process.signal(signal.SIGTERM)
        ended(watch)
        assert not busy.done(), "the first signal waits for calls under way"
        process.signal(signal.SIGTERM)
        assert process.exit_code() == 128 + signal.SIGTERM


def test_hangup_that_was_set_aside_is_left_alone(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # children inherit it, as from nohup
    try:
        process = Process(tmp_path / "s.db", LONG)
    finally:
        signal.signal(signal.SIGHUP, before)
    try:
        process.signal(signal.SIGHUP)
        wait_until_open(process.channel)
        process.signal(signal.SIGTERM)
        assert process.exit_code() == 0
    finally:
        process.close()


def test_calls_under_way_are_finished(serve: Any) -> None:
    begun, release = threading.Event(), threading.Event()

    def answer(_: Any, call: Any) -> bytes:
        begun.set()
        assert release.wait(GUARD)
        return b"answer"

    served = serve({"GetHead": answer})
    future = served.channel.unary_unary("/summitry.v1.ChangeService/GetHead").future(b"")
    assert begun.wait(GUARD)
    stopper = threading.Thread(target=served.server.stop, args=(GUARD,), daemon=True)
    stopper.start()
    release.set()
    assert future.result(timeout=GUARD) == b"answer"
    stopper.join(GUARD)
    assert not stopper.is_alive()

"""Streams are few, on threads of their own, and end when their other end is gone or silent."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any, ClassVar

import grpc
import pytest

from summitry import AsyncClient, Client
from summitry.errors import CallCancelledError, CallError, DeadlineExceededError
from summitry.kinds import Record
from summitry.methods import TRANSFER
from summitry.v1.transfer_service_pb2 import (
    ExportRecordsRequest,
    ImportOptions,
    ImportRecordsRequest,
    ImportRecordsResponse,
)
from summitry_server.grpc_server import streaming as streams
from summitry_server.grpc_server.streaming import IDLE, STREAMS, Streams

IMPORT = TRANSFER["ImportRecords"]
EXPORT = TRANSFER["ExportRecords"]


class Held:
    """An import that is open until it is let go."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._messages: queue.Queue[ImportRecordsRequest | None] = queue.Queue()
        call = channel.stream_unary(
            IMPORT.path, IMPORT.request.SerializeToString, IMPORT.response.FromString
        )
        self.call = call.future(iter(self._messages.get, None), timeout=60)
        self._messages.put(ImportRecordsRequest(options=ImportOptions()))
        self.call.initial_metadata()  # waits until it has its place

    def finish(self) -> ImportRecordsResponse:
        self._messages.put(None)
        answer: ImportRecordsResponse = self.call.result()
        return answer

    def cancel(self) -> None:
        self.call.cancel()
        self._messages.put(None)


def refusal(client: Client) -> str:
    try:
        client.import_records([])
    except CallError as error:
        return error.reason
    return ""


def wait_until(client: Client, reason: str) -> None:
    """Until an import is answered so; what is open is counted by the server a moment later."""
    for _ in range(200):
        if refusal(client) == reason:
            return
        threading.Event().wait(0.02)
    pytest.fail(f"imports are never answered with {reason!r}")


def test_as_many_as_there_are_places_and_no_more(service: Any, client: Client, record: Any) -> None:
    held = [Held(service.channel) for _ in range(STREAMS)]
    with pytest.raises(CallError) as caught:
        list(client.export_records())
    assert caught.value.metadata["limit"] == str(STREAMS)
    assert client.create(record()).name == "calendars/c", "other calls have threads of their own"
    assert held.pop().finish().received == 0
    wait_until(client, "")
    for one in held:
        one.finish()


def test_a_place_is_free_when_the_other_end_gives_up(service: Any, client: Client) -> None:
    held = [Held(service.channel) for _ in range(STREAMS)]
    assert refusal(client) == "TOO_MANY_STREAMS"
    for one in held:
        one.cancel()
    wait_until(client, "")


def test_readers_that_do_not_read_hold_nobody_up(service: Any, client: Client, record: Any) -> None:
    # More than gRPC takes off a stream before anybody reads.
    texts = [{"text": "x" * 16_000}] * 15
    many = [record(f"summits/s{number:03}", summaries=texts) for number in range(120)]
    client.import_records([record(), *many])
    calls = [
        service.channel.unary_stream(EXPORT.path, EXPORT.request.SerializeToString, None)(
            ExportRecordsRequest(parent="calendars/c"), timeout=60
        )
        for _ in range(STREAMS)
    ]
    for call in calls:
        next(call)
    assert refusal(client) == "TOO_MANY_STREAMS"
    assert client.get("calendars/c").name == "calendars/c"
    for call in calls:
        call.cancel()
    wait_until(client, "")


def test_a_silent_stream_is_cancelled(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert IDLE >= 60, "a desk's slow line is not silence"
    monkeypatch.setattr("summitry_server.grpc_server.server.Streams", partial(Streams, idle=0.3))
    service = start("--http", "off")
    held = Held(service.channel)
    with pytest.raises(grpc.RpcError) as caught:
        held.call.result()
    assert caught.value.code() is grpc.StatusCode.CANCELLED  # type: ignore[attr-defined]


class FakeTimer:
    """A timer that a test lets go off."""

    made: ClassVar[list[FakeTimer]] = []

    def __init__(self, seconds: float, function: Callable[[], None]) -> None:
        self.seconds, self.function, self.running = seconds, function, False
        self.made.append(self)

    def start(self) -> None:
        self.running = True

    def cancel(self) -> None:
        self.running = False


class FakeContext:
    """A call, as far as it can be cancelled."""

    cancelled = False

    def send_initial_metadata(self, metadata: object) -> None:
        pass

    def cancel(self) -> None:
        self.cancelled = True


def test_a_stream_that_moves_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(FakeTimer, "made", [])
    monkeypatch.setattr(streams.threading, "Timer", FakeTimer)
    monkeypatch.setattr(streams.time, "monotonic", lambda: now)
    context, timers = FakeContext(), FakeTimer.made
    with streams._Open(Streams(idle=60), context) as stream:  # type: ignore[arg-type]
        now += 40
        stream.moved()
        now += 20
        timers[0].function()
        assert [timer.seconds for timer in timers] == [60, 40]
        assert not context.cancelled
        now += 40
        timers[1].function()
        assert context.cancelled, "60 seconds after it last moved"
    assert not timers[1].running


def test_one_that_is_gone_before_it_begins_takes_no_place() -> None:
    class Gone(FakeContext):
        def send_initial_metadata(self, metadata: object) -> None:
            raise grpc.RpcError

    one = Streams(streams=1)
    for _ in range(3):
        with pytest.raises(grpc.RpcError), streams._Open(one, Gone()):  # type: ignore[arg-type]
            pass
    with streams._Open(one, FakeContext()):  # type: ignore[arg-type]
        pass


def test_a_stream_that_has_ended_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeTimer, "made", [])
    monkeypatch.setattr(streams.threading, "Timer", FakeTimer)
    context = FakeContext()
    with streams._Open(Streams(idle=0), context):  # type: ignore[arg-type]
        pass
    FakeTimer.made[0].function()
    assert not context.cancelled


def test_a_deadline_ends_an_import(client: Client, record: Any) -> None:
    def endless() -> Iterator[Record]:
        while True:
            threading.Event().wait(0.05)
            yield record()

    with pytest.raises((DeadlineExceededError, CallCancelledError)):
        client.import_records(endless(), timeout=0.4)
    wait_until(client, "")


async def imported(address: str, record: Any) -> list[ImportRecordsResponse]:
    async def source() -> AsyncIterator[Record]:
        yield record()
        yield record("summits/s")

    async def broken() -> AsyncIterator[Record]:
        yield record("summits/t")
        raise ZeroDivisionError

    async def endless() -> AsyncIterator[Record]:
        while True:
            await asyncio.sleep(0.05)
            yield record()

    async with AsyncClient(address) as client:
        answers = [
            await client.import_records(source()),
            await client.import_records([record()], dry_run=True),
        ]
        with pytest.raises(ZeroDivisionError):
            await client.import_records(broken())
        with pytest.raises(CallError):
            await client.import_records(endless(), timeout=0.2)
        names = [found.name async for found in client.export_records("calendars/c")]
        assert names == ["calendars/c", "calendars/c/summits/s", "calendars/c/summits/t"]
        assert client.header.revision == 2
        return answers


def test_the_asynchronous_client_does_the_same(service: Any, record: Any) -> None:
    answers = asyncio.run(imported(service.grpc, record))
    assert [(one.created, one.unchanged) for one in answers] == [(2, 0), (0, 1)]

"""Streams are limited, run on threads of their own, and end when the peer is gone or silent."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest

from summitry import AsyncClient, Client
from summitry._calls.methods import TRANSFER
from summitry.errors import CallCancelledError, CallError, DeadlineExceededError
from summitry.kinds import Record
from summitry.v1.transfer_service_pb2 import (
    ExportRecordsRequest,
    ImportOptions,
    ImportRecordsRequest,
    ImportRecordsResponse,
)
from summitry_server.grpc_server import call_classes
from summitry_server.grpc_server.call_classes import STREAM, TRANSFERS

IMPORT = TRANSFER["ImportRecords"]
EXPORT = TRANSFER["ExportRecords"]
STREAMS = TRANSFERS.share  # all calls of a test come from one caller


class OpenImport:
    """An import that stays open until it is finished or cancelled."""

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


def wait_until_answer(client: Client, reason: str) -> None:
    """Wait until an import is answered with a reason; the server counts open calls with a delay."""
    for _ in range(200):
        if refusal(client) == reason:
            return
        threading.Event().wait(0.02)
    pytest.fail(f"imports are never answered with {reason!r}")


def test_streams_beyond_the_limit_are_refused(service: Any, client: Client, record: Any) -> None:
    imports = [OpenImport(service.channel) for _ in range(STREAMS)]
    with pytest.raises(CallError) as caught:
        list(client.export_records())
    assert caught.value.metadata == {"limit": str(STREAMS), "per": "caller"}
    assert client.create(record()).name == "calendars/c", "other calls have threads of their own"
    assert imports.pop().finish().received == 0
    wait_until_answer(client, "")
    for open_import in imports:
        open_import.finish()


def test_cancelled_stream_frees_its_place(service: Any, client: Client) -> None:
    imports = [OpenImport(service.channel) for _ in range(STREAMS)]
    assert refusal(client) == "TOO_MANY_STREAMS"
    for open_import in imports:
        open_import.cancel()
    wait_until_answer(client, "")


def test_readers_that_do_not_read_do_not_block_other_calls(
    service: Any, client: Client, record: Any
) -> None:
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
    wait_until_answer(client, "")


def shorten_limits(monkeypatch: pytest.MonkeyPatch, **changes: float) -> None:
    """Have imports and exports end after a fraction of the usual time."""
    fast = STREAM._replace(**changes)
    for name in (IMPORT.path, EXPORT.path):
        rpc = name[1:].replace("/", ".")
        monkeypatch.setitem(call_classes.CLASS_OF_RPC, rpc, fast)


def test_silent_import_ends_with_the_reason(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert STREAM.idle >= 60, "a desk's slow line is not silence"
    shorten_limits(monkeypatch, idle=0.3)
    client = Client(start("--http", "off").grpc)
    release = threading.Event()

    def silent() -> Iterator[Record]:
        release.wait(20)
        yield from ()

    with client, pytest.raises(DeadlineExceededError) as caught:
        client.import_records(silent())
    release.set()
    assert caught.value.reason == "STREAM_IDLE"
    assert caught.value.metadata["seconds"] == "0.3"


def test_import_that_never_ends_is_ended(
    start: Any, record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten_limits(monkeypatch, seconds=0.5)
    with Client(start("--http", "off").grpc) as client:
        with pytest.raises(DeadlineExceededError) as caught:
            client.import_records(endless(record), timeout=20)
        assert caught.value.reason == "DEADLINE_EXCEEDED"
        wait_until_answer(client, "")


def wait_until_cut(service: Any) -> None:
    """Wait, without reading, until the server has ended the calls under way."""
    for _ in range(1000):
        if not service.application._grpc.open_calls:
            return
        threading.Event().wait(0.02)
    pytest.fail("the server has not ended the call")


def endless(record: Any) -> Iterator[Record]:
    while True:
        threading.Event().wait(0.05)
        yield record()


def test_export_that_nobody_reads_is_cut(
    start: Any, record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten_limits(monkeypatch, idle=0.3)
    service = start("--http", "off")
    texts = [{"text": "x" * 16_000}] * 15
    many = [record(f"summits/s{number:03}", summaries=texts) for number in range(120)]
    with Client(service.grpc) as client:
        client.import_records([record(), *many])
        call = service.channel.unary_stream(EXPORT.path, EXPORT.request.SerializeToString, None)(
            ExportRecordsRequest(parent="calendars/c"), timeout=20
        )
        next(call)
        wait_until_cut(service)
        with pytest.raises(grpc.RpcError) as caught:
            list(call)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED  # type: ignore[attr-defined]
    assert caught.value.details().startswith("STREAM_IDLE: ")  # type: ignore[attr-defined]


def test_a_deadline_ends_an_import(client: Client, record: Any) -> None:
    with pytest.raises((DeadlineExceededError, CallCancelledError)):
        client.import_records(endless(record), timeout=0.4)
    wait_until_answer(client, "")


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
            await client.import_records([record()], validate_only=True),
        ]
        with pytest.raises(ZeroDivisionError):
            await client.import_records(broken())
        with pytest.raises(CallError):
            await client.import_records(endless(), timeout=0.2)
        names = [record_.name async for record_ in client.export_records("calendars/c")]
        assert names == ["calendars/c", "calendars/c/summits/s", "calendars/c/summits/t"]
        assert client.header.revision == 2
        return answers


def test_asynchronous_client_imports_and_exports(service: Any, record: Any) -> None:
    answers = asyncio.run(imported(service.grpc, record))
    assert [(answer.created, answer.unchanged) for answer in answers] == [(2, 0), (0, 1)]

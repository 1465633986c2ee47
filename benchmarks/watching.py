"""2,000 idle watchers on one server: cost of one, and delay until a write has reached all.

The server is a process of its own, over SQLite; the watchers are streams on twenty connections of
this process. The ceilings are what grpcio itself needs for as many streams of its health service,
for one empty call each over the same connections, and for one message to each stream of a server
that does nothing else (`serve_bare`).

Checkpoints every three seconds for 2,000 watchers are as many as every fifteen for 10,000.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sized
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

import grpc
from grpc_health.v1 import health_pb2

from summitry.v1.calendar_service_pb2 import CreateCalendarRequest
from summitry.v1.change_service_pb2 import (
    ChangeView,
    WatchChangesRequest,
    WatchChangesResponse,
)
from summitry.v1.summit_service_pb2 import CreateSummitRequest, UpdateSummitRequest

WATCHERS = 2_000
CONNECTIONS = 20
HEARTBEAT = 3  # seconds
EQUIVALENT = WATCHERS * 15 // HEARTBEAT  # with the heartbeat that is the default
IN_FLIGHT = 500  # gRPC cancels calls when more than a thousand wait
PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")
VIEW = ChangeView(parent="calendars/c")


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return named ratios, each with its ceiling: medians of interleaved rounds."""
    return asyncio.run(_measure(rounds))


async def _measure(rounds: int) -> list[tuple[str, float, str]]:
    async with _server() as server:
        plain = await _memory(server, _health)
    async with _server() as server:
        one_view = await _memory(server, _same_view)
        delay, work = await _writes(server, rounds, _same_view)
    async with _server("--heartbeat", str(HEARTBEAT)) as server:
        idle = await _idle(server)
    async with _bare() as server:
        bare = await _fan_out(server, rounds)
    async with _server() as server:
        ours = await _fan_out(server, rounds)
    async with _server() as server:
        separate, separate_work = await _writes(server, rounds, _view_of_its_own)
    health = f"an idle health stream, {plain / 1024:.1f} KiB"
    calls = "one empty call each"
    sends = f"one message each by bare grpcio, {bare / WATCHERS * 1e6:.0f} us"
    return [
        ("a write to all, one view: server CPU", ours / bare, sends),
        (f"{EQUIVALENT:,} idle watchers, server CPU", idle * HEARTBEAT / bare, sends),
        ("the same, in percent of a core", idle * 100, "one core"),
        (f"memory of an idle watcher ({one_view / 1024:.1f} KiB)", one_view / plain, health),
        (f"p99 until a write is with {WATCHERS:,}, one view", delay, f"p99 of {calls}"),
        (f"server CPU of a write to {WATCHERS:,}, one view", work, calls),
        ("p99, each a view of its own", separate, f"p99 of {calls}"),
        ("server CPU, each a view of its own", separate_work, calls),
    ]


class _Server:
    """A server process, and connections to it."""

    def __init__(self, process: subprocess.Popen[str], channels: list[grpc.aio.Channel]) -> None:
        self.process, self.channels = process, channels

    def resident(self) -> int:
        """Return the bytes of memory in use."""
        statm = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii")
        return int(statm.split()[1]) * PAGE

    def cpu(self) -> float:
        """Return the seconds of CPU so far."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    async def call(self, number: int, method: str, request: bytes = b"") -> bytes:
        call: Any = self.channels[number % CONNECTIONS].unary_unary(f"/{method}")
        return bytes(await call(request, timeout=60))


@asynccontextmanager
async def _server(*options: str) -> AsyncIterator[_Server]:
    with tempfile.TemporaryDirectory() as folder:
        store = ("--store", f"sqlite:///{folder}/bench.db", "--grpc", "127.0.0.1:0")
        module = ("-m", "summitry_server", "serve", "--http", "off")
        async with _process(*module, *store, *options) as server:
            await _fill(server)
            yield server


@asynccontextmanager
async def _bare() -> AsyncIterator[_Server]:
    async with _process("-c", "from benchmarks.watching import serve_bare; serve_bare()") as server:
        yield server


@asynccontextmanager
async def _process(*arguments: str) -> AsyncIterator[_Server]:
    """Run Python with these arguments, which prints its address, and connect to it."""
    with subprocess.Popen(
        (sys.executable, *arguments), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().rpartition(" ")[2].strip()
            own = [("grpc.use_local_subchannel_pool", 1)]
            async with AsyncExitStack() as opened:
                channels = [
                    await opened.enter_async_context(grpc.aio.insecure_channel(address, own))
                    for _ in range(CONNECTIONS)
                ]
                yield _Server(process, channels)
        finally:
            process.terminate()


def serve_bare() -> None:
    """Serve by grpcio alone, with our names: an update sends its bytes to all watchers."""
    watchers: list[Callable[[bytes], None]] = []

    def watch(request: bytes, context: grpc.ServicerContext, respond: Any) -> None:
        watchers.append(respond)
        respond(b"")

    watch.experimental_non_blocking = True  # type: ignore[attr-defined]

    def update(request: bytes, context: grpc.ServicerContext) -> bytes:
        message = WatchChangesResponse(changes={"changes": [{"name": "x" * 400}]})
        data = message.SerializeToString()
        halves = watchers[::2], watchers[1::2]
        senders = [
            Thread(target=lambda some=half: [send(data) for send in some]) for half in halves
        ]
        for sender in senders:
            sender.start()
        return b""

    services: dict[str, Any] = {
        "ChangeService": {"WatchChanges": grpc.unary_stream_rpc_method_handler(watch)},
        "SummitService": {"UpdateSummit": grpc.unary_unary_rpc_method_handler(update)},
    }
    server = grpc.server(ThreadPoolExecutor(8))
    for name, handlers in services.items():
        full_name = f"summitry.v1.{name}"
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(full_name, handlers),)
        )
    print(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}", flush=True)
    server.start()
    server.wait_for_termination()


async def _idle(server: _Server) -> float:
    """Return the share of a core that the checkpoints of idle watchers take."""
    streams = await _opened(server, _same_view)
    readers = [asyncio.create_task(_read_all(stream)) for stream in streams]
    await asyncio.sleep(HEARTBEAT)
    cpu, begun = server.cpu(), time.perf_counter()
    await asyncio.sleep(5 * HEARTBEAT)
    share = (server.cpu() - cpu) / (time.perf_counter() - begun)
    for reader in readers:
        reader.cancel()
    for stream in streams:
        stream.cancel()
    return share


async def _read_all(stream: Any) -> None:
    while await stream.read():
        """A checkpoint."""


async def _fan_out(server: _Server, rounds: int) -> float:
    """Return the seconds of CPU for which the server sends one change to all."""
    streams = await _opened(server, _same_view)
    costs = [(await _timed(server, _write, streams, number))[1] for number in range(rounds)]
    for stream in streams:
        stream.cancel()
    return median(costs)


async def _fill(server: _Server) -> None:
    request = CreateCalendarRequest(calendar_id="c")
    request.calendar.SetInParent()
    data = request.SerializeToString()
    await server.call(0, "summitry.v1.CalendarService/CreateCalendar", data)
    summit = CreateSummitRequest(parent="calendars/c", summit_id="s")
    summit.summit.titles.add(text="The summit that all follow", language_code="en")
    summit.summit.places.add(region_code="KZ").localities.add(text="Astana", language_code="en")
    data = summit.SerializeToString()
    await server.call(0, "summitry.v1.SummitService/CreateSummit", data)


# Opens the stream of a number; returns when the server has answered.
Open = Callable[[_Server, int], Awaitable[Any]]


async def _health(server: _Server, number: int) -> Any:
    call: Any = server.channels[number % CONNECTIONS].unary_stream("/grpc.health.v1.Health/Watch")
    stream = call(health_pb2.HealthCheckRequest().SerializeToString())
    await stream.read()
    return stream


async def _same_view(server: _Server, number: int) -> Any:
    return await _watch(server, number, VIEW)


async def _view_of_its_own(server: _Server, number: int) -> Any:
    view = ChangeView(parent="calendars/c")
    view.filter.cities.extend(["astana", f"town-{number}"])
    return await _watch(server, number, view)


async def _watch(server: _Server, number: int, view: ChangeView) -> Any:
    call: Any = server.channels[number % CONNECTIONS].unary_stream(
        "/summitry.v1.ChangeService/WatchChanges",
        response_deserializer=WatchChangesResponse.FromString,
    )
    stream = call(WatchChangesRequest(view=view, now={}).SerializeToString())
    await stream.read()
    return stream


async def _opened(server: _Server, open: Open) -> list[Any]:
    streams: list[Any] = []
    for first in range(0, WATCHERS, 100):
        numbers = range(first, first + 100)
        streams += await asyncio.gather(*(open(server, number) for number in numbers))
    return streams


async def _memory(server: _Server, open: Open) -> float:
    """Return the bytes that the server takes for one more stream."""
    await _calls(server, range(WATCHERS), 0)
    before = server.resident()
    streams = await _opened(server, open)
    await asyncio.sleep(1)
    cost = (server.resident() - before) / WATCHERS
    for stream in streams:
        stream.cancel()
    await asyncio.sleep(1)
    return cost


async def _writes(server: _Server, rounds: int, open: Open) -> tuple[float, float]:
    """Return delay and work of a write that goes to all, as ratios to empty calls."""
    streams = await _opened(server, open)
    delays, costs = [], []
    for number in range(rounds):
        calls, call_cpu = await _timed(server, _calls, streams, number)
        delay, cpu = await _timed(server, _write, streams, number)
        delays.append(delay / calls)
        costs.append(cpu / call_cpu)
    for stream in streams:
        stream.cancel()
    return median(delays), median(costs)


async def _timed(
    server: _Server, run: Callable[..., Awaitable[list[float]]], streams: list[Any], number: int
) -> tuple[float, float]:
    """Return the 99th percentile of the times that it takes, and CPU seconds of the server."""
    cpu = server.cpu()
    begun = time.perf_counter()
    ends = sorted(await run(server, streams, number))
    return ends[len(ends) * 99 // 100] - begun, server.cpu() - cpu


async def _calls(server: _Server, streams: Sized, number: int) -> list[float]:
    free = asyncio.Semaphore(IN_FLIGHT)

    async def call(at: int) -> float:
        async with free:
            await server.call(at, "grpc.health.v1.Health/Check")
            return time.perf_counter()

    return await asyncio.gather(*(call(at) for at in range(len(streams))))


async def _write(server: _Server, streams: list[Any], number: int) -> list[float]:
    async def reached(stream: Any) -> float:
        while not (await stream.read()).HasField("changes"):
            pass
        return time.perf_counter()

    waiting = [asyncio.create_task(reached(stream)) for stream in streams]
    request = UpdateSummitRequest()
    request.summit.name, request.summit.series = "calendars/c/summits/s", f"round-{number}"
    data = request.SerializeToString()
    await server.call(0, "summitry.v1.SummitService/UpdateSummit", data)
    return await asyncio.gather(*waiting)

"""A feed of 1,000 events against bare uvicorn: CPU of the server for each answer, 16 connections.

Both servers run in processes of their own; their CPU time is read from the operating system, since
wall time on a shared machine says little, and so that the client is no limit.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import uvicorn

from benchmarks.ical import calendar, meetings
from summitry.ical import render_calendar
from summitry.web.content.persistent_map import PersistentMap
from summitry.web.feeds import (
    CalendarContent,
    CalendarState,
    FeedAccess,
    FeedListing,
    UnknownTokenError,
    feed_app,
)
from summitry.web.feeds.serving import FeedServer

EVENTS = 1000
CONNECTIONS = 16
ANSWERS = {"304": 4000, "200": 400, "gzip": 1600}
GZIP_SHARE = 25  # a plain body is so many times as long as that of gzip
PATH = "/feeds/bench.ics"


class Source:
    """One calendar that stays as it is."""

    def __init__(self) -> None:
        state = CalendarState("bench", EVENTS, 1_704_700_000)
        records = {record.name: record for record in meetings(EVENTS)}
        self.whole = CalendarContent(state, calendar(), PersistentMap(records), {})

    def stamp(self) -> int:
        """Return a constant revision."""
        return EVENTS

    def trouble(self) -> str:
        """Report no trouble."""
        return ""

    def stale_since(self) -> float:
        """Return 0: the source is never stale."""
        return 0.0

    def content(self, calendar_id: str, cached: CalendarContent | None) -> CalendarContent | None:
        """Return the whole calendar."""
        return self.whole

    def listings(self) -> Sequence[FeedListing]:
        """Return one listing."""
        return [FeedListing("bench", "", "Bench")]

    def redeem(self, secret: str) -> FeedAccess:
        """Grant nothing: no feed is secret."""
        raise UnknownTokenError


def serve() -> None:
    """Serve the feed until standard input ends; prints the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = FeedServer(feed_app(Source()), listener)
    print(listener.getsockname()[1], flush=True)
    server.start()
    sys.stdin.read()
    server.stop()


def serve_bare() -> None:
    """Serve answers of the same sizes by uvicorn alone, until it is killed; prints the port."""
    plain = render_calendar(calendar(), Source().whole.records.values())
    common = [
        (b"etag", b'"000000000000000000000000"'),
        (b"last-modified", b"Mon, 08 Jan 2024 08:00:00 GMT"),
        (b"cache-control", b"public, max-age=300"),
        (b"vary", b"Accept-Encoding"),
        (b"access-control-allow-origin", b"*"),
        (b"access-control-expose-headers", b"ETag, Last-Modified, X-Summitry-Omitted"),
    ]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        status = 304 if b"if-none-match" in headers else 200
        body = b"" if status == 304 else plain
        if headers[b"accept-encoding"] == b"gzip":
            body = body[: len(body) // GZIP_SHARE]
        length = [] if status == 304 else [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": common + length})
        await send({"type": "http.response.body", "body": body})

    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[listener])


class _Served(NamedTuple):
    """A server process, and connections to it."""

    pid: int
    connections: Sequence[socket.socket]

    def cpu(self) -> float:
        """Return the seconds of CPU that the process has used."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9

    def cost(self, pool: ThreadPoolExecutor, request: bytes, answers: int) -> float:
        """Return the seconds of CPU for each answer to a request."""
        before = self.cpu()
        ask = partial(_ask_often, request=request, count=answers // CONNECTIONS)
        list(pool.map(ask, self.connections))
        return (self.cpu() - before) / answers


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return the CPU of uvicorn alone as a share of ours: medians of interleaved rounds."""
    with ExitStack() as stack:
        ours = stack.enter_context(_process("serve"))
        bare = stack.enter_context(_process("serve_bare"))
        pool = stack.enter_context(ThreadPoolExecutor(CONNECTIONS))
        requests = _requests(ours)
        spent: dict[str, list[tuple[float, float]]] = {name: [] for name in requests}
        for _ in range(rounds):
            for name, request in requests.items():
                costs = [server.cost(pool, request, ANSWERS[name]) for server in (ours, bare)]
                spent[name].append((costs[0], costs[1]))
    return [
        (
            f"{name} of a feed of {EVENTS} events",
            median(theirs / mine for mine, theirs in costs),
            f"bare uvicorn, {median(theirs for _, theirs in costs) * 1e6:.0f} us",
        )
        for name, costs in spent.items()
    ]


@contextmanager
def _process(function: str) -> Iterator[_Served]:
    command = [sys.executable, "-c", f"from benchmarks.feeds import {function}; {function}()"]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process,
        ExitStack() as stack,
    ):
        assert process.stdout is not None
        port = int(process.stdout.readline())
        connections = [
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", port), 60)))
            for _ in range(CONNECTIONS)
        ]
        yield _Served(process.pid, connections)
        process.kill()


def _requests(server: _Served) -> dict[str, bytes]:
    plain = _request("identity")
    head = _ask(server.connections[0], plain)
    etag = head.partition(b"etag: ")[2].partition(b"\r\n")[0]
    return {
        "304": _request("identity", b"If-None-Match: %s\r\n" % etag),
        "200": plain,
        "gzip": _request("gzip"),
    }


def _request(encoding: str, fields: bytes = b"") -> bytes:
    head = f"GET {PATH} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: {encoding}\r\n"
    return head.encode() + fields + b"\r\n"


def _ask_often(connection: socket.socket, request: bytes, count: int) -> None:
    for _ in range(count):
        head = _ask(connection, request)
        assert head.startswith(b"HTTP/1.1 304" if b"If-None-Match" in request else b"HTTP/1.1 200")


def _ask(connection: socket.socket, request: bytes) -> bytes:
    """Send a request and read the whole answer; return its head."""
    connection.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    rest = int(length or 0) - len(body)
    while rest:
        rest -= len(connection.recv(min(rest, 1 << 20)))
    return head

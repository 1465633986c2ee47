"""A feed of 1,000 events against a static body and a hello on the same server.

The server runs in a process of its own; its CPU time is read from the operating system, since wall
time on a shared machine says little. One connection, kept alive.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from statistics import median
from typing import Any

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
from summitry.web.http.answers import CHUNK_BYTES

EVENTS = 1000
CALLS = {"hello": 2000, "304": 2000, "static": 400, "200": 400, "gzip": 1000}


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
    """Serve until standard input ends; prints the port."""
    source = Source()
    feeds = feed_app(source)
    bodies = {
        "/hello": b"hello",
        "/static": render_calendar(calendar(), source.whole.records.values()),
    }

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = bodies.get(scope["path"])
        if body is None:
            await feeds(scope, receive, send)
            return
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for start in range(0, len(body), CHUNK_BYTES):
            piece = body[start : start + CHUNK_BYTES]
            more = start + CHUNK_BYTES < len(body)
            await send({"type": "http.response.body", "body": piece, "more_body": more})

    listener = socket.create_server(("127.0.0.1", 0))
    server = FeedServer(app, listener)
    print(listener.getsockname()[1], flush=True)
    server.start()
    sys.stdin.read()
    server.stop()


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return requests per second of CPU of the server, as shares of ceilings of the same run."""
    command = [sys.executable, "-c", "from benchmarks.feeds import serve; serve()"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        port = int(process.stdout.readline())
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            cost, size = _compare(connection, process.pid, rounds)
        process.stdin.close()
    hello = f"a hello of 5 bytes, {cost['hello'] * 1e6:.0f} us"
    static = f"a static body of {size / 1e6:.2f} MB, {cost['static'] * 1e6:.0f} us"
    return [
        (f"304 of a feed of {EVENTS} events", cost["hello"] / cost["304"], hello),
        (f"200 of a feed of {EVENTS} events", cost["static"] / cost["200"], static),
        (f"200 of a feed of {EVENTS} events, gzip", cost["hello"] / cost["gzip"], hello),
    ]


def _compare(
    connection: http.client.HTTPConnection, pid: int, rounds: int
) -> tuple[dict[str, float], int]:
    def get(path: str, **headers: str) -> http.client.HTTPResponse:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"Accept-Encoding": "identity", **fields})
        response = connection.getresponse()
        response.read()
        return response

    feed = "/feeds/bench.ics"
    first = get(feed)
    etag, size = str(first.getheader("ETag")), int(first.getheader("Content-Length") or 0)
    works: dict[str, tuple[int, Callable[[], http.client.HTTPResponse]]] = {
        "hello": (200, lambda: get("/hello")),
        "304": (304, lambda: get(feed, If_None_Match=etag)),
        "static": (200, lambda: get("/static")),
        "200": (200, lambda: get(feed)),
        "gzip": (200, lambda: get(feed, **{"Accept_Encoding": "gzip"})),
    }
    spent: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, (status, work) in works.items():
            before = _cpu(pid)
            for _ in range(CALLS[name]):
                assert work().status == status
            spent[name].append((_cpu(pid) - before) / CALLS[name])
    return {name: median(values) for name, values in spent.items()}, size


def _cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has used."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

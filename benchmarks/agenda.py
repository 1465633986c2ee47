"""QueryAgenda and List with 100 items of a mixed world of 100,000 records, against an empty call.

The server runs in a process of its own with default settings; its CPU time is read from the
operating system, since wall time on a shared machine says little. The empty call is a health check
without a body. Many clients ask from threads of a process of their own, so that what is slower
with them is the server.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from itertools import count, repeat
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from typing import NamedTuple

import grpc

from benchmarks.worlds.asking import interleaved, opened
from benchmarks.worlds.building import world
from benchmarks.worlds.content import FIRST
from benchmarks.worlds.serving import EMPTY, Served, call_of, served
from summitry.v1.agenda_service_pb2 import QueryAgendaRequest, QueryAgendaResponse
from summitry.v1.meeting_service_pb2 import ListMeetingsRequest, ListMeetingsResponse

SIZE = "100k"
CALLS, CLIENTS = 480, 16
AGENDA = "summitry.v1.AgendaService/QueryAgenda"
DAYS = 7000  # of the world, as first days of windows
ITEMS = 100


class Work(NamedTuple):
    """Calls of one method, by some clients at once."""

    method: str
    requests: str  # a key of REQUESTS
    clients: int = 1


WORKS = {
    "empty": Work(EMPTY, "empty"),
    "store": Work(AGENDA, "fresh"),
    "cached": Work(AGENDA, "same"),
    "empty by 16": Work(EMPTY, "empty", CLIENTS),
    "store by 16": Work(AGENDA, "fresh", CLIENTS),
}


def window(turn: int) -> bytes:
    """Return a window of two weeks or more, another one each turn; each has 100 items and more."""
    first = FIRST + timedelta(days=turn % DAYS)
    request = QueryAgendaRequest(parent="calendars/-", time_zone="Europe/Paris", page_size=ITEMS)
    request.window.dates.first_date = str(first)
    request.window.dates.last_date = str(first + timedelta(days=13 + turn // DAYS))
    request.window.dates.time_zone = "Asia/Almaty"
    return request.SerializeToString()


# Fresh ones are never the same twice, so nothing is cached for them.
REQUESTS: dict[str, Callable[[int], Iterator[bytes]]] = {
    "empty": lambda _: repeat(b""),
    "same": lambda _: repeat(window(0)),
    "fresh": lambda first: (window(turn) for turn in count(first)),
}


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return CPU of the server per call, as ratios to the empty call; and lists in process."""
    path = world(SIZE)
    with served(path) as server:
        cost = _costs(server, rounds)
    base, shared = cost["empty"], cost["empty by 16"]
    ceiling = f"empty call on the same server, {base * 1e6:.0f} us of CPU"
    return [
        ("QueryAgenda, 100 items, from SQLite", cost["store"] / base, ceiling),
        ("QueryAgenda, 100 items, response cached", cost["cached"] / base, ceiling),
        (
            "QueryAgenda, 100 items, 16 clients",
            cost["store by 16"] / shared,
            f"empty call by 16 clients, {shared * 1e6:.0f} us of CPU",
        ),
        (
            "QueryAgenda, 100 items, 16 clients",
            cost["store by 16"] / cost["store"],
            f"the same by one client, {cost['store'] * 1e6:.0f} us of CPU",
        ),
        *_in_process(path, rounds),
    ]


def _costs(server: Served, rounds: int) -> dict[str, float]:
    with grpc.insecure_channel(server.address) as channel:
        answer = QueryAgendaResponse.FromString(call_of(channel, AGENDA)(window(0)))
        assert len(answer.items) == ITEMS
    spent: dict[str, list[float]] = {name: [] for name in WORKS}
    turns = count(1, CALLS)
    with ExitStack() as stack:
        clients = stack.enter_context(_Clients(server.address))
        for round in range(rounds + 1):
            for name in WORKS:
                before = server.cpu()
                clients.do(name, next(turns))
                if round:  # the first one fills the page cache
                    spent[name].append((server.cpu() - before) / CALLS)
    return {name: median(values) for name, values in spent.items()}


class _Clients:
    """A process that calls a server, as it is told on its standard input."""

    def __init__(self, address: str) -> None:
        command = [sys.executable, "-c", "from benchmarks.agenda import call; call()", address]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> _Clients:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def do(self, work: str, turn: int) -> None:
        """Make the calls of a work; return when all are answered."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(f"{work}:{turn}", file=self._process.stdin, flush=True)
        assert self._process.stdout.readline() == "done\n"


def call() -> None:
    """Do the works named on standard input, in lines "work:turn", and say when each is done."""
    with ExitStack() as stack:
        # A connection for each client: else they would share one of the server's streams.
        options = [("grpc.use_local_subchannel_pool", 1)]
        channels = [
            stack.enter_context(grpc.insecure_channel(sys.argv[1], options=options))
            for _ in range(CLIENTS)
        ]
        for line in sys.stdin:
            name, _, turn = line.strip().rpartition(":")
            _call_all(WORKS[name], int(turn), channels)
            print("done", flush=True)


def _call_all(work: Work, turn: int, channels: list[grpc.Channel]) -> None:
    share = CALLS // work.clients

    def client(number: int) -> None:
        method = call_of(channels[number], work.method)
        requests = REQUESTS[work.requests](turn + number * share)
        for _ in range(share):
            method(next(requests))

    threads = [Thread(target=client, args=(number,)) for number in range(work.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _in_process(path: Path, rounds: int) -> list[tuple[str, float, str]]:
    """Return what the handlers take without gRPC, against reading as many frames alone."""
    meetings = ListMeetingsRequest(parent="calendars/-", page_size=ITEMS)
    works: dict[str, Callable[[], object]] = {}
    with ExitStack() as stack:
        services = stack.enter_context(opened(path))
        answer = ListMeetingsResponse.FromString(services.ask(meetings))
        works["bare"] = _bare(stack, [meeting.SerializeToString() for meeting in answer.meetings])
        works["List"] = lambda: services.ask(meetings)
        requests = map(QueryAgendaRequest.FromString, REQUESTS["fresh"](0))
        works["QueryAgenda"] = lambda: services.ask(next(requests))
        cost = interleaved(rounds * 20, works)
    base = cost.pop("bare")
    ceiling = f"100 records from a table of their own, {base * 1e6:.0f} us"
    return [
        (f"{name}, 100 items, in the handler, {seconds * 1e6:.0f} us", seconds / base, ceiling)
        for name, seconds in cost.items()
    ]


def _bare(stack: ExitStack, records: list[bytes]) -> Callable[[], object]:
    """Return what reads these from a file that holds nothing else."""
    folder = stack.enter_context(TemporaryDirectory())
    connection = stack.enter_context(closing(sqlite3.connect(f"{folder}/bare.db")))
    connection.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, data BLOB NOT NULL)")
    connection.executemany("INSERT INTO bare (data) VALUES (?)", [(data,) for data in records])
    connection.commit()
    return lambda: connection.execute("SELECT data FROM bare ORDER BY id").fetchall()

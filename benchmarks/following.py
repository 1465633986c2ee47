"""The cost of a view: filling by a watch or a sync, and a sync without changes.

A real service on the memory engine, asked over loopback; times are of the process's CPU, client
included. A watch that begins where another began finds its messages made already, as it does on
a server with many followers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from typing import Any

from summitry import Calendar, Client, Summit, View, batch
from summitry._calls.call import PreparedCall
from summitry._calls.methods import CHANGES
from summitry_server.app import Application
from summitry_server.config import parse_config

RECORDS = 2_000
CALLS = 50
CALENDAR = "calendars/c"


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return named ratios, each with its ceiling: medians of interleaved rounds."""
    with ExitStack() as stack:
        client = _service(stack)
        view = View()
        _sync(client, view)
        cost = _medians(
            rounds,
            {
                "list": lambda: sum(1 for _ in client.list(Summit, CALENDAR, page_size=1000)),
                "watch": lambda: _watch(client, View()),
                "sync": lambda: _sync(client, View()),
                "head": lambda: [_head(client) for _ in range(CALLS)],
                "nothing": lambda: [_sync(client, view) for _ in range(CALLS)],
            },
        )
    listed = f"a list of {RECORDS} records, from the cache"
    return [
        (f"a view of {RECORDS} records by a watch", cost["watch"] / cost["list"], listed),
        ("the same by a sync", cost["sync"] / cost["list"], listed),
        ("a sync of that view without news", cost["nothing"] / cost["head"], "GetHead"),
    ]


def _service(stack: ExitStack) -> Client:
    options = ["--store", "memory:", "--grpc", "127.0.0.1:0", "--http", "off"]
    application = Application(parse_config(options))
    stack.callback(application.stop)
    client = stack.enter_context(Client(str(application.grpc_address), timeout=60))
    client.create(Calendar(name=CALENDAR))
    summits = [Summit(name=f"{CALENDAR}/summits/s{n}", series="sco") for n in range(RECORDS)]
    for start in range(0, RECORDS, 500):
        client.batch_write([batch.create(summit) for summit in summits[start : start + 500]])
    return client


def _watch(client: Client, view: View) -> None:
    with client.watch(CALENDAR, view=view) as watch:
        next(batch for batch in watch.batches() if batch.caught_up)
    assert len(view) == RECORDS + 1


def _sync(client: Client, view: View) -> None:
    for _ in client.sync(CALENDAR, view=view):
        """Into the view."""


def _head(client: Client) -> Any:
    method = CHANGES["GetHead"]
    return client._respond(PreparedCall(method, method.request(), ""))


def _medians(rounds: int, work: dict[str, Callable[[], Any]]) -> dict[str, float]:
    spent: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, call in work.items():
            begun = time.process_time()
            call()
            spent[name].append(time.process_time() - begun)
    return {name: median(times) for name, times in spent.items()}

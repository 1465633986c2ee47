"""Batches against single writes, what a request_id costs, and the past against the present.

A real service on a SQLite file, asked over loopback; times are of the process's CPU, client
included. The past is 2,000 visits of one calendar, as they were before the last write.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from itertools import count
from statistics import median
from typing import Any

from summitry import Calendar, Client, Visit, batch
from summitry._calls.methods import BY_KIND
from summitry.names import kind_of
from summitry_server.app import Application
from summitry_server.config import parse_config

RECORDS = 2_000
WRITES = 200

numbers = count()


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return named ratios, each with its ceiling: medians of interleaved rounds."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        client = _service(stack, folder)
        cost = _medians(
            rounds,
            {
                "bare": lambda: _create_all(client, with_id=False),
                "once": lambda: _create_all(client, with_id=True),
                "batch": lambda: _batch(client),
                "now": lambda: _agenda(client, None),
                "then": lambda: _agenda(client, _moved_on(client)),
                "next": lambda: _agenda(client, client.header.snapshot, "2024-08-01"),
            },
        )
    single = f"{WRITES} creates without request_id"
    return [
        (f"{WRITES} creates with request_id", cost["once"] / cost["bare"], single),
        (f"a batch of {WRITES} creates", cost["batch"] / cost["bare"], single),
        ("the agenda of a month of the past", cost["then"] / cost["now"], "the same of now"),
        ("another month of the same past", cost["next"] / cost["now"], "the same of now"),
    ]


def _service(stack: ExitStack, folder: str) -> Client:
    options = ["--store", f"sqlite:///{folder}/s.db", "--grpc", "127.0.0.1:0", "--http", "off"]
    application = Application(parse_config(options))
    stack.callback(application.stop)
    client = stack.enter_context(Client(str(application.grpc_address), timeout=60))
    client.create(Calendar(name="calendars/c"))
    client.create(Calendar(name="calendars/w"))
    visits = [_visit("c", number) for number in range(RECORDS)]
    for start in range(0, RECORDS, 1000):
        client.batch_write([batch.create(visit) for visit in visits[start : start + 1000]])
    return client


def _visit(calendar: str, number: int) -> Visit:
    visit = Visit(name=f"calendars/{calendar}/visits/v{number}")
    visit.titles.add(text=f"Visit {number} to Astana", language_code="en")
    visit.places.add(region_code="KZ").localities.add(text="Astana", language_code="en")
    day = date(2024, 1, 1) + timedelta(days=number % 700)
    for point, hour in ((visit.time.timed.start, 10), (visit.time.timed.end, 12)):
        point.civil_time, point.time_zone = f"{day}T{hour}:00", "Asia/Almaty"
    return visit


def _create_all(client: Client, *, with_id: bool) -> None:
    method = BY_KIND[kind_of(Visit)]["Create"]
    stub = client._stubs[method.path]
    for _ in range(WRITES):
        visit = _visit("w", next(numbers))
        if with_id:
            client.create(visit)
        else:
            id_ = visit.name.rpartition("/")[2]
            stub(method.request(parent="calendars/w", visit_id=id_, visit=visit))


def _batch(client: Client) -> None:
    client.batch_write([batch.create(_visit("w", next(numbers))) for _ in range(WRITES)])


def _moved_on(client: Client) -> str:
    """Write something, so that the state before is a past that nobody has asked for yet."""
    before = client.header.snapshot
    client.create(Calendar())
    return before


def _agenda(client: Client, as_of: str | None, first: str = "2024-07-01") -> int:
    last = str(date.fromisoformat(first) + timedelta(days=30))
    items = client.agenda("calendars/c", first_date=first, last_date=last, as_of=as_of)
    return sum(1 for _ in items)


def _medians(rounds: int, work: dict[str, Callable[[], Any]]) -> dict[str, float]:
    spent: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, call in work.items():
            begun = time.process_time()
            call()
            spent[name].append(time.process_time() - begun)
    return {name: median(times) for name, times in spent.items()}

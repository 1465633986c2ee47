"""What tests share: a real service on loopback, data beside the checkout, Hypothesis profiles."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import grpc
import hypothesis
import pytest

from summitry_server.app import Application
from summitry_server.config import parse_config

ROOT = Path(__file__).resolve().parents[1]
SOAK = os.environ.get("SUMMITRY_SOAK") == "1"

hypothesis.settings.register_profile("test", deadline=None, max_examples=50)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=2000)
hypothesis.settings.load_profile("soak" if SOAK else "test")

# Noon in Astana on the first day of the summit, as the sample tells it.
NOON = 1_719_990_000


class FrozenClock:
    """A clock that moves only when a test moves it."""

    def __init__(self, now: int = NOON) -> None:
        self.time = now

    def now(self) -> int:
        return self.time


class Running(NamedTuple):
    """A service that runs: where it listens, and how to reach into it."""

    grpc: str
    http: str
    application: Application
    clock: FrozenClock
    channel: grpc.Channel


Start = Callable[..., Running]


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def start(clock: FrozenClock) -> Iterator[Start]:
    """Starts services on free ports; `start("--demo", "--store", url)`. They end with the test."""
    running: list[Running] = []

    def run(*options: str) -> Running:
        ports = ("--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--grace", "1")
        config = parse_config(["--store", "memory:", *ports, *options])
        application = Application(config, clock=clock)
        address = str(application.grpc_address)
        channel = grpc.insecure_channel(address)
        http = f"http://{application.http_address}"
        running.append(Running(address, http, application, clock, channel))
        return running[-1]

    yield run
    for service in running:
        service.channel.close()
        service.application.stop()


@pytest.fixture
def service(start: Start) -> Running:
    """An empty service on the memory engine."""
    return start()


@pytest.fixture
def astana(start: Start) -> Running:
    """A service with the Astana calendar."""
    return start("--demo")


# Tables of one or a few rows, and what a statement makes for itself.
SCANNED = {"clock", "meta", "levels", "found", "json_each", "sqlite_master", "CONSTANT"}


class PlanCheckedConnection(sqlite3.Connection):
    """Refuses a statement whose plan reads a whole table."""

    def execute(self, sql, parameters=()):  # type: ignore[no-untyped-def, override]
        if sql.split(maxsplit=1)[0] in ("SELECT", "UPDATE", "DELETE", "WITH"):
            for *_, step in super().execute("EXPLAIN QUERY PLAN " + sql, parameters):
                assert not reads_all(step), f"no index serves this statement ({step}): {sql}"
        return super().execute(sql, parameters)


def reads_all(step: str) -> bool:
    """Whether a step scans a table; SQLite calls it a SEARCH when only max() of it is wanted."""
    verb, *words = step.split()
    table = words[0] if words else ""
    return (verb == "SCAN" and table not in SCANNED) or (verb == "SEARCH" and "(" not in step)


@pytest.fixture(scope="session")
def plan_checked() -> type[sqlite3.Connection]:
    """The class of connections for a SQLite store under test."""
    return PlanCheckedConnection


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The data beside the checkout; tests that need it skip where it is missing."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no ../shared/data beside the checkout")
    return folder

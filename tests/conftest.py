"""What tests share: a real service on loopback, data beside the checkout, Hypothesis profiles."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import hypothesis
import pytest

from summitry import Client, Record
from summitry_server.app import Application
from summitry_server.config import parse_config

# A shell starts what it puts into the background with SIGINT ignored, nohup starts with SIGHUP
# ignored, and a process gives that on to those that it starts: servers that tests interrupt would
# then rightly go on.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

ROOT = Path(__file__).resolve().parents[1]
SOAK = os.environ.get("SUMMITRY_SOAK") == "1"

hypothesis.settings.register_profile("test", deadline=None, max_examples=50)
# For the same code once more in other surroundings: --hypothesis-profile=quick.
hypothesis.settings.register_profile("quick", deadline=None, max_examples=10)
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
        ports = ("--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--grace", "30")
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
    """Return an empty service on the memory engine."""
    return start()


@pytest.fixture
def astana(start: Start) -> Running:
    """Return a service with the Astana calendar."""
    return start("--demo")


class ServerProcess:
    """A server on a file, that can be killed and started again on the same port."""

    def __init__(self, store: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        self._store = store
        self._process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> None:
        command = [sys.executable, "-m", "summitry_server", "serve", "--grpc", self.address]
        command += ["--store", f"sqlite:///{self._store}", "--http", "off", "--grace", "1"]
        self._process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("grpc listening on")

    def end(self, number: int = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def write(self, record: Record) -> Record:
        """Create a record, as soon as a connection stands."""
        with Client(self.address) as client:
            grpc.channel_ready_future(client._channel).result(30)
            return client.create(record)

    def pause(self) -> None:
        """Neither answers nor goes away."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ServerProcess]:
    """Yield a server process that has been started; it is killed with the test."""
    server = ServerProcess(tmp_path / "s.db")
    server.start()
    yield server
    server.end()


# Tables of one or a few rows, and what a statement makes for itself.
SCANNED = {"clock", "meta", "found", "json_each", "sqlite_master", "CONSTANT"}
SCANNED |= {"match", "candidate", "counted", "chosen", "listed"}


class PlanCheckedConnection(sqlite3.Connection):
    """Refuses a statement whose plan reads a whole table.

    Each text is looked at once by a connection: without statistics of tables, which the stores do
    not keep, SQLite makes the same plan for all values.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._checked: set[str] = set()

    def execute(self, sql, parameters=()):  # type: ignore[no-untyped-def, override]
        if sql not in self._checked:
            self._check_plan(sql, parameters)
            self._checked.add(sql)
        return super().execute(sql, parameters)

    def _check_plan(self, sql: str, parameters: Any) -> None:
        if sql.split(maxsplit=1)[0] in ("SELECT", "UPDATE", "DELETE", "WITH"):
            for *_, step in super().execute("EXPLAIN QUERY PLAN " + sql, parameters):
                assert not reads_all(step), f"no index serves this statement ({step}): {sql}"


def reads_all(step: str) -> bool:
    """Return true if a step scans a table; SQLite calls it a SEARCH when only max() is wanted."""
    verb, *words = step.split()
    table = words[0] if words else ""
    return (verb == "SCAN" and table not in SCANNED) or (verb == "SEARCH" and "(" not in step)


@pytest.fixture(scope="session")
def plan_checked() -> type[sqlite3.Connection]:
    """Return the class of connections for a SQLite store under test."""
    return PlanCheckedConnection


@pytest.fixture(scope="session")
def soak() -> bool:
    """Return true if long campaigns are requested."""
    return SOAK


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the data beside the checkout; tests that need it skip where it is missing."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no ../shared/data beside the checkout")
    return folder

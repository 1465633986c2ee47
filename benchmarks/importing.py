"""ImportRecords of a mixed world into SQLite, against bare inserts of the same bytes and batches.

RECORDS sets how many records are made (10,000). The server is a process of its own: its CPU time is
compared, and its memory before and after. Rates are by the wall clock.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

from google.type.localized_text_pb2 import LocalizedText

from benchmarks.worlds.building import Population
from summitry import Client
from summitry._calls.requests.transfers import BATCH
from summitry.kinds import Record
from summitry.v1.calendar_pb2 import Calendar
from summitry_server.databases import Databases

RECORDS = int(os.environ.get("RECORDS", "10000"))
MOST_ROUNDS = 3
LARGE = 20_000  # records of which one round is enough
CREATE = "CREATE TABLE bare (id INTEGER PRIMARY KEY, data BLOB NOT NULL)"


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return named ratios, each with its ceiling: medians of interleaved rounds."""
    rounds = 1 if RECORDS > LARGE else min(rounds, MOST_ROUNDS)
    times: dict[str, list[Cost]] = {name: [] for name in ("bare", "dry", "new", "again")}
    with (
        tempfile.TemporaryDirectory() as folder,
        _server(Path(folder)) as (pid, address),
        Client(address) as client,
    ):
        # What a server has in memory once it works: code, caches, connections.
        server = _Server(pid, client)
        server.take("warm", RECORDS // 10)
        before = _resident(pid)
        for number in range(rounds):
            calendar = f"c{number}"
            times["bare"].append(_bare(Path(folder) / f"{number}.db", calendar))
            times["dry"].append(server.take(calendar, RECORDS, dry_run=True))
            times["new"].append(server.take(calendar, RECORDS))
            times["again"].append(server.take(calendar, RECORDS))
        after = _resident(pid)
    cost = {name: median(run.cpu for run in runs) for name, runs in times.items()}
    rate = {name: RECORDS / median(run.wall for run in runs) for name, runs in times.items()}
    bare = f"bare inserts, {rate['bare']:,.0f}/s"
    return [
        (f"{RECORDS:,} records, {rate['new']:,.0f}/s", cost["new"] / cost["bare"], bare),
        ("the same again, unchanged", cost["again"] / cost["new"], "the first import"),
        ("dry run", cost["dry"] / cost["new"], "the import"),
        (f"server memory after, {after >> 10} MiB", after / before, "after a tenth of one import"),
    ]


class Cost(NamedTuple):
    """Seconds that something took."""

    cpu: float
    wall: float


class _Server:
    """A server in another process, and what its work costs."""

    def __init__(self, pid: int, client: Client) -> None:
        self._pid = pid
        self._client = client

    def take(self, calendar: str, count: int, *, dry_run: bool = False) -> Cost:
        """Import so many records."""
        begun, cpu = time.perf_counter(), self._cpu()
        answer = self._client.import_records(_records(calendar, count), validate_only=dry_run)
        assert (answer.received, answer.failed) == (count + 1, 0), answer
        return Cost(self._cpu() - cpu, time.perf_counter() - begun)

    def _cpu(self) -> float:
        """Return the CPU seconds of the process so far (Linux)."""
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _bare(path: Path, calendar: str) -> Cost:
    """Measure inserting alone: the bytes of a batch are there before the clocks run."""
    cpu = wall = 0.0
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(CREATE)
        records = _records(calendar, RECORDS)
        while rows := [(record.SerializeToString(),) for record in islice(records, BATCH)]:
            begun, used = time.perf_counter(), time.thread_time()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO bare (data) VALUES (?)", rows)
            connection.execute("COMMIT")
            cpu += time.thread_time() - used
            wall += time.perf_counter() - begun
    return Cost(cpu, wall)


def _records(calendar: str, count: int) -> Iterator[Record]:
    """Yield a calendar and so many records of a mixed world, made as they are asked for."""
    yield Calendar(name=f"calendars/{calendar}", titles=_titles("A calendar"))
    population = _population()
    for number in range(count):
        record: Record = population.record(number)
        _, _, rest = record.name.removeprefix("calendars/").partition("/")
        record.name = f"calendars/{calendar}/{rest}"
        record.ClearField("ical_uid")
        yield record


@cache
def _population() -> Population:
    return Population(Databases().current, RECORDS)


def _titles(text: str) -> list[LocalizedText]:
    return [LocalizedText(text=text, language_code="en")]


@contextmanager
def _server(folder: Path) -> Iterator[tuple[int, str]]:
    store = f"sqlite:///{folder / 'store.db'}"
    options = ["--store", store, "--grpc", "127.0.0.1:0", "--http", "off"]
    command = [sys.executable, "-m", "summitry_server", "serve", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.pid, process.stdout.readline().rpartition(" ")[2].strip()
    finally:
        process.terminate()
        process.wait()


def _resident(pid: int) -> int:
    """Return the KiB of memory that a process holds (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])

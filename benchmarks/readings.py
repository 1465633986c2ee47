"""Selection of local times that a change of law may move: against a plain scan of the same rows.

One zone in ten; READINGS sets how many there are in all (200,000). Times are of the thread's CPU.
"""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median

from summitry_server.store.contract import (
    LocalTimeEntry,
    LogEntry,
    Point,
    Row,
    StoredLocalTime,
    Writer,
)
from summitry_server.store.overlay import GroupOverlay
from summitry_server.store.sqlite.connections import connect
from summitry_server.store.sqlite.engine import SqliteStore
from summitry_server.store.sqlite.tables import SqliteTables
from summitry_server.store.sqlite.writer import SqliteWriter

COUNT = int(os.environ.get("READINGS", "200000"))
PAGE = 1000
NOW = 1_720_000_000
YEAR = 365 * 86_400
ZONE = "Asia/Almaty"
ZONES = (ZONE, *(f"Zone/{number}" for number in range(9)))
OLD, NEW = "0" * 64, "f" * 64
ENTRY = LogEntry("benchmark", "", "", 0)


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return named ratios, each with its ceiling: medians of interleaved rounds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "readings.db"
        with closing(_filled(path)) as store:
            plain = _plain(Path(folder) / "plain.db", _read(store, None))
            with closing(plain), closing(connect(path, sqlite3.Connection)) as connection:
                cost = _medians(
                    rounds,
                    {
                        "plain": lambda: plain.execute("SELECT * FROM plain").fetchall(),
                        "zone": lambda: _read(store, None),
                        "calendar": lambda: _read(store, "calendars/7"),
                        "rules": lambda: _rules(store),
                        "settle": lambda: _settle(connection),
                    },
                )
    per = COUNT // len(ZONES)
    ceiling = f"a scan of the same {per:,} rows by rowid"
    return [
        (f"all of a zone, {per:,} of {COUNT:,}", cost["zone"] / cost["plain"], ceiling),
        ("those of one calendar in ten", cost["calendar"] / cost["plain"], ceiling),
        ("settle the zone", cost["settle"] / cost["plain"], ceiling),
        (f"rules of {COUNT:,} readings", cost["rules"] / cost["plain"], ceiling),
    ]


def _medians(rounds: int, works: dict[str, Callable[[], object]]) -> dict[str, float]:
    costs: dict[str, list[int]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            begun = time.thread_time_ns()
            work()
            costs[name].append(time.thread_time_ns() - begun)
    return {name: median(cost) for name, cost in costs.items()}


def _read(store: SqliteStore, calendar: str | None) -> list[StoredLocalTime]:
    """Read all local times of the zone, page by page."""
    rows: list[StoredLocalTime] = []
    cursor = None
    with store.read() as reader:
        while page := reader.local_times(ZONE, NOW, cursor, PAGE, calendar=calendar):
            rows += page
            name, last = page[-1]
            cursor = (last.until, name, last.field)
    return rows


def _rules(store: SqliteStore) -> list[tuple[str, str]]:
    with store.read() as reader:
        return reader.zone_fingerprints()


def _settle(connection: sqlite3.Connection) -> int:
    """Settle in a transaction that is rolled back, so that each round settles the same."""
    connection.execute("BEGIN IMMEDIATE")
    tables = SqliteTables(connection)
    writer = SqliteWriter(GroupOverlay(tables), tables, Point(0, ""), ENTRY)
    settled = writer.settle(ZONE, NEW)
    connection.execute("ROLLBACK")
    return settled


def _plain(path: Path, reads: list[StoredLocalTime]) -> sqlite3.Connection:
    """Return a table of what differs between these local times, in the order of its rows."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE plain (name, field, wall, choice, instant, until)")
    rows = ((read.name, *read.entry[1:5], read.entry.until) for read in reads)
    connection.executemany("INSERT INTO plain VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.commit()
    return connection


def _filled(path: Path) -> SqliteStore:
    store = SqliteStore(path)
    chance = random.Random(COUNT)
    for first in range(0, COUNT, 1000):
        rows = [_row(number, chance) for number in range(first, min(first + 1000, COUNT))]
        store.write(_putting(rows), ENTRY)
    return store


def _row(number: int, chance: random.Random) -> Row:
    calendar = f"calendars/{chance.randrange(10)}"
    name = f"{calendar}/summits/{number:032x}"
    instant = NOW + chance.randrange(1, 5 * YEAR)
    zone, wall = ZONES[number % len(ZONES)], instant + 21_600
    reading = LocalTimeEntry(zone, "time.timed.start", wall, 0, instant, OLD, instant + 1)
    return Row(name, 2, calendar, name, 0, 0, False, (), "", (), bytes(416), (reading,))


def _putting(rows: list[Row]) -> Callable[[Writer], None]:
    def put(writer: Writer) -> None:
        for row in rows:
            writer.put(replace(row, revision=writer.next_revision), new=True)

    return put

"""Catching up with the log of the SQLite store, against a plain scan of the same rows by rowid.

A log of 20,000 revisions of 2,000 records in ten calendars, of which a follower missed 10,000.
Times are of the thread's CPU.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median

from summitry_server.store.contract import LogEntry, Logged, Row, Writer
from summitry_server.store.sqlite.columns import version_number
from summitry_server.store.sqlite.engine import SqliteStore

COUNT = 20_000
RECORDS = 2_000
MISSED = COUNT // 2
PAGE = 500
SCANNED = version_number(COUNT - MISSED + 1, 0) - 1  # after it come the versions that are scanned
SCAN = """
SELECT version, record, actor, reason, request_id, time, deleted, frame
FROM versions WHERE version > ?"""


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return named ratios, each with its ceiling: medians of interleaved rounds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.db"
        with closing(_filled(path)) as store, closing(sqlite3.connect(path)) as connection:
            cost = _medians(
                rounds,
                {
                    "scan": lambda: connection.execute(SCAN, (SCANNED,)).fetchall(),
                    "all": lambda: _changes(store, None),
                    "calendar": lambda: _changes(store, "calendars/7"),
                    "past": lambda: _past(store),
                    "newest": lambda: _newest(store),
                },
            )
    ceiling = f"a scan of the {MISSED:,} rows by rowid"
    return [
        (f"{MISSED:,} changes, pages of {PAGE}", cost["all"] / cost["scan"], ceiling),
        ("those of one calendar in ten", cost["calendar"] / cost["scan"], ceiling),
        (f"{RECORDS:,} records at a revision", cost["past"] / cost["scan"], ceiling),
        ("one change at the head", cost["newest"] / cost["scan"], ceiling),
    ]


def _changes(store: SqliteStore, calendar: str | None) -> list[Logged]:
    entries: list[Logged] = []
    after = COUNT - MISSED
    with store.read() as reader:
        while page := reader.changes(after, PAGE, calendar):
            entries += page
            after = page[-1].revision
    return entries


def _newest(store: SqliteStore) -> list[Logged]:
    with store.read() as reader:
        return reader.changes(COUNT - 1, PAGE)


def _past(store: SqliteStore) -> int:
    count, after = 0, ""
    with store.read() as reader:
        while page := reader.snapshot_at(None, None, COUNT - MISSED, after, PAGE):
            count += len(page)
            after = page[-1].name
    return count


def _medians(rounds: int, works: dict[str, Callable[[], object]]) -> dict[str, float]:
    costs: dict[str, list[int]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            begun = time.thread_time_ns()
            work()
            costs[name].append(time.thread_time_ns() - begun)
    return {name: median(cost) for name, cost in costs.items()}


def _filled(path: Path) -> SqliteStore:
    store = SqliteStore(path)
    chance = random.Random(COUNT)
    for _ in range(COUNT):
        store.write(
            _putting(_row(chance.randrange(RECORDS))), LogEntry("desk", "as announced", "", 0)
        )
    return store


def _row(number: int) -> Row:
    calendar = f"calendars/{number % 10}"
    name = f"{calendar}/summits/{number:032x}"
    return Row(name, 2, calendar, name, 0, 0, False, (), "", (), bytes(416))


def _putting(row: Row) -> Callable[[Writer], None]:
    return lambda writer: writer.put(replace(row, revision=writer.next_revision), new=False)

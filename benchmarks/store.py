"""The SQLite store: pages of a window against raw reads, durable writes against bare syncs.

Reads are timed on the clock of the thread's CPU. Writes wait for the disk, so theirs is the wall
clock, beside a bare append and sync in the same round.
"""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from statistics import median

from summitry_server.store.contract import Axis, Condition, LogEntry, Row, Span, Window, Writer
from summitry_server.store.sqlite.connections import connect
from summitry_server.store.sqlite.engine import SqliteStore
from summitry_server.store.sqlite.group_commits import GroupWriter

PAGE = 100
DAY = 86_400
YEARS = 20 * 365 * DAY
ENTRY = LogEntry("benchmark", "", "", 0)
TEN_YEARS = Window(Axis.INSTANT, YEARS // 4, YEARS * 3 // 4, possible=True)
WEEK = Window(Axis.INSTANT, YEARS * 3 // 4, YEARS * 3 // 4 + 7 * DAY, possible=True)


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return named ratios, each with its ceiling: medians of interleaved rounds."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_reads(Path(folder), rounds), *_writes(Path(folder), rounds)]


def _reads(folder: Path, rounds: int) -> list[tuple[str, float, str]]:
    with ExitStack() as opened:
        small = opened.enter_context(closing(_filled(folder / "small.db", 10_000)))
        large = opened.enter_context(closing(_filled(folder / "large.db", 100_000)))
        cost = _interleaved(
            rounds,
            time.thread_time_ns,
            {
                "small": lambda: _page(small, TEN_YEARS),
                "large": lambda: _page(large, TEN_YEARS),
                "large raw": _raw(opened, folder / "large.db", _page(large, TEN_YEARS)),
                "week": lambda: _page(large, WEEK),
                "week raw": _raw(opened, folder / "large.db", _page(large, WEEK)),
            },
        )
    raw = "the same 100 frames by rowid"
    return [
        ("page of 100, ten years, 100k rows", cost["large"] / cost["small"], "with 10k rows"),
        ("page of 100, ten years, 100k rows", cost["large"] / cost["large raw"], raw),
        ("page of 100, one week, 100k rows", cost["week"] / cost["week raw"], raw),
    ]


def _writes(folder: Path, rounds: int) -> list[tuple[str, float, str]]:
    numbers, chance = iter(range(10**9)), random.Random(0)
    with ExitStack() as opened:
        SqliteStore(folder / "writes.db").close()
        connection = opened.enter_context(
            closing(connect(folder / "writes.db", sqlite3.Connection))
        )
        writer = GroupWriter(connection)
        opened.callback(writer.close)
        bare = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        opened.callback(os.close, bare)

        def sync() -> None:
            os.write(bare, bytes(4096))
            os.fdatasync(bare)

        def group(size: int) -> None:
            writes = [_putting(_row(next(numbers), chance)) for _ in range(size)]
            for done in [writer.submit(write, ENTRY) for write in writes]:
                done.result()

        cost = _interleaved(
            rounds,
            time.perf_counter_ns,
            {"sync": sync, "single": lambda: group(1), "group": lambda: group(100)},
        )
    return [
        ("durable write", cost["single"] / cost["sync"], "append of a page and fdatasync"),
        ("durable write in a group of 100", cost["group"] / 100 / cost["single"], "a single one"),
    ]


def _interleaved(
    rounds: int, clock: Callable[[], int], works: dict[str, Callable[[], object]]
) -> dict[str, float]:
    """Return the median cost of each work by the clock, over rounds that do each in turn."""
    costs: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            work()
            begun = clock()
            for _ in range(20):
                work()
            costs[name].append((clock() - begun) / 20)
    return {name: median(cost) for name, cost in costs.items()}


def _page(store: SqliteStore, window: Window) -> list[str]:
    with store.read() as reader:
        return [item.name for item in reader.within(window, None, None, PAGE, Condition())]


def _raw(opened: ExitStack, path: Path, names: list[str]) -> Callable[[], object]:
    """Fetch the frames of these names in one statement that knows their row numbers."""
    connection = opened.enter_context(closing(sqlite3.connect(path)))
    marks = ", ".join("?" * len(names))
    rows = connection.execute(f"SELECT latest FROM records WHERE name IN ({marks})", names)
    versions = [version for (version,) in rows]
    statement = f"SELECT frame FROM versions WHERE version IN ({marks})"
    return lambda: connection.execute(statement, versions).fetchall()


def _filled(path: Path, count: int) -> SqliteStore:
    """Return a store of events over twenty years, of which 1% last a month and 0.1% a year."""
    store = SqliteStore(path)
    chance = random.Random(count)
    for first in range(0, count, 1000):
        rows = [_row(number, chance) for number in range(first, first + 1000)]
        store.write(_putting(*rows), ENTRY)
    return store


def _row(number: int, chance: random.Random) -> Row:
    start = chance.randrange(YEARS)
    days = chance.choices((0, 30, 365), (0.989, 0.01, 0.001))[0]
    end = start + (days * DAY or chance.randrange(1800, 3 * DAY))
    calendar = f"calendars/{number % 10}"
    name = f"{calendar}/summits/{number:08}"
    spans = (Span(Axis.INSTANT, start, end, start, end),)
    facets = ("person:xi-jinping", "region:KZ")
    return Row(name, 2, calendar, name, 0, 0, False, facets, "a summit", spans, bytes(416))


def _putting(*rows: Row) -> Callable[[Writer], None]:
    def put(writer: Writer) -> None:
        for row in rows:
            writer.put(replace(row, revision=writer.next_revision), new=True)

    return put

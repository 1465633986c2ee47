"""Audit of a release that moved one zone, against a plain scan of the same rows.

The default is 100,000 timed items over 30 zones; RECORDS=1000000 makes it a million. Rows go into
the store as its engine keeps them, without frames to speak of: an audit parses none of them.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from summitry.zones import TzDb, by_version, default_database, parse_civil
from summitry_server.domain.time.audit import Scope, audit, totals
from summitry_server.domain.time.readings import ResolutionChoice, Sort
from summitry_server.store.contract import Axis, LocalTimeEntry, LogEntry, Row, Span, Writer
from summitry_server.store.sqlite.engine import SqliteStore

RECORDS = int(os.environ.get("RECORDS", "100000"))
GROUP = 5000
NOW = parse_civil("2024-02-02T00:00")  # the day after 2024a told of Kazakhstan's change
OLD_TREE = Path(__file__).resolve().parents[1] / "tests" / "data" / "tzdb-2023c"
UNCHANGED_ZONES = (
    ["Europe/Paris", "Europe/London", "Asia/Shanghai", "Asia/Dushanbe", "America/New_York", "UTC"]
    * 5
)[:29]
CHOICE = ResolutionChoice(Sort.WALL).packed()


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return CPU of an audit and of its counts, as ratios to reading every row once."""
    old, new = by_version("2023c", OLD_TREE), default_database()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        store = SqliteStore(path)
        _fill(store, old)
        scope = Scope(None, None, new, (), False, NOW)
        timed: dict[str, list[float]] = {"scan": [], "audit": [], "totals": []}
        with store.read() as reader, sqlite3.connect(path) as plain:
            work: dict[str, Callable[[], int]] = {
                "scan": lambda: sum(1 for _ in plain.execute("SELECT * FROM readings")),
                "audit": lambda: sum(1 for _ in audit(reader, scope)),
                "totals": lambda: sum(total.examined for total in totals(reader, scope)),
            }
            for _ in range(rounds):
                for name, call in work.items():
                    begun = time.thread_time()
                    assert call() > 0
                    timed[name].append(time.thread_time() - begun)
        store.close()
    base = median(timed["scan"])
    ceiling = f"plain scan of the same {RECORDS} readings, {base * 1000:.0f} ms of CPU"
    return [
        (f"audit, {RECORDS} items, one zone of 30 moved", median(timed["audit"]) / base, ceiling),
        ("its totals", median(timed["totals"]) / base, ceiling),
    ]


def _fill(store: SqliteStore, old: TzDb) -> None:
    zones = [old.zone(key) for key in ("Asia/Almaty", *UNCHANGED_ZONES)]
    start = parse_civil("2024-03-02T08:00")

    def insert(writer: Writer, begin: int) -> None:
        for number in range(begin, min(begin + GROUP, RECORDS)):
            zone = zones[number % len(zones)]
            wall = start + number % 10_000 * 3600
            instant = zone.candidates(wall)[0]
            reading = LocalTimeEntry(
                zone.key,
                "time.timed.start",
                wall,
                CHOICE,
                instant,
                zone.fingerprint,
                instant + 3600,
            )
            name = f"calendars/b/meetings/m{number:07d}"
            writer.put(
                Row(
                    name=name,
                    kind=4,
                    calendar="calendars/b",
                    uid=name,
                    revision=writer.next_revision,
                    modified=NOW,
                    deleted=False,
                    facets=(),
                    text="",
                    spans=(Span(Axis.INSTANT, instant, instant + 3600, instant, instant + 3600),),
                    frame=b"\n\0",
                    local_times=(reading,),
                ),
                new=True,
            )

    for begin in range(0, RECORDS, GROUP):
        store.write(lambda writer, begin=begin: insert(writer, begin), LogEntry("b", "b", "b", NOW))

"""kill -9 in the middle of writes: all that was answered is there, and nothing is half there."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from summitry_server.store.contract import Condition
from summitry_server.store.sqlite.engine import SqliteStore

CHILD = Path(__file__).with_name("kill_child.py")


def killed_after(seconds, *arguments):
    """Return the (revision, name) pairs that a child acknowledged before it was killed."""
    command = [sys.executable, str(CHILD), *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        first = child.stdout.readline()
        time.sleep(seconds)
        child.kill()
        output = (first + child.stdout.read()).decode()
    assert child.returncode == -signal.SIGKILL
    assert output.endswith("\n")
    return [(int(revision), name) for revision, name in map(str.split, output.splitlines())]


def complaints(path, acknowledged):
    """Yield the faults of a file, given the writes that were acknowledged."""
    with closing(SqliteStore(path)) as store, store.read() as reader:
        head = store.head()
        rows = reader.get_many([name for _, name in acknowledged])
        changes = reader.changes(0, 10**9)
        if [change.revision for change in changes if change.last] != list(range(1, head + 1)):
            yield "the log has holes"
        yield from (
            f"the request of {change.name} is lost"
            for change in changes
            if reader.request(change.name) != (b"asked", str(change.revision).encode(), 0)
        )
        yield from (
            f"{name} of revision {revision} is lost"
            for (revision, name), row in zip(acknowledged, rows, strict=True)
            if row is None or row.revision != revision
        )
        if head < max((revision for revision, _ in acknowledged), default=0):
            yield f"the clock went back to {head}"
        if len(reader.page(2, "calendars/a", "", 10**9, Condition())) != head:
            yield "rows and clock do not agree"
        if len(reader.local_times("Asia/Almaty", 0, None, 10**9)) != head:
            yield "readings and clock do not agree"
    with closing(sqlite3.connect(path)) as connection:
        yield from (
            problem
            for (problem,) in connection.execute("PRAGMA integrity_check")
            if problem != "ok"
        )
        (requests,) = connection.execute("SELECT count(*) FROM requests").fetchone()
        if requests != head:
            yield f"{requests} requests of {head} writes"
        (spans,) = connection.execute("SELECT count(*) FROM spans").fetchone()
        if spans != head:
            yield f"{spans} spans of {head} rows"


@pytest.mark.slow
def test_nothing_that_was_answered_is_lost(tmp_path, soak):
    path, acknowledged = tmp_path / "k.db", []
    chance = random.Random(20240703)
    for kill in range(300 if soak else 10):
        acknowledged += killed_after(chance.uniform(0, 0.08), path, kill)
        assert list(complaints(path, acknowledged)) == []
    assert len(acknowledged) >= 20
    assert len({revision for revision, _ in acknowledged}) == len(acknowledged)


def test_early_answer_is_detected(tmp_path):
    """The check fails for a child that answers before it has committed."""
    path = tmp_path / "k.db"
    acknowledged = killed_after(0, path, "early", "early")
    assert list(complaints(path, acknowledged)) == [
        "calendars/a/summits/early-0-0 of revision 1 is lost",
        "the clock went back to 0",
    ]

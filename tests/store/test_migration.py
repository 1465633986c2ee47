"""Files of former schemas: they answer as the store that they hold, whatever happens meanwhile."""

import logging
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from summitry_server.store.contract import (
    UNINDEXED_HISTORY,
    Axis,
    Condition,
    ConvertedRecord,
    LogEntry,
    Span,
    Window,
)
from summitry_server.store.sqlite import reindexing
from summitry_server.store.sqlite.engine import SqliteStore
from tests.store.former_schemas import LAST_FORMER, write_former
from tests.store.test_search_model import agree, histories, put_history, questions

ENTRY = LogEntry("", "", "", 0)
OPEN = "import sys; from pathlib import Path; from summitry_server.store.sqlite.engine import *; "
OPEN += "print('begun', flush=True); SqliteStore(Path(sys.argv[1])).close()"


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Return numbered paths in one folder."""
    folder = tmp_path_factory.mktemp("former")
    return (folder / f"{number}.db" for number in count())


def index_history(store, states):
    """Store the index entries of earlier versions, as the server does when it starts."""
    rows = {}
    for revision, state in enumerate(states):
        for name, row in state.items():
            if row.revision == revision:
                rows.setdefault(name, []).append(row)

    def convert(writer):
        for name, versions in rows.items():
            places = [(version.revision, version.position) for version in writer.versions(name)]
            last_of_revision = dict(zip([row.revision for row in versions], versions, strict=True))
            by_place = {place: last_of_revision[place[0]] for place in places}
            writer.convert([ConvertedRecord(versions[-1], by_place)])
        writer.put_setting(UNINDEXED_HISTORY, "")

    store.write(convert, ENTRY)


@given(history=histories, queries=questions, schema=st.integers(1, LAST_FORMER))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_a_former_file_answers_as_the_store_it_holds(paths, row, history, queries, schema):
    today, former = next(paths), next(paths)
    with closing(SqliteStore(today)) as store:
        states = put_history(store, row, history)
        with store.read() as reader:
            changes = reader.changes(0, 10**6)
    write_former(former, schema, today)
    with closing(SqliteStore(former)) as store:
        with store.read() as reader:
            assert [change._replace(entry=None) for change in reader.changes(0, 10**6)] == [
                change._replace(entry=None) for change in changes
            ]
            has_earlier = len(changes) > len({change.name for change in changes})
            assert bool(reader.setting(UNINDEXED_HISTORY)) == has_earlier
            for question in queries:
                agree(reader, states[-1], question)
        index_history(store, states)
        with store.read() as reader:
            for question in queries:
                agree(reader, states[-1], question)
                for revision in range(len(states)):
                    agree(reader.at(revision), states[revision], question)


@pytest.fixture
def former(tmp_path, row, put):
    """Return a file of the last former schema with 2,000 records."""
    today, path = tmp_path / "today.db", tmp_path / "former.db"
    rows = [
        row(
            f"calendars/a/summits/{number:04}",
            text=f"council number {number}",
            spans=(Span(Axis.INSTANT, number, number + 10, None, None),),
            frame=bytes(400),
        )
        for number in range(2000)
    ]
    with closing(SqliteStore(today)) as store:
        put(store, *rows)
    write_former(path, LAST_FORMER, today)
    return path


def answers(path):
    window = Window(Axis.INSTANT, 0, 10**6, possible=True)
    with closing(SqliteStore(path)) as store, store.read() as reader:
        return (
            len(reader.page(2, "calendars/a", "", 9999, Condition())),
            len(reader.within(window, "calendars/a", None, 9999, Condition())),
            [m.name[-4:] for m in reader.within(window, None, None, 9, Condition(words=("1234",)))],
        )


@pytest.mark.slow
def test_a_conversion_that_is_killed_has_changed_nothing(former):
    """At any point: the next one begins again, and has all."""
    chance = random.Random(20240703)
    for _ in range(8):
        command = [sys.executable, "-c", OPEN, str(former)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            assert child.stdout.readline() == b"begun\n"
            time.sleep(chance.uniform(0, 1))
            child.kill()
        if child.returncode != -signal.SIGKILL:
            break  # it was done before
        with closing(sqlite3.connect(former)) as connection:
            (schema,) = connection.execute("PRAGMA user_version").fetchone()
            assert schema in (LAST_FORMER, LAST_FORMER + 2)
            assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    assert answers(former) == (2000, 2000, ["1234"])


def test_a_conversion_says_how_far_it_has_come(former, monkeypatch, caplog):
    monkeypatch.setattr(reindexing, "BATCH", 50)
    with caplog.at_level(logging.INFO, logger=reindexing.__name__):
        SqliteStore(former).close()
    shares = [record.args for record in caplog.records if record.name == reindexing.__name__]
    assert {label for label, _ in shares} == {"records", "index entries"}
    steps = [share for label, share in shares if label == "index entries"]
    assert steps == sorted(steps) and len(steps) == 9
    assert answers(former) == (2000, 2000, ["1234"])

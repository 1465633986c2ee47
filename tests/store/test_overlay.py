"""Writes over memory: groups of them leave what the same writes leave one after another."""

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry_server.store.contract import Condition, LogEntry, Row, WriteHint
from summitry_server.store.errors import StoreError
from summitry_server.store.memory.engine import MemoryStore
from summitry_server.store.sqlite.engine import SqliteStore

ENTRY = LogEntry("desk", "because", "", 10)
CALENDAR = "calendars/a"
NAMES = [f"{CALENDAR}/summits/{letter}" for letter in "abc"]
UIDS = ["u", "v", "w"]
REQUESTS = ["q", "r"]


class Counting(sqlite3.Connection):
    statements = 0

    def execute(self, sql, parameters=()):
        Counting.statements += 1
        return super().execute(sql, parameters)

    def executemany(self, sql, parameters):
        Counting.statements += 1
        return super().executemany(sql, parameters)


def row_of(name, uid, text, revision):
    facets = (f"label:{text}", "region:KZ")
    return Row(name, 2, CALENDAR, uid, revision, 5, False, facets, text, (), text.encode())


def put(writer, name, uid, text):
    writer.put(row_of(name, uid, text, writer.next_revision), new=writer.get(name) is None)


def put_new(writer, name, uid, text):
    writer.put(row_of(name, uid, text, writer.next_revision), new=True)


def delete(writer, name, uid, text):
    row = writer.get(name)
    if row is not None:
        writer.put(replace(row, revision=writer.next_revision, deleted=True), new=False)


def purge(writer, name, uid, text):
    row = writer.get(name)
    if row is not None and row.deleted:
        bare = {"revision": writer.next_revision, "facets": (), "text": "", "frame": b"gone"}
        return writer.purge(replace(row, **bare))
    return None


def read(writer, name, uid, text):
    return writer.get(name), writer.get_many(NAMES), writer.holder(uid)


def search(writer, name, uid, text):
    condition = Condition(facets=((f"label:{text}",),))
    return [row.name for row in writer.page(2, CALENDAR, "", 10, condition)]


def remember(writer, name, uid, text):
    writer.remember(REQUESTS[UIDS.index(uid) % 2], uid.encode(), text.encode())


def recall(writer, name, uid, text):
    return writer.request(REQUESTS[UIDS.index(uid) % 2])


def fail(writer, name, uid, text):
    raise ZeroDivisionError


STEPS = (put, put, put_new, delete, purge, read, search, remember, recall, fail)
VALUES = st.tuples(st.sampled_from(NAMES), st.sampled_from(UIDS), st.sampled_from(["x", "y"]))
WRITES = st.lists(st.tuples(st.sampled_from(STEPS), VALUES), min_size=1, max_size=4)
HINTS = st.builds(
    WriteHint,
    st.lists(st.sampled_from([*NAMES, "calendars/none"]), max_size=4).map(tuple),
    st.lists(st.sampled_from([*UIDS, "none"]), max_size=3).map(tuple),
    st.lists(st.sampled_from(REQUESTS), max_size=2).map(tuple),
)
GROUPS = st.lists(st.lists(st.tuples(WRITES, HINTS), min_size=1, max_size=5), max_size=3)


def operation_of(steps):
    return lambda writer: [step(writer, *values) for step, values in steps]


def outcome(run):
    """Return what a write returns, or the type of its error."""
    try:
        return run()
    except (StoreError, ValueError, ZeroDivisionError) as error:
        return type(error)


def contents(store):
    with store.read() as reader:
        logged = [
            (version.revision, version.position, version.deleted, version.frame)
            for name in NAMES
            for version in reader.versions(name)
        ]
        listed = [
            [
                row.name
                for row in reader.page(2, CALENDAR, "", 10, condition, show_deleted=with_deleted)
            ]
            for condition in (
                Condition(),
                Condition(facets=(("label:x",),)),
                Condition(words=("y",)),
            )
            for with_deleted in (False, True)
        ]
        return (
            [reader.get(name) for name in NAMES],
            [reader.holder(uid) for uid in UIDS],
            [reader.request(request) for request in REQUESTS],
            *(logged, listed, reader.revision),
        )


def run_as_group(store, group):
    """Queue writes behind one that waits, so that they share a commit; return their outcomes."""
    begun, free = threading.Event(), threading.Event()

    def hold(_):
        begun.set()
        free.wait()

    store._writer.submit(hold, ENTRY)
    begun.wait()
    futures = [store._writer.submit(operation_of(steps), ENTRY, hint) for steps, hint in group]
    free.set()
    return [outcome(future.result) for future in futures]


@given(groups=GROUPS)
def test_groups_of_writes_leave_what_the_writes_leave_one_by_one(tmp_path_factory, groups):
    memory = MemoryStore()
    path = tmp_path_factory.mktemp("overlay") / "s.db"
    with closing(SqliteStore(path)) as store:
        for group in groups:
            expected = [
                outcome(lambda steps=steps: memory.write(operation_of(steps), ENTRY))
                for steps, _ in group
            ]
            assert run_as_group(store, group) == expected
            assert contents(store) == contents(memory)


@pytest.fixture
def store(tmp_path):
    with closing(SqliteStore(tmp_path / "s.db", factory=Counting)) as store:
        yield store


def puts(count, text="x"):
    """Return a group of writes of as many records, each with a hint of what it asks for."""
    return [
        (
            [(put, (f"{CALENDAR}/summits/{number}", f"u{number}", text))],
            WriteHint((f"{CALENDAR}/summits/{number}",), (f"u{number}",)),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("text", ["x", "y"], ids=["created", "changed"])
def test_statements_of_a_group_do_not_grow_with_its_writes(store, text):
    if text == "y":
        run_as_group(store, puts(100))
    counted = []
    for count in (10, 100):
        Counting.statements = 0
        run_as_group(store, puts(count, f"{text}{count}"))
        counted.append(Counting.statements)
    # Inspection of the file and the write that they waited behind are counted with them.
    assert counted[1] <= counted[0] + 10


def test_version_that_a_failed_write_brought_into_the_tables_is_gone_alone(store):
    first = [(put, (NAMES[0], "u", "x"))]
    second = [
        (put, (NAMES[1], "v", "x")),
        (search, (NAMES[1], "v", "x")),
        (fail, (NAMES[1], "v", "x")),
    ]
    third = [(search, (NAMES[0], "u", "x")), (put, (NAMES[2], "w", "x"))]
    outcomes = run_as_group(store, [(steps, WriteHint()) for steps in (first, second, third)])
    assert outcomes == [[None], ZeroDivisionError, [[NAMES[0]], None]]
    with store.read() as reader:
        assert [row and row.revision for row in reader.get_many(NAMES)] == [1, None, 2]

"""Stores to test, one per engine, and rows to put into them."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from summitry_server.store.contract import Axis, Entry, Row, Span, Store
from summitry_server.store.memory import MemoryStore
from summitry_server.store.sqlite import SqliteStore

# Tables of one or a few rows, and what a statement makes for itself.
SCANNED = {"clock", "meta", "levels", "found", "json_each", "sqlite_master", "CONSTANT"}


class PlanCheckedConnection(sqlite3.Connection):
    """Refuses a statement whose plan reads a whole table."""

    def execute(self, sql, parameters=()):
        if sql.split(maxsplit=1)[0] in ("SELECT", "UPDATE", "DELETE"):
            for *_, step in super().execute("EXPLAIN QUERY PLAN " + sql, parameters):
                assert not reads_all(step), f"no index serves this statement ({step}): {sql}"
        return super().execute(sql, parameters)


def reads_all(step: str) -> bool:
    """Whether a step scans a table; SQLite calls it a SEARCH when only max() of it is wanted."""
    verb, table, *_ = step.split()
    return (verb == "SCAN" and table not in SCANNED) or (verb == "SEARCH" and "(" not in step)


ENGINES: dict[str, Callable[[Path], Store]] = {
    "memory": lambda path: MemoryStore(),
    "sqlite": lambda path: SqliteStore(path, factory=PlanCheckedConnection),
}


@pytest.fixture(scope="session", params=list(ENGINES))
def new_store(request, tmp_path_factory):
    """Opens an empty store of one engine for the time of a with block."""
    folder, numbers = tmp_path_factory.mktemp("stores"), count()

    @contextmanager
    def open_one() -> Iterator[Store]:
        path = folder / f"{next(numbers)}.db"
        store = ENGINES[request.param](path)
        try:
            yield store
        finally:
            store.close()
            for file in folder.glob(f"{path.name}*"):
                file.unlink()

    return open_one


@pytest.fixture
def store(new_store):
    """Each test that asks for it runs once per engine."""
    with new_store() as store:
        yield store


@pytest.fixture(scope="session")
def plan_checked():
    return PlanCheckedConnection


@pytest.fixture(scope="session")
def entry():
    return Entry(actor="desk", reason="as announced", request_id="r-1", time=1_720_000_000)


@pytest.fixture(scope="session")
def row():
    """Makes a row; what is not said is plain."""

    def make(name: str = "calendars/a/summits/x", **changes: object) -> Row:
        plain = Row(
            name=name,
            kind=2,
            calendar="/".join(name.split("/")[:2]),
            uid=f"uid of {name}",
            revision=0,
            modified=1_720_000_000,
            deleted=False,
            facets=("person:xi-jinping", "region:KZ"),
            text="council of heads of state",
            spans=(Span(Axis.INSTANT, 100, 200, 100, 200),),
            frame=b"\x0a\x03abc",
        )
        return replace(plain, **changes)

    return make


@pytest.fixture(scope="session")
def put(entry):
    """Puts rows in one write, under the revision of it; returns them as they were put."""

    def write(store: Store, *rows: Row, new: bool = True) -> list[Row]:
        def act(writer):
            numbered = [replace(row, revision=writer.next_revision) for row in rows]
            for one in numbered:
                writer.put(one, new=new)
            return numbered

        return store.write(act, entry)

    return write


@pytest.fixture(scope="session")
def soak():
    """Whether there is time for long campaigns."""
    return os.environ.get("SUMMITRY_SOAK") == "1"

"""Stores to test, one per engine, and rows to put into them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from summitry_server.store.contract import Axis, LogEntry, Row, Span, Store
from summitry_server.store.memory.engine import MemoryStore
from summitry_server.store.sqlite.connections import Factory
from summitry_server.store.sqlite.engine import SqliteStore

ENGINES: dict[str, Callable[[Path, Factory], Store]] = {
    "memory": lambda path, factory: MemoryStore(),
    "sqlite": lambda path, factory: SqliteStore(path, factory=factory),
}


@pytest.fixture(scope="session", params=list(ENGINES))
def new_store(request, tmp_path_factory, plan_checked):
    """Opens an empty store of one engine for the time of a with block."""
    folder, numbers = tmp_path_factory.mktemp("stores"), count()

    @contextmanager
    def open_one() -> Iterator[Store]:
        path = folder / f"{next(numbers)}.db"
        store = ENGINES[request.param](path, plan_checked)
        try:
            yield store
        finally:
            store.close()
            for file in folder.glob(f"{path.name}*"):
                file.unlink()

    return open_one


@pytest.fixture
def store(new_store):
    """Yield an empty store of each engine in turn."""
    with new_store() as store:
        yield store


@pytest.fixture(scope="session")
def entry():
    return LogEntry(actor="desk", reason="as announced", request_id="r-1", time=1_720_000_000)


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
        def operation(writer):
            numbered = [replace(row, revision=writer.next_revision) for row in rows]
            for new_row in numbered:
                writer.put(new_row, new=new)
            return numbered

        return store.write(operation, entry)

    return write

"""Connections to a SQLite file: what they are set to, shown by what it does, and what errors become."""

import sqlite3
import threading
from contextlib import closing, contextmanager

import pytest

from summitry_server.store.errors import StoreError, StoreFullError, StoreUnavailableError
from summitry_server.store.sqlite.connections import (
    ReadConnections,
    checkpoint,
    connect,
    store_error,
    translated,
    writing,
)
from summitry_server.store.sqlite.engine import SqliteStore


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "c.db"
    SqliteStore(path).close()
    return path


@pytest.fixture
def connection(path):
    with closing(connect(path, sqlite3.Connection)) as connection:
        yield connection


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("synchronous", 2),
        ("fullfsync", 1),
        ("checkpoint_fullfsync", 1),
        ("foreign_keys", 1),
        ("trusted_schema", 0),
        ("temp_store", 2),
        ("busy_timeout", 5000),
    ],
)
def test_connection_has_setting(connection, name, expected):
    assert connection.execute(f"PRAGMA {name}").fetchone() == (expected,)


def test_foreign_key_without_its_row_is_refused(connection):
    connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    connection.execute("CREATE TABLE child (parent INTEGER REFERENCES parent (id))")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO child VALUES (1)")


def test_failed_transaction_is_rolled_back(connection):
    with pytest.raises(LookupError), writing(connection):
        connection.execute("CREATE TABLE other (id INTEGER PRIMARY KEY)")
        raise LookupError
    assert not connection.in_transaction
    with writing(connection):
        connection.execute("CREATE TABLE other (id INTEGER PRIMARY KEY)")


def test_checkpoint_moves_the_log_into_the_database(path, connection):
    with writing(connection):
        connection.execute("CREATE TABLE other (content BLOB)")
        connection.execute("INSERT INTO other VALUES (zeroblob(1000000))")
    size = path.stat().st_size
    checkpoint(connection)
    assert path.stat().st_size > size + 900_000, "a new file has some free pages"


def test_snapshot_cannot_write(path):
    snapshots = ReadConnections(path, sqlite3.Connection)
    with (
        closing(snapshots),
        pytest.raises(StoreUnavailableError, match="read-only"),
        snapshots.open() as connection,
    ):
        connection.execute("UPDATE clock SET revision = 7")
    with closing(sqlite3.connect(path)) as reader:
        assert reader.execute("SELECT revision FROM clock").fetchone() == (0,)


def test_connection_to_a_file_that_was_replaced_meanwhile_is_closed(path):
    connections, checks = [], iter([None, StoreUnavailableError("replaced")])

    class Recorder(sqlite3.Connection):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            connections.append(self)

    def check():
        if (error := next(checks)) is not None:
            raise error

    snapshots = ReadConnections(path, Recorder, check)
    with pytest.raises(StoreUnavailableError, match="replaced"), snapshots.open():
        pass
    (connection,) = connections
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_write_waits_for_the_lock_of_another_connection(path, connection):
    with closing(connect(path, sqlite3.Connection)) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.1, blocker.execute, ["COMMIT"])
        release.start()
        with writing(connection):
            connection.execute("UPDATE clock SET revision = 7")
        release.join(60)
    assert connection.execute("SELECT revision FROM clock").fetchone() == (7,)


@contextmanager
def shared_cache():
    """Return two connections of one cache in memory, whose locks no timeout waits for."""
    url = "file:locked?mode=memory&cache=shared"
    with (
        closing(sqlite3.connect(url, uri=True, isolation_level=None)) as first,
        closing(sqlite3.connect(url, uri=True, isolation_level=None)) as second,
    ):
        yield first, second


def test_locked_table_raises_a_locked_error():
    with shared_cache() as (first, second):
        first.execute("CREATE TABLE t (x)")
        first.execute("BEGIN")
        first.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(StoreUnavailableError, match="locked by another program"), translated():
            second.execute("INSERT INTO t VALUES (2)")


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (sqlite3.SQLITE_FULL, StoreFullError, "no room left"),
        (sqlite3.SQLITE_BUSY, StoreUnavailableError, "locked by another program"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreUnavailableError, "locked by another program"),
        (sqlite3.SQLITE_LOCKED, StoreUnavailableError, "locked by another program"),
        (sqlite3.SQLITE_READONLY, StoreUnavailableError, "read-only"),
        (sqlite3.SQLITE_CANTOPEN, StoreUnavailableError, "cannot be opened"),
        (sqlite3.SQLITE_CORRUPT, StoreError, "damaged"),
        (sqlite3.SQLITE_NOTADB, StoreError, "not a store"),
        (sqlite3.SQLITE_IOERR, StoreUnavailableError, "the store failed"),
    ],
)
def test_driver_error_becomes_an_error_of_the_store(code, kind, words):
    error = sqlite3.OperationalError("any words")
    error.sqlite_errorcode = code
    converted = store_error(error)
    assert isinstance(converted, kind)
    assert words in str(converted)


def test_read_that_is_in_use_when_the_store_closes_is_closed_with_it(path):
    snapshots = ReadConnections(path, sqlite3.Connection)
    with snapshots.open() as connection:
        snapshots.close()
        assert connection.execute("SELECT revision FROM clock").fetchone() == (0,)
    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT 1")


def test_snapshot_is_used_again(path):
    snapshots = ReadConnections(path, sqlite3.Connection)
    with closing(snapshots):
        with snapshots.open() as first:
            pass
        with snapshots.open() as second, snapshots.open() as third:
            assert second is first
            assert third is not first


def test_snapshot_of_a_read_that_failed_is_used_again(path):
    snapshots = ReadConnections(path, sqlite3.Connection)
    with closing(snapshots):
        with pytest.raises(LookupError), snapshots.open() as first:
            raise LookupError
        with snapshots.open() as second:
            assert second is first
            assert second.execute("SELECT revision FROM clock").fetchone() == (0,)

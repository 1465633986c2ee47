"""What stands in a SQLite file, and what becomes of files of older schemas."""

import sqlite3
from contextlib import closing
from importlib.resources import files

import pytest

from summitry_server.store.contract import LATEST, LEVELS, Axis, Condition, Read, Reading, Window
from summitry_server.store.errors import StoreUnavailableError
from summitry_server.store.migrating import APPLICATION
from summitry_server.store.sqlite import SqliteStore

READING = Reading("Asia/Almaty", "start", 50, 0, 32, "0" * 64, LATEST)


def raw(path):
    return closing(sqlite3.connect(path))


def failing(statement):
    """Connections on which this statement fails."""

    class Failing(sqlite3.Connection):
        def execute(self, sql, parameters=()):
            if statement in sql:
                raise sqlite3.OperationalError("planted")
            return super().execute(sql, parameters)

    return Failing


@pytest.fixture
def path(tmp_path):
    return tmp_path / "filled.db"


@pytest.fixture
def filled(path, row, put):
    """A store of today, closed."""
    with closing(SqliteStore(path)) as store:
        put(store, row("calendars/a", kind=1), row("calendars/a/summits/x"))
        put(store, row("calendars/a/summits/x", text="later"), new=False)
        put(store, row("calendars/a/summits/y", deleted=True))
    return path


class TestContents:
    def test_levels_are_those_of_the_contract(self, filled):
        with raw(filled) as connection:
            levels = connection.execute("SELECT level, width FROM levels ORDER BY level").fetchall()
        assert levels == [(level, 4**level) for level in range(LEVELS + 1)]

    @pytest.mark.parametrize(
        "statement", ["UPDATE revisions SET time = 0", "DELETE FROM revisions"]
    )
    def test_the_log_is_append_only(self, filled, statement):
        with raw(filled) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)

    def test_spans_hold_what_rows_say(self, path, row, put):
        """Every live row twice, whatever happened to it; nothing is left behind."""
        with closing(SqliteStore(path)) as store:
            for changes in ({}, {"deleted": True}, {}, {"spans": ()}):
                put(store, row(**changes), new=False)
                with raw(path) as connection:
                    spans = connection.execute("SELECT scope, kind FROM spans ORDER BY scope")
                    stored = row(**changes)
                    expected = [("", stored.kind), (stored.calendar, stored.kind)]
                    live = stored.spans and not stored.deleted
                    assert spans.fetchall() == (expected if live else [])

    def test_readings_hold_what_rows_say(self, path, row, put, entry):
        """Each once, whatever happened to its row; nothing is left behind."""
        steps = [
            ({"readings": (READING,)}, [(1, "start")]),
            ({"readings": (READING, READING._replace(field="end"))}, [(1, "end"), (1, "start")]),
            ({"readings": (READING._replace(until=7),)}, [(1, "start")]),
            ({"readings": (READING._replace(fingerprint="f"),), "deleted": True}, [(0, "start")]),
            ({"readings": (READING,)}, [(1, "start")]),
            ({}, []),
        ]
        with closing(SqliteStore(path)) as store:
            for changes, expected in steps:
                put(store, row(**changes), new=False)
                store.write(lambda writer: writer.settle(READING.zone, "f" * 64), entry)
                with raw(path) as connection:
                    stored = connection.execute("SELECT live, field FROM readings ORDER BY field")
                    assert stored.fetchall() == expected

    def test_rules_are_kept_once(self, path, row, put):
        with closing(SqliteStore(path)) as store:
            for number in range(5):
                put(store, row(f"calendars/a/summits/{number}", readings=(READING,)))
        with raw(path) as connection:
            rules = connection.execute("SELECT zone, fingerprint FROM rules").fetchall()
            assert rules == [(READING.zone, READING.fingerprint)]


@pytest.fixture
def first(filled):
    """The same store in a file of schema 1."""
    path = filled.with_name("first.db")
    schema = files("summitry_server.store") / "migrations" / "0001_initial.sql"
    with raw(path) as connection:
        connection.executescript(schema.read_text(encoding="utf-8"))
        connection.execute("ATTACH ? AS filled", (str(filled),))
        for table in ("meta", "clock", "records", "spans", "revisions"):
            connection.execute(f"INSERT INTO {table} SELECT * FROM filled.{table}")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    return path


def everything(path):
    """What can be read of a file, once it is open as a store."""
    window = Window(Axis.INSTANT, 0, 1000, possible=True)
    with closing(SqliteStore(path)) as store, store.read() as reader:
        return {
            "identity": store.identity,
            "revision": reader.revision,
            "rows": reader.page(2, "calendars/a", "", 9, Condition(), show_deleted=True),
            "state": reader.state("calendars/a"),
            "versions": reader.versions("calendars/a/summits/x"),
            "window": reader.within(window, None, None, 9, Condition()),
            "rules": reader.rules(),
        }


class TestOfSchema1:
    def test_keeps_all_that_was_there(self, first, filled):
        expected = everything(filled)
        assert (expected["revision"], len(expected["rows"]), expected["rules"]) == (3, 2, [])
        for _ in range(2):
            assert everything(first) == expected
        with raw(first) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (2,)
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    def test_has_the_schema_of_a_new_file(self, first, filled):
        SqliteStore(first).close()
        statement = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
        with raw(first) as migrated, raw(filled) as new:
            assert migrated.execute(statement).fetchall() == new.execute(statement).fetchall()

    def test_rows_have_readings_when_they_are_put_again(self, first, row, put):
        with closing(SqliteStore(first)) as store:
            put(store, row("calendars/a/summits/x", readings=(READING,)), new=False)
            assert store.head() == 4
            with store.read() as reader:
                assert reader.rules() == [(READING.zone, READING.fingerprint)]
                assert reader.readings(READING.zone, 0, None, 9) == [
                    Read("calendars/a/summits/x", READING)
                ]

    def test_a_migration_that_fails_leaves_the_file_as_it_was(self, first):
        with pytest.raises(StoreUnavailableError, match="the store failed"):
            SqliteStore(first, factory=failing("CREATE INDEX readings_by_record"))
        with raw(first) as connection:
            tables = "SELECT name FROM sqlite_schema WHERE name IN ('rules', 'readings')"
            assert connection.execute(tables).fetchall() == []
            assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert everything(first)["revision"] == 3


def test_a_new_file_that_fails_stays_empty(path):
    with pytest.raises(StoreUnavailableError, match="the store failed"):
        SqliteStore(path, factory=failing("CREATE TABLE revisions"))
    with raw(path) as connection:
        assert connection.execute("SELECT * FROM sqlite_schema").fetchall() == []
    with closing(SqliteStore(path)) as store:
        assert store.head() == 0

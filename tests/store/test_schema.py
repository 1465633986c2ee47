"""What stands in a SQLite file, and what becomes of files of older schemas."""

import sqlite3
from contextlib import closing

import pytest

from summitry_server.store.contract import (
    LATEST,
    Axis,
    Condition,
    LocalTimeEntry,
    Span,
    StoredLocalTime,
    Window,
)
from summitry_server.store.errors import StoreUnavailableError
from summitry_server.store.index import DELETED, UNDATED
from summitry_server.store.sqlite.columns import POSITIONS
from summitry_server.store.sqlite.engine import SqliteStore
from tests.store.former_schemas import LAST_FORMER, SCHEMAS, write_former

READING = LocalTimeEntry("Asia/Almaty", "start", 50, 0, 32, "0" * 64, LATEST)


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
    """Return a store of today, closed."""
    with closing(SqliteStore(path)) as store:
        put(store, row("calendars/a", kind=1), row("calendars/a/summits/x"))
        put(store, row("calendars/a/summits/x", text="later"), new=False)
        put(store, row("calendars/a/summits/y", deleted=True))
    return path


class TestContents:
    @pytest.mark.parametrize(
        "statement",
        [
            pytest.param("UPDATE versions SET time = 0", id="changed"),
            pytest.param(f"DELETE FROM versions WHERE version = {POSITIONS + 1}", id="needed"),
            pytest.param(f"DELETE FROM versions WHERE version = {3 * POSITIONS}", id="newest"),
        ],
    )
    def test_the_log_is_append_only(self, filled, statement):
        """The file refuses changes of the log from any program, before and after compaction."""
        with raw(filled) as connection:
            for earliest in (1, 2):
                connection.execute("UPDATE clock SET earliest = ?", (earliest,))
                with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                    connection.execute(statement)

    @pytest.mark.parametrize("statement", ["UPDATE chain SET value = 'x'", "DELETE FROM chain"])
    def test_the_chain_is_append_only(self, filled, statement):
        with raw(filled) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)

    def test_what_was_superseded_before_the_earliest_may_go(self, filled):
        with raw(filled) as connection:
            connection.execute("UPDATE clock SET earliest = 3")
            deletion = "DELETE FROM versions WHERE version = ?"
            assert connection.execute(deletion, (POSITIONS + 1,)).rowcount == 1
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(deletion, (2 * POSITIONS,))

    def test_the_index_holds_what_rows_say(self, path, row, put):
        """Expect each live row by all its terms, a deleted one in a lane of its own, and no more.

        What was so before is there too, until the revision at which it ended.
        """
        terms = {"k 2", "c calendars/a", "f person:xi-jinping", "f region:KZ"}
        terms |= {f"w {word}" for word in ["council", "of", "heads", "state"]}
        expected_spans = [
            [(1, 0, 100, 1, None)],
            [(0, 0, 100, 1, 2), (1, DELETED, 1_720_000_000, 2, None)],
            [
                (0, 0, 100, 1, 2),
                (0, DELETED, 1_720_000_000, 2, 3),
                (1, 0, 100, 3, None),
            ],
            [
                (0, 0, 100, 1, 2),
                (0, 0, 100, 3, 4),
                (0, DELETED, 1_720_000_000, 2, 3),
                (1, UNDATED, 0, 4, None),
            ],
        ]
        with closing(SqliteStore(path)) as store:
            steps = ({}, {"deleted": True}, {}, {"spans": ()})
            for changes, spans in zip(steps, expected_spans, strict=True):
                put(store, row(**changes), new=False)
                with raw(path) as connection:
                    stored = connection.execute(
                        "SELECT live, lane, starts, since, until FROM spans ORDER BY 1, 2, 3, 4"
                    )
                    assert stored.fetchall() == spans
                    live = connection.execute(
                        "SELECT terms.term, lane FROM postings JOIN terms ON terms.id = postings.term"
                        " WHERE live"
                    )
                    lane = spans[-1][1]
                    assert sorted(live) == sorted((term, lane) for term in terms)
                    ended = connection.execute("SELECT DISTINCT until FROM postings WHERE NOT live")
                    assert {until for (until,) in ended} <= {span[4] for span in spans}

    def test_compaction_and_purges_leave_no_entry_and_no_word(self, path, row, put, entry):
        """Nothing finds what no state shows any more, and its words are gone."""
        tombstone = {"deleted": True, "facets": (), "text": "", "spans": ()}
        with closing(SqliteStore(path)) as store:
            put(store, row(text="secret forum", facets=("person:nobody",)))
            put(
                store, row(text="plain", spans=(Span(Axis.LABEL, 0, 10**8, None, None),)), new=False
            )
            put(store, row(text="plainer"), new=False)
            store.compact(3)
            with raw(path) as connection:
                assert "w secret" not in all_terms(connection)
                assert {"w plain", "w plainer"} <= all_terms(connection)
            store.write(lambda writer: writer.purge(row(revision=4, **tombstone)), entry)
            with raw(path) as connection:
                assert all_terms(connection) == {"k 2", "c calendars/a"}
                for table in ("spans", "postings", "grams"):
                    assert connection.execute(f"SELECT * FROM {table}").fetchall() == []

    def test_readings_hold_what_rows_say(self, path, row, put, entry):
        """Expect each reading once, whatever happened to its row, and nothing else."""
        steps = [
            ({"local_times": (READING,)}, [(1, "start")]),
            ({"local_times": (READING, READING._replace(field="end"))}, [(1, "end"), (1, "start")]),
            ({"local_times": (READING._replace(until=7),)}, [(1, "start")]),
            (
                {"local_times": (READING._replace(fingerprint="f"),), "deleted": True},
                [(0, "start")],
            ),
            ({"local_times": (READING,)}, [(1, "start")]),
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
                put(store, row(f"calendars/a/summits/{number}", local_times=(READING,)))
        with raw(path) as connection:
            rules = connection.execute("SELECT zone, fingerprint FROM rules").fetchall()
            assert rules == [(READING.zone, READING.fingerprint)]


def all_terms(connection):
    return {term for (term,) in connection.execute("SELECT term FROM terms")}


@pytest.fixture
def older(filled, request):
    """Return the same store in a file of an older schema: 1, or the parameter."""
    path = filled.with_name("older.db")
    write_former(path, getattr(request, "param", 1), filled)
    return path


def everything(path):
    """Return all contents of a file, read through a store."""
    window = Window(Axis.INSTANT, 0, 1000, possible=True)
    with closing(SqliteStore(path)) as store, store.read() as reader:
        return {
            "identity": store.identity,
            "revision": reader.revision,
            "rows": reader.page(2, "calendars/a", "", 9, Condition(), show_deleted=True),
            "state": reader.state("calendars/a"),
            "versions": reader.versions("calendars/a/summits/x"),
            "changes": reader.changes(0, 9),
            "window": reader.within(window, None, None, 9, Condition()),
            "rules": reader.zone_fingerprints(),
        }


@pytest.mark.parametrize("older", range(1, LAST_FORMER + 1), indirect=True, ids="schema {}".format)
class TestOfOlderSchemas:
    def test_keeps_all_that_was_there(self, older, filled):
        expected = everything(filled)
        assert (expected["revision"], len(expected["rows"]), expected["rules"]) == (3, 2, [])
        former = expected.pop("identity")
        migrated, again = everything(older), everything(older)
        assert migrated == again
        identity = migrated.pop("identity")
        assert migrated == expected
        assert identity.secret == former.secret
        with raw(older) as connection:
            has_chain = connection.execute("SELECT count(*) FROM chain").fetchone() != (0,)
        assert (identity.store_id == former.store_id) == has_chain, (
            "tokens of a schema without chained values are of an unknown history"
        )
        with raw(older) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (len(SCHEMAS),)
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    def test_has_the_schema_of_a_new_file(self, older, filled):
        SqliteStore(older).close()
        statement = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
        with raw(older) as migrated, raw(filled) as new:
            assert migrated.execute(statement).fetchall() == new.execute(statement).fetchall()

    def test_rows_have_readings_when_they_are_put_again(self, older, row, put):
        with closing(SqliteStore(older)) as store:
            put(store, row("calendars/a/summits/x", local_times=(READING,)), new=False)
            assert store.head() == 4
            with store.read() as reader:
                assert reader.zone_fingerprints() == [(READING.zone, READING.fingerprint)]
                assert reader.local_times(READING.zone, 0, None, 9) == [
                    StoredLocalTime("calendars/a/summits/x", READING)
                ]

    def test_a_migration_that_fails_leaves_the_file_as_it_was(self, older):
        def schema():
            with raw(older) as connection:
                tables = connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
                return tables, connection.execute("PRAGMA user_version").fetchone()

        before = schema()
        with pytest.raises(StoreUnavailableError, match="the store failed"):
            SqliteStore(older, factory=failing("CREATE INDEX versions_by_record"))
        assert schema() == before
        assert everything(older)["revision"] == 3

    def test_logs_begin_at_the_first_revision(self, older):
        changed = [
            (1, False, "a", False, b""),
            (1, True, "a/summits/x", False, b""),
            (2, True, "a/summits/x", False, b"\x0a\x03abc"),
            (3, True, "a/summits/y", True, b""),
        ]
        with closing(SqliteStore(older)) as store, store.read() as reader:
            assert reader.earliest() == 1
            assert changed == [
                (change.revision, change.last, change.name[10:], change.deleted, change.before)
                for change in reader.changes(0, 9, "calendars/a")
            ]


@pytest.mark.parametrize("older", [1, 2], indirect=True, ids="schema {}".format)
def test_times_that_went_back_are_raised(older, row, put):
    """The clock of the machine went back; the log is searched by time all the same."""
    with raw(older) as connection:
        connection.execute("DROP TRIGGER revisions_never_change")
        times = [(2_000_000_000, 1), (1_000_000_000, 2), (2_500_000_000, 3)]
        connection.executemany("UPDATE revisions SET time = ? WHERE revision = ?", times)
        connection.commit()
    with closing(SqliteStore(older)) as store:
        put(store, row("calendars/a/summits/z"))
        with store.read() as reader:
            time_by_revision = {
                change.revision: change.entry.time for change in reader.changes(0, 9)
            }
            assert time_by_revision == {
                1: 2 * 10**9,
                2: 2 * 10**9,
                3: 25 * 10**8,
                4: 25 * 10**8 + 1,
            }
            at = [reader.revision_at(time) for time in (10**9, 2 * 10**9, 24 * 10**8, 10**10)]
            assert at == [0, 2, 2, 4]


@pytest.mark.parametrize("older", range(1, 7), indirect=True, ids="schema {}".format)
def test_writes_have_chained_values_from_then_on(older, row, put):
    with closing(SqliteStore(older)) as store:
        put(store, row("calendars/a/summits/z"))
        with store.read() as reader:
            chains = [reader.point(revision).chain for revision in range(5)]
            assert chains == ["", "", "", "", reader.point().chain]
            assert len(reader.point().chain) == 16


def test_migrations_are_numbered_without_gap_or_double():
    assert [int(file.name[:4]) for file in SCHEMAS] == list(range(1, len(SCHEMAS) + 1))


def test_a_new_file_that_fails_stays_empty(path):
    with pytest.raises(StoreUnavailableError, match="the store failed"):
        SqliteStore(path, factory=failing("CREATE TABLE revisions"))
    with raw(path) as connection:
        assert connection.execute("SELECT * FROM sqlite_schema").fetchall() == []
    with closing(SqliteStore(path)) as store:
        assert store.head() == 0

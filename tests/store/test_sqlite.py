"""What the SQLite engine adds to the contract: a file, its schema and its locks."""

import errno
import os
import re
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from summitry_server.store import open_store
from summitry_server.store.contract import LATEST, Condition, LocalTimeEntry, StoredLocalTime
from summitry_server.store.errors import (
    StoreDamagedError,
    StoreUnavailableError,
    StoreVersionError,
)
from summitry_server.store.memory.engine import MemoryStore
from summitry_server.store.sqlite.engine import SqliteStore


@pytest.fixture
def path(tmp_path):
    return tmp_path / "summitry.db"


@pytest.fixture
def filled(path, row, put):
    """Return a closed store of three rows."""
    with closing(SqliteStore(path)) as store:
        put(store, row("calendars/a", kind=1), row("calendars/a/summits/x"))
        put(store, row("calendars/a/summits/x", text="later"), new=False)
    return path


def raw(path):
    return closing(sqlite3.connect(path))


class TestOpen:
    def test_by_url(self, path):
        with closing(open_store(f"sqlite:///{path}")) as store:
            assert isinstance(store, SqliteStore)
        assert path.exists()
        with closing(open_store("memory:")) as store:
            assert isinstance(store, MemoryStore)

    @pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///", "postgres://h/d", "x.db"])
    def test_of_another_url_says_what_to_give(self, url):
        with pytest.raises(ValueError, match="give memory: or sqlite"):
            open_store(url)

    @pytest.mark.parametrize(
        ("url", "advice"),
        [
            (":memory:", "give memory:"),
            ("memory", "give memory:"),
            ("sqlite::memory:", "give memory:"),
            ("sqlite://s.db", "give memory: or sqlite:///PATH"),
            ("sqlite:s.db", "give memory: or sqlite:///PATH"),
            ("file:s.db", "give memory: or sqlite:///PATH"),
            ("sqlite:///:memory:", "name for memory is not taken: give memory:"),
            ("sqlite:///~/s.db", "write the path out"),
            ("sqlite:///~desk/s.db", "write the path out"),
            ("sqlite:///$HOME/s.db", "variables are not replaced"),
            ("sqlite:///${HOME}/s.db", "variables are not replaced"),
            ("sqlite:///s.db?mode=ro", "give the path alone"),
            ("sqlite:///s.db#x", "give the path alone"),
            ("sqlite:///a%20b.db", "the path is not decoded"),
            ("sqlite:/// s.db", "begins or ends with a space"),
            ("sqlite:///s.db ", "begins or ends with a space"),
            ("sqlite:///s.db\n", "begins or ends with a space"),
            ("sqlite:///s\0.db", "control character"),
            ("sqlite:///folder/", "that of a folder"),
            ("sqlite:////", "that of a folder"),
            ("sqlite:///.", "that of a folder"),
            ("sqlite:///..", "that of a folder"),
            ("sqlite:///a/..", "that of a folder"),
            ("sqlite:///s.db.head", "kept beside a store"),
            ("sqlite:///s.db-wal", "kept beside a store"),
        ],
    )
    def test_of_an_odd_url_makes_no_file(self, url, advice, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(ValueError, match=re.escape(advice)):
            open_store(url)
        assert list(tmp_path.iterdir()) == []

    def test_makes_the_folders(self, tmp_path):
        path = tmp_path / "of" / "the year" / "100% [sure]'s;.db"
        with closing(SqliteStore(path)) as store:
            assert store.head() == 0
        assert path.exists()

    def test_a_new_file_is_for_its_owner_alone(self, path):
        with closing(SqliteStore(path)):
            modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in path.parent.iterdir()}
            assert modes.items() >= {path.name: 0o600, f"{path.name}-wal": 0o600}.items()
            assert set(modes.values()) == {0o600}

    def test_keeps_a_log_and_syncs_it_fully(self, path):
        """Less than FULL would lose answered writes in a power cut, which no kill can show."""
        connections = []

        class Watched(sqlite3.Connection):
            def __init__(self, *arguments, **options):
                super().__init__(*arguments, **options)
                connections.append(self)

        with closing(SqliteStore(path, factory=Watched)):
            [writer] = connections
            assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert writer.execute("PRAGMA synchronous").fetchone() == (2,)

    def test_close_leaves_one_file_and_its_lock(self, filled):
        assert sorted(file.name for file in filled.parent.iterdir()) == [
            filled.name,
            f"{filled.name}.head",
            f"{filled.name}.lock",
        ]


class TestReopen:
    def test_sees_all(self, path, row, put):
        def everything(store):
            with store.read() as reader:
                return (
                    reader.revision,
                    reader.page(2, None, "", 100, Condition(), show_deleted=True),
                    reader.versions("calendars/a/summits/0"),
                    reader.state("calendars/a"),
                )

        with closing(SqliteStore(path)) as store:
            put(store, row("calendars/a", kind=1))
            put(store, *(row(f"calendars/a/summits/{n}", deleted=n == 3) for n in range(5)))
            put(store, row("calendars/a/summits/0", text="later"), new=False)
            before = everything(store)
        with closing(SqliteStore(path)) as store:
            assert store.head() == 3
            assert everything(store) == before
            assert put(store, row("calendars/a/summits/9"))[0].revision == 4

    def test_settlement_survives_a_restart(self, path, row, put, entry):
        reading = LocalTimeEntry("Asia/Almaty", "start", 50, 0, 32, "0" * 64, LATEST)
        with closing(SqliteStore(path)) as store:
            [stored] = put(store, row(local_times=(reading,)))
            assert store.write(lambda writer: writer.settle(reading.zone, "f" * 64), entry) == 1
        with closing(SqliteStore(path)) as store, store.read() as reader:
            assert store.head() == 1
            assert reader.local_times(reading.zone, 0, None, 9) == [
                StoredLocalTime(stored.name, reading._replace(fingerprint="f" * 64))
            ]

    def test_keeps_who_it_is(self, path):
        with closing(SqliteStore(path)) as store:
            first = store.identity
        with closing(SqliteStore(path)) as store:
            assert store.identity == first
        with closing(SqliteStore(path.with_name("other.db"))) as store:
            assert store.identity.store_id != first.store_id
            assert store.identity.secret != first.secret
        assert len(first.secret) == 32


class TestLock:
    def test_second_process_is_refused_at_once(self, path):
        code = (
            "import sys; from pathlib import Path\n"
            "from summitry_server.store.sqlite.engine import SqliteStore\n"
            "SqliteStore(Path(sys.argv[1]))"
        )
        with closing(SqliteStore(path)):
            second = subprocess.run(
                [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
            )
        assert second.returncode == 1
        assert second.stderr.splitlines()[-1].endswith(
            f"StoreUnavailableError: the store {path} is in use by another process: "
            "stop that one, or give another file"
        )

    def test_holds_through_another_path_to_the_file(self, path):
        link = path.with_name("link.db")
        link.symlink_to(path)
        with closing(SqliteStore(path)), pytest.raises(StoreUnavailableError, match="in use"):
            SqliteStore(link)

    def test_goes_with_the_store_and_with_a_failed_open(self, filled):
        with raw(filled) as connection:
            (schema,) = connection.execute("PRAGMA user_version").fetchone()
            connection.execute("PRAGMA user_version = 99")
        with pytest.raises(StoreVersionError):
            SqliteStore(filled)
        with raw(filled) as connection:
            connection.execute(f"PRAGMA user_version = {schema}")
        for _ in range(2):
            SqliteStore(filled).close()

    def test_a_writer_of_another_program_is_waited_for_then_named(self, filled, row, put):
        class Impatient(sqlite3.Connection):
            def executescript(self, script):
                return super().executescript(script + "PRAGMA busy_timeout = 1")

        with closing(SqliteStore(filled, factory=Impatient)) as store, raw(filled) as connection:
            connection.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailableError, match="locked by another program"):
                put(store, row("calendars/a/summits/y"))
            with store.read() as reader:
                assert reader.revision == 2
            connection.rollback()
            assert put(store, row("calendars/a/summits/y"))[0].revision == 3


class TestRefused:
    def test_a_file_of_a_newer_version(self, filled):
        with raw(filled) as connection:
            connection.execute("PRAGMA user_version = 99")
        with pytest.raises(StoreVersionError, match=r"schema 99.*knows \d+: upgrade"):
            SqliteStore(filled)

    def test_a_database_of_another_program(self, path):
        with raw(path) as connection:
            connection.execute("CREATE TABLE theirs (a)")
        before = path.read_bytes()
        with pytest.raises(StoreUnavailableError, match="another program"):
            SqliteStore(path)
        assert path.read_bytes() == before

    def test_a_file_that_is_no_database(self, path):
        path.write_text("BEGIN:VCALENDAR\n" * 100)
        with pytest.raises(StoreDamagedError, match="not a store"):
            SqliteStore(path)

    def test_a_file_that_is_damaged(self, filled, row, put):
        content = bytearray(filled.read_bytes())
        content[4096:] = os.urandom(len(content) - 4096)
        filled.write_bytes(content)
        with pytest.raises(StoreDamagedError, match="damaged"):
            SqliteStore(filled)

    @pytest.mark.parametrize("kind", ["folder", "below a file"])
    def test_a_path_that_cannot_be_a_file(self, tmp_path, kind):
        (tmp_path / "file").touch()
        path = {"folder": tmp_path, "below a file": tmp_path / "file" / "x.db"}[kind]
        with pytest.raises(StoreUnavailableError, match="writable folder"):
            SqliteStore(path)

    def test_a_read_only_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o555)
            path = Path(folder, "x.db")
            rights = os.geteuid()
            if rights == 0:  # to whom no folder is read-only
                os.seteuid(65534)
            try:
                with pytest.raises(
                    StoreUnavailableError, match=f"{os.strerror(errno.EACCES)}; give a file"
                ):
                    SqliteStore(path)
            finally:
                os.seteuid(rights)

    def test_a_condition_of_too_many_values(self, path):
        with closing(SqliteStore(path)) as store, store.read() as reader:
            many = Condition(words=tuple(map(str, range(1001))))
            with pytest.raises(ValueError, match="more than 1000 values"):
                reader.page(2, None, "", 100, many)


class TestErrors:
    def test_no_error_of_the_driver_comes_out(self, path, row, put):
        broken = False

        class Breaking(sqlite3.Connection):
            def execute(self, sql, parameters=()):
                if broken and "records" in sql:
                    raise sqlite3.OperationalError("planted")
                return super().execute(sql, parameters)

        with closing(SqliteStore(path, factory=Breaking)) as store:
            broken = True
            with pytest.raises(StoreUnavailableError, match="the store failed"):
                put(store, row())
            with (
                pytest.raises(StoreUnavailableError, match="the store failed"),
                store.read() as reader,
            ):
                reader.get("x")
            broken = False
            assert put(store, row())[0].revision == 1

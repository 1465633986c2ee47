"""The head mark: what a start makes of a store that is gone, went back, or is new."""

import json
import logging
import shutil
import sqlite3
import threading
import time
from contextlib import closing

import pytest

from summitry_server.store.errors import StoreDamagedError, StoreUnavailableError
from summitry_server.store.sqlite import engine as sqlite
from summitry_server.store.sqlite.engine import SqliteStore, begin_new_epoch


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.db"


@pytest.fixture
def mark(path):
    return path.with_name("s.db.head")


def identity(path):
    with closing(SqliteStore(path)) as store:
        return store.identity.store_id


def write(path, put, *rows):
    with closing(SqliteStore(path)) as store:
        for new_row in rows:
            put(store, new_row)
        return store.identity.store_id


@pytest.fixture
def summit(row):
    return lambda number: row(f"calendars/a/summits/{number}")


def test_it_says_how_far_a_closed_store_had_come(path, mark, put, summit):
    store_id = write(path, put, summit(1), summit(2))
    with closing(SqliteStore(path)) as store, store.read() as reader:
        chain = reader.point().chain
    assert json.loads(mark.read_text()) == {"store_id": store_id, "revision": 2, "chain": chain}
    assert mark.stat().st_mode & 0o777 == 0o600


def test_it_follows_a_store_that_is_written(path, mark, put, summit, monkeypatch):
    monkeypatch.setattr(sqlite, "LOOK", 0.01)
    with closing(SqliteStore(path)) as store:
        put(store, summit(1))
        deadline = time.monotonic() + 20
        while json.loads(mark.read_text())["revision"] < 1 and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        assert json.loads(mark.read_text())["revision"] == 1


class TestStoreThatWentBack:
    @pytest.fixture
    def copy(self, path, put, summit):
        write(path, put, summit(1))
        return shutil.copy(path, path.with_name("copy.db"))

    def test_behind_its_mark_begins_an_epoch_once(self, path, put, summit, copy, caplog):
        first = write(path, put, summit(2))
        shutil.copy(copy, path)
        again = identity(path)
        assert again != first and identity(path) == again
        assert "put back from a copy: it is at revision 1, and was at 2 before" in caplog.text

    def test_written_on_elsewhere_begins_an_epoch(self, path, put, summit, copy, caplog):
        first = write(path, put, summit(2))
        write(copy, put, summit(3), summit(4))
        shutil.copy(copy, path)
        assert identity(path) != first
        assert "its revision 2 is not the one that it had before" in caplog.text

    def test_of_an_earlier_epoch_begins_another(self, path, put, summit, copy):
        first = identity(path)
        begun = begin_new_epoch(path)
        shutil.copy(copy, path)
        assert len({first, begun, identity(path)}) == 3

    def test_without_a_mark_is_taken_as_it_is(self, path, mark, put, summit, copy):
        first = write(path, put, summit(2))
        shutil.copy(copy, path)
        mark.unlink()
        assert identity(path) == first

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"revision": 1}', '"x"', "\x00" * 9])
    def test_with_an_unreadable_mark_begins_an_epoch(self, path, mark, copy, content):
        first = identity(path)
        mark.write_text(content)
        assert identity(path) != first

    def test_store_ahead_of_its_mark_keeps_its_epoch(self, path, mark, put, summit, copy):
        """Start as after a kill: what was written after the last mark is there."""
        earlier_mark = mark.read_text()
        first = write(path, put, summit(2), summit(3))
        mark.write_text(earlier_mark)
        assert identity(path) == first


def test_a_copy_under_the_log_of_a_killed_server_is_refused(path, put, row):
    """SQLite would mix the two, and call the result a store."""
    write(path, put, row("calendars/a/summits/0"))
    copy = shutil.copy(path, path.with_name("copy.db"))
    killed = path.with_name("killed")
    with closing(SqliteStore(path)) as store:
        for number in range(1, 100):
            put(store, row(f"calendars/a/summits/{number}", frame=bytes(4000)))
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        for number in range(100, 110):
            put(store, row(f"calendars/a/summits/{number}", frame=bytes(4000)))
        shutil.copytree(path.parent, killed)
    target = killed / path.name
    shutil.copy(copy, target)
    with pytest.raises(StoreDamagedError, match="remove the files that end in -wal and -shm"):
        SqliteStore(target)
    assert target.read_bytes() == copy.read_bytes(), "a refusal leaves the copy as it is"
    for end in ("-wal", "-shm"):
        target.with_name(target.name + end).unlink()
    with closing(SqliteStore(target)) as store:
        assert store.head() == 1


def test_a_new_epoch_of_a_restore_is_kept(path, put, summit):
    first = write(path, put, summit(1))
    begun = begin_new_epoch(path)
    assert begun != first and identity(path) == begun


def test_feeds_of_a_new_epoch_are_dated_after_what_was_lost(path, put, row):
    with closing(SqliteStore(path)) as store:
        put(store, row("calendars/a", kind=1))
        with store.read() as reader:
            before = reader.state("calendars/a").modified
    now = int(time.time())
    begin_new_epoch(path)
    with closing(SqliteStore(path)) as store, store.read() as reader:
        assert reader.state("calendars/a").modified >= now > before


class TestStoreThatIsGone:
    @pytest.fixture(autouse=True)
    def filled(self, path, put, summit):
        write(path, put, summit(1))

    def test_deleted_is_refused_with_what_to_do(self, path, mark):
        path.unlink()
        for _ in range(2):
            with pytest.raises(
                StoreUnavailableError, match="put its file back from a backup, or re"
            ):
                SqliteStore(path)
        assert not path.exists()

    def test_emptied_is_refused(self, path):
        path.write_bytes(b"")
        with pytest.raises(StoreUnavailableError, match=r"is gone.*remove .*s\.db\.head to begin"):
            SqliteStore(path)

    def test_of_a_version_without_marks_is_known_by_its_lock(self, path, mark):
        path.unlink()
        mark.unlink()
        with pytest.raises(StoreUnavailableError, match=r"remove .*s\.db\.lock to begin"):
            SqliteStore(path)

    def test_new_store_is_created_after_its_traces_are_removed(self, path, caplog):
        caplog.set_level(logging.INFO)
        first = identity(path)
        for file in path.parent.iterdir():
            file.unlink()
        assert identity(path) != first
        assert f"made a new, empty store at {path}" in caplog.text


def test_killed_first_start_is_not_refused_as_a_lost_store(path):
    path.touch()
    path.with_name("s.db.lock").touch()
    assert identity(path)


def test_a_mark_that_cannot_be_written_is_logged_and_fails_no_write(
    path, mark, put, summit, caplog
):
    with closing(SqliteStore(path)) as store:
        mark.unlink()
        mark.mkdir()
        put(store, summit(1))
    assert "the head mark cannot be written" in caplog.text
    mark.rmdir()
    with closing(SqliteStore(path)) as store:
        assert store.head() == 1

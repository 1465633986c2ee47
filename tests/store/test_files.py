"""What becomes of the files of an open store: deleted, replaced, cut, overwritten, and back again."""

import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from summitry_server.store.errors import StoreDamagedError, StoreFullError, StoreUnavailableError
from summitry_server.store.health import Health, HealthMonitor
from summitry_server.store.sqlite.connections import CHECKPOINT_BYTES
from summitry_server.store.sqlite.engine import SqliteStore

GUARD = 20  # seconds; only a store that never notices waits so long


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.db"


@pytest.fixture
def store(path, row, put):
    with closing(SqliteStore(path)) as store:
        put(store, row("calendars/a/summits/before"))
        yield store


@pytest.fixture
def wait_for_health(store):
    """Return a function that waits for a change of health and returns the new health."""
    healths, changed = [], threading.Condition()

    def listen(health: Health) -> None:
        with changed:
            healths.append(health)
            changed.notify_all()

    store.follow_health(listen)

    def wait(serving: bool) -> Health:
        with changed:
            assert changed.wait_for(lambda: healths[-1].serving is serving, GUARD), healths
            return healths[-1]

    return wait


def driver_error(name: str, text: str) -> sqlite3.Error:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode, error.sqlite_errorname = getattr(sqlite3, name), name
    return error


def beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def delete(path: Path, end: str = "") -> None:
    beside(path, end).unlink()


def move_away(path: Path) -> None:
    path.rename(beside(path, ".away"))


def replace_by_copy(path: Path) -> None:
    shutil.copy(path, beside(path, ".copy"))
    beside(path, ".copy").rename(path)


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_link(path: Path) -> None:
    move_away(path)
    shutil.copy(beside(path, ".away"), beside(path, ".other"))
    path.symlink_to(beside(path, ".other"))


def cut(path: Path, end: str = "", size: int = 0) -> None:
    os.truncate(beside(path, end), size)


def overwrite(path: Path, end: str = "", at: int = 0, count: int = 8192) -> None:
    with open(beside(path, end), "r+b") as file:
        file.seek(at)
        file.write(os.urandom(count))


def overwrite_by_older(path: Path) -> None:
    """Put the content of an earlier copy into the same file, as `cp` does."""
    with closing(sqlite3.connect(path)) as there:
        there.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    content = bytearray(path.read_bytes())
    content[18:20] = b"\1\1"  # no WAL, which a database in memory cannot have
    with closing(sqlite3.connect(":memory:")) as older:
        older.deserialize(bytes(content))
        older.execute("UPDATE clock SET revision = 0")
        older.commit()
        content = bytearray(older.serialize())
    content[18:20] = b"\2\2"
    with open(path, "r+b") as file:
        file.write(content)
        file.truncate()


REMOVALS: dict[str, Callable[[Path], None]] = {
    "deleted": delete,
    "moved away": move_away,
    "replaced by a copy": replace_by_copy,
    "replaced by a folder": replace_by_folder,
    "replaced by a link": replace_by_link,
    "log deleted": lambda path: delete(path, "-wal"),
    "shared memory deleted": lambda path: delete(path, "-shm"),
}
DAMAGED: dict[str, Callable[[Path], None]] = {
    "cut to nothing": cut,
    "cut by half": lambda path: cut(path, size=path.stat().st_size // 2),
    "beginning overwritten": overwrite,
    "all overwritten": lambda path: overwrite(path, count=path.stat().st_size),
    "middle overwritten": lambda path: overwrite(path, at=8192, count=path.stat().st_size - 8192),
    "content of an older copy": overwrite_by_older,
    "log cut to nothing": lambda path: cut(path, "-wal"),
    "log cut by half": lambda path: cut(path, "-wal", beside(path, "-wal").stat().st_size // 2),
    "log overwritten": lambda path: overwrite(path, "-wal"),
}


def checkpointed(path: Path, mode: str = "PASSIVE") -> None:
    """Have all pages in the database, where they can be damaged."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()


@pytest.mark.parametrize("happens", REMOVALS.values(), ids=REMOVALS)
class TestFileGone:
    def test_writes_are_refused_and_none_is_lost(self, store, path, row, put, happens):
        happens(path)
        with pytest.raises(StoreUnavailableError, match="nothing is written until it is back"):
            put(store, row("calendars/a/summits/after"))
        assert store.head() == 1

    def test_health_and_log_report_it_without_a_write(
        self, store, path, wait_for_health, caplog, happens
    ):
        happens(path)
        assert "nothing is written" in wait_for_health(serving=False).reason
        [line] = [
            log_record for log_record in caplog.records if log_record.levelno == logging.ERROR
        ]
        assert str(path) in line.getMessage()

    def test_no_file_is_made_by_a_read(self, store, path, happens):
        happens(path)
        before = sorted(path.parent.iterdir())
        with pytest.raises(StoreUnavailableError), store.read():
            pass
        assert sorted(path.parent.iterdir()) == before


@pytest.mark.parametrize(("case", "happens"), DAMAGED.items(), ids=DAMAGED)
class TestFileDamaged:
    @pytest.fixture(autouse=True)
    def in_the_database(self, store, path, case):
        if not case.startswith("log"):
            checkpointed(path)

    def test_writes_are_refused(self, store, path, row, put, happens):
        happens(path)
        with pytest.raises(StoreDamagedError):
            put(store, row("calendars/a/summits/after"))

    def test_health_and_log_report_it_without_a_write(
        self, store, path, wait_for_health, caplog, happens
    ):
        happens(path)
        assert wait_for_health(serving=False).reason
        [line] = [
            log_record for log_record in caplog.records if log_record.levelno == logging.ERROR
        ]
        assert str(path) in line.getMessage()


@pytest.mark.parametrize(
    ("link", "target"), [("s.db", "s.db"), ("current", "")], ids=["of the file", "of its folder"]
)
def test_link_to_another_store_refuses_writes(tmp_path, row, put, link, target):
    """The next start opens what the link names then: writes to the old file would be lost."""
    for version in ("old", "new"):
        SqliteStore(tmp_path / version / "s.db").close()
    link = tmp_path / link
    link.symlink_to(tmp_path / "old" / target)
    with closing(SqliteStore(link if target else link / "s.db")) as store:
        put(store, row("calendars/a/summits/before"))
        link.unlink()
        link.symlink_to(tmp_path / "new" / target)
        with pytest.raises(StoreUnavailableError, match="was replaced"):
            put(store, row("calendars/a/summits/after"))


def test_a_file_that_is_back_is_written_again(store, path, wait_for_health, row, put):
    away = beside(path, ".away")
    path.rename(away)
    wait_for_health(serving=False)
    away.rename(path)
    wait_for_health(serving=True)
    assert put(store, row("calendars/a/summits/after"))[0].revision == 2


def test_damaged_store_stays_read_only_after_the_file_is_repaired(
    store, path, wait_for_health, row, put
):
    checkpointed(path)
    content = path.read_bytes()
    overwrite(path)
    wait_for_health(serving=False)
    with open(path, "r+b") as file:
        file.write(content)
    for _ in range(2):
        with pytest.raises(StoreDamagedError):
            put(store, row("calendars/a/summits/after"))
    assert not store.health().serving


@pytest.mark.parametrize("mode", ["PASSIVE", "FULL", "RESTART", "TRUNCATE"])
def test_a_checkpoint_of_another_program_does_no_harm(store, path, row, put, mode):
    for number in range(3):
        checkpointed(path, mode)
        put(store, row(f"calendars/a/summits/{number}"))
    assert store.health() == Health()


def test_own_checkpoints_are_no_change_of_another(store, row, put, path):
    """Write until the log is moved into the database, and its length starts again."""
    frame = bytes(200_000)
    for number in range(2 * CHECKPOINT_BYTES // len(frame)):
        put(store, row(f"calendars/a/summits/{number}", frame=frame))
    assert beside(path, "-wal").stat().st_size < 2 * CHECKPOINT_BYTES
    assert path.stat().st_size > CHECKPOINT_BYTES
    assert store.health() == Health()


def test_what_was_acknowledged_is_there_after_the_file_was_gone_for_a_while(path, row, put):
    with closing(SqliteStore(path)) as store:
        acknowledged = 0
        for number in range(20):
            if number == 7:
                path.rename(beside(path, ".away"))
            if number == 14:
                beside(path, ".away").rename(path)
            try:
                put(store, row(f"calendars/a/summits/{number}"))
            except StoreUnavailableError:
                continue
            acknowledged += 1
    assert acknowledged == 13
    with closing(SqliteStore(path)) as store:
        assert store.head() == 13


class TestFailures:
    """A failed commit changes the health while the cause lasts, except for a full disk."""

    @pytest.fixture
    def failing(self, path):
        """Return a store whose commits fail with an error of the driver, while there is one."""

        class Failing(sqlite3.Connection):
            error: sqlite3.Error | None = None

            def execute(self, sql, parameters=()):
                if sql == "COMMIT" and Failing.error and self.in_transaction:
                    raise Failing.error
                return super().execute(sql, parameters)

        with closing(SqliteStore(path, factory=Failing)) as store:
            yield store, Failing

    @pytest.mark.parametrize("name", ["SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_BUSY"])
    def test_health_follows_and_recovers_by_itself(self, failing, name, row, put, caplog):
        store, connections = failing
        connections.error = driver_error(name, "the words of the engine")
        with pytest.raises(StoreUnavailableError):
            put(store, row())
        assert not store.health().serving
        assert f"{name}: the words of the engine" in caplog.text
        serving = threading.Event()
        store.follow_health(lambda health: health.serving and serving.set())
        connections.error = None
        assert serving.wait(GUARD), "the store tries by itself"
        assert put(store, row())[0].revision == 1

    def test_full_disk_fails_the_write_and_leaves_the_health(self, failing, row, put):
        store, connections = failing
        connections.error = driver_error("SQLITE_FULL", "full")
        with pytest.raises(StoreFullError):
            put(store, row())
        assert store.health() == Health()
        connections.error = None
        assert put(store, row())[0].revision == 1

    def test_a_read_that_meets_damage_ends_writing(self, failing, row, put):
        store, _ = failing
        put(store, row())
        with pytest.raises(StoreDamagedError), store.read():
            raise driver_error("SQLITE_CORRUPT", "malformed")
        with pytest.raises(StoreDamagedError):
            put(store, row("calendars/a/summits/y"))
        assert not store.health().serving

    def test_a_read_that_fails_otherwise_leaves_the_health(self, failing):
        store, _ = failing
        with pytest.raises(StoreUnavailableError), store.read():
            raise driver_error("SQLITE_CANTOPEN", "too many open files")
        assert store.health() == Health()


def test_of_failures_of_one_kind_one_line_a_minute_is_logged(caplog):
    now = [0.0]
    monitor = HealthMonitor("s.db", lambda: now[0])
    for moment in (0, 1, 59, 61):
        now[0] = moment
        monitor.failed(StoreUnavailableError("one"))
        monitor.failed(StoreUnavailableError("another"))
    lines = [record.getMessage() for record in caplog.records]
    assert [line.rpartition(" ")[2] for line in lines] == ["one", "another"] * 2


class TestSecondServer:
    """Neither a deleted lock nor a second name of the file lets a second one in."""

    def test_lock_deleted(self, store, path):
        beside(path, ".lock").unlink()
        with pytest.raises(StoreUnavailableError, match="in use by another process"):
            SqliteStore(path)

    def test_hard_link(self, store, path):
        link = path.with_name("other.db")
        os.link(path, link)
        with pytest.raises(StoreUnavailableError, match="in use by another process"):
            SqliteStore(link)

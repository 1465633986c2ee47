"""Group commit: what writes share a commit, and what they do not share."""

import resource
import sqlite3
import threading
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial

import pytest

from summitry_server.store.contract import Condition, LocalTimeEntry
from summitry_server.store.errors import NameTakenError, StoreFullError, StoreUnavailableError
from summitry_server.store.sqlite.connections import connect
from summitry_server.store.sqlite.engine import SqliteStore
from summitry_server.store.sqlite.group_commits import GROUP, GroupWriter


class Counting(sqlite3.Connection):
    commits = 0

    def execute(self, sql, parameters=()):
        Counting.commits += sql == "COMMIT"
        return super().execute(sql, parameters)


class Tight(sqlite3.Connection):
    """A database that may have no more than so many pages."""

    pages = 2**30

    def execute(self, sql, parameters=()):
        if sql == "BEGIN IMMEDIATE":
            super().execute(f"PRAGMA max_page_count = {Tight.pages}").fetchone()
        return super().execute(sql, parameters)


@pytest.fixture
def tight():
    yield Tight
    Tight.pages = 2**30


@pytest.fixture
def queue(tmp_path, entry):
    """Return a function that queues operations behind a blocked one, so that they form a group."""
    path = tmp_path / "g.db"
    SqliteStore(path).close()
    with closing(connect(path, Counting)) as connection:
        writer = GroupWriter(connection)

        def submit(operations):
            begun, free = threading.Event(), threading.Event()

            def hold(_):
                begun.set()
                free.wait()

            writer.submit(hold, entry)
            begun.wait()
            Counting.commits = 0
            futures = [writer.submit(operation, entry) for operation in operations]
            free.set()
            return futures

        submit.writer, submit.path = writer, path
        yield submit
        writer.close()


class ClosedMeanwhile:
    """The queue of a writer that another thread closes while an operation is put into it."""

    def __init__(self, writer):
        self._queue = writer._queue
        self._closing = threading.Thread(target=writer.close, daemon=True)
        self._ended = threading.Event()
        self.get, self.get_nowait = self._queue.get, self._queue.get_nowait

    def put(self, item):
        if item is not None:
            self._closing.start()
            self._ended.wait(0.3)  # in vain where a write and the close exclude each other
        self._queue.put(item)
        if item is None:
            self._ended.set()


def putting(row):
    def operation(writer):
        writer.put(replace(row, revision=writer.next_revision), new=True)
        return writer.next_revision

    return operation


class TestGroup:
    def test_many_writes_share_one_commit_and_each_has_a_revision(self, queue, row):
        operations = [putting(row(f"calendars/a/summits/{n}")) for n in range(100)]
        assert [future.result() for future in queue(operations)] == list(range(1, 101))
        # The commit of the write that they waited behind may still have been to come.
        assert 1 <= Counting.commits <= 2
        assert queue.writer.head == 100

    def test_is_bounded(self, queue, row):
        operations = [putting(row(f"calendars/a/summits/{n}")) for n in range(GROUP + 1)]
        assert [future.result() for future in queue(operations)] == list(range(1, GROUP + 2))
        assert 2 <= Counting.commits <= 3

    def test_a_failure_is_its_own(self, queue, row):
        name = "calendars/a/summits/{}".format
        conflict, free = putting(row(name(1))), partial(putting, row(name(2)))

        def vain(writer):
            free()(writer)
            raise LookupError

        futures = queue([putting(row(name(1))), conflict, vain, free(), lambda writer: "nothing"])
        assert futures[0].result() == 1
        assert isinstance(futures[1].exception(), NameTakenError)
        assert isinstance(futures[2].exception(), LookupError)
        assert futures[3].result() == 2
        assert futures[4].result() == "nothing"
        assert queue.writer.head == 2

    def test_a_commit_that_cannot_be_relied_on_is_not_run_again(self, queue, row):
        """Refuse it, as when its file is deleted meanwhile; its operations ran once."""
        runs = []

        @contextmanager
        def uncertain_commit():
            yield
            raise StoreUnavailableError("the file is gone")

        def counting(number):
            def operation(writer):
                runs.append(number)
                return putting(row(f"calendars/a/summits/{number}"))(writer)

            return operation

        queue.writer._committing = uncertain_commit
        futures = queue([counting(number) for number in range(5)])
        assert {type(future.exception()) for future in futures} == {StoreUnavailableError}
        assert sorted(runs) == list(range(5))

    def test_queued_writes_are_answered_before_close(self, queue, row):
        operations = [putting(row(f"calendars/a/summits/{n}")) for n in range(3 * GROUP)]
        futures = queue(operations)
        queue.writer.close()
        assert all(future.done() for future in futures)
        assert [future.result() for future in futures] == list(range(1, 3 * GROUP + 1))

    def test_write_that_meets_the_close_is_answered(self, queue, row, entry):
        """The close comes between the check of a write and its place in the queue, if it can."""
        writer = queue.writer
        writer._queue = ClosedMeanwhile(writer)
        future = writer.submit(putting(row()), entry)
        assert future.result(60) == 1
        with pytest.raises(StoreUnavailableError, match="closed"):
            writer.submit(putting(row()), entry)

    def test_no_answer_comes_before_the_commit(self, queue, row):
        """Each answer, when it comes, is already in the file for another connection."""
        revisions = []

        def look(future):
            with closing(sqlite3.connect(queue.path)) as connection:
                [(revision,)] = connection.execute("SELECT revision FROM clock")
                revisions.append((future.result(), revision))

        futures = queue([putting(row(f"calendars/a/summits/{n}")) for n in range(5)])
        for future in futures:
            future.add_done_callback(look)
        queue.writer.close()
        assert len(revisions) == 5
        assert all(revision >= answer for answer, revision in revisions)


class TestFull:
    def test_refuses_writes_and_goes_on_reading(self, tmp_path, row, put, tight):
        with closing(SqliteStore(tmp_path / "f.db", factory=tight)) as store:
            tight.pages = 60
            stored = []
            with pytest.raises(StoreFullError, match="no room left"):
                for number in range(1000):
                    stored += put(store, row(f"calendars/a/summits/{number:04}", frame=bytes(3000)))
            assert stored
            assert store.head() == len(stored)
            with store.read() as reader:
                assert reader.revision == len(stored)
                assert reader.page(2, None, "", 1000, Condition()) == stored
            tight.pages = 600
            [later] = put(store, row("calendars/a/summits/later", frame=bytes(3000)))
            assert later.revision == len(stored) + 1

    def test_large_write_fails_alone(self, queue, row, tight, entry):
        """The big write makes SQLite undo its whole group; the small ones are run again."""
        small = [putting(row(f"calendars/a/summits/{n}")) for n in range(5)]
        big = putting(row("calendars/a/summits/big", frame=bytes(4_000_000)))
        queue.writer.submit(
            lambda writer: writer._connection.execute("PRAGMA max_page_count = 300").fetchone(),
            entry,
        ).result()
        futures = queue([*small[:2], big, *small[2:]])
        assert isinstance(futures[2].exception(), StoreFullError)
        done = [future.result() for future in (*futures[:2], *futures[3:])]
        assert done == [1, 2, 3, 4, 5]

    def test_small_write_beside_a_large_one_is_run_again(self, queue, row, entry):
        queue.writer.submit(
            lambda writer: writer._connection.execute("PRAGMA max_page_count = 300").fetchone(),
            entry,
        ).result()
        large = putting(row("calendars/a/summits/large", frame=bytes(4_000_000)))
        futures = queue([large, putting(row())])
        assert isinstance(futures[0].exception(), StoreFullError)
        assert futures[1].result() == 1

    def test_operation_that_hides_a_failure_is_not_committed(self, tmp_path, row, tight, entry):
        """When the driver has undone the transaction, nothing more is written outside of it."""

        def operation(writer):
            writer.put(row(revision=1, frame=bytes(4_000_000)), new=True)
            with pytest.raises(StoreFullError):
                writer.put_setting("x", "")  # brings into the tables what was put so far
            if writer._connection.in_transaction:
                writer.put(row(revision=1, frame=bytes(4_000_000)), new=True)
            else:
                writer.put(row(revision=1), new=True)

        with closing(SqliteStore(tmp_path / "f.db", factory=tight)) as store:
            tight.pages = 300
            with pytest.raises((StoreFullError, StoreUnavailableError)):
                store.write(operation, entry)
            with store.read() as reader:
                assert reader.get(row().name) is None
            assert store.head() == 0

    def test_nothing_is_settled_when_the_driver_has_undone_the_write(
        self, tmp_path, row, put, entry
    ):
        reading = LocalTimeEntry("Asia/Almaty", "start", 50, 0, 32, "old", 100)

        def operation(writer):
            writer._connection.execute("ROLLBACK")
            writer.settle(reading.zone, "new")

        with closing(SqliteStore(tmp_path / "f.db")) as store:
            put(store, row(local_times=(reading,)))
            with pytest.raises(StoreUnavailableError, match="failed already"):
                store.write(operation, entry)
            with store.read() as reader:
                assert reader.zone_fingerprints() == [(reading.zone, "old")]

    def test_failed_commit_fails_every_write_of_its_group(self, tmp_path, row, put):
        """The log file may not grow: the disk fails in COMMIT itself."""
        path = tmp_path / "c.db"
        with closing(SqliteStore(path)) as store:
            put(store, row("calendars/a/summits/before"))
            room = path.with_name("c.db-wal").stat().st_size + 20_000
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
            try:
                with pytest.raises(StoreUnavailableError):
                    put(store, row("calendars/a/summits/lost", frame=bytes(200_000)))
                assert store.head() == 1
                with store.read() as reader:
                    assert reader.revision == 1
                    assert reader.get("calendars/a/summits/lost") is None
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            assert put(store, row("calendars/a/summits/after"))[0].revision == 2

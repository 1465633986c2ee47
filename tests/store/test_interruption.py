"""A read that nobody waits for any more ends while its statement runs, and hurts nothing."""

from contextlib import closing

import pytest

from summitry_server.store.contract import LogEntry
from summitry_server.store.interruption import interruptible, present_check
from summitry_server.store.sqlite.connections import OPERATIONS
from summitry_server.store.sqlite.engine import SqliteStore
from tests.cpu import cpu_seconds

# Counts as far as it is told.
COUNTING = """
WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ?)
SELECT max(n) FROM counted"""
FOR_YEARS, A_MOMENT = 10**15, 100
MOST_SECONDS = 30


class NobodyWaitsError(Exception):
    """The reason of these tests to end a read."""


@pytest.fixture
def store(tmp_path):
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        yield store


@pytest.fixture
def count_to(store):
    def count(number):
        with store.read() as reader:
            return reader._connection.execute(COUNTING, (number,)).fetchone()

    return count


def end_read():
    raise NobodyWaitsError


def test_statement_ends_with_what_the_check_raises(count_to):
    with cpu_seconds(MOST_SECONDS), pytest.raises(NobodyWaitsError), interruptible(end_read):
        count_to(FOR_YEARS)


def test_store_is_healthy_and_its_connection_reads_on_after_an_interruption(store, count_to):
    with cpu_seconds(MOST_SECONDS), pytest.raises(NobodyWaitsError), interruptible(end_read):
        count_to(FOR_YEARS)
    assert store.health().serving
    assert count_to(A_MOMENT) == (A_MOMENT,)
    assert len(store._snapshots._idle) == 1, "the connection was kept"


def test_check_that_raises_nothing_lets_the_statement_end(count_to):
    checks = []
    with interruptible(lambda: checks.append(1)):
        assert count_to(OPERATIONS) == (OPERATIONS,)
    assert checks, "so many rows take more operations than go by without a question"


def test_short_statement_is_never_asked_for(count_to):
    with interruptible(end_read):
        assert count_to(A_MOMENT) == (A_MOMENT,)


def test_read_outside_of_the_block_is_not_interrupted(count_to):
    with interruptible(end_read):
        count_to(A_MOMENT)
    assert present_check() is None
    assert count_to(OPERATIONS) == (OPERATIONS,)


def test_write_is_not_interrupted(store):
    def count(writer):
        return writer._connection.execute(COUNTING, (OPERATIONS,)).fetchone()

    with interruptible(end_read):
        assert store.write(count, LogEntry("", "", "", 0)) == (OPERATIONS,)

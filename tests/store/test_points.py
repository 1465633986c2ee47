"""Chained values: two histories share a point only where they are one history."""

import shutil
from contextlib import closing

import pytest

from summitry_server.store.points import passes
from summitry_server.store.sqlite.engine import SqliteStore
from summitry_server.store.values import Point


def points(store):
    with store.read() as reader:
        return [reader.point(revision) for revision in range(reader.revision + 1)]


def test_a_store_begins_without_a_value(store):
    assert points(store) == [Point(0, "")]


def test_each_revision_has_a_value_of_its_own(store, row, put):
    for number in range(5):
        put(store, row(f"calendars/a/summits/{number}"))
    assert len({point.chain for point in points(store)}) == 6


def test_a_write_knows_its_point_before_it_puts(store, row, entry):
    def operation(writer):
        before = writer.next_point
        writer.put(row(revision=before.revision), new=True)
        return before, writer.next_point

    before, after = store.write(operation, entry)
    assert before == after == points(store)[1]


def test_a_write_that_fails_or_puts_nothing_leaves_no_value(store, row, put, entry):
    store.write(lambda writer: writer.remember("r", b"", b""), entry)
    with pytest.raises(ZeroDivisionError):
        store.write(lambda writer: 1 / 0, entry)
    put(store, row())
    assert len(points(store)) == 2


def test_values_outlive_compaction_and_purges(store, row, put, entry):
    put(store, row())
    put(store, row(deleted=True), new=False)
    before = points(store)
    bare = {"facets": (), "text": "", "spans": (), "deleted": True}
    store.write(lambda writer: writer.purge(row(revision=3, **bare)), entry)
    store.compact(4)
    assert points(store)[:3] == before


def test_history_accepts_only_its_own_points(store, row, put):
    put(store, row())
    with store.read() as reader:
        point = reader.point()
        assert passes(reader, point) and passes(reader, Point(0, ""))
        foreign_points = [
            Point(1, ""),
            Point(1, "0" * 16),
            Point(0, point.chain),
            Point(2, point.chain),
        ]
        assert [passes(reader, foreign_point) for foreign_point in foreign_points] == [False] * 4


def test_a_copy_that_is_written_on_leaves_the_common_history(tmp_path, row, put):
    """Though both write the same rows at the same revisions."""
    path, copy = tmp_path / "s.db", tmp_path / "copy.db"
    with closing(SqliteStore(path)) as store:
        put(store, row("calendars/a/summits/0"))
    shutil.copy(path, copy)
    histories = []
    for file in (path, copy):
        with closing(SqliteStore(file)) as store:
            put(store, row("calendars/a/summits/1"))
            histories.append(points(store))
    first, second = histories
    assert first[:2] == second[:2]
    assert first[2].revision == second[2].revision and first[2] != second[2]

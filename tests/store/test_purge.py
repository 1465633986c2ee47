"""What a purge leaves: one version, which no one can find, and the rest of the log as it was."""

import sqlite3
from contextlib import closing

import pytest

from summitry_server.store.contract import Axis, Condition, LogEntry, Span, Window
from summitry_server.store.sqlite.engine import SqliteStore

X, Y = "calendars/a/summits/x", "calendars/a/summits/y"
TOMBSTONE = {"deleted": True, "facets": (), "text": "", "spans": (), "frame": b"gone"}


@pytest.fixture
def write(row):
    """Puts versions of records, each in a write of its own, at a time."""

    def go(store, name, time, *, operation="put", **changes):
        def do(writer):
            new_row = row(name, revision=writer.next_revision, modified=time, **changes)
            return writer.purge(new_row) if operation == "purge" else writer.put(new_row, new=False)

        return store.write(do, LogEntry("desk", "why", "q", time, "by"))

    return go


@pytest.fixture
def story(store, write):
    """X is written twice, deleted and purged; Y is written between."""
    write(store, X, 10, frame=b"x1")
    write(store, Y, 20, frame=b"y2")
    write(store, X, 30, frame=b"x3")
    write(store, X, 40, frame=b"x4", deleted=True)
    assert write(store, X, 50, operation="purge", **TOMBSTONE) == 3
    return store


def test_purge_leaves_one_version(story):
    with story.read() as reader:
        (tombstone,) = reader.versions(X)
        assert (tombstone.revision, tombstone.frame, tombstone.deleted) == (5, b"gone", True)
        assert tombstone.entry == LogEntry("desk", "why", "q", 50, "by")
        assert [reader.version_at(X, revision) for revision in range(5)] == [None] * 5
        assert [version.frame for version in reader.versions(Y)] == [b"y2"]


def test_followers_find_no_version_before_it(story):
    with story.read() as reader:
        changes = reader.changes(0, 99)
        assert [(change.name, change.revision, change.before) for change in changes] == [
            (Y, 2, b""),
            (X, 5, b""),
        ]
        assert reader.earliest() == 1


def test_it_is_gone_from_every_state(story):
    with story.read() as reader:
        states = [
            [version.frame for version in reader.snapshot_at(2, None, revision, "", 9)]
            for revision in range(6)
        ]
    assert states == [[], [], [b"y2"], [b"y2"], [b"y2"], [b"gone", b"y2"]]


def test_name_and_uid_stay_taken_and_nothing_finds_it(story):
    with story.read() as reader:
        tombstone = reader.get(X)
        assert tombstone.purged and not reader.get(Y).purged
        assert reader.holder(f"uid of {X}") == X
        window = Window(Axis.INSTANT, 0, 1000, True)
        assert [match.name for match in reader.within(window, None, None, 9, Condition())] == [Y]
        assert [match.name for match in reader.page(2, None, "", 9, Condition())] == [Y]


def test_what_waits_to_be_purged(store, write):
    for number, time in enumerate((30, 10, 20, 10)):
        write(store, f"{X}{number}", time)
        write(store, f"{X}{number}", time, deleted=True)
    write(store, Y, 5)
    with store.read() as reader:
        assert reader.deleted(99, 9) == [f"{X}1", f"{X}3", f"{X}2", f"{X}0"]
        assert reader.deleted(99, 2) == [f"{X}1", f"{X}3"]
        assert reader.deleted(20, 9) == [f"{X}1", f"{X}3"]
    write(store, f"{X}1", 40, operation="purge", **TOMBSTONE)
    write(store, f"{X}3", 40)
    with store.read() as reader:
        assert reader.deleted(99, 9) == [f"{X}2", f"{X}0"], (
            "neither what is purged nor what is back"
        )


@pytest.mark.parametrize(
    "changes",
    [{"deleted": False}, {"facets": ("status:1",)}, {"text": "words"},
     {"spans": (Span(Axis.INSTANT, 1, 2, 1, 2),)}],
    ids=str,
)  # fmt: skip
def test_a_tombstone_cannot_be_found(store, write, changes):
    write(store, X, 10)
    with pytest.raises(ValueError, match="no tombstone"):
        write(store, X, 20, operation="purge", **(TOMBSTONE | changes))
    assert store.head() == 1


def test_a_write_that_fails_purges_nothing(store, write, row):
    write(store, X, 10, frame=b"x1")

    def operation(writer):
        writer.purge(row(X, revision=writer.next_revision, **TOMBSTONE))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.write(operation, LogEntry("", "", "", 20))
    with store.read() as reader:
        assert [version.frame for version in reader.versions(X)] == [b"x1"]


def test_put_and_purged_in_one_write(store, row):
    def operation(writer):
        writer.put(row(X, revision=writer.next_revision, frame=b"x1"), new=True)
        writer.put(row(X, revision=writer.next_revision, frame=b"x2", deleted=True), new=False)
        return writer.purge(row(X, revision=writer.next_revision, **TOMBSTONE))

    assert store.write(operation, LogEntry("", "", "", 20)) == 2
    with store.read() as reader:
        assert [(version.position, version.frame) for version in reader.versions(X)] == [
            (2, b"gone")
        ]
        assert [(version.position, version.last) for version in reader.changes(0, 9)] == [(2, True)]


def test_the_log_itself_lets_go_of_nothing_else(tmp_path, write):
    path = tmp_path / "s.db"
    with closing(SqliteStore(path)) as store:
        write(store, X, 10, frame=b"x1")
        write(store, X, 20, frame=b"x2")
        write(store, Y, 20, operation="purge", **TOMBSTONE)
    with closing(sqlite3.connect(path)) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("DELETE FROM versions WHERE frame = x'7831'")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("DELETE FROM versions WHERE purged")

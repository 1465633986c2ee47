"""Dry runs: rows are visible to the writes that follow, and stored nowhere."""

import pytest

from summitry_server.store import open_dry_run
from summitry_server.store.contract import Row
from summitry_server.store.errors import UidTakenError


@pytest.fixture
def dry_run():
    writes = open_dry_run()
    yield writes
    writes.close()


def put(store, entry, *rows: Row) -> None:
    store.write(lambda writer: [writer.put(row, new=True) for row in rows], entry)


def test_rows_are_visible_to_later_writes_and_not_stored(store, entry, row, dry_run) -> None:
    put(store, entry, row("calendars/a/summits/x", uid="x", revision=1))
    with store.read() as reader:
        target = dry_run.target(reader)
        assert target.get("calendars/a/summits/x").uid == "x"
        target.put(row("calendars/a/summits/y", uid="y"), new=True)
        assert target.get("calendars/a/summits/y").uid == "y"
        assert (target.holder("x"), target.holder("y")) == (
            "calendars/a/summits/x",
            "calendars/a/summits/y",
        )
        assert reader.get("calendars/a/summits/y") is None
    with store.read() as reader:
        later = dry_run.target(reader)
        assert later.get("calendars/a/summits/y").uid == "y", "the next write sees it"
        assert later.next_point.revision > target.next_point.revision
    assert store.head() == 1


def test_rows_hide_the_stored_ones(store, entry, row, dry_run) -> None:
    put(store, entry, row("calendars/a/summits/x", revision=1, text="old"))
    with store.read() as reader:
        target = dry_run.target(reader)
        for text in ("new", "newer"):
            target.put(row("calendars/a/summits/x", text=text), new=False)
            assert target.get("calendars/a/summits/x").text == text


def test_a_uid_is_taken_once(store, row, dry_run) -> None:
    with store.read() as reader:
        target = dry_run.target(reader)
        target.put(row("calendars/a/summits/x", uid="u"), new=True)
        with pytest.raises(UidTakenError):
            target.put(row("calendars/a/summits/y", uid="u"), new=True)
        assert target.get("calendars/a/summits/y") is None


def test_holders_below_a_uid_are_stored_ones_and_others(store, entry, row, dry_run) -> None:
    put(store, entry, row("calendars/a/summits/x", uid="u/2", revision=1))
    with store.read() as reader:
        target = dry_run.target(reader)
        target.put(row("calendars/a/summits/x", uid="u/2", text="new"), new=False)
        target.put(row("calendars/a/summits/y", uid="u/1"), new=True)
        names = ["calendars/a/summits/y", "calendars/a/summits/x"]
        assert target.holders_below("u", 10) == names
        assert target.holders_below("u", 1) == names[:1]

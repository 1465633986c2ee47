"""A rehearsed write: seen by what follows, over what is stored, and nowhere else."""

import pytest

from summitry_server.store.contract import Row
from summitry_server.store.errors import UidTakenError
from summitry_server.store.sqlite.dry_run import Scratch


@pytest.fixture
def scratch():
    found = Scratch()
    yield found
    found.close()


def put(store, entry, *rows: Row) -> None:
    store.write(lambda writer: [writer.put(row, new=True) for row in rows], entry)


def test_what_is_put_is_seen_and_not_stored(store, entry, row, scratch) -> None:
    put(store, entry, row("calendars/a/summits/x", uid="x", revision=1))
    with store.read() as reader:
        target = scratch.target(reader)
        assert target.get("calendars/a/summits/x").uid == "x"
        target.put(row("calendars/a/summits/y", uid="y"), new=True)
        assert target.get("calendars/a/summits/y").uid == "y"
        assert (target.holder("x"), target.holder("y")) == (
            "calendars/a/summits/x",
            "calendars/a/summits/y",
        )
        assert reader.get("calendars/a/summits/y") is None
    with store.read() as reader:
        later = scratch.target(reader)
        assert later.get("calendars/a/summits/y").uid == "y", "the next write sees it"
        assert later.next_point.revision > target.next_point.revision
    assert store.head() == 1


def test_what_is_rehearsed_covers_what_is_stored(store, entry, row, scratch) -> None:
    put(store, entry, row("calendars/a/summits/x", revision=1, text="old"))
    with store.read() as reader:
        target = scratch.target(reader)
        for text in ("new", "newer"):
            target.put(row("calendars/a/summits/x", text=text), new=False)
            assert target.get("calendars/a/summits/x").text == text


def test_a_uid_is_taken_once(store, row, scratch) -> None:
    with store.read() as reader:
        target = scratch.target(reader)
        target.put(row("calendars/a/summits/x", uid="u"), new=True)
        with pytest.raises(UidTakenError):
            target.put(row("calendars/a/summits/y", uid="u"), new=True)
        assert target.get("calendars/a/summits/y") is None

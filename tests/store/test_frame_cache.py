"""The cache of frames: bounded in bytes, and never older than what the store says."""

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry_server.store.contract import Axis, Condition, ConvertedRecord, LogEntry, Window
from summitry_server.store.sqlite.engine import SqliteStore
from summitry_server.store.sqlite.frame_cache import FrameCache

ROOM = 1000
ENTRY = LogEntry("", "", "", 0)
ALL_TIME = Window(Axis.INSTANT, 0, 1000, possible=True)
batches = st.lists(st.dictionaries(st.integers(0, 40), st.integers(0, 80)), max_size=40)


@given(batches)
def test_it_gives_what_was_put_and_stays_within_its_room(puts):
    cache, frames_put = FrameCache(ROOM), {}
    for sizes in puts:
        # The frame of a version never changes.
        frames = {version: frames_put.get(version, bytes(size)) for version, size in sizes.items()}
        frames_put |= frames
        cache.put(frames)
        cached = cache.get(range(41))
        assert all(frame == frames_put[version] for version, frame in cached.items())
        assert sum(map(len, cached.values())) <= ROOM


def test_what_is_asked_for_stays_and_what_is_not_goes():
    cache = FrameCache(ROOM)
    cache.put({1: b"asked for"})
    for version in range(2, 200):
        cache.put({version: bytes(50)})
        assert cache.get([1]) == {1: b"asked for"}
    assert cache.get([2]) == {}


def test_frame_that_would_fill_it_is_not_kept():
    cache = FrameCache(ROOM)
    cache.put({1: b"small", 2: bytes(ROOM)})
    assert cache.get([1, 2]) == {1: b"small"}


@pytest.fixture
def store(tmp_path):
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        yield store


def frames_in(store):
    with store.read() as reader:
        return [match.frame for match in reader.within(ALL_TIME, None, None, 10, Condition())]


def test_frames_of_a_conversion_are_shown_at_once(store, put, row):
    (stored,) = put(store, row(frame=b"\x0a\x03old"))
    assert frames_in(store) == frames_in(store) == [b"\x0a\x03old"]
    converted = row(frame=b"\x0a\x03new", revision=stored.revision)
    frames = {(stored.revision, 0): converted.frame}
    store.write(lambda writer: writer.convert([ConvertedRecord(converted, frames)]), ENTRY)
    assert frames_in(store) == [b"\x0a\x03new"]


def test_write_that_failed_leaves_no_frame_behind(store, put, row):
    """The next write gets the revision, and so the number of the version, of the one that failed."""

    def fail(writer):
        writer.put(row(frame=b"\x0a\x03bad", revision=writer.next_revision), new=True)
        assert [match.frame for match in writer.within(ALL_TIME, None, None, 10, Condition())]
        raise LookupError

    with pytest.raises(LookupError):
        store.write(fail, ENTRY)
    put(store, row(frame=b"\x0a\x03fit"))
    assert frames_in(store) == [b"\x0a\x03fit"]


def test_edit_is_shown_and_the_version_before_it_is_still_read(store, put, row):
    (before,) = put(store, row(frame=b"\x0a\x03one"))
    put(store, row(frame=b"\x0a\x03two"), new=False)
    assert frames_in(store) == frames_in(store) == [b"\x0a\x03two"]
    with store.read() as reader:
        past = reader.at(before.revision).within(ALL_TIME, None, None, 10, Condition())
    assert [match.frame for match in past] == [b"\x0a\x03one"]

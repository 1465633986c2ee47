"""Tokens: kept by digest and owner, in no version and no log."""

import pytest

from summitry_server.store.contract import LogEntry, Token

ENTRY = LogEntry("server", "purge", "", 1_720_000_000)
FIRST = Token("t1", "calendars/a/feeds/f", b"1" * 32, "desk", created=100)
SECOND = Token("t0", "calendars/a/feeds/f", b"2" * 32, "press", created=100, expires=500)
THIRD = Token("t3", "calendars/a/feeds/g", b"3" * 32, "", created=50)


@pytest.fixture
def keys(store, entry):
    """Return a store with three tokens."""

    def operation(writer):
        for token in (FIRST, SECOND, THIRD):
            writer.put_token(token)

    store.write(operation, entry)
    return store


def test_are_found_by_digest_and_by_owner(keys):
    with keys.read() as reader:
        assert [reader.token(token.digest) for token in (FIRST, SECOND, THIRD)] == [
            FIRST,
            SECOND,
            THIRD,
        ]
        assert reader.token(b"4" * 32) is None
        assert reader.tokens(FIRST.owner) == [SECOND, FIRST]
        assert reader.tokens("calendars/a") == []


def test_take_no_revision_and_are_in_no_log(keys):
    with keys.read() as reader:
        assert (reader.revision, keys.head(), reader.changes(0, 9)) == (0, 0, [])


def test_are_replaced_by_id(keys, entry):
    revoked = FIRST._replace(revoked=200, label="desk, left")
    keys.write(lambda writer: writer.put_token(revoked), entry)
    with keys.read() as reader:
        assert reader.token(FIRST.digest) == revoked
        assert reader.tokens(FIRST.owner) == [SECOND, revoked]


def test_uses_only_rise_and_those_of_no_token_are_lost(keys, entry):
    for time in (300, 200):
        keys.write(lambda writer, time=time: writer.use_tokens({"t1": time, "t9": time}), entry)
    with keys.read() as reader:
        assert reader.token(FIRST.digest) == FIRST._replace(used=300)
        assert reader.token(SECOND.digest) == SECOND


def test_go_when_their_row_is_purged(keys, row, put):
    put(keys, row(FIRST.owner, kind=7))

    def operation(writer):
        bare = {"deleted": True, "facets": (), "text": "", "spans": ()}
        writer.purge(row(FIRST.owner, kind=7, revision=writer.next_revision, **bare))

    keys.write(operation, ENTRY)
    with keys.read() as reader:
        assert [reader.token(token.digest) for token in (FIRST, SECOND, THIRD)] == [
            None,
            None,
            THIRD,
        ]


def test_failed_write_stores_no_token(keys, entry):
    def operation(writer):
        writer.put_token(FIRST._replace(id="t5", digest=b"5" * 32))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        keys.write(operation, entry)
    with keys.read() as reader:
        assert reader.token(b"5" * 32) is None

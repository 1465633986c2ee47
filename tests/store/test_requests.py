"""What is remembered of requests, and who is woken by writes."""

import logging
import threading

import pytest

from summitry_server.store.contract import LogEntry, Request


def at(time):
    return LogEntry("desk", "", "", time)


def remembering(request_id, digest=b"d", response=b"r"):
    return lambda writer: writer.remember(request_id, digest, response)


class TestRemember:
    def test_comes_back_with_its_time(self, store):
        store.write(remembering("q", bytes(range(256)), b"\0"), at(100))
        with store.read() as reader:
            assert reader.request("q") == Request(bytes(range(256)), b"\0", 100)
            assert reader.request("Q") is None

    def test_takes_no_revision(self, store):
        store.write(remembering("q"), at(100))
        assert store.head() == 0

    def test_replaces_the_former_answer(self, store):
        store.write(remembering("q"), at(100))
        store.write(remembering("q", b"other", b"answer"), at(90))
        with store.read() as reader:
            assert reader.request("q") == Request(b"other", b"answer", 90)

    def test_is_there_if_and_only_if_the_write_is(self, store, row):
        def operation(writer):
            writer.put(row(revision=writer.next_revision), new=True)
            writer.remember("q", b"d", b"r")
            assert writer.request("q") == Request(b"d", b"r", 100)

        def failing(writer):
            operation(writer)
            raise LookupError

        with pytest.raises(LookupError):
            store.write(failing, at(100))
        with store.read() as reader:
            assert (reader.request("q"), reader.get(row().name)) == (None, None)
        store.write(operation, at(100))
        with store.read() as reader:
            assert reader.request("q").time == reader.get(row().name).revision * 100

    def test_a_snapshot_does_not_see_what_comes_later(self, store):
        with store.read() as reader:
            store.write(remembering("q"), at(100))
            assert reader.request("q") is None

    @pytest.mark.parametrize(("before", "remaining"), [(0, "abc"), (20, "bc"), (21, "c"), (99, "")])
    def test_is_forgotten_by_age(self, store, before, remaining):
        for time, request_id in [(10, "a"), (20, "b"), (30, "c")]:
            store.write(remembering(request_id), at(time))
        assert store.expire_requests(before) == 3 - len(remaining)
        with store.read() as reader:
            assert "".join(key for key in "abc" if reader.request(key)) == remaining


class TestSubscribe:
    def test_subscribers_get_each_head_before_the_write_is_answered(self, store, row, put):
        heads = []
        store.subscribe(heads.append)
        for number in range(1, 6):
            put(store, row(f"calendars/a/summits/{number}"))
            assert heads == list(range(1, number + 1))

    def test_announced_head_is_durable(self, store, row, put):
        heads = []

        def look(head):
            with store.read() as reader:
                heads.append((head, store.head(), reader.revision))

        store.subscribe(look)
        put(store, row())
        assert heads == [(1, 1, 1)]

    def test_writes_that_raise_no_head_wake_nobody(self, store, row, put, entry):
        heads = []
        put(store, row())
        put(store, row(), new=False)
        store.subscribe(heads.append)
        store.write(lambda writer: None, entry)
        store.write(remembering("q"), entry)
        with pytest.raises(ValueError, match="this write makes"):
            store.write(lambda writer: writer.put(row(), new=True), entry)
        assert store.compact(3) == 1
        assert store.expire_requests(10**12) == 1
        assert heads == []

    def test_each_is_woken_until_it_unsubscribes(self, store, row, put):
        unsubscribed, subscribed = [], []
        end = store.subscribe(unsubscribed.append)
        store.subscribe(subscribed.append)
        store.subscribe(subscribed.append)
        put(store, row())
        end()
        end()
        put(store, row(), new=False)
        assert (unsubscribed, subscribed) == ([1], [1, 1, 2, 2])

    def test_may_unsubscribe_when_it_is_woken(self, store, row, put):
        heads = []

        def once(head):
            heads.append(head)
            end()

        end = store.subscribe(once)
        store.subscribe(heads.append)
        put(store, row())
        put(store, row(), new=False)
        assert heads == [1, 1, 2]

    @pytest.mark.parametrize("error", [LookupError, SystemExit, KeyboardInterrupt])
    def test_failing_subscriber_disturbs_no_other(self, store, row, put, caplog, error):
        def fail(head):
            raise error("meant")

        heads = []
        store.subscribe(fail)
        store.subscribe(heads.append)
        with caplog.at_level(logging.ERROR):
            put(store, row())
            assert put(store, row(), new=False)[0].revision == 2
        assert heads == [1, 2]
        assert caplog.messages == [f"a subscriber failed on revision {head}" for head in heads]

    def test_heads_rise_with_concurrent_writers(self, store, row, put):
        """Four threads write; heads come in order, and who follows by them misses nothing."""
        followed, heads = [], [0]

        def follow(head):
            with store.read() as reader:
                followed.extend(change.name for change in reader.changes(heads[-1], 10**6))
                heads.append(reader.revision)
            assert head == reader.revision

        def work(thread):
            for number in range(25):
                put(store, row(f"calendars/a/summits/{thread}-{number}"))

        store.subscribe(follow)
        threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert heads[-1] == store.head() == 100
        assert heads == sorted(set(heads))
        assert len(followed) == len(set(followed)) == 100

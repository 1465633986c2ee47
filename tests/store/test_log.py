"""The log read forward, back and at a revision, and what compaction leaves of it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from summitry_server.store.contract import LogEntry
from summitry_server.store.log_time import LogTime

X, Y = "calendars/a/summits/x", "calendars/a/summits/y"


@pytest.fixture
def history(store, row):
    """Six revisions, written at the times 10, 20, 20, 15 (a clock that went back), 40, 50."""
    steps = [
        (10, [{"name": "calendars/a", "kind": 1, "frame": b"a1"}, {"name": X, "frame": b"x1"}]),
        (20, [{"name": X, "frame": b"x2"}]),
        (20, [{"name": "calendars/b/visits/z", "kind": 3, "frame": b"z3"}]),
        (15, [{"name": X, "frame": b"x4", "deleted": True}, {"name": Y, "frame": b"y4"}]),
        (40, [{"name": Y, "frame": b"y5"}, {"name": Y, "frame": b"y5+"}]),
        (50, [{"name": X, "frame": b"x6"}]),
    ]
    for time, rows in steps:

        def operation(writer, rows=rows):
            for changes in rows:
                writer.put(row(revision=writer.next_revision, **changes), new=False)

        store.write(operation, LogEntry("desk", f"reason {time}", f"request {time}", time))
    return store


def frames(versions):
    return b" ".join(version.frame for version in versions).decode()


class TestChanges:
    @pytest.mark.parametrize(
        ("after", "limit", "calendar", "expected"),
        [
            pytest.param(0, 99, None, "a1 x1 x2 z3 x4 y4 y5 y5+ x6", id="all"),
            pytest.param(0, 1, None, "a1 x1", id="a revision is whole"),
            pytest.param(0, 3, None, "a1 x1 x2", id="a page that ends with a revision"),
            pytest.param(3, 1, None, "x4 y4", id="after a revision"),
            pytest.param(3, 3, None, "x4 y4 y5 y5+", id="a record put twice"),
            pytest.param(6, 9, None, "", id="after the head"),
            pytest.param(9, 9, None, "", id="after a head to come"),
            pytest.param(0, 99, "calendars/b", "z3", id="of a calendar"),
            pytest.param(1, 2, "calendars/a", "x2 x4 y4", id="a page of a calendar"),
            pytest.param(0, 9, "calendars/nowhere", "", id="of no calendar"),
        ],
    )
    def test_come_in_order_and_whole_revisions(self, history, after, limit, calendar, expected):
        with history.read() as reader:
            assert frames(reader.changes(after, limit, calendar)) == expected

    def test_tell_all_of_a_change(self, history):
        with history.read() as reader:
            [deleted, new, *_] = reader.changes(3, 2)
            entry = LogEntry("desk", "reason 15", "request 15", 21)
            rest = (entry, True, b"x4", b"x2", False)
            assert deleted == (4, 0, False, X, 2, "calendars/a", *rest)
            rest = (entry, False, b"y4", b"", False)
            assert new == (4, 1, True, Y, 2, "calendars/a", *rest)
            [back] = reader.changes(5, 9)
            assert (back.before, back.before_deleted, back.last) == (b"x4", True, True)

    @pytest.mark.parametrize(
        ("calendar", "expected"), [(None, "011101011"), ("calendars/a", "01101011")]
    )
    def test_mark_the_last_of_a_revision(self, history, calendar, expected):
        """Among those asked for: who follows one calendar is told when it has all of its own."""
        with history.read() as reader:
            marks = [change.last for change in reader.changes(0, 99, calendar)]
        assert "".join(str(int(mark)) for mark in marks) == expected

    def test_are_those_of_the_snapshot(self, history, row, put, entry):
        with history.read() as reader:
            put(history, row("calendars/a/summits/later"))
            assert frames(reader.changes(5, 9)) == "x6"

        def operation(writer):
            writer.put(row("calendars/a/summits/own", revision=8), new=True)
            return len(writer.changes(6, 9)), writer.revision_at(10**12)

        assert history.write(operation, entry) == (1, 7)


class TestVersionAt:
    @pytest.mark.parametrize(
        ("name", "revision", "expected"),
        [
            pytest.param(X, 0, None, id="before the store"),
            pytest.param(X, 1, b"x1", id="its first"),
            pytest.param(X, 3, b"x2", id="between two"),
            pytest.param(X, 5, b"x4", id="deleted then"),
            pytest.param(X, 99, b"x6", id="after the head"),
            pytest.param(Y, 3, None, id="before it was made"),
            pytest.param(Y, 5, b"y5+", id="the last of a write"),
            pytest.param("calendars/a/summits/never", 9, None, id="never was"),
        ],
    )
    def test_is_the_newest_that_is_not_newer(self, history, name, revision, expected):
        with history.read() as reader:
            version = reader.version_at(name, revision)
            assert (version and version.frame) == expected
            assert version is None or version in reader.versions(name)

    def test_says_what_it_is_of(self, history):
        with history.read() as reader:
            version = reader.version_at("calendars/b/visits/z", 3)
            assert (version.kind, version.calendar) == (3, "calendars/b")


class TestVersionsPage:
    @pytest.mark.parametrize(
        ("name", "before", "limit", "expected"),
        [
            pytest.param(X, None, 9, "x6 x4 x2 x1", id="all"),
            pytest.param(X, None, 2, "x6 x4", id="the first page"),
            pytest.param(X, 4, 2, "x2 x1", id="the next page"),
            pytest.param(X, 1, 2, "", id="after the last page"),
            pytest.param(Y, None, 1, "y5+ y5", id="a revision is whole"),
            pytest.param("calendars/a/summits/never", None, 1, "", id="never was"),
        ],
    )
    def test_goes_back_from_the_newest(self, history, name, before, limit, expected):
        with history.read() as reader:
            assert frames(reader.versions_page(name, before, limit)) == expected


class TestSnapshotAt:
    @pytest.mark.parametrize(
        ("kind", "calendar", "revision", "expected"),
        [
            pytest.param(None, None, 0, "", id="before the store"),
            pytest.param(None, None, 3, "a1 x2 z3", id="all"),
            pytest.param(None, None, 4, "a1 x4 y4 z3", id="with deleted ones"),
            pytest.param(2, None, 5, "x4 y5+", id="of a kind"),
            pytest.param(None, "calendars/a", 6, "a1 x6 y5+", id="of a calendar"),
            pytest.param(2, "calendars/a", 2, "x2", id="of both"),
            pytest.param(3, "calendars/a", 6, "", id="of none"),
        ],
    )
    def test_is_what_was_known_then(self, history, kind, calendar, revision, expected):
        with history.read() as reader:
            assert frames(reader.snapshot_at(kind, calendar, revision, "", 9)) == expected
            pages, after = [], ""
            while page := reader.snapshot_at(kind, calendar, revision, after, 1):
                pages += page
                after = page[-1].name
            assert frames(pages) == expected


class TestTime:
    @pytest.mark.parametrize(
        ("time", "revision"),
        [(9, 0), (10, 1), (19, 1), (20, 3), (21, 4), (39, 4), (40, 5), (10**12, 6)],
    )
    def test_finds_the_last_revision_until_then(self, history, time, revision):
        with history.read() as reader:
            assert reader.revision_at(time) == revision

    @pytest.mark.parametrize(
        ("proposed", "expected"),
        [
            ([10, 20, 20, 30], [10, 20, 20, 30]),
            ([20, 19, 18], [20, 20, 20]),
            ([20, 15, 16, 15], [20, 21, 21, 21]),
            ([20, 15, 21, 22], [20, 21, 21, 22]),
            ([20, 15, 30, 10, 11], [20, 21, 30, 31, 31]),
        ],
        ids=["forward", "out of order", "gone back", "caught up", "gone back twice"],
    )
    def test_no_second_that_is_over_gets_another_write(self, proposed, expected):
        """A reader answered "nothing since second 20" would miss a later change in second 20."""
        times, last, actual = LogTime(), 0, []
        for second in proposed:
            times, last = times.after(second, last), times.of(second, last)
            actual.append(last)
        assert actual == expected

    def test_never_goes_back(self, history):
        with history.read() as reader:
            times = [change.entry.time for change in reader.changes(0, 99)]
        assert times == sorted(times)

    def test_a_write_that_failed_opens_no_second_again(self, history, row):
        """A failed write that would have been raised to second 51 raises none after it."""

        def operation(writer):
            writer.put(row(X, revision=writer.next_revision), new=False)

        def fail(writer):
            operation(writer)
            raise LookupError("meant")

        with pytest.raises(LookupError):
            history.write(fail, LogEntry("desk", "", "", 10))
        history.write(operation, LogEntry("desk", "", "", 51))
        history.write(operation, LogEntry("desk", "", "", 10))
        with history.read() as reader:
            assert [change.entry.time for change in reader.changes(6, 9)] == [51, 52]

    def test_a_write_that_failed_does_not_hold_the_next_back(self, history, row, put):
        def operation(writer):
            writer.put(row(revision=7), new=False)
            raise LookupError

        with pytest.raises(LookupError):
            history.write(operation, LogEntry("desk", "", "", 10**12))
        put(history, row("calendars/a/summits/next"))
        with history.read() as reader:
            assert reader.changes(6, 9)[0].entry.time == 1_720_000_000


class TestCompact:
    @pytest.mark.parametrize(
        ("before", "dropped", "earliest", "remaining"),
        [
            pytest.param(0, 0, 1, "a1 x1 x2 z3 x4 y4 y5 y5+ x6", id="nothing"),
            pytest.param(2, 0, 2, "a1 x1 x2 z3 x4 y4 y5 y5+ x6", id="nothing superseded"),
            pytest.param(3, 1, 3, "a1 x2 z3 x4 y4 y5 y5+ x6", id="one"),
            pytest.param(6, 4, 6, "a1 z3 x4 y5+ x6", id="all of a revision"),
            pytest.param(7, 5, 7, "a1 z3 y5+ x6", id="all but the newest"),
            pytest.param(99, 5, 7, "a1 z3 y5+ x6", id="beyond the head"),
        ],
    )
    def test_drops_what_was_superseded_before(self, history, before, dropped, earliest, remaining):
        assert history.compact(before) == dropped
        assert history.compact(before) == 0
        with history.read() as reader:
            assert reader.earliest() == earliest
            assert frames(reader.changes(0, 99)) == remaining

    def test_leaves_what_later_changes_changed(self, history):
        with history.read() as reader:
            before = reader.changes(3, 99), reader.snapshot_at(None, None, 3, "", 9)
        history.compact(4)
        with history.read() as reader:
            assert (reader.changes(3, 99), reader.snapshot_at(None, None, 3, "", 9)) == before
            assert history.head() == 6

    def test_never_goes_back(self, history):
        history.compact(5)
        assert history.compact(2) == 0
        with history.read() as reader:
            assert reader.earliest() == 5

    def test_read_in_progress_keeps_its_state(self, history):
        with history.read() as reader:
            history.compact(7)
            assert reader.earliest() == 1
            assert frames(reader.changes(0, 99)) == "a1 x1 x2 z3 x4 y4 y5 y5+ x6"

    def test_a_newest_that_is_deleted_stays(self, store, row, put):
        put(store, row(X))
        put(store, row(X, deleted=True), new=False)
        assert store.compact(3) == 1
        with store.read() as reader:
            assert [version.deleted for version in reader.versions(X)] == [True]
            assert reader.get(X).deleted

    def test_of_many_revisions_lets_others_write(self, store, row, put):
        """Three thousand revisions in steps; a writer goes on meanwhile, and nothing is mixed."""
        with ThreadPoolExecutor(64) as pool:  # they share commits
            list(pool.map(lambda _: put(store, row(X), new=False), range(3000)))
        thread = threading.Thread(
            target=lambda: [put(store, row(Y), new=False) for _ in range(50)], daemon=True
        )
        thread.start()
        assert store.compact(3000) == 2998
        thread.join(60)
        with store.read() as reader:
            assert (reader.earliest(), reader.revision) == (3000, 3050)
            assert [version.revision for version in reader.versions(X)] == [2999, 3000]
            assert len(reader.versions(Y)) == 50

"""What reads answer, on every engine."""

from dataclasses import replace

import pytest

from summitry_server.store.contract import (
    Axis,
    CalendarHead,
    Condition,
    LogEntry,
    Version,
    Window,
)

EVERY = Condition()


class TestSnapshot:
    def test_a_read_does_not_see_what_is_written_after_it_began(self, store, row, put):
        put(store, row())
        with store.read() as reader:
            put(store, row(text="later"), row("calendars/a/summits/y"), new=False)
            assert reader.revision == 1
            assert reader.get(row().name).text == row().text
            assert reader.get("calendars/a/summits/y") is None
            assert len(reader.versions(row().name)) == 1
        with store.read() as reader:
            assert reader.revision == 2
            assert reader.get(row().name).text == "later"

    def test_two_reads_of_one_thread_are_independent(self, store, row, put):
        with store.read() as early:
            put(store, row())
            with store.read() as late:
                assert (early.revision, late.revision) == (0, 1)
                assert early.get(row().name) is None
                assert late.get(row().name) is not None

    def test_a_read_that_fails_does_no_harm(self, store, row, put):
        with pytest.raises(LookupError), store.read():
            raise LookupError
        put(store, row())
        with store.read() as reader:
            assert reader.revision == 1

    def test_a_read_in_a_write_sees_what_is_durable(self, store, row, entry):
        def operation(writer):
            writer.put(row(revision=1), new=True)
            with store.read() as reader:
                return reader.revision, reader.get(row().name)

        assert store.write(operation, entry) == (0, None)


class TestGetMany:
    def test_answers_in_the_order_of_the_request(self, store, row, put):
        put(store, *(row(f"calendars/a/summits/{n}") for n in "abc"))
        names = [f"calendars/a/summits/{n}" for n in ("c", "nowhere", "a", "c")]
        with store.read() as reader:
            rows = reader.get_many(names)
            assert [answer and answer.name for answer in rows] == [
                names[0],
                None,
                names[2],
                names[3],
            ]

    @pytest.mark.parametrize("count", [0, 1, 1000])
    def test_takes_any_number(self, store, row, put, count):
        rows = put(store, *(row(f"calendars/a/summits/é'\"{n}") for n in range(count)))
        with store.read() as reader:
            assert reader.get_many([stored.name for stored in rows]) == rows

    def test_nobody_holds_a_uid_that_was_not_given(self, store):
        with store.read() as reader:
            assert reader.holder("u") is None
            assert reader.get("calendars/a") is None

    def test_holders_below_a_uid_are_those_of_its_days(self, store, row, put):
        uids = ["u", "u/1", "u/2", "u-/1", "u0", "v/1", "u/é", "u/"]
        put(store, *(row(f"calendars/a/summits/{n}", uid=uid) for n, uid in enumerate(uids)))
        below = [f"calendars/a/summits/{n}" for n in (1, 2, 6)]
        with store.read() as reader:
            assert reader.holders_below("u", 10) == below
            assert reader.holders_below("u", 2) == below[:2]
            assert reader.holders_below("u/1", 10) == []


@pytest.fixture
def shelves(store, row, put):
    """Three calendars, one of which has a name that sorts before the slash of another."""
    for calendar in ("calendars/a", "calendars/a-b", "calendars/b"):
        put(
            store,
            row(calendar, kind=1),
            *(row(f"{calendar}/summits/{n}") for n in range(4)),
            *(row(f"{calendar}/visits/{n}", kind=3) for n in range(2)),
            row(f"{calendar}/summits/gone", deleted=True),
        )
    return store


def names(rows):
    return [row.name.removeprefix("calendars/") for row in rows]


class TestPage:
    def test_of_one_calendar(self, shelves):
        with shelves.read() as reader:
            rows = reader.page(2, "calendars/a", "", 100, EVERY)
            assert names(rows) == [f"a/summits/{n}" for n in range(4)]

    def test_of_all_calendars_is_in_the_order_of_names(self, shelves):
        with shelves.read() as reader:
            rows = reader.page(3, None, "", 100, EVERY)
            assert names(rows) == [f"{c}/visits/{n}" for c in ("a-b", "a", "b") for n in "01"]

    def test_shows_deleted_rows_on_request(self, shelves):
        with shelves.read() as reader:
            rows = reader.page(2, "calendars/b", "", 100, EVERY, show_deleted=True)
            assert names(rows) == [f"b/summits/{n}" for n in ("0", "1", "2", "3", "gone")]

    @pytest.mark.parametrize("calendar", [None, "calendars/a"], ids=["all", "one calendar"])
    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    @pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
    def test_pages_join_to_the_whole(self, shelves, calendar, limit, descending):
        with shelves.read() as reader:
            whole = reader.page(2, calendar, "", 1000, EVERY)
            joined, after = [], ""
            while rows := reader.page(2, calendar, after, limit, EVERY, descending=descending):
                assert len(rows) <= limit
                joined += rows
                after = rows[-1].name
            assert joined == (whole[::-1] if descending else whole)

    def test_is_read_from_its_end(self, shelves):
        with shelves.read() as reader:
            rows = reader.page(2, "calendars/a", "", 2, EVERY, descending=True)
            assert names(rows) == ["a/summits/3", "a/summits/2"]

    @pytest.mark.parametrize(
        ("kind", "calendar", "show_deleted", "expected"),
        [
            pytest.param(2, "calendars/a", False, 4, id="live rows of a calendar"),
            pytest.param(2, "calendars/a", True, 5, id="deleted ones too"),
            pytest.param(3, None, False, 6, id="of all calendars"),
            pytest.param(9, None, True, 0, id="of another kind"),
        ],
    )
    def test_counts(self, shelves, kind, calendar, show_deleted, expected):
        with shelves.read() as reader:
            for limit in (1, expected, 100):
                counted = reader.count(kind, calendar, limit, EVERY, show_deleted=show_deleted)
                assert counted == min(limit, expected)

    def test_of_nothing(self, shelves):
        with shelves.read() as reader:
            assert reader.page(9, None, "", 10, EVERY) == []
            assert reader.page(2, "calendars/nowhere", "", 10, EVERY) == []
            assert reader.page(2, None, "zzz", 10, EVERY) == []


class TestCondition:
    @pytest.fixture(autouse=True)
    def _rows(self, store, row, put):
        put(
            store,
            row("calendars/a/summits/1", facets=("person:xi", "region:KZ"), text="sco summit"),
            row("calendars/a/summits/2", facets=("person:xi-jinping",), text="état 100% [sure]"),
            row("calendars/a/summits/3", facets=("region:KZ", "region:TJ"), text="visit_of state"),
            row("calendars/a/summits/4", facets=(), text="", modified=1_720_000_001),
        )

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            pytest.param(EVERY, "1234", id="none"),
            pytest.param(Condition(kinds=(2,)), "1234", id="kind"),
            pytest.param(Condition(kinds=(1, 3)), "", id="other kinds"),
            pytest.param(Condition(facets=(("person:xi",),)), "1", id="facet is whole"),
            pytest.param(Condition(facets=(("region:TJ", "person:xi"),)), "13", id="any of group"),
            pytest.param(Condition(facets=(("region:KZ",), ("region:TJ",))), "3", id="all groups"),
            pytest.param(Condition(facets=((),)), "", id="group of none"),
            pytest.param(Condition(words=("summit",)), "1", id="word"),
            pytest.param(Condition(words=("st", "of")), "3", id="all words"),
            pytest.param(Condition(words=("100%",)), "2", id="percent is itself"),
            pytest.param(Condition(words=("_",)), "3", id="underscore is itself"),
            pytest.param(Condition(words=("é",)), "2", id="beyond ascii"),
            pytest.param(Condition(words=("' OR 1=1 --",)), "", id="quote is itself"),
            pytest.param(
                Condition((2,), (("region:KZ",), ("person:xi", "x")), ("sco",)), "1", id="each sort"
            ),
            pytest.param(Condition(since=1_720_000_000), "1234", id="since the second of a write"),
            pytest.param(Condition(since=1_720_000_001), "4", id="since a later second"),
            pytest.param(Condition(since=1_720_000_002), "", id="since the end"),
            pytest.param(Condition(without=("person:xi",)), "234", id="without a facet"),
            pytest.param(Condition(without=("region:TJ", "person:xi-jinping")), "14", id="of none"),
            pytest.param(
                Condition(facets=(("region:KZ",),), without=("region:TJ",)), "1", id="with, without"
            ),
        ],
    )
    def test_admits(self, store, condition, expected):
        with store.read() as reader:
            for calendar in ("calendars/a", None):
                rows = reader.page(2, calendar, "", 100, condition)
                assert "".join(row.name[-1] for row in rows) == expected
                window = Window(Axis.INSTANT, 100, 200, True)
                matches = reader.within(window, calendar, None, 100, condition)
                assert "".join(match.name[-1] for match in matches) == expected
                assert reader.count(2, calendar, 100, condition) == len(expected)
                assert reader.count_within(window, calendar, 100, condition) == len(expected)


class TestContents:
    def test_all_live_rows_but_the_calendar(self, shelves):
        with shelves.read() as reader:
            assert names(reader.contents("calendars/a")) == [
                *(f"a/summits/{n}" for n in range(4)),
                *(f"a/visits/{n}" for n in range(2)),
            ]
            assert reader.contents("calendars/nowhere") == []


class TestState:
    def test_is_the_last_of_the_log_where_times_never_go_back(self, store, row, entry):
        writes = [
            (10, row("calendars/a", kind=1), CalendarHead(1, 10)),
            (30, row("calendars/a/summits/x"), CalendarHead(2, 30)),
            (90, row("calendars/b", kind=1), CalendarHead(2, 30)),
            (20, row("calendars/a/summits/y", deleted=True), CalendarHead(4, 91)),
            (25, row("calendars/a/summits/x", modified=25), CalendarHead(5, 91)),
        ]
        for time, new_row, expected in writes:

            def operation(writer, new_row=new_row):
                writer.put(replace(new_row, revision=writer.next_revision), new=False)

            store.write(operation, entry._replace(time=time))
            with store.read() as reader:
                assert reader.state("calendars/a") == expected

    def test_none_when_it_never_was_or_is_deleted(self, store, row, put):
        put(store, row("calendars/a/summits/orphan"), row("calendars/b", kind=1, deleted=True))
        with store.read() as reader:
            assert reader.state("calendars/a") is None
            assert reader.state("calendars/b") is None


class TestVersions:
    def test_are_all_that_was_written_oldest_first(self, store, row):
        entries = [LogEntry(f"actor {n}", f"reason {n}", f"request {n}", 100 + n) for n in range(3)]
        for number, (entry, deleted) in enumerate(zip(entries, (False, True, False), strict=True)):
            frame = bytes([number])
            version = row(revision=number + 1, deleted=deleted, frame=frame)
            store.write(lambda writer, version=version: writer.put(version, new=False), entry)
        place = (row().kind, row().calendar)
        with store.read() as reader:
            assert reader.versions(row().name) == [
                Version(1, 0, row().name, entries[0], False, b"\0", *place),
                Version(2, 0, row().name, entries[1], True, b"\1", *place),
                Version(3, 0, row().name, entries[2], False, b"\2", *place),
            ]

    def test_tell_their_place_in_the_write(self, store, row, put):
        put(store, *(row(f"calendars/a/summits/{n}") for n in range(3)))
        with store.read() as reader:
            for number in range(3):
                [version] = reader.versions(f"calendars/a/summits/{number}")
                assert (version.revision, version.position) == (1, number)

    def test_unknown_name_has_no_versions(self, store):
        with store.read() as reader:
            assert reader.versions("calendars/a") == []

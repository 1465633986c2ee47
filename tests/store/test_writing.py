"""What a write leaves behind, on every engine."""

import threading
from dataclasses import replace

import pytest

from summitry_server.store.contract import Axis, Condition, Span, Window
from summitry_server.store.errors import (
    NameTakenError,
    StoreError,
    StoreUnavailableError,
    UidTakenError,
)


def everything(store):
    """Return all that a reader can read of the calendar `a`."""
    window = Window(Axis.INSTANT, -1000, 1000, possible=True)
    with store.read() as reader:
        return (
            reader.revision,
            reader.page(2, None, "", 100, Condition(), show_deleted=True),
            reader.within(window, None, None, 100, Condition()),
            reader.state("calendars/a"),
        )


class TestPut:
    def test_comes_back_as_it_was(self, store, row, put):
        [stored] = put(store, row())
        with store.read() as reader:
            assert reader.get(stored.name) == stored
            assert reader.holder(stored.uid) == stored.name

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"facets": ()}, id="no facets"),
            pytest.param({"spans": ()}, id="no spans"),
            pytest.param({"text": ""}, id="no text"),
            pytest.param({"frame": b""}, id="empty frame"),
            pytest.param({"frame": bytes(range(256)) * 400}, id="frame of 100 KB with NUL"),
            pytest.param({"deleted": True}, id="deleted"),
            pytest.param({"text": "l'été; DROP TABLE--"}, id="quotes"),
            pytest.param({"uid": "%_\\\"'*?[a]"}, id="wildcards"),
            pytest.param({"text": "上海合作组织 \U0001f1f0\U0001f1ff"}, id="beyond the plane"),
            pytest.param(
                {
                    "spans": (
                        Span(Axis.LABEL, -(10**11), 10**12, None, None),
                        Span(Axis.PLACE, 5, 6, 5, 6),
                    )
                },
                id="the widest span",
            ),
        ],
    )
    def test_any_content_comes_back(self, store, row, put, changes):
        [stored] = put(store, row(**changes))
        with store.read() as reader:
            assert reader.get(stored.name) == stored
            assert reader.holder(stored.uid) == stored.name

    def test_replaces_the_row_and_its_spans(self, store, row, put):
        put(store, row())
        moved = (Span(Axis.INSTANT, 500, 600, None, None), Span(Axis.LABEL, 0, 86_400, 0, 86_400))
        [later] = put(store, row(text="moved", spans=moved), new=False)
        with store.read() as reader:
            assert reader.get(later.name) == later
            for axis, start, expected in [
                (Axis.INSTANT, 100, []),
                (Axis.INSTANT, 550, [later.name]),
                (Axis.LABEL, 100, [later.name]),
            ]:
                window = Window(axis, start, start + 1, possible=True)
                matches = reader.within(window, None, None, 10, Condition())
                assert [item.name for item in matches] == expected

    def test_a_deleted_row_lies_in_no_window_until_it_is_back(self, store, row, put):
        window = Window(Axis.INSTANT, 0, 1000, possible=True)
        for deleted, expected in [(False, 1), (True, 0), (False, 1)]:
            put(store, row(deleted=deleted), new=False)
            with store.read() as reader:
                assert len(reader.within(window, None, None, 10, Condition())) == expected

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            pytest.param({"name": ""}, "no name", id="no name"),
            pytest.param({"uid": ""}, "no uid", id="no uid"),
            pytest.param({"facets": ("a\nb",)}, "line break", id="facet of two lines"),
            pytest.param({"facets": ("",)}, "empty", id="empty facet"),
            pytest.param({"spans": (Span(Axis.LABEL, 5, 5, 5, 5),)}, "empty", id="empty span"),
            pytest.param(
                {"spans": (Span(Axis.LABEL, 0, 4**21 + 1, None, None),)}, "too long", id="too long"
            ),
            pytest.param(
                {"spans": (Span(Axis.LABEL, 0, 1, 0, 1), Span(Axis.LABEL, 4, 5, 4, 5))},
                "two spans",
                id="two spans on an axis",
            ),
        ],
    )
    def test_refuses_what_could_not_be_found_again(self, store, row, put, changes, message):
        with pytest.raises(ValueError, match=message):
            put(store, replace(row(), **changes))
        assert store.head() == 0

    def test_refuses_a_revision_that_is_not_its_own(self, store, row, entry):
        with pytest.raises(ValueError, match="this write makes 1"):
            store.write(lambda writer: writer.put(row(revision=7), new=True), entry)

    @pytest.mark.parametrize(
        "changes", [{"kind": 3}, {"calendar": "calendars/b"}], ids=["kind", "calendar"]
    )
    def test_a_record_stays_of_its_kind_and_calendar(self, store, row, put, changes):
        """Else its history would be read in two places, or in none."""
        put(store, row())
        with pytest.raises(ValueError, match=r"another kind|not named after its calendar"):
            put(store, row(**changes), new=False)
        with store.read() as reader:
            assert reader.get(row().name) == row(revision=1)


class TestTaken:
    @pytest.mark.parametrize("deleted", [False, True], ids=["live", "deleted"])
    def test_a_name_is_given_once(self, store, row, put, deleted):
        put(store, row(deleted=deleted))
        with pytest.raises(NameTakenError) as raised:
            put(store, row(uid="other"))
        assert raised.value.name == row().name

    @pytest.mark.parametrize("new", [False, True], ids=["replacing", "new"])
    def test_a_uid_is_given_once(self, store, row, put, new):
        put(store, row("calendars/a/summits/x", uid="u"), row("calendars/a/summits/y"))
        name = f"calendars/a/summits/{'z' if new else 'y'}"
        with pytest.raises(UidTakenError) as raised:
            put(store, row(name, uid="u"), new=new)
        assert raised.value.uid == "u"

    def test_both_hold_within_one_write(self, store, row, put):
        with pytest.raises(NameTakenError):
            put(store, row(), row())
        with pytest.raises(UidTakenError):
            put(store, row(uid="u"), row("calendars/a/summits/y", uid="u"))
        assert store.head() == 0

    def test_names_that_differ_in_case_or_form_are_two(self, store, row, put):
        names = [f"calendars/a/summits/{tail}" for tail in ("x", "X", "\u00e9", "e\u0301")]
        put(store, *map(row, names))
        with store.read() as reader:
            assert [stored.name for stored in reader.get_many(names)] == names


class TestRevisions:
    def test_rise_by_one_with_each_write(self, store, row, put):
        for number in range(1, 6):
            [stored] = put(store, row(f"calendars/a/summits/{number}"))
            assert stored.revision == store.head() == number

    def test_a_write_that_puts_nothing_takes_none(self, store, row, put, entry):
        put(store, row())
        assert store.write(lambda writer: writer.get(row().name).uid, entry) == row().uid
        assert store.head() == 1

    def test_a_write_sees_what_it_has_put(self, store, row, entry):
        def operation(writer):
            assert (writer.revision, writer.next_revision) == (0, 1)
            writer.put(row(revision=1), new=True)
            return writer.get(row().name), len(writer.page(2, None, "", 9, Condition()))

        assert store.write(operation, entry) == (row(revision=1), 1)

    def test_a_write_may_put_a_record_twice(self, store, row, put):
        put(store, row(text="first"), row(text="second"), new=False)
        with store.read() as reader:
            assert reader.get(row().name).text == "second"
            assert [(v.revision, v.position) for v in reader.versions(row().name)] == [
                (1, 0),
                (1, 1),
            ]


class TestFailure:
    def test_keeps_nothing_and_takes_no_revision(self, store, row, put, entry):
        put(store, row("calendars/a", kind=1), row())
        before = everything(store)

        def operation(writer):
            changed = row(revision=writer.next_revision, text="changed", deleted=True)
            writer.put(changed, new=False)
            writer.put(row("calendars/a/summits/new", revision=writer.next_revision), new=True)
            raise LookupError("the desk changed its mind")

        with pytest.raises(LookupError, match="changed its mind"):
            store.write(operation, entry)
        assert everything(store) == before
        with store.read() as reader:
            assert len(reader.versions(row().name)) == 1
            assert reader.versions("calendars/a/summits/new") == []
        assert put(store, row("calendars/a/summits/new"))[0].revision == 2

    def test_a_refused_put_leaves_the_write_usable(self, store, row, put, entry):
        put(store, row())

        def operation(writer):
            with pytest.raises(NameTakenError):
                writer.put(row(revision=2), new=True)
            writer.put(row("calendars/a/summits/y", revision=2), new=True)

        store.write(operation, entry)
        assert store.head() == 2

    @pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
    def test_any_exception_reaches_the_caller(self, store, row, put, entry, error):
        def operation(writer):
            raise error

        with pytest.raises(error):
            store.write(operation, entry)
        assert put(store, row())[0].revision == 1


class TestThreads:
    def test_all_that_is_answered_is_there(self, store, row, put):
        """Eight threads write at once; some writes fail, some put two rows."""
        stored, failed = [], []

        def work(thread):
            for number in range(25):
                name = f"calendars/a/summits/{thread}-{number}"
                if number % 5 == 4:
                    with pytest.raises(NameTakenError):
                        put(store, row(f"{name}-kept"), row(f"calendars/a/summits/{thread}-0"))
                    failed.append(f"{name}-kept")
                else:
                    rows = [row(name), row(f"{name}-b")][: 1 + number % 2]
                    stored.append(put(store, *rows))

        threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(stored) == 8 * 20
        assert sorted(rows[0].revision for rows in stored) == list(range(1, 161))
        assert store.head() == 160
        with store.read() as reader:
            for rows in stored:
                assert reader.get_many([stored_row.name for stored_row in rows]) == rows
            assert reader.get_many(failed) == [None] * len(failed)

    def test_readers_see_whole_writes(self, store, row, put):
        """Each write puts two rows; no reader ever meets one without the other."""
        done = threading.Event()

        def work():
            for number in range(60):
                pair = [row(f"calendars/a/summits/{number}{side}") for side in "ab"]
                put(store, *pair)
            done.set()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        reads = 0
        while not done.is_set() or not reads:
            with store.read() as reader:
                rows = reader.page(2, "calendars/a", "", 1000, Condition())
                assert len(rows) == 2 * reader.revision
                assert {stored.revision for stored in rows} == set(range(1, reader.revision + 1))
            reads += 1
        thread.join()


class TestClose:
    def test_refuses_calls_after_close(self, store, entry):
        store.close()
        with pytest.raises(StoreUnavailableError, match="closed"):
            store.write(lambda writer: None, entry)
        with pytest.raises(StoreUnavailableError, match="closed"), store.read():
            pass
        store.close()

    def test_lets_a_read_go_on(self, store, row, put):
        [stored] = put(store, row())
        with store.read() as reader:
            store.close()
            assert reader.get(stored.name) == stored

    def test_answers_the_writes_under_way(self, store, row, put):
        """Each thread writes until it is refused; what was answered before is all in the head."""
        answered = []
        many = threading.Event()

        def work(thread):
            with pytest.raises(StoreError, match="closed"):
                for number in range(10**6):
                    answered.extend(put(store, row(f"calendars/a/summits/{thread}-{number}")))
                    if len(answered) >= 20:
                        many.set()

        threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(4)]
        for thread in threads:
            thread.start()
        many.wait()
        store.close()
        for thread in threads:
            thread.join()
        assert sorted(stored.revision for stored in answered) == list(range(1, store.head() + 1))

"""What a change of time zone law may move, on every engine."""

import threading
from dataclasses import replace

import pytest

from summitry_server.store.contract import EARLIEST, LATEST, LocalTimeEntry, StoredLocalTime

ALMATY, PARIS = "Asia/Almaty", "Europe/Paris"
OLD, NEW = "0" * 64, "f" * 64
MANY = 1000


def of(field="start", *, zone=ALMATY, until=100, fingerprint=OLD, wall=50, choice=0, instant=32):
    return LocalTimeEntry(zone, field, wall, choice, instant, fingerprint, until)


@pytest.fixture
def put_readings(put, row):
    """Puts a row that has these readings; a name of one letter is enough."""

    def write(store, name, *local_times, calendar="calendars/a", **changes):
        [stored] = put(
            store, row(f"{calendar}/summits/{name}", local_times=local_times, **changes), new=False
        )
        return stored

    return write


def read(store, zone=ALMATY, after_until=EARLIEST, cursor=None, limit=MANY, **options):
    with store.read() as reader:
        return reader.local_times(zone, after_until, cursor, limit, **options)


def rules(store):
    with store.read() as reader:
        return reader.zone_fingerprints()


def short(reads):
    """Return the last letter of each name, and the field."""
    return [f"{name[-1]} {reading.field}" for name, reading in reads]


def settle(store, entry, zone, fingerprint):
    return store.write(lambda writer: writer.settle(zone, fingerprint), entry)


class TestPut:
    def test_a_reading_comes_back_as_it_was_by_its_zone_alone(self, store, put_readings):
        reading = LocalTimeEntry(ALMATY, "time.timed.start", -(10**11), 7, LATEST, OLD, LATEST)
        stored = put_readings(store, "x", reading)
        assert read(store) == [StoredLocalTime(stored.name, reading)]
        with store.read() as reader:
            assert reader.get(stored.name) == replace(stored, local_times=())
            assert reader.get_many([stored.name]) == [replace(stored, local_times=())]

    @pytest.mark.parametrize(
        "later",
        [
            pytest.param((), id="none"),
            pytest.param((of("end"),), id="another field"),
            pytest.param((of(), of("end")), id="one more"),
            pytest.param((of(instant=36),), id="another instant"),
            pytest.param((of(until=101),), id="over at another time"),
            pytest.param((of(fingerprint=NEW),), id="by other rules"),
            pytest.param((of(),), id="the same"),
        ],
    )
    def test_replaces_the_former_entries(self, store, put_readings, later):
        stored = put_readings(store, "x", of())
        put_readings(store, "x", *later)
        expected = sorted(later, key=lambda reading: reading.field)
        assert read(store) == [StoredLocalTime(stored.name, reading) for reading in expected]
        assert rules(store) == sorted(
            {(local_time.zone, local_time.fingerprint) for local_time in later}
        )

    def test_takes_the_place_of_another_zone(self, store, put_readings):
        put_readings(store, "x", of(zone=PARIS))
        put_readings(store, "x", of(zone=ALMATY))
        assert read(store, PARIS) == []
        assert rules(store) == [(ALMATY, OLD)]

    def test_a_deleted_row_has_none_until_it_is_back(self, store, put_readings):
        for deleted, expected in [(False, ["x start"]), (True, []), (False, ["x start"])]:
            put_readings(store, "x", of(), deleted=deleted)
            assert short(read(store)) == expected
            assert rules(store) == [(ALMATY, OLD)][: len(expected)]

    @pytest.mark.parametrize(
        ("local_times", "message"),
        [
            pytest.param((of(), of(zone=PARIS)), "two readings of one field", id="field twice"),
            pytest.param((of(zone=""),), "without zone", id="no zone"),
            pytest.param((of(field=""),), "without zone, field", id="no field"),
            pytest.param((of(fingerprint=""),), "or fingerprint", id="no fingerprint"),
        ],
    )
    def test_refuses_ambiguous_entries(self, store, put_readings, local_times, message):
        with pytest.raises(ValueError, match=message):
            put_readings(store, "x", *local_times)
        assert store.head() == 0


class TestRules:
    def test_are_each_once_sorted(self, store, put_readings):
        assert rules(store) == []
        put_readings(store, "x", of("start", zone=PARIS), of("end", fingerprint=NEW))
        put_readings(store, "y", of("start"), of("end", zone=PARIS))
        assert rules(store) == [(ALMATY, OLD), (ALMATY, NEW), (PARIS, OLD)]

    def test_are_those_of_live_rows(self, store, put_readings):
        put_readings(store, "x", of(fingerprint=NEW), deleted=True)
        put_readings(store, "y", of(fingerprint=OLD))
        put_readings(store, "z", of(zone=PARIS))
        put_readings(store, "z", of(zone=PARIS), deleted=True)
        assert rules(store) == [(ALMATY, OLD)]


@pytest.fixture
def shelf(store, put_readings):
    """Readings in two zones, of two calendars, by two rules; some are over at the same time."""
    put_readings(store, "c", of("start", until=20), of("end", until=20, fingerprint=NEW))
    put_readings(store, "a", of("start", until=20, fingerprint=NEW), of("end", until=10))
    put_readings(store, "b", of("start", until=20), of("end", zone=PARIS, until=5))
    put_readings(store, "d", of("start", until=LATEST), calendar="calendars/b")
    put_readings(store, "e", of("start", until=20), deleted=True)
    return store


class TestReadings:
    def test_come_by_what_is_over_first_then_by_name_and_field(self, shelf):
        assert short(read(shelf)) == ["a end", "a start", "b start", "c end", "c start", "d start"]
        assert short(read(shelf, PARIS)) == ["b end"]
        assert read(shelf, "asia/almaty") == read(shelf, "") == []

    @pytest.mark.parametrize(
        ("after_until", "count"), [(9, 6), (10, 5), (19, 5), (20, 1), (LATEST - 1, 1), (LATEST, 0)]
    )
    def test_leave_out_what_is_over(self, shelf, after_until, count):
        assert read(shelf, after_until=after_until) == read(shelf)[6 - count :]

    @pytest.mark.parametrize(
        ("cursor", "expected"),
        [
            pytest.param((10, "", ""), "a end", id="before the first of its time"),
            pytest.param((10, "calendars/a/summits/a", "end"), "a start", id="at one"),
            pytest.param((20, "calendars/a/summits/b", ""), "b start", id="at a name"),
            pytest.param((20, "calendars/a/summits/bb", ""), "c end", id="between names"),
            pytest.param((20, "calendars/a/summits/c", "f"), "c start", id="between fields"),
            pytest.param((21, "", ""), "d start", id="between times"),
        ],
    )
    def test_go_on_after_a_cursor(self, shelf, cursor, expected):
        assert short(read(shelf, cursor=cursor, limit=1)) == [expected]

    def test_cursor_returns_no_expired_entries(self, shelf):
        cursor = (10, "calendars/a/summits/a", "end")
        assert short(read(shelf, after_until=20, cursor=cursor)) == ["d start"]

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            pytest.param({"calendar": "calendars/b"}, ["d start"], id="calendar, not by name"),
            pytest.param({"calendar": "calendars/nowhere"}, [], id="empty calendar"),
            pytest.param(
                {"except_fingerprint": OLD}, ["a start", "c end"], id="resolved by another"
            ),
            pytest.param(
                {"except_fingerprint": NEW, "calendar": "calendars/a"},
                ["a end", "b start", "c start"],
                id="both",
            ),
        ],
    )
    def test_of_a_calendar_and_not_by_some_rules(self, shelf, options, expected):
        assert short(read(shelf, **options)) == expected
        assert short(read(shelf, limit=2, **options)) == expected[:2]


class TestSettle:
    def test_all_of_a_zone_count_as_resolved_anew(self, shelf, entry):
        before = read(shelf)
        assert settle(shelf, entry, ALMATY, NEW) == 7  # one of a deleted row
        assert read(shelf) == [
            StoredLocalTime(name, reading._replace(fingerprint=NEW)) for name, reading in before
        ]
        assert read(shelf, except_fingerprint=NEW) == []
        assert read(shelf, except_fingerprint=OLD) == read(shelf)
        assert rules(shelf) == [(ALMATY, NEW), (PARIS, OLD)]

    def test_of_a_deleted_row_are_settled_too(self, store, put_readings, entry):
        put_readings(store, "x", of(), deleted=True)
        assert settle(store, entry, ALMATY, NEW) == 1
        assert rules(store) == []

    def test_again_changes_nothing(self, shelf, entry):
        assert settle(shelf, entry, ALMATY, NEW) == settle(shelf, entry, ALMATY, NEW) == 7
        assert len(read(shelf)) == 6

    def test_unused_zone_settles_nothing(self, shelf, entry):
        assert settle(shelf, entry, "Asia/Qostanay", NEW) == 0
        assert settle(shelf, entry, "asia/almaty", NEW) == 0
        assert rules(shelf) == [(ALMATY, OLD), (ALMATY, NEW), (PARIS, OLD)]

    def test_takes_no_revision_and_makes_no_version(self, store, put_readings, entry):
        stored = put_readings(store, "x", of())
        settle(store, entry, ALMATY, NEW)
        assert store.head() == 1
        with store.read() as reader:
            assert reader.revision == 1
            assert len(reader.versions(stored.name)) == 1
        assert put_readings(store, "y").revision == 2

    def test_with_a_put_is_one_write(self, store, row, put_readings, entry):
        """Write as a rebase does: put what moved by the new rules, then settle all."""
        stored = put_readings(store, "x", of())
        put_readings(store, "y", of())

        def operation(writer):
            moved = of(fingerprint=NEW, instant=36)
            later = row(stored.name, revision=writer.next_revision, local_times=(moved,))
            writer.put(later, new=False)
            assert writer.zone_fingerprints() == [(ALMATY, OLD), (ALMATY, NEW)]
            assert short(writer.local_times(ALMATY, 0, None, 9, except_fingerprint=NEW)) == [
                "y start"
            ]
            settled = writer.settle(ALMATY, NEW)
            assert writer.zone_fingerprints() == [(ALMATY, NEW)]
            return settled

        assert store.write(operation, entry) == 2
        assert store.head() == 3
        assert [local_time.entry.instant for local_time in read(store)] == [36, 32]

    def test_leaves_room_for_the_rules_of_before(self, store, put_readings, entry):
        """A database may be taken back; what is put by it is apart from what was settled."""
        put_readings(store, "x", of(fingerprint=OLD))
        settle(store, entry, ALMATY, NEW)
        put_readings(store, "y", of(fingerprint=OLD))
        put_readings(store, "z", of(fingerprint=NEW))
        assert rules(store) == [(ALMATY, OLD), (ALMATY, NEW)]
        assert short(read(store, except_fingerprint=NEW)) == ["y start"]
        settle(store, entry, ALMATY, OLD)
        assert rules(store) == [(ALMATY, OLD)]
        assert short(read(store)) == ["x start", "y start", "z start"]

    def test_is_undone_with_its_write(self, shelf, entry):
        before = read(shelf), rules(shelf)

        def operation(writer):
            writer.settle(ALMATY, NEW)
            raise LookupError("the desk changed its mind")

        with pytest.raises(LookupError, match="changed its mind"):
            shelf.write(operation, entry)
        assert (read(shelf), rules(shelf)) == before


class TestSnapshot:
    def test_a_read_does_not_see_what_is_written_after_it_began(self, store, put_readings, entry):
        stored = put_readings(store, "x", of())
        with store.read() as reader:
            settle(store, entry, ALMATY, NEW)
            put_readings(store, "x")
            put_readings(store, "y", of(zone=PARIS))
            assert reader.zone_fingerprints() == [(ALMATY, OLD)]
            assert reader.local_times(ALMATY, 0, None, 9) == [StoredLocalTime(stored.name, of())]
            assert reader.local_times(PARIS, 0, None, 9) == []
        assert rules(store) == [(PARIS, OLD)]

    def test_readers_see_whole_settlements(self, store, put_readings, entry):
        """Whatever is settled meanwhile, one read finds all of a zone by the same rules."""
        put_readings(store, "x", of("start"), of("end", fingerprint=NEW))
        done = threading.Event()

        def work():
            for number in range(60):
                settle(store, entry, ALMATY, f"rules {number}")
            done.set()

        settle(store, entry, ALMATY, NEW)
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        reads = 0
        while not done.is_set() or not reads:
            with store.read() as reader:
                [rule] = reader.zone_fingerprints()
                local_times = reader.local_times(ALMATY, 0, None, 9)
                assert [
                    (stored.entry.zone, stored.entry.fingerprint) for stored in local_times
                ] == [rule] * 2
            reads += 1
        thread.join()

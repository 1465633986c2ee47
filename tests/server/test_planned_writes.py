"""Versions made ready in front of a write: the same bytes, and right when another write came first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from summitry.kinds import BY_MESSAGE, CALENDAR, SUMMIT, Kind
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.record_pb2 import Visibility
from summitry.v1.summit_pb2 import Summit
from summitry.zones import default_database
from summitry_server.clock import SystemClock
from summitry_server.context import Backend
from summitry_server.databases import Databases
from summitry_server.domain.records.records import draft_of, etag_of, prepare
from summitry_server.services.naming import name_of
from summitry_server.services.operations import Operation, RecordOperations, plan_ahead
from summitry_server.store import open_store
from summitry_server.store.contract import LogEntry, Point, Row
from summitry_server.wire import frames as wire
from summitry_server.wire.refusals import RefusedError
from tests.random_records import records

ENTRY = LogEntry("desk", "", "", 0)
NOW = 1_700_000_000
NAME = "calendars/c/summits/s"
DB = default_database()
POINTS = st.builds(
    Point, st.integers(1, 2**53), st.text("0123456789abcdef", min_size=16, max_size=16)
)


@given(drawn=records(), point=POINTS)
def test_stamped_bytes_are_those_of_the_whole_record(
    drawn: tuple[Kind, dict[str, Any]], point: Point
) -> None:
    kind, fields = drawn
    name = "calendars/c" if kind is CALENDAR else f"calendars/c/{kind.collection}/r"
    record: Any = ParseDict(fields, kind.message(name=name))
    record.ical_uid, record.etag, record.revision = "u", '"7-former"', 7
    try:
        prepare(record, kind.singular, DB)
    except RefusedError:
        return  # a time without a zone, say: never stored
    row = draft_of(record, NOW, DB).stamped(point)
    expected = type(record)()
    expected.CopyFrom(record)
    expected.revision, expected.etag = point.revision, etag_of(point)
    assert row.frame == wire.frame_of(expected)
    assert (row.revision, row.modified) == (point.revision, NOW)


class Desk:
    """Writes to a store by operations, each as a service does it, or with a write in between."""

    def __init__(self, url: str) -> None:
        self.store = open_store(url)
        backend = Backend(self.store, Databases(), SystemClock())
        self.calendars = RecordOperations(CALENDAR, backend)
        self.summits = RecordOperations(SUMMIT, backend)

    def do(self, operation: Operation) -> Row:
        plan_ahead(self.store, [operation])
        return self.store.write(operation, ENTRY)

    def create(self, record: Any) -> Row:
        kind = self.summits if BY_MESSAGE[type(record)] is SUMMIT else self.calendars
        return self.do(kind.create(record, NOW))

    def titled(self, title: str) -> Operation:
        sent = Summit(name=NAME, titles=[{"text": title}])  # type: ignore[list-item]
        return self.summits.update(sent, FieldMask(paths=["titles"]), False, NOW)

    def of_series(self, series: str, etag: str = "") -> Operation:
        sent = Summit(name=NAME, series=series, etag=etag)
        return self.summits.update(sent, FieldMask(paths=["series"]), False, NOW)

    def stored(self) -> Summit:
        with self.store.read() as reader:
            row = reader.get(NAME)
        assert row is not None
        return wire.unframe(Summit, row.frame)


@pytest.fixture(params=["memory:", "sqlite:///{}/s.db"], ids=["memory", "sqlite"])
def desk(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Desk]:
    desk = Desk(request.param.format(tmp_path))
    desk.create(Calendar(name="calendars/c"))
    desk.create(Summit(name=NAME, series="g20"))
    yield desk
    desk.store.close()


def test_change_of_an_unchanged_record_is_made_once_and_in_front(desk: Desk) -> None:
    revisions: list[int] = []

    def make(row: Row | None) -> Summit:
        assert row is not None
        revisions.append(row.revision)
        return Summit(name=NAME, ical_uid=row.uid, series="brics")

    operation = desk.summits.follow(NAME, make, NOW)
    plan_ahead(desk.store, [operation])
    assert revisions == [2]
    desk.store.write(operation, ENTRY)
    assert (revisions, desk.stored().series) == ([2], "brics")


def test_change_after_another_one_keeps_both(desk: Desk) -> None:
    first, second = desk.titled("Summit"), desk.of_series("sco")
    plan_ahead(desk.store, [first, second])
    desk.store.write(first, ENTRY)
    desk.store.write(second, ENTRY)
    record = desk.stored()
    assert ([text.text for text in record.titles], record.series) == (["Summit"], "sco")


def test_etag_that_was_right_in_front_is_compared_again(desk: Desk) -> None:
    operation = desk.of_series("sco", etag=desk.stored().etag)
    plan_ahead(desk.store, [operation])
    desk.do(desk.titled("Summit"))
    with pytest.raises(RefusedError, match="has changed since"):
        desk.store.write(operation, ENTRY)


def test_change_refused_in_front_is_done_if_the_write_admits_it(desk: Desk) -> None:
    name = "calendars/c/summits/later"
    update = desk.summits.update(
        Summit(name=name, series="sco"), FieldMask(paths=["series"]), False, NOW
    )
    plan_ahead(desk.store, [update])
    desk.create(Summit(name=name, series="g20"))
    assert wire.unframe(Summit, desk.store.write(update, ENTRY).frame).series == "sco"


def test_failed_write_can_run_its_operation_again(desk: Desk) -> None:
    operation = desk.of_series("sco")
    plan_ahead(desk.store, [operation])

    def fail(writer: Any) -> None:
        operation(writer)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        desk.store.write(fail, ENTRY)
    assert desk.stored().series == "g20"
    desk.store.write(operation, ENTRY)
    assert desk.stored().series == "sco"


RACES: dict[str, Callable[[Desk], Any]] = {
    "a name taken meanwhile": lambda desk: desk.create(Summit(name="calendars/c/summits/n")),
    "a uid taken meanwhile": lambda desk: desk.create(
        Summit(name="calendars/c/summits/m", ical_uid="u")
    ),
    "a calendar deleted meanwhile": lambda desk: [
        desk.do(desk.summits.delete(name_of(SUMMIT, NAME, "name"), "", NOW)),
        desk.do(desk.calendars.delete(name_of(CALENDAR, "calendars/c", "name"), "", NOW)),
    ],
}


@pytest.mark.parametrize("race", RACES)
def test_create_is_refused_for(desk: Desk, race: str) -> None:
    operation = desk.summits.create(Summit(name="calendars/c/summits/n", ical_uid="u"), NOW)
    RACES[race](desk)
    with pytest.raises(RefusedError):
        desk.store.write(operation, ENTRY)


def test_record_without_visibility_gets_that_of_its_calendar(desk: Desk) -> None:
    calendar = Calendar(name="calendars/d", default_visibility=Visibility.VISIBILITY_INTERNAL)
    desk.create(calendar)
    given_visibility = {"own": Visibility.VISIBILITY_PUBLIC, "none": 0}
    rows = {
        id_: desk.create(Summit(name=f"calendars/d/summits/{id_}", visibility=value))  # type: ignore[arg-type]
        for id_, value in given_visibility.items()
    }
    stored = {id_: wire.unframe(Summit, row.frame).visibility for id_, row in rows.items()}
    assert stored == {
        "own": Visibility.VISIBILITY_PUBLIC,
        "none": Visibility.VISIBILITY_INTERNAL,
    }

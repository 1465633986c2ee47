"""iCalendar files through the service: parsing and repeated imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry import Client
from summitry.errors import CallError, InvalidArgumentError
from summitry.kinds import Record
from summitry.v1.any_record_pb2 import AnyRecord
from summitry.v1.transfer_service_pb2 import CalendarFaultReason
from summitry_server.app import Application
from summitry_server.config import parse_config
from tests.import_reports import refusals_of

EVENT = "UID:{uid}\nSEQUENCE:{sequence}\nDTSTART;TZID=Asia/Almaty:202407{day:02}T100000\nSUMMARY:{title}"


def calendar(*bodies: str) -> bytes:
    events = "".join(f"BEGIN:VEVENT\n{body}\nEND:VEVENT\n" for body in bodies)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{events}END:VCALENDAR\n".encode()


def event(uid: str, title: str = "Talks", day: int = 4, sequence: int = 0) -> str:
    return EVENT.format(uid=uid, title=title, day=day, sequence=sequence)


def records_of(parts: Any) -> list[Record]:
    def record(part: AnyRecord) -> Record:
        value: Record = getattr(part, part.WhichOneof("record"))
        return value

    return [record(part) for part in parts]


def test_parsed_records_can_be_imported(client: Client, record: Callable[..., Record]) -> None:
    client.create(record())
    data = calendar(event("a@example.org"), "UID:b\nDTSTART:never", event("c@example.org", day=5))
    parsed = client.parse_calendar("calendars/c", data)
    assert [(fault.position, "DTSTART" in fault.message) for fault in parsed.faults] == [(2, True)]
    answer = client.import_records(records_of(parsed.records))
    assert (answer.created, answer.failed) == (2, 0)
    stored = client.get("calendars/c/meetings/a-example-org")
    assert stored.ical_uid == "a@example.org" and stored.titles[0].text == "Talks"
    assert stored.time.resolved.start_text == "2024-07-04T10:00:00+05:00[Asia/Almaty]"
    assert stored.original.startswith("BEGIN:VEVENT")
    again = client.import_records(records_of(parsed.records))
    assert (again.unchanged, again.created, again.updated) == (2, 0, 0)


def test_a_newer_file_updates_and_an_older_one_is_refused(
    client: Client, record: Callable[..., Record]
) -> None:
    client.create(record())

    def send(**facts: Any) -> Any:
        parsed = client.parse_calendar("calendars/c", calendar(event("a", **facts)))
        return client.import_records(records_of(parsed.records))

    assert send(day=4, sequence=1).created == 1
    assert send(day=5, sequence=2).updated == 1
    older = send(day=4, sequence=1)
    assert refusals_of(older) == {"OLDER_VERSION": 1} and older.updated == 0
    stored = client.get("calendars/c/meetings/a")
    assert stored.time.resolved.start_text.startswith("2024-07-05")
    assert stored.sequence == 1


OLD, NEW = "20260101T000000Z", "20260110T000000Z"


@pytest.mark.parametrize(
    ("first", "second", "is_older"),
    [
        (f"LAST-MODIFIED:{NEW}", f"LAST-MODIFIED:{OLD}", True),
        (f"LAST-MODIFIED:{OLD}", f"LAST-MODIFIED:{NEW}", False),
        (f"DTSTAMP:{NEW}", f"DTSTAMP:{OLD}", True),
        (f"LAST-MODIFIED:{OLD}\nDTSTAMP:{NEW}", f"LAST-MODIFIED:{NEW}\nDTSTAMP:{OLD}", False),
        (f"LAST-MODIFIED:{OLD}\nDTSTAMP:{NEW}", f"LAST-MODIFIED:{OLD}\nDTSTAMP:{OLD}", True),
    ],
)
def test_stamps_decide_where_the_sequence_is_the_same(
    client: Client, record: Callable[..., Record], first: str, second: str, is_older: bool
) -> None:
    client.create(record())
    for title, lines in (("first", first), ("second", second)):
        data = calendar(f"{event('a', title)}\n{lines}")
        parsed = client.parse_calendar("calendars/c", data)
        answer = client.import_records(records_of(parsed.records))
    assert refusals_of(answer) == ({"OLDER_VERSION": 1} if is_older else {})
    stored = client.get("calendars/c/meetings/a")
    assert stored.titles[0].text == ("first" if is_older else "second")


def test_warnings_come_beside_the_records(client: Client) -> None:
    data = calendar(event("a"), f"{event('b')}\nGEO:200;500\nCLASS:?")
    parsed = client.parse_calendar("calendars/c", data)
    assert len(parsed.records) == 2 and not parsed.faults
    assert [
        (warning.position, CalendarFaultReason.Name(warning.reason)) for warning in parsed.warnings
    ] == [
        (2, "CALENDAR_FAULT_REASON_BROKEN_PROPERTY"),
        (2, "CALENDAR_FAULT_REASON_UNKNOWN_VALUE"),
    ]
    assert [warning.message.split()[0] for warning in parsed.warnings] == ["GEO", "CLASS:?"]


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"data": b"<html>"}, "INVALID_CALENDAR", "calendar"),
        ({"data": b""}, "INVALID_CALENDAR", "calendar"),
        ({"parent": "desk"}, "INVALID_NAME", "parent"),
        ({"kind": "delegation"}, "INVALID_VALUE", "kind"),
        ({"time_zone": "Mars/Olympus"}, "UNKNOWN_TIME_ZONE", "time_zone"),
        ({"tzids": {"Mine": "Mars/Olympus"}}, "UNKNOWN_TIME_ZONE", 'tzids["Mine"]'),
        ({"data": b"BEGIN:VCALENDAR" + b" " * 2**20}, "MESSAGE_TOO_LARGE", "calendar"),
    ],
)
def test_invalid_request_is_refused(
    client: Client, fields: dict[str, Any], reason: str, field: str
) -> None:
    request = {"parent": "calendars/c", "data": calendar(event("a"))} | fields
    with pytest.raises(CallError) as caught:
        client.parse_calendar(request.pop("parent"), request.pop("data"), **request)
    assert (caught.value.reason, caught.value.metadata.get("field")) == (reason, field)


def test_an_answer_stays_within_what_clients_take(client: Client) -> None:
    text = "x" * 5000
    rule = f"UID:a\nDTSTART;VALUE=DATE:20240101\nRRULE:FREQ=DAILY;COUNT=999\nDESCRIPTION:{text}"
    with pytest.raises(InvalidArgumentError, match="split the file"):
        client.parse_calendar("calendars/c", calendar(rule))
    many = client.parse_calendar("calendars/c", calendar(*(event(f"u{n}") for n in range(1005))))
    assert len(many.records) == 1000 and many.faults[0].position == 0


@pytest.fixture(scope="module")
def parser() -> Any:
    """Return a client of one service for all parses: it stores nothing."""
    config = parse_config(["--store", "memory:", "--grpc", "127.0.0.1:0", "--http", "off"])
    application = Application(config)
    with Client(str(application.grpc_address)) as client:
        yield client
    application.stop()


@given(st.binary(max_size=400), st.integers(0, 10))
def test_no_file_makes_the_service_fail(parser: Client, noise: bytes, where: int) -> None:
    good = calendar(event("a"), event("b"))
    at = len(good) * where // 10
    try:
        parser.parse_calendar("calendars/c", good[:at] + noise + good[at:])
    except InvalidArgumentError as error:
        assert error.reason == "INVALID_CALENDAR"

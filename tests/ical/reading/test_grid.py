"""The grid of every property, value and parameter: nothing stops the reader, the service or lint.

A file holds an event for each value of the grid, so that what one of them costs is seen too: each
event gives a record or a fault. The whole grid (396,640 events) runs under `make soak`; each run
of the tests takes every property with every value, and the other axes in turn.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from summitry.ical.lint import lint
from summitry.ical.reading.components import OF_CALENDARS, OF_EVENTS
from summitry.v1.transfer_service_pb2 import ParseCalendarRequest, ParseCalendarResponse
from summitry.zones import default_database
from summitry_server.parsers import socket_messages, worker
from tests.conftest import SOAK

PROPERTIES = (
    *OF_EVENTS,
    *("METHOD", "X-WR-TIMEZONE", "VERSION", "CALSCALE", "CREATED", "COMPLETED", "DUE", "TRANSP"),
    *("CATEGORIES", "RESOURCES", "COMMENT", "CONTACT", "PRIORITY", "PERCENT-COMPLETE", "COLOR"),
    *("ORGANIZER", "ATTENDEE", "ATTACH", "RELATED-TO", "REQUEST-STATUS", "FREEBUSY", "TRIGGER"),
    *("REPEAT", "ACTION", "TZID", "TZNAME", "TZOFFSETFROM", "TZOFFSETTO", "TZURL", "EXRULE"),
    *("IMAGE", "CONFERENCE", "LINK", "REFID", "CONCEPT", "STYLED-DESCRIPTION", "STRUCTURED-DATA"),
    *("REFRESH-INTERVAL", "SOURCE", "NAME", "BEGIN", "END", "X-ALT-DESC", "X-A", "", "É", "A B"),
)
VALUES = (
    *("", " ", "x", "0", "-1", "1,2", "1;2", ",", ";", ":", "\\", "\\n", "\\,\\;", '"', "=", "é"),
    *("48.85;2.29", "48.85,2.29", "nan;inf", "200;500", "1e999;1", "99999999999999999999"),
    *("20260302", "20260302T090000", "20260302T090000Z", "20260230", "20260302T256199", "00000000"),
    *("00010101", "99991231", "00010101T000000Z", "99991231T235959Z", "20260302T0900", "2026-03-02"),
    *("20260329T023000", "20261025T023000", "20260303T090000Z/PT1H", "20260303T090000Z/-PT1H"),
    *("20260304T090000Z/20260303T090000Z", "20260303,20260304", "20260303T090000Z,x", "now"),
    *("PT1H", "P1D", "P1W", "-PT1H", "P", "PT", "P999999999D", "PT999999999S", "1H"),
    *("FREQ=DAILY;COUNT=2", "FREQ=MONTHLY;INTERVAL=0", "FREQ=HOURLY", "FREQ=YEARLY;BYDAY=99MO"),
    *("FREQ=DAILY;UNTIL=99991231T235959Z", "FREQ=DAILY;COUNT=1,2", "FREQ=WEEKLY;BYDAY=", "FREQ="),
    *("PUBLIC", "PRIVATE", "CONFIRMED", "CANCELLED", "CANCELED", "REQUEST", "CANCEL"),
    *("Europe/Paris", "mailto:a@example.org", "https://example.org/a b", "javascript:1", "VEVENT"),
    *("x" * 3000, "\x00\x07", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")),
)  # fmt: skip
PARAMETERS = (
    *("", ";", ";X", ";X=", ";X=y", ';X="y"', ';X="', ";=", ";X=a,b", ";X=y;X=z", ";VALUE=DATE"),
    *(";VALUE=DATE-TIME", ";VALUE=PERIOD", ";VALUE=BINARY;ENCODING=BASE64", ";TZID=Europe/Paris"),
    *(";TZID=UTC", ";TZID=Mars/Olympus", ";TZID=", ";LANGUAGE=fr_FR", ";RANGE=THISANDFUTURE"),
)
RULES = ("", "\r\nRRULE:FREQ=DAILY;COUNT=3")
COPIES = (1, 2)


def event(number: int, line: str, rule: str) -> str:
    head = f"BEGIN:VEVENT\r\nUID:u{number}\r\nDTSTART:20260302T090000Z{rule}\r\n"
    return f"{head}{line}END:VEVENT\r\n"


def check(lines: list[tuple[str, str]]) -> None:
    """Check that service and lint read or refuse each event, and do nothing else."""
    body = "".join(event(number, line, rule) for number, (line, rule) in enumerate(lines))
    data = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//EN\r\n{body}END:VCALENDAR\r\n".encode()
    request = ParseCalendarRequest(parent="calendars/c", calendar=data)
    outcome, message = worker.answer(request.SerializeToString(), default_database())
    assert outcome == socket_messages.READ, message.decode()
    response = ParseCalendarResponse.FromString(message)
    faults = {fault.position for fault in response.faults}
    uids = {part.meeting.ical_uid.partition("/")[0] for part in response.records}
    if 0 in faults and len(lines) > 1:
        # A rule without an end took all days that a file may have: look at the others without it.
        check(lines[: len(lines) // 2])
        check(lines[len(lines) // 2 :])
        return
    assert len(faults - {0}) + len(uids) >= len(lines), "an event has gone without a word"
    text = str(response)
    assert "object at 0x" not in text and "vText" not in text and "Traceback" not in text
    assert all(finding.text for finding in lint(data))


def of_property(name: str) -> Iterator[tuple[str, str, int, str]]:
    """Yield the grid of a property: parameters, value, copies, rule."""
    grid = itertools.product(PARAMETERS, VALUES, COPIES, RULES)
    if SOAK:
        yield from grid
        return
    combinations = list(itertools.product(PARAMETERS, COPIES, RULES))
    turn = PROPERTIES.index(name)
    for value in VALUES:
        parameters, copies, rule = combinations[turn % len(combinations)]
        turn += 7  # shares no factor with the number of combinations
        yield parameters, value, copies, rule


@pytest.mark.parametrize("name", PROPERTIES, ids=[name or "empty" for name in PROPERTIES])
def test_no_property_stops_the_reader_or_lint(name: str) -> None:
    lines = [
        (f"{name}{parameters}:{value}\r\n" * copies, rule)
        for parameters, value, copies, rule in of_property(name)
    ]
    for start in range(0, len(lines), 100):
        check(lines[start : start + 100])


@pytest.mark.parametrize("name", [*OF_CALENDARS, "VERSION", "TZID"])
def test_no_property_of_the_calendar_leaves_out_an_event(name: str) -> None:
    for parameters, value, copies, _ in of_property(name):
        line = f"{name}{parameters}:{value}\r\n" * copies
        data = f"BEGIN:VCALENDAR\r\n{line}{event(0, '', '')}END:VCALENDAR\r\n".encode()
        request = ParseCalendarRequest(parent="calendars/c", calendar=data)
        outcome, message = worker.answer(request.SerializeToString(), default_database())
        assert outcome == socket_messages.READ
        assert len(ParseCalendarResponse.FromString(message).records) == 1
        assert all(finding.text for finding in lint(data))

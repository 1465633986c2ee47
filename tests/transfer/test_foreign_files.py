"""Calendar files as Outlook, Exchange, Apple and Google write them: read, and taken by the server.

The cases have the numbers of the list of kinds that they stand for; their texts are our own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from summitry.v1.transfer_service_pb2 import CalendarFaultReason
from tests.ical.reading.files import calendar
from tests.ical.reading.zone_blocks import CUSTOMISED, exchange
from tests.import_reports import refusals_of

UID = "UID:case@example.org"
START = "DTSTART:20260302T090000Z"
AT = f"{UID}\n{START}"
BERLIN = CUSTOMISED["western europe"]
PREFIX = "CALENDAR_FAULT_REASON_"


class Case(NamedTuple):
    """A file and the record that it gives."""

    event: str
    start: str  # as the server shows it; "" if the event is refused
    reasons: tuple[str, ...] = ()  # of its faults and warnings
    head: str = ""


CASES = {
    "03 lines of a place": Case(
        f"{AT}\nLOCATION:1 Street\\n75001 Paris", "2026-03-02T09:00:00Z", ("REWRITTEN_VALUE",)
    ),
    "03b lines of a title": Case(
        f"{AT}\nSUMMARY:Talks\\nMinisters", "2026-03-02T09:00:00Z", ("REWRITTEN_VALUE",)
    ),
    "05a name of Windows": Case(
        f"{UID}\nDTSTART;TZID=W. Europe Standard Time:20260702T090000",
        "2026-07-02T09:00:00+02:00[Europe/Berlin]",
        ("INFERRED_TIME_ZONE",),
        "METHOD:REQUEST\n" + exchange("W. Europe Standard Time", *BERLIN),
    ),
    "05b customised zone": Case(
        f"{UID}\nDTSTART;TZID=Customized Time Zone:20260702T090000",
        "2026-07-02T09:00:00+02:00",
        ("INFERRED_TIME_ZONE",),
        exchange("Customized Time Zone", *BERLIN),
    ),
    "05c Microsoft's UTC": Case(
        f"{UID}\nDTSTART;TZID=tzone://Microsoft/Utc:20260302T090000",
        "2026-03-02T09:00:00+00:00[Etc/UTC]",
        ("INFERRED_TIME_ZONE",),
    ),
    "07a request": Case(AT, "2026-03-02T09:00:00Z", head="METHOD:REQUEST\n"),
    "07b counter": Case(AT, "", ("OTHER_METHOD",), "METHOD:COUNTER\n"),
    "07c reply": Case(AT, "", ("OTHER_METHOD",), "METHOD:REPLY\n"),
    "11 broken line": Case(
        f'{AT}\nORGANIZER="mailto:o@example.org"', "2026-03-02T09:00:00Z", ("BROKEN_PROPERTY",)
    ),
    "13 day with a zone": Case(
        f"{UID}\nDTSTART;TZID=Europe/Paris;VALUE=DATE:20260702", "2026-07-02"
    ),
    "16 no UID": Case(f"{START}\nSUMMARY:Talks", "2026-03-02T09:00:00Z", ("MISSING_PROPERTY",)),
    "17 blank in an address": Case(
        f"{AT}\nURL:https://example.org/a b", "2026-03-02T09:00:00Z", ("REWRITTEN_VALUE",)
    ),
    "17 language": Case(
        f"{AT}\nSUMMARY;LANGUAGE=fr_FR:x", "2026-03-02T09:00:00Z", ("REWRITTEN_VALUE",)
    ),
    "17 position": Case(f"{AT}\nGEO:200;500", "2026-03-02T09:00:00Z", ("BROKEN_PROPERTY",)),
    "17 long text": Case(
        f"{AT}\nDESCRIPTION:{'word ' * 4000}", "2026-03-02T09:00:00Z", ("LIMIT_EXCEEDED",)
    ),
    "18 attachment": Case(
        f"{AT}\nATTACH;VALUE=BINARY;ENCODING=BASE64:{'A' * 70_000}",
        "2026-03-02T09:00:00Z",
        ("LIMIT_EXCEEDED",),
    ),
    "22 GMT with summer time": Case(
        f"{UID}\nDTSTART;TZID=GMT:20260702T090000",
        "2026-07-02T09:00:00+01:00",
        ("INFERRED_TIME_ZONE",),
        exchange("GMT", *CUSTOMISED["britain"]),
    ),
    "23 canceled": Case(f"{AT}\nSTATUS:CANCELED", "2026-03-02T09:00:00Z", ("REWRITTEN_VALUE",)),
    "24 empty rule": Case(
        f"{UID}\nDTSTART;VALUE=DATE:20260302\nRRULE:", "2026-03-02", ("MISSING_PROPERTY",)
    ),
    "26 zone of the calendar": Case(
        f"{UID}\nDTSTART:20260302T090000",
        "2026-03-02T09:00:00+01:00[Europe/Paris]",
        ("INFERRED_TIME_ZONE",),
        "X-WR-TIMEZONE:Europe/Paris\n",
    ),
    "27 days of Outlook": Case(
        f"{UID}\nDTSTART;TZID=Europe/Paris:20260702T000000\n"
        "DTEND;TZID=Europe/Paris:20260703T000000\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
        "2026-07-02",
        ("REWRITTEN_VALUE",),
    ),
    "28 HTML": Case(
        f'{AT}\nDESCRIPTION:<p>Join <a href="https://x.example/">here</a></p>',
        "2026-03-02T09:00:00Z",
        ("REWRITTEN_VALUE",),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_foreign_event_is_read_and_stored(client: Any, record: Any, case: Case) -> None:
    client.create(record())
    data = calendar(case.event, head=case.head)
    response = client.parse_calendar("calendars/c", data)
    reports = [*response.faults, *response.warnings]
    reasons = (CalendarFaultReason.Name(report.reason) for report in reports)
    assert tuple(reason.removeprefix(PREFIX) for reason in reasons) == case.reasons
    records = [part.meeting for part in response.records]
    imported = client.import_records(records)
    assert not refusals_of(imported)
    stored = [client.get(meeting.name) for meeting in records]
    assert [meeting.time.resolved.start_text for meeting in stored] == (
        [case.start] if case.start else []
    )


def test_strict_reading_refuses_by_the_api(client: Any) -> None:
    data = calendar(f"{AT}\nSTATUS:CANCELED")
    response = client.parse_calendar("calendars/c", data, strict=True)
    assert not response.records and not response.warnings
    assert [fault.position for fault in response.faults] == [1]


def test_components_that_are_no_events_are_reported_for_the_file(client: Any) -> None:
    response = client.parse_calendar(
        "calendars/c", calendar(head="BEGIN:VTODO\nUID:t\nEND:VTODO\n")
    )
    assert [(warning.position, warning.message) for warning in response.warnings] == [
        (0, "1 VTODO left out: events alone (VEVENT) are imported")
    ]

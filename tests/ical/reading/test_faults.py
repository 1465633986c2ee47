"""A fault costs one property or one event, and never the file; what is lost is reported."""

from __future__ import annotations

import pytest

from tests.ical.reading.files import DESK, calendar, read_all

START = "DTSTART:20260302T090000Z"
GOOD = f"UID:good@example.org\n{START}\nSUMMARY:Good"


@pytest.mark.parametrize(
    ("lines", "warning"),
    [
        ("GEO:48.85,2.29", "GEO is broken and left out"),
        ("GEO:nan;inf", "GEO is broken and left out"),
        ("GEO:200;500", "GEO is broken and left out: '200;500' is outside"),
        ("DTSTAMP:", ""),
        ("DTSTAMP:20260101", ""),
        ("LAST-MODIFIED:never", "LAST-MODIFIED is broken and left out"),
        ("SEQUENCE:first", "SEQUENCE is broken and taken as 0"),
        ("SEQUENCE:1\nSEQUENCE:2", "SEQUENCE is there 2 times: the first is taken"),
        ("STATUS:CONFIRMED\nSTATUS:CANCELLED", "STATUS is there 2 times"),
        ("STATUS:POSTPONED", "STATUS:POSTPONED is not known"),
        ("SUMMARY;LANGUAGE:x", "SUMMARY is broken and left out"),
        ('SUMMARY;ALTREP="x:y', "SUMMARY is broken and left out"),
        ("SUMMARY:x\nSUMMARY:y", "SUMMARY is there several times"),
        ("URL:javascript:alert(1)", "URL javascript:alert(1) is no web address"),
        ("RRULE:", "RRULE is empty and left out"),
        ("RRULE: ;", "RRULE is empty and left out"),
        (f"UID:odd@example.org\n{START}", "UID is there 2 times: the first is taken"),
        ("X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=1 Street\n75001 Paris:geo:48.86,2.34", ""),
        ('ORGANIZER="mailto:o@example.org"', ""),
        ("BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER-P0DT1H0M0S\nEND:VALARM", ""),
    ],
)
def test_fault_of_an_optional_property_leaves_out_the_property(lines: str, warning: str) -> None:
    result = read_all(calendar(f"UID:odd@example.org\n{START}\n{lines}", GOOD))
    assert [record["ical_uid"] for _, record in result.records] == [
        "odd@example.org",
        "good@example.org",
    ]
    assert not result.faults
    assert [position for position, _ in result.warnings] == [1] * len(result.warnings)
    assert any(text.startswith(warning) for _, text in result.warnings) or not warning


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("DTSTART:20260302T090000Z\nDTSTART:20260303T090000Z", "DTSTART is there 2 times: keep one"),
        (f"{START}\nUID:another", "UID is there 2 times: keep one"),
        ("DTSTART;TZID=\"Europe:20260302T090000", "DTSTART is broken"),
        ("DTSTART:20260230T090000Z", "DTSTART is broken: '20260230T090000Z'"),
        (f"{START}\nDURATION:1H", "DURATION is broken: '1H' is no length of time"),
        (f"{START}\nDURATION:P999999999D", "DURATION is broken: 'P999999999D' is longer than"),
        (f"{START}\nDURATION:PT999999999H", "is longer than 3660 days"),
        (f"{START}\nDURATION:P2910000D", "is longer than 3660 days"),
        ("DTSTART;VALUE=DATE:99991231\nDURATION:P3D", "outside of the years 1 to 9999"),
        (f"{START}\nRDATE;VALUE=PERIOD:20260304T090000Z/20260303T090000Z", "ends before it starts"),
        (f"{START}\nRDATE;VALUE=PERIOD:20260304T090000Z/-PT1H", "RDATE is broken: '-PT1H' is negative"),
        (f"{START}\nRDATE:soon", "RDATE is broken: 'soon'"),
        (f"{START}\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE:x", "EXDATE is broken: 'x'"),
        (f"{START}\nRRULE:FREQ=DAILY;COUNT=2\nEXRULE:FREQ=DAILY;INTERVAL=0", "EXRULE is broken:"),
        (f"{START}\nRECURRENCE-ID:", "RECURRENCE-ID is empty"),
        (f"{START}\nRECURRENCE-ID:never", "RECURRENCE-ID is broken: 'never'"),
        (f"{START}\nBEGIN:VALARM\nACTION:DISPLAY", "END:VALARM is missing"),
        (f"{START}\nEND:VALARM", "END:VALARM ends nothing that is open there"),
        (f"{START}\n" + "BEGIN:X\n" * 9 + "END:X\n" * 8 + "END:X", "more than 8 components"),
    ],
)  # fmt: skip
def test_fault_of_a_required_property_leaves_out_the_event(lines: str, fault: str) -> None:
    result = read_all(calendar(f"UID:odd@example.org\n{lines}", GOOD))
    assert [record["ical_uid"] for _, record in result.records] == ["good@example.org"]
    assert [position for position, _ in result.faults] == [1]
    assert fault in result.faults[0][1]


def test_equal_recurrence_ids_are_read_as_one() -> None:
    day = "RECURRENCE-ID:20260302T090000Z"
    result = read_all(calendar(f"UID:odd\n{day}\n{day}\nDTSTART:20260302T100000Z", GOOD))
    assert [record["ical_uid"] for _, record in result.records] == [
        "odd/20260302T090000",
        "good@example.org",
    ]
    assert result.warnings == [(1, "RECURRENCE-ID is there 2 times: the first is taken")]


def test_truncated_event_leaves_out_only_itself() -> None:
    data = (
        f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{GOOD}\nEND:VEVENT\nBEGIN:VEVENT\nUID:cut\nSUMMARY:Brea\n"
        f"BEGIN:VEVENT\nUID:third\n{START}\nEND:VEVENT\nBEGIN:VEVENT\nUID:last\n{START}\nSUMM"
    )
    result = read_all(data.encode())
    assert [(at, record["ical_uid"]) for at, record in result.records] == [
        (1, "good@example.org"),
        (3, "third"),
    ]
    cut = "END:VEVENT is missing: the event is cut off"
    assert result.faults == [(2, cut), (4, cut)]


@pytest.mark.parametrize(
    ("data", "flaw"),
    [
        (b"BEGIN:VCALENDAR\n", "END:VCALENDAR is missing: the file is cut off"),
        (b"BEGIN:VCALENDAR\nEND:VEVENT\nEND:VCALENDAR\n", "END:VEVENT ends nothing that is open there"),
        (b"BEGIN:VCALENDAR\nBEGIN:VCALENDAR\nEND:VCALENDAR\n", "END:VCALENDAR is missing before the next VCALENDAR"),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:X\n" * 8, "more than 8 components are within each other"),
    ],
    ids=["cut off", "crossed", "not ended", "deep"],
)  # fmt: skip
def test_fault_of_the_structure_is_reported_for_the_file(data: bytes, flaw: str) -> None:
    result = read_all(data)
    assert result.faults[0] == (0, flaw) and not result.records


def test_octets_that_are_not_utf_8_leave_out_their_property() -> None:
    latin = f"UID:latin\n{START}\nSUMMARY:Zürich\nLOCATION:Palace".encode("latin-1")
    data = calendar(GOOD).replace(
        b"END:VCALENDAR", b"BEGIN:VEVENT\n" + latin + b"\nEND:VEVENT\nEND:VCALENDAR"
    )
    result = read_all(data)
    assert [record.get("titles") for _, record in result.records] == [[{"text": "Good"}], None]
    assert result.warnings == [
        (2, "SUMMARY is broken and left out: not UTF-8: convert the file first")
    ]


def test_line_folded_within_a_character_is_unfolded_first() -> None:
    title = "Entrée des délégations"
    folded = title.encode().replace("é".encode(), b"\xc3\r\n \xa9")
    data = calendar(f"UID:f\n{START}\nSUMMARY:@").replace(b"\n", b"\r\n").replace(b"@", folded)
    ((_, record),) = read_all(data).records
    assert record["titles"] == [{"text": title}]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_every_line_ending_is_read(ending: bytes) -> None:
    ((_, record),) = read_all(
        calendar(f"{GOOD}\nLOCATION:Pal\n ace").replace(b"\n", ending)
    ).records
    assert record["places"] == [{"source_text": "Palace"}]


def test_locations_are_joined() -> None:
    lines = "LOCATION:Palace\nLOCATION:Blue hall\nLOCATION:Palace\nLOCATION:1 Street\\n75001 Paris"
    result = read_all(calendar(f"{GOOD}\n{lines}"))
    ((_, record),) = result.records
    assert record["places"] == [{"source_text": "Palace, Blue hall, 1 Street, 75001 Paris"}]
    assert result.warnings == [
        (1, 'LOCATION has 2 lines: joined by ", "'),
        (1, "LOCATION is there 3 times: joined to one"),
    ]


@pytest.mark.parametrize(
    "mark", [b"", b"\xef\xbb\xbf", b"\xef\xbb\xbf" * 2], ids=["plain", "marked", "marked twice"]
)
def test_calendars_of_a_file_are_independent(mark: bytes) -> None:
    """Files that were joined have their byte order marks in the middle."""
    cancelled = calendar(f"UID:off\n{START}", head="METHOD:CANCEL\nX-WR-TIMEZONE:Asia/Almaty\n")
    published = calendar(f"UID:on\n{START}", head="METHOD:PUBLISH\n")
    for first, second in ((published, cancelled), (cancelled, published)):
        data = mark + first + mark + second
        records = {record["ical_uid"]: record for _, record in read_all(data).records}
        assert records["off"]["status"] == "EVENT_STATUS_CANCELLED"
        assert records["off"]["time"]["timed"]["start"]["time_zone"] == "Asia/Almaty"
        assert "status" not in records["on"]
        assert "time_zone" not in records["on"]["time"]["timed"]["start"]


def test_event_outside_of_calendars_has_no_defaults_of_the_previous_calendar() -> None:
    event = f"BEGIN:VEVENT\nUID:on\n{START}\nEND:VEVENT\n".encode()
    cancelled = calendar(f"UID:off\n{START}", head="METHOD:CANCEL\n")
    records = {record["ical_uid"]: record for _, record in read_all(cancelled + event).records}
    assert records["off"]["status"] == "EVENT_STATUS_CANCELLED"
    assert "status" not in records["on"]


def test_overridden_days_of_a_rejected_event_are_read_and_reported() -> None:
    rule = f"UID:j\n{START}\nRRULE:FREQ=HOURLY;COUNT=3\nCLASS:CONFIDENTIAL"
    day = "UID:j\nRECURRENCE-ID:20260302T100000Z\nDTSTART:20260302T103000Z\nSUMMARY:Good day"
    result = read_all(calendar(rule, day))
    ((position, record),) = result.records
    assert (position, record["ical_uid"]) == (2, "j/20260302T100000")
    assert record["visibility"] == "VISIBILITY_RESTRICTED"
    ((position, fault),) = result.faults
    assert position == 1 and fault.endswith("of its days only the changed ones are read: events 2")


def test_fault_of_an_overridden_day_leaves_out_that_day() -> None:
    rule = f"UID:j\n{START}\nRRULE:FREQ=DAILY;COUNT=3"
    broken = "UID:j\nRECURRENCE-ID:tomorrow\nDTSTART:20260303T103000Z"
    result = read_all(calendar(rule, broken))
    assert len(result.records) == 3
    assert [position for position, _ in result.faults] == [2]


def test_warnings_of_an_event_are_bounded() -> None:
    lines = "\n".join(f"CLASS:{number}" for number in range(4000))
    assert len(read_all(calendar(f"{GOOD}\n{lines}")).warnings) == 20


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        ("DTSTART;TZID=Europe/Paris:20260328T230000\nDURATION:PT8H", "2026-03-29T08:00"),
        ("DTSTART;TZID=Europe/Paris:20260328T230000\nDURATION:P1D", "2026-03-29T23:00"),
        ("DTSTART;TZID=Europe/Paris:20260328T230000\nDURATION:P1DT1H", "2026-03-30T00:00"),
        ("DTSTART;TZID=Europe/Paris:20261024T230000\nDURATION:PT8H", "2026-10-25T06:00"),
        ("DTSTART;TZID=Europe/Paris:20261024T230000\nDURATION:P1W", "2026-10-31T23:00"),
    ],
)
def test_duration_has_days_of_the_calendar_and_exact_hours(lines: str, end: str) -> None:
    ((_, record),) = read_all(calendar(f"UID:d\n{lines}")).records
    assert record["time"]["timed"]["end"]["civil_time"] == end


def test_duration_is_exact_on_each_day_of_a_series() -> None:
    lines = "DTSTART;TZID=Europe/Paris:20260327T230000\nDURATION:PT8H\nRRULE:FREQ=DAILY;COUNT=2"
    records = [record for _, record in read_all(calendar(f"UID:d\n{lines}")).records]
    ends = [record["time"]["timed"]["end"]["civil_time"] for record in records]
    assert ends == ["2026-03-28T07:00", "2026-03-29T08:00"]


def test_day_with_a_zone_is_a_day() -> None:
    lines = (
        "DTSTART;TZID=Europe/Paris;VALUE=DATE:20260702\nDTEND;TZID=Europe/Paris;VALUE=DATE:20260707"
    )
    ((_, record),) = read_all(calendar(f"UID:v\n{lines}"), DESK).records
    assert record["time"] == {"dates": {"first_date": "2026-07-02", "last_date": "2026-07-06"}}

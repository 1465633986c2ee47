"""Reading iCalendar files of any program: events, rejections and limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from summitry.ical import Options, render_calendar
from summitry.ical.reading import (
    CalendarTextError,
    Choices,
    EventWarning,
    components,
    events,
    read_events,
    read_faults,
    recurring,
)
from summitry.time import resolve
from summitry.time_fields import instants
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.meeting_pb2 import Meeting
from summitry.zones import default_database

DESK = Choices("calendars/desk")


def calendar(*bodies: str, head: str = "") -> bytes:
    """Build a calendar of events, each given as its lines."""
    parts = [f"BEGIN:VEVENT\n{body}\nEND:VEVENT\n" for body in bodies]
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{''.join(parts)}END:VCALENDAR\n".encode()


def read(data: bytes, choices: Choices = DESK, most: int = events.DAYS) -> list[Any]:
    """Return the entries that were read, without positions and warnings; faults as texts."""
    entries = [entry for _, entry in read_events(data, choices, most=most)]
    return [
        str(entry) if isinstance(entry, Exception) else entry
        for entry in entries
        if not isinstance(entry, EventWarning)
    ]


def crcrlf(data: bytes) -> bytes:
    """Return a file as a program writes it that ends lines twice."""
    return data.replace(b"\n", b"\r\r\n")


def warnings_of(data: bytes) -> list[str]:
    return [str(entry) for _, entry in read_events(data, DESK) if isinstance(entry, EventWarning)]


def read_event(body: str, choices: Choices = DESK, head: str = "") -> Any:
    (entry,) = read(calendar(f"UID:u\n{body}", head=head), choices)
    return entry


def time_of(fields: dict[str, Any]) -> str:
    """Return start and end as the server would show them."""
    record = json_format.ParseDict(fields, Meeting())
    resolve(record.time, default_database())
    return f"{record.time.resolved.start_text} {record.time.resolved.end_text}".strip()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            "DTSTART;TZID=Asia/Almaty:20240704T100000\nDTEND;TZID=Asia/Almaty:20240704T120000",
            "2024-07-04T10:00:00+05:00[Asia/Almaty] 2024-07-04T12:00:00+05:00[Asia/Almaty]",
        ),
        ("DTSTART:20240704T050000Z\nDURATION:PT2H", "2024-07-04T05:00:00Z 2024-07-04T07:00:00Z"),
        ("DTSTART;TZID=UTC:20240704T050000", "2024-07-04T05:00:00Z"),
        ("DTSTART;VALUE=DATE:20240702\nDTEND;VALUE=DATE:20240707", "2024-07-02 2024-07-06"),
        ("DTSTART;VALUE=DATE:20240702", "2024-07-02 2024-07-02"),
        ("DTSTART;VALUE=DATE:20240702\nDTEND;VALUE=DATE:20240702", "2024-07-02 2024-07-02"),
        ("DTSTART;VALUE=DATE:20240702\nDURATION:P3D", "2024-07-02 2024-07-04"),
        (
            "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Paris:20240704T100000",
            "2024-07-04T10:00:00+02:00[Europe/Paris]",
        ),
        (
            "DTSTART;TZID=Europe/Paris:20240331T023000",
            "2024-03-31T03:30:00+02:00[Europe/Paris]",
        ),
        (
            "DTSTART;TZID=Europe/Paris:20241027T023000",
            "2024-10-27T02:30:00+02:00[Europe/Paris]",
        ),
        (
            "DTSTART;TZID=Europe/Paris:20240704T233000\nDTEND;TZID=America/New_York:20240704T200000",
            "2024-07-04T23:30:00+02:00[Europe/Paris] 2024-07-04T20:00:00-04:00[America/New_York]",
        ),
    ],
    ids=[
        "a zone",
        "UTC with a duration",
        "UTC as a zone",
        "days end the day before DTEND",
        "a day without an end",
        "a day that ends where it begins",
        "days by a duration",
        "a path before the zone",
        "a gap, by RFC 5545",
        "a fold, by RFC 5545",
        "a flight",
    ],
)
def test_time_properties_give_start_and_end(lines: str, expected: str) -> None:
    assert time_of(read_event(lines)) == expected


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("DTSTART:20240704T100000", "names no time zone: say in which the file is with --zone"),
        ("DTSTART;TZID=Nowhere Standard Time:20240704T100000", "Windows time zone name"),
        ("DTSTART;TZID=Asia/Almatty:20240704T100000", "Asia/Almaty"),
        ("DTSTART;TZID=Mine:20240704T100000", "--tzid 'Mine=ZONE'"),
        ("DTSTART:20240704T100000Z\nDTEND:20240704T090000Z", "ends before it starts"),
        ("DTSTART:20240704T100000Z\nDURATION:-PT1H", "'-PT1H' is negative"),
        ("DTSTART:20240704T100000Z\nDTEND;VALUE=DATE:20240705", "one of DTSTART and DTEND"),
        ("DTSTART:someday", "DTSTART is broken"),
        ("DTSTART:20240704T100000Z\nDTSTART:20240705T100000Z", "DTSTART is there 2 times"),
        ("SUMMARY:when?", "DTSTART is missing"),
        ("DTSTART:18240704T100000Z", "1900 to 2200"),
        ("DTSTART:20240704T100000Z\nRRULE:FREQ=SECONDLY", "rules of whole days"),
        ("DTSTART:20240704T100000Z\nRRULE:FREQ=DAILY;COUNT=100000", "more than 1000 days"),
        ("DTSTART:20240704T100000Z\nRRULE:FREQ=DAILY;UNTIL=20280101", "more than 1000 days"),
        ("DTSTART:20240704T100000Z\nRRULE:FREQ=WEEKLY;BYMONTHDAY=31", "does not go with"),
        ("DTSTART:20240704T100000Z\nRRULE:RSCALE=HEBREW;FREQ=YEARLY", "another calendar"),
        ("DTSTART:20240704T100000Z\nRRULE:FREQ=DAILY;BYHOUR=1", "rules of whole days"),
        ("RECURRENCE-ID;RANGE=THISANDFUTURE:20240704T100000Z\nDTSTART:20240704T100000Z", "RANGE"),
    ],
)
def test_event_that_cannot_be_read_has_a_reason(lines: str, message: str) -> None:
    assert message in read_event(lines)


def test_choices_give_collection_zone_and_tzids() -> None:
    choices = Choices("calendars/desk", "summit", "Asia/Almaty", {"Mine": "Europe/Paris"})
    floating = read_event("DTSTART:20240704T100000", choices)
    assert floating["name"] == "calendars/desk/summits/u"
    assert time_of(floating) == "2024-07-04T10:00:00+05:00[Asia/Almaty]"
    mine = read_event("DTSTART;TZID=Mine:20240704T100000", choices)
    assert time_of(mine) == "2024-07-04T10:00:00+02:00[Europe/Paris]"


def test_event_properties_become_fields() -> None:
    fields = read_event(
        "SUMMARY;LANGUAGE=fr:Séance pléni\n ère\\, Astana\nDESCRIPTION:Two\\nlines\n"
        "LOCATION:Akorda\nGEO:51.1;71.4\nSTATUS:CANCELLED\nCLASS:PRIVATE\nSEQUENCE:3\n"
        "URL:https://example.org/x\nDTSTART:20240704T050000Z"
    )
    assert fields["titles"] == [{"text": "Séance plénière, Astana", "language_code": "fr"}]
    assert fields["summaries"] == [{"text": "Two\nlines"}]
    assert fields["places"] == [
        {"source_text": "Akorda", "position": {"latitude": 51.1, "longitude": 71.4}}
    ]
    assert (fields["status"], fields["status_text"]) == ("EVENT_STATUS_CANCELLED", "CANCELLED")
    assert fields["visibility"] == "VISIBILITY_INTERNAL"
    assert fields["labels"] == {"ical-sequence": "3"}
    assert fields["links"] == [{"relation": "LINK_RELATION_ABOUT", "url": "https://example.org/x"}]
    assert fields["original"].startswith("BEGIN:VEVENT")


def test_script_url_is_left_out() -> None:
    assert "links" not in read_event("DTSTART:20240704T050000Z\nURL:javascript:alert(1)")


def test_cancel_method_cancels_the_event() -> None:
    fields = read_event("DTSTART:20240704T050000Z", head="METHOD:CANCEL\n")
    assert fields["status"] == "EVENT_STATUS_CANCELLED"


def test_fault_leaves_out_only_its_event() -> None:
    good = "UID:{0}\nDTSTART:20240704T050000Z"
    data = calendar(good.format("a"), "UID:b\nDTSTART:never", "SUMMARY:x\nX", good.format("c"))
    positions = [(position, isinstance(entry, dict)) for position, entry in read_events(data, DESK)]
    assert positions == [(1, True), (2, False), (3, False), (4, True)]


@pytest.mark.parametrize("first", [1, 2], ids=["newer first", "older first"])
def test_event_with_the_greater_sequence_is_read(first: int) -> None:
    new = "UID:u\nSEQUENCE:10\nDTSTART:20240705T050000Z"
    old = "UID:u\nSEQUENCE:9\nDTSTART:20240704T050000Z"
    entries = read(calendar(*((new, old) if first == 1 else (old, new))))
    records = [entry for entry in entries if isinstance(entry, dict)]
    assert [time_of(record) for record in records] == ["2024-07-05T05:00:00Z"]
    assert [entry for entry in entries if isinstance(entry, str)] == [
        f"event {first} has the same UID and is newer or first: left out"
    ]


WEEKLY = (
    "UID:u\nSUMMARY:Briefing\nDTSTART;TZID=Europe/Paris:20240325T090000\nDURATION:PT1H\n"
    "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Paris:20240408T090000"
)


def test_recurring_event_is_a_record_for_each_day_at_its_hour() -> None:
    records = read(calendar(WEEKLY))
    assert [time_of(record).split()[0] for record in records] == [
        "2024-03-25T09:00:00+01:00[Europe/Paris]",
        "2024-04-01T09:00:00+02:00[Europe/Paris]",
        "2024-04-15T09:00:00+02:00[Europe/Paris]",
    ]
    assert (
        len({record["ical_uid"] for record in records} | {record["name"] for record in records})
        == 6
    )
    assert [bool(record.get("original")) for record in records] == [True, False, False]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=WEEKLY;INTERVAL=2", ["04-01", "04-15"]),
        ("FREQ=WEEKLY;INTERVAL=3", ["04-01"]),
        ("FREQ=MONTHLY;BYMONTHDAY=15", ["03-25", "04-01"]),
        ("FREQ=WEEKLY;UNTIL=20240401", ["04-15"]),
        ("FREQ=WEEKLY;COUNT=1", ["04-01", "04-15"]),
    ],
)
def test_exrule_removes_its_days(rule: str, days: list[str]) -> None:
    records = read(calendar(f"{WEEKLY}\nEXRULE:{rule}"))
    assert [time_of(record)[5:10] for record in records] == days


def test_endless_exrule_ends_with_its_event() -> None:
    event = "UID:u\nDTSTART;VALUE=DATE:20200101\nRRULE:FREQ=YEARLY;COUNT=9"
    records = read(calendar(f"{event}\nEXRULE:FREQ=YEARLY;INTERVAL=2"))
    assert [time_of(record)[:4] for record in records] == ["2021", "2023", "2025", "2027"]


@pytest.mark.parametrize(
    "day",
    ["RECURRENCE-ID;TZID=Europe/Paris:20240401T090000", "RECURRENCE-ID:20240401T070000Z"],
    ids=["by its zone", "by UTC"],
)
def test_overridden_day_replaces_that_of_the_rule(day: str) -> None:
    override = f"UID:u\n{day}\nDTSTART;TZID=Europe/Paris:20240401T110000\nSUMMARY:Later"
    records = read(calendar(WEEKLY, override))
    titles = {record["ical_uid"]: record["titles"][0]["text"] for record in records}
    assert titles == {
        "u/20240325T090000": "Briefing",
        "u/20240401T090000": "Later",
        "u/20240415T090000": "Briefing",
    }


def test_rule_without_an_end_is_read_for_three_years() -> None:
    records = read(calendar("UID:u\nDTSTART;VALUE=DATE:20240229\nRRULE:FREQ=MONTHLY"))
    assert time_of(records[-1]) == "2027-01-29 2027-01-29" and len(records) == 34


RULES = st.sampled_from(
    [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;BYDAY=MO,TH",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,SA",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=YEARLY;BYMONTH=3,9;BYDAY=2TU",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "FREQ=YEARLY",
    ]
)


@given(
    st.datetimes(datetime(1950, 1, 1), datetime(2190, 1, 1)).map(
        lambda d: d.replace(microsecond=0)
    ),
    RULES,
    st.integers(1, 40),
)
def test_days_of_common_rules_equal_those_of_dateutil(
    start: datetime, rule: str, count: int
) -> None:
    """The calendar repeats, so any century gives the same days as dateutil."""
    line = f"UID:u\nDTSTART:{start:%Y%m%dT%H%M%S}Z\nRRULE:{rule};COUNT={count}"
    records = [record for record in read(calendar(line)) if isinstance(record, dict)]
    horizon = start + recurring.FURTHEST
    expected_days = {start} | {
        day for day in rrulestr(f"{rule};COUNT={count}", dtstart=start) if day <= horizon
    }
    assert [record["ical_uid"] for record in records] == [
        f"u/{day:%Y%m%dT%H%M%S}".removesuffix("T000000") for day in sorted(expected_days)
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no calendar"),
        (b"<html>", "no calendar"),
        (b"BEGIN:VCALENDAR\n" + b"x" * components.LARGEST, "at most 20 MiB"),
        (
            b"BEGIN:VCALENDAR\n"
            + b"BEGIN:VEVENT\nEND:VEVENT\n" * (components.MOST + 1)
            + b"END:VCALENDAR",
            "more than 20000 events",
        ),
    ],
    ids=["empty", "a page", "large", "many"],
)
def test_data_without_a_calendar_or_too_large_is_rejected(data: bytes, message: str) -> None:
    with pytest.raises(CalendarTextError, match=message):
        list(read_events(data, DESK))


def test_large_event_leaves_out_only_itself() -> None:
    large = "UID:b\nDTSTART:20240704T050000Z\nATTACH:" + "x" * components.COMPONENT
    entries = read(calendar("UID:a\nDTSTART:20240704T050000Z", large))
    assert isinstance(entries[0], dict) and "take its attachments out" in entries[1]


def test_limits_apply_to_all_events_together(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = "UID:{0}\nDTSTART;VALUE=DATE:20240101\nRRULE:FREQ=DAILY;COUNT=10"
    data = calendar(*(rule.format(f"u{number}") for number in range(5)))
    entries = read(data, most=25)
    assert len(entries) == 26 and "more than 25 events" in entries[-1]
    monkeypatch.setattr(events, "RULES", 2)
    faults = [entry for entry in read(data) if isinstance(entry, str)]
    assert faults == ["more than 2 events recur: split the file"] * 3


def test_byte_order_mark_and_any_line_ending_are_read() -> None:
    data = calendar("UID:a\nDTSTART:20240704T050000Z\nSUMMARY:x")
    plain = read(data)
    assert read(b"\xef\xbb\xbf" + data) == plain == read(data.replace(b"\n", b"\r\n"))


TEXTS = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029"), max_size=120
).map(str.strip)


@given(
    st.lists(st.tuples(TEXTS, TEXTS, st.integers(0, 10**9), st.integers(0, 10**6)), max_size=5),
    st.booleans(),
)
def test_rendered_calendar_is_read_with_the_same_facts(
    facts: list[tuple[str, str, int, int]], rich: bool
) -> None:
    """UID, title and instants of rendered events are read unchanged."""
    records = [_meeting(number, *fact) for number, fact in enumerate(facts)]
    options = Options(profile="rich" if rich else "core")
    data = render_calendar(Calendar(name="calendars/c"), records, **options._asdict())
    fields_by_uid = {entry["ical_uid"]: entry for entry in read(data)}
    assert set(fields_by_uid) == {record.ical_uid for record in records}
    for record in records:
        copy = json_format.ParseDict(fields_by_uid[record.ical_uid], Meeting())
        resolve(copy.time, default_database())
        start, end = instants(record.time)
        # A span without length has no DTEND, and comes back as a moment.
        assert instants(copy.time) == (start, None if end == start else end)
        if record.titles[0].text:
            assert copy.titles[0].text == " ".join(record.titles[0].text.split())


def _meeting(number: int, title: str, place: str, start: int, length: int) -> Meeting:
    start_time = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=start)
    end_time = start_time + timedelta(seconds=length)
    record = Meeting(
        name=f"calendars/c/meetings/m{number}",
        ical_uid=f"m{number}@example.org",
        titles=[{"text": title, "language_code": "en"}],
        places=[{"source_text": place}],
        time={
            "timed": {
                "start": {"instant": {"seconds": int(start_time.timestamp())}},
                "end": {"instant": {"seconds": int(end_time.timestamp())}},
            }
        },
    )
    record.create_time.seconds = record.update_time.seconds = 1_700_000_000
    resolve(record.time, default_database())
    return record


def test_folded_text_of_a_file_with_doubled_crs_is_read_whole() -> None:
    body = "UID:u\nDTSTART:20260302T090000Z\nSUMMARY:Talks in \n Astana\nDESCRIPTION:a\\n\n\t b"
    (event,) = read(crcrlf(calendar(body)))
    assert event == read(calendar(body))[0]
    assert event["titles"] == [{"text": "Talks in Astana"}]
    assert event["summaries"] == [{"text": "a\n b"}]


@pytest.mark.parametrize(
    "data",
    [
        calendar(
            "UID:a\nDTSTART:20260302T090000Z\nURL:x",
            "UID:b\nDTSTART:x",
            "UID:a\nDTSTART:20260302",
            "UID:c\nDTSTART:20260302T090000Z\nGEO:x\nRRULE:FREQ=DAILY;COUNT=3",
        ),
        calendar("UID:a\nDTSTART:20260302T090000Z") + b"END:X\n",
        calendar(
            *(f"UID:{n}\nDTSTART:20260302T090000Z\nRRULE:FREQ=DAILY;COUNT=999" for n in range(21)),
            "UID:z\nDTSTART:x",
        ),
    ],
    ids=["events", "structure", "too_many_records"],
)
def test_faults_alone_are_those_of_reading(data: bytes) -> None:
    reports = [entry for entry in read_events(data, DESK) if not isinstance(entry[1], dict)]
    faults = list(read_faults(data, DESK))
    assert reports
    assert [(position, type(entry), str(entry)) for position, entry in faults] == [
        (position, type(entry), str(entry)) for position, entry in reports
    ]

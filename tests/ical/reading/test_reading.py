"""iCalendar files of any maker: what becomes of each event, what is refused, and what is bounded."""

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
    recurring,
)
from summitry.time import resolve
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.meeting_pb2 import Meeting
from summitry.zones import default_database

DESK = Choices("calendars/desk")


def calendar(*bodies: str, head: str = "") -> bytes:
    """A calendar of events, each given as its lines."""
    parts = [f"BEGIN:VEVENT\n{body}\nEND:VEVENT\n" for body in bodies]
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{''.join(parts)}END:VCALENDAR\n".encode()


def read(data: bytes, choices: Choices = DESK, most: int = events.DAYS) -> list[Any]:
    """What was read, without positions and warnings; faults as texts."""
    found = [one for _, one in read_events(data, choices, most=most)]
    return [
        str(one) if isinstance(one, Exception) else one
        for one in found
        if not isinstance(one, EventWarning)
    ]


def warnings_of(data: bytes) -> list[str]:
    return [str(one) for _, one in read_events(data, DESK) if isinstance(one, EventWarning)]


def one(body: str, choices: Choices = DESK, head: str = "") -> Any:
    (found,) = read(calendar(f"UID:u\n{body}", head=head), choices)
    return found


def time_of(fields: dict[str, Any]) -> str:
    """Start and end as the server would show them."""
    record = json_format.ParseDict(fields, Meeting())
    resolve(record.time, default_database())
    return f"{record.time.resolved.start_text} {record.time.resolved.end_text}".strip()


@pytest.mark.parametrize(
    ("lines", "shown"),
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
def test_times(lines: str, shown: str) -> None:
    assert time_of(one(lines)) == shown


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("DTSTART:20240704T100000", "names no time zone: say in which the file is with --zone"),
        ("DTSTART;TZID=Romance Standard Time:20240704T100000", "Windows time zone name; use"),
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
        ("DTSTART:20240704T100000Z\nRRULE:FREQ=DAILY;UNTIL=21000101", "more than 1000 days"),
        ("DTSTART:20240704T100000Z\nRRULE:FREQ=WEEKLY;BYMONTHDAY=31", "does not go with"),
        ("DTSTART:20240704T100000Z\nRRULE:RSCALE=HEBREW;FREQ=YEARLY", "another calendar"),
        ("DTSTART:20240704T100000Z\nRRULE:FREQ=DAILY;BYHOUR=1", "rules of whole days"),
        ("RECURRENCE-ID;RANGE=THISANDFUTURE:20240704T100000Z\nDTSTART:20240704T100000Z", "RANGE"),
    ],
)
def test_what_cannot_be_read_says_why(lines: str, said: str) -> None:
    assert said in one(lines)


def test_the_caller_says_what_the_file_does_not() -> None:
    choices = Choices("calendars/desk", "summit", "Asia/Almaty", {"Mine": "Europe/Paris"})
    floating = one("DTSTART:20240704T100000", choices)
    assert floating["name"] == "calendars/desk/summits/u"
    assert time_of(floating) == "2024-07-04T10:00:00+05:00[Asia/Almaty]"
    mine = one("DTSTART;TZID=Mine:20240704T100000", choices)
    assert time_of(mine) == "2024-07-04T10:00:00+02:00[Europe/Paris]"


def test_what_an_event_says() -> None:
    found = one(
        "SUMMARY;LANGUAGE=fr:Séance pléni\n ère\\, Astana\nDESCRIPTION:Two\\nlines\n"
        "LOCATION:Akorda\nGEO:51.1;71.4\nSTATUS:CANCELLED\nCLASS:PRIVATE\nSEQUENCE:3\n"
        "URL:https://example.org/x\nDTSTART:20240704T050000Z"
    )
    assert found["titles"] == [{"text": "Séance plénière, Astana", "language_code": "fr"}]
    assert found["summaries"] == [{"text": "Two\nlines"}]
    assert found["places"] == [
        {"text": "Akorda", "position": {"latitude": 51.1, "longitude": 71.4}}
    ]
    assert (found["status"], found["status_text"]) == ("EVENT_STATUS_CANCELLED", "CANCELLED")
    assert found["visibility"] == "VISIBILITY_INTERNAL"
    assert found["labels"] == {"ical-sequence": "3"}
    assert found["links"] == [{"relation": "LINK_RELATION_ABOUT", "url": "https://example.org/x"}]
    assert found["original"].startswith("BEGIN:VEVENT")


def test_a_script_is_no_link() -> None:
    assert "links" not in one("DTSTART:20240704T050000Z\nURL:javascript:alert(1)")


def test_a_cancelling_message_cancels() -> None:
    found = one("DTSTART:20240704T050000Z", head="METHOD:CANCEL\n")
    assert found["status"] == "EVENT_STATUS_CANCELLED"


def test_one_fault_costs_one_event() -> None:
    good = "UID:{0}\nDTSTART:20240704T050000Z"
    data = calendar(
        good.format("a"), "UID:b\nDTSTART:never", "DTSTART:20240704T050000Z\nX", good.format("c")
    )
    positions = [(position, isinstance(found, dict)) for position, found in read_events(data, DESK)]
    assert positions == [(1, True), (2, False), (3, False), (4, True)]


@pytest.mark.parametrize("first", [1, 2], ids=["newer first", "older first"])
def test_the_greater_sequence_holds(first: int) -> None:
    new = "UID:u\nSEQUENCE:10\nDTSTART:20240705T050000Z"
    old = "UID:u\nSEQUENCE:9\nDTSTART:20240704T050000Z"
    found = read(calendar(*((new, old) if first == 1 else (old, new))))
    records = [entry for entry in found if isinstance(entry, dict)]
    assert [time_of(record) for record in records] == ["2024-07-05T05:00:00Z"]
    assert [entry for entry in found if isinstance(entry, str)] == [
        f"event {first} has the same UID and is newer or first: left out"
    ]


WEEKLY = (
    "UID:u\nSUMMARY:Briefing\nDTSTART;TZID=Europe/Paris:20240325T090000\nDURATION:PT1H\n"
    "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Paris:20240408T090000"
)


def test_an_event_that_recurs_is_a_record_a_day_at_its_hour() -> None:
    found = read(calendar(WEEKLY))
    assert [time_of(record).split()[0] for record in found] == [
        "2024-03-25T09:00:00+01:00[Europe/Paris]",
        "2024-04-01T09:00:00+02:00[Europe/Paris]",
        "2024-04-15T09:00:00+02:00[Europe/Paris]",
    ]
    assert len({record["uid"] for record in found} | {record["name"] for record in found}) == 6
    assert [bool(record.get("original")) for record in found] == [True, False, False]


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
def test_exrule_takes_its_days_away(rule: str, days: list[str]) -> None:
    found = read(calendar(f"{WEEKLY}\nEXRULE:{rule}"))
    assert [time_of(record)[5:10] for record in found] == days


def test_endless_exrule_goes_as_far_as_its_event() -> None:
    event = "UID:u\nDTSTART;VALUE=DATE:20200101\nRRULE:FREQ=YEARLY;COUNT=9"
    found = read(calendar(f"{event}\nEXRULE:FREQ=YEARLY;INTERVAL=2"))
    assert [time_of(record)[:4] for record in found] == ["2021", "2023", "2025", "2027"]


@pytest.mark.parametrize(
    "day",
    ["RECURRENCE-ID;TZID=Europe/Paris:20240401T090000", "RECURRENCE-ID:20240401T070000Z"],
    ids=["by its zone", "by UTC"],
)
def test_a_changed_day_takes_the_place_of_that_of_the_rule(day: str) -> None:
    changed = f"UID:u\n{day}\nDTSTART;TZID=Europe/Paris:20240401T110000\nSUMMARY:Later"
    found = read(calendar(WEEKLY, changed))
    titles = {record["uid"]: record["titles"][0]["text"] for record in found}
    assert titles == {
        "u/20240325T090000": "Briefing",
        "u/20240401T090000": "Later",
        "u/20240415T090000": "Briefing",
    }


def test_a_rule_without_an_end_is_read_for_three_years() -> None:
    found = read(calendar("UID:u\nDTSTART;VALUE=DATE:20240229\nRRULE:FREQ=MONTHLY"))
    assert time_of(found[-1]) == "2027-01-29 2027-01-29" and len(found) == 34


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
def test_rules_give_the_days_that_the_library_gives(start: datetime, rule: str, count: int) -> None:
    """Followed centuries later or where they stand: the calendar repeats."""
    line = f"UID:u\nDTSTART:{start:%Y%m%dT%H%M%S}Z\nRRULE:{rule};COUNT={count}"
    found = [record for record in read(calendar(line)) if isinstance(record, dict)]
    horizon = start + recurring.FURTHEST
    wanted = {start} | {
        day for day in rrulestr(f"{rule};COUNT={count}", dtstart=start) if day <= horizon
    }
    assert [record["uid"] for record in found] == [
        f"u/{day:%Y%m%dT%H%M%S}".removesuffix("T000000") for day in sorted(wanted)
    ]


@pytest.mark.parametrize(
    ("data", "said"),
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
def test_what_is_no_calendar_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(CalendarTextError, match=said):
        list(read_events(data, DESK))


def test_a_large_event_costs_itself_alone() -> None:
    large = "UID:b\nDTSTART:20240704T050000Z\nATTACH:" + "x" * components.COMPONENT
    found = read(calendar("UID:a\nDTSTART:20240704T050000Z", large))
    assert isinstance(found[0], dict) and "take its attachments out" in found[1]


def test_bounds_hold_over_all_events(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = "UID:{0}\nDTSTART;VALUE=DATE:20240101\nRRULE:FREQ=DAILY;COUNT=10"
    data = calendar(*(rule.format(f"u{number}") for number in range(5)))
    found = read(data, most=25)
    assert len(found) == 26 and "more than 25 events" in found[-1]
    monkeypatch.setattr(events, "RULES", 2)
    faults = [entry for entry in read(data) if isinstance(entry, str)]
    assert faults == ["more than 2 events recur: split the file"] * 3


def test_a_mark_at_the_beginning_and_any_line_ends_are_read() -> None:
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
def test_our_own_feeds_come_back(facts: list[tuple[str, str, int, int]], rich: bool) -> None:
    """UID, title, place and instants of what our renderer wrote."""

    records = [_meeting(number, *fact) for number, fact in enumerate(facts)]
    options = Options(profile="rich" if rich else "core")
    data = render_calendar(Calendar(name="calendars/c"), records, **options._asdict())
    found = {entry["uid"]: entry for entry in read(data)}
    assert set(found) == {record.uid for record in records}
    for record in records:
        back = json_format.ParseDict(found[record.uid], Meeting())
        resolve(back.time, default_database())
        assert back.time.resolved.interval == record.time.resolved.interval
        if record.titles[0].text:
            assert back.titles[0].text == " ".join(record.titles[0].text.split())


def _meeting(number: int, title: str, place: str, start: int, length: int) -> Meeting:
    begins = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=start)
    ends = begins + timedelta(seconds=length)
    record = Meeting(
        name=f"calendars/c/meetings/m{number}",
        uid=f"m{number}@example.org",
        titles=[{"text": title, "language_code": "en"}],
        places=[{"text": place}],
        time={
            "timed": {
                "start": {"instant": {"seconds": int(begins.timestamp())}},
                "end": {"instant": {"seconds": int(ends.timestamp())}},
            }
        },
    )
    record.create_time.seconds = record.update_time.seconds = 1_700_000_000
    resolve(record.time, default_database())
    return record

"""Any text in a field of a record stays the text of one property or parameter."""

from __future__ import annotations

from typing import Any

import icalendar
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import example, given, settings
from hypothesis import strategies as st

from summitry.ical import render_calendar
from summitry.ical.describe import describe
from summitry.ical.lint import lint
from summitry.ical.text import clean, one_line
from summitry.time import resolve
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.notice_pb2 import Notice
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit
from summitry.zones import default_database

ATTACKS = (
    "a\r\nATTENDEE:mailto:victim@example.org",
    "a\nEND:VEVENT\nBEGIN:VALARM\nACTION:EMAIL",
    'a";X-EVIL="b',
    "a\u2028X-EVIL:b\u0085X-EVIL:c\x0bX-EVIL:d\x0cX-EVIL:e",
    "a:b;c,d\\n\\,\\;\\\\",
    "a\r\n b\r\n\tc",
    "\\",
    "^n^'^^",
)
TEXTS = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(
        st.one_of(
            st.sampled_from('\r\n\\;,:"^ \tN\x00\u2028'), st.characters(exclude_categories=["Cs"])
        ),
        max_size=40,
    ),
)
PROPERTIES = set(
    [
        "UID",
        "DTSTAMP",
        "CREATED",
        "LAST-MODIFIED",
        "SEQUENCE",
        "DTSTART",
        "DTEND",
        "SUMMARY",
        "DESCRIPTION",
        "ORGANIZER",
        "STATUS",
        "CLASS",
        "TRANSP",
        "X-MICROSOFT-CDO-ALLDAYEVENT",
        "X-MICROSOFT-CDO-BUSYSTATUS",
        "CATEGORIES",
        "LOCATION",
        "GEO",
        "URL",
        "CONFERENCE",
        "ATTACH",
        "RELATED-TO",
        "LINK",
        "X-SUMMITRY-EDTF",
        "NAME",
        "PARTICIPANT-TYPE",
    ]
)
PARAMETERS = {"LANGUAGE", "VALUE", "CN", "LABEL", "FEATURE", "LINKREL", "RELTYPE", "TZID"}
HEADER = set(
    [
        "PRODID",
        "VERSION",
        "CALSCALE",
        "METHOD",
        "UID",
        "NAME",
        "X-WR-CALNAME",
        "DESCRIPTION",
        "X-WR-CALDESC",
        "LAST-MODIFIED",
        "REFRESH-INTERVAL",
        "X-PUBLISHED-TTL",
    ]
)
PARTS = {"VLOCATION", "PARTICIPANT"}
DAYS = {"first_date": "2026-07-02", "last_date": "2026-07-03"}


def saturate(message: Message, text: str) -> None:
    """Put the text into every field that takes one, and one item into every list."""
    for field in message.DESCRIPTOR.fields:
        target: Any = getattr(message, field.name)
        if field.message_type is not None:
            saturate_child(field, target, text)
        elif field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            value = f"https://a.example/{text}" if field.name == "url" else text
            target.append(value) if field.is_repeated else setattr(message, field.name, value)
        elif field.enum_type is not None and not field.is_repeated:
            setattr(message, field.name, 1)


def saturate_child(field: FieldDescriptor, target: Any, text: str) -> None:
    kind = field.message_type
    if kind.name == "EventTime" or kind.GetOptions().map_entry:
        return
    child = target.add() if field.is_repeated else target
    child.SetInParent()
    if kind.full_name.startswith(("summitry.", "google.type.LocalizedText")):
        saturate(child, text)


def record_with(kind: type[Any], text: str, time: dict[str, Any]) -> Any:
    record = kind()
    saturate(record, text)
    record.ClearField("previous_times")
    record.name = f"calendars/c/{kind.DESCRIPTOR.name.lower()}s/x"
    record.ical_uid = f"{kind.DESCRIPTOR.name}@example.org"
    if kind is Visit:
        record.segments[0].ClearField("time")
    if kind is not Delegation:
        record.time.CopyFrom(type(record.time)(**time))
        resolve(record.time, default_database())
    if kind in (Meeting, Notice):
        record.parent_event = "calendars/c/summits/x"
    return record


@pytest.mark.parametrize(
    "time",
    [
        {"dates": DAYS},
        {"timed": {"start": {"civil_time": "2026-07-02T10:00", "time_zone": "europe/PARIS"}}},
    ],
    ids=["days", "hours"],
)
@settings(max_examples=15)
@given(text=TEXTS)
@example(ATTACKS[0])
@example(ATTACKS[1])
@example(ATTACKS[2])
@example(ATTACKS[3])
def test_no_field_makes_a_property_a_parameter_or_a_component(
    time: dict[str, Any], text: str
) -> None:
    records = [record_with(kind, text, time) for kind in (Summit, Visit, Meeting, Notice)]
    delegation = record_with(Delegation, text, time)
    delegation.engagements[0].event = records[0].name
    calendar = Calendar(name="calendars/c", titles=[{"text": text}], summaries=[{"text": text}])
    data = render_calendar(calendar, [*records, delegation], profile="rich", partial="span")
    read = icalendar.Calendar.from_ical(data)
    assert isinstance(read, icalendar.Calendar)
    assert set(read) <= HEADER and len(read.events) == 4
    assert {part.name for part in read.subcomponents} <= {"VEVENT", "VTIMEZONE"}
    for event in read.events:
        assert {part.name for part in event.subcomponents} <= PARTS
        for part in event.walk():
            assert set(part) <= PROPERTIES and part.errors == []
            for _, value in part.property_items(recursive=False):
                assert set(getattr(value, "params", {})) <= PARAMETERS
    # The border refuses what is no language tag; here it stands for a text like any other, which
    # an import would leave out, as it would the tags of HTML.
    assert {finding.rule for finding in lint(data)} <= {"html", "language", "import"}


def test_zone_id_is_written_in_its_canonical_spelling() -> None:
    time = {"timed": {"start": {"civil_time": "2026-07-02T10:00", "time_zone": "europe/PARIS"}}}
    data = render_calendar(Calendar(name="calendars/c"), [record_with(Summit, "a", time)])
    assert b"DTSTART;TZID=Europe/Paris:20260702T100000\r\n" in data
    assert b"TZID:Europe/Paris\r\n" in data


@pytest.mark.parametrize("text", ATTACKS)
def test_edtf_text_adds_no_property(text: str) -> None:
    record = record_with(Summit, "a", {"partial": {"edtf": "2026-07"}})
    record.time.partial.edtf = text
    record.titles[0].language_code = "en"
    data = render_calendar(Calendar(name="calendars/c"), [record], partial="span")
    (event,) = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert set(event) <= PROPERTIES and lint(data) == []


@given(text=TEXTS)
def test_rendered_text_is_read_unchanged(text: str) -> None:
    """Read by icalendar, which shares no code with the renderer, and again what it writes."""
    record = record_with(Summit, text, {"dates": DAYS})
    record.titles[0].language_code = "en"
    data = render_calendar(Calendar(name="calendars/c"), [record], profile="rich")
    read = icalendar.Calendar.from_ical(data)
    for calendar in (read, icalendar.Calendar.from_ical(read.to_ical())):
        (event,) = calendar.walk("VEVENT")
        assert str(event["SUMMARY"]).removeprefix("[rumoured] ") == (one_line(text) or "x")
        assert str(event["DESCRIPTION"]) == clean(describe(record, [], "en"))
        assert str(event.get("LOCATION", "")) == one_line(text)
        assert (
            event["UID"] == record.ical_uid
            and event["DTSTART"].dt.isoformat() == DAYS["first_date"]
        )

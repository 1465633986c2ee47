"""EventsML-G2: partial dates out and in again; events of other makers; nothing but events."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from summitry.errors import FileFormatError
from summitry.formats.files import read_records
from summitry.formats.profiles import ProfileOptions, read_profile
from summitry.formats.profiles.eventsml_writing import write_events
from summitry.formats.profiles.g2 import G2
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.event_status_pb2 import Certainty
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.meeting_pb2 import Meeting
from summitry.zones import default_database
from summitry_server.domain.records.records import prepare

SAMPLES = Path(__file__).resolve().parents[2] / "samples/astana-2024"
DESK = ProfileOptions("calendars/desk")


def document(dates: str, details: str = "", concept: str = '<conceptId qcode="ex:1"/>') -> str:
    return (
        f'<knowledgeItem xmlns="{G2}" xml:lang="fr"><conceptSet><concept>{concept}'
        f"<name>Sommet de\n l'OCS</name><eventDetails><dates>{dates}</dates>{details}"
        "</eventDetails></concept></conceptSet></knowledgeItem>"
    )


def read(text: str, options: ProfileOptions = DESK) -> list[Any]:
    return [record for _, record in read_profile("eventsml", io.StringIO(text), options)]


def write(*records: Any) -> str:
    out = io.BytesIO()
    write_events(Calendar(name="calendars/desk"), records, out)
    return out.getvalue().decode()


# From the standard's own listings, and what they leave open.
DATES: dict[str, tuple[str, dict[str, Any]]] = {
    "days": (
        "<start>2024-07-03</start><end>2024-07-04</end>",
        {"dates": {"first_date": "2024-07-03", "last_date": "2024-07-04"}},
    ),
    "days with a zone are days": (
        "<start>2024-07-03Z</start><end>2024-07-04+05:00</end>",
        {"dates": {"first_date": "2024-07-03", "last_date": "2024-07-04"}},
    ),
    "an open end": (
        "<start>2024-07-03</start>",
        {"dates": {"first_date": "2024-07-03", "open_end": True}},
    ),
    "days that last": (
        "<start>2024-07-03</start><duration>P2D</duration>",
        {"dates": {"first_date": "2024-07-03", "last_date": "2024-07-04"}},
    ),
    "a time that lasts": (
        "<start>2024-07-03T10:00:00+05:00</start><duration>PT2H</duration>",
        {
            "timed": {
                "start": {"civil_time": "2024-07-03T10:00", "utc_offset": "+05:00"},
                "end": {"civil_time": "2024-07-03T12:00", "utc_offset": "+05:00"},
            }
        },
    ),
    "a month": ("<start>2024-07</start>", {"partial": {"edtf": "2024-07"}}),
    "a year": ("<start>2024</start>", {"partial": {"edtf": "2024"}}),
    "from month to month": (
        "<start>2024-07</start><end>2024-09</end>",
        {"partial": {"edtf": "2024-07/2024-09"}},
    ),
    "a month with its range": (
        '<start approxstart="2024-07-01" approxend="2024-07-31">2024-07</start>',
        {"partial": {"edtf": "2024-07"}},
    ),
    "a day with a range": (
        '<start approxstart="2024-07-01" approxend="2024-07-10">2024-07-03</start>',
        {"partial": {"edtf": "[2024-07-01..2024-07-10]"}},
    ),
    "not before": (
        '<start approxstart="2024-07-01T00:00:00Z">2024-07-03</start>',
        {"partial": {"edtf": "[2024-07-01..]"}},
    ),
    "to be confirmed": (
        '<start confirmationstatus="edconf:undefined">2024-07-03</start>'
        '<end confirmationstatus="edconf:confirmed">2024-07-04</end>',
        {
            "dates": {"first_date": "2024-07-03", "last_date": "2024-07-04"},
            "start_unconfirmed": True,
        },
    ),
    "an end known to the month": (
        '<start>2024-07-03</start><end confirmationstatus="edconf:undefined">2024-07</end>',
        {
            "dates": {"first_date": "2024-07-03", "open_end": True},
            "source_text": "end: 2024-07",
            "end_unconfirmed": True,
        },
    ),
}


@pytest.mark.parametrize("case", DATES)
def test_date_elements_give_the_time(case: str) -> None:
    dates, expected = DATES[case]
    (record,) = read(document(dates))
    assert record.time == json_format.ParseDict(expected, EventTime())


INVALID_EVENTS = {
    "no date": ("<start>soon</start>", "unknown date 'soon'"),
    "no start": ("", "no start"),
    "a time that ends with a day": (
        "<start>2024-07-03T10:00:00</start><end>2024-07-03</end>",
        "the end '2024-07-03' is no time",
    ),
    "every year": (
        "<start>2024-07-03</start><rRule freq='efreq:YEARLY'/>",
        "the event recurs (rRule)",
    ),
    "a month long": ("<start>2024-07-03</start><duration>P1M</duration>", "unknown duration"),
    "for ever": ("<start>2024-07-03</start><duration>P9999999D</duration>", "beyond the year 9999"),
    "longer than that": (
        "<start>2024-07-03</start><duration>P99999999999999D</duration>",
        "beyond the year 9999",
    ),
    "no such month": ("<start>2024-13</start><end>2024-14</end>", "2024-1"),
}


@pytest.mark.parametrize("case", INVALID_EVENTS)
def test_invalid_event_is_rejected_with_its_number(case: str) -> None:
    dates, message = INVALID_EVENTS[case]
    with pytest.raises(FileFormatError) as caught:
        read(document(dates))
    assert message in str(caught.value)
    assert caught.value.position == 1


INVALID_DOCUMENTS = {
    "an entity": '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "a file": '<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>',
    "many laughs": '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    "depth": "<a>" * 10_000,
    "no end": "<a>",
    "nothing": "",
    "an entity nobody declared": "<a>&nbsp;</a>",
    "a namespace nobody declared": "<x:a/>",
}


@pytest.mark.parametrize("case", INVALID_DOCUMENTS)
def test_broken_document_or_one_with_declarations_is_rejected(case: str) -> None:
    with pytest.raises(FileFormatError, match="not XML that can be read"):
        read(INVALID_DOCUMENTS[case])


def test_document_over_the_limits_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("summitry.formats.profiles.eventsml.LARGEST", 100)
    with pytest.raises(FileFormatError, match="more than 100 characters"):
        read(document("<start>2024</start>"))


def test_event_that_does_not_fit_a_record_is_rejected() -> None:
    with pytest.raises(FileFormatError, match="65536 are admitted"):
        read(document("<start>2024</start>", f"<note>{'x' * 65_536}</note>"))


def test_event_of_another_program_is_a_meeting() -> None:
    details = (
        '<occurStatus qcode="eventoccurstatus:eos3"/>'
        '<participant type="cpnat:person"><name>Xi Jinping</name></participant>'
        "<location><name>Palais</name><POIDetails><address><locality><name>Astana</name></locality>"
        '<country qcode="iso3166-1a2:KZ"/></address></POIDetails></location>'
    )
    (meeting,) = read(document("<start>2024-07</start>", details))
    assert isinstance(meeting, Meeting)
    assert (meeting.name, meeting.ical_uid) == ("calendars/desk/meetings/ex-1", "ex:1")
    assert [(t.text, t.language_code) for t in meeting.titles] == [("Sommet de l'OCS", "fr")]
    assert meeting.certainty == Certainty.CERTAINTY_MAY_OCCUR
    assert meeting.participants[0].person.names[0].text == "Xi Jinping"
    (place,) = meeting.places
    assert (place.region_code, place.localities[0].text, place.venues[0].text) == (
        "KZ",
        "Astana",
        "Palais",
    )
    assert ET.fromstring(meeting.original).tag == f"{{{G2}}}concept"


def test_event_of_another_program_requires_a_calendar() -> None:
    with pytest.raises(FileFormatError, match="--calendar"):
        read(document("<start>2024</start>"), ProfileOptions())


def test_events_of_other_items_than_knowledge_items_are_read() -> None:
    text = document("<start>2024</start>", concept="").replace("knowledgeItem", "newsItem")
    (meeting,) = read(text)
    assert meeting.name == "calendars/desk/meetings/sommet-de-l-ocs-2024"


EDTF = [
    "2024", "2024-07", "2024-22", "202X", "2024-07-XX", "../2024-07-03", "2024-07-03/..", "2024~",
    "2024-06/2024-08", "[2024-07-01..2024-07-10]", "[2024-05-02,2024-09-10]", "2024-07-03?", "20XX",
]  # fmt: skip
DAY = st.sampled_from(["2024-03-31", "2024-07-03", "2024-07-04", "2024-10-27", "1957-12-14"])
ZONES = st.sampled_from(["", "Asia/Almaty", "Europe/Paris"])


@st.composite
def times(draw: Any) -> EventTime:
    """Draw times as the server stores them: resolved."""
    kind = draw(st.sampled_from(["dates", "open start", "open end", "timed", "partial"]))
    first, last = sorted(draw(st.tuples(DAY, DAY)))
    zone = draw(ZONES)
    fields: dict[str, Any] = {}
    if kind == "partial":
        fields["partial"] = {"edtf": draw(st.sampled_from(EDTF)), "time_zone": zone}
    elif kind == "timed":
        point = {"time_zone": zone or "UTC"} if draw(st.booleans()) else {"utc_offset": "+05:30"}
        hour = draw(st.sampled_from(["08:15", "23:59:30"]))
        fields["timed"] = {"start": {"civil_time": f"{first}T{hour}", **point}}
        if draw(st.booleans()):
            fields["timed"]["end"] = {"civil_time": f"{last}T23:59:59", **point}
    else:
        span = {"first_date": first, "last_date": last, "time_zone": zone}
        span |= {"open start": {"first_date": ""}, "open end": {"last_date": ""}}.get(kind, {})
        fields["dates"] = span
    if "end" in fields.get("timed", {}) or kind == "dates":
        fields["end_unconfirmed"] = draw(st.booleans())
    fields["start_unconfirmed"] = kind != "open start" and draw(st.booleans())
    meeting = Meeting(name="calendars/desk/meetings/m", ical_uid="u")
    json_format.ParseDict(fields, meeting.time)
    prepare(meeting, "meeting", default_database())
    return meeting.time


@given(time=times())
def test_time_is_read_as_written(time: EventTime) -> None:
    meeting = Meeting(name="calendars/desk/meetings/m", ical_uid="u", time=time)
    (back,) = read(write(meeting), ProfileOptions())
    prepare(back, "meeting", default_database())
    assert back.time == time


@given(edtf=st.sampled_from(EDTF))
def test_partial_date_is_written_with_its_range(edtf: str) -> None:
    meeting = Meeting(name="calendars/desk/meetings/m", ical_uid="u")
    meeting.time.partial.edtf = edtf
    root = ET.fromstring(write(meeting))
    (start,) = root.iter(f"{{{G2}}}start")
    assert start.text and start.text[:2] in ("20", "19")
    assert start.get("approxstart") or start.get("approxend")


def test_sample_is_read_as_written(admit: Any) -> None:
    records = []
    for path in sorted(SAMPLES.glob("*.yaml")):
        for _, record in read_records(path):
            if not isinstance(record, Calendar):
                record.ical_uid = record.ical_uid or record.name
                admit(record)
                records.append(record)
    back = read(write(*records), ProfileOptions())
    assert len(back) == len(records) > 25
    for original, restored in zip(records, back, strict=True):
        assert restored.DESCRIPTOR.full_name == original.DESCRIPTOR.full_name
        for name in ("name", "ical_uid", "titles", "summaries", "status", "certainty"):
            assert getattr(restored, name) == getattr(original, name), name
        assert restored.HasField("time") == original.HasField("time")
        admit(restored)
        assert restored.time == original.time
        assert [p.region_code for p in restored.places] == [p.region_code for p in original.places]
        assert not restored.original, (
            "an import of our own document leaves the source's entry alone"
        )


def test_character_outside_xml_is_marked_and_restored() -> None:
    meeting = Meeting(name="calendars/desk/meetings/m", ical_uid="u", original="x")
    meeting.titles.add(text="a < b & c \ufffe", language_code="en")
    meeting.summaries.add(text="two\nlines", language_code="en")
    text = write(meeting)
    assert '<name xml:lang="en">a &lt; b &amp; c \ufffd</name>' in text
    (back,) = read(text, ProfileOptions())
    assert (back.titles[0].text, back.summaries[0].text) == ("a < b & c \ufffe", "two\nlines")
    assert not back.HasField("time")


PARTICIPANT: dict[str, Any] = {
    "party": {"id": "china", "region_code": "CN", "names": [{"text": "China"}]},
    "person": {
        "id": "xi-jinping",
        "names": [{"text": "Xi Jinping"}],
        "offices": [{"text": "President of China"}],
    },
    "status": "PARTICIPATION_STATUS_CONFIRMED",
}
PLACE: dict[str, Any] = {
    "id": "palace",
    "venues": [{"text": "Palace"}],
    "region_code": "KZ",
    "position": {"latitude": 51.128, "longitude": -0.00001},
}


def test_person_of_a_party_is_one_participant_with_its_id() -> None:
    fields = {"participants": [PARTICIPANT], "places": [PLACE]}
    meeting = json_format.ParseDict(fields, Meeting(name="calendars/desk/meetings/m", ical_uid="u"))
    text = write(meeting)
    root = ET.fromstring(text)
    (participant,) = root.iter(f"{{{G2}}}participant")
    assert participant.get("uri") == "tag:summitry.v1,2024:person:xi-jinping"
    (affiliation,) = participant.iter(f"{{{G2}}}affiliation")
    assert affiliation.get("uri") == "tag:summitry.v1,2024:organisation:china"
    (position,) = root.iter(f"{{{G2}}}position")
    assert (position.get("latitude"), position.get("longitude")) == ("51.128", "-0.00001")
    assert read(text, ProfileOptions()) == [meeting]


EDITS = {
    "a title": (">Talks<", ">Negotiations<", "titles"),
    "a day": (">2024-07-04<", ">2024-07-05<", "time"),
    "a status": (">EVENT_STATUS_CONFIRMED<", ">EVENT_STATUS_ANNOUNCED<", "status"),
    "a name of a person": (">Xi Jinping<", ">Xi<", "participants"),
}


@pytest.mark.parametrize("case", EDITS)
def test_edit_of_a_standard_element_is_read_and_other_fields_stay(case: str) -> None:
    fields = {
        "titles": [{"text": "Talks", "language_code": "en"}],
        "time": {"dates": {"first_date": "2024-07-03", "last_date": "2024-07-04"}},
        "status": "EVENT_STATUS_CONFIRMED",
        "labels": {"tags": "a"},
        "participants": [PARTICIPANT],
        "places": [PLACE],
    }
    meeting = json_format.ParseDict(fields, Meeting(name="calendars/desk/meetings/m", ical_uid="u"))
    old, new, field = EDITS[case]
    text = write(meeting)
    assert text.count(old) == 1
    (back,) = read(text.replace(old, new), ProfileOptions())
    changed = [
        field_descriptor.name
        for field_descriptor in Meeting.DESCRIPTOR.fields
        if getattr(back, field_descriptor.name) != getattr(meeting, field_descriptor.name)
    ]
    assert changed == [field]


def test_records_for_another_calendar_refer_to_records_there() -> None:
    meeting = Meeting(
        name="calendars/desk/meetings/m", ical_uid="u", parent_event="calendars/desk/summits/s"
    )
    (back,) = read(write(meeting), ProfileOptions("calendars/other"))
    assert (back.name, back.parent_event) == (
        "calendars/other/meetings/m",
        "calendars/other/summits/s",
    )


def test_unknown_field_is_rejected() -> None:
    text = write(Meeting(name="calendars/desk/meetings/m", ical_uid="u", illustrative=True))
    with pytest.raises(FileFormatError, match="'original' is no field"):
        read(text.replace('name="illustrative"', 'name="original"'), ProfileOptions())

"""What holds for every record: readers that are not ours get back what the record says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from io import StringIO
from typing import Any

import icalendar
import vobject
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st

from summitry.ical import Options, render_calendar, render_fragment, render_fragments
from summitry.ical.text import clean, one_line
from summitry.time import resolve
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.meeting_pb2 import Meeting
from summitry.zones import default_database, format_civil

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = (
    "Asia/Almaty",
    "Europe/Paris",
    "America/New_York",
    "Africa/Casablanca",
    "Asia/Calcutta",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Havana",
    "Etc/UTC",
)
TEXTS = st.text(
    st.one_of(st.sampled_from('\\;,:"^\n\t nN'), st.characters(exclude_categories=["Cs"])),
    max_size=60,
)
WALLS = st.integers(-1_000_000_000, 4_000_000_000).map(lambda wall: wall // 60 * 60)


@st.composite
def times(draw: st.DrawFn) -> dict[str, Any]:
    wall, length = draw(WALLS), draw(st.integers(0, 10 * 86400))
    form = draw(st.sampled_from(("wall", "offset", "instant", "dates")))
    if form == "dates":
        first = date(1970, 1, 1) + timedelta(days=wall // 86400)
        last = first + timedelta(days=length // 86400)
        return {"dates": {"first_date": first.isoformat(), "last_date": last.isoformat()}}
    points = []
    for moment in (wall, wall + length + 2 * 86400):
        if form == "wall":
            zone = draw(st.sampled_from(ZONES))
            choice = draw(st.sampled_from((1, 2, 3)))
            civil = format_civil(moment)
            points.append({"civil_time": civil, "time_zone": zone, "disambiguation": choice})
        elif form == "offset":
            points.append({"civil_time": format_civil(moment), "utc_offset": "+01:00"})
        else:
            points.append({"instant": {"seconds": moment}})
    return {"timed": {"start": points[0], "end": points[1]}}


@st.composite
def meetings(draw: st.DrawFn) -> Meeting:
    number = draw(st.integers(0, 10**6))
    record = Meeting(
        name=f"calendars/c/meetings/m-{number}",
        ical_uid=f"{number}@example.org",
        revision=draw(st.integers(1, 10**6)),
        sequence=draw(st.integers(0, 99)),
        titles=[{"text": draw(TEXTS), "language_code": "en"}],
        summaries=[{"text": draw(TEXTS), "language_code": "en"}],
        status=draw(st.integers(0, 12)),
        kind=draw(st.integers(0, 32)),
        time=draw(times()),
        places=[{"source_text": draw(TEXTS)}],
        sources=[{"id": "s", "publisher": draw(TEXTS), "url": "https://a.example/" + draw(TEXTS)}],
        participants=[{"person": {"source_text": draw(TEXTS)}}],
        outcomes=[{"source_text": draw(TEXTS), "count": draw(st.integers(0, 20))}],
    )
    record.create_time.seconds = 1_719_800_000
    record.update_time.seconds = 1_719_900_000
    resolve(record.time, default_database())
    return record


def render(record: Meeting) -> bytes:
    return render_calendar(Calendar(name="calendars/c"), [record], profile="rich")


def read(data: bytes) -> icalendar.Event:
    calendar = icalendar.Calendar.from_ical(data)
    assert [part.errors for part in calendar.walk() if part.errors] == []
    (event,) = calendar.walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    return event


def instant_of(value: Any, zones: dict[str, tzinfo]) -> int:
    """Resolve by the VTIMEZONE in the file: icalendar takes the zone of its own database."""
    key = value.params.get("TZID")
    when = value.dt.replace(tzinfo=zones[key]) if key in zones else value.dt
    return int((when - EPOCH).total_seconds())


@given(meetings())
def test_days_are_read_as_stored(record: Meeting) -> None:
    event = read(render(record))
    if record.time.HasField("dates"):
        assert event["DTSTART"].dt.isoformat() == record.time.dates.first_date
        last = event["DTEND"].dt - timedelta(days=1)
        assert last.isoformat() == record.time.dates.last_date


@given(meetings())
def test_file_alone_gives_the_instants(record: Meeting) -> None:
    data = render(record)
    blocks = icalendar.Calendar.from_ical(data).walk("VTIMEZONE")
    zones = {str(part["TZID"]): tzical(StringIO(part.to_ical().decode())).get() for part in blocks}
    event, interval = read(data), record.time.resolved.interval
    if record.time.HasField("timed"):
        assert instant_of(event["DTSTART"], zones) == interval.start_time.seconds
        assert instant_of(event["DTEND"], zones) == interval.end_time.seconds


@given(meetings())
def test_wall_time_keeps_its_zone_and_clock(record: Meeting) -> None:
    start = record.time.timed.start
    value = read(render(record))["DTSTART"]
    if start.time_zone and "TZID" in value.params:
        assert value.params["TZID"] == start.time_zone
        assert value.dt.replace(tzinfo=None).isoformat() == start.civil_time


@given(meetings())
def test_icalendar_reads_the_same_texts(record: Meeting) -> None:
    event = read(render(record))
    assert str(event["UID"]) == record.ical_uid
    assert event["SEQUENCE"] == record.sequence
    assert one_line(record.titles[0].text) in str(event["SUMMARY"])
    assert clean(record.summaries[0].text).strip() in str(event["DESCRIPTION"])
    assert one_line(record.places[0].source_text) == str(event.get("LOCATION", ""))


@given(meetings())
def test_vobject_reads_the_same_file(record: Meeting) -> None:
    calendar = vobject.readOne(render(record).decode())
    calendar.validate(raiseException=True)
    assert calendar.vevent.uid.value == record.ical_uid
    assert one_line(record.titles[0].text) in calendar.vevent.summary.value


@given(meetings())
def test_every_tzid_is_declared_and_every_line_is_short(record: Meeting) -> None:
    data = render(record)
    calendar = icalendar.Calendar.from_ical(data)
    declared = {str(part["TZID"]) for part in calendar.walk("VTIMEZONE")}
    (event,) = calendar.walk("VEVENT")
    used = {
        event[name].params["TZID"]
        for name in ("DTSTART", "DTEND")
        if name in event and "TZID" in event[name].params
    }
    assert used - {"UTC"} <= declared
    lines = data.split(b"\r\n")
    assert lines[-1] == b"" and all(lines[:-1])
    assert all(len(line) <= 75 and not set(line) & {10, 13, 0, 127} for line in lines)


@given(meetings())
def test_bytes_depend_only_on_the_record(record: Meeting) -> None:
    again = Meeting.FromString(record.SerializeToString())
    assert render(again) == render(record)


@given(st.lists(meetings(), max_size=5, unique_by=lambda record: record.name))
def test_reusable_fragments_are_returned_unchanged(records: list[Meeting]) -> None:
    first = render_fragments(records)
    again = render_fragments(records, reusable=first)
    assert all(again[key] is first[key] for key in first) and again.keys() == first.keys()
    assert [fragment for fragment in first.values() if fragment] == [
        fragment for record in records if (fragment := render_fragment(record, Options()))
    ]

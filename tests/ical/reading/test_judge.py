"""The values of events as icalendar reads them, and the page of the docs that lists what is read."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Event, vText

from summitry.ical.reading import value_parsers
from summitry.ical.reading.components import OF_CALENDARS, OF_EVENTS, split
from summitry.ical.reading.properties import Properties
from summitry.ical.text import unescape
from tests.ical.reading.files import calendar

TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029"))
WHOLE = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(
    lambda wall: wall.replace(microsecond=0)
)
LENGTHS = st.timedeltas(timedelta(0), timedelta(days=3660)).map(
    lambda length: timedelta(days=length.days, seconds=length.seconds)
)


@given(TEXTS, WHOLE, st.dates(date(1900, 1, 1), date(2200, 1, 1)), LENGTHS)
def test_values_equal_those_that_icalendar_writes(
    text: str, wall: datetime, day: date, length: timedelta
) -> None:
    event = Event()
    event.add("UID", "u")
    event.add("DTSTART", wall)
    event.add("RECURRENCE-ID", day)
    event.add("DURATION", length)
    event.add("SUMMARY", vText(text, params={"LANGUAGE": "fr"}))
    body = event.to_ical().decode()
    (component,) = split(f"BEGIN:VCALENDAR\r\n{body}END:VCALENDAR\r\n".encode()).events
    properties = Properties(component.lines)
    assert value_parsers.stamp(properties.value("DTSTART")) == (wall, False, False)
    assert value_parsers.stamp(properties.value("RECURRENCE-ID")).wall.date() == day
    duration = value_parsers.duration(properties.value("DURATION"))
    assert timedelta(days=duration.days, seconds=duration.seconds) == length
    summary = properties.single("SUMMARY")
    assert summary is not None and summary.parameters == {"LANGUAGE": "fr"}
    # icalendar takes \\N for a line break when it writes, as in "C:\\News".
    assert unescape(summary.value) == text.replace("\\N", "\n")


def test_page_lists_exactly_the_properties_that_are_read() -> None:
    page = (Path(__file__).parents[3] / "docs" / "ics-import.md").read_text(encoding="utf-8")
    table = page.partition("| in the file |")[2].partition("\n\n")[0]
    firsts = "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    documented = set(re.findall(r"`([A-Z][A-Z-]+)[`:]", firsts)) - {"LANGUAGE"}
    assert documented == {*OF_EVENTS, *OF_CALENDARS}


def test_event_contains_only_the_lines_that_are_read() -> None:
    (component,) = split(calendar("UID:u\nATTENDEE:x\nX-A:b\nDTSTART:20260302T090000Z")).events
    assert set(component.lines) == {"UID", "DTSTART"}
    assert b"ATTENDEE:x" in component.text

"""Wall times that occur twice or not at all are UTC in every format, zone and style."""

from __future__ import annotations

import json
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.ical import Options, render_calendar
from summitry.ical.jcal import render_jcal
from summitry.ical.jscalendar import render_jscalendar
from summitry.ical.times import place_event
from summitry.time import resolve
from summitry.v1.meeting_pb2 import Meeting
from summitry.zones import TzDb, Zone, default_database, format_civil, parse_civil

START, END = parse_civil("1971-01-01T00:00"), parse_civil("2040-01-01T00:00")
CHOICES = ("EARLIER", "LATER", "COMPATIBLE")


def breaks(zone: Zone) -> list[int]:
    """Wall times, the first of each gap and fold of a zone."""
    return [wall for wall in zone.wall_breaks(START, END) if zone.candidates(wall)[2] != "normal"]


def timed(zone: str, wall: int, end: int, choice: str) -> Meeting:
    meeting = Meeting()
    time = meeting.time
    for point, civil in ((time.timed.start, wall), (time.timed.end, end)):
        point.civil_time, point.time_zone = format_civil(civil), zone
        point.disambiguation = f"DISAMBIGUATION_{choice}"
    resolve(time, default_database())
    return meeting


def test_gaps_and_folds_of_every_zone_are_utc(db: TzDb) -> None:
    """Check each gap and fold of each zone from 1971 to 2039, in each style, at both ends."""
    count = 0
    for key in db.ids:
        for wall in breaks(db.zone(key))[::5]:
            for choice in CHOICES:
                meeting = timed(key, wall, wall + 86_400 * 20, choice)
                for style in ("auto", "local"):
                    placement = place_event(meeting, Options(times=style), db)
                    assert placement is not None and placement.lines[0].startswith("DTSTART:"), (
                        key,
                        wall,
                    )
                    assert placement.start_zone == ""
                count += 1
    assert count > 5000


ZONES = sorted(key for key in default_database().ids if breaks(default_database().zone(key)))


@given(data=st.data())
def test_wall_time_has_a_tzid_exactly_where_it_is_unique(data: Any) -> None:
    """Around a clock change a TZID is written where, and only where, the wall time occurs once."""
    db = default_database()
    key = data.draw(st.sampled_from(ZONES))
    zone = db.zone(key)
    wall = data.draw(st.sampled_from(breaks(zone))) + data.draw(st.integers(-7200, 7200))
    meeting = timed(key, wall, wall + 20 * 86_400, data.draw(st.sampled_from(CHOICES)))
    placement = place_event(meeting, Options(times="local"), db)
    assert placement is not None
    is_plain = zone.candidates(wall)[2] == "normal"
    assert placement.start_zone == (key if is_plain else "")
    expected = zone.wall_at(placement.start) if is_plain else placement.start
    assert placement.lines[0].rpartition(":")[2].rstrip("Z") == format_civil(expected).translate(
        BASIC
    )


BASIC = {ord("-"): "", ord(":"): ""}


FOLD = {"civil_time": "2027-10-31T02:30", "time_zone": "Europe/Paris"}
END_OF_FOLD = {**FOLD, "civil_time": "2027-10-31T02:45"}


@pytest.mark.parametrize(("choice", "hour"), [("EARLIER", 0), ("LATER", 1)])
@pytest.mark.parametrize("style", ["auto", "local", "utc"])
def test_fold_is_utc_in_each_format(make: Any, choice: str, hour: int, style: str) -> None:
    disambiguation = {"disambiguation": f"DISAMBIGUATION_{choice}"}
    time = {
        "timed": {"start": {**FOLD, **disambiguation}, "end": {**END_OF_FOLD, **disambiguation}}
    }
    calendar, records = make("calendars/c"), [make("meetings/m", time=time)]
    for profile in ("core", "rich"):
        file = render_calendar(calendar, records, profile=profile, times=style)
        (event,) = icalendar.Calendar.from_ical(file).walk("VEVENT")
        assert event["DTSTART"].to_ical() == f"20271031T0{hour}3000Z".encode()
        assert event["DTEND"].to_ical() == f"20271031T0{hour}4500Z".encode()
    (entry,) = json.loads(render_jscalendar(calendar, records, times=style))["entries"]
    assert (entry["start"], entry["timeZone"]) == (f"2027-10-31T0{hour}:30:00", "Etc/UTC")
    assert entry["duration"] == "PT15M"
    text = render_jcal(calendar, records, times=style).decode()
    assert f'["dtstart",{{}},"date-time","2027-10-31T0{hour}:30:00Z"]' in text

"""The parsers of Python: no error, and the same instants. `ical` is that of Home Assistant."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import icalendar
import pytest
import vobject

from summitry.ical.lint import lint

MANY = 10**6 if os.environ.get("SUMMITRY_SOAK") == "1" else 60


def moment(value: date | None) -> int | str | None:
    if isinstance(value, datetime):
        assert value.tzinfo is not None, "no floating times"
        return int(value.timestamp())
    return None if value is None else value.isoformat()


def by_icalendar(text: str) -> Any:
    calendar = icalendar.Calendar.from_ical(text.encode())
    assert isinstance(calendar, icalendar.Calendar)
    calendar.validate()
    assert [part.errors for part in calendar.walk() if part.errors] == []
    for event in calendar.events:
        end = event.get("DTEND")
        yield str(event["UID"]), event["DTSTART"].dt, end.dt if end else None


def by_ical(text: str) -> Any:
    stream = pytest.importorskip("ical.calendar_stream", reason="no ical; make install has it")
    for event in stream.IcsCalendarStream.calendar_from_ics(text).events:
        yield event.uid, event.dtstart, event.dtend


def by_ics(text: str) -> Any:
    ics = pytest.importorskip("ics", reason="no ics; make install has it")
    for event in ics.Calendar(text).events:
        start, end = event.begin.datetime, event.end.datetime
        if event.all_day:
            start, end = start.date(), end.date()
        yield event.uid, start, end if end != start else None


def by_vobject(text: str) -> Any:
    zones = vars(vobject.icalendar)["__tzidMap"]  # it keeps those of other files
    for key in set(zones) - {"UTC"}:
        del zones[key]
    calendar = vobject.readOne(text)
    calendar.validate(raiseException=True)
    for event in calendar.vevent_list:
        end = event.dtend.value if hasattr(event, "dtend") else None
        yield event.uid.value, event.dtstart.value, end


READERS: list[Callable[[str], Any]] = [by_icalendar, by_ical, by_ics, by_vobject]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_core_feed_has_the_same_instants_and_no_error(
    feed: Any, reader: Callable[[str], Any]
) -> None:
    judged = feed.part(MANY)
    read = {uid: (moment(start), moment(end)) for uid, start, end in reader(judged.data.decode())}
    assert read.keys() == judged.facts.keys()
    for uid, (start, end) in judged.facts.items():
        assert read[uid][0] == start
        assert end is None or read[uid][1] == end


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_rich_feed_has_the_same_instants_and_no_error(
    rich_feed: Any, reader: Callable[[str], Any]
) -> None:
    starts = {uid: moment(start) for uid, start, _ in reader(rich_feed.data.decode())}
    assert starts == {uid: start for uid, (start, _) in rich_feed.facts.items()}


def test_lint_reports_only_size_or_zone_form_of_a_core_feed(feed: Any) -> None:
    assert {finding.rule for finding in lint(feed.data)} <= {"size", "zone-simple"}
    assert b"BEGIN:VEVENT" in feed.data


def test_lint_reports_only_the_zone_form_of_a_rich_feed(rich_feed: Any) -> None:
    assert {finding.rule for finding in lint(rich_feed.data)} <= {"zone-simple"}

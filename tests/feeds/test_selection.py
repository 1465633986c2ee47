"""Settings of a feed: filter, detail, languages, windows that move, bounds that are announced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import icalendar
import pytest

from summitry.time import resolve
from summitry.v1.feed_pb2 import Feed
from summitry.v1.summit_pb2 import Summit
from summitry.zones import default_database

DAY = 86_400
JULY_3 = 1_719_964_800
FEED = "/feeds/astana/f.ics"


def titles(body: bytes) -> list[str]:
    return [str(part["SUMMARY"]) for part in icalendar.Calendar.from_ical(body).walk("VEVENT")]


def head(body: bytes) -> Mapping[str, Any]:
    calendar = icalendar.Calendar.from_ical(body)
    return {name: calendar[name] for name in calendar}


def test_a_public_feed_by_its_name(site: Any) -> None:
    site.source.feed(
        "astana",
        "f",
        titles=[
            {"text": "Press", "language_code": "en"},
            {"text": "Presse", "language_code": "fr"},
        ],
        summaries=[{"text": "For the press", "language_code": "en"}],
        languages=["fr", "en"],
        color="gold",
    )
    reply = site.get(FEED)
    properties = head(reply.body)
    assert (properties["X-WR-CALNAME"], properties["COLOR"]) == ("Presse", "gold")
    assert head(site.get(FEED + "?lang=en").body)["X-WR-CALNAME"] == "Press"
    refused = site.get(FEED + "?lang=ru")
    assert (refused.status, refused.body) == (400, b"lang must be one of: fr, en\n")
    uids = {
        head(site.get(f"{path}?profile=rich").body)["UID"] for path in (FEED, "/feeds/astana.ics")
    }
    assert len(uids) == 2


@pytest.mark.parametrize("path", ["/feeds/astana/none.ics", "/feeds/none/f.ics", "/feeds//f.ics"])
def test_no_feed_of_that_name(site: Any, path: str) -> None:
    assert site.get(path).status == 404


def test_a_feed_of_a_calendar_that_is_not_public(site: Any) -> None:
    site.source.add("inner", visibility=2)
    site.source.feed("inner", "f")
    assert site.get("/feeds/inner/f.ics").status == 404


def test_a_filter_admits_members_alone(site: Any) -> None:
    site.source.feed("astana", "f")
    name = "calendars/astana/meetings/talks"
    site.source.members["astana"]["f"] = frozenset({name, "calendars/astana/meetings/none"})
    site.source.step("astana")
    assert titles(site.get(FEED).body) == ["Talks"]


def test_filter_that_a_feed_gets_or_loses_counts_for_all_records(site: Any) -> None:
    """The records stay as they are; only who admits them has changed."""
    site.source.feed("astana", "f")
    whole = titles(site.get(FEED).body)
    site.source.members["astana"]["f"] = frozenset()
    site.source.step("astana")
    assert titles(site.get(FEED).body) == []
    del site.source.members["astana"]["f"]
    site.source.step("astana")
    assert titles(site.get(FEED).body) == whole != []


def test_detail_events_has_no_items(site: Any) -> None:
    summit = Summit(name="calendars/astana/summits/s", ical_uid="s", titles=[{"text": "Summit"}])
    summit.time.dates.first_date = summit.time.dates.last_date = "2024-07-03"
    site.source.keep("astana", summit)
    site.source.feed("astana", "f", detail="FEED_DETAIL_EVENTS")
    assert titles(site.get(FEED).body) == ["Summit"]


@pytest.mark.parametrize(
    ("fields", "query", "expected"),
    [
        ({}, "", b"DTSTART;TZID=Asia/Almaty"),
        ({"time_style": "TIME_STYLE_UTC"}, "", b"DTSTART:20240703T050000Z"),
        ({"time_style": "TIME_STYLE_UTC"}, "?tz=local", b"DTSTART;TZID=Asia/Almaty"),
        ({"profile": "FEED_PROFILE_RICH"}, "", b"SUMMARY"),
    ],
)
def test_query_overrides_the_options_of_a_feed(
    site: Any, fields: dict[str, Any], query: str, expected: bytes
) -> None:
    site.source.feed("astana", "f", **fields)
    assert expected in site.get(FEED + query).body


@pytest.fixture
def moving(site: Any) -> Any:
    """Return a site whose feed has one day back and two ahead; A is on 13 July 2024, B on the 14th."""
    site.source.add("w")
    site.source.put("w", "a", "A", day=13)
    site.source.put("w", "b", "B", day=14)
    site.source.feed("w", "f", window={"days_before": 1, "days_after": 2})
    return site


def test_a_window_moves_with_the_days(moving: Any, feed_clock: Any) -> None:
    observations = []
    for day in range(10, 18):
        feed_clock.time = JULY_3 + (day - 3) * DAY
        reply = moving.get("/feeds/w/f.ics")
        observations.append(("".join(titles(reply.body)), reply.headers["last-modified"][5:11]))
    assert [names for names, _ in observations] == ["", "A", "AB", "AB", "AB", "B", "", ""]
    dates = ["01 Jul", "10 Jul", "11 Jul", "12 Jul", "12 Jul", "14 Jul", "15 Jul", "16 Jul"]
    assert [date for _, date in observations] == dates, (
        "when something came or went, a second before"
    )


NOON = DAY // 2


def shown_on(site: Any, clock: Any, record: Any) -> list[int]:
    """Return the days of July 2024, by UTC, on which a feed of today alone shows a record."""
    site.source.add("edge")
    site.source.keep("edge", record)
    site.source.feed("edge", "today", window={"days_before": 0, "days_after": 0})
    days = []
    for day in range(1, 10):
        for moment in (0, NOON, DAY - 1):
            clock.time = JULY_3 + (day - 3) * DAY + moment
            if titles(site.get("/feeds/edge/today.ics").body):
                days.append(day)
    assert all(days.count(day) == 3 for day in days), "from midnight to midnight"
    return sorted(set(days))


@pytest.mark.parametrize("zone", ["", "UTC", "Pacific/Kiritimati", "Pacific/Niue", "Asia/Almaty"])
def test_days_are_in_a_window_by_their_date_in_every_zone(
    site: Any, feed_clock: Any, zone: str
) -> None:
    """3 July is 3 July, though in Kiritimati it begins at 10:00 UTC on the 2nd."""
    feed_clock.time = JULY_3
    summit = Summit(name="calendars/edge/summits/s", ical_uid="s")
    summit.time.dates.first_date, summit.time.dates.last_date = "2024-07-03", "2024-07-04"
    summit.time.dates.time_zone = zone
    resolve(summit.time, default_database())
    assert shown_on(site, feed_clock, summit) == [3, 4]


@pytest.mark.parametrize(
    ("start", "end", "zone", "days"),
    [
        ("2024-07-03T00:00", "2024-07-04T00:00", "UTC", [3]),
        ("2024-07-03T23:59", "2024-07-04T00:01", "UTC", [3, 4]),
        ("2024-07-03T00:00", "", "UTC", [3]),
        ("2024-07-03T10:00", "2024-07-03T12:00", "Pacific/Kiritimati", [2]),
        ("2024-07-03T13:30", "2024-07-03T14:30", "Pacific/Kiritimati", [2, 3]),
        ("2024-07-03T20:00", "2024-07-03T22:00", "Pacific/Niue", [4]),
    ],
    ids=[
        "midnight-to-midnight",
        "over-midnight",
        "moment",
        "far-east",
        "far-east-edge",
        "far-west",
    ],
)
def test_hours_are_in_a_window_by_their_days_in_utc(
    site: Any, feed_clock: Any, start: str, end: str, zone: str, days: list[int]
) -> None:
    feed_clock.time = JULY_3
    summit = Summit(name="calendars/edge/summits/s", ical_uid="s")
    span = summit.time.timed
    span.start.civil_time, span.start.time_zone = start, zone
    if end:
        span.end.civil_time, span.end.time_zone = end, zone
    resolve(summit.time, default_database())
    assert shown_on(site, feed_clock, summit) == days


def test_between_its_moments_a_window_changes_no_tag(moving: Any, feed_clock: Any) -> None:
    feed_clock.time = JULY_3 + 9 * DAY
    etag = moving.get("/feeds/w/f.ics").headers["etag"]
    feed_clock.time = JULY_3 + 12 * DAY - 1
    assert moving.get("/feeds/w/f.ics", If_None_Match=etag).status == 304
    feed_clock.time += 1
    assert moving.get("/feeds/w/f.ics", If_None_Match=etag).status == 200


def test_a_window_is_announced(site: Any) -> None:
    site.source.feed("astana", "f", window={"days_before": 7, "days_after": 365})
    text = head(site.get(FEED).body)["X-WR-CALDESC"]
    assert text == "Shows events from 7 days ago to 365 days ahead."


@pytest.mark.parametrize(
    ("bound", "count"),
    [({"max_events": 2}, 2), ({"max_bytes": 65_536}, 3)],
    ids=["events", "bytes"],
)
def test_bounds_keep_the_latest_and_are_announced(
    site: Any, bound: dict[str, int], count: int
) -> None:
    long = "x" * 20_000 if "max_bytes" in bound else ""
    for day in range(5, 9):
        site.source.put("astana", f"day-{day}", f"Day {day}{long}", day=day)
    site.source.feed("astana", "f", **bound)
    reply = site.get(FEED + "?lang=en")
    prefixes = [title[:5] for title in titles(reply.body)]
    assert prefixes == [f"Day {day}" for day in range(9 - count, 9)]
    note = f"Shows the latest {count} of 6 events; earlier ones are left out."
    assert head(reply.body)["DESCRIPTION"] == note
    assert reply.headers["x-summitry-omitted"] == str(6 - count)
    assert "x-summitry-omitted" not in site.get("/feeds/astana.ics").headers


def test_a_record_with_a_broken_date_leaves_the_rest(
    site: Any, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Summit(name="calendars/astana/summits/s", ical_uid="s", titles=[{"text": "Summit"}])
    broken.time.dates.first_date = broken.time.dates.last_date = "2024-13-45"
    site.source.keep("astana", broken)
    site.source.feed("astana", "f", window={"days_before": 36_500, "days_after": 36_500})
    reply = site.get(FEED)
    assert reply.status == 200 and titles(reply.body) == ["Talks", "Plenary"]
    assert "summits/s cannot be rendered" in caplog.text
    assert b"records_left_out 1" in site.get("/readyz").body


def test_a_clock_that_goes_back_takes_no_date_back(site: Any, feed_clock: Any) -> None:
    """Dates are those of the log, which never goes back, whatever the machine's clock does."""
    first = site.get("/feeds/astana.ics")
    feed_clock.time -= 1_000_000
    site.source.step("astana", seconds=0)
    second = site.get("/feeds/astana.ics?lang=fr")
    site.source.put("astana", "new", "New")
    third = site.get("/feeds/astana.ics", If_Modified_Since=first.headers["last-modified"])
    assert third.status == 200
    dates = [reply.headers["last-modified"] for reply in (first, second, third)]
    assert dates[0][5:16] == dates[1][5:16] == dates[2][5:16]
    assert dates[0] >= dates[1] and dates[2] > dates[0]


def test_an_empty_feed_is_whole(site: Any) -> None:
    site.source.feed("astana", "f")
    site.source.members["astana"]["f"] = frozenset()
    site.source.step("astana")
    reply = site.get(FEED)
    assert reply.status == 200
    calendar = icalendar.Calendar.from_ical(reply.body)
    assert [part.name for part in calendar.subcomponents] == ["VTIMEZONE"]


def test_defaults_of_a_feed_are_those_of_its_calendar(site: Any) -> None:
    site.source.feed("astana", "f", **{})
    assert Feed() == Feed(detail=0)
    assert titles(site.get(FEED).body) == titles(site.get("/feeds/astana.ics").body)

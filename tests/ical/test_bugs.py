"""The 25 bugs that feeds of other programs have most often, each against a real service.

The numbers are those of docs/icalendar.md. A test makes the situation in which the bug shows.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import icalendar
import pytest
from google.protobuf import json_format

from summitry import Client
from summitry.ical import render_calendar
from summitry.ical.lint import lint
from summitry.kinds import BY_COLLECTION
from summitry.v1.feed_pb2 import Feed
from summitry.v1.record_pb2 import VerbNote
from summitry.v1.summit_pb2 import Summit

DAYS = {"dates": {"first_date": "2026-07-02", "last_date": "2026-07-06"}}
SUMMIT = "calendars/c/summits/s"
HOSTILE_TEXT = 'Talks, "open"; C:\\News\nEND:VEVENT\x00 <b>bold</b>\u2028next'


def hours(start: str, zone: str, end: str = "") -> dict[str, Any]:
    points = {"start": {"civil_time": start, "time_zone": zone}}
    if end:
        points["end"] = {"civil_time": end, "time_zone": zone}
    return {"timed": points}


class Reply(NamedTuple):
    status: int
    headers: Any
    body: bytes

    @property
    def calendar(self) -> icalendar.Calendar:
        calendar = icalendar.Calendar.from_ical(self.body)
        assert isinstance(calendar, icalendar.Calendar)
        return calendar

    @property
    def events(self) -> dict[str, icalendar.Event]:
        return {str(event["UID"]).partition("@")[0]: event for event in self.calendar.events}

    @property
    def modified(self) -> datetime:
        return parsedate_to_datetime(self.headers["Last-Modified"])

    def lines(self, name: str) -> list[str]:
        text = self.body.replace(b"\r\n ", b"").decode()
        return [line for line in text.split("\r\n") if re.match(rf"{name}[;:]", line)]


class Desk(NamedTuple):
    """A service, and what people do there."""

    service: Any
    client: Client

    def put(self, path: str, **facts: Any) -> Any:
        """Create calendars/c/PATH with `uid` as its last part."""
        collection, _, id_ = path.partition("/")
        title = [{"text": f"About {id_}", "language_code": "en"}]
        facts = {"ical_uid": f"{id_}@example.org", "titles": title, "time": DAYS, **facts}
        record = json_format.ParseDict(facts, BY_COLLECTION[collection].message())
        return self.client.create(record, "calendars/c", id_)

    def get(
        self, query: str = "", method: str = "GET", path: str = "/feeds/c.ics", **headers: str
    ) -> Reply:
        """Fetch a feed as an app does."""
        connection = http.client.HTTPConnection(
            self.service.http.removeprefix("http://"), timeout=60
        )
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path + query, headers=fields)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return Reply(answer.status, answer.headers, body)

    def later(self, seconds: int = 60) -> None:
        self.service.clock.time += seconds


@pytest.fixture
def site(service: Any) -> Iterator[Desk]:
    with Client(service.grpc) as client:
        client.create(BY_COLLECTION["calendars"].message(titles=[{"text": "C"}]), id="c")
        yield Desk(service, client)


def test_01_every_tzid_has_its_vtimezone(site: Desk) -> None:
    for zone in ("Europe/Paris", "Asia/Calcutta", "US/Pacific", "Africa/Cairo"):
        site.put(f"meetings/{zone.lower().replace('/', '-')}", time=hours("2026-07-02T10:00", zone))
    for query in ("", "?tz=local"):
        reply = site.get(query)
        declared = {str(block["TZID"]) for block in reply.calendar.walk("VTIMEZONE")}
        used = set(re.findall(rb"DT(?:START|END);TZID=([^:]+):", reply.body))
        assert {key.decode() for key in used} == declared
        assert len(declared) == (4 if query else 3), "Outlook cannot be told the rules of Cairo"


def test_02_onset_is_written_in_the_offset_before_it(site: Desk) -> None:
    site.put("meetings/m", time=hours("2026-07-02T10:00", "Asia/Almaty"))
    site.put("meetings/n", time=hours("2026-07-02T10:00", "Europe/Berlin"))
    text = site.get().body
    assert b"DTSTART:20240301T000000\r\nTZOFFSETFROM:+0600\r\nTZOFFSETTO:+0500\r\n" in text
    assert re.search(rb"DTSTART:\d{4}03\d\dT020000\r\nRRULE:\S+\r\nTZOFFSETFROM:\+0100", text)
    assert re.search(rb"DTSTART:\d{4}10\d\dT030000\r\nRRULE:\S+\r\nTZOFFSETFROM:\+0200", text)


def test_03_vtimezone_has_at_most_a_pair_of_rules(site: Desk) -> None:
    for number, (zone, year) in enumerate(
        (zone, year)
        for zone in ("Africa/Casablanca", "Asia/Almaty", "America/New_York", "Asia/Gaza")
        for year in (2005, 2023, 2026, 2036)
    ):
        site.put(f"meetings/m{number}", time=hours(f"{year}-01-15T10:00", zone))
    reply = site.get()
    assert b"RDATE" not in reply.body and "zone-simple" not in {
        finding.rule for finding in lint(reply.body)
    }
    for block in reply.calendar.walk("VTIMEZONE"):
        kinds = [part.name for part in block.subcomponents]
        assert kinds.count("STANDARD") == 1 and kinds.count("DAYLIGHT") <= 1


@pytest.mark.parametrize("zone", ["GMT", "Etc/GMT-5", "EST5EDT", "Etc/UTC"])
def test_04_tzid_is_a_zone_id_with_its_rules(site: Desk, zone: str) -> None:
    site.put("meetings/m", time=hours("2026-07-02T10:00", zone))
    site.put(
        "meetings/o",
        time={"timed": {"start": {"civil_time": "2026-07-02T10:00", "utc_offset": "+01:00"}}},
    )
    reply = site.get()
    assert reply.lines("DTSTART") == [
        line
        for line in reply.lines("DTSTART")
        if line.startswith("DTSTART:") and line.endswith("Z")
    ]
    assert "DTSTART:20260702T090000Z" in reply.lines("DTSTART")


def test_05_no_time_is_floating(site: Desk) -> None:
    site.put("meetings/a", time=hours("2026-07-02T10:00", "Europe/Paris"))
    site.put("meetings/b", time={"timed": {"start": {"instant": "2026-07-02T10:00:00Z"}}})
    paris = "DTSTART;TZID=Europe/Paris:20260702T100000"
    for query, expected in (
        ("", paris),
        ("?tz=local", paris),
        ("?tz=utc", "DTSTART:20260702T080000Z"),
    ):
        lines = site.get(query).lines("DTSTART")[-2:]
        assert sorted(lines) == sorted([expected, "DTSTART:20260702T100000Z"]), query


def test_06_hour_after_a_change_of_law_is_utc(site: Desk) -> None:
    """Five of six parsers tried read a TZID of Casablanca by data from before September 2026."""
    site.put("meetings/m", time=hours("2026-12-04T09:30", "Africa/Casablanca"))
    reply = site.get()
    assert reply.lines("DTSTART") == ["DTSTART:20261204T093000Z"]
    assert "09:30 (UTC+00:00, Africa/Casablanca)" in str(reply.events["m"]["DESCRIPTION"])


def test_07_bytes_do_not_depend_on_the_clock(site: Desk) -> None:
    site.put("meetings/m", time=hours("2026-07-02T10:00", "Europe/Paris"))
    first = site.get()
    site.later(86400)
    second = site.get()
    assert (second.body, second.headers["ETag"]) == (first.body, first.headers["ETag"])
    stamps = {
        str(event[name].dt)
        for event in first.events.values()
        for name in ("DTSTAMP", "LAST-MODIFIED")
    }
    assert len(stamps) == 1


def test_08_unchanged_feed_is_304(site: Desk) -> None:
    site.put("summits/s")
    site.later()  # within a second there may be another change, which no date could tell
    first = site.get()
    assert first.headers["ETag"] and first.headers["Last-Modified"]
    assert site.get(If_None_Match=first.headers["ETag"]).status == 304
    assert site.get(If_Modified_Since=first.headers["Last-Modified"]).status == 304


def test_09_changed_feed_is_never_304(site: Desk) -> None:
    site.put("summits/s")
    site.later()
    old = site.get()
    site.put("delegations/d", party={"source_text": "Newcomer"}, engagements=[{"event": SUMMIT}])
    site.later()
    new = site.get(
        If_None_Match=old.headers["ETag"], If_Modified_Since=old.headers["Last-Modified"]
    )
    assert new.status == 200 and b"Newcomer" in new.body, "what is shown there, too, is related"
    assert new.modified > old.modified
    site.client.delete("calendars/c/delegations/d")
    site.later()
    newest = site.get(If_Modified_Since=new.headers["Last-Modified"])
    assert newest.status == 200 and newest.modified > new.modified, "it never goes back"
    assert site.get(If_Modified_Since="yesterday").status == 200


def test_10_uid_stays_the_same(site: Desk) -> None:
    created = site.put("summits/s", ical_uid="")
    uid = created.ical_uid
    created.titles[0].text = "Another name"
    created.time.dates.last_date = "2026-07-08"
    site.client.update(created)
    for query in ("", "?lang=fr", "?profile=rich", "?tz=utc", "?partial=span"):
        assert [str(event["UID"]) for event in site.get(query).calendar.events] == [uid]


def test_11_uid_is_globally_unique(site: Desk) -> None:
    message = BY_COLLECTION["calendars"].message
    site.client.create(message(titles=[{"text": "D"}]), id="d")
    uids = set()
    for calendar in ("c", "d"):
        for id_ in ("one", "two"):
            uids.add(
                site.client.create(
                    Summit(titles=[{"text": "T"}]), f"calendars/{calendar}", id_
                ).ical_uid
            )
    assert len(uids) == 4 and all(re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", uid) for uid in uids)
    paths = [f"/feeds/{name}.ics" for name in "cd"]
    calendars = {str(site.get("?profile=rich", path=path).calendar["UID"]) for path in paths}
    assert len(calendars) == 2
    with pytest.raises(Exception, match="ical_uid"):
        site.put("summits/three", ical_uid=uids.pop())


def test_12_change_increments_a_small_sequence(site: Desk) -> None:
    record = site.put("meetings/m", time=hours("2026-07-02T10:00", "Europe/Paris"))
    before = site.get().events["m"]
    site.later()
    record.time.timed.start.civil_time = "2026-07-02T11:00"
    site.client.update(record)
    after = site.get().events["m"]
    assert 0 <= before["SEQUENCE"] < after["SEQUENCE"] < 100
    assert before["LAST-MODIFIED"].dt < after["LAST-MODIFIED"].dt


@pytest.mark.parametrize(("query", "status"), [("", "CANCELLED"), ("?cancelled=mark", "CONFIRMED")])
def test_13_cancelled_event_is_marked_in_every_feed(site: Desk, query: str, status: str) -> None:
    site.put("summits/s")
    before = site.get(query).events["s"]
    site.client.transition("cancel", SUMMIT, VerbNote(reason="storm"))
    after = site.get(query).events["s"]
    assert (before["SUMMARY"], after["SUMMARY"]) == ("About s", "[cancelled] About s")
    assert after["STATUS"] == status and after["SEQUENCE"] > before["SEQUENCE"]
    french = site.get(f"{query or '?'}&lang=fr").events["s"]
    assert french["SUMMARY"] == "[annulé] About s"


def test_14_deleted_event_disappears(site: Desk) -> None:
    site.put("summits/s")
    site.put("summits/t")
    site.later()
    old = site.get()
    site.client.delete(SUMMIT)
    site.later()
    new = site.get(If_None_Match=old.headers["ETag"])
    assert new.status == 200 and list(new.events) == ["t"]
    assert new.modified > old.modified


def test_15_days_end_on_the_day_after_the_last(site: Desk) -> None:
    single_day = {"dates": {"first_date": "2026-12-31", "last_date": "2026-12-31"}}
    site.put("summits/s")
    site.put("summits/one", time=single_day)
    events = site.get().events
    assert (events["s"]["DTSTART"].dt, events["s"]["DTEND"].dt) == (
        date(2026, 7, 2),
        date(2026, 7, 7),
    )
    assert (events["one"]["DTSTART"].dt, events["one"]["DTEND"].dt) == (
        date(2026, 12, 31),
        date(2027, 1, 1),
    )


def test_16_summit_of_days_is_free_time(site: Desk) -> None:
    site.put("summits/s", time={"dates": {**DAYS["dates"], "time_zone": "Asia/Almaty"}})
    event = site.get().events["s"]
    assert type(event["DTSTART"].dt) is date and event["TRANSP"] == "TRANSPARENT"
    assert event["X-MICROSOFT-CDO-ALLDAYEVENT"] == "TRUE"


def test_17_days_and_hours_are_not_mixed(site: Desk) -> None:
    site.put("summits/s")
    site.put("meetings/m", time=hours("2026-07-02T10:00", "Europe/Paris", "2026-07-03T00:00"))
    site.put("notices/n", time={"dates": {"first_date": "2026-07-02", "open_end": True}})
    for query in ("?tz=local", "?tz=utc"):
        types = {
            id_: [type(event[name].dt) for name in ("DTSTART", "DTEND") if name in event]
            for id_, event in site.get(query).events.items()
        }
        assert types == {"s": [date, date], "m": [datetime, datetime], "n": [date]}, query


def test_18_required_properties_are_present(site: Desk) -> None:
    site.put("summits/s", titles=[])
    site.put("notices/n")
    reply = site.get()
    assert {"PRODID", "VERSION", "METHOD"} <= set(reply.calendar)
    for event in reply.calendar.events:
        assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY", "ORGANIZER"} <= set(event)
        assert "ATTENDEE" not in event


def test_19_empty_feed_is_valid(site: Desk) -> None:
    reply = site.get()
    assert reply.status == 200 and lint(reply.body) == []
    assert [part.name for part in reply.calendar.subcomponents] == ["VTIMEZONE"]
    assert not reply.events


def test_20_lines_are_folded_by_octets(site: Desk) -> None:
    text = "Саммит, 峰会; قمة 🇰🇿 e\u0301\\" * 30
    site.put("summits/s", titles=[{"text": text, "language_code": "ru"}])
    reply = site.get()
    assert str(reply.events["s"]["SUMMARY"]) == text
    for line in reply.body.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    assert {finding.rule for finding in lint(reply.body)} == set()


def test_21_lines_end_with_crlf(site: Desk) -> None:
    site.put("summits/s", summaries=[{"text": "a\nb\n\nc", "language_code": "en"}])
    body = site.get().body
    assert body.endswith(b"END:VCALENDAR\r\n") and b"\r\n\r\n" not in body
    assert body.count(b"\n") == body.count(b"\r") == body.count(b"\r\n")


def test_22_text_is_escaped_and_plain(make: Any) -> None:
    """Rendered directly: the service refuses control characters."""
    record = make(
        "meetings/m", titles=[{"text": HOSTILE_TEXT}], summaries=[{"text": HOSTILE_TEXT}], time=DAYS
    )
    data = render_calendar(make("calendars/c"), [record])
    (event,) = Reply(200, {}, data).calendar.events
    assert str(event["SUMMARY"]) == 'Talks, "open"; C:\\News END:VEVENT <b>bold</b> next'
    assert str(event["DESCRIPTION"]).startswith(
        'Talks, "open"; C:\\News\nEND:VEVENT <b>bold</b>\nnext'
    )
    # Tags that were written are kept as text, and an import of others would take them for HTML.
    assert {finding.rule for finding in lint(data)} == {"html", "import"}


def test_23_parameters_are_quoted_and_typed(site: Desk) -> None:
    stream = {
        "url": "https://a.example/live",
        "label": 'A: "B"; C, ^d',
        "relation": "LINK_RELATION_STREAM",
    }
    site.put("summits/s", links=[stream])
    reply = site.get("?profile=rich")
    event = reply.events["s"]
    assert event["CONFERENCE"].params["LABEL"] == 'A: "B"; C, ^d'
    assert str(event["CONFERENCE"]) == "https://a.example/live"
    assert reply.lines("REFRESH-INTERVAL") == ["REFRESH-INTERVAL;VALUE=DURATION:PT1H"]
    assert all(";VALUE=URI;" in line for line in reply.lines("CONFERENCE"))
    assert lint(reply.body) == []


def test_24_large_feed_is_complete_or_states_its_limit(site: Desk) -> None:
    for number in range(60):
        site.put(f"notices/n{number}", summaries=[{"text": "words " * 300, "language_code": "en"}])
    reply = site.get(Accept_Encoding="gzip")
    assert len(reply.body) < 20_000, "and packed it is small"
    assert len(site.get().calendar.events) == 60
    facts = {"titles": [{"text": "F"}], "max_events": 50}
    site.client.create(Feed(**facts), "calendars/c", "f")
    bounded = site.get(path="/feeds/c/f.ics")
    assert len(bounded.calendar.events) == 50
    assert (
        str(bounded.calendar["DESCRIPTION"])
        == "Shows the latest 50 of 60 events; earlier ones are left out."
    )
    address = f"{site.service.http}/feeds/{'c' * 63}.ics?lang=fr&partial=span&profile=rich&tz=local"
    assert len(address) <= 256


def test_25_feed_is_served_to_any_client_without_redirect_or_login(site: Desk) -> None:
    site.put("summits/s")
    for accept in ("*/*", "text/calendar", "text/html", "application/json"):
        reply = site.get(Accept=accept, User_Agent="Some-App/1.0")
        assert reply.status == 200, "no 406, no login page, no redirect"
        assert reply.headers["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
        assert reply.headers["Content-Disposition"].startswith("inline")
        assert "WWW-Authenticate" not in reply.headers and "Set-Cookie" not in reply.headers
    calendar = reply.calendar
    assert calendar["X-PUBLISHED-TTL"] == "PT1H" and "REFRESH-INTERVAL" in calendar
    assert "max-age" in reply.headers["Cache-Control"]
    head = site.get(method="HEAD")
    assert (head.status, head.body) == (200, b"")
    page = site.get(path="/").body.decode()
    assert "webcal://" in page and "webcals://" not in page
    assert b"Disallow" not in site.get(path="/robots.txt").body


def test_broken_record_leaves_out_only_itself(make: Any) -> None:
    whole, broken = (
        make("meetings/a", time=DAYS),
        make("meetings/b", time=hours("2026-07-02T10:00", "Europe/Paris")),
    )
    broken.time.ClearField("resolved")
    failed: list[Any] = []
    data = render_calendar(
        make("calendars/c"), [whole, broken], on_error=lambda record, _: failed.append(record)
    )
    assert failed == [broken] and len(Reply(200, {}, data).events) == 1

"""The feeds over HTTP, by the real server and a plain client."""

from __future__ import annotations

import gzip
import logging
import urllib.request
from email.utils import formatdate
from typing import Any

import icalendar
import pytest

from summitry.v1.meeting_pb2 import Meeting
from summitry.web.feeds import CalendarContent, FeedAccess, bodies, feed_app

FEED = "/feeds/astana.ics"


def events(body: bytes) -> list[str]:
    return [str(part["SUMMARY"]) for part in icalendar.Calendar.from_ical(body).walk("VEVENT")]


def test_feed(shared_site: Any) -> None:
    reply = shared_site.get(FEED)
    assert reply.status == 200
    assert events(reply.body) == ["Talks", "Plenary"]
    expected = {
        "content-type": "text/calendar; charset=utf-8; method=PUBLISH",
        "content-length": str(len(reply.body)),
        "content-disposition": 'inline; filename="calendar.ics"',
        "cache-control": "public, max-age=300",
        "vary": "Accept-Encoding",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "last-modified": formatdate(shared_site.source.states["astana"].modified, usegmt=True),
    }
    assert {name: reply.headers.get(name) for name in expected} == expected
    assert "server" not in reply.headers


def test_head_is_get_without_its_body(shared_site: Any) -> None:
    get, head = shared_site.get(FEED), shared_site.get(FEED, "HEAD")
    assert head.status == 200 and head.body == b""
    get.headers.pop("date"), head.headers.pop("date")
    assert head.headers == get.headers


def test_bytes_and_tag_are_stable_over_restarts(site: Any, source: Any, serve: Any) -> None:
    first = site.get(FEED)
    second = site._replace(port=serve(feed_app(source))).get(FEED)
    assert (second.body, second.headers["etag"]) == (first.body, first.headers["etag"])


def test_gzip(shared_site: Any) -> None:
    plain, packed = shared_site.get(FEED), shared_site.get(FEED, Accept_Encoding="deflate, gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["etag"] != plain.headers["etag"]
    assert "content-encoding" not in shared_site.get(FEED, Accept_Encoding="gzip;q=0").headers


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("form", ["{0}", "W/{0}", '"other", {0}', "*"])
def test_second_fetch_is_304(shared_site: Any, form: str, encoding: str) -> None:
    first = shared_site.get(FEED, Accept_Encoding=encoding)
    loads = shared_site.source.loads
    condition = form.format(first.headers["etag"])
    again = shared_site.get(FEED, Accept_Encoding=encoding, If_None_Match=condition)
    assert (again.status, again.body) == (304, b"")
    for name in ("etag", "last-modified", "cache-control", "vary"):
        assert again.headers[name] == first.headers[name]
    assert shared_site.source.loads == loads


def test_304_needs_no_rendering(
    site: Any, source: Any, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    etag = site.get(FEED).headers["etag"]
    fresh = site._replace(port=serve(feed_app(source)))
    monkeypatch.setattr(bodies, "_compose", None)
    assert fresh.get(FEED, If_None_Match=etag).status == 304
    assert fresh.get(FEED).status == 503, "a body would need it"


def test_a_change_elsewhere_changes_no_tag(site: Any) -> None:
    """Not that of another feed of the calendar either: a tag is made of what is shown."""
    first = site.get(FEED)
    site.source.feed("astana", "press")
    site.source.add("other")
    assert site.get(FEED, If_None_Match=first.headers["etag"]).status == 304


def test_a_tag_of_the_other_encoding_does_not_match(shared_site: Any) -> None:
    plain = shared_site.get(FEED).headers["etag"]
    assert shared_site.get(FEED, Accept_Encoding="gzip", If_None_Match=plain).status == 200


def test_if_modified_since(shared_site: Any) -> None:
    modified = shared_site.source.states["astana"].modified
    for moment, status in ((modified, 304), (modified + 1, 304), (modified - 1, 200)):
        since = formatdate(moment, usegmt=True)
        assert shared_site.get(FEED, If_Modified_Since=since).status == status
    assert shared_site.get(FEED, If_Modified_Since="yesterday").status == 200


def test_if_none_match_silences_if_modified_since(shared_site: Any) -> None:
    since = shared_site.get(FEED).headers["last-modified"]
    reply = shared_site.get(FEED, If_None_Match='"other"', If_Modified_Since=since)
    assert reply.status == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda source: source.put("astana", "talks", "Talks, moved", day=5),
        lambda source: source.drop("astana", "meetings/talks"),
        lambda source: source.step("astana", store_id="restored"),
    ],
    ids=["update", "deletion", "restore"],
)
def test_every_change_changes_the_tag(site: Any, change: Any) -> None:
    first = site.get(FEED)
    change(site.source)
    again = site.get(FEED, If_None_Match=first.headers["etag"])
    assert again.status == 200
    assert again.headers["etag"] != first.headers["etag"]
    assert again.headers["last-modified"] >= first.headers["last-modified"]


def test_a_deleted_event_is_gone(site: Any) -> None:
    site.get(FEED)
    site.source.drop("astana", "meetings/talks")
    assert events(site.get(FEED).body) == ["Plenary"]


def test_options_change_body_and_tag(shared_site: Any) -> None:
    bodies_by_tag = {}
    for query in ("", "?lang=fr", "?partial=span", "?profile=rich"):
        reply = shared_site.get(FEED + query)
        assert reply.status == 200
        bodies_by_tag[reply.headers["etag"]] = reply.body
    assert len(bodies_by_tag) == 4
    assert b"Heure locale" in shared_site.get(FEED + "?lang=fr").body
    assert (
        shared_site.get(FEED + "?utm=x&lang=en").headers["etag"]
        == shared_site.get(FEED).headers["etag"]
    )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("lang=tlh", "lang must be one of: en, fr, ru, zh, es, ar"),
        ("lang=", "lang must be one of: en, fr, ru, zh, es, ar"),
        ("partial=yes", "partial must be one of: omit, span"),
        ("profile=%00", "profile must be one of: core, rich"),
        ("lang=en&lang=fr", "lang is given twice; give it once"),
        ("x=" + "y" * 600, "the query is longer than 512 bytes"),
    ],
    ids=["unknown", "empty", "partial", "control", "twice", "long"],
)
def test_bad_options(shared_site: Any, query: str, message: str) -> None:
    reply = shared_site.get(f"{FEED}?{query}")
    assert (reply.status, reply.body.decode()) == (400, message + "\n")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/nothing.ics",
        "/feeds/astana",
        "/feeds/astana.ics/",
        "/feeds/Astana.ics",
        "/feeds/-astana.ics",
        "/feeds/" + "a" * 64 + ".ics",
        "/feeds/../feeds/astana.ics",
        "/feeds/%2e%2e%2fetc%2fpasswd.ics",
        "/feeds/astana%00.ics",
        "/feeds/astana%0d%0aX-Injected:1.ics",
        "//feeds/astana.ics",
        "/etc/passwd",
    ],
)
def test_unknown_path_is_404(shared_site: Any, path: str) -> None:
    reply = shared_site.get(path)
    assert reply.status == 404
    assert "x-injected" not in reply.headers
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PROPFIND"])
@pytest.mark.parametrize("path", [FEED, "/", "/livez"])
def test_methods_that_write_are_refused(shared_site: Any, method: str, path: str) -> None:
    reply = shared_site.get(path, method)
    assert reply.status == 405
    assert reply.headers["allow"] == ("GET, HEAD, OPTIONS" if path == FEED else "GET, HEAD")
    assert reply.headers["connection"] == "close"


@pytest.mark.parametrize("path", [FEED, "/feeds/nothing.ics", "/feeds/astana/press.ics"])
def test_preflight_of_a_public_feed_allows_conditional_reads(shared_site: Any, path: str) -> None:
    request_headers = {"Origin": "https://example.org", "Access_Control_Request_Method": "GET"}
    reply = shared_site.get(path, "OPTIONS", **request_headers)
    assert (reply.status, reply.body) == (204, b"")
    expected = {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, HEAD, OPTIONS",
        "access-control-allow-headers": "If-None-Match, If-Modified-Since",
        "allow": "GET, HEAD, OPTIONS",
    }
    assert {name: reply.headers.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("path", "status"),
    [(FEED, 200), ("/feeds/nothing.ics", 404), (FEED + "?lang=tlh", 400)],
    ids=["found", "missing", "refused"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_public_feed_is_readable_across_origins(
    shared_site: Any, method: str, path: str, status: int
) -> None:
    reply = shared_site.get(path, method, Origin="https://example.org")
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (status, "*")
    exposed = reply.headers["access-control-expose-headers"].split(", ")
    assert {"ETag", "Last-Modified"} <= set(exposed)
    assert "access-control-allow-credentials" not in reply.headers


def test_304_and_503_are_readable_across_origins(site: Any) -> None:
    etag = site.get(FEED).headers["etag"]
    unchanged = site.get(FEED, If_None_Match=etag)
    site.source.failing = True
    away = site.get(FEED)
    assert [reply.status for reply in (unchanged, away)] == [304, 503]
    assert [reply.headers["access-control-allow-origin"] for reply in (unchanged, away)] == [
        "*"
    ] * 2


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("query", ["", "?lang=tlh"])
def test_secret_feed_is_not_readable_across_origins(site: Any, method: str, query: str) -> None:
    site.source.feed("astana", "desk")
    secret = "a" * 32
    site.source.secrets[secret] = FeedAccess("calendars/astana/feeds/desk", 0)
    for path in (f"/s/{secret}.ics{query}", "/s/" + "b" * 32 + ".ics", "/", "/livez"):
        reply = site.get(path, method, Origin="https://example.org")
        assert not [name for name in reply.headers if name.startswith("access-control-")]
        assert reply.status == 405 if method == "OPTIONS" else reply.status in (200, 400, 404)


@pytest.mark.parametrize(
    ("language_range", "language"),
    [("fr-FR", "fr"), ("FR", "fr"), ("fr_CA", "fr"), ("fr-Latn-CA-x-own", "fr"), ("zh-TW", "zh")],
)
def test_language_is_looked_up_by_range(
    shared_site: Any, language_range: str, language: str
) -> None:
    """RFC 4647 3.4; and one language has one tag, however it is asked for."""
    ranged, exact = (shared_site.get(f"{FEED}?lang={tag}") for tag in (language_range, language))
    assert ranged.status == 200
    assert (ranged.headers["etag"], ranged.body) == (exact.headers["etag"], exact.body)


@pytest.mark.parametrize(
    ("language_range", "words"),
    [
        ("pt", b"Encontro"),
        ("PT-br", b"Encontro"),
        ("pt-PT-x-a", b"Encontro"),
        ("en-GB", b"Meeting"),
    ],
)
def test_language_is_looked_up_among_those_of_the_feed(
    site: Any, language_range: str, words: bytes
) -> None:
    site.source.feed("astana", "press", languages=["en", "pt-BR"])
    meeting = site.source.put("astana", "talks", "Meeting")
    meeting.titles.add(text="Encontro", language_code="pt-BR")
    reply = site.get(f"/feeds/astana/press.ics?lang={language_range}")
    assert (reply.status, words in reply.body) == (200, True)


def test_a_header_cannot_be_smuggled_in(shared_site: Any) -> None:
    head = b"GET /feeds/astana.ics?lang=en%0d%0aX-Injected:1 HTTP/1.1\r\nHost: a\r\n"
    answer = shared_site.raw(head + b"Connection: close\r\n\r\n")
    assert (
        answer.startswith(b"HTTP/1.1 400")
        and b"x-injected" not in answer.lower().split(b"\r\n\r\n")[0]
    )


def test_small_pages(shared_site: Any) -> None:
    assert shared_site.get("/robots.txt").body == b"User-agent: *\nAllow: /\n"
    assert (shared_site.get("/livez").status, shared_site.get("/readyz").status) == (200, 200)


def test_a_failing_store_is_503_and_logged(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    site.source.failing = True
    with caplog.at_level(logging.ERROR):
        replies = [site.get(path) for path in (FEED, "/readyz", "/")]
    assert [reply.status for reply in replies] == [503] * 3
    assert all(b"disk" not in reply.body for reply in replies)
    assert all(reply.headers["retry-after"] == "60" for reply in replies)
    assert "the disk is gone" in caplog.text
    assert site.get("/livez").status == 200


def test_an_empty_calendar_is_a_whole_feed(site: Any) -> None:
    site.source.add("empty")
    reply = site.get("/feeds/empty.ics")
    calendar = icalendar.Calendar.from_ical(reply.body)
    assert reply.status == 200
    assert [part.name for part in calendar.subcomponents] == ["VTIMEZONE"]


def test_a_broken_record_is_left_out_and_logged(
    site: Any, caplog: pytest.LogCaptureFixture
) -> None:
    record: Meeting = site.source.put("astana", "broken", "Broken")
    record.time.ClearField("resolved")
    with caplog.at_level(logging.ERROR):
        reply = site.get(FEED)
    assert reply.status == 200 and events(reply.body) == ["Talks", "Plenary"]
    assert "calendars/astana/meetings/broken cannot be rendered" in caplog.text


def test_tag_belongs_to_the_content_that_was_read(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write between the look at the stamp and the reading must not give new bytes an old tag."""
    source, load = site.source, site.source.content

    def write_first(calendar_id: str, previous: CalendarContent | None) -> CalendarContent | None:
        source.put("astana", "late", "Late", day=6)
        monkeypatch.setattr(source, "content", load)
        return load(calendar_id, previous)  # type: ignore[no-any-return]

    monkeypatch.setattr(source, "content", write_first)
    first = site.get(FEED)
    assert events(first.body) == ["Talks", "Plenary", "Late"]
    assert site.get(FEED, If_None_Match=first.headers["etag"]).status == 304


def test_the_sample_is_served_whole(astana: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Expect each record of the Astana calendar that has a day, and no fault."""
    with urllib.request.urlopen(f"{astana.http}/feeds/astana-2024.ics", timeout=60) as reply:
        default_feed = icalendar.Calendar.from_ical(reply.read())
    with urllib.request.urlopen(
        f"{astana.http}/feeds/astana-2024.ics?partial=span", timeout=60
    ) as reply:
        all_events = icalendar.Calendar.from_ical(reply.read()).walk("VEVENT")
    assert "left out" not in caplog.text
    partial = [event for event in all_events if "-" in str(event.get("X-SUMMITRY-EDTF", ""))]
    assert len(default_feed.walk("VEVENT")) == len(all_events) - len(partial) >= 10
    council = next(
        event for event in default_feed.walk("VEVENT") if "sco-24-council" in event["UID"]
    )
    assert council["DTSTART"].params["TZID"] == "Asia/Almaty"
    assert council["DTSTART"].dt.isoformat() == "2024-07-04T10:00:00+05:00"

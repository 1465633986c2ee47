"""Feeds by secret: a good one reads, guessing is stopped, and no answer or log shows a secret."""

from __future__ import annotations

import logging
import math
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import icalendar
import pytest

from summitry.v1.record_pb2 import Visibility
from summitry.web.content.calendar_cache import CalendarCache
from summitry.web.feeds import FeedAccess, GoneTokenError, ready, secrets
from summitry.web.feeds.secrets import FAILURES, TRUST_SECONDS, RateLimiter
from summitry.web.http.requests import reader_address

SECRET = "a2" * 16
PATH = f"/s/{SECRET}.ics"
FEED = "calendars/astana/feeds/desk"
INTERNAL = Visibility.VISIBILITY_INTERNAL


def titles(body: bytes) -> list[str]:
    return [str(part["SUMMARY"]) for part in icalendar.Calendar.from_ical(body).walk("VEVENT")]


@pytest.fixture
def desk(site: Any) -> Any:
    """Return a site with a secret feed."""
    site.source.feed("astana", "desk", titles=[{"text": "Desk"}], visibility=INTERNAL)
    site.source.secrets[SECRET] = FeedAccess(FEED, 0)
    return site


def test_a_secret_reads_and_its_answer_is_private(desk: Any) -> None:
    reply = desk.get(PATH)
    assert reply.status == 200 and titles(reply.body) == ["Talks", "Plenary"]
    assert str(icalendar.Calendar.from_ical(reply.body)["X-WR-CALNAME"]) == "Desk"
    expected = {
        "cache-control": "private, max-age=300",
        "x-robots-tag": "noindex",
        "referrer-policy": "no-referrer",
    }
    assert {name: reply.headers.get(name) for name in expected} == expected
    again = desk.get(PATH, If_None_Match=reply.headers["etag"])
    assert (again.status, again.headers["cache-control"]) == (304, "private, max-age=300")
    assert SECRET.encode() not in reply.body and SECRET not in str(reply.headers)


def test_a_secret_feed_is_not_read_by_its_name(desk: Any) -> None:
    assert desk.get("/feeds/astana/desk.ics").status == 404
    assert b"Desk" not in desk.get("/").body


def test_the_same_feed_has_the_same_tag_by_any_secret(desk: Any) -> None:
    desk.source.secrets["b3" * 16] = FeedAccess(FEED, 0)
    first, second = desk.get(PATH), desk.get(f"/s/{'b3' * 16}.ics")
    assert (first.headers["etag"], first.body) == (second.headers["etag"], second.body)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/s/{'zz' * 16}.ics", 404),
        ("/s/short.ics", 404),
        ("/s/", 404),
        (PATH.upper(), 404),
        (PATH + "/", 404),
        ("/s/%2e%2e%2ffeeds%2fastana.ics", 404),
        (f"/s/{SECRET}%0d%0aX-Injected:1.ics", 404),
    ],
)
def test_malformed_secret_is_404(desk: Any, path: str, status: int) -> None:
    reply = desk.get(path)
    assert (reply.status, reply.headers["cache-control"]) == (status, "no-store")
    assert "x-injected" not in reply.headers


def test_a_revoked_secret_is_410_and_looks_like_an_unknown_one(desk: Any) -> None:
    assert desk.get(PATH).status == 200
    desk.source.secrets[SECRET] = GoneTokenError()
    desk.source.step("astana")
    revoked, unknown = desk.get(PATH), desk.get(f"/s/{'z2' * 16}.ics")
    assert (revoked.status, unknown.status) == (410, 404)
    assert revoked.headers.keys() == unknown.headers.keys()


def test_a_secret_ends_when_it_expires(desk: Any, feed_clock: Any) -> None:
    desk.source.secrets[SECRET] = FeedAccess(FEED, int(feed_clock.time) + 30)
    assert desk.get(PATH).status == 200
    desk.source.secrets[SECRET] = GoneTokenError()
    assert desk.get(PATH).status == 200, "it is not looked up for each request"
    feed_clock.time += 30
    assert desk.get(PATH).status == 410


def test_a_secret_is_looked_up_once_a_minute(desk: Any, feed_clock: Any) -> None:
    """Each look-up records a use of the token; once a minute is often enough."""
    for _ in range(5):
        assert desk.get(PATH).status == 200
    assert len(desk.source.redeemed) == 1
    feed_clock.time += 60
    desk.get(PATH)
    assert len(desk.source.redeemed) == 2


def test_a_deleted_feed_is_410(desk: Any) -> None:
    desk.source.drop("astana", "feeds/desk")
    assert desk.get(PATH).status == 410


def test_internal_records_only_where_the_feed_says_so(desk: Any) -> None:
    hidden = desk.source.put("astana", "hidden", "Hidden")
    hidden.visibility = INTERNAL
    restricted = desk.source.put("astana", "restricted", "Restricted")
    restricted.visibility = Visibility.VISIBILITY_RESTRICTED
    later = desk.source.put("astana", "later", "Later")
    later.visibility, later.embargo_until.seconds = INTERNAL, 2_000_000_000
    assert titles(desk.get(PATH).body) == ["Talks", "Plenary"]
    desk.source.feed("astana", "desk", visibility=INTERNAL, max_visibility=INTERNAL)
    assert titles(desk.get(PATH).body) == ["Hidden", "Talks", "Plenary"]
    assert titles(desk.get("/feeds/astana.ics").body) == ["Talks", "Plenary"]


@pytest.fixture
def connection(desk: Any) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", desk.port), timeout=60) as peer:
        yield peer


def ask(peer: socket.socket, secret: str) -> int:
    peer.sendall(f"HEAD /s/{secret}.ics HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        data += peer.recv(65536)
    return int(data.split()[1])


def test_guesses_are_bounded_and_logged_without_them(
    desk: Any,
    connection: socket.socket,
    caplog: pytest.LogCaptureFixture,
    feed_clock: Any,
    soak: bool,
) -> None:
    assert ask(connection, SECRET) == 200
    before = len(desk.source.redeemed)
    guessed = [
        f"{n:032x}".translate(str.maketrans("01", "yz")) for n in range(10_000 if soak else 1_000)
    ]
    with caplog.at_level(logging.INFO):
        statuses = [ask(connection, secret) for secret in guessed]
    assert statuses[:FAILURES].count(404) == FAILURES
    assert set(statuses[FAILURES:]) == {429}
    assert len(desk.source.redeemed) - before <= FAILURES, "the rest is not looked up"
    assert caplog.text.count("127.0.0.1") == 1 == len(caplog.records)
    assert not any(secret in caplog.text for secret in guessed)
    assert ask(connection, SECRET) == 200, "who has a good one is not locked out"
    feed_clock.time += 61
    assert ask(connection, guessed[0]) == 404


def test_good_secret_reads_while_its_address_is_blocked(
    desk: Any, connection: socket.socket, feed_clock: Any
) -> None:
    """A known secret is looked up again, which does not count as a guess."""
    assert ask(connection, SECRET) == 200
    feed_clock.time += 61
    guessed = [f"{letter}{'y' * 31}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    statuses = [ask(connection, secret) for secret in guessed]
    assert statuses[-1] == 429
    before = len(desk.source.redeemed)
    assert ask(connection, SECRET) == 200
    assert len(desk.source.redeemed) == before + 1


def test_oldest_addresses_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "ADDRESSES", 2)
    limiter = RateLimiter()
    for _ in range(FAILURES):
        limiter.record_failure("192.0.2.1", 0)
    for address in ("192.0.2.2", *["192.0.2.3"] * FAILURES):
        limiter.record_failure(address, 1)
    refused = [bool(limiter.blocked_seconds(f"192.0.2.{last}", 2)) for last in (1, 2, 3)]
    assert refused == [False, False, True], "the newest is counted, the oldest gave way"


def test_oldest_window_goes_first_though_it_counts_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "ADDRESSES", 2)
    limiter = RateLimiter()
    limiter.record_failure("192.0.2.1", 0)
    for address in (*["192.0.2.2"] * FAILURES, "192.0.2.1", "192.0.2.3"):
        limiter.record_failure(address, 1)
    assert limiter.blocked_seconds("192.0.2.2", 2), "the first window gave way"


def test_least_used_answers_are_forgotten_first(
    source: Any, feed_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "MAX_ANSWERS", 2)
    cache = ready.ReadyAnswers(source, CalendarCache(source, "2026f"), feed_clock)
    answers = {path: ready_answer(source) for path in ("a", "b", "c")}
    for path in ("a", "b", "a", "c"):
        cache.put((path, b""), answers[path])
    cached = {path: cache.get((path, b"")) for path in answers}
    assert cached == {"a": answers["a"], "b": None, "c": answers["c"]}


def ready_answer(source: Any) -> Any:
    """Return an answer that holds as long as the source stays as it is."""
    conditions = SimpleNamespace(stamp=source.stamp(), since=0, until=math.inf)
    return SimpleNamespace(conditions=conditions)


def test_a_failure_is_logged_without_the_secret(
    desk: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(secret: str) -> FeedAccess:
        raise OSError("the store is gone")

    monkeypatch.setattr(desk.source, "redeem", fail)
    with caplog.at_level(logging.INFO):
        assert desk.get(PATH).status == 503
    assert "the store is gone" in caplog.text and SECRET not in caplog.text


def test_while_the_source_is_stale_a_known_secret_reads_and_a_warning_says_so(
    desk: Any, feed_clock: Any
) -> None:
    """For an hour: then it may have been revoked for too long."""
    assert "warning" not in desk.get(PATH).headers
    desk.source.stale = feed_clock.time
    desk.source.secrets.clear()
    for seconds in (0, TRUST_SECONDS - 1):
        feed_clock.time += seconds
        reply = desk.get(PATH)
        assert (reply.status, reply.headers["warning"]) == (200, '110 - "Response is Stale"')
    since = f"stale_since {desk.source.stale:.0f}\n".encode()
    assert desk.get("/readyz").body == b"ready\nrecords_left_out 0\n" + since
    feed_clock.time += secrets.SECONDS  # for which an answer is ready
    assert desk.get(PATH).status == 503
    assert desk.get("/feeds/astana.ics").status == 200, "public feeds go on"
    desk.source.stale = 0.0
    assert desk.get(PATH).status == 404


def test_revoked_secret_does_not_read_again_while_the_source_is_stale(
    desk: Any, feed_clock: Any
) -> None:
    assert desk.get(PATH).status == 200
    desk.source.secrets[SECRET] = GoneTokenError()
    desk.source.step("astana")
    assert desk.get(PATH).status == 410
    desk.source.stale = feed_clock.time
    assert desk.get(PATH).status == 410


@pytest.mark.parametrize(
    ("peer", "forwarded", "reader"),
    [
        ("192.0.2.7", "203.0.113.1", "192.0.2.7"),
        ("10.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "198.51.100.9, 203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "203.0.113.1, 10.0.0.2", "203.0.113.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.2,, ", "10.0.0.1"),
    ],
)
def test_trusted_proxy_names_the_reader(peer: str, forwarded: str, reader: str) -> None:
    scope = {"client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode())]}
    assert reader_address(scope, {"10.0.0.1", "10.0.0.2"}) == reader
    assert reader_address({"headers": []}, {"10.0.0.1"}) == ""


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_guesses_are_counted_by_network(address: str, network: str) -> None:
    limiter = RateLimiter()
    for _ in range(FAILURES):
        limiter.record_failure(address, 100.0)
    assert limiter.blocked_seconds(address, 100.0) == 60
    assert limiter.blocked_seconds(address, 160.0) == 0
    assert list(limiter._windows) == [network]


def test_addresses_that_guess_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "ADDRESSES", 3)
    limiter = RateLimiter()
    for number in range(10):
        limiter.record_failure(f"192.0.2.{number}", 1.0)
    assert list(limiter._windows) == [f"192.0.2.{n}" for n in (7, 8, 9)]

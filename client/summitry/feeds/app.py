"""The feeds as a plain ASGI app: GET and HEAD of /feeds/{calendar}.ics and a few small pages.

Rules of the answers: docs/icalendar.md. The hot path, 304 and a kept body, touches the source
once and renders nothing.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

from summitry.feeds.bodies import Bodies, validator
from summitry.feeds.negotiation import accepts_gzip, is_current, last_modified
from summitry.feeds.options import parse_query
from summitry.feeds.page import render_page
from summitry.feeds.source import FeedSource
from summitry.zones import TzDb

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PIECE = 256 * 1024
FEED_TYPE = b"text/calendar; charset=utf-8; method=PUBLISH"

_FEED_PATH = re.compile(r"/feeds/([a-z0-9][a-z0-9-]{0,62})\.ics")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_BRIEFLY = (b"cache-control", b"public, max-age=300")
_NEVER_KEPT = (b"cache-control", b"no-store")
_ALWAYS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_PAGE_HEADERS: Headers = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
    (b"vary", b"Host"),
    (b"cache-control", b"no-cache"),
]
_FEED_HEADERS: Headers = [
    (b"content-type", FEED_TYPE),
    (b"content-disposition", b'inline; filename="calendar.ics"'),
]

_log = logging.getLogger(__name__)


class Answer(NamedTuple):
    """A whole response. `body` None: none may follow (304)."""

    status: int
    headers: Headers
    body: bytes | None


def _text(status: int, text: str, *headers: tuple[bytes, bytes]) -> Answer:
    return Answer(status, [_TEXT, *headers], (text + "\n").encode())


def feed_app(
    source: FeedSource,
    *,
    zones: TzDb | None = None,
    clock: Callable[[], float] = time.time,
) -> App:
    """An ASGI 3 app that serves the calendars of `source`; one per event loop.

    `zones` is the database that resolved the records, by default that of the process. `clock`
    gives epoch seconds; it only bounds Last-Modified.
    """
    return _FeedApp(source, zones, clock)


class _FeedApp:
    def __init__(self, source: FeedSource, zones: TzDb | None, clock: Callable[[], float]) -> None:
        self._source = source
        self._clock = clock
        self._bodies = Bodies(source, zones)
        self._pages: dict[str, Callable[[Scope], Awaitable[Answer]]] = {
            "/": self._list,
            "/robots.txt": self._robots,
            "/livez": self._live,
            "/readyz": self._ready,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"only http is served here, not {scope['type']}")
        try:
            answer = await self._answer(scope)
        except Exception:
            _log.exception("no answer for %r", scope["path"])
            answer = _text(
                503, "not available now; try again later", (b"retry-after", b"60"), _NEVER_KEPT
            )
        await _send(answer, scope["method"], send)

    async def _answer(self, scope: Scope) -> Answer:
        path: str = scope["path"]
        feed = _FEED_PATH.fullmatch(path)
        page = self._pages.get(path)
        if feed is None and page is None:
            return _text(404, "there is nothing here; the list of feeds is at /", _NEVER_KEPT)
        if scope["method"] not in ("GET", "HEAD"):
            # Whatever body comes with it is not read: the connection ends.
            return _text(
                405,
                "feeds are only read: use GET or HEAD",
                (b"allow", b"GET, HEAD"),
                (b"connection", b"close"),
            )
        if feed is not None:
            return await self._feed(feed[1], scope)
        assert page is not None
        return await page(scope)

    async def _feed(self, calendar_id: str, scope: Scope) -> Answer:
        try:
            options = parse_query(scope["query_string"])
        except ValueError as error:
            return _text(400, str(error), _NEVER_KEPT)
        state = self._source.state(calendar_id)
        if state is None:
            return _no_calendar(calendar_id)
        headers = _request_headers(scope)
        packed = accepts_gzip(headers.get(b"accept-encoding", b"").decode("latin-1"))
        etag = _entity_tag(validator(calendar_id, state, options), packed)
        if is_current(headers, etag, state.modified):
            return Answer(304, self._validators(etag, state.modified), None)
        body = await self._bodies.get(calendar_id, state, options)
        if body is None:
            return _no_calendar(calendar_id)
        etag = _entity_tag(validator(calendar_id, body.state, options), packed)
        answer = [*_FEED_HEADERS, *self._validators(etag, body.state.modified)]
        if packed:
            answer.append((b"content-encoding", b"gzip"))
        return Answer(200, answer, body.packed if packed else body.plain)

    def _validators(self, etag: str, modified: int) -> Headers:
        return [
            (b"etag", etag.encode()),
            (b"last-modified", last_modified(modified, self._clock()).encode()),
            _BRIEFLY,
            (b"vary", b"Accept-Encoding"),
        ]

    async def _list(self, scope: Scope) -> Answer:
        listings = await asyncio.to_thread(self._source.calendars)
        host = _request_headers(scope).get(b"host", b"").decode("latin-1")
        return Answer(200, _PAGE_HEADERS, render_page(listings, host))

    async def _robots(self, scope: Scope) -> Answer:
        return _text(200, "User-agent: *\nAllow: /", _BRIEFLY)

    async def _live(self, scope: Scope) -> Answer:
        return _text(200, "alive", _NEVER_KEPT)

    async def _ready(self, scope: Scope) -> Answer:
        await asyncio.to_thread(self._source.calendars)
        return _text(200, "ready", _NEVER_KEPT)


def _request_headers(scope: Scope) -> dict[bytes, bytes]:
    """The header fields; those that come several times are lists in pieces (RFC 9110 5.3)."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        found[name] = found[name] + b", " + value if name in found else value
    return found


def _entity_tag(base: str, packed: bool) -> str:
    # The encodings are different bytes, so they need different strong tags (RFC 9110 8.8.3.3).
    return f'"{base}-gzip"' if packed else f'"{base}"'


def _no_calendar(calendar_id: str) -> Answer:
    return _text(404, f"there is no public calendar {calendar_id}; see the list at /", _NEVER_KEPT)


async def _send(answer: Answer, method: str, send: Send) -> None:
    headers = [*_ALWAYS, *answer.headers]
    body = answer.body
    if body is not None:
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if body is None or method == "HEAD":
        await send({"type": "http.response.body", "body": b""})
        return
    # In pieces, since a server holds what a slow reader has not taken yet.
    for start in range(0, max(len(body), 1), PIECE):
        piece = body[start : start + PIECE]
        more = start + PIECE < len(body)
        await send({"type": "http.response.body", "body": piece, "more_body": more})

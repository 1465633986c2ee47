"""Answers for the pages: which page an address means, and whether the reader has it already."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from collections.abc import Callable, Collection, Mapping

from summitry.web.feeds.answers import (
    COMMON_HEADERS,
    Answer,
    Headers,
    Scope,
    make_answer,
    read_headers,
)
from summitry.web.feeds.calendar_cache import CalendarCache
from summitry.web.feeds.negotiation import accepts_gzip, matches
from summitry.web.feeds.origins import origin_of
from summitry.web.feeds.source import FeedSource, listing_of
from summitry.web.pages.board import Board
from summitry.web.pages.calendar import Visit, render_calendar, render_home
from summitry.web.pages.choices import parse_choices
from summitry.web.pages.rendering import statics, version
from summitry.zones import TzDb
from summitry.zones.days import SECONDS

_ID = "[a-z0-9][a-z0-9-]{0,62}"
_CALENDAR = re.compile(rf"/calendars/({_ID})(?:/({_ID}))?")
_POLICY = (
    b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_FOR_EVER = (b"cache-control", b"public, max-age=31536000, immutable")
_ASK_AGAIN = (b"cache-control", b"no-cache")


class Site:
    """The pages over a source of calendars; belongs to one event loop."""

    def __init__(
        self,
        source: FeedSource,
        calendars: CalendarCache,
        zones: TzDb,
        clock: Callable[[], float],
        proxies: Collection[str] = (),
        external: str = "",
    ) -> None:
        """`proxies` and `external`: see `summitry.web.feeds.origins`."""
        self._proxies = proxies
        self._external = external
        self._source = source
        self._calendars = calendars
        self._zones = zones
        self._clock = clock
        self._board = Board(zones)
        self._statics = {static.path: static for static in statics().values()}

    async def answer(self, scope: Scope) -> Answer | None:
        """The page at a path; None if there is none. Raises ValueError for a query it refuses."""
        path: str = scope["path"]
        if static := self._statics.get(path):
            return make_answer(200, [(b"content-type", static.type), _FOR_EVER], static.body)
        match = _CALENDAR.fullmatch(path)
        if match is None and path != "/":
            return None
        headers = read_headers(scope)
        language = headers.get(b"accept-language", b"").decode("latin-1")
        choices = parse_choices(scope["query_string"], language, self._zones)
        today = int(self._clock()) // SECONDS
        origin = origin_of(scope, self._proxies, self._external)
        visit = Visit(path, origin, choices, today, wish=choices.lang)
        if match is None:
            return await self._home(visit, headers)
        return await asyncio.to_thread(self._calendar, match[1], match[2] or "", visit, headers)

    async def _home(self, visit: Visit, headers: Mapping[bytes, bytes]) -> Answer:
        listings = await asyncio.to_thread(self._source.listings)
        visit = visit.in_language(())
        body = render_home(listings, visit)
        tag = _tag(body)
        return _unchanged(tag) if _held(headers, tag) else _page(body, tag, visit, headers)

    def _calendar(
        self, calendar_id: str, feed_id: str, visit: Visit, headers: Mapping[bytes, bytes]
    ) -> Answer | None:
        view = self._calendars.view(calendar_id, feed_id, self._clock())
        if view is None:
            return None
        visit = visit.in_language(view.feed.languages if view.feed else ())
        tag = _tag("\x1f".join(map(str, (view.snapshot.digest, *visit, version()))).encode())
        if _held(headers, tag):
            return _unchanged(tag)
        listing = listing_of(view.feed or view.content.calendar)
        entries = self._board.entries(view.snapshot, visit.choices.zone)
        body = render_calendar(listing, view.snapshot.head, entries, self._zones, visit)
        return _page(body, tag, visit, headers)


def _tag(facts: bytes) -> str:
    return hashlib.blake2b(facts, digest_size=12).hexdigest()


def _held(headers: Mapping[bytes, bytes], tag: str) -> bool:
    known = headers.get(b"if-none-match", b"").decode("latin-1")
    return bool(known) and matches(known, f'"{tag}"')


def _unchanged(tag: str) -> Answer:
    start = {
        "type": "http.response.start",
        "status": 304,
        "headers": [*COMMON_HEADERS, *_common(tag), _ASK_AGAIN],
    }
    return Answer(start, b"")


def _common(tag: str) -> Headers:
    # Weak, so that one tag serves both encodings (RFC 9110 8.8.3.3).
    return [
        (b"etag", f'W/"{tag}"'.encode()),
        (b"vary", b"Host, Accept-Language, Accept-Encoding"),
    ]


def _page(body: bytes, tag: str, visit: Visit, headers: Mapping[bytes, bytes]) -> Answer:
    lines = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-language", visit.choices.lang.encode()),
        (b"content-security-policy", _POLICY),
        *_common(tag),
        _ASK_AGAIN,
    ]
    if accepts_gzip(headers.get(b"accept-encoding", b"").decode("latin-1")):
        lines.append((b"content-encoding", b"gzip"))
        body = gzip.compress(body, 5, mtime=0)
    return make_answer(200, lines, body)

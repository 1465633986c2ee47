"""The answers for pages: finds the page of an address, and sends 304 where the reader has it."""

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
from summitry.web.pages.calendar import PageRequest, render_calendar, render_home
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
_IMMUTABLE = (b"cache-control", b"public, max-age=31536000, immutable")
_REVALIDATE = (b"cache-control", b"no-cache")


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
        """Take the source, the calendars in memory and the zones.

        `proxies` and `external`: see `summitry.web.feeds.origins`.
        """
        self._proxies = proxies
        self._external = external
        self._source = source
        self._calendars = calendars
        self._zones = zones
        self._clock = clock
        self._board = Board(zones)
        self._statics = {static.path: static for static in statics().values()}

    async def answer(self, scope: Scope) -> Answer | None:
        """Return the page at a path; None if there is none. Raises ValueError for a bad query."""
        path: str = scope["path"]
        if static := self._statics.get(path):
            return make_answer(200, [(b"content-type", static.type), _IMMUTABLE], static.body)
        match = _CALENDAR.fullmatch(path)
        if match is None and path != "/":
            return None
        headers = read_headers(scope)
        language = headers.get(b"accept-language", b"").decode("latin-1")
        choices = parse_choices(scope["query_string"], language, self._zones)
        today = int(self._clock()) // SECONDS
        origin = origin_of(scope, self._proxies, self._external)
        request = PageRequest(path, origin, choices, today, requested_language=choices.lang)
        if match is None:
            return await self._home(request, headers)
        return await asyncio.to_thread(self._calendar, match[1], match[2] or "", request, headers)

    async def _home(self, request: PageRequest, headers: Mapping[bytes, bytes]) -> Answer:
        listings = await asyncio.to_thread(self._source.listings)
        request = request.in_language(())
        body = render_home(listings, request)
        tag = _tag(body)
        return (
            _not_modified(tag) if _is_current(headers, tag) else _page(body, tag, request, headers)
        )

    def _calendar(
        self, calendar_id: str, feed_id: str, request: PageRequest, headers: Mapping[bytes, bytes]
    ) -> Answer | None:
        view = self._calendars.view(calendar_id, feed_id, self._clock())
        if view is None:
            return None
        request = request.in_language(view.feed.languages if view.feed else ())
        tag = _tag("\x1f".join(map(str, (view.snapshot.digest, *request, version()))).encode())
        if _is_current(headers, tag):
            return _not_modified(tag)
        listing = listing_of(view.feed or view.content.calendar)
        entries = self._board.entries(view.snapshot, request.choices.zone)
        body = render_calendar(listing, view.snapshot.head, entries, self._zones, request)
        return _page(body, tag, request, headers)


def _tag(facts: bytes) -> str:
    """Return a short digest for an entity tag."""
    return hashlib.blake2b(facts, digest_size=12).hexdigest()


def _is_current(headers: Mapping[bytes, bytes], tag: str) -> bool:
    """Return whether the reader has the page with that tag."""
    tags = headers.get(b"if-none-match", b"").decode("latin-1")
    return bool(tags) and matches(tags, f'"{tag}"')


def _not_modified(tag: str) -> Answer:
    start = {
        "type": "http.response.start",
        "status": 304,
        "headers": [*COMMON_HEADERS, *_common(tag), _REVALIDATE],
    }
    return Answer(start, b"")


def _common(tag: str) -> Headers:
    # Weak, so that one tag serves both encodings (RFC 9110 8.8.3.3).
    return [
        (b"etag", f'W/"{tag}"'.encode()),
        (b"vary", b"Host, Accept-Language, Accept-Encoding"),
    ]


def _page(body: bytes, tag: str, request: PageRequest, headers: Mapping[bytes, bytes]) -> Answer:
    lines = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-language", request.choices.lang.encode()),
        (b"content-security-policy", _POLICY),
        *_common(tag),
        _REVALIDATE,
    ]
    if accepts_gzip(headers.get(b"accept-encoding", b"").decode("latin-1")):
        lines.append((b"content-encoding", b"gzip"))
        body = gzip.compress(body, 5, mtime=0)
    return make_answer(200, lines, body)

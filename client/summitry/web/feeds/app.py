"""The feeds as a plain ASGI app: GET and HEAD of feeds by name and by secret, and small pages.

    /feeds/{calendar}.ics           what is public of a calendar
    /feeds/{calendar}/{feed}.ics    a public feed of it
    /s/{secret}.ics                 a feed, for who has a token of it

Rules of the answers: docs/feeds.md. The hot path, 304 and a kept body, asks the source for its
stamp alone and renders nothing.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Collection
from typing import NamedTuple

from summitry.kinds import parse_name
from summitry.web.feeds.answers import (
    CROSS_ORIGIN_PREFLIGHT,
    NEVER_KEPT,
    NO_BODY,
    NOT_INDEXED,
    Answer,
    Receive,
    Scope,
    Send,
    answered,
    fields,
    send_answer,
    shared_across_origins,
    text,
)
from summitry.web.feeds.bodies import Bodies, Wanted
from summitry.web.feeds.guesses import reader_of
from summitry.web.feeds.holdings import Holdings
from summitry.web.feeds.negotiation import is_current
from summitry.web.feeds.options import feed_options
from summitry.web.feeds.origins import parse_origin
from summitry.web.feeds.ready import Facts, Key, Ready, ReadyFeeds, packs
from summitry.web.feeds.secrets import SECONDS, RefusedAddressError, Secrets
from summitry.web.feeds.source import AwayError, FeedSource, GoneTokenError, UnknownTokenError
from summitry.web.pages.site import Site
from summitry.zones import TzDb, default_database

App = Callable[[Scope, Receive, Send], Awaitable[None]]

_ID = "[a-z0-9][a-z0-9-]{0,62}"
_FEED_PATH = re.compile(rf"/feeds/({_ID})(?:/({_ID}))?\.ics")
_SECRET_PATH = re.compile(r"/s/([a-z2-7]{32})\.ics")
_SECRETS = "/s/"
_FEEDS = "/feeds/"
_METHODS = ("GET", "HEAD")
_BRIEFLY = (b"cache-control", b"public, max-age=300")
_NOTHING = text(404, "there is nothing here; the list of feeds is at /", NEVER_KEPT)
_NO_FEED = shared_across_origins(
    text(404, "there is no public feed of that name; see the list at /", NEVER_KEPT)
)
_NO_SECRET = text(404, "there is no feed here: is the address complete?", NEVER_KEPT, NOT_INDEXED)
_GONE = text(
    410, "this address is no longer valid: ask who gave it for another", NEVER_KEPT, NOT_INDEXED
)
_AWAY = text(503, "not available now; try again later", (b"retry-after", b"60"), NEVER_KEPT)
# Whatever body comes with it is not read: the connection ends.
_END = (b"connection", b"close")
_READ_ONLY = text(405, "feeds are only read: use GET or HEAD", (b"allow", b"GET, HEAD"), _END)
_PUBLIC_READ_ONLY = shared_across_origins(
    text(405, "feeds are only read: use GET or HEAD", (b"allow", b"GET, HEAD, OPTIONS"), _END)
)
_PREFLIGHT = shared_across_origins(
    answered(204, [(b"allow", b"GET, HEAD, OPTIONS"), *CROSS_ORIGIN_PREFLIGHT], b"")
)

_log = logging.getLogger(__name__)


class _Address(NamedTuple):
    """Which feed is asked for, and by what right."""

    calendar_id: str
    feed_id: str  # "" for the calendar itself
    by_token: bool
    expires: int = 0  # of the token, in epoch seconds; 0: it does not end


def feed_app(
    source: FeedSource,
    *,
    zones: TzDb | None = None,
    clock: Callable[[], float] = time.time,
    proxies: Collection[str] = (),
    external_url: str = "",
) -> App:
    """An ASGI 3 app that serves the feeds of `source`; one per event loop.

    `zones` is the database that resolved the records, by default that of the process. `clock`
    gives epoch seconds. `proxies` are addresses whose X-Forwarded-For tells who guesses secrets,
    and whose X-Forwarded-Proto and X-Forwarded-Host are believed. `external_url` is the address of
    this server for readers, "https://cal.example"; links name it and no other. Raises ValueError
    for one that is none.
    """
    external = parse_origin(external_url) if external_url else ""
    return _FeedApp(source, zones or default_database(), clock, proxies, external)


class _FeedApp:
    def __init__(
        self,
        source: FeedSource,
        zones: TzDb,
        clock: Callable[[], float],
        proxies: Collection[str],
        external: str,
    ) -> None:
        self._source = source
        self._proxies = frozenset(proxies)
        self._clock = clock
        self._secrets = Secrets(source)
        self._holdings = Holdings(source, zones.version)
        self._site = Site(source, self._holdings, zones, clock, self._proxies, external)
        self._bodies = Bodies(zones)
        self._ready = ReadyFeeds(source, self._holdings, clock)
        self._pages: dict[str, Callable[[Scope], Awaitable[Answer]]] = {
            "/robots.txt": self._robots,
            "/livez": self._live,
            "/readyz": self._readiness,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"only http is served here, not {scope['type']}")
        packed, path = _packed(scope), scope["path"]
        try:
            found = await self._found(scope)
            if isinstance(found, Ready) and _is_current(scope, found, packed):
                await send(found.not_modified[packed])
                await send(NO_BODY)
                return
            answer = found if isinstance(found, Answer) else await self._whole(found, packed)
        except AwayError as error:
            _log.warning("no answer for %s: %s", _loggable(scope), error)
            answer = _AWAY
        except Exception:
            _log.exception("no answer for %s", _loggable(scope))
            answer = _AWAY
        if answer is _AWAY and path.startswith(_FEEDS):
            answer = shared_across_origins(answer)
        await send_answer(answer, scope["method"], send)

    async def _found(self, scope: Scope) -> Ready | Answer:
        path: str = scope["path"]
        own = self._secrets.digest(path) if path.startswith(_SECRETS) else path
        key = (own, scope["query_string"])
        ready = self._ready.get(key)
        if ready is not None and scope["method"] in _METHODS:
            return ready
        return await self._answer(key, scope)

    async def _whole(self, ready: Ready, packed: int) -> Answer:
        body = self._bodies.peek(ready.wanted.key, ready.tag)
        return ready.answer(body or await self._bodies.get(ready.wanted), packed)

    async def _answer(self, key: Key, scope: Scope) -> Ready | Answer:
        path: str = scope["path"]
        feed = _FEED_PATH.fullmatch(path)
        page = self._pages.get(path)
        is_secret = path.startswith(_SECRETS)
        if scope["method"] not in _METHODS:
            return _refuse_method(scope["method"], public=feed is not None)
        if page is not None:
            return await page(scope)
        if is_secret:
            return await self._by_secret(key, scope)
        if feed is not None:
            return await self._feed(key, _Address(feed[1], feed[2] or "", False))
        return await self._for_people(scope)

    async def _by_secret(self, key: Key, scope: Scope) -> Ready | Answer:
        found = _SECRET_PATH.fullmatch(scope["path"])
        try:
            secret = found[1] if found else ""
            reader = reader_of(scope, self._proxies)
            redeemed = await self._secrets.redeem(secret, reader, self._clock())
        except UnknownTokenError:
            return _NO_SECRET
        except GoneTokenError:
            return _GONE
        except RefusedAddressError as refused:
            wait = (b"retry-after", b"%d" % refused.seconds)
            return text(429, "too many addresses that do not exist", wait, NEVER_KEPT, NOT_INDEXED)
        name = parse_name(redeemed.feed)
        assert name is not None
        calendar_id = name.calendar.partition("/")[2]
        return await self._feed(key, _Address(calendar_id, name.id, True, redeemed.expires))

    async def _feed(self, key: Key, address: _Address) -> Ready | Answer:
        try:
            ready = await asyncio.to_thread(self._prepare, address, key[1])
        except ValueError as error:
            refusal = text(400, str(error), NEVER_KEPT)
            return refusal if address.by_token else shared_across_origins(refusal)
        if ready is None:
            return _GONE if address.by_token else _NO_FEED
        self._ready.put(key, ready)
        return ready

    def _prepare(self, address: _Address, query: bytes) -> Ready | None:
        """The answer to an address; None if there is no such feed for its reader.

        Raises ValueError for a query that cannot be met.
        """
        stamp, stale = self._source.stamp(), self._source.stale_since() > 0
        view = self._holdings.view(
            address.calendar_id, address.feed_id, self._clock(), by_token=address.by_token
        )
        if view is None:
            return None
        content, feed, shown, dated, now = view
        name = feed.name if feed is not None else content.calendar.name
        wanted = Wanted(content.calendar.name, name, shown, feed_options(feed, query))
        until = [shown.until]
        if address.by_token:
            until += [now + SECONDS, *([address.expires] if address.expires else [])]
        if now < shown.modified + 1:
            until.append(shown.modified + 1)  # then the date can be given
        state = content.state
        facts = Facts(stamp, address.calendar_id, state, now, min(until), address.by_token, stale)
        return Ready(wanted, facts, dated)

    async def _for_people(self, scope: Scope) -> Answer:
        try:
            return await self._site.answer(scope) or _NOTHING
        except ValueError as error:
            return text(400, str(error), NEVER_KEPT)

    async def _robots(self, scope: Scope) -> Answer:
        return text(200, "User-agent: *\nAllow: /", _BRIEFLY)

    async def _live(self, scope: Scope) -> Answer:
        return text(200, "alive", NEVER_KEPT)

    async def _readiness(self, scope: Scope) -> Answer:
        """Answer whether feeds can be read, and what is wrong though they can."""
        if trouble := self._source.trouble():
            return text(503, f"not ready: {trouble}", NEVER_KEPT)
        await asyncio.to_thread(self._source.listings)
        since = int(self._source.stale_since())
        lines = ["ready", f"records_left_out {self._bodies.broken}", f"stale_since {since}"]
        return text(200, "\n".join(lines), NEVER_KEPT)


def _refuse_method(method: str, *, public: bool) -> Answer:
    """Return the answer to what is neither GET nor HEAD; scripts of other sites ask by OPTIONS."""
    if public:
        return _PREFLIGHT if method == "OPTIONS" else _PUBLIC_READ_ONLY
    return _READ_ONLY


def _loggable(scope: Scope) -> str:
    path: str = scope["path"]
    return "/s/..." if path.startswith(_SECRETS) else ascii(path)


def _packed(scope: Scope) -> int:
    accepted = b""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            accepted = accepted + b", " + value if accepted else value
    return packs(accepted)


def _is_current(scope: Scope, ready: Ready, packed: int) -> bool:
    """Whether 304 is the answer. Most readers send the one tag that they got."""
    etag = ready.etags[packed]
    conditional = False
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            if value == etag:
                return True
            conditional = True
        elif name == b"if-modified-since":
            conditional = True
    return conditional and is_current(fields(scope), etag.decode(), ready.modified)

"""The feeds as a plain ASGI app: GET and HEAD of feeds by name and by secret.

    /feeds/{calendar}.ics           what is public of a calendar
    /feeds/{calendar}/{feed}.ics    a public feed of it
    /s/{secret}.ics                 a feed, for who has a token of it

All other addresses are those of pages (`routes`). Rules of the answers: docs/feeds.md. The hot
path, 304 and a body in memory, asks the source for its stamp alone and renders nothing.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Collection
from typing import NamedTuple, TypeAlias

from summitry.kinds import parse_name
from summitry.web.content.calendar_cache import CalendarCache
from summitry.web.content.source import (
    FeedSource,
    GoneTokenError,
    SourceUnavailableError,
    UnknownTokenError,
)
from summitry.web.feeds.bodies import Bodies, FeedRequest
from summitry.web.feeds.options import feed_options
from summitry.web.feeds.ready import Conditions, Key, ReadyAnswer, ReadyAnswers, prefers_gzip
from summitry.web.feeds.refusals import (
    FEED_NOT_FOUND,
    SECRET_NOT_FOUND,
    SECRET_REVOKED,
    Refusal,
    blocked,
    unavailable,
    wrong_choice,
)
from summitry.web.feeds.routes import Probes, page_app
from summitry.web.feeds.secrets import SECONDS, AddressBlockedError, SecretCache
from summitry.web.http.answers import (
    CROSS_ORIGIN_PREFLIGHT,
    EMPTY_BODY,
    App,
    HttpResponse,
    Receive,
    Scope,
    Send,
    make_answer,
    send_answer,
    share_across_origins,
    text_answer,
)
from summitry.web.http.requests import is_current, parse_origin, read_headers, reader_address
from summitry.web.pages.choices import ChoiceError
from summitry.web.pages.site import Site
from summitry.zones import TzDb, default_database

_ID = "[a-z0-9][a-z0-9-]{0,62}"
_FEED_PATH = re.compile(rf"/feeds/({_ID})(?:/({_ID}))?\.ics")
_SECRET_PATH = re.compile(r"/s/([a-z2-7]{32})\.ics")
_SECRETS = "/s/"
_FEEDS = "/feeds/"
_METHODS = ("GET", "HEAD")
# The server does not read the body of such a request, so the connection cannot be used again.
_CLOSE_CONNECTION = (b"connection", b"close")
_READ_ONLY = text_answer(
    405, "feeds are only read: use GET or HEAD", (b"allow", b"GET, HEAD"), _CLOSE_CONNECTION
)
_PUBLIC_READ_ONLY = share_across_origins(
    text_answer(
        405,
        "feeds are only read: use GET or HEAD",
        (b"allow", b"GET, HEAD, OPTIONS"),
        _CLOSE_CONNECTION,
    )
)
_PREFLIGHT = share_across_origins(
    make_answer(204, [(b"allow", b"GET, HEAD, OPTIONS"), *CROSS_ORIGIN_PREFLIGHT], b"")
)

_log = logging.getLogger(__name__)


_Resolved: TypeAlias = ReadyAnswer | Refusal | HttpResponse
"""What an address leads to: a feed, the reason why there is none, or the answer to a method."""


class _FeedAddress(NamedTuple):
    """The feed that an address names, and the right by which it is read."""

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
    """Return an ASGI 3 app that serves the feeds of `source`; one per event loop.

    `zones` is the database that resolved the records, by default that of the process. `clock`
    gives epoch seconds. `proxies` are addresses of trusted proxies: their X-Forwarded-For names the
    reader, their X-Forwarded-Proto and X-Forwarded-Host the address of this server. `external_url`
    is that address for readers, "https://cal.example"; links then use no other. Raises ValueError
    if it is not an address.
    """
    external = parse_origin(external_url) if external_url else ""
    return _FeedApp(source, zones or default_database(), clock, proxies, external)


class _FeedApp:
    """The ASGI app: routes a request, and answers from what is ready where it can."""

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
        self._secrets = SecretCache(source)
        self._calendars = CalendarCache(source, zones.version)
        self._bodies = Bodies(zones)
        self._ready = ReadyAnswers(source, self._calendars, clock)
        site = Site(source, self._calendars, zones, clock, self._proxies, external)
        self._pages = page_app(site, Probes(source, lambda: self._bodies.broken))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"only http is served here, not {scope['type']}")
        path: str = scope["path"]
        if not path.startswith((_FEEDS, _SECRETS)) and scope["method"] in _METHODS:
            await self._pages(scope, receive, send)
            return
        encoding = _encoding_of(scope)
        try:
            resolved = await self._resolve(scope)
            if isinstance(resolved, ReadyAnswer) and _is_current(scope, resolved, encoding):
                await send(resolved.not_modified[encoding])
                await send(EMPTY_BODY)
                return
            if isinstance(resolved, ReadyAnswer):
                answer = await self._answer_body(resolved, encoding)
            else:
                answer = resolved.answer(scope) if isinstance(resolved, Refusal) else resolved
        except SourceUnavailableError as error:
            _log.warning("no answer for %s: %s", _loggable(scope), error)
            answer = unavailable(is_public=path.startswith(_FEEDS)).answer(scope)
        except Exception:
            _log.exception("no answer for %s", _loggable(scope))
            answer = unavailable(is_public=path.startswith(_FEEDS)).answer(scope)
        await send_answer(answer, scope["method"], send)

    async def _resolve(self, scope: Scope) -> _Resolved:
        """Return the answer that is ready for an address, or make it."""
        path: str = scope["path"]
        address = self._secrets.digest(path) if path.startswith(_SECRETS) else path
        key = (address, scope["query_string"])
        ready = self._ready.get(key)
        if ready is not None and scope["method"] in _METHODS:
            return ready
        return await self._route(key, scope)

    async def _answer_body(self, ready: ReadyAnswer, encoding: int) -> HttpResponse:
        """Return the answer with its body, which is rendered if it is not in memory."""
        body = self._bodies.peek(ready.request.key, ready.tag)
        if body is None or body.joined(encoding) is None:
            body = await self._bodies.get(ready.request, encoding)
        return ready.answer(body, encoding)

    async def _route(self, key: Key, scope: Scope) -> _Resolved:
        """Return the answer to an address that has none ready, by its path."""
        path: str = scope["path"]
        feed = _FEED_PATH.fullmatch(path)
        if scope["method"] not in _METHODS:
            return _refuse_method(scope["method"], public=feed is not None)
        if path.startswith(_SECRETS):
            return await self._answer_secret(key, scope)
        if feed is None:
            return FEED_NOT_FOUND
        return await self._answer_feed(key, _FeedAddress(feed[1], feed[2] or "", False))

    async def _answer_secret(self, key: Key, scope: Scope) -> _Resolved:
        """Return the feed that the secret in the path grants access to, or the refusal."""
        match = _SECRET_PATH.fullmatch(scope["path"])
        try:
            secret = match[1] if match else ""
            reader = reader_address(scope, self._proxies)
            access = await self._secrets.redeem(secret, reader, self._clock())
        except UnknownTokenError:
            return SECRET_NOT_FOUND
        except GoneTokenError:
            return SECRET_REVOKED
        except AddressBlockedError as error:
            return blocked(error.seconds)
        name = parse_name(access.feed)
        assert name is not None
        calendar_id = name.calendar.partition("/")[2]
        return await self._answer_feed(
            key, _FeedAddress(calendar_id, name.id, True, access.expires)
        )

    async def _answer_feed(self, key: Key, address: _FeedAddress) -> _Resolved:
        """Return the answer of a feed and remember it, or the refusal."""
        try:
            ready = await asyncio.to_thread(self._prepare, address, key[1])
        except ChoiceError as error:
            return wrong_choice(error, is_public=not address.by_token)
        if ready is None:
            return SECRET_REVOKED if address.by_token else FEED_NOT_FOUND
        self._ready.put(key, ready)
        return ready

    def _prepare(self, address: _FeedAddress, query: bytes) -> ReadyAnswer | None:
        """Return the answer to an address; None if there is no such feed for its reader.

        Raises ChoiceError for a query that cannot be met.
        """
        stamp, stale = self._source.stamp(), self._source.stale_since() > 0
        view = self._calendars.view(
            address.calendar_id, address.feed_id, self._clock(), by_token=address.by_token
        )
        if view is None:
            return None
        content, feed, snapshot, date_clock, now = view
        name = feed.name if feed is not None else content.calendar.name
        request = FeedRequest(content.calendar.name, name, snapshot, feed_options(feed, query))
        until = [snapshot.until]
        if address.by_token:
            until += [now + SECONDS, *([address.expires] if address.expires else [])]
        if now < snapshot.modified + 1:
            until.append(snapshot.modified + 1)  # then the date can be given
        state = content.state
        conditions = Conditions(
            stamp, address.calendar_id, state, now, min(until), address.by_token, stale
        )
        return ReadyAnswer(request, conditions, date_clock)


def _refuse_method(method: str, *, public: bool) -> HttpResponse:
    """Return the answer to a method other than GET and HEAD; OPTIONS is a preflight (CORS)."""
    if public:
        return _PREFLIGHT if method == "OPTIONS" else _PUBLIC_READ_ONLY
    return _READ_ONLY


def _loggable(scope: Scope) -> str:
    """Return the path for the log, without its secret."""
    path: str = scope["path"]
    return "/s/..." if path.startswith(_SECRETS) else ascii(path)


def _encoding_of(scope: Scope) -> int:
    """Return 1 if the reader takes gzip, else 0."""
    accepted = b""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            accepted = accepted + b", " + value if accepted else value
    return prefers_gzip(accepted)


def _is_current(scope: Scope, ready: ReadyAnswer, encoding: int) -> bool:
    """Return whether 304 is the answer. Most readers send back the one tag that they got."""
    etag = ready.etags[encoding]
    conditional = False
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            if value == etag:
                return True
            conditional = True
        elif name == b"if-modified-since":
            conditional = True
    return conditional and is_current(read_headers(scope), etag.decode(), ready.modified)

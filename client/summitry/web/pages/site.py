"""The routes of pages: finds the page of an address, and sends 304 where the reader has it."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Callable, Collection, Sequence

from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from summitry.web.content.calendar_cache import CalendarCache
from summitry.web.content.source import FeedSource, listing_of
from summitry.web.http.requests import accepts_gzip, matches, origin_of
from summitry.web.pages.calendar import PageRequest, render_calendar, render_home
from summitry.web.pages.choices import parse_choices
from summitry.web.pages.errors import RecordNotFoundError
from summitry.web.pages.placed_events import Board
from summitry.web.pages.rendering import POLICY, statics, version
from summitry.zones import TzDb
from summitry.zones.days import DAY_SECONDS

_IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable"}
_REVALIDATE = {"cache-control": "no-cache"}


class _IdConvertor(Convertor[str]):
    """The id of a record in a path."""

    regex = r"[a-z0-9][a-z0-9-]{0,62}(?!\n)"  # the "$" of routes lets a newline follow

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("record_id", _IdConvertor())


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
        """Create the pages of a source, with the cache of its calendars and the zones.

        `proxies` and `external`: see `summitry.web.http.requests`.
        """
        self._proxies = proxies
        self._external = external
        self._source = source
        self._calendars = calendars
        self._zones = zones
        self._clock = clock
        self._board = Board(zones)
        self._statics = {static.path: static for static in statics().values()}

    def routes(self) -> Sequence[Route]:
        """Return the routes of all pages and of their static files."""
        return [
            Route("/", self._home),
            Route("/calendars/{calendar:record_id}", self._calendar),
            Route("/calendars/{calendar:record_id}/{feed:record_id}", self._calendar),
            Route("/static/{name}", self._static),
        ]

    async def _static(self, request: Request) -> Response:
        static = self._statics.get(request.scope["path"])
        if static is None:
            raise HTTPException(404)
        return Response(static.body, headers=_IMMUTABLE, media_type=static.type)

    async def _home(self, request: Request) -> Response:
        page = self._parse(request)
        listings = await asyncio.to_thread(self._source.listings)
        page = page.in_language(())
        body = render_home(listings, page)
        tag = _tag(body)
        return _not_modified(tag) if _is_current(request, tag) else _page(body, tag, page, request)

    async def _calendar(self, request: Request) -> Response:
        return await asyncio.to_thread(self._answer_calendar, request, self._parse(request))

    def _answer_calendar(self, request: Request, page: PageRequest) -> Response:
        ids = request.path_params
        view = self._calendars.view(ids["calendar"], ids.get("feed", ""), self._clock())
        if view is None:
            raise RecordNotFoundError
        page = page.in_language(view.feed.languages if view.feed else ())
        tag = _tag("\x1f".join(map(str, (view.snapshot.digest, *page, version()))).encode())
        if _is_current(request, tag):
            return _not_modified(tag)
        listing = listing_of(view.feed or view.content.calendar)
        entries = self._board.entries(view.snapshot, page.choices.zone)
        body = render_calendar(listing, view.snapshot.head, entries, self._zones, page)
        return _page(body, tag, page, request)

    def _parse(self, request: Request) -> PageRequest:
        """Return the page that a request asks for. Raises ChoiceError."""
        accept_language = _field(request, "accept-language")
        choices = parse_choices(request.scope["query_string"], accept_language, self._zones)
        today = int(self._clock()) // DAY_SECONDS
        origin = origin_of(request.scope, self._proxies, self._external)
        return PageRequest(request.scope["path"], origin, choices, today, choices.lang)


def _field(request: Request, name: str) -> str:
    """Return a header field, its lines joined by commas (RFC 9110 5.3)."""
    return ", ".join(request.headers.getlist(name))


def _tag(facts: bytes) -> str:
    """Return a short digest for an entity tag."""
    return hashlib.blake2b(facts, digest_size=12).hexdigest()


def _is_current(request: Request, tag: str) -> bool:
    """Return whether the reader has the page with that tag."""
    tags = _field(request, "if-none-match")
    return bool(tags) and matches(tags, f'"{tag}"')


def _not_modified(tag: str) -> Response:
    return Response(status_code=304, headers=_common(tag))


def _common(tag: str) -> dict[str, str]:
    # Weak, so that one tag serves both encodings (RFC 9110 8.8.3.3).
    return {
        "etag": f'W/"{tag}"',
        "vary": "Host, Accept-Language, Accept-Encoding",
        **_REVALIDATE,
    }


def _page(body: bytes, tag: str, page: PageRequest, request: Request) -> Response:
    headers = {
        "content-language": page.choices.lang,
        "content-security-policy": POLICY,
        **_common(tag),
    }
    if accepts_gzip(_field(request, "accept-encoding")):
        headers["content-encoding"] = "gzip"
        body = gzip.compress(body, 5, mtime=0)
    return HTMLResponse(body, headers=headers)

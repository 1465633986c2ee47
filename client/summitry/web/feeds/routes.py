"""The addresses beside the feeds: the pages, what robots may read, and the probes of operators."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router

from summitry.web.content.source import FeedSource, SourceUnavailableError
from summitry.web.http.answers import COMMON_HEADERS, App, Message, Receive, Scope, Send
from summitry.web.pages.errors import answer_error
from summitry.web.pages.site import Site

_NO_STORE = {"cache-control": "no-store"}
_CACHE_BRIEFLY = {"cache-control": "public, max-age=300"}

_log = logging.getLogger(__name__)


class Probes:
    """Answers for operators: whether the process lives, and whether it can serve feeds."""

    def __init__(self, source: FeedSource, broken: Callable[[], int]) -> None:
        """Create the routes of a source; a function counts the records that cannot be rendered."""
        self._source = source
        self._broken = broken

    async def liveness(self, request: Request) -> Response:
        """Answer 200, which says that the process handles requests."""
        return _text("alive")

    async def readiness(self, request: Request) -> Response:
        """Answer whether feeds can be read, with the trouble of the source, if there is any."""
        if trouble := self._source.trouble():
            return _text(f"not ready: {trouble}", 503)
        await asyncio.to_thread(self._source.listings)
        since = int(self._source.stale_since())
        return _text(f"ready\nrecords_left_out {self._broken()}\nstale_since {since}")


def page_app(site: Site, probes: Probes) -> App:
    """Return an ASGI app for GET and HEAD of all addresses but those of feeds."""
    routes = [
        *site.routes(),
        Route("/robots.txt", _robots),
        Route("/livez", probes.liveness),
        Route("/readyz", probes.readiness),
    ]
    # Not the class Starlette: it answers an error that nothing handles, and raises it again.
    router = Router(routes, redirect_slashes=False, default=_no_route)
    app = ExceptionMiddleware(
        router, handlers={HTTPException: _answer_error, Exception: _answer_error}
    )

    async def with_common_headers(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*COMMON_HEADERS, *message["headers"]]
            await send(message)

        await app(scope, receive, send_with_headers)

    return with_common_headers


async def _robots(request: Request) -> Response:
    return PlainTextResponse("User-agent: *\nAllow: /\n", headers=_CACHE_BRIEFLY)


async def _no_route(scope: Scope, receive: Receive, send: Send) -> None:
    raise HTTPException(404)


async def _answer_error(request: Request, error: Exception) -> Response:
    response = answer_error(request, error)
    path = ascii(request.scope["path"])
    if isinstance(error, SourceUnavailableError):
        _log.warning("no answer for %s: %s", path, error)
    elif response.status_code == 503:
        _log.error("no answer for %s", path, exc_info=error)
    return response


def _text(text: str, status: int = 200) -> Response:
    return PlainTextResponse(f"{text}\n", status, _NO_STORE)

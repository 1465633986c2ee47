"""HTTP answers: their status, header fields and body, and how they are sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

CHUNK_BYTES = 256 * 1024
EMPTY_BODY = {"type": "http.response.body", "body": b""}
NO_STORE = (b"cache-control", b"no-store")
NO_INDEX = (b"x-robots-tag", b"noindex")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
COMMON_HEADERS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
# What is public may be read by scripts of any site (Fetch standard, CORS protocol). Feeds behind a
# secret never have these fields.
CROSS_ORIGIN: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Last-Modified, X-Summitry-Omitted"),
]
CROSS_ORIGIN_PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
    (b"access-control-allow-headers", b"If-None-Match, If-Modified-Since"),
    (b"access-control-max-age", b"86400"),
]


class HttpResponse(NamedTuple):
    """A whole response: the message that begins it, and its body."""

    start: Message
    body: bytes


def make_answer(status: int, headers: Headers, body: bytes) -> HttpResponse:
    """Return a response with the header fields that every response has."""
    # A 204 has no body, and so no length either (RFC 9110 8.6).
    length = [] if status == 204 else [(b"content-length", b"%d" % len(body))]
    headers = [*COMMON_HEADERS, *headers, *length]
    return HttpResponse({"type": "http.response.start", "status": status, "headers": headers}, body)


def share_across_origins(answer: HttpResponse) -> HttpResponse:
    """Return the answer with the fields that let scripts of other sites read it."""
    headers = [*answer.start["headers"], *CROSS_ORIGIN]
    return answer._replace(start={**answer.start, "headers": headers})


def text_answer(status: int, words: str, *headers: tuple[bytes, bytes]) -> HttpResponse:
    """Return a response of plain text, for people who open the address."""
    return make_answer(status, [_TEXT, *headers], (words + "\n").encode())


async def send_answer(answer: HttpResponse, method: str, send: Send) -> None:
    """Send an answer; of an answer to HEAD, the head alone.

    The body goes out in chunks: a server keeps in memory what the peer has not taken yet. A chunk
    is a view, since asyncio would copy what is left of bytes with each part that the peer takes.
    """
    await send(answer.start)
    if method == "HEAD":
        await send(EMPTY_BODY)
        return
    size = len(answer.body)
    body = memoryview(answer.body)
    for start in range(0, max(size, 1), CHUNK_BYTES):
        chunk, more = body[start : start + CHUNK_BYTES], start + CHUNK_BYTES < size
        await send({"type": "http.response.body", "body": chunk, "more_body": more})

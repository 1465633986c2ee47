"""Answers over HTTP: status, header fields and body, and how they are sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PIECE = 256 * 1024
NO_BODY = {"type": "http.response.body", "body": b""}
NEVER_KEPT = (b"cache-control", b"no-store")
NOT_INDEXED = (b"x-robots-tag", b"noindex")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
ALWAYS: Headers = [
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


class Answer(NamedTuple):
    """A whole response: the message that begins it, and its body."""

    start: Message
    body: bytes


def answered(status: int, headers: Headers, body: bytes) -> Answer:
    """Return a response with the header fields that all have."""
    # A 204 has no body, and so no length either (RFC 9110 8.6).
    length = [] if status == 204 else [(b"content-length", b"%d" % len(body))]
    headers = [*ALWAYS, *headers, *length]
    return Answer({"type": "http.response.start", "status": status, "headers": headers}, body)


def shared_across_origins(answer: Answer) -> Answer:
    """Return the answer with the fields that let scripts of other sites read it."""
    headers = [*answer.start["headers"], *CROSS_ORIGIN]
    return answer._replace(start={**answer.start, "headers": headers})


def text(status: int, words: str, *headers: tuple[bytes, bytes]) -> Answer:
    """A response for people who look at it."""
    return answered(status, [_TEXT, *headers], (words + "\n").encode())


def fields(scope: Scope) -> dict[bytes, bytes]:
    """The header fields; those that come several times are lists in pieces (RFC 9110 5.3)."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        found[name] = found[name] + b", " + value if name in found else value
    return found


async def send_answer(answer: Answer, method: str, send: Send) -> None:
    """Send it, of HEAD the head alone; in pieces, since a server holds what is not taken yet."""
    await send(answer.start)
    body = answer.body
    if method == "HEAD":
        await send(NO_BODY)
        return
    for start in range(0, max(len(body), 1), PIECE):
        more = start + PIECE < len(body)
        piece = body[start : start + PIECE] if more or start else body
        await send({"type": "http.response.body", "body": piece, "more_body": more})

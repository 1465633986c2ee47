"""Answers that are ready: their header fields are made once, and hold until something changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import NamedTuple

from cachetools import FIFOCache

from summitry.web.content.calendar_cache import CalendarCache
from summitry.web.content.source import CalendarState, FeedSource
from summitry.web.feeds.bodies import Body, FeedRequest, validator
from summitry.web.http.answers import (
    COMMON_HEADERS,
    CROSS_ORIGIN,
    NO_INDEX,
    Headers,
    HttpResponse,
    Message,
)
from summitry.web.http.requests import accepts_gzip, last_modified

FEED_TYPE = b"text/calendar; charset=utf-8; method=PUBLISH"
MAX_ANSWERS = 4096

_FEED_HEADERS: Headers = [
    *COMMON_HEADERS,
    (b"content-type", FEED_TYPE),
    (b"content-disposition", b'inline; filename="calendar.ics"'),
]
_PUBLIC = (b"cache-control", b"public, max-age=300")
_PRIVATE = (b"cache-control", b"private, max-age=300")
# RFC 9111 dropped this field, but no other field tells readers that a body may be stale.
_STALE = (b"warning", b'110 - "Response is Stale"')
_VARY = (b"vary", b"Accept-Encoding")

Key = tuple[str | bytes, bytes]


@lru_cache(maxsize=256)
def prefers_gzip(accept_encoding: bytes) -> bool:
    """Return whether the client takes gzip."""
    return accepts_gzip(accept_encoding.decode("latin-1"))


class Conditions(NamedTuple):
    """The conditions under which an answer holds."""

    stamp: Hashable  # of the source
    calendar_id: str
    state: CalendarState  # of the calendar
    since: float  # epoch seconds; before it (the clock went back) the answer does not hold
    until: float  # epoch seconds, exclusive; from then on it must be made again
    private: bool
    stale: bool


class ReadyAnswer:
    """An answer to an address; index 0 is for plain bodies, index 1 for gzip."""

    __slots__ = (
        "_common",
        "_starts",
        "conditions",
        "etags",
        "modified",
        "not_modified",
        "request",
        "tag",
    )

    def __init__(self, request: FeedRequest, conditions: Conditions, date_clock: float) -> None:
        self.request = request
        self.conditions = conditions
        self.tag = validator(request.snapshot.digest, request.options)
        # The encodings are different bytes, so they need different strong tags (RFC 9110 8.8.3.3).
        self.etags = (f'"{self.tag}"'.encode(), f'"{self.tag}-gzip"'.encode())
        self.modified = request.snapshot.modified
        self._common: Headers = [
            (b"last-modified", last_modified(self.modified, date_clock).encode()),
            _PRIVATE if conditions.private else _PUBLIC,
            _VARY,
            *([] if conditions.private else CROSS_ORIGIN),
            *([_STALE] if conditions.stale else []),
        ]
        self.not_modified = [self._start(304, packed, []) for packed in (0, 1)]
        self._starts: dict[int, Message] = {}

    def answer(self, body: Body, packed: int) -> HttpResponse:
        """Return the answer with a body, which has to be the body of its tag. Keeps no body."""
        data = body.join(packed)
        start = self._starts.get(packed)
        if start is None:
            start = self._starts[packed] = self._make(body, packed, len(data))
        return HttpResponse(start, data)

    def _make(self, body: Body, packed: int, size: int) -> Message:
        headers = [*_FEED_HEADERS, (b"content-length", b"%d" % size)]
        if packed:
            headers.append((b"content-encoding", b"gzip"))
        if self.conditions.private:
            headers.append(NO_INDEX)
        if body.omitted:
            headers.append((b"x-summitry-omitted", b"%d" % body.omitted))
        return self._start(200, packed, headers)

    def _start(self, status: int, packed: int, headers: Headers) -> Message:
        headers = [(b"etag", self.etags[packed]), *self._common, *headers]
        return {"type": "http.response.start", "status": status, "headers": headers}


class ReadyAnswers:
    """A cache of answers by address and query; those made longest ago go first."""

    def __init__(
        self, source: FeedSource, calendars: CalendarCache, clock: Callable[[], float]
    ) -> None:
        self._source = source
        self._calendars = calendars
        self._clock = clock
        self._answers: FIFOCache[Key, ReadyAnswer] = FIFOCache(MAX_ANSWERS)

    def get(self, key: Key) -> ReadyAnswer | None:
        """Return the answer if it still holds, else None. Asks the source for its stamp alone."""
        try:
            ready = self._answers[key]
        except KeyError:
            return None
        if not ready.conditions.since <= self._clock() < ready.conditions.until:
            return None
        stamp = self._source.stamp()
        if ready.conditions.stamp == stamp:
            return ready
        if ready.conditions.stale or self._source.stale_since():
            return None
        if ready.conditions.state != self._calendars.state(ready.conditions.calendar_id):
            return None
        ready.conditions = ready.conditions._replace(stamp=stamp)
        return ready

    def put(self, key: Key, ready: ReadyAnswer) -> None:
        """Store the answer to an address."""
        self._answers[key] = ready

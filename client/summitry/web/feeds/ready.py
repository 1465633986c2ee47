"""Feeds ready to be answered: header fields made once, good until something changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import NamedTuple

from summitry.web.feeds.answers import ALWAYS, CROSS_ORIGIN, NOT_INDEXED, Answer, Headers, Message
from summitry.web.feeds.bodies import Body, Wanted, validator
from summitry.web.feeds.holdings import Holdings
from summitry.web.feeds.negotiation import accepts_gzip, last_modified
from summitry.web.feeds.source import CalendarState, FeedSource

FEED_TYPE = b"text/calendar; charset=utf-8; method=PUBLISH"
KEPT = 4096

_FEED_HEADERS: Headers = [
    *ALWAYS,
    (b"content-type", FEED_TYPE),
    (b"content-disposition", b'inline; filename="calendar.ics"'),
]
_PUBLIC = (b"cache-control", b"public, max-age=300")
_PRIVATE = (b"cache-control", b"private, max-age=300")
# RFC 9111 no longer has this field, but nothing else says it.
_STALE = (b"warning", b'110 - "Response is Stale"')
_VARY = (b"vary", b"Accept-Encoding")

Key = tuple[str | bytes, bytes]


@lru_cache(maxsize=256)
def packs(accept_encoding: bytes) -> bool:
    """Whether the client takes gzip."""
    return accepts_gzip(accept_encoding.decode("latin-1"))


class Facts(NamedTuple):
    """What the answer to an address depends on beside what is shown."""

    stamp: Hashable  # of the source
    calendar_id: str
    state: CalendarState  # of the calendar
    since: float  # epoch seconds, before which it does not hold: the clock has gone back
    until: float  # epoch seconds, from which on it must be made again
    private: bool
    stale: bool


class Ready:
    """The answer to an address; index 0 is for plain bodies, index 1 for gzip."""

    __slots__ = ("_common", "_found", "etags", "facts", "modified", "not_modified", "tag", "wanted")

    def __init__(self, wanted: Wanted, facts: Facts, now: float) -> None:
        self.wanted = wanted
        self.facts = facts
        self.tag = validator(wanted.shown.digest, wanted.options)
        # The encodings are different bytes, so they need different strong tags (RFC 9110 8.8.3.3).
        self.etags = (f'"{self.tag}"'.encode(), f'"{self.tag}-gzip"'.encode())
        self.modified = wanted.shown.modified
        self._common: Headers = [
            (b"last-modified", last_modified(self.modified, now).encode()),
            _PRIVATE if facts.private else _PUBLIC,
            _VARY,
            *([] if facts.private else CROSS_ORIGIN),
            *([_STALE] if facts.stale else []),
        ]
        self.not_modified = [self._start(304, packed, []) for packed in (0, 1)]
        self._found: dict[int, Message] = {}

    def answer(self, body: Body, packed: int) -> Answer:
        """The answer with that body, which is that of the tag. It is not kept here."""
        data = body.packed if packed else body.plain
        start = self._found.get(packed)
        if start is None:
            start = self._found[packed] = self._make(body, packed, len(data))
        return Answer(start, data)

    def _make(self, body: Body, packed: int, size: int) -> Message:
        headers = [*_FEED_HEADERS, (b"content-length", b"%d" % size)]
        if packed:
            headers.append((b"content-encoding", b"gzip"))
        if self.facts.private:
            headers.append(NOT_INDEXED)
        if body.omitted:
            headers.append((b"x-summitry-omitted", b"%d" % body.omitted))
        return self._start(200, packed, headers)

    def _start(self, status: int, packed: int, headers: Headers) -> Message:
        headers = [(b"etag", self.etags[packed]), *self._common, *headers]
        return {"type": "http.response.start", "status": status, "headers": headers}


class ReadyFeeds:
    """Ready answers by address and query; the least used go first."""

    def __init__(self, source: FeedSource, holdings: Holdings, clock: Callable[[], float]) -> None:
        self._source = source
        self._holdings = holdings
        self._clock = clock
        self._kept: OrderedDict[Key, Ready] = OrderedDict()

    def get(self, key: Key) -> Ready | None:
        """The answer, if it still holds. Takes no time, whatever changes elsewhere."""
        ready = self._kept.get(key)
        if ready is None or not ready.facts.since <= self._clock() < ready.facts.until:
            return None
        stamp = self._source.stamp()
        if ready.facts.stamp == stamp:
            return ready
        if ready.facts.stale or self._source.stale_since():
            return None
        if ready.facts.state != self._holdings.state(ready.facts.calendar_id):
            return None
        ready.facts = ready.facts._replace(stamp=stamp)
        return ready

    def put(self, key: Key, ready: Ready) -> None:
        """Keep an answer."""
        self._kept[key] = ready
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

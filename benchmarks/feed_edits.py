"""A feed after one edit, against a copy of its bytes: CPU of the selection, its chunk and the join.

The calendar is in memory. It has ten times as many events as the feed shows in one of the figures:
the cost is to depend on neither.
"""

from __future__ import annotations

import gc
import time
import zlib
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any, NamedTuple

from benchmarks.ical import calendar, meetings
from summitry.ical import render_fragments
from summitry.ical.options import DEFAULTS
from summitry.kinds import Record
from summitry.v1.feed_pb2 import Feed
from summitry.web.content.persistent_map import PersistentMap
from summitry.web.content.selection import FeedSnapshot, Selection
from summitry.web.content.source import CalendarContent, CalendarState
from summitry.web.feeds.bodies import Body, FeedRequest, _compose
from summitry.web.feeds.chunks import EVENTS
from summitry.web.feeds.layout import Layout
from summitry.zones import default_database

FEED_EVENTS = 10_000
CALENDARS = (10_000, 100_000)
COPIES = 5
NOW = 2e9


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return named ratios, each with its ceiling: medians of interleaved rounds."""
    records = meetings(CALENDARS[-1])
    editions = {count: _Edition(records[-count:]) for count in CALENDARS}
    gc.collect()
    gc.freeze()
    costs = [_round(editions, number) for number in range(rounds)]
    middle = {name: median(cost[name] for cost in costs) for name in costs[0]}
    copy, chunk = middle["copy"], middle["chunk"]
    size = len(editions[FEED_EVENTS].body.plain)
    copied = f"a copy of its {size / 1e6:.1f} MB, {copy * 1e3:.2f} ms"
    ceiling = f"3 copies and a chunk of {EVENTS} events rendered, {(3 * copy + chunk) * 1e3:.2f} ms"
    whole = len(zlib.compress(editions[FEED_EVENTS].body.plain, 6))
    return [
        *(
            (
                f"a feed of {FEED_EVENTS:,} of {count:,} after one edit{encoding}",
                middle[f"{name} {count}"] / (3 * copy + chunk),
                ceiling,
            )
            for count in CALENDARS
            for name, encoding in (("plain", ""), ("gzip", ", gzip"))
        ),
        (
            f"its chunk alone, of {CALENDARS[-1]:,} events against {FEED_EVENTS:,}",
            middle[f"compose {CALENDARS[-1]}"] / middle[f"compose {FEED_EVENTS}"],
            "1: flat",
        ),
        ("the join alone", middle["join"] / copy, copied),
        (
            "bytes of gzip in chunks",
            len(editions[FEED_EVENTS].body.packed) / whole,
            "gzip of the whole",
        ),
    ]


class _Spent(NamedTuple):
    """Seconds of CPU."""

    compose: float  # until the chunk is rendered and joined
    plain: float  # until all are joined
    gzip: float  # until the bytes of gzip are joined


class _Edition:
    """A calendar with a feed of its latest events."""

    def __init__(self, records: list[Any]) -> None:
        self.names = [record.name for record in records[-FEED_EVENTS:]]
        self.feed = Feed(name="calendars/bench/feeds/f", max_events=FEED_EVENTS, max_bytes=16 << 20)
        by_name: dict[str, Record] = {record.name: record for record in records}
        state = CalendarState("bench", 1, 1)
        self.content = CalendarContent(state, calendar(), PersistentMap(by_name), {})
        self.selection = Selection("bench")
        self.layout = Layout(DEFAULTS, default_database())
        self.body = self.compose()
        assert len(self.body.plain) + len(self.body.packed) and not self.body.broken

    def compose(self) -> Body:
        """Return the body as it is now, not joined."""
        snapshot: FeedSnapshot = self.selection.snapshot(self.content, self.feed, NOW)
        request = FeedRequest("calendars/bench", self.feed.name, snapshot, DEFAULTS)
        return _compose(request, "", self.layout, lambda name, version: None, default_database())

    def edit(self, number: int) -> _Spent:
        """Change an event and bring the feed up to date."""
        # Chunks lie apart, so that each edit is in another one.
        name = self.names[number * (EVENTS + 1) % FEED_EVENTS]
        record: Any = type(self.content.records[name])()
        record.CopyFrom(self.content.records[name])
        record.revision += 1_000_000 + number
        record.titles[0].text = f"Edited {number}"
        record.update_time.seconds = 1_800_000_000 + number
        begun = time.process_time()
        records = self.content.records.updated({name: record})
        state = self.content.state._replace(revision=record.revision)
        self.content = self.content._replace(state=state, records=records)
        self.body = self.compose()
        composed = time.process_time()
        plain = self.body.plain
        joined = time.process_time()
        packed = self.body.packed
        deflated = time.process_time()
        assert len(plain) > len(packed) > 0 and f"Edited {number}".encode() in plain
        compose = composed - begun
        return _Spent(compose, joined - begun, compose + deflated - joined)


def _round(editions: dict[int, _Edition], number: int) -> dict[str, float]:
    cost: dict[str, float] = {}
    for count, edition in editions.items():
        plain = edition.body.plain
        # Before each edit, so that both find the caches of the processor full of something else.
        cost["copy"] = _timed(partial(_copies, plain)) / COPIES
        spent = edition.edit(number)._asdict()
        cost |= {f"{name} {count}": seconds for name, seconds in spent.items()}
        cost["join"] = spent["plain"] - spent["compose"]
    records = editions[FEED_EVENTS].content.records
    chunk = [records[name] for name in editions[FEED_EVENTS].names[:EVENTS]]
    cost["chunk"] = _timed(lambda: render_fragments(chunk))
    return cost


def _copies(plain: bytes) -> None:
    for _ in range(COPIES):
        bytearray(plain)


def _timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun

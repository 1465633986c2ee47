"""Which records a feed shows, and until when: visibility, embargoes, filter, detail, window."""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from summitry.ical.records import EVENT_TYPES, Surroundings
from summitry.ical.render import RENDERER_VERSION
from summitry.kinds import Record
from summitry.standing import standing_times
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.feed_pb2 import Feed, FeedDetail
from summitry.v1.record_pb2 import Visibility
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit
from summitry.visibility import embargo, is_public, is_visible
from summitry.web.feeds.source import CalendarContent
from summitry.zones import ZoneError, parse_date

DAY = 86_400
_ALWAYS = (-math.inf, math.inf)


class Candidate(NamedTuple):
    """A record that the feed shows for a time: from one instant on until another."""

    comes: float  # epoch seconds
    goes: float
    record: Record


class Shown(NamedTuple):
    """What a feed shows from one moment to the next."""

    head: Calendar | Feed  # gives the file its name
    records: tuple[Record, ...]  # events, and the delegations that attend them
    digest: str  # of all that the bytes depend on but the options
    modified: int  # epoch seconds of the last change of what is shown
    until: float  # when something comes or goes by itself


class Selection:
    """What a feed shows of a calendar at one revision. Without a feed: all that is public."""

    def __init__(self, content: CalendarContent, feed: Feed | None, tzdb_version: str) -> None:
        self._content = content
        self._feed = feed
        self._identity = (content.state.store_id, tzdb_version, RENDERER_VERSION)
        self._candidates = list(_candidates(content, feed or Feed()))
        bounds = {at for one in self._candidates for at in (one.comes, one.goes)}
        self._moments = sorted(bounds - set(_ALWAYS))
        self._shown: dict[int, Shown] = {}

    def at(self, now: float) -> Shown:
        """What is shown at an instant. Costs a look-up while nothing comes or goes."""
        passed = bisect_right(self._moments, now)
        shown = self._shown.get(passed)
        if shown is None:
            self._shown = {passed: (shown := self._make(now, passed))}
        return shown

    def _make(self, now: float, passed: int) -> Shown:
        records = tuple(one.record for one in self._candidates if one.comes <= now < one.goes)
        moved = self._moments[passed - 1] if passed else 0
        return Shown(
            self._feed or self._content.calendar,
            records,
            self._digest(records),
            max(self._written(), int(moved)),
            self._moments[passed] if passed < len(self._moments) else math.inf,
        )

    def _written(self) -> int:
        """Return when something was last written that readers of this feed could notice.

        Records that the filter leaves out count too: what stopped to match it must move the date.
        """
        state, feed = self._content.state, self._feed or Feed()
        public = feed.max_visibility <= Visibility.VISIBILITY_PUBLIC
        records = state.public_modified if public else state.internal_modified
        return max(records or state.modified, feed.update_time.seconds)

    def _digest(self, records: Iterable[Record]) -> str:
        head = _heads(self._content, self._feed)
        digest = hashlib.blake2b(digest_size=12)
        surroundings = Surroundings(records)
        for facts in (
            self._identity,
            *((record.name, record.revision, record.etag) for record in head),
            *(
                (record.name, *surroundings.version(record))
                for record in records
                if isinstance(record, EVENT_TYPES)
            ),
        ):
            digest.update("\x1f".join(map(str, facts)).encode() + b"\x1e")
        return digest.hexdigest()


def may_read(content: CalendarContent, feed: Feed | None, now: float, *, by_token: bool) -> bool:
    """Whether readers get the feed at all: everybody, or those who have a token of it."""
    if not by_token:
        return all(is_public(head, now) for head in _heads(content, feed))
    assert feed is not None
    return is_visible(content.calendar, now, feed.max_visibility) and embargo(feed) <= now


def _heads(content: CalendarContent, feed: Feed | None) -> list[Record]:
    return [content.calendar] if feed is None else [content.calendar, feed]


def _candidates(content: CalendarContent, feed: Feed) -> Iterator[Candidate]:
    members = content.members.get(feed.name.rpartition("/")[2]) if feed.name else None
    events_alone = feed.detail == FeedDetail.FEED_DETAIL_EVENTS
    wanted = (Summit, Visit) if events_alone else EVENT_TYPES
    for name, record in content.records.items():
        # A record under embargo comes when that ends.
        if not is_visible(record, math.inf, feed.max_visibility):
            continue
        if isinstance(record, Delegation):
            yield Candidate(embargo(record), math.inf, record)
        elif isinstance(record, wanted) and (members is None or name in members):
            comes, goes = _window(record, feed)
            yield Candidate(max(comes, embargo(record)), goes, record)


def _window(record: Record, feed: Feed) -> tuple[float, float]:
    """Return from when until when the days around today touch those of an event.

    An event may stand at its own time or at a former one, as the options of the reader have it.
    """
    if not feed.HasField("window"):
        return _ALWAYS
    try:
        known = [days for time, _ in standing_times(record) if (days := _days(time))]
    except ZoneError:
        known = []  # the renderer finds the fault, and leaves this record alone out
    if not known:
        return _ALWAYS
    first, last = min(days[0] for days in known), max(days[1] for days in known)
    return (first - feed.window.future_days) * DAY, (last + 1 + feed.window.past_days) * DAY


def _days(time: EventTime) -> tuple[int, int] | None:
    """The first and last day that an event is, or can be, on; None if nothing is known."""
    if time.HasField("timed"):
        interval = time.resolved.interval
        first = interval.start_time.seconds // DAY
        return first, max(first, (interval.end_time.seconds - 1) // DAY)
    span = time.dates if time.HasField("dates") else time.partial
    ends = [parse_date(date) for date in (span.first_date, span.last_date) if date]
    return (ends[0], ends[-1]) if ends else None

"""Selection of the records that a feed shows: visibility, embargoes, filter, detail, window."""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from summitry.ical.records import EVENT_TYPES, Surroundings
from summitry.ical.version import renderer_version
from summitry.kinds import Record
from summitry.standing import standing_times
from summitry.time_fields import instants
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.change_service_pb2 import ChangeView
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.feed_pb2 import Feed, FeedDetail
from summitry.v1.filter_pb2 import MatchCertainty
from summitry.v1.record_pb2 import Visibility
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit
from summitry.visibility import embargo, is_public, is_visible
from summitry.web.content.source import CalendarContent
from summitry.zones import ZoneError, parse_date

DAY = 86_400
_ALWAYS = (-math.inf, math.inf)


class Candidate(NamedTuple):
    """A record with the period in which the feed shows it."""

    visible_from: float  # epoch seconds
    visible_until: float
    record: Record


class FeedSnapshot(NamedTuple):
    """The content of a feed from one instant until something appears or disappears."""

    head: Calendar | Feed  # gives the file its name
    records: tuple[Record, ...]  # events, and the delegations that attend them
    digest: str  # of all that the bytes depend on but the options
    modified: int  # epoch seconds of the last change to these records
    until: float  # epoch seconds at which a record appears or disappears without a write


class Selection:
    """The records of a calendar at one revision that a feed shows.

    Without a feed: the public ones.
    """

    def __init__(self, content: CalendarContent, feed: Feed | None, tzdb_version: str) -> None:
        self._content = content
        self._feed = feed
        self._identity = (content.state.store_id, tzdb_version, renderer_version())
        self._candidates = list(_candidates(content, feed or Feed()))
        bounds = {
            boundary
            for candidate in self._candidates
            for boundary in (candidate.visible_from, candidate.visible_until)
        }
        self._boundaries = sorted(bounds - set(_ALWAYS))
        self._snapshots: dict[int, FeedSnapshot] = {}

    def snapshot_at(self, now: float) -> FeedSnapshot:
        """Return the records that the feed shows at an instant.

        A look-up until the next record appears or disappears.
        """
        index = bisect_right(self._boundaries, now)
        snapshot = self._snapshots.get(index)
        if snapshot is None:
            self._snapshots = {index: (snapshot := self._make(now, index))}
        return snapshot

    def _make(self, now: float, index: int) -> FeedSnapshot:
        records = tuple(
            candidate.record
            for candidate in self._candidates
            if candidate.visible_from <= now < candidate.visible_until
        )
        boundary = self._boundaries[index - 1] if index else 0
        return FeedSnapshot(
            self._feed or self._content.calendar,
            records,
            self._digest(records),
            max(self._last_write(), int(boundary)),
            self._boundaries[index] if index < len(self._boundaries) else math.inf,
        )

    def _last_write(self) -> int:
        """Return the time of the last write that may have changed the content of this feed.

        Records that the filter leaves out count too: what stopped to match it must move the date.
        """
        state, feed = self._content.state, self._feed or Feed()
        public = feed.max_visibility <= Visibility.VISIBILITY_PUBLIC
        records = state.public_modified if public else state.internal_modified
        return max(records or state.modified, feed.update_time.seconds)

    def _digest(self, records: Iterable[Record]) -> str:
        """Return a digest of everything that the bytes depend on, but the options."""
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
    """Return whether readers get the feed: anybody, or with `by_token` the holders of a token."""
    if not by_token:
        return all(is_public(head, now) for head in _heads(content, feed))
    assert feed is not None
    return is_visible(content.calendar, now, feed.max_visibility) and embargo(feed) <= now


def change_view_of(feed: Feed, calendar: str) -> ChangeView | None:
    """Return the view of the records that a feed admits; None if it admits all of its calendar."""
    if not feed.filter.ByteSize() and not feed.HasField("fixed_window"):
        return None
    view = ChangeView(parent=calendar, filter=feed.filter)
    if feed.HasField("fixed_window"):
        view.window.CopyFrom(feed.fixed_window)
    return view


def _heads(content: CalendarContent, feed: Feed | None) -> list[Record]:
    return [content.calendar] if feed is None else [content.calendar, feed]


def _candidates(content: CalendarContent, feed: Feed) -> Iterator[Candidate]:
    members = content.members.get(feed.name.rpartition("/")[2]) if feed.name else None
    events_alone = feed.detail == FeedDetail.FEED_DETAIL_EVENTS
    event_types = (Summit, Visit) if events_alone else EVENT_TYPES
    for name, record in content.records.items():
        # A record under embargo is a candidate: it appears when the embargo ends.
        if not is_visible(record, math.inf, feed.max_visibility):
            continue
        if isinstance(record, Delegation):
            yield Candidate(embargo(record), math.inf, record)
        elif isinstance(record, event_types) and (members is None or name in members):
            visible_from, visible_until = _visible_period(record, feed)
            yield Candidate(max(visible_from, embargo(record)), visible_until, record)


def _visible_period(record: Record, feed: Feed) -> tuple[float, float]:
    """Return from when until when an event is in the window of the feed.

    An event may stand at its own time or at a former one, as the options of the reader have it.
    """
    if not feed.HasField("window"):
        return _ALWAYS
    try:
        times = [time for time, _ in standing_times(record)]
        day_ranges = [days for time in times if (days := _days(time))]
    except ZoneError:
        day_ranges = []  # the renderer finds the fault, and leaves this record alone out
    if not day_ranges:
        return _ALWAYS
    first, last = min(days[0] for days in day_ranges), max(days[1] for days in day_ranges)
    if feed.window.matching != MatchCertainty.MATCH_CERTAINTY_POSSIBLE and _is_partial(times):
        # It may be on any of its days, so the window has to hold all of them.
        first, last = last, first
    return (first - feed.window.days_after) * DAY, (last + 1 + feed.window.days_before) * DAY


def _is_partial(times: Iterable[EventTime]) -> bool:
    return all(time.HasField("partial") for time in times)


def _days(time: EventTime) -> tuple[int, int] | None:
    """Return the first and last day that an event is, or can be, on; None if nothing is known."""
    if time.HasField("timed"):
        start, end = instants(time)
        first = start // DAY
        return first, first if end is None else max(first, (end - 1) // DAY)
    span = time.dates if time.HasField("dates") else time.partial
    ends = [parse_date(date) for date in (span.first_date, span.last_date) if date]
    return (ends[0], ends[-1]) if ends else None

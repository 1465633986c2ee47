"""The time of the last change of a calendar that readers of a visibility could notice.

The date of a feed is that of its contents: a write to a hidden record must not move it, since that
would reveal the write. Deleting, hiding or embargoing a visible record does move it, because
readers see the record disappear. Only the log after the newest visible record is read, and from
then on each change once.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import NamedTuple

from cachetools import FIFOCache

from summitry.kinds import FEED
from summitry.v1.record_pb2 import RecordHeader, Visibility
from summitry.visibility import is_visible
from summitry_server.store.contract import CalendarHead, Logged, Reader
from summitry_server.wire import frames as wire

PAGE = 1000
CALENDARS = 1024  # cached at most; those read longest ago go first


class VisibleTimes(NamedTuple):
    """Epoch seconds of the last noticeable change, by the visibility that a reader has."""

    public: int
    internal: int


# In the order of the fields of VisibleTimes.
_LEVELS = (Visibility.VISIBILITY_PUBLIC, Visibility.VISIBILITY_INTERNAL)


class VisibleChanges:
    """A cache of the times of calendars, brought up to date from the log; safe for threads."""

    def __init__(self) -> None:
        self._times_by_calendar: FIFOCache[str, tuple[int, VisibleTimes]] = FIFOCache(CALENDARS)
        self._lock = Lock()

    def times(self, reader: Reader, calendar: str, state: CalendarHead) -> VisibleTimes:
        """Return the times of a calendar. `state` must come from the snapshot of `reader`."""
        with self._lock:
            since, times = self._times_by_calendar.get(calendar, (0, VisibleTimes(0, 0)))
        if not 0 < since <= reader.revision:
            since, times = _newest_visible(reader, calendar)
            if since < reader.earliest() - 1:
                times = _at_least(times, _first_logged_time(reader, since, calendar))
        for change in _changes(reader, since, calendar):
            times = _after(times, change)
        with self._lock:
            self._times_by_calendar[calendar] = reader.revision, times
        return _at_least(times, state.epoch_time)


def _newest_visible(reader: Reader, calendar: str) -> tuple[int, VisibleTimes]:
    """Return the times by live records, and the revision after which the log is to be read."""
    newest = [(0, 0), (0, 0)]
    itself = reader.get(calendar)
    for row in (*([itself] if itself else []), *reader.contents(calendar)):
        if row.kind == FEED.number:
            continue
        header = wire.unframe(RecordHeader, row.frame)
        for index, level in enumerate(_LEVELS):
            if is_visible(header, row.modified, level):
                newest[index] = max(newest[index], (row.revision, row.modified))
    # Whatever the public sees, internal readers see too, so the public revision is the lower.
    return newest[0][0], VisibleTimes(newest[0][1], newest[1][1])


def _first_logged_time(reader: Reader, since: int, calendar: str) -> int:
    """Return the time from which on the log is complete.

    Records that disappeared before it left no trace, so the calendar may have changed until then.
    """
    state = reader.state(calendar)
    first_page = reader.changes(since, 1, calendar)
    return first_page[0].entry.time if first_page else state.modified if state else 0


def _changes(reader: Reader, since: int, calendar: str) -> Iterator[Logged]:
    while page := reader.changes(since, PAGE, calendar):
        yield from page
        since = page[-1].revision


def _after(times: VisibleTimes, change: Logged) -> VisibleTimes:
    """Return the times after a change; those of levels that do not see it stay the same."""
    if change.kind == FEED.number:
        return times
    headers = [
        wire.unframe(RecordHeader, frame) for frame in (change.before, change.frame) if frame
    ]
    time_of_change = change.entry.time
    notices = (
        any(is_visible(header, time_of_change, level) for header in headers) for level in _LEVELS
    )
    return VisibleTimes(
        *(
            max(time, time_of_change) if is_noticed else time
            for time, is_noticed in zip(times, notices, strict=True)
        )
    )


def _at_least(times: VisibleTimes, least: int) -> VisibleTimes:
    return VisibleTimes(*(max(time, least) for time in times))

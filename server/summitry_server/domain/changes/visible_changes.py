"""When a calendar last changed for those who may see records up to a visibility.

The date of a feed is that of what it shows: a write to a hidden record must not move it, since that
would tell readers of the write. A record that is deleted, hidden or put under an embargo is seen to
leave, so that counts. What is read is the log after the newest record that may be seen, and from
then on each change once.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import NamedTuple

from summitry.kinds import FEED
from summitry.v1.record_pb2 import RecordHeader, Visibility
from summitry.visibility import is_visible
from summitry_server.store.contract import Logged, Reader, State
from summitry_server.wire import frames as wire

PAGE = 1000
CALENDARS = 1024  # of which the times are kept; beyond, all are read anew


class VisibleTimes(NamedTuple):
    """Epoch seconds of the last change that readers could notice, by what they may see."""

    public: int
    internal: int


# In the order of the fields of VisibleTimes.
_LEVELS = (Visibility.VISIBILITY_PUBLIC, Visibility.VISIBILITY_INTERNAL)


class VisibleChanges:
    """The times of all calendars of a store, kept from revision to revision; safe for threads."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, VisibleTimes]] = {}
        self._lock = Lock()

    def times(self, reader: Reader, calendar: str, state: State) -> VisibleTimes:
        """Return the times of a calendar whose state is `state`, both by one snapshot."""
        with self._lock:
            since, times = self._kept.get(calendar, (0, VisibleTimes(0, 0)))
        if not 0 < since <= reader.revision:
            since, times = _newest_visible(reader, calendar)
            if since < reader.earliest() - 1:
                times = _raised(times, _first_logged(reader, since, calendar))
        for change in _changes(reader, since, calendar):
            times = _after(times, change)
        with self._lock:
            if len(self._kept) >= CALENDARS:
                self._kept.clear()
            self._kept[calendar] = reader.revision, times
        return _raised(times, state.epoch_time)


def _newest_visible(reader: Reader, calendar: str) -> tuple[int, VisibleTimes]:
    """Return the times by the records that live, and the revision after which the log adds."""
    newest = [(0, 0), (0, 0)]
    itself = reader.get(calendar)
    for row in (*([itself] if itself else []), *reader.contents(calendar)):
        if row.kind == FEED.number:
            continue
        header = wire.unframe(RecordHeader, row.frame)
        for index, level in enumerate(_LEVELS):
            if is_visible(header, row.modified, level):
                newest[index] = max(newest[index], (row.revision, row.modified))
    # What the public sees, others see too, so the public revision is the lower one.
    return newest[0][0], VisibleTimes(newest[0][1], newest[1][1])


def _first_logged(reader: Reader, since: int, calendar: str) -> int:
    """Return a time after which the log is whole: what left before it cannot be told any more."""
    state = reader.state(calendar)
    found = reader.changes(since, 1, calendar)
    return found[0].entry.time if found else state.modified if state else 0


def _changes(reader: Reader, since: int, calendar: str) -> Iterator[Logged]:
    while page := reader.changes(since, PAGE, calendar):
        yield from page
        since = page[-1].revision


def _after(times: VisibleTimes, change: Logged) -> VisibleTimes:
    """Return the times after a change; unchanged for levels that could not notice it."""
    if change.kind == FEED.number:
        return times
    headers = [
        wire.unframe(RecordHeader, frame) for frame in (change.before, change.frame) if frame
    ]
    moment = change.entry.time
    seen = (any(is_visible(header, moment, level) for header in headers) for level in _LEVELS)
    return VisibleTimes(
        *(max(time, moment) if noticed else time for time, noticed in zip(times, seen, strict=True))
    )


def _raised(times: VisibleTimes, least: int) -> VisibleTimes:
    return VisibleTimes(*(max(time, least) for time in times))

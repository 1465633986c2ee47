"""The times at which an event stands in calendars: its own, or one that it had before.

An event that was put off has no date, and one that was moved to a month has no day. Readers who
hold it at its last announced days must hear there that these no longer hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from summitry.kinds import Record
from summitry.statuses import takes_place
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.record_pb2 import RecordHeader

_DATED = ("timed", "dates")


def is_dated(time: EventTime) -> bool:
    """Return whether at least one day of a time is known."""
    return time.WhichOneof("when") in _DATED


def former_time(record: Record | RecordHeader) -> EventTime | None:
    """Return the last time of an event that was put off or called off and has none now; else None.

    The time is that of the record, not a copy.
    """
    if record.HasField("time") or not record.previous_times or takes_place(record):
        return None
    return record.previous_times[-1].time


def standing_times(record: Record) -> Iterator[tuple[EventTime, bool]]:
    """Yield the times at which a calendar may show an event, the best first; True for former ones.

    Its own time comes first. Where that names no day, the times before follow, the latest first, up
    to the last one that had days. An event that has no time and was not put off has never been
    announced for one, so nothing follows.
    """
    if record.HasField("time"):
        yield record.time, False
        if is_dated(record.time):
            return
    elif takes_place(record):
        return
    for previous in reversed(record.previous_times):
        yield previous.time, True
        if is_dated(previous.time):
            return

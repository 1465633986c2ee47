"""Adapt the times of a record to a change of its places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from summitry.kinds import Record
from summitry.v1.event_time_pb2 import DateSpan, EventTime, PartialSpan, TimePoint
from summitry.zones import TzDb
from summitry_server.domain.time.times import HISTORY, Time, located

Zoned: TypeAlias = TimePoint | DateSpan | PartialSpan


def follow_places(record: Record, old: Record, path: str, db: TzDb) -> None:
    """Clear the zones that the times of a moved record had from its old places, in place.

    `old` is the record before, which differs in its places only. Resolving then takes the zones of
    the new places. A time that was given in another zone keeps it. The wall time stays: ten
    o'clock is ten o'clock at the new place. Raises RefusedError UNKNOWN_TIME_ZONE.
    """
    pairs = zip(located(old, path, "", db), located(record, path, "", db), strict=True)
    for (here, _, before), (_, time, after) in pairs:
        own = not here.removeprefix(path).startswith(HISTORY)
        if own and before != after:
            for part in _zoned(time):
                if part.time_zone == before:
                    part.time_zone = ""


def _zoned(time: Time) -> Iterator[Zoned]:
    """Yield the parts of a time that can take their zone from a place."""
    if not isinstance(time, EventTime):
        return
    match time.WhichOneof("when"):
        case "timed":
            for point in (time.timed.start, time.timed.end):
                if point.civil_time and not point.utc_offset:
                    yield point
        case "dates":
            yield time.dates
        case "partial":
            yield time.partial

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
    if isinstance(time, EventTime):
        match time.WhichOneof("when"):
            case "timed":
                yield from _zoned(time.timed.start)
                if time.timed.HasField("end"):
                    yield from _zoned(time.timed.end)
            case "dates":
                yield time.dates
            case "partial":
                yield time.partial
    elif isinstance(time, TimePoint) and time.civil_time and not time.utc_offset:
        yield time

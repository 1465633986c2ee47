"""What becomes of the times of a record when its places change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from summitry.kinds import Record
from summitry.v1.event_time_pb2 import DateSpan, EventTime, PartialSpan, TimePoint
from summitry.zones import TzDb
from summitry_server.domain.time.times import HISTORY, Time, located

Zoned: TypeAlias = TimePoint | DateSpan | PartialSpan


def follow_places(record: Record, old: Record, path: str, db: TzDb) -> None:
    """Let the wall times and days of a moved record go by the zones of its new places, in place.

    `old` is the record before, alike but for the places. Only times that went by the old places
    change: what was given for another zone keeps it. The wall time stays, since ten o'clock is
    ten o'clock at the new place. The times are then to be resolved. Raises RefusedError
    UNKNOWN_TIME_ZONE.
    """
    pairs = zip(located(old, path, "", db), located(record, path, "", db), strict=True)
    for (here, _, before), (_, time, after) in pairs:
        own = not here.removeprefix(path).startswith(HISTORY)
        if own and before != after:
            for part in _zoned(time):
                if part.time_zone == before:
                    part.time_zone = ""


def _zoned(time: Time) -> Iterator[Zoned]:
    """The parts of a time that can take their zone from a place."""
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

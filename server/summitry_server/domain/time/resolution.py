"""Resolve a single time point, or give the reason why that is not possible."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from summitry.time import TimeFieldError, resolve
from summitry.v1.event_time_pb2 import EventTime, TimePoint
from summitry.v1.time_zone_service_pb2 import ResolvedPoint, WallTimeKind
from summitry.zones import TzDb, ZoneError, format_offset, parse_civil, parse_offset
from summitry_server.domain.time.times import to_refusal

KINDS = {
    "normal": WallTimeKind.WALL_TIME_KIND_NORMAL,
    "gap": WallTimeKind.WALL_TIME_KIND_GAP,
    "fold": WallTimeKind.WALL_TIME_KIND_FOLD,
}


def resolved_point(point: TimePoint, db: TzDb) -> ResolvedPoint:
    """Return the instant of a time point by a database, or the reason why it has none."""
    result = ResolvedPoint()
    _fill_candidates(result, point, db)
    time = EventTime()
    time.timed.start.CopyFrom(point)
    try:
        resolve(time, db)
    except TimeFieldError as error:
        inner = TimeFieldError(error.field.removeprefix("timed.start").lstrip("."), error.cause)
        refusal = to_refusal(inner.cause, inner.field or "point")
        result.reason, result.message = refusal.reason, refusal.message
        return result
    resolved = time.resolved
    instant = resolved.interval.start_time
    result.time.CopyFrom(instant)
    result.text = resolved.start_text
    result.utc_offset = format_offset(_offset(time.timed.start, instant.seconds, db))
    return result


def _fill_candidates(result: ResolvedPoint, point: TimePoint, db: TzDb) -> None:
    """Fill in both candidates of a wall time in a zone, whichever is then chosen."""
    if not (point.civil_time and point.time_zone):
        return
    try:
        wall, zone = parse_civil(point.civil_time), db.zone(point.time_zone)
    except ZoneError:
        return  # resolving gives the reason later
    earlier, later, kind = zone.candidates(wall)
    result.kind = KINDS[kind]
    result.earlier_time.CopyFrom(Timestamp(seconds=earlier))
    result.later_time.CopyFrom(Timestamp(seconds=later))


def _offset(point: TimePoint, instant: int, db: TzDb) -> int:
    if point.time_zone:
        return db.zone(point.time_zone).offset_at(instant)
    return parse_offset(point.utc_offset) if point.utc_offset else 0

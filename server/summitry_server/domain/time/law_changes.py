"""Resolve a record again after the rules of its zones changed, without its past."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from typing import NamedTuple

from summitry.kinds import Record
from summitry.time import TimeFieldError, resolve
from summitry.time_fields import instants
from summitry.v1.event_time_pb2 import EventTime, ResolvedTime, TimePoint
from summitry.zones import TzDb, parse_civil
from summitry_server.domain.time.readings import settle
from summitry_server.domain.time.times import event_times, is_newer, unstamped


class Rebased(NamedTuple):
    """A record after a change of rules."""

    record: Record
    changed: bool  # it has to be written
    moved: bool  # an instant of a timed span differs: SEQUENCE has to rise


def rebased(
    record: Record,
    db: TzDb,
    now: int,
    *,
    include_past: bool,
    touched: Collection[str] = (),
    allow_older: bool = False,
) -> Rebased:
    """Return the record resolved by `db`. What had begun by `now` keeps its instants.

    A time that would end before its start stays as it was, since a person has to decide. A time
    with the same result keeps its stamps, so that its record is not written for nothing. Times
    whose readings are in `touched` are the exception: their wall time entered or left a gap or a
    fold, and the store has to know. A time that a newer release than `db` resolved is left alone
    unless `allow_older`.
    """
    result = deepcopy(record)
    moved = changed = False
    for path, time in event_times(result):
        before = deepcopy(time)
        if not allow_older and is_newer(time, db):
            continue
        is_touched = any(field.startswith(f"{path}.") for field in touched)
        if not resolve_anew(time, db):
            time.CopyFrom(before)
            continue
        if not include_past:
            _freeze(time.resolved, before.resolved, now)
        moved |= _instants(time) != _instants(before)
        if not is_touched and unstamped(time) == unstamped(before):
            time.CopyFrom(before)
        changed |= is_touched or time != before
    return Rebased(result, changed, moved)


def resolve_anew(time: EventTime, db: TzDb) -> bool:
    """Resolve a stored time by other rules, in place; return False if it ends before its start."""
    if time.WhichOneof("when") == "timed":
        start, end = instants(time)
        _settle_point(time.timed.start, start, db)
        if end is not None:
            _settle_point(time.timed.end, end, db)
    try:
        resolve(time, db)
    except TimeFieldError:
        return False
    return True


def _settle_point(point: TimePoint, before: int, db: TzDb) -> None:
    """Choose the disambiguation of a point in a gap or fold, so that resolving accepts it."""
    if not (point.civil_time and point.time_zone) or point.utc_offset:
        return
    wall = parse_civil(point.civil_time)
    _, kind, disambiguation = settle(db.zone(point.time_zone), wall, point.disambiguation, before)
    if kind != "normal":
        point.disambiguation = disambiguation  # type: ignore[assignment]


def _freeze(new: ResolvedTime, old: ResolvedTime, now: int) -> None:
    """Restore the start of a time that has begun, and the end of one that is over, in place."""
    if not old.HasField("interval"):
        return
    if old.interval.start_time.seconds <= now:
        new.interval.start_time.CopyFrom(old.interval.start_time)
        new.start_text = old.start_text
        new.start_zone_fingerprint = old.start_zone_fingerprint
    if old.interval.HasField("end_time") and old.interval.end_time.seconds <= now:
        new.interval.end_time.CopyFrom(old.interval.end_time)
        new.end_text = old.end_text
        new.end_zone_fingerprint = old.end_zone_fingerprint


def _instants(time: EventTime) -> tuple[int, int | None] | None:
    """Return (start, end) of a timed span; None for days, which are no instants."""
    return instants(time) if time.WhichOneof("when") == "timed" else None

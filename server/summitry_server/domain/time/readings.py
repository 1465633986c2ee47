"""Readings: the local times of a record with the instants that the rules of a zone gave them.

They are all that a change of time zone law can move. A reading stores wall time and instant, so
that an audit compares numbers and parses no record. The rules in words: docs/time.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from summitry.kinds import Record
from summitry.time_fields import instants
from summitry.v1.event_time_pb2 import Disambiguation, EventTime, TimePoint
from summitry.v1.time_zone_service_pb2 import ImpactKind
from summitry.zones import TzDb, Zone, day_start, parse_civil, parse_date
from summitry_server.domain.time.spans import DAY
from summitry_server.domain.time.times import event_times
from summitry_server.store.contract import LATEST, LocalTimeEntry

KINDS = ("normal", "gap", "fold")


class Sort(IntEnum):
    """The kind of a reading."""

    WALL = 0  # a wall time: the zone's rules make the instant
    DAY = 1  # the beginning of a civil day
    DISPLAYED = 2  # an instant that is only displayed in the zone


class ResolutionChoice(NamedTuple):
    """The way in which a reading was resolved; the store has it as one number."""

    sort: Sort
    kind: str = "normal"  # of the wall time when it was settled
    disambiguation: int = 0
    alone: bool = True  # False: the other end goes by other rules, so their order can break

    def packed(self) -> int:
        """Return the choice as one number."""
        tens = (self.sort * 2 + (not self.alone)) * len(KINDS) + KINDS.index(self.kind)
        return tens * 10 + self.disambiguation


def unpack_choice(choice: int) -> ResolutionChoice:
    """Return the choice that a number stands for."""
    tens, disambiguation = divmod(choice, 10)
    rest, kind = divmod(tens, len(KINDS))
    sort, partner = divmod(rest, 2)
    return ResolutionChoice(Sort(sort), KINDS[kind], disambiguation, not partner)


def readings_of(record: Record, db: TzDb) -> tuple[LocalTimeEntry, ...]:
    """Return the readings of a resolved record."""
    return tuple(
        reading for path, time in event_times(record) for reading in _readings(time, path, db)
    )


def _readings(time: EventTime, path: str, db: TzDb) -> Iterator[LocalTimeEntry]:
    form = time.WhichOneof("when")
    if form == "timed":
        yield from _timed(time, f"{path}.timed", db)
    elif form is not None:
        span = time.dates if form == "dates" else time.partial
        if span.time_zone:
            days = span.first_date, span.last_date
            yield from _days(days, f"{path}.{form}", db.zone(span.time_zone))


def _timed(time: EventTime, path: str, db: TzDb) -> Iterator[LocalTimeEntry]:
    start, end = instants(time)
    until = max(start if end is None else end, start + 1)
    points = [("start", time.timed.start, start)]
    if end is not None:
        points.append(("end", time.timed.end, end))
    alone = len({(point.time_zone, point.disambiguation) for _, point, _ in points}) == 1
    for name, point, instant in points:
        if point.time_zone and not point.utc_offset:
            zone = db.zone(point.time_zone)
            wall, choice = _settled(point, zone, instant)
            stamp: str = getattr(time.resolved, f"{name}_zone_fingerprint")
            rules = zone.fingerprint if _fits(zone, wall, choice, instant) else stamp
            field = f"{path}.{name}"
            packed = choice._replace(alone=alone).packed()
            yield LocalTimeEntry(zone.key, field, wall, packed, instant, rules, until)


def _settled(point: TimePoint, zone: Zone, instant: int) -> tuple[int, ResolutionChoice]:
    if not point.civil_time:
        return zone.wall_at(instant), ResolutionChoice(Sort.DISPLAYED)
    wall = parse_civil(point.civil_time)
    return wall, ResolutionChoice(Sort.WALL, zone.candidates(wall)[2], point.disambiguation)


def _fits(zone: Zone, wall: int, choice: ResolutionChoice, instant: int) -> bool:
    """Return whether the rules of a zone give this instant.

    Those of today need not: a past time keeps the instant by the rules of its day.
    """
    if choice.sort is Sort.DISPLAYED:
        return True
    return settle(zone, wall, choice.disambiguation, instant)[0] == instant


def _days(days: tuple[str, str], path: str, zone: Zone) -> Iterator[LocalTimeEntry]:
    first, last = (parse_date(day) if day else None for day in days)
    until = LATEST if last is None else day_start(zone, last + 1)
    edges = (("first_date", first), ("last_date", None if last is None else last + 1))
    for name, day in edges:
        if day is not None:
            begins = day_start(zone, day)
            choice = ResolutionChoice(Sort.DAY).packed()
            field = f"{path}.{name}"
            yield LocalTimeEntry(
                zone.key, field, day * DAY, choice, begins, zone.fingerprint, until
            )


class ReadingChange(NamedTuple):
    """The effect of new rules on a reading."""

    impact: ImpactKind
    instant: int  # by the new rules
    disambiguation: int  # that gives this instant by the new rules


def settle(zone: Zone, wall: int, disambiguation: int, before: int) -> tuple[int, str, int]:
    """Return (instant, kind, disambiguation that gives it) of a wall time by new rules.

    `before` is its instant by the old rules. If the time now occurs twice, it stays at that
    instant if it is one of the two. If the time is now skipped, it moves by the rule of COMPATIBLE
    (RFC 5545 3.3.5), unless a disambiguation is given.
    """
    earlier, later, kind = zone.candidates(wall)
    if kind == "normal":
        return earlier, kind, disambiguation
    if kind == "fold" and before in (earlier, later):
        take_later = before == later
    else:
        compatible = kind == "gap"
        wants = {Disambiguation.DISAMBIGUATION_EARLIER: False}
        wants[Disambiguation.DISAMBIGUATION_LATER] = True
        take_later = wants.get(disambiguation, compatible)  # type: ignore[call-overload]
    if take_later:
        return later, kind, Disambiguation.DISAMBIGUATION_LATER
    return earlier, kind, Disambiguation.DISAMBIGUATION_EARLIER


def change(reading: LocalTimeEntry, new: Zone, old: Zone | None = None) -> ReadingChange | None:
    """Return the effect of the rules of `new` on a reading; None if there is none.

    They are compared with those of `old`, or with the stored instant if that is None.
    """
    choice = unpack_choice(reading.choice)
    if choice.sort is Sort.DAY:
        return _day_change(reading, new, old)
    if choice.sort is Sort.DISPLAYED:
        return _display_change(reading, new, old)
    before, kind = reading.instant, choice.kind
    if old is not None:
        before, kind, _ = settle(old, reading.wall, choice.disambiguation, reading.instant)
    after, now_kind, disambiguation = settle(new, reading.wall, choice.disambiguation, before)
    if after == before and now_kind == kind:
        return None
    return ReadingChange(_impact(after != before, kind, now_kind), after, disambiguation)


def _impact(moved: bool, old_kind: str, new_kind: str) -> ImpactKind:
    if new_kind != old_kind and new_kind == "gap":
        return ImpactKind.IMPACT_KIND_NOW_IN_GAP
    if new_kind != old_kind and new_kind == "fold":
        return ImpactKind.IMPACT_KIND_NOW_AMBIGUOUS
    return ImpactKind.IMPACT_KIND_MOVED if moved else ImpactKind.IMPACT_KIND_KIND_CHANGED


def _day_change(reading: LocalTimeEntry, new: Zone, old: Zone | None) -> ReadingChange | None:
    day = reading.wall // DAY
    before = reading.instant if old is None else day_start(old, day)
    after = day_start(new, day)
    return None if after == before else ReadingChange(ImpactKind.IMPACT_KIND_DAY_MOVED, after, 0)


def _display_change(reading: LocalTimeEntry, new: Zone, old: Zone | None) -> ReadingChange | None:
    before = reading.wall if old is None else old.wall_at(reading.instant)
    if new.wall_at(reading.instant) == before:
        return None
    return ReadingChange(ImpactKind.IMPACT_KIND_DISPLAY_ONLY, reading.instant, 0)

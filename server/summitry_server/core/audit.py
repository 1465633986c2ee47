"""What a change of time zone rules would do to what is stored: compares numbers, parses little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from summitry.kinds import BY_NUMBER
from summitry.v1.time_zone_service_pb2 import ImpactKind
from summitry.when import EndBeforeStartError, TimeFieldError, resolve
from summitry.zones import TzDb, UnknownZoneError, Zone
from summitry_server import wire
from summitry_server.core.readings import change, unpacked
from summitry_server.core.times import event_times
from summitry_server.store.contract import EARLIEST, Read, Reader

BATCH = 2000


class Scope(NamedTuple):
    """Which readings are compared by what."""

    calendar: str | None  # None: all
    old: TzDb | None  # None: what is stored
    new: TzDb
    zones: tuple[str, ...]  # empty: all
    include_past: bool
    now: int


class Impact(NamedTuple):
    """What happens to one reading."""

    read: Read
    kind: ImpactKind
    old: int
    new: int


class Cursor(NamedTuple):
    """Where an audit goes on."""

    zone: str
    until: int
    name: str
    field: str


class Total(NamedTuple):
    """Counts of one zone."""

    zone: str
    examined: int
    counts: Counter[ImpactKind]


def changed_zones(reader: Reader, scope: Scope) -> list[Zone]:
    """The zones in use whose rules differ, by the new rules, in the order of their ids."""
    changed = {}
    for key, fingerprint in reader.rules():
        if scope.zones and key not in scope.zones:
            continue
        try:
            zone = scope.new.zone(key)
            before = fingerprint if scope.old is None else scope.old.zone(key).fingerprint
        except UnknownZoneError:
            continue  # an older database does not know it: there is nothing to compare
        if before != zone.fingerprint or (scope.old is None and scope.include_past):
            changed[key] = zone
    return [changed[key] for key in sorted(changed)]


def audit(reader: Reader, scope: Scope, after: Cursor | None = None) -> Iterator[Impact]:
    """What changes, zone by zone, in the order of time. Reads as it is consumed."""
    for zone in changed_zones(reader, scope):
        if after is None or zone.key >= after.zone:
            here = after if after is not None and after.zone == zone.key else None
            for batch in _batches(reader, scope, zone, here):
                yield from _impacts(reader, scope, zone, batch)


def totals(reader: Reader, scope: Scope) -> list[Total]:
    """Counts of all that an audit lists, zone by zone."""
    found = []
    for zone in changed_zones(reader, scope):
        total = Total(zone.key, 0, Counter())
        for batch in _batches(reader, scope, zone, None):
            total.counts.update(i.kind for i in _impacts(reader, scope, zone, batch))
            total = total._replace(examined=total.examined + len(batch))
        found.append(total)
    return found


def _batches(
    reader: Reader, scope: Scope, zone: Zone, after: Cursor | None
) -> Iterator[Sequence[Read]]:
    cursor = None if after is None else (after.until, after.name, after.field)
    settled = None if scope.old or scope.include_past else zone.fingerprint
    after_until = EARLIEST if scope.include_past else scope.now
    while batch := reader.readings(
        zone.key, after_until, cursor, BATCH, calendar=scope.calendar, except_fingerprint=settled
    ):
        yield batch
        last = batch[-1]
        cursor = last.reading.until, last.name, last.reading.field


def _impacts(reader: Reader, scope: Scope, zone: Zone, batch: Sequence[Read]) -> Iterator[Impact]:
    old = scope.old.zone(zone.key) if scope.old else None
    for read in batch:
        found = change(read.reading, zone, old)
        if found is None:
            continue
        before = read.reading.instant
        if old is not None and (then := change(read.reading, old)) is not None:
            before = then.instant
        kind = found.impact
        if before <= scope.now:
            if not scope.include_past:
                continue  # what has begun keeps its instants
            kind = ImpactKind.IMPACT_KIND_PAST_CORRECTED
        elif not unpacked(read.reading.choice).alone and _breaks_order(reader, read, scope.new):
            kind = ImpactKind.IMPACT_KIND_ORDER_BROKEN
        yield Impact(read, kind, before, found.instant)


def _breaks_order(reader: Reader, read: Read, db: TzDb) -> bool:
    """Whether the end of a time would come to lie before its start."""
    row = reader.get(read.name)
    assert row is not None
    record = wire.unframe(BY_NUMBER[row.kind].message, row.frame)
    for path, time in event_times(record):
        if read.reading.field.startswith(f"{path}.timed."):
            try:
                resolve(time, db)
            except TimeFieldError as error:
                return isinstance(error.cause, EndBeforeStartError)
    return False

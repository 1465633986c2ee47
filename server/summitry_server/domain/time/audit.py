"""Find out what a change of time zone rules does to stored records.

Readings are compared as numbers, so that hardly any record has to be parsed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from summitry.kinds import BY_NUMBER, Record
from summitry.v1.time_zone_service_pb2 import ImpactKind
from summitry.zones import (
    AmbiguousPlaceError,
    TzDb,
    UnknownPlaceError,
    UnknownZoneError,
    Zone,
    zone_for,
)
from summitry_server.domain.time.law_changes import resolve_anew
from summitry_server.domain.time.readings import ReadingChange, Sort, change, unpack_choice
from summitry_server.domain.time.spans import DAY
from summitry_server.domain.time.times import event_times
from summitry_server.store.contract import EARLIEST, Reader, StoredLocalTime
from summitry_server.wire import frames as wire

BATCH = 2000


class Scope(NamedTuple):
    """The readings to compare, and the two databases to compare them by."""

    calendar: str | None  # None: all
    old: TzDb | None  # None: the stored instants
    new: TzDb
    zones: tuple[str, ...]  # empty: all
    include_past: bool
    now: int
    # Ids that are new in `new`: their towns belonged to other zones before.
    young: frozenset[str] = frozenset()
    # Called for each reading. Raises to stop the work, as when nobody waits for the answer.
    check: Callable[[], None] = lambda: None


class Impact(NamedTuple):
    """The effect of new rules on one reading, with its instants before and after."""

    read: StoredLocalTime
    kind: ImpactKind
    old: int
    new: int


class AuditCursor(NamedTuple):
    """The last reading of a page, after which an audit goes on."""

    zone: str
    until: int
    name: str
    field: str


class Total(NamedTuple):
    """Counts of the readings of one zone."""

    zone: str
    examined: int
    counts: Counter[ImpactKind]


def changed_zones(reader: Reader, scope: Scope) -> list[Zone]:
    """Return the zones in use whose rules differ or that were split, sorted by id."""
    changed = {key: scope.new.zone(key) for key in _zones_with_splits(reader, scope)}
    for key, fingerprint in reader.zone_fingerprints():
        if scope.zones and key not in scope.zones:
            continue
        try:
            zone = scope.new.zone(key)
            before = fingerprint if scope.old is None else scope.old.zone(key).fingerprint
        except UnknownZoneError:
            continue  # the zone is new since `old`: there is nothing to compare with
        if before != zone.fingerprint or (scope.old is None and scope.include_past):
            changed[key] = zone
    return [changed[key] for key in sorted(changed)]


def _zones_with_splits(reader: Reader, scope: Scope) -> set[str]:
    """Return the zones in use from which a new zone may have been split.

    These are the other zones of its countries.
    """
    if not scope.young:
        return set()
    shared = {
        key
        for code in scope.new.region_codes
        if scope.young & set(scope.new.country_zones(code))
        for key in scope.new.country_zones(code)
    }
    used = {key for key, _ in reader.zone_fingerprints()}
    return {key for key in shared & used if not scope.zones or key in scope.zones} - scope.young


def audit(reader: Reader, scope: Scope, after: AuditCursor | None = None) -> Iterator[Impact]:
    """Yield the impacts zone by zone in the order of time, after a cursor.

    Readings are read as the iterator is consumed, so the reader must stay open.
    """
    for zone in changed_zones(reader, scope):
        if after is None or zone.key >= after.zone:
            here = after if after is not None and after.zone == zone.key else None
            for batch in _batches(reader, scope, zone, here):
                yield from _impacts(reader, scope, zone, batch)


def totals(reader: Reader, scope: Scope) -> list[Total]:
    """Return the counts of all impacts, zone by zone."""
    zone_totals = []
    for zone in changed_zones(reader, scope):
        total = Total(zone.key, 0, Counter())
        for batch in _batches(reader, scope, zone, None):
            total.counts.update(i.kind for i in _impacts(reader, scope, zone, batch))
            total = total._replace(examined=total.examined + len(batch))
        zone_totals.append(total)
    return zone_totals


class AuditPage(NamedTuple):
    """A bounded part of an audit."""

    impacts: list[Impact]
    totals: list[Total]  # of this page
    passed: list[Zone]  # zones of which this page examined the last reading
    after: AuditCursor | None  # the last reading; None if there is no more to examine


def audit_page(reader: Reader, scope: Scope, after: AuditCursor | None, limit: int) -> AuditPage:
    """Examine at most `limit` readings after a cursor, in the order of an audit."""
    page = AuditPage([], [], [], None)
    for zone in changed_zones(reader, scope):
        if after is not None and zone.key < after.zone:
            continue
        here = after if after is not None and after.zone == zone.key else None
        room = limit - sum(total.examined for total in page.totals)
        batch = _batch(reader, scope, zone, here, room) if room else ()
        if batch:
            last = batch[-1]
            after = AuditCursor(zone.key, last.entry.until, last.name, last.entry.field)
        impacts = list(_impacts(reader, scope, zone, batch))
        counts = Counter(impact.kind for impact in impacts)
        page.impacts.extend(impacts)
        page.totals.append(Total(zone.key, len(batch), counts))
        if len(batch) == room:
            return page._replace(after=after)
        page.passed.append(zone)
    return page


def _batches(
    reader: Reader, scope: Scope, zone: Zone, after: AuditCursor | None
) -> Iterator[Sequence[StoredLocalTime]]:
    while batch := _batch(reader, scope, zone, after, BATCH):
        yield batch
        last = batch[-1]
        after = AuditCursor(zone.key, last.entry.until, last.name, last.entry.field)


def _batch(
    reader: Reader, scope: Scope, zone: Zone, after: AuditCursor | None, limit: int
) -> Sequence[StoredLocalTime]:
    cursor = None if after is None else (after.until, after.name, after.field)
    everything = scope.old is not None or scope.include_past or scope.young
    return reader.local_times(
        zone.key,
        EARLIEST if scope.include_past else scope.now,
        cursor,
        limit,
        calendar=scope.calendar,
        except_fingerprint=None if everything else zone.fingerprint,
    )


def _impacts(
    reader: Reader, scope: Scope, zone: Zone, batch: Sequence[StoredLocalTime]
) -> Iterator[Impact]:
    old = scope.old.zone(zone.key) if scope.old else None
    for read in batch:
        scope.check()
        # A zone that was split off: its places still have the id of the zone they were in, by whose
        # rules nothing changes.
        if scope.young and (suspect := _find_split(reader, read, scope)):
            yield suspect
            continue
        reading_change = change(read.entry, zone, old)
        if reading_change is None:
            continue
        # With another release to compare with, what counts is what that one says, and not what
        # the store was last settled by.
        before = read.entry.instant
        if old is not None and (then := change(read.entry, old)) is not None:
            before = then.instant
        kind = reading_change.impact
        if before <= scope.now:
            if not scope.include_past:
                continue  # a time that has begun keeps its instants
            kind = ImpactKind.IMPACT_KIND_PAST_CORRECTED
        elif _may_break(read, zone, reading_change) and _breaks_order(reader, read, scope.new):
            kind = ImpactKind.IMPACT_KIND_ORDER_BROKEN
        yield Impact(read, kind, before, reading_change.instant)


def _find_split(reader: Reader, read: StoredLocalTime, scope: Scope) -> Impact | None:
    """Return the impact on a reading whose place is now in a zone split from its own, or None."""
    reading = read.entry
    for place in _record(reader, read.name).places:
        for name in place.localities:
            try:
                key = zone_for(name.text, place.region_code, scope.new)
            except (AmbiguousPlaceError, UnknownPlaceError):
                continue
            if key != reading.zone and key in scope.young and reading.instant > scope.now:
                moved = change(reading, scope.new.zone(key))
                after = reading.instant if moved is None else moved.instant
                kind = ImpactKind.IMPACT_KIND_SPLIT_SUSPECT
                return Impact(read, kind, reading.instant, after)
    return None


def _record(reader: Reader, name: str) -> Record:
    row = reader.get(name)
    assert row is not None
    return wire.unframe(BY_NUMBER[row.kind].message, row.frame)


def _may_break(read: StoredLocalTime, zone: Zone, reading_change: ReadingChange) -> bool:
    """Return whether a time may end before its start by new rules, so that its record is parsed.

    That can happen if start and end go by different rules, and near a change of clocks: a start in
    a gap moves forward by a day at most, and may pass its end.
    """
    choice = unpack_choice(read.entry.choice)
    near = reading_change.instant - 2 * DAY, reading_change.instant + 2 * DAY
    return choice.sort is not Sort.DAY and (not choice.alone or bool(zone.transitions(*near)))


def _breaks_order(reader: Reader, read: StoredLocalTime, db: TzDb) -> bool:
    """Return whether a time would end before its start by the rules of `db`."""
    return any(
        not resolve_anew(time, db)
        for path, time in event_times(_record(reader, read.name))
        if read.entry.field.startswith(f"{path}.timed.")
    )

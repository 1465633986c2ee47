"""The records that a feed shows at one moment, and what they say of each other.

Each version of them is made from the one before: the cost is that of the records that changed, and
of the events that show something of these.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from summitry.ical.records import Attendance, Event, Surroundings, event_of, is_event
from summitry.kinds import Record
from summitry.v1.delegation_pb2 import Delegation
from summitry.web.content.persistent_map import PersistentMap

_SIZE = 32  # bytes of the digest of a version
_NO_NAMES: frozenset[str] = frozenset()
_MODULUS = 1 << (8 * _SIZE)


class _Facts(NamedTuple):
    records: PersistentMap[Record]
    attending: PersistentMap[tuple[Attendance, ...]]  # by event
    children: PersistentMap[frozenset[str]]  # names of meetings and notices, by their parent


class VisibleRecords(Surroundings):
    """Events, and the delegations that attend them. Never changes; safe for threads."""

    def __init__(self) -> None:
        """Create the version without any record."""
        self._facts = _Facts(PersistentMap(), PersistentMap(), PersistentMap())
        self.newest = 0
        """Epoch seconds of the last update of any of the records."""
        self.sum_of_versions = 0
        """A digest of the version of each event; the order in which they came leaves no trace.

        It is the sum of the digests of all, so that a change costs two of them and not all.
        """

    @property
    def records(self) -> PersistentMap[Record]:
        """Return the records by name."""
        return self._facts.records

    def event(self, name: str) -> Event | None:
        """Return the event of that name; None if it is not shown, or no event."""
        record = self._facts.records.get(name)
        return record if record is not None and is_event(record) else None

    def attending(self, event: Event) -> Sequence[Attendance]:
        """Return the delegations that attend the event, in the order of their names."""
        return self._facts.attending.get(event.name, ())

    def uid_of(self, name: str) -> str:
        """Return the uid of a record; empty if it is not shown."""
        record = self._facts.records.get(name)
        return record.ical_uid if record is not None else ""

    def updated(self, changes: Mapping[str, Record | None]) -> VisibleRecords:
        """Return the records with others under some names; None stands for no record."""
        if not changes:
            return self
        before = self._facts
        pairs = [(before.records.get(name), record) for name, record in changes.items()]
        after = VisibleRecords()
        after._facts = _Facts(
            before.records.updated(changes),
            before.attending.updated(_attending(before.attending, pairs)),
            before.children.updated(_children(before.children, pairs)),
        )
        after.newest = self._newest(pairs, after)
        affected = self._affected(after, changes)
        change = after._sum(affected) - self._sum(affected)
        after.sum_of_versions = (self.sum_of_versions + change) % _MODULUS
        return after

    def affected(self, version: VisibleRecords) -> set[str]:
        """Return the names of the events that may differ from those of another version."""
        return self._affected(version, self._facts.records.difference(version._facts.records))

    def _affected(self, version: VisibleRecords, names: Iterable[str]) -> set[str]:
        affected: set[str] = set()
        for name in names:
            affected.add(name)
            before, after = self._facts.records.get(name), version._facts.records.get(name)
            for record in (before, after):
                if isinstance(record, Delegation):
                    affected.update(engagement.event for engagement in record.engagements)
            if before is None or after is None or before.ical_uid != after.ical_uid:
                affected |= self._facts.children.get(name, _NO_NAMES)
                affected |= version._facts.children.get(name, _NO_NAMES)
        return affected

    def _sum(self, names: Iterable[str]) -> int:
        events = (event for name in names if (event := self.event(name)) is not None)
        return sum(_digest(event.name, self.version(event)) for event in events)

    def _newest(
        self, pairs: Collection[tuple[Record | None, Record | None]], after: VisibleRecords
    ) -> int:
        """Return the time of the last update; all records are looked at only if it was taken."""
        former = (old.update_time.seconds for old, _ in pairs if old is not None)
        latest = (new.update_time.seconds for _, new in pairs if new is not None)
        newest = max(latest, default=0)
        if newest >= self.newest or max(former, default=0) < self.newest:
            return max(newest, self.newest)
        return max((record.update_time.seconds for record in after.records.values()), default=0)


def _digest(name: str, version: Iterable[str | int]) -> int:
    facts = "\x1f".join(map(str, (name, *version)))
    return int.from_bytes(hashlib.blake2b(facts.encode(), digest_size=_SIZE).digest())


def _attending(
    before: Mapping[str, tuple[Attendance, ...]],
    pairs: Iterable[tuple[Record | None, Record | None]],
) -> dict[str, tuple[Attendance, ...] | None]:
    """Return the attendances of the events that old or new versions of delegations attend."""
    changed: dict[str, dict[str, list[Attendance]]] = defaultdict(dict)
    for old, new in pairs:
        for record in (old, new):
            if isinstance(record, Delegation):
                for engagement in record.engagements:
                    changed[engagement.event][record.name] = []
        if isinstance(new, Delegation):
            for engagement in new.engagements:
                changed[engagement.event][new.name].append((new, engagement))
    return {
        event: _merged(before.get(event, ()), by_name) or None for event, by_name in changed.items()
    }


def _merged(
    before: Iterable[Attendance], by_name: Mapping[str, list[Attendance]]
) -> tuple[Attendance, ...]:
    unchanged = [attendance for attendance in before if attendance[0].name not in by_name]
    new = (attendance for attendances in by_name.values() for attendance in attendances)
    # Sorting is stable: a delegation that names an event twice keeps the order of its engagements.
    return tuple(sorted((*unchanged, *new), key=lambda attendance: attendance[0].name))


def _children(
    before: Mapping[str, frozenset[str]], pairs: Iterable[tuple[Record | None, Record | None]]
) -> dict[str, frozenset[str] | None]:
    """Return the children of the parents that some records have left or joined."""
    removed: dict[str, set[str]] = defaultdict(set)
    added: dict[str, set[str]] = defaultdict(set)
    for old, new in pairs:
        from_parent = event_of(old) if old is not None else ""
        to_parent = event_of(new) if new is not None else ""
        if from_parent != to_parent:
            if old is not None and from_parent:
                removed[from_parent].add(old.name)
            if new is not None and to_parent:
                added[to_parent].add(new.name)
    return {
        parent: ((before.get(parent, _NO_NAMES) - removed[parent]) | added[parent]) or None
        for parent in removed.keys() | added.keys()
    }

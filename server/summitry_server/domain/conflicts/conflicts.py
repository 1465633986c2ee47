"""Find records that contradict each other or should be looked at together.

Conflicts are warnings and never refuse a write. They are sorted by their first record, so they are
made record by record: rules about one record run at its turn, and rules about two look for later
partners through an index. So a page costs in proportion to its size, however many conflicts there
are in all. The rules in words: docs/presence.md.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from summitry.kinds import Record
from summitry.v1.agenda_service_pb2 import Conflict, ConflictKind
from summitry.zones import TzDb
from summitry_server.domain.conflicts import containment
from summitry_server.domain.conflicts.overlaps import extent
from summitry_server.domain.conflicts.pair_rules import PAIR_RULES, PairRule
from summitry_server.domain.conflicts.pairing import Meter, PairIndex
from summitry_server.domain.conflicts.plausibility import PLAUSIBILITY_RULES
from summitry_server.domain.people.presence import Events
from summitry_server.store.contract import LATEST
from summitry_server.wire.limits import MOST_PARTS, PAGE_BYTES
from summitry_server.wire.refusals import too_many

# The most units of work (see pairing.Meter) on one page, about a second of CPU. A page that would
# take more ends early, and the next one goes on from there.
MOST_WORK = 8_000_000
ITEM_BYTES = 2048  # bytes of a part with its index entries, measured with 2,000 visits
# Units for a look at one record, and for a comparison of two parts.
RECORD_WORK, PAIR_WORK = 1000, 50


class Case(NamedTuple):
    """The records to check, and the events that they refer to."""

    records: Sequence[Record]
    events: Events  # by name; the records themselves too
    db: TzDb


class ConflictPosition(NamedTuple):
    """The place of a conflict in the order of the answer: its sort key."""

    time: int  # at which the first record begins
    name: str
    other_name: str
    kind: int
    subject: str
    message: str


class ConflictPage(NamedTuple):
    """A part of the answer, and the position after which it goes on; None at the end."""

    conflicts: list[Conflict]
    end: ConflictPosition | None


Rule = Callable[[Record, Events, TzDb], Iterator[Conflict]]
# The rules about one record and the events that it refers to.
RECORD_RULES: Mapping[int, Rule] = {
    ConflictKind.CONFLICT_KIND_PRESENCE_OUTSIDE_EVENT: containment.presence_outside,
    ConflictKind.CONFLICT_KIND_PART_OUTSIDE_WHOLE: containment.part_outside,
    **PLAUSIBILITY_RULES,
}


class Comparison:
    """The parts of all records that one rule compares, with the index that pairs them."""

    def __init__(
        self,
        kind: ConflictKind,
        rule: PairRule[Any],
        case: Case,
        records: Sequence[Record],
        check: Callable[[], None],
    ) -> None:
        """Index the parts of records in order. Raises RefusedError if there are too many."""
        self._kind = kind
        self._rule = rule
        self._parts: list[Any] = []
        self._records: list[int] = []  # of each part the number of its record
        self._first: list[int] = []  # of each record the number of its first part
        for number, record in enumerate(records):
            check()
            self._first.append(len(self._parts))
            for part in rule.parts(record, case.events, case.db):
                if len(self._parts) == MOST_PARTS:
                    raise too_many("parts of records", MOST_PARTS)
                self._parts.append(part)
                self._records.append(number)
        self._first.append(len(self._parts))
        self._index = PairIndex(self._parts, rule.entries, rule.probes)

    @property
    def count(self) -> int:
        """Return the number of parts."""
        return len(self._parts)

    def pairs(self, number: int, meter: Meter) -> Iterator[tuple[int, int, int]]:
        """Yield (partner record, part, partner part) for a record and itself or later records."""
        for part in range(self._first[number], self._first[number + 1]):
            for partner in self._index.later(part, meter):
                yield self._records[partner], part, partner

    def compare(self, part: int, partner: int, meter: Meter) -> Conflict | None:
        """Return the conflict of two parts, without the names of their records."""
        meter.spend(PAIR_WORK)
        finding = self._rule.compare(self._parts[part], self._parts[partner])
        return None if finding is None else Conflict(kind=self._kind, **finding._asdict())


class Survey:
    """The conflicts of a case in the order of the answer, made as far as a page needs them.

    It holds what all pages of one request share, and is immutable, so threads can share it.
    """

    def __init__(self, case: Case, kinds: Iterable[int], check: Callable[[], None]) -> None:
        """Prepare to find conflicts of these kinds; of all kinds if `kinds` is empty.

        Raises RefusedError if there is too much to compare, and what `check` raises.
        """
        requested_kinds = set(kinds) or {*RECORD_RULES, *PAIR_RULES}
        self._case = case
        self._order = sorted((_begins(record, case), record.name) for record in case.records)
        by_name = {record.name: record for record in case.records}
        self._records = [by_name[name] for _, name in self._order]
        self._rules = [rule for kind, rule in RECORD_RULES.items() if kind in requested_kinds]
        self._comparisons = [
            Comparison(kind, rule, case, self._records, check)
            for kind, rule in PAIR_RULES.items()
            if kind in requested_kinds
        ]

    @property
    def size(self) -> int:
        """Return an estimate of its memory in bytes, without the records themselves."""
        parts = sum(comparison.count for comparison in self._comparisons)
        return ITEM_BYTES * (len(self._records) + parts)

    def page(
        self, after: ConflictPosition | None, limit: int, check: Callable[[], None]
    ) -> ConflictPage:
        """Return up to `limit` conflicts after a position. `check` raises to stop the work.

        A page may have fewer than `limit` though more follow: it ends where the work on it would
        exceed MOST_WORK, or its bytes PAGE_BYTES.
        """
        meter = Meter(check)
        conflicts: list[Conflict] = []
        size, reached, work_limit = 0, after, None
        for position, conflict in self.walk(after, meter):
            if conflict is not None:
                size += conflict.ByteSize()
                if len(conflicts) == limit or (conflicts and size > PAGE_BYTES):
                    return ConflictPage(conflicts, reached)
                conflicts.append(conflict)
            reached = position
            # The work to find the begin of the page again does not count, so that every page gets
            # at least one step further.
            work_limit = work_limit or meter.spent + MOST_WORK
            if meter.spent > work_limit:
                return ConflictPage(conflicts, reached)
        return ConflictPage(conflicts, None)

    def walk(
        self, after: ConflictPosition | None, meter: Meter
    ) -> Iterator[tuple[ConflictPosition, Conflict | None]]:
        """Yield the conflicts after a position, and None after each pair of records.

        The None entries let a page end at a position without a conflict.
        """
        begin = bisect_left(self._order, (after.time, after.name)) if after else 0
        for number in range(begin, len(self._order)):
            meter.spend(RECORD_WORK)
            yield from self._conflicts_of_record(number, after, meter)

    def _conflicts_of_record(
        self, number: int, after: ConflictPosition | None, meter: Meter
    ) -> Iterator[tuple[ConflictPosition, Conflict | None]]:
        """Yield the conflicts of a record alone, then with later records by their names."""
        time, name = self._order[number]
        own_conflicts: dict[str, list[Conflict]] = defaultdict(list)
        for rule in self._rules:
            for conflict in rule(self._records[number], self._case.events, self._case.db):
                own_conflicts[conflict.other_name].append(conflict)
        pairs: dict[str, list[tuple[Comparison, int, int]]] = defaultdict(list)
        for comparison in self._comparisons:
            for partner, part, partner_part in comparison.pairs(number, meter):
                other_name = self._order[partner][1] if partner != number else ""
                pairs[other_name].append((comparison, part, partner_part))
        # By the name of the other record, "" for none: the order of the positions. With the empty
        # name always among them, each record gives a position from which a page can go on.
        for other_name in sorted({"", *own_conflicts, *pairs}):
            if after is not None and (time, name, other_name) < after[:3]:
                continue
            conflicts = own_conflicts.get(other_name, [])
            for comparison, part, partner_part in pairs.get(other_name, ()):
                conflict_of_parts = comparison.compare(part, partner_part, meter)
                if conflict_of_parts is not None:
                    conflict_of_parts.name, conflict_of_parts.other_name = name, other_name
                    conflicts.append(conflict_of_parts)
            yield from _sort_and_position(time, conflicts, after)
            # After the last conflict that these two can have, so that a page may end here though
            # nothing was found.
            done = ConflictPosition(time, name, other_name, LATEST, "", "")
            if after is None or done > after:
                yield done, None


def _sort_and_position(
    time: int, conflicts: Iterable[Conflict], after: ConflictPosition | None
) -> Iterator[tuple[ConflictPosition, Conflict]]:
    """Yield the conflicts of two records after a position, in order.

    Parts of two records may meet in several ways; of the conflicts of one kind and subject only
    the gravest is yielded.
    """
    gravest: dict[tuple[int, str], Conflict] = {}
    for conflict in sorted(conflicts, key=lambda conflict: (not conflict.hard, conflict.message)):
        gravest.setdefault((conflict.kind, conflict.subject), conflict)
    for conflict in (gravest[key] for key in sorted(gravest)):
        names = conflict.name, conflict.other_name
        position = ConflictPosition(time, *names, conflict.kind, conflict.subject, conflict.message)
        if after is None or position > after:
            yield position, conflict


def _begins(record: Record, case: Case) -> int:
    """Return when a record begins; a delegation without a time begins with its first event."""
    when = extent(record.time, case.db)
    if when is not None:
        return when.hours.start if when.hours else when.days.start
    engagements = getattr(record, "engagements", ())
    events = (case.events.get(engagement.event) for engagement in engagements)
    return min((_begins(event, case) for event in events if event is not None), default=LATEST)

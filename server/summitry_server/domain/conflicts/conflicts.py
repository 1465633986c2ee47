"""What cannot all be true, or should be looked at together: warnings, never refusals.

The answer is in the order of its first records, so it is made record by record: the rules that
look at one record run when its turn comes, and those that compare two look for its later partners
through an index. A page costs what it shows, however many conflicts there are. Rules:
docs/presence.md.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from summitry.kinds import Record
from summitry.v1.agenda_service_pb2 import Conflict, ConflictKind
from summitry.zones import TzDb
from summitry_server.domain.conflicts import containment as wholes
from summitry_server.domain.conflicts.overlaps import extent
from summitry_server.domain.conflicts.pair_rules import PAIR_RULES, PairRule
from summitry_server.domain.conflicts.pairing import Meter, PairIndex
from summitry_server.domain.conflicts.plausibility import DOUBTS
from summitry_server.domain.people.presence import Events
from summitry_server.store.contract import LATEST
from summitry_server.wire.limits import MOST_PARTS
from summitry_server.wire.refusals import too_many

# Units of work (pairing.py) of one page, about a second of CPU. A page that would take
# more ends early, and goes on from there.
MOST_WORK = 8_000_000
ITEM_BYTES = 2048  # of a part with its entries in the index, measured with 2,000 visits
# What looking at one record, and comparing two parts, cost in these units.
RECORD_WORK, PAIR_WORK = 1000, 50


class Case(NamedTuple):
    """The records of a question, and those that they refer to."""

    records: Sequence[Record]
    events: Events  # by name; the records themselves too
    db: TzDb


class Position(NamedTuple):
    """The place of a conflict in the order of the answer."""

    time: int  # at which the first record begins
    name: str
    other_name: str
    kind: int
    subject: str
    message: str


class Page(NamedTuple):
    """A part of the answer, and the position after which it goes on; None at the end."""

    conflicts: list[Conflict]
    end: Position | None


Rule = Callable[[Record, Events, TzDb], Iterator[Conflict]]
# The rules that look at one record and what it refers to.
RECORD_RULES: Mapping[int, Rule] = {
    ConflictKind.CONFLICT_KIND_PRESENCE_OUTSIDE_EVENT: wholes.presence_outside,
    ConflictKind.CONFLICT_KIND_PART_OUTSIDE_WHOLE: wholes.part_outside,
    **DOUBTS,
}


class Comparison:
    """The parts of all records that one rule compares, and the index by which they meet."""

    def __init__(
        self,
        kind: ConflictKind,
        rule: PairRule[Any],
        case: Case,
        records: Sequence[Record],
        check: Callable[[], None],
    ) -> None:
        """Take the parts of records, in their order. Raises RefusedError if there are too many."""
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
        """The number of parts."""
        return len(self._parts)

    def pairs(self, number: int, meter: Meter) -> Iterator[tuple[int, int, int]]:
        """Yield (other record, part, other part) for the partners of a record, itself or later."""
        for part in range(self._first[number], self._first[number + 1]):
            for other in self._index.later(part, meter):
                yield self._records[other], part, other

    def compare(self, part: int, other: int, meter: Meter) -> Conflict | None:
        """Return the conflict of two parts, without the names of their records."""
        meter.spend(PAIR_WORK)
        found = self._rule.compare(self._parts[part], self._parts[other])
        return None if found is None else Conflict(kind=self._kind, **found._asdict())


class Survey:
    """The conflicts of a case in the order of the answer, made as far as a page needs them.

    It holds what all pages of a question have in common, and changes no more once it is made.
    """

    def __init__(self, case: Case, kinds: Iterable[int], check: Callable[[], None]) -> None:
        """Make ready to look for these kinds; for all if none is named.

        Raises RefusedError if there is too much to compare, and what `check` raises.
        """
        wanted = set(kinds) or {*RECORD_RULES, *PAIR_RULES}
        self._case = case
        self._order = sorted((_begins(record, case), record.name) for record in case.records)
        by_name = {record.name: record for record in case.records}
        self._records = [by_name[name] for _, name in self._order]
        self._rules = [rule for kind, rule in RECORD_RULES.items() if kind in wanted]
        self._comparisons = [
            Comparison(kind, rule, case, self._records, check)
            for kind, rule in PAIR_RULES.items()
            if kind in wanted
        ]

    @property
    def size(self) -> int:
        """The bytes of memory beside the records themselves, as an estimate."""
        parts = sum(comparison.count for comparison in self._comparisons)
        return ITEM_BYTES * (len(self._records) + parts)

    def page(self, after: Position | None, limit: int, check: Callable[[], None]) -> Page:
        """Return up to `limit` conflicts after a position. `check` raises to stop the work.

        A page has fewer, though more follow, if finding more would be too much work.
        """
        meter = Meter(check)
        found: list[Conflict] = []
        reached, most = after, None
        for position, conflict in self.walk(after, meter):
            if conflict is not None:
                if len(found) == limit:
                    return Page(found, reached)
                found.append(conflict)
            reached = position
            # What it took to come here again does not count, so that every page gets ahead.
            most = most or meter.spent + MOST_WORK
            if meter.spent > most:
                return Page(found, reached)
        return Page(found, None)

    def walk(
        self, after: Position | None, meter: Meter
    ) -> Iterator[tuple[Position, Conflict | None]]:
        """Yield the conflicts after a position, and None for each two records that are done."""
        begin = bisect_left(self._order, (after.time, after.name)) if after else 0
        for number in range(begin, len(self._order)):
            meter.spend(RECORD_WORK)
            yield from self._of_record(number, after, meter)

    def _of_record(
        self, number: int, after: Position | None, meter: Meter
    ) -> Iterator[tuple[Position, Conflict | None]]:
        """Yield the conflicts of a record with itself and with later ones, by their names."""
        time, name = self._order[number]
        own: dict[str, list[Conflict]] = defaultdict(list)
        for rule in self._rules:
            for conflict in rule(self._records[number], self._case.events, self._case.db):
                own[conflict.other_name].append(conflict)
        pairs: dict[str, list[tuple[Comparison, int, int]]] = defaultdict(list)
        for comparison in self._comparisons:
            for other, part, other_part in comparison.pairs(number, meter):
                other_name = self._order[other][1] if other != number else ""
                pairs[other_name].append((comparison, part, other_part))
        for other_name in sorted({"", *own, *pairs}):
            if after is not None and (time, name, other_name) < after[:3]:
                continue
            found = own.get(other_name, [])
            for comparison, part, other_part in pairs.get(other_name, ()):
                compared = comparison.compare(part, other_part, meter)
                if compared is not None:
                    compared.name, compared.other_name = name, other_name
                    found.append(compared)
            yield from _placed(time, found, after)
            done = Position(time, name, other_name, LATEST, "", "")
            if after is None or done > after:
                yield done, None


def _placed(
    time: int, found: Iterable[Conflict], after: Position | None
) -> Iterator[tuple[Position, Conflict]]:
    """Yield the conflicts of two records after a position, in order.

    Of several with one kind and subject only the gravest, though parts meet in several ways.
    """
    gravest: dict[tuple[int, str], Conflict] = {}
    for conflict in sorted(found, key=lambda one: (not one.hard, one.message)):
        gravest.setdefault((conflict.kind, conflict.subject), conflict)
    for conflict in (gravest[key] for key in sorted(gravest)):
        names = conflict.name, conflict.other_name
        position = Position(time, *names, conflict.kind, conflict.subject, conflict.message)
        if after is None or position > after:
            yield position, conflict


def _begins(record: Record, case: Case) -> int:
    """Return where a record begins; a delegation without a time does with its first event."""
    when = extent(record.time, case.db)
    if when is not None:
        return when.hours.start if when.hours else when.days.start
    engaged = getattr(record, "engagements", ())
    events = (case.events.get(one.event) for one in engaged)
    return min((_begins(event, case) for event in events if event is not None), default=LATEST)

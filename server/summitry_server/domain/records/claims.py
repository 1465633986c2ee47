"""Decide which claim of a field is preferred, and whether the claims of it disagree.

Sources rank by nearness to the event (SourceRank); among equals the first claim in the record is
preferred. Claims never overwrite the value of the record, which is that of the desk. It takes two
sources to disagree: if a desk differs from its only source, it has decided. The rules in words:
docs/lifecycle.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple, TypeAlias

from google.type.money_pb2 import Money

from summitry.kinds import Record
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.provenance_pb2 import Claim, SourceRank
from summitry.v1.record_pb2 import Preference
from summitry.zones import parse_date
from summitry_server.domain.search.folding import fold

EARLIEST, LATEST = -(10**9), 10**9  # days beyond any date


class ComparableTime(NamedTuple):
    """A time made comparable: the (first, last) days of its begin and end, and its instants."""

    begins: tuple[int, int]
    ends: tuple[int, int]
    start: int | None = None  # epoch seconds
    end: int | None = None


# A value made comparable. A number becomes a text, so that "20" agrees with 20.
Value: TypeAlias = str | tuple[str, int, int] | ComparableTime


def preferences_of(record: Record) -> list[Preference]:
    """Return a preference for each field that has claims, sorted by path.

    The times of the record must be resolved.
    """
    ranks = {source.id: source.rank for source in record.sources}
    fields: dict[str, list[Claim]] = {}
    for claim in record.claims:
        if claim.WhichOneof("value"):
            fields.setdefault(claim.field_path, []).append(claim)
    return [_preference(path, fields[path], ranks) for path in sorted(fields)]


def _preference(path: str, claims: Sequence[Claim], ranks: dict[str, SourceRank]) -> Preference:
    ordered = sorted(claims, key=lambda claim: _nearness(ranks[claim.source_id]))  # keeps the order
    return Preference(
        field_path=path,
        source_id=ordered[0].source_id,
        disputed=_disagree({(claim.source_id, _comparable_value(claim)) for claim in claims}),
        reason=_reason([ranks[claim.source_id] for claim in ordered]),
    )


def _nearness(rank: int) -> int:
    return rank or max(SourceRank.values()) + 1


def _reason(ranks: Sequence[int]) -> str:
    best, following = _rank_name(ranks[0]), next((r for r in ranks if r != ranks[0]), None)
    if len(ranks) == 1:
        return f"the only claim, rank {best}"
    if ranks.count(ranks[0]) > 1:
        return f"the first of {ranks.count(ranks[0])} of rank {best}"
    return f"rank {best} before {_rank_name(following or 0)}"


def _rank_name(rank: int) -> str:
    return SourceRank.Name(rank).removeprefix("SOURCE_RANK_")


def _comparable_value(claim: Claim) -> Value:
    match claim.WhichOneof("value"):
        case "time":
            return _days(claim.time)
        case "amount":
            return _money(claim.amount)
        case "number":
            return str(claim.number)
        case _:
            return _text(claim.text)


def _text(text: str) -> str:
    return " ".join(fold(text).split())


def _money(amount: Money) -> Value:
    return amount.currency_code, amount.units, amount.nanos


def _disagree(claims: Iterable[tuple[str, Value]]) -> bool:
    """Return whether two different sources contradict each other.

    Two claims of one source never do: it may mean both, such as two names of a person.
    """
    return any(
        source_a != source_b and not _agree(value_a, value_b)
        for (source_a, value_a), (source_b, value_b) in combinations(claims, 2)
    )


def _agree(a: Value, b: Value) -> bool:
    """Return whether two values are equal or, for times, compatible, as "June" and "22 June"."""
    if not (isinstance(a, ComparableTime) and isinstance(b, ComparableTime)):
        return a == b
    if a.start is not None and b.start is not None:
        ends = {a.end, b.end} - {None}
        return a.start == b.start and len(ends) < 2
    return _overlap(a.begins, b.begins) and _overlap(a.ends, b.ends)


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]


def _days(time: EventTime) -> ComparableTime:
    form = time.WhichOneof("when")
    if form == "timed":
        return _timed(time)
    span = time.dates if form == "dates" else time.partial
    first = parse_date(span.first_date) if span.first_date else None
    last = parse_date(span.last_date) if span.last_date else None
    if form == "dates":
        begins = (EARLIEST if first is None else first, LATEST if first is None else first)
        return ComparableTime(
            begins, (EARLIEST if last is None else last, LATEST if last is None else last)
        )
    bounds = (EARLIEST if first is None else first, LATEST if last is None else last)
    return ComparableTime(bounds, bounds)


def _timed(time: EventTime) -> ComparableTime:
    """Return the civil days of a timed span; an end at midnight belongs to the day before."""
    resolved = time.resolved
    start = resolved.interval.start_time.seconds
    first = parse_date(resolved.start_text[:10])
    if not time.timed.HasField("end"):
        return ComparableTime((first, first), (first, LATEST), start)
    last = parse_date(resolved.end_text[:10])
    midnight = resolved.end_text[10:19] == "T00:00:00"
    end = resolved.interval.end_time.seconds
    last -= midnight and last > first
    return ComparableTime((first, first), (last, last), start, end)

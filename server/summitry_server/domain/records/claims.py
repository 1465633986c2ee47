"""Decide which claim of a field is preferred, and whether the claims of it disagree.

Sources rank by nearness to the event (SourceRank); among equals the first claim in the record is
preferred. Claims never overwrite the value of the record, which is that of the desk. It takes two
sources to disagree: if a desk differs from its only source, it has decided. The rules in words:
docs/lifecycle.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from summitry.kinds import Record
from summitry.v1.provenance_pb2 import Claim, SourceRank
from summitry.v1.record_pb2 import Preference
from summitry_server.domain.records.claimed_values import Value, agree, comparable_value

# The order of ranks is this one and not that of their numbers; a later rank may stand between them.
NEAREST_FIRST = (
    SourceRank.SOURCE_RANK_ORGANIZER,
    SourceRank.SOURCE_RANK_PARTICIPANT,
    SourceRank.SOURCE_RANK_AGENCY,
    SourceRank.SOURCE_RANK_PRESS,
    SourceRank.SOURCE_RANK_ENCYCLOPEDIA,
    SourceRank.SOURCE_RANK_AGGREGATOR,
    SourceRank.SOURCE_RANK_UNSPECIFIED,
)
_NEARNESS = {rank: position for position, rank in enumerate(NEAREST_FIRST)}


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
        disputed=_disagree({(claim.source_id, comparable_value(claim)) for claim in claims}),
        reason=_reason([ranks[claim.source_id] for claim in ordered]),
    )


def _nearness(rank: SourceRank) -> int:
    return _NEARNESS.get(rank, len(_NEARNESS))  # a rank of a newer server comes last


def _reason(ranks: Sequence[SourceRank]) -> str:
    best = _rank_name(ranks[0])
    following = next((rank for rank in ranks if rank != ranks[0]), None)
    if len(ranks) == 1:
        return f"the only claim, rank {best}"
    if ranks.count(ranks[0]) > 1 or following is None:
        return f"the first of {ranks.count(ranks[0])} of rank {best}"
    return f"rank {best} before {_rank_name(following)}"


def _rank_name(rank: SourceRank) -> str:
    return SourceRank.Name(rank).removeprefix("SOURCE_RANK_")


def _disagree(claims: Iterable[tuple[str, Value]]) -> bool:
    """Return whether two different sources contradict each other.

    Two claims of one source never do: it may mean both, such as two names of a person.
    """
    return any(
        source_a != source_b and not agree(value_a, value_b)
        for (source_a, value_a), (source_b, value_b) in combinations(claims, 2)
    )

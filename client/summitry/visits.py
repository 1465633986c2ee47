"""The kind of a whole visit, derived from the kinds of its segments."""

from __future__ import annotations

from summitry.v1.visit_pb2 import Visit, VisitKind

# Order of protocol, highest first (docs/vocabulary.md). Visits without talks, such as transits,
# rank below those with talks; unspecified kinds rank below specified ones.
PROTOCOL = (
    VisitKind.VISIT_KIND_STATE,
    VisitKind.VISIT_KIND_OFFICIAL,
    VisitKind.VISIT_KIND_OFFICIAL_WORKING,
    VisitKind.VISIT_KIND_WORKING,
    VisitKind.VISIT_KIND_INFORMAL,
    VisitKind.VISIT_KIND_UNOFFICIAL,
    VisitKind.VISIT_KIND_PRIVATE,
    VisitKind.VISIT_KIND_COURTESY,
    VisitKind.VISIT_KIND_GOODWILL,
    VisitKind.VISIT_KIND_PASTORAL,
    VisitKind.VISIT_KIND_CEREMONIAL,
    VisitKind.VISIT_KIND_MULTILATERAL_ATTENDANCE,
    VisitKind.VISIT_KIND_TRANSIT,
    VisitKind.VISIT_KIND_STOPOVER,
    VisitKind.VISIT_KIND_INSPECTION_OF_OWN_FORCES,
    VisitKind.VISIT_KIND_MEDICAL,
    VisitKind.VISIT_KIND_VACATION,
    VisitKind.VISIT_KIND_CONFIDENTIAL,
    VisitKind.VISIT_KIND_BILATERAL,
    VisitKind.VISIT_KIND_OTHER,
    VisitKind.VISIT_KIND_UNSPECIFIED,
)
_RANKS = {kind: rank for rank, kind in enumerate(PROTOCOL)}


def highest_kind(visit: Visit) -> VisitKind:
    """Return the kind of a visit: the highest in protocol of its segments; else UNSPECIFIED.

    A kind of a later version of the API counts as UNSPECIFIED.
    """
    kinds = (segment.kind for segment in visit.segments if segment.kind in _RANKS)
    return min(kinds, key=_RANKS.__getitem__, default=VisitKind.VISIT_KIND_UNSPECIFIED)

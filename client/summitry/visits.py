"""What a visit is as a whole, by the kinds of its segments."""

from __future__ import annotations

from summitry.v1.visit_pb2 import Visit, VisitKind

# Order of protocol, highest first (docs/vocabulary.md). What leads elsewhere or is not for talks
# stands below what is; a kind that is not named stands below those that are.
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
    VisitKind.VISIT_KIND_BILATERAL_UNSPECIFIED,
    VisitKind.VISIT_KIND_OTHER,
    VisitKind.VISIT_KIND_UNSPECIFIED,
)
_RANKS = {kind: rank for rank, kind in enumerate(PROTOCOL)}


def highest_kind(visit: Visit) -> VisitKind:
    """The kind of the whole: the highest in protocol among its segments; UNSPECIFIED without any.

    A kind of a later version of the API counts as UNSPECIFIED.
    """
    kinds = (segment.kind for segment in visit.segments if segment.kind in _RANKS)
    return min(kinds, key=_RANKS.__getitem__, default=VisitKind.VISIT_KIND_UNSPECIFIED)

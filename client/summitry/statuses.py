"""The statuses of events: one table, from which every group of them follows.

A new status is one row here; a test walks the enum. Rules: docs/lifecycle.md, docs/presence.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from summitry.kinds import Record
from summitry.v1.event_status_pb2 import Certainty, EventStatus
from summitry.v1.record_pb2 import EventVerb, RecordHeader

__all__ = [
    "STATUSES",
    "UNCERTAIN",
    "Stage",
    "Status",
    "in_stages",
    "is_certain",
    "status_of",
    "takes_place",
    "verb_word",
]


class Stage(Enum):
    """The stage that an event has reached. Every status is in exactly one stage."""

    AHEAD = "ahead"
    BEGUN = "begun"
    OVER = "over"
    PUT_OFF = "put off"
    CALLED_OFF = "called off"


class Status(NamedTuple):
    """The answers of one status to each question that is asked of it."""

    stage: Stage
    ical: str  # STATUS of a VEVENT (RFC 5545 3.8.1.11); "": the property is left out
    marked: bool = False  # titles show it, since many apps ignore STATUS
    certain: bool = True  # False: somebody talks of the event, nobody announced it


STATUSES: Mapping[EventStatus, Status] = {
    EventStatus.EVENT_STATUS_UNSPECIFIED: Status(Stage.AHEAD, ""),
    EventStatus.EVENT_STATUS_RUMORED: Status(Stage.AHEAD, "TENTATIVE", True, False),
    EventStatus.EVENT_STATUS_PROPOSED: Status(Stage.AHEAD, "TENTATIVE", True, False),
    EventStatus.EVENT_STATUS_ANNOUNCED: Status(Stage.AHEAD, "CONFIRMED"),
    EventStatus.EVENT_STATUS_CONFIRMED: Status(Stage.AHEAD, "CONFIRMED"),
    EventStatus.EVENT_STATUS_POSTPONED: Status(Stage.PUT_OFF, "TENTATIVE", True),
    EventStatus.EVENT_STATUS_IN_PROGRESS: Status(Stage.BEGUN, "CONFIRMED"),
    EventStatus.EVENT_STATUS_SUSPENDED: Status(Stage.BEGUN, "CONFIRMED", True),
    EventStatus.EVENT_STATUS_CONCLUDED: Status(Stage.OVER, "CONFIRMED"),
    EventStatus.EVENT_STATUS_CANCELLED: Status(Stage.CALLED_OFF, "CANCELLED", True),
    EventStatus.EVENT_STATUS_WITHDRAWN_BY_HOST: Status(Stage.CALLED_OFF, "CANCELLED", True),
    EventStatus.EVENT_STATUS_NOT_HELD: Status(Stage.CALLED_OFF, "CANCELLED", True),
    EventStatus.EVENT_STATUS_UNPLANNED: Status(Stage.OVER, "CONFIRMED"),
}
# A status of a newer server says nothing that this client knows.
_UNKNOWN = STATUSES[EventStatus.EVENT_STATUS_UNSPECIFIED]
# Certainties under which an event that was announced may still not take place.
UNCERTAIN = frozenset(
    {
        Certainty.CERTAINTY_PLANNED_UNCERTAIN,
        Certainty.CERTAINTY_HIGHLY_UNCERTAIN,
        Certainty.CERTAINTY_MAY_OCCUR,
    }
)


def status_of(status: EventStatus) -> Status:
    """Return the row of a status; that of UNSPECIFIED for one that this release does not know."""
    return STATUSES.get(status, _UNKNOWN)


def verb_word(verb: EventVerb) -> str:
    """Return a verb as a word, "postpone"; "" for one that this release does not know."""
    names = EventVerb.DESCRIPTOR.values_by_number
    return names[verb].name.removeprefix("EVENT_VERB_").lower() if verb in names and verb else ""


def in_stages(*stages: Stage) -> frozenset[EventStatus]:
    """Return the statuses that are in one of these stages."""
    return frozenset(status for status, row in STATUSES.items() if row.stage in stages)


_OFF = in_stages(Stage.PUT_OFF, Stage.CALLED_OFF)


def takes_place(record: Record | RecordHeader) -> bool:
    """Return False for an event that was put off or called off."""
    return record.status not in _OFF


def is_certain(record: Record) -> bool:
    """Return True for an event that takes place if nothing intervenes: no rumour, no proposal."""
    return status_of(record.status).certain and record.certainty not in UNCERTAIN

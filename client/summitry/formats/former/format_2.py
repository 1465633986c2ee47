"""What becomes of records of format 2 in format 3.

In format 2, `certainty` had two values that say what the status says: CERTAINTY_UNPLANNED and
CERTAINTY_CANCELLED, the codes eos0 and eos6 of IPTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from summitry.formats.former.steps import Step
from summitry.kinds import KINDS
from summitry.statuses import Stage, in_stages
from summitry.v1.event_status_pb2 import EventStatus

Fields = dict[str, Any]

UNPLANNED = "CERTAINTY_UNPLANNED"
CANCELLED = "CERTAINTY_CANCELLED"
_UNSPECIFIED = "EVENT_STATUS_UNSPECIFIED"
_OFF = {EventStatus.Name(status) for status in in_stages(Stage.PUT_OFF, Stage.CALLED_OFF)}
# By former certainty: the status that says the same, and the statuses that it does not replace,
# because they say as much, or contradict it and were set by a verb.
_STATUSES: Mapping[str, tuple[str, frozenset[str]]] = {
    UNPLANNED: (
        "EVENT_STATUS_UNPLANNED",
        frozenset(EventStatus.keys())
        - {_UNSPECIFIED, "EVENT_STATUS_CONFIRMED", "EVENT_STATUS_CONCLUDED"},
    ),
    CANCELLED: ("EVENT_STATUS_CANCELLED", frozenset(_OFF)),
}


def convert_certainty(record: Fields) -> None:
    """Say in the status of a record what its certainty said of it, in place.

    A record of today has no such certainty, and stays as it is.
    """
    former = record.get("certainty")
    if not isinstance(former, str) or former not in _STATUSES:
        return
    del record["certainty"]
    status, unless = _STATUSES[former]
    if record.get("status", _UNSPECIFIED) not in unless:
        record["status"] = status


FORMAT_2 = Step(
    fields={},
    values={},
    conversions={kind.message.DESCRIPTOR.name: convert_certainty for kind in KINDS},
)

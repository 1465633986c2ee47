"""What becomes of records of format 1, that of Summitry 0.1, in format 2."""

from __future__ import annotations

from typing import Any

from summitry.formats.former.feeds import convert_feed, convert_feed_window
from summitry.formats.former.people import convert_member, convert_participant
from summitry.formats.former.steps import Step
from summitry.formats.former.times import convert_days, convert_time
from summitry.kinds import KINDS
from summitry.v1.record_pb2 import EventVerb

Fields = dict[str, Any]

_UID = {"uid": "ical_uid"}
_WORDS = {"text": "source_text"}
_SOURCE = {"source": "source_id"}


def _set_visibility(record: Fields) -> None:
    """State the visibility of a stored record, which was PUBLIC where it was unset.

    A record that was written by hand has no revision: its calendar decides when it is imported.
    """
    if "revision" in record:
        record.setdefault("visibility", "VISIBILITY_PUBLIC")


def _convert_feed(feed: Fields) -> None:
    _set_visibility(feed)
    convert_feed(feed)


def _convert_verb(change: Fields) -> None:
    """Replace the word of a verb by its enum value, in place."""
    name = f"EVENT_VERB_{change.pop('verb', '').upper()}"
    if name in EventVerb.keys():  # noqa: SIM118  an enum of protobuf is no mapping
        change["verb"] = name


FORMAT_1 = Step(
    fields={
        **{kind.message.DESCRIPTOR.name: _UID for kind in KINDS},
        **dict.fromkeys(("EventTime", "Place", "Party", "Person"), _WORDS),
        **dict.fromkeys(("Participant", "DelegationMember"), _WORDS),
        **dict.fromkeys(("Claim", "Preference", "StatusChange"), _SOURCE),
        "Outcome": {**_WORDS, **_SOURCE},
        "FeedWindow": {"past_days": "days_before", "future_days": "days_after"},
    },
    values={
        "MATCHING_CERTAIN": "MATCH_CERTAINTY_CERTAIN",
        "MATCHING_POSSIBLE": "MATCH_CERTAINTY_POSSIBLE",
        "VISIT_KIND_BILATERAL_UNSPECIFIED": "VISIT_KIND_BILATERAL",
    },
    conversions={
        "DateSpan": convert_days,
        "EventTime": convert_time,
        "StatusChange": _convert_verb,
        "Participant": convert_participant,
        "DelegationMember": convert_member,
        **{kind.message.DESCRIPTOR.name: _set_visibility for kind in KINDS},
        "Feed": _convert_feed,
        "FeedWindow": convert_feed_window,
    },
)

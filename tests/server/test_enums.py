"""Lists of what the world names are open, and sets that the service defines are closed."""

from __future__ import annotations

import re

import pytest
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from summitry.declarations import is_other
from tests.api import comments, enums, fields

OPEN = {
    *("AttendanceMode", "DelegationRole", "Level", "LinkRelation", "MeetingKind", "NoticeKind"),
    *(
        "OutcomeKind",
        "OutcomeStage",
        "ParticipationStatus",
        "PartyKind",
        "PartyStatus",
        "VisitKind",
    ),
}
"""The enums whose values a source can have more of than the list."""
CLOSED = {
    *("BlockerReason", "CalendarFaultReason", "CancelledEvents", "Certainty", "ChangeKind"),
    *("ConflictKind", "DateMatching", "DatePrecision", "Disambiguation", "ErrorReason"),
    *("EventFormat", "EventStatus", "EventVerb", "FeedDetail", "FeedProfile", "FixedAs"),
    "GoneAction",
    *("ImpactKind", "ImportWarning", "MatchCertainty", "OffsetConflict", "OutcomeBinding"),
    *(
        "PartialDates",
        "RecordKind",
        "RecordView",
        "ResetReason",
        "SourceRank",
        "TimeAuthority",
        "TimeStyle",
    ),
    *("Visibility", "WallTimeKind"),
}
"""The enums that are complete: scales, and what only the service and its clients decide."""
# Where the source's word for a value stands, if not in "<field>_text".
SOURCE_TEXTS = {
    "summitry.v1.Link.relation": "label",
    "summitry.v1.Membership.status": "status_text",
    **dict.fromkeys(
        (
            "summitry.v1.Outcome.kind",
            "summitry.v1.Outcome.stage",
            "summitry.v1.Participant.level",
            "summitry.v1.Participant.mode",
            "summitry.v1.Participant.status",
            "summitry.v1.Party.kind",
        ),
        "source_text",
    ),
}
# Messages that ask for records, and hold no facts.
QUESTIONS = {"Filter", "FindMeetingWindowsRequest", "Attendee"}


def names(of: set[str]) -> list[EnumDescriptor]:
    return [enum for enum in enums() if enum.name in of]


def test_each_enum_is_open_or_closed() -> None:
    assert not OPEN & CLOSED
    assert {enum.name for enum in enums()} == OPEN | CLOSED


@pytest.mark.parametrize("enum", names(OPEN), ids=lambda enum: str(enum.name))
def test_open_list_has_a_value_for_all_else(enum: EnumDescriptor) -> None:
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum.name).upper()
    assert [value.name for value in enum.values if is_other(enum, value.number)] == [
        f"{prefix}_OTHER"
    ]
    assert "An open list: OTHER " in comments()[enum.full_name]


@pytest.mark.parametrize("enum", names(CLOSED), ids=lambda enum: str(enum.name))
def test_closed_enum_has_no_value_for_other(enum: EnumDescriptor) -> None:
    assert not [value.name for value in enum.values if is_other(enum, value.number)]
    assert re.search(r"\bA closed (set|scale)\b", comments()[enum.full_name])


def open_fields() -> list[FieldDescriptor]:
    return [
        field
        for field in fields()
        if field.enum_type is not None
        and field.enum_type.name in OPEN
        and field.containing_type.name not in QUESTIONS
    ]


@pytest.mark.parametrize("field", open_fields(), ids=lambda field: str(field.full_name))
def test_word_of_the_source_stands_beside_the_value(field: FieldDescriptor) -> None:
    text_field = SOURCE_TEXTS.get(field.full_name, f"{field.name}_text")
    assert field.containing_type.fields_by_name[text_field].type == field.TYPE_STRING


def test_names_of_values_do_not_end_like_the_unset_one() -> None:
    unset = [value.name for enum in enums() for value in enum.values if value.number]
    assert not [name for name in unset if name.endswith("UNSPECIFIED")]

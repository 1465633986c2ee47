"""The protos keep what the server builds on: one header for all kinds, framed records, headers."""

from __future__ import annotations

import pytest
from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp

from summitry._calls.methods import BY_KIND, METHODS, Method
from summitry.kinds import KINDS, Kind
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.record_pb2 import RecordHeader

HEADER = RecordHeader.DESCRIPTOR
# Answers that hold no record.
NO_RECORDS = {
    f"summitry.v1.{name}Response"
    for name in ("ListFeedTokens", "RedeemFeedToken", "GetCalendarState")
}
IDS = [kind.singular for kind in KINDS]


@pytest.mark.parametrize("kind", KINDS, ids=IDS)
def test_header_fields_have_the_same_number_name_and_type(kind: Kind) -> None:
    def shape(field: object) -> tuple[object, ...]:
        message = getattr(field, "message_type", None)
        enum = getattr(field, "enum_type", None)
        is_map = message is not None and message.GetOptions().map_entry
        return (
            field.number,  # type: ignore[attr-defined]
            field.type,  # type: ignore[attr-defined]
            field.is_repeated,  # type: ignore[attr-defined]
            "map" if is_map else getattr(message or enum, "full_name", None),
        )

    own = {
        field.name: shape(field) for field in kind.message.DESCRIPTOR.fields if field.number < 40
    }
    assert own == {field.name: shape(field) for field in HEADER.fields}


@pytest.mark.parametrize("kind", KINDS, ids=IDS)
def test_own_facts_begin_at_40(kind: Kind) -> None:
    names = {field.name for field in HEADER.fields}
    own = [field for field in kind.message.DESCRIPTOR.fields if field.name not in names]
    assert own and min(field.number for field in own) == 40


@pytest.mark.parametrize("kind", KINDS, ids=IDS)
def test_every_kind_parses_as_a_record_header(kind: Kind) -> None:
    record = kind.message(
        name="calendars/c",
        ical_uid="u",
        sequence=3,
        status=EventStatus.EVENT_STATUS_CONFIRMED,
        labels={"k": "v"},
        create_time=Timestamp(seconds=5),
    )
    record.titles.add(text="Titre", language_code="fr")
    record.time.dates.first_date = "2024-07-02"
    for field in kind.message.DESCRIPTOR.fields:
        if field.number >= 40 and field.message_type and not field.is_repeated:
            getattr(record, field.name).SetInParent()
    header = RecordHeader.FromString(record.SerializeToString())
    header_fields = json_format.MessageToDict(header, preserving_proto_field_name=True)
    whole = json_format.MessageToDict(record, preserving_proto_field_name=True)
    assert header_fields == {
        key: value for key, value in whole.items() if key in HEADER.fields_by_name
    }
    back = kind.message.FromString(header.SerializeToString())
    assert back == record, "what is not of the header is kept as unknown fields"


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.path.rpartition("/")[2])
def test_every_response_has_the_header_under_one_number(method: Method) -> None:
    header = method.response.DESCRIPTOR.fields_by_name["header"]
    assert header.message_type.full_name == "summitry.v1.ResponseHeader"
    assert header.number == 15


@pytest.mark.parametrize(
    "method",
    [
        method
        for verbs in BY_KIND.values()
        for method in verbs.values()
        if method.response.DESCRIPTOR.full_name not in NO_RECORDS
    ],
    ids=lambda method: method.path.rpartition("/")[2],
)
def test_records_are_field_1_of_their_responses(method: Method) -> None:
    """Stored frames carry the tag of field 1, so that answers are joined from stored bytes."""
    field = method.response.DESCRIPTOR.fields_by_number[1]
    assert field.message_type in {kind.message.DESCRIPTOR for kind in KINDS}

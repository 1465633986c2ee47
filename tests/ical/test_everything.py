"""Records with every field set, and every value of every enum: all of them render."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from summitry.ical import render_calendar
from summitry.time import resolve
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.notice_pb2 import Notice
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit
from summitry.zones import default_database

PLAIN = {
    FieldDescriptor.CPPTYPE_STRING: "https://a.example/;,",
    FieldDescriptor.CPPTYPE_BOOL: True,
    FieldDescriptor.CPPTYPE_INT32: 7,
    FieldDescriptor.CPPTYPE_INT64: 1_719_900_000,
    FieldDescriptor.CPPTYPE_DOUBLE: 51.5,
}
TIME = {"start": {"civil_time": "2024-07-04T10:00", "time_zone": "Asia/Almaty"}}


def fill(message: Message, number: int) -> None:
    """Set all fields, enums to their value of that number or else to their last one."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        if field.message_type is not None and field.message_type.name == "EventTime":
            target: Any = getattr(message, field.name)
            (target.add() if field.is_repeated else target).timed.SetInParent()
            continue
        set_field(message, field, number)


def set_field(message: Message, field: FieldDescriptor, number: int) -> None:
    target: Any = getattr(message, field.name)
    if field.message_type is not None:
        child = target.add() if field.is_repeated else target
        child.SetInParent()
        fill(child, number)
        return
    value: Any = PLAIN.get(field.cpp_type)
    if field.enum_type is not None:
        numbers = field.enum_type.values_by_number
        value = number if number in numbers else max(numbers)
    if field.is_repeated:
        target.append(value)
    else:
        setattr(message, field.name, value)


def set_times(message: Message) -> None:
    """Give each EventTime below a message a time that can be resolved."""
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for child in value if field.is_repeated else [value]:
            if field.message_type.name == "EventTime":
                child.CopyFrom(type(child)(timed=TIME))
                resolve(child, default_database())
            else:
                set_times(child)


def complete_record(kind: type[Any], path: str, number: int) -> Any:
    record = kind()
    fill(record, number)
    set_times(record)
    record.name, record.ical_uid = f"calendars/c/{path}", f"{path}@example.org"
    return record


@pytest.mark.parametrize("number", range(36))
def test_every_enum_value_renders(desk: Any, events: Any, number: int) -> None:
    kinds = (Summit, Visit, Meeting, Notice)
    records = [complete_record(kind, kind.DESCRIPTOR.name, number) for kind in kinds]
    delegation = complete_record(Delegation, "delegation", number)
    for record in records:
        delegation.engagements.add(event=record.name)
    for language, profile in product(("en", "fr"), ("core", "rich")):
        options = {"language": language, "profile": profile, "partial": "span"}
        events_by_uid = events(render_calendar(desk.calendar, [*records, delegation], **options))
        assert len(events_by_uid) == 4

"""The table of kinds: complete, and the same kinds wherever a list cannot be made from it."""

from __future__ import annotations

import pytest

import summitry
from summitry.cli.parser import COMMANDS
from summitry.declarations import kind_words, own_kinds
from summitry.ical.languages import CATALOGUE
from summitry.kinds import (
    ATTENDED,
    EVENTS,
    KINDS,
    MEETING,
    NOTICE,
    SUMMIT,
    VISIT,
    WITH_PROGRAMME,
    Kind,
    event_of,
)
from summitry.v1.any_record_pb2 import AnyRecord
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.meeting_pb2 import Meeting, MeetingKind
from summitry.v1.record_pb2 import RecordKind
from summitry.v1.visit_pb2 import Visit, VisitKind

IDS = [kind.collection for kind in KINDS]
SUMMIT_NAME = "calendars/c/summits/s"


def test_each_kind_of_the_api_has_one_row() -> None:
    numbers = [number for number in RecordKind.values() if number]
    assert sorted(kind.number for kind in KINDS) == numbers


@pytest.mark.parametrize("kind", KINDS, ids=IDS)
def test_record_of_any_kind_has_a_field_for_it(kind: Kind) -> None:
    fields = AnyRecord.DESCRIPTOR.oneofs_by_name["record"].fields
    assert kind.message.DESCRIPTOR in [field.message_type for field in fields]


@pytest.mark.parametrize("kind", KINDS, ids=IDS)
def test_service_is_that_of_the_kind(kind: Kind) -> None:
    get = kind.service.methods_by_name[f"Get{kind.message.DESCRIPTOR.name}"]
    assert get.output_type.fields_by_name[kind.singular].message_type is kind.message.DESCRIPTOR


@pytest.mark.parametrize("kind", KINDS, ids=IDS)
def test_command_line_has_each_kind(kind: Kind) -> None:
    assert kind.collection in COMMANDS


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.collection != "feeds"])
def test_package_exports_the_message_of_each_kind(kind: Kind) -> None:
    name = kind.message.DESCRIPTOR.name
    assert name in summitry.__all__
    assert getattr(summitry, name) is kind.message


def test_traits_are_those_of_each_kind() -> None:
    assert EVENTS == (SUMMIT, VISIT, MEETING, NOTICE)
    assert ATTENDED == (SUMMIT, VISIT, MEETING)
    assert WITH_PROGRAMME == (SUMMIT, VISIT)


def test_event_that_a_record_belongs_to_is_that_of_its_field() -> None:
    assert event_of(Meeting(parent_event=SUMMIT_NAME)) == SUMMIT_NAME
    assert event_of(Visit(summit=SUMMIT_NAME)) == SUMMIT_NAME
    assert event_of(Meeting()) == event_of(Calendar()) == ""


def test_kinds_within_a_kind_are_those_of_its_field_or_segments() -> None:
    enums = {kind.collection: own_kinds(kind) for kind in (MEETING, VISIT, SUMMIT)}
    names = {name: enum and enum.DESCRIPTOR.name for name, enum in enums.items()}
    assert names == {
        "meetings": MeetingKind.DESCRIPTOR.name,
        "visits": VisitKind.DESCRIPTOR.name,
        "summits": None,
    }


def test_each_kind_has_a_word_made_of_its_name() -> None:
    words = kind_words()
    assert words["NOTICE_KIND_SECURITY_LEVEL"] == "security level"
    assert words["RECORD_KIND_SUMMIT"] == "summit"
    assert "NOTICE_KIND_UNSPECIFIED" not in words
    assert words.keys() <= CATALOGUE.messages.keys()

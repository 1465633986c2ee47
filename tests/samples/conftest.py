"""Fixtures for the samples: their folder, and a parser of their records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.message import Message

from summitry.v1 import (
    calendar_pb2,
    delegation_pb2,
    feed_pb2,
    meeting_pb2,
    notice_pb2,
    summit_pb2,
    visit_pb2,
)
from summitry.zones import default_database
from summitry_server.domain.records.records import prepare
from summitry_server.wire import limits

ROOT = Path(__file__).resolve().parents[2]

MESSAGES: Mapping[str, type[Message]] = {
    "calendars": calendar_pb2.Calendar,
    "summits": summit_pb2.Summit,
    "visits": visit_pb2.Visit,
    "meetings": meeting_pb2.Meeting,
    "delegations": delegation_pb2.Delegation,
    "notices": notice_pb2.Notice,
    "feeds": feed_pb2.Feed,
}

Parse = Callable[[Mapping[str, Any]], Any]
Admit = Callable[[Any], None]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def parse() -> Parse:
    """Record as protobuf JSON -> message of its collection; unknown keys are errors."""

    def parse_record(record: Mapping[str, Any]) -> Message:
        collection = record["name"].split("/")[-2]
        return json_format.ParseDict(record, MESSAGES[collection]())

    return parse_record


@pytest.fixture(scope="session")
def admit() -> Admit:
    """Refuses what the server would refuse: limits, forms, references to sources, times."""
    db = default_database()

    def admit_record(record: Any) -> None:
        limits.check(record, record.name)
        prepare(record, record.name, db)

    return admit_record

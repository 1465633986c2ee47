"""Fixtures for iCalendar tests: records as a server returns them, and readers of files."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import icalendar
import pytest
import yaml
from google.protobuf import json_format

from summitry.kinds import BY_COLLECTION, Record
from summitry.time import resolve
from summitry.v1.calendar_pb2 import Calendar
from summitry.zones import TzDb, default_database

CREATED, UPDATED = 1_719_800_000, 1_719_900_000

Make = Callable[..., Any]


class Desk(NamedTuple):
    """A calendar with its records."""

    calendar: Calendar
    records: list[Record]


@pytest.fixture(scope="session")
def db() -> TzDb:
    return default_database()


@pytest.fixture(scope="session")
def make(db: TzDb) -> Make:
    """Return a function that builds a record with the fields that the server fills in."""

    def build(path: str, facts: Mapping[str, Any] | None = None, **more: Any) -> Any:
        collection = path.partition("/")[0]
        message = BY_COLLECTION[collection].message
        record: Any = json_format.ParseDict({**(facts or {}), **more}, message())
        record.name = path if collection == "calendars" else f"calendars/astana-2024/{path}"
        record.ical_uid = record.ical_uid or f"{path.replace('/', '-')}@example.org"
        record.revision = record.revision or 3
        record.create_time.seconds = CREATED
        record.update_time.seconds = record.update_time.seconds or UPDATED
        if record.HasField("time"):
            resolve(record.time, db)
        return record

    return build


@pytest.fixture(scope="session")
def desk(make: Make) -> Desk:
    """Return a small calendar with records of every kind."""
    facts = yaml.safe_load(Path(__file__).with_name("desk.yaml").read_text(encoding="utf-8"))
    records = [make(path, record) for path, record in facts.items()]
    return Desk(records[0], records[1:])


Read = Callable[[bytes], icalendar.Calendar]


@pytest.fixture(scope="session")
def read() -> Read:
    """Return a parser by icalendar; an error of any property fails the test."""

    def parse(data: bytes) -> icalendar.Calendar:
        calendar = icalendar.Calendar.from_ical(data)
        assert isinstance(calendar, icalendar.Calendar)
        assert [part.errors for part in calendar.walk() if part.errors] == []
        return calendar

    return parse


@pytest.fixture(scope="session")
def events(read: Read) -> Callable[[bytes], dict[str, icalendar.Event]]:
    """Return a parser that gives the events of a file by UID."""

    def by_uid(data: bytes) -> dict[str, icalendar.Event]:
        parts = [part for part in read(data).walk("VEVENT") if isinstance(part, icalendar.Event)]
        assert len({str(event["UID"]) for event in parts}) == len(parts)
        return {str(event["UID"]): event for event in parts}

    return by_uid


@pytest.fixture(scope="session")
def libical() -> ctypes.CDLL:
    """Return libical 3, the parser of Evolution, GNOME Calendar and KOrganizer."""
    path = ctypes.util.find_library("ical")
    if path is None:
        pytest.skip("no libical on this machine")
    library = ctypes.CDLL(path)
    library.icalparser_parse_string.argtypes = [ctypes.c_char_p]
    for name in ("icalparser_parse_string", "icaltimezone_new"):
        getattr(library, name).restype = ctypes.c_void_p
    for name in ("icalcomponent_count_errors", "icalrestriction_check", "icalcomponent_free"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
    library.icalcomponent_free.restype = None
    return library

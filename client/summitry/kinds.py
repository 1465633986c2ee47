"""The kinds of records: one table, from which names, services and fields are derived.

The table says what a kind takes part in; all else that differs is read from its message. A resource
name is `calendars/{calendar}` or `calendars/{calendar}/{collection}/{id}` (AIP-122).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TypeAlias

from google.protobuf.descriptor import ServiceDescriptor

from summitry.v1.any_record_pb2 import AnyRecord
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.feed_pb2 import Feed
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.notice_pb2 import Notice
from summitry.v1.record_pb2 import RecordKind
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit

Event: TypeAlias = Summit | Visit | Meeting | Notice
Record: TypeAlias = Calendar | Event | Delegation | Feed

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: its enum value, its message, its traits, and the names derived from them.

    `has_time`: its records take place at a time, so that an agenda has them.
    `is_event`: each of its records is an event of feeds, pages and calendar files.
    `is_attended`: delegations attend its records.
    `has_programme`: meetings and the like name one of its records as the event they belong to.
    `has_verbs`: confirm, postpone, cancel ... The other kinds change by update.
    """

    number: RecordKind
    message: type[Record]
    has_time: bool = False
    is_event: bool = False
    is_attended: bool = False
    has_programme: bool = False
    has_verbs: bool = False

    @property
    def singular(self) -> str:
        """Return the name of the field in requests and responses: "summit"."""
        return self.message.DESCRIPTOR.name.lower()

    @property
    def collection(self) -> str:
        """Return the segment of resource names, which is also the field of lists: "summits"."""
        return self.singular + "s"

    @property
    def service(self) -> ServiceDescriptor:
        """Return the service with the rpcs of the kind."""
        module = import_module(f"summitry.v1.{self.singular}_service_pb2")
        name = f"{self.message.DESCRIPTOR.name}Service"
        service: ServiceDescriptor = module.DESCRIPTOR.services_by_name[name]
        return service

    @property
    def event_field(self) -> str:
        """Return the field that names the event to which a record belongs; "" without one."""
        fields = self.message.DESCRIPTOR.fields_by_name
        return next((name for name in ("parent_event", "summit") if name in fields), "")


CALENDAR = Kind(RecordKind.RECORD_KIND_CALENDAR, Calendar)
SUMMIT = Kind(
    RecordKind.RECORD_KIND_SUMMIT,
    Summit,
    has_time=True,
    is_event=True,
    is_attended=True,
    has_programme=True,
    has_verbs=True,
)
VISIT = Kind(
    RecordKind.RECORD_KIND_VISIT,
    Visit,
    has_time=True,
    is_event=True,
    is_attended=True,
    has_programme=True,
    has_verbs=True,
)
MEETING = Kind(
    RecordKind.RECORD_KIND_MEETING,
    Meeting,
    has_time=True,
    is_event=True,
    is_attended=True,
    has_verbs=True,
)
DELEGATION = Kind(RecordKind.RECORD_KIND_DELEGATION, Delegation, has_time=True)
NOTICE = Kind(RecordKind.RECORD_KIND_NOTICE, Notice, has_time=True, is_event=True)
FEED = Kind(RecordKind.RECORD_KIND_FEED, Feed)

KINDS = (CALENDAR, SUMMIT, VISIT, MEETING, DELEGATION, NOTICE, FEED)
EVENTFUL = tuple(kind for kind in KINDS if kind.has_time)
EVENTS = tuple(kind for kind in KINDS if kind.is_event)
ATTENDED = tuple(kind for kind in KINDS if kind.is_attended)
WITH_PROGRAMME = tuple(kind for kind in KINDS if kind.has_programme)
WITH_EVENT = tuple(kind for kind in KINDS if kind.event_field)
WITH_VERBS = tuple(kind for kind in KINDS if kind.has_verbs)
# Fields of the header that mean nothing in a kind, so that no record of it may set them. Those that
# only the server sets are not listed: it leaves them unset.
_OF_EVENTS = frozenset({"time", "status", "status_text", "certainty", "previous_times"})
_OF_SOURCES = frozenset({"sources", "claims", "original", "source_language_code"})
UNUSED_FIELDS: Mapping[Kind, frozenset[str]] = {
    CALENDAR: _OF_EVENTS,
    # A question that was saved here: it is at no place, and no source tells of it.
    FEED: _OF_EVENTS | _OF_SOURCES | {"places"},
}
BY_NUMBER = {int(kind.number): kind for kind in KINDS}
BY_COLLECTION = {kind.collection: kind for kind in KINDS}
BY_MESSAGE: dict[type[Record], Kind] = {kind.message: kind for kind in KINDS}
# Looked up for each event of a feed, where a descriptor would be the larger part of the time.
_EVENT_FIELDS = {kind.message: kind.event_field for kind in WITH_EVENT}


def event_of(record: Record) -> str:
    """Return the name of the event that this is a part of, or a visit is made for; "" for none."""
    field = _EVENT_FIELDS.get(type(record))
    return getattr(record, field) if field else ""


def pack(record: Record) -> AnyRecord:
    """Return a record as one of any kind."""
    kind = BY_MESSAGE[type(record)]
    entry = AnyRecord(name=record.name, kind=kind.number)
    getattr(entry, kind.singular).CopyFrom(record)
    return entry


def unpack(entry: AnyRecord) -> Record | None:
    """Return the record in one of any kind; None for a kind that this release does not know."""
    field = entry.WhichOneof("record")
    return getattr(entry, field) if field else None


@dataclass(frozen=True, slots=True)
class Name:
    """A resource name, taken apart."""

    kind: Kind
    calendar: str  # "calendars/astana-2024"
    id: str

    def __str__(self) -> str:
        """Return the resource name."""
        if self.kind is CALENDAR:
            return self.calendar
        return f"{self.calendar}/{self.kind.collection}/{self.id}"


def parse_name(name: str) -> Name | None:
    """Parse a resource name; None if it is not one."""
    parts = name.split("/")
    if len(parts) not in (2, 4) or parts[0] != CALENDAR.collection:
        return None
    if not all(ID.fullmatch(part) for part in parts[1::2]):
        return None
    calendar = f"{parts[0]}/{parts[1]}"
    if len(parts) == 2:
        return Name(CALENDAR, calendar, parts[1])
    kind = BY_COLLECTION.get(parts[2])
    return Name(kind, calendar, parts[3]) if kind and kind is not CALENDAR else None

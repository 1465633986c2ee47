"""The kinds of records: one table, from which names, services and fields are derived.

A resource name is `calendars/{calendar}` or `calendars/{calendar}/{collection}/{id}` (AIP-122).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from summitry.v1.any_record_pb2 import AnyRecord
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.feed_pb2 import Feed
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.notice_pb2 import Notice
from summitry.v1.record_pb2 import RecordKind
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit

Record: TypeAlias = Calendar | Summit | Visit | Meeting | Delegation | Notice | Feed

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: its enum value, its message and the names derived from it."""

    number: RecordKind
    message: type[Record]

    @property
    def singular(self) -> str:
        """Return the name of the field in requests and responses: "summit"."""
        return self.message.DESCRIPTOR.name.lower()

    @property
    def collection(self) -> str:
        """Return the segment of resource names, which is also the field of lists: "summits"."""
        return self.singular + "s"


CALENDAR = Kind(RecordKind.RECORD_KIND_CALENDAR, Calendar)
SUMMIT = Kind(RecordKind.RECORD_KIND_SUMMIT, Summit)
VISIT = Kind(RecordKind.RECORD_KIND_VISIT, Visit)
MEETING = Kind(RecordKind.RECORD_KIND_MEETING, Meeting)
DELEGATION = Kind(RecordKind.RECORD_KIND_DELEGATION, Delegation)
NOTICE = Kind(RecordKind.RECORD_KIND_NOTICE, Notice)
FEED = Kind(RecordKind.RECORD_KIND_FEED, Feed)

KINDS = (CALENDAR, SUMMIT, VISIT, MEETING, DELEGATION, NOTICE, FEED)
# The kinds of events: they take place at a time.
EVENTFUL = (SUMMIT, VISIT, MEETING, DELEGATION, NOTICE)
# The kinds with verbs: confirm, postpone, cancel ... A delegation or notice changes by update.
WITH_VERBS = (SUMMIT, VISIT, MEETING)
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

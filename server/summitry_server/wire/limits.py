"""The border: one table of what may come in, checked on every request before anything else.

The same numbers stand in the comments of the protos; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.wire.ranges import code_settling, range_check
from summitry_server.wire.refusals import ALONE, SUBJECT, RefusedError
from summitry_server.wire.walks import Step, WalkRule, is_map, walk

KIB = 1024
MESSAGE = 256 * KIB  # bytes of a request, and of a record that comes in a stream
# Bytes of those that may have more.
MESSAGES = {
    "summitry.v1.BatchWriteRequest": 4 * KIB * KIB,
    "summitry.v1.ImportRecordsRequest": 1024 * KIB,
    "summitry.v1.ParseCalendarRequest": 1024 * KIB,
}
PAGE = 100  # entries of a page when the request does not say
MAX_PAGE = 1000
# Bytes after which a page and a message of changes end. By default gRPC clients refuse messages of
# more than 4 MiB; a single entry that does not fit is sent anyway, and records are smaller.
PAGE_BYTES = 1024 * KIB
# Bytes of the records of a BatchGet, which cannot be cut since it gives all or none.
BATCH_BYTES = 3 * PAGE_BYTES


class Text(NamedTuple):
    """The strings that a field admits: a length in characters, and forbidden characters."""

    length: int
    forbidden: re.Pattern[str]


# Control characters; the separators that some readers take for line ends; characters that turn
# the direction of what follows, with which a text can pretend to be another.
_BIDI = "\u202a-\u202e\u2066-\u2069"
LINE = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{_BIDI}]")
LINES = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{_BIDI}]")
ENTRY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")  # text of another publisher, stored as it is

DEFAULT_TEXT = Text(KIB, LINE)
TEXTS = {
    "summitry.v1.RecordHeader.summaries": Text(16 * KIB, LINES),
    "summitry.v1.RecordHeader.original": Text(64 * KIB, ENTRY),
    "summitry.v1.RecordHeader.ical_uid": Text(255, LINE),
    "summitry.v1.RecordHeader.labels": Text(255, LINE),
    "summitry.v1.EventDays.ical_uid": Text(255, LINE),
    "summitry.v1.Link.url": Text(2 * KIB, LINE),
    "summitry.v1.Source.url": Text(2 * KIB, LINE),
    "summitry.v1.Source.note": Text(4 * KIB, LINES),
    "summitry.v1.Claim.text": Text(4 * KIB, LINES),
    "summitry.v1.Claim.note": Text(4 * KIB, LINES),
    "summitry.v1.IssueFeedTokenRequest.label": Text(255, LINE),
    "summitry.v1.RedeemFeedTokenRequest.secret": Text(255, LINE),
    "summitry.v1.Feed.color": Text(32, LINE),
    "summitry.v1.Filter.text": Text(255, LINE),
    "summitry.v1.Filter.labels": Text(255, LINE),
}

DEFAULT_COUNT = 64
COUNTS = {
    "summitry.v1.RecordHeader.titles": 16,
    "summitry.v1.RecordHeader.summaries": 16,
    "summitry.v1.RecordHeader.claims": 256,
    "summitry.v1.RecordHeader.source_digests": 256,
    "summitry.v1.Summit.outcomes": 256,
    "summitry.v1.Visit.outcomes": 256,
    "summitry.v1.Meeting.outcomes": 256,
    "summitry.v1.Summit.participants": 512,
    "summitry.v1.Meeting.participants": 512,
    "summitry.v1.Summit.hosts": 16,
    "summitry.v1.Visit.principals": 32,
    "summitry.v1.Delegation.members": 512,
    "summitry.v1.Place.localities": 16,
    "summitry.v1.Place.venues": 16,
    "summitry.v1.Party.names": 16,
    "summitry.v1.Party.dated_names": 16,
    "summitry.v1.Person.names": 16,
    "summitry.v1.Person.aliases": 32,
    "summitry.v1.Calendar.memberships": 1024,
    "summitry.v1.Feed.languages": 16,
    "summitry.v1.LocatePrincipalsRequest.persons": 32,
    "summitry.v1.FindMeetingWindowsRequest.attendees": 32,
    "summitry.v1.Attendee.days_off": 7,
    "summitry.v1.ResolveTimeRequest.points": 1000,
    "summitry.v1.WatchChangesRequest.held": 1024,
    "summitry.v1.BatchWriteRequest.writes": 1000,
    "summitry.v1.BatchWriteRequest.preconditions": 1000,
    "summitry.v1.RecordBatch.records": 200,
    "summitry.v1.RecordBatch.event_days": 200,
    "summitry.v1.EventDays.days": 2000,
    "summitry.v1.Filter.trips": 32,
    "summitry.v1.Filter.region_codes": 32,
    "summitry.v1.Filter.persons": 32,
    "summitry.v1.Filter.organizations": 32,
    "summitry.v1.Filter.cities": 32,
    "summitry.v1.Filter.statuses": 32,
    "summitry.v1.Filter.labels": 32,
    "summitry.v1.Filter.parent_events": 32,
    "summitry.v1.Filter.ical_uids": 32,
    "summitry.v1.Filter.series": 32,
    "summitry.v1.Filter.levels": 32,
    "summitry.v1.Filter.hosts": 32,
    "summitry.v1.Filter.visit_kinds": 32,
    "summitry.v1.Filter.meeting_kinds": 32,
}
# What is refused one by one, so that one that is wrong does not stop the others.
SINGLY = {"summitry.v1.RecordBatch.records"}
NAMES = 1000  # of a BatchGet

# What one question about people or conflicts may need; more is refused with TOO_MANY_VALUES.
MOST_RECORDS = 20_000  # a hundred times a busy year of one desk
MOST_BYTES = 64 * KIB * KIB  # of these records; as messages they take three to four times as much
MOST_PARTS = 100_000  # stays, segments and engagements in them; about 1 KiB of memory each
HEADER_FIELDS = 39


def key_of(field: Any) -> str:
    """Return the key of a field in the tables: header fields stand there once for all kinds."""
    owner = field.containing_type
    if field.number <= HEADER_FIELDS and "embargo_until" in owner.fields_by_name:
        return f"summitry.v1.RecordHeader.{field.name}"
    return str(field.full_name)


def count_limit(field: Any) -> int:
    """Return how many entries a repeated field or map admits."""
    if field.name == "names" and field.containing_type.name.startswith("BatchGet"):
        return NAMES
    return COUNTS.get(key_of(field), DEFAULT_COUNT)


def message_size(message: type[Message]) -> int:
    """Return how many bytes a request may have."""
    return MESSAGES.get(message.DESCRIPTOR.full_name, MESSAGE)


def page_size(requested: int, default: int = PAGE) -> int:
    """Return the size of a page for a requested one (AIP-158). Raises RefusedError if negative."""
    if requested < 0:
        raise RefusedError(
            ErrorReason.ERROR_REASON_INVALID_VALUE,
            "may not be negative: leave it out for the default",
            "page_size",
            lead=SUBJECT,
            value=requested,
        )
    return min(requested or default, MAX_PAGE)


def count_fitting(sizes: Iterable[int]) -> int:
    """Count the entries from the first that fit into one page by their bytes, at least one."""
    return max(1, sum(size <= PAGE_BYTES for size in accumulate(sizes)))


def check(message: Message, path: str = "") -> None:
    """Refuse a message that exceeds the tables, by the path of the first such field.

    Country codes come out in their one spelling.
    """
    walk(message, path, (LIMITS,))


@dataclass(frozen=True)
class FieldLimits(WalkRule):
    """The limits of this module, as a rule in a walk.

    `inherited` is the limit of the texts in a LocalizedText: that of the field which holds it.
    """

    inherited: Text | None = None

    def at_message(self, message: Descriptor) -> Step | None:
        """Return the check of the range of a common type, or the settling of country codes."""
        return range_check(message) or code_settling(message)

    def at_field(self, field: FieldDescriptor) -> Step | None:
        """Return the check of how many entries a field has, of its texts and of its enum values."""
        text = self._text(field)
        if not field.is_repeated:
            return _value_check(field, text)
        if is_map(field):
            check_entries: Step | None = _map_check(text)
        else:
            check_entries = None if key_of(field) in SINGLY else _list_check(field, text)
        return _count_check(count_limit(field), check_entries)

    def below(self, field: FieldDescriptor) -> FieldLimits | None:
        """Return the limits in the messages of a field; none in those refused one by one."""
        if key_of(field) in SINGLY:
            return None
        return FieldLimits(self._text(field)) if _holds_texts(field) else LIMITS

    def _text(self, field: FieldDescriptor) -> Text:
        return self.inherited or TEXTS.get(key_of(field), DEFAULT_TEXT)


LIMITS = FieldLimits()


def _holds_texts(field: FieldDescriptor) -> bool:
    message = field.message_type
    return message is not None and message.full_name == "google.type.LocalizedText"


def _value_check(field: FieldDescriptor, text: Text) -> Step | None:
    """Return the check of one entry of a field; None for those that are not checked here."""
    if field.type == field.TYPE_STRING:
        return _text_check(text)
    return _enum_check(field.enum_type) if field.enum_type is not None else None


def _list_check(field: FieldDescriptor, text: Text) -> Step | None:
    check_value = _value_check(field, text)
    if check_value is None:
        return None

    def check_values(values: Iterable[object], state: object) -> None:
        for index, value in enumerate(values):
            try:
                check_value(value, state)
            except RefusedError as error:
                raise error.inside(f"[{index}]") from error

    return check_values


def _map_check(text: Text) -> Step:
    check_key, check_entry = _text_check(DEFAULT_TEXT), _text_check(text)

    def check_map(entries: Mapping[str, str], state: object) -> None:
        for key, entry in entries.items():
            check_key(key, state)
            try:
                check_entry(entry, state)
            except RefusedError as error:
                raise error.inside(f"[{key}]") from error

    return check_map


def _count_check(limit: int, check_entries: Step | None) -> Step:
    def check_count(entries: Sized, state: object) -> None:
        if len(entries) > limit:
            raise RefusedError(
                ErrorReason.ERROR_REASON_TOO_MANY_VALUES,
                f"may have {limit} entries, this has {len(entries)}",
                lead=SUBJECT,
                limit=limit,
                length=len(entries),
            )
        if check_entries is not None:
            check_entries(entries, state)

    return check_count


def _enum_check(enum: EnumDescriptor) -> Step:
    numbers = frozenset(enum.values_by_number)

    def check_enum(value: int, state: object) -> None:
        if value not in numbers:
            raise RefusedError(
                ErrorReason.ERROR_REASON_INVALID_VALUE,
                f"{value} is not a value of {enum.name}",
                lead=ALONE,
                value=value,
            )

    return check_enum


def _text_check(text: Text) -> Step:
    length, find_forbidden = text.length, text.forbidden.search

    def check_text(value: str, state: object) -> None:
        if len(value) > length or find_forbidden(value):
            raise _refused_text(value, text)

    return check_text


def _refused_text(value: str, text: Text) -> RefusedError:
    if len(value) > text.length:
        return RefusedError(
            ErrorReason.ERROR_REASON_TEXT_TOO_LONG,
            f"may have {text.length} characters, this has {len(value)}",
            lead=SUBJECT,
            limit=text.length,
            length=len(value),
        )
    match = text.forbidden.search(value)
    assert match is not None
    code = f"U+{ord(match[0]):04X}"
    return RefusedError(
        ErrorReason.ERROR_REASON_FORBIDDEN_CHARACTER,
        f"has the character {code} at {match.start()}: take it out",
        lead=SUBJECT,
        value=code,
    )

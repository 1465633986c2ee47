"""Convert records of format 1: one table by message, applied wherever a message occurs.

A record is converted as protobuf JSON with the field names of the protos, so that files and stores
share the table. To change a field of a record, add what becomes of it to FIELDS, VALUES or
CONVERSIONS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from summitry.formats.former.feeds import convert_feed, convert_feed_window
from summitry.formats.former.messages import message_class
from summitry.formats.former.people import convert_member, convert_participant
from summitry.formats.former.times import convert_days, convert_time
from summitry.formats.json_form import to_json
from summitry.kinds import KINDS, Kind, Record
from summitry.v1.record_pb2 import EventVerb

Fields = dict[str, Any]

_UID = {"uid": "ical_uid"}
_WORDS = {"text": "source_text"}
_SOURCE = {"source": "source_id"}
FIELDS: Mapping[str, Mapping[str, str]] = {
    **{kind.message.DESCRIPTOR.name: _UID for kind in KINDS},
    **dict.fromkeys(("EventTime", "Place", "Party", "Person"), _WORDS),
    **dict.fromkeys(("Participant", "DelegationMember"), _WORDS),
    **dict.fromkeys(("Claim", "Preference", "StatusChange"), _SOURCE),
    "Outcome": {**_WORDS, **_SOURCE},
    "FeedWindow": {"past_days": "days_before", "future_days": "days_after"},
}
"""New names of fields, by message and former name."""

VALUES: Mapping[str, str] = {
    "MATCHING_CERTAIN": "MATCH_CERTAINTY_CERTAIN",
    "MATCHING_POSSIBLE": "MATCH_CERTAINTY_POSSIBLE",
    "VISIT_KIND_BILATERAL_UNSPECIFIED": "VISIT_KIND_BILATERAL",
}
"""New names of enum values, by former name."""


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


CONVERSIONS: Mapping[str, Callable[[Fields], None]] = {
    "DateSpan": convert_days,
    "EventTime": convert_time,
    "StatusChange": _convert_verb,
    "Participant": convert_participant,
    "DelegationMember": convert_member,
    **{kind.message.DESCRIPTOR.name: _set_visibility for kind in KINDS},
    "Feed": _convert_feed,
    "FeedWindow": convert_feed_window,
}
"""By message: change the fields in place, before they are renamed."""


def from_former_bytes(kind: Kind, data: bytes) -> Record:
    """Return a record of today from the bytes of a former one. Raises DecodeError."""
    former = message_class(kind.message.DESCRIPTOR.name).FromString(data)
    return _to_record(kind, to_json(former))


def from_former(kind: Kind, fields: Fields) -> Record:
    """Return a record of today from the protobuf JSON of a former one. Raises ParseError."""
    former = message_class(kind.message.DESCRIPTOR.name)()
    json_format.ParseDict(fields, former)  # accepts both spellings of names
    return _to_record(kind, to_json(former))


def is_former(fields: Fields) -> bool:
    """Return whether a record as protobuf JSON is one of format 1.

    Each record that was exported has its iCalendar UID, under another name than today.
    """
    return "uid" in fields


def _to_record(kind: Kind, fields: Fields) -> Record:
    _convert(fields, cast(Descriptor, message_class(kind.message.DESCRIPTOR.name).DESCRIPTOR))
    record = kind.message()
    json_format.ParseDict(fields, record)
    return record


def _convert(fields: Fields, descriptor: Descriptor) -> None:
    """Convert a message in place, the messages within it first."""
    for field in descriptor.fields:
        if field.name in fields:
            for message, part in _parts(fields[field.name], field):
                _convert(part, message)
            if field.enum_type is not None:
                fields[field.name] = _renamed(fields[field.name])
    if conversion := CONVERSIONS.get(descriptor.name):
        conversion(fields)
    for former, name in FIELDS.get(descriptor.name, {}).items():
        if former in fields:
            fields[name] = fields.pop(former)


def _parts(value: Any, field: FieldDescriptor) -> Iterator[tuple[Descriptor, Fields]]:
    """Yield the messages of a field that JSON writes as objects; maps have values without any."""
    message = field.message_type
    if message is None or message.GetOptions().map_entry:
        return
    for part in value if isinstance(value, list) else (value,):
        if isinstance(part, dict):
            yield message, part


def _renamed(value: Any) -> Any:
    if isinstance(value, list):
        return [VALUES.get(name, name) for name in value]
    return VALUES.get(value, value)

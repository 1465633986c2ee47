"""The names and kinds of records, checked before a request is sent; no gRPC.

What is wrong here raises the InvalidArgumentError with which the server would answer, so that a
program handles both in one place.
"""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import Message

from summitry import kinds
from summitry.errors import InvalidArgumentError
from summitry.kinds import BY_COLLECTION, BY_MESSAGE, CALENDAR, KINDS, Kind, Name, Record

R = TypeVar("R", bound=Record)

ALL_CALENDARS = "calendars/-"
"""The parent that stands for all calendars (AIP-159)."""

EVENT_KINDS = tuple(kind for kind in KINDS if kind is not CALENDAR)
"""The kinds that live in a calendar, in the order in which records may refer to each other."""


def parse_name(name: str) -> Name:
    """Return the parts of a resource name.

    Raises InvalidArgumentError, reason INVALID_NAME, as the server would.
    """
    parts = kinds.parse_name(name)
    if parts is None:
        raise invalid_argument(
            "INVALID_NAME",
            "name",
            name,
            f"{name[:200]!r} is not a resource name: write calendars/CALENDAR or "
            "calendars/CALENDAR/KIND/ID with KIND one of "
            + ", ".join(kind.collection for kind in EVENT_KINDS)
            + " and ids of lower case letters, digits and hyphens",
        )
    return parts


def kind_of(source: str | type[Message] | Message) -> Kind:
    """Return the kind of a collection ("summits"), a message class or a record.

    Raises InvalidArgumentError when there is none.
    """
    if isinstance(source, str):
        kind = BY_COLLECTION.get(source)
    else:
        kind = BY_MESSAGE.get(source if isinstance(source, type) else type(source))  # type: ignore[arg-type]
    if kind is None:
        collections = ", ".join(kind.collection for kind in KINDS)
        raise invalid_argument(
            "INVALID_VALUE",
            "collection",
            str(source),
            f"{str(source)[:200]!r} is not a collection of records; there are {collections}",
        )
    return kind


def require_type(record: Record, message: type[R]) -> R:
    """Return the record if it is a `message`; raise InvalidArgumentError if it is not."""
    if not isinstance(record, message):
        raise invalid_argument(
            "INVALID_NAME",
            "name",
            record.name,
            f"{record.name} is a {type(record).__name__}, not a {message.__name__}",
        )
    return record


def invalid_argument(reason: str, field: str, value: str, text: str) -> InvalidArgumentError:
    """Return the error of a wrong request in the form in which the server sends it."""
    return InvalidArgumentError(
        text,
        code="INVALID_ARGUMENT",
        reason=reason,
        metadata={"field": field, "value": value[:200]},
    )

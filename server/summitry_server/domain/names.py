"""Names of resources (AIP-122): the calendars of requests, and the ids of new resources."""

from __future__ import annotations

import secrets
import uuid

from summitry.kinds import CALENDAR, parse_name
from summitry_server.wire.refusals import bad_name


def calendar_of(parent: str, field: str = "parent", *, all_allowed: bool = False) -> str | None:
    """Return the calendar that a parent names; None for "calendars/-" if allowed (AIP-159).

    Raises RefusedError INVALID_NAME.
    """
    if all_allowed and parent == "calendars/-":
        return None
    parsed = parse_name(parent)
    if parsed is None or parsed.kind is not CALENDAR:
        raise bad_name(field, parent, "calendars/{calendar}")
    return parsed.calendar


def new_id(now: int) -> str:
    """Return a new UUID of version 7 (RFC 9562), sorted by time, of `now` in epoch seconds."""
    value = now * 1000 << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return str(uuid.UUID(int=value | 0b10 << 62 | secrets.randbits(62)))

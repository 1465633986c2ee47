"""Names of resources as requests give them (AIP-122)."""

from __future__ import annotations

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

"""Civil days, and the instants at which they start and end in a zone.

A day is an int, days since 1970-01-01 (proleptic Gregorian, years 0001-9999), not an instant.

In a zone, day D begins at the earliest instant whose civil date there is not before D, and ends
where D + 1 begins. So every instant is in exactly one day; a day may lack its midnight, last 17 to
31 hours, or be empty.
"""

import re
from datetime import date
from functools import lru_cache

from summitry.zones.errors import InvalidDateError
from summitry.zones.offsets import DAY_SECONDS as DAY_SECONDS
from summitry.zones.zone import Zone

_EPOCH = date(1970, 1, 1).toordinal()
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
# The most that two zones differ is twice the greatest offset (RFC 9636 section 3.2).
_REACH = 2 * 26 * 3600


def parse_date(text: str) -> int:
    """Return the day written as YYYY-MM-DD. Raises InvalidDateError, also for 30 February."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise InvalidDateError(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).toordinal() - _EPOCH
    except ValueError:
        raise InvalidDateError(text) from None


# Cached, because a page of an agenda formats the same few days many times over.
@lru_cache(maxsize=4096)
def format_date(day: int) -> str:
    """Return a day as YYYY-MM-DD. Raises InvalidDateError outside the years 0001-9999."""
    try:
        return date.fromordinal(day + _EPOCH).isoformat()
    except (ValueError, OverflowError):
        raise InvalidDateError(f"day {day}") from None


def day_start(zone: Zone, day: int) -> int:
    """Return the earliest instant whose civil date in `zone` is `day` or later."""
    wall = day * DAY_SECONDS
    earlier, later, kind = zone.candidates(wall)
    end = later + 1 if kind == "gap" else earlier
    for change in zone.transitions(earlier - _REACH, end):
        if change.instant + change.offset_after >= wall:
            return change.instant
    return earlier


def day_window(zone: Zone, first_day: int, last_day: int) -> tuple[int, int]:
    """Return the instants [start, end) of the days from first_day to last_day, both inclusive."""
    return day_start(zone, first_day), day_start(zone, last_day + 1)


def day_of(zone: Zone, instant: int) -> int:
    """Return the day whose window contains `instant`.

    It is the local date, except where clocks go back over midnight: then the later day has begun
    already, although the clocks show the earlier date again.
    """
    day = zone.wall_at(instant) // DAY_SECONDS
    return day + 1 if day_start(zone, day + 1) <= instant else day

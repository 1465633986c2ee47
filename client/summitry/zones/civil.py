"""Wall times: parsed, written, and resolved to instants.

The forms of wall times, offsets and instants are strictly those of RFC 3339 and RFC 9557. Wall
times and instants are ints as in `summitry.zones.zone`. Leap seconds and 24:00 are refused. Where
clocks skip or repeat a wall time, or an offset contradicts its zone, the caller chooses.
"""

import re
from enum import Enum, auto
from functools import lru_cache

from summitry.zones.days import DAY_SECONDS, format_date, parse_date
from summitry.zones.errors import (
    FoldError,
    GapError,
    InvalidDateError,
    InvalidTimeError,
    OffsetConflictError,
)
from summitry.zones.offsets import format_offset as format_offset
from summitry.zones.offsets import to_minutes
from summitry.zones.zone import Zone

FIRST_WALL = -2_208_988_800
"""1900-01-01T00:00:00, the first wall time that `parse_civil` accepts (inclusive)."""

END_WALL = 7_289_654_400
"""2201-01-01T00:00:00, the end of the wall times that `parse_civil` accepts (exclusive)."""

_CLOCK = r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?"
_CIVIL = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})T{_CLOCK}")
_OFFSET = re.compile(rf"([+-]){_CLOCK}")


def parse_civil(text: str) -> int:
    """Return the wall time written as YYYY-MM-DDThh:mm or with :ss, years 1900-2200.

    Raises InvalidTimeError.
    """
    wall = _civil(text, text)
    if not FIRST_WALL <= wall < END_WALL:
        raise InvalidTimeError(text)
    return wall


def format_civil(wall: int) -> str:
    """Return a wall time as YYYY-MM-DDThh:mm:ss.

    Raises InvalidTimeError outside the years 0001-9999.
    """
    day, second = divmod(wall, DAY_SECONDS)
    try:
        text = format_date(day)
    except InvalidDateError:
        raise InvalidTimeError(f"second {wall}") from None
    return f"{text}T{_clock(second)}"


def parse_offset(text: str) -> int:
    """Return the seconds east of UTC written as Z, +hh:mm or +hh:mm:ss. Raises InvalidTimeError."""
    if text == "Z":
        return 0
    match = _OFFSET.fullmatch(text)
    if match is None:
        raise InvalidTimeError(text)
    sign, hours, minutes, seconds = match.groups()
    size = int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)
    return -size if sign == "-" else size


def rfc9557(instant: int, zone: Zone) -> str:
    """Return an instant in the local time of a zone, with offset and id (RFC 9557).

    An example is "2024-07-04T10:00:00+05:00[Asia/Almaty]". The form has no room for the seconds of
    an offset such as -00:44:30. Such an offset is rounded to whole minutes and the clock moved by
    the difference (RFC 3339 section 5.8): the instant stays exact, the clock is off by at most 30
    seconds.
    """
    return f"{_stamp(instant, to_minutes(zone.offset_at(instant)))}[{zone.key}]"


def rfc3339(instant: int, offset: int = 0) -> str:
    """Return an instant as RFC 3339 writes it at an offset (seconds east of UTC); "Z" for 0.

    An offset with seconds is rounded as in `rfc9557`.
    """
    return format_civil(instant) + "Z" if offset == 0 else _stamp(instant, to_minutes(offset))


def parse_rfc3339(text: str) -> tuple[int, int]:
    """Return the instant and the offset of a text such as "2024-07-03T07:00+01:00".

    It reads the times that sources print: years 0001-9999, seconds optional. Raises
    InvalidTimeError, also for fractions of a second.
    """
    # A text without an offset is cut before its last character, which is none.
    split = len(text) - 1 if text.endswith("Z") else max(text.rfind("+"), text.rfind("-"))
    try:
        offset = parse_offset(text[split:])
    except InvalidTimeError:
        raise InvalidTimeError(text) from None
    return _civil(text[:split], text) - offset, offset


def _civil(text: str, whole_text: str) -> int:
    """Return the wall time in `text`; errors quote `whole_text`, of which `text` is a part."""
    match = _CIVIL.fullmatch(text)
    if match is None:
        raise InvalidTimeError(whole_text)
    day, hours, minutes, seconds = match.groups()
    try:
        start = parse_date(day) * DAY_SECONDS
    except InvalidDateError:
        raise InvalidTimeError(whole_text) from None
    return start + int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)


@lru_cache(maxsize=4096)
def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def _stamp(instant: int, offset: int) -> str:
    return format_civil(instant + offset) + format_offset(offset)


class Choice(Enum):
    """The instant to take where clocks skip or repeat a wall time."""

    REJECT = auto()
    """Refuse such a wall time."""
    COMPATIBLE = auto()
    """RFC 5545 section 3.3.5: the first of two; in a gap, the offset before it."""
    EARLIER = auto()
    """The earlier instant."""
    LATER = auto()
    """The later instant."""


class OffsetChoice(Enum):
    """The side to believe where a zone and an offset disagree (RFC 9557 section 3.4)."""

    REJECT = auto()
    """Refuse the time."""
    KEEP_INSTANT = auto()
    """The offset is right: the wall time is rewritten for the zone."""
    KEEP_WALL = auto()
    """The wall time in the zone is right: the offset is dropped."""


_LATER = {("gap", Choice.COMPATIBLE), ("gap", Choice.LATER), ("fold", Choice.LATER)}


def resolve_wall(zone: Zone, wall: int, choice: Choice = Choice.REJECT) -> int:
    """Return the instant of a wall time.

    Raises GapError or FoldError where there is not exactly one and `choice` is REJECT.
    """
    start, end, first, second, kind = zone.last_stretch  # not `candidates`: one call less
    if not start <= wall < end:
        _, _, first, second, kind = zone.stretch_at(wall)
    earlier = wall - first
    if kind == "normal":
        return earlier
    later = wall - second
    if choice is Choice.REJECT:
        error = GapError if kind == "gap" else FoldError
        raise error(format_civil(wall), zone.key, earlier, later)
    return later if (kind, choice) in _LATER else earlier


def resolve_wall_offset(
    zone: Zone,
    wall: int,
    offset: int,
    choice: Choice = Choice.REJECT,
    conflict: OffsetChoice = OffsetChoice.REJECT,
) -> tuple[int, int]:
    """Return the instant of a wall time that came with an offset too, and the wall time to keep.

    An offset that the zone has at that wall time decides, in a fold too. A wall time in a gap has
    no offset of its own: it is refused as in `resolve_wall`, unless the choice admits it; then the
    offset before or after the gap decides. The wall time returned differs from `wall` only for
    KEEP_INSTANT. Raises OffsetConflictError, GapError or FoldError.
    """
    instant = wall - offset
    earlier, later, kind = zone.candidates(wall)
    if instant in (earlier, later) and (kind != "gap" or choice is not Choice.REJECT):
        return instant, wall
    if conflict is OffsetChoice.KEEP_INSTANT:
        return instant, zone.wall_at(instant)
    zone_instant = resolve_wall(zone, wall, choice if kind == "gap" else Choice.COMPATIBLE)
    if conflict is OffsetChoice.REJECT:
        raise OffsetConflictError(format_civil(wall), zone.key, offset, wall - zone_instant)
    return resolve_wall(zone, wall, choice), wall

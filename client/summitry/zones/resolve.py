"""Resolution of wall times to instants, with an explicit choice where two instants are possible."""

from enum import Enum, auto

from summitry.zones.civil import format_civil
from summitry.zones.errors import FoldError, GapError, OffsetConflictError
from summitry.zones.zone import Zone


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
    earlier, later, kind = zone.candidates(wall)
    if kind == "normal":
        return earlier
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

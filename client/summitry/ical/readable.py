"""Where a wall time with a TZID is the same instant for every reader.

Outlook and Thunderbird go by the VTIMEZONE in the file, and Outlook understands no more of it than
one offset or one pair of yearly rules. Google, Apple, Evolution and most libraries go by the TZID
and the time zone data that they have, which may be years old. So a wall time is safe only where a
VTIMEZONE of the simple forms is right, and where releases of the last two years agree on the
offset. UTC is what everybody reads alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from summitry.ical.vtimezone import simple_since
from summitry.zones import TzDb, ZoneError, default_database, parse_date
from summitry.zones.days import SECONDS

# Before 1970 builds of one release differ by choice ("backzone"); after 2037 readers whose data
# ends with 32 bits know no rules.
_FIRST = 0
_END = parse_date("2038-01-01") * SECONDS

DISPUTED_FROM, DISPUTED_TO = "2024b", "2026f"
DISPUTED: Mapping[str, tuple[str, str]] = {
    "Africa/Casablanca": ("2026-09-20", ""),
    "Africa/El_Aaiun": ("2026-09-20", ""),
    "America/Asuncion": ("2025-03-23", ""),
    "America/Bogota": ("1992-05-02", "1992-05-03"),
    "America/Edmonton": ("2026-11-01", ""),
    "America/Havana": ("2026-11-01", "2027-03-14"),
    "America/Inuvik": ("2026-11-01", ""),
    "America/Tijuana": ("1970-04-26", "1975-10-26"),
    "America/Vancouver": ("2026-11-01", ""),
    "America/Winnipeg": ("2026-11-01", ""),
    "Asia/Manila": ("1977-03-27", "1990-07-28"),
    "Asia/Tehran": ("1978-11-10", "1979-05-26"),
    "Europe/Chisinau": ("2022-03-27", ""),
}
"""The days, first and last (UTC; "": to the end), between which those two releases of the IANA
database disagree on the offset of a zone. A test makes the table again from both.
"""


def is_readable(key: str, instant: int, db: TzDb) -> bool:
    """Whether all readers take the wall time of zone `key` at `instant` for that instant."""
    start, end, disputed_from, disputed_to = _bounds(key, db)
    agreed = start <= instant < end and not disputed_from <= instant < disputed_to
    return agreed and _is_carried(key, instant, db)


def _is_carried(key: str, instant: int, db: TzDb) -> bool:
    """Whether the data that packages carry has the same offset, where `db` is of another release.

    A newer law that `db` was configured for is one that readers do not know yet.
    """
    carried = default_database()
    if db.version == carried.version:
        return True
    try:
        return carried.zone(key).offset_at(instant) == db.zone(key).offset_at(instant)
    except ZoneError:
        return False


@lru_cache(maxsize=1024)
def _bounds(key: str, db: TzDb) -> tuple[int, int, int, int]:
    """The instants that a simple VTIMEZONE covers, and those on which releases disagree.

    Ids that are no place are covered by none: readers have taken "GMT" for London, and the signs of
    "Etc/GMT-5" for the other ones.
    """
    zone = db.zone(key)
    is_place = "/" in zone.key and not zone.key.startswith("Etc/")
    since = simple_since(zone) if is_place else None
    start = _END if since is None else max(since, _FIRST)
    first, last = DISPUTED.get(db.canonical(key), ("2038-01-01", ""))
    until = (parse_date(last) + 1) * SECONDS if last else _END
    return start, _END, parse_date(first) * SECONDS, until

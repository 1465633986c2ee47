"""The wall times that, with a TZID, are the same instant for every reader.

Outlook and Thunderbird use the VTIMEZONE in the file, and Outlook supports only a single offset or
a single pair of yearly rules. Google, Apple, Evolution and most libraries use the TZID and their
own time zone data, which may be years old. So a wall time is safe only where a VTIMEZONE of the
simple forms is right, and where the releases of the last two years agree on the offset. Elsewhere
times are written in UTC, which all readers understand alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from summitry.ical.vtimezone import simple_since
from summitry.zones import TzDb, ZoneError, default_database, parse_date
from summitry.zones.days import DAY_SECONDS

# Before 1970, builds of the same release may differ ("backzone"); after 2037, readers with 32-bit
# data have no rules.
_FIRST = 0
_END = parse_date("2038-01-01") * DAY_SECONDS

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
"""The first and last day (UTC; "": no end) of the time in which the releases DISPUTED_FROM and
DISPUTED_TO of the IANA database disagree on the offset of a zone. A test regenerates the table.
"""


def is_readable(key: str, instant: int, db: TzDb) -> bool:
    """Return whether all readers map the wall time of zone `key` at `instant` to that instant."""
    start, end, disputed_from, disputed_to = _bounds(key, db)
    is_agreed = start <= instant < end and not disputed_from <= instant < disputed_to
    return is_agreed and _agrees_with_packages(key, instant, db)


def _agrees_with_packages(key: str, instant: int, db: TzDb) -> bool:
    """Return whether the installed packages have the same offset, where `db` is another release.

    A change of law that only a configured, newer release contains is unknown to most readers.
    """
    packaged = default_database()
    if db.version == packaged.version:
        return True
    try:
        return packaged.zone(key).offset_at(instant) == db.zone(key).offset_at(instant)
    except ZoneError:
        return False


@lru_cache(maxsize=1024)
def _bounds(key: str, db: TzDb) -> tuple[int, int, int, int]:
    """Return start and end of what a simple VTIMEZONE covers, and of what releases disagree on.

    For ids that are no place it covers nothing: some readers took "GMT" for London, and others
    read the sign of "Etc/GMT-5" the wrong way round.
    """
    zone = db.zone(key)
    is_place = "/" in zone.key and not zone.key.startswith("Etc/")
    since = simple_since(zone) if is_place else None
    start = _END if since is None else max(since, _FIRST)
    first, last = DISPUTED.get(db.canonical(key), ("2038-01-01", ""))
    until = (parse_date(last) + 1) * DAY_SECONDS if last else _END
    return start, _END, parse_date(first) * DAY_SECONDS, until

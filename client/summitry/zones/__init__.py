"""Time zones, wall times, civil days and partial dates, on the data that pytz carries.

- `database`: TzDb, one release of the IANA database
- `sources`: the available databases; `default_database()` is the one of this process
- `zone`: Zone, from instant to offset and from wall time to its candidate instants
- `civil`: wall times, parsed and written (RFC 3339, RFC 9557), and resolved to instants, with a
  choice for gaps, folds and contradicting offsets
- `days`: civil days, and the instants at which they start and end
- `partial`: dates that are not known to the day (EDTF)
- `places`: from a city and its country, or from a point on the map, to its zone
- `countries`: country codes, and what a code covers
- `rule_changes`: the differences between two releases
- `errors`: the errors that all of them raise
- `tree`, `tzif`, `posix`, `offsets`: readers of the data files
- `cities`, `gazetteer`: the table of cities, and its index by name
- `suggestions`, `windows_zone_ids`: suggestions for a wrong id

An instant is an int, seconds since 1970-01-01T00:00:00Z. A wall time is an int too: civil seconds,
counted as if the wall clock showed UTC. A day is an int, days since 1970-01-01. Offsets are
seconds east of UTC. The package imports nothing else of Summitry.
"""

from summitry.zones.civil import (
    Choice,
    OffsetChoice,
    format_civil,
    format_offset,
    parse_civil,
    parse_offset,
    parse_rfc3339,
    resolve_wall,
    resolve_wall_offset,
    rfc3339,
    rfc9557,
)
from summitry.zones.countries import fold_region, parse_region
from summitry.zones.database import TzDb
from summitry.zones.days import day_of, day_start, day_window, format_date, parse_date
from summitry.zones.errors import (
    AmbiguousPlaceError,
    FoldError,
    GapError,
    InvalidDateError,
    InvalidTimeError,
    OffsetConflictError,
    PartialDateError,
    UnknownPlaceError,
    UnknownRegionError,
    UnknownVersionError,
    UnknownZoneError,
    WindowsZoneError,
    ZoneCandidate,
    ZoneDataError,
    ZoneError,
)
from summitry.zones.partial import PartialDate, Precision, parse_partial
from summitry.zones.places import find_zones, is_known, zone_at, zone_for
from summitry.zones.rule_changes import (
    Difference,
    candidate_differences,
    changed_zones,
    differences,
    wall_differences,
)
from summitry.zones.sources import (
    DatabaseSource,
    available,
    by_version,
    default_database,
    newest,
    release,
)
from summitry.zones.zone import Kind, Transition, Zone

__all__ = [
    "AmbiguousPlaceError",
    "Choice",
    "DatabaseSource",
    "Difference",
    "FoldError",
    "GapError",
    "InvalidDateError",
    "InvalidTimeError",
    "Kind",
    "OffsetChoice",
    "OffsetConflictError",
    "PartialDate",
    "PartialDateError",
    "Precision",
    "Transition",
    "TzDb",
    "UnknownPlaceError",
    "UnknownRegionError",
    "UnknownVersionError",
    "UnknownZoneError",
    "WindowsZoneError",
    "Zone",
    "ZoneCandidate",
    "ZoneDataError",
    "ZoneError",
    "available",
    "by_version",
    "candidate_differences",
    "changed_zones",
    "day_of",
    "day_start",
    "day_window",
    "default_database",
    "differences",
    "find_zones",
    "fold_region",
    "format_civil",
    "format_date",
    "format_offset",
    "is_known",
    "newest",
    "parse_civil",
    "parse_date",
    "parse_offset",
    "parse_partial",
    "parse_region",
    "parse_rfc3339",
    "release",
    "resolve_wall",
    "resolve_wall_offset",
    "rfc3339",
    "rfc9557",
    "wall_differences",
    "zone_at",
    "zone_for",
]

"""Import profiles: the readers of files from other makers.

    for line, record in read_profile("state-department", "visits.ndjson"):
        print(record.name)

A profile is a module with `reader(options)`, which says how one file is taken apart and how each
part becomes records. Nothing is guessed: what a profile does not understand is refused with its
place in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple

from summitry.formats.files import (
    UNITS,
    ErrorHandler,
    Origin,
    Source,
    convert_values,
    label_of,
    opened,
    read_records,
)
from summitry.formats.profiles.options import ProfileOptions, ProfileReader
from summitry.kinds import Record

__all__ = [
    "ICALENDAR",
    "PROFILES",
    "RECORDS",
    "Profile",
    "ProfileOptions",
    "ProfileReader",
    "read_profile",
    "unit_of",
]

RECORDS = "records"
ICALENDAR = "icalendar"


class Profile(NamedTuple):
    """A row of the table of profiles."""

    about: str
    module: str = ""  # "" for files that hold records already
    unit: str = "line"  # what positions in its files count


PROFILES = {
    RECORDS: Profile("records as export writes them, NDJSON or YAML"),
    "state-department": Profile("visits of foreign leaders to the US", "state_department"),
    "summits": Profile("editions of twelve series of summits since 1957", "summits"),
    "attendance": Profile("who came to summits, by US records", "attendance"),
    "csv": Profile("a table that export wrote, or any with a --mapping", "tabular", "row"),
    ICALENDAR: Profile("events of any calendar app (.ics)", "icalendar_file", "event"),
    "eventsml": Profile("IPTC EventsML-G2, with approximate dates", "eventsml", "concept"),
}


def read_profile(
    profile: str,
    source: Source,
    options: ProfileOptions | None = None,
    format: str | None = None,
    on_error: ErrorHandler | None = None,
) -> Iterator[tuple[int, Record]]:
    """Yield the records of a file with their positions, as `formats.files.read_records` does.

    `format` is that of the profile `records`. Raises FileFormatError, or gives it to `on_error`
    and goes on; KeyError for a profile that does not exist.
    """
    row = PROFILES[profile]
    if not row.module:
        yield from read_records(source, format, on_error)
        return
    module = import_module(f"summitry.formats.profiles.{row.module}")
    reader: ProfileReader = module.reader(options or ProfileOptions())
    origin = Origin(label_of(source), row.unit)
    with opened(source) as stream:
        yield from convert_values(reader.values(stream, origin), reader.convert, origin, on_error)


def unit_of(profile: str, format: str | None = None) -> str:
    """Return the unit that positions in files of a profile count, such as "row"."""
    row = PROFILES[profile]
    return row.unit if row.module or not format else UNITS[format]

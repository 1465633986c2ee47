"""What a profile is made of, and what a user may say of a file that is imported by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

from summitry.files import Convert, Origin, Values, ndjson_values


class Options(NamedTuple):
    """What the file does not say itself."""

    calendar: str = ""
    """Resource name of the calendar, "calendars/desk", for files that name none."""
    mapping: Path | None = None
    """Of the profile csv: the file that says what each column means."""


class Reader(NamedTuple):
    """How one file is read: taken apart into values, each of which becomes records."""

    convert: Convert
    values: Callable[[IO[str], Origin], Values] = ndjson_values

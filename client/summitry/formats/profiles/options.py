"""The parts of a profile, and the options that a user gives for a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, NamedTuple

from summitry.errors import FileFormatError
from summitry.formats.files import Convert, Origin, Values, ndjson_values
from summitry.ical.reading.event_days import OnDays, ignore_days
from summitry.ical.reading.recurring import DayWindow


def _ignore(warning: FileFormatError) -> None:
    """Drop a warning."""


def _ignore_position(position: int) -> None:
    """Drop the position of an event."""


def _is_never_stored(name: str) -> bool:
    """Return False: a file that is read without a store has no stored records."""
    return False


class ProfileOptions(NamedTuple):
    """Facts that the file does not state itself."""

    calendar: str = ""
    """Resource name of the calendar, "calendars/desk", for files that name none."""
    mapping: Path | None = None
    """Of the profile csv: the file that says what each column means."""
    kind: str = "meeting"
    """Of the profile icalendar: what its events are."""
    zone: str = ""
    """Of the profile icalendar: IANA id for hours that name no zone; "" refuses them."""
    tzids: Mapping[str, str] = MappingProxyType({})
    """Of the profile icalendar: ids that only the file knows, and the IANA ids they stand for."""
    strict: bool = False
    """Of the profile icalendar: refuse events of which anything would be changed or left out."""
    window: DayWindow | None = None
    """Of the profile icalendar: the days of events without an end; None: three years from each."""
    on_warning: Callable[[FileFormatError], None] = _ignore
    """Of the profile icalendar: called with what is changed or left out of an event."""
    is_stored: Callable[[str], bool] = _is_never_stored
    """Of the profile icalendar: asked for the record that an event was exported from. If it is
    there the event is passed over: nobody edited it, or it is refused."""
    on_unedited: Callable[[int], None] = _ignore_position
    """Of the profile icalendar: called with the position of an event that is passed over."""
    on_days: OnDays = ignore_days
    """Of the profile icalendar: called with the days of each event that is read."""


class ProfileReader(NamedTuple):
    """A reader of one file: takes it apart into values, and converts each to records."""

    convert: Convert
    values: Callable[[IO[str], Origin], Values] = ndjson_values

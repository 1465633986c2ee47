"""The options of iCalendar rendering."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Options(NamedTuple):
    """Choices that change the bytes.

    - `language` is a BCP 47 tag, for titles that exist in it and for fixed words if they are
      translated, else English.
    - `partial` is for dates that are not known to the day: "omit" leaves the events out, "span"
      shows them over all the days that they can be on.
    - `profile` "rich" adds places, participants and links to sources as components and properties
      of RFC 9073 and RFC 9253, which common parsers report as errors or misread; "core" has them
      as text only.
    - `times` is the form of times of day: "utc" in UTC, "local" as wall times with a TZID and a
      VTIMEZONE, "auto" as wall times where all readers take them for the same instant, else in
      UTC (summitry.ical.readable). The local time is in the description in any case.
    - `cancelled` is for cancelled events: "keep" sets STATUS:CANCELLED, at which some apps hide
      them, "mark" says it only in the title, "omit" leaves them out.
    """

    language: str = "en"
    partial: str = "omit"
    profile: str = "core"
    times: str = "auto"
    cancelled: str = "keep"


DEFAULTS = Options()

CHOICES: Mapping[str, tuple[str, ...]] = {
    "partial": ("omit", "span"),
    "profile": ("core", "rich"),
    "times": ("auto", "local", "utc"),
    "cancelled": ("keep", "mark", "omit"),
}
"""The values of all options but the language."""


def validate_options(options: Options) -> Options:
    """Return the options unchanged. Raises ValueError for a value that is not among CHOICES."""
    for name, choices in CHOICES.items():
        value = getattr(options, name)
        if value not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
    return options

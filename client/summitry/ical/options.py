"""What a reader may choose of an iCalendar rendering."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Options(NamedTuple):
    """Choices that change the bytes.

    - `language` is a BCP 47 tag: titles come in it where they exist, fixed words if there is a
      table for it, else English.
    - `partial` says what becomes of dates that are not known to the day: "omit" leaves them out,
      "span" shows all the days that it can be.
    - `profile` "rich" adds places, participants and links to sources as components and properties
      of RFC 9073 and RFC 9253, which common parsers report as errors or misread; "core" has them
      as text only.
    - `times` says how hours are written: "utc" in UTC, "local" as wall times with a TZID and a
      VTIMEZONE, "auto" as wall times where all readers take them for the same instant, else in
      UTC (summitry.ical.readable). The local time is in the description in any case.
    - `cancelled` events are kept with STATUS:CANCELLED ("keep"), which some apps hide, only
      marked in their title ("mark"), or left out ("omit").
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


def checked(options: Options) -> Options:
    """The same options. Raises ValueError for a value that is none of the choices."""
    for name, choices in CHOICES.items():
        value = getattr(options, name)
        if value not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
    return options

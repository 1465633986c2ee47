"""What a reader may choose of an iCalendar rendering."""

from __future__ import annotations

from typing import NamedTuple

PARTIALS = ("omit", "span")
PROFILES = ("core", "rich")


class Options(NamedTuple):
    """Choices that change the bytes.

    `language` is a BCP 47 tag: titles come in it where they exist, fixed words if there is a
    table for it, else English. `partial` says what becomes of dates that are not known to the
    day: "omit" leaves them out, "span" shows all the days that it can be. `profile` "rich" adds
    participants and links to sources as components and properties of RFC 9073 and RFC 9253, which
    common parsers (libical 3) report as errors; "core" has them as text only.
    """

    language: str = "en"
    partial: str = "omit"
    profile: str = "core"


DEFAULTS = Options()


def checked(options: Options) -> Options:
    """The same options. Raises ValueError for a value that is none of the choices."""
    for name, value, choices in (
        ("partial", options.partial, PARTIALS),
        ("profile", options.profile, PROFILES),
    ):
        if value not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
    return options

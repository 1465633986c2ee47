"""Days, months and hours in the reader's language, by the CLDR through Babel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton, get_day_names

from summitry.zones import format_civil, format_offset
from summitry.zones import format_date as iso_date
from summitry.zones.days import DAY_SECONDS

# Days before months, weeks from Monday and 24 hours: what a reader of diplomatic news expects.
_LOCALES: Mapping[str, str] = {"en": "en_GB"}
_EPOCH = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=16)
def _locale(language: str) -> Locale:
    return Locale.parse(_LOCALES.get(language, language))


def as_date(day: int) -> date:
    """Return a day of summitry.zones as a date."""
    return date.fromordinal(day + _EPOCH)


@lru_cache(maxsize=4096)
def long_day(day: int, language: str) -> str:
    """Return a day in full: "Wednesday, 3 July 2024"."""
    return str(format_date(as_date(day), "full", locale=_locale(language)))


@lru_cache(maxsize=4096)
def say(day: int, skeleton: str, language: str) -> str:
    """Return a day by a CLDR skeleton: "yMMMM" is "July 2024", "MMMEd" is "Wed 3 Jul"."""
    return str(format_skeleton(skeleton, as_date(day), locale=_locale(language)))


@lru_cache(maxsize=4096)
def span(first: int, last: int, language: str) -> str:
    """Return days from first to last: "2-6 Jul 2024"; one day is "3 July 2024"."""
    if first == last:
        return str(format_date(as_date(first), "long", locale=_locale(language)))
    text = format_interval(as_date(first), as_date(last), "yMMMMd", locale=_locale(language))
    return str(text)


@lru_cache(maxsize=16)
def weekdays(language: str) -> tuple[tuple[str, str], ...]:
    """Return the days of a week from Monday, short and in full."""
    locale = _locale(language)
    short = get_day_names("abbreviated", "stand-alone", locale)
    full = get_day_names("wide", "stand-alone", locale)
    return tuple((str(short[i]), str(full[i])) for i in range(7))


def clock(wall: int) -> str:
    """Return the hour of civil seconds: "10:00", with seconds only where they are not 0."""
    text = format_civil(wall)[11:]
    return text.removesuffix(":00") if len(text) > len("10:00") else text


def hours(start: int, end: int | None, offset: int, language: str) -> str:
    """Return "10:00-12:00 UTC+05:00"; an end on another day is preceded by its date."""
    first = clock(start)
    if end is not None and end != start:
        last = clock(end)
        if end // DAY_SECONDS != start // DAY_SECONDS:
            last = f"{say(end // DAY_SECONDS, 'MMMd', language)} {last}"
        first = f"{first}\N{EN DASH}{last}"
    return f"{first} {utc(offset)}"


def utc(offset: int) -> str:
    """Return "UTC+05:00" for an offset in seconds; "UTC" for 0."""
    return f"UTC{format_offset(offset)}" if offset else "UTC"


def machine(entry_day: int) -> str:
    """Return a day for machines: "2024-07-03"."""
    return iso_date(entry_day)

"""Texts for people: titles in their language, times, places, statuses. Does no input or output."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from summitry.declarations import is_other

if TYPE_CHECKING:
    from summitry.kinds import Record
    from summitry.v1.event_time_pb2 import EventTime
    from summitry.v1.place_pb2 import Place

# Control characters and direction marks in a text from a source could rewrite the screen.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_STAMP = re.compile(
    r"(?P<date>-?\d{4}-\d\d-\d\d)T(?P<time>\d\d:\d\d)(?::(?P<second>\d\d))?"
    r"(?P<offset>Z|[+-]\d\d:\d\d)(?:\[(?P<zone>[^\]]+)\])?"
)


class Rfc9557Text(NamedTuple):
    """An RFC 9557 text in its parts."""

    date: str
    time: str  # "10:00", with seconds only where there are some
    offset: str
    zone: str  # "" if the text has none


def clean(text: str) -> str:
    """Return a text that is safe to print: control characters and bidi overrides are replaced."""
    return _UNSAFE.sub("\ufffd", text)


def stamp(text: str) -> Rfc9557Text | None:
    """Split "2024-07-04T10:00:00+05:00[Asia/Almaty]"; None for dates and partial dates."""
    match = _STAMP.fullmatch(text)
    if match is None:
        return None
    second = match["second"] or "00"
    time = match["time"] if second == "00" else f"{match['time']}:{second}"
    return Rfc9557Text(match["date"], time, match["offset"], match["zone"] or "")


def local_language(environment: Mapping[str, str] = os.environ) -> str:
    """Return the language of the user's locale as a BCP 47 tag; "en" if none is set."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "")
    tag = re.split(r"[.@]", locale)[0].replace("_", "-")
    return tag if tag and tag not in ("C", "POSIX") else "en"


def local_zone(environment: Mapping[str, str] = os.environ, link: str = "/etc/localtime") -> str:
    """Return the IANA id of the machine's zone; "UTC" if it has none."""
    configured = environment.get("TZ", "").removeprefix(":")
    if "/" in configured and not configured.startswith("/"):
        return configured
    _, separator, zone = os.path.realpath(link).rpartition("/zoneinfo/")
    return zone if separator and not configured else "UTC"


def pick(texts: Iterable[Any], language: str) -> str:
    """Return the text in a language, else in a variety of it, else the first; "" without texts."""
    candidates = list(texts)
    requested = language.lower()
    base = requested.split("-")[0]
    for fits in (
        lambda tag: tag == requested,
        lambda tag: tag.split("-")[0] == base,
        lambda tag: True,
    ):
        for text in candidates:
            if fits(text.language_code.lower()):
                return clean(text.text)
    return ""


def title(record: Record, language: str) -> str:
    """Return the title of a record, or the last part of its name."""
    return pick(record.titles, language) or clean(record.name.rpartition("/")[2])


def place(place: Place, language: str) -> str:
    """Return venue and town of a place, or else the place as the source wrote it."""
    parts = (pick(place.venues, language), pick(place.localities, language))
    return ", ".join(part for part in parts if part) or clean(
        place.source_text or place.region_code
    )


def places(record: Record, language: str, most: int = 2) -> str:
    """Return the first places of a record, at most `most`, and how many more there are."""
    names = [place(listed, language) for listed in record.places]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more


def town(record: Record, language: str) -> str:
    """Return the town of the first place; "" if it is not known."""
    return pick(record.places[0].localities, language) if record.places else ""


def word(enum: Any, number: int) -> str:
    """Return an enum value as users write it: "in-progress"; "" for unspecified."""
    if not number:
        return ""
    prefix = enum.DESCRIPTOR.values_by_number[0].name.removesuffix("UNSPECIFIED")
    value = enum.DESCRIPTOR.values_by_number.get(number)
    if value is None:  # of a newer server
        return str(number)
    return str(value.name.removeprefix(prefix).lower().replace("_", "-"))


def open_word(enum: Any, number: int, source_text: str) -> str:
    """Return a value of an open list, or the source's own word where the list lacks it."""
    lacking = not number or is_other(enum.DESCRIPTOR, number)
    return clean(source_text) if source_text and lacking else word(enum, number)


def span(start: str, end: str) -> str:
    """Return the start and end texts of a `ResolvedTime` in short.

    "2024-07-04 10:00-12:00 +05:00", "2024-07-02 to 2024-07-04", "2023-10".
    """
    first, last = stamp(start), stamp(end)
    if first is not None:
        own_day = last is None or last.date == first.date
        return (
            f"{first.date} {hours(first, last)}"
            if own_day
            else f"{first.date[:5]}{hours(first, last)}"
        )
    if start == end:
        return clean(start)
    return clean(f"{start or '...'} to {end or '...'}")


def hours(first: Rfc9557Text, last: Rfc9557Text | None, day: str = "") -> str:
    """Return the hours of a timed span with the offset: "10:00-12:00 +05:00".

    Dates are included if it spans midnight, or does not start on `day`.
    """
    last = last or first
    dated = last.date != first.date or day not in ("", first.date)
    start, end = (f"{s.date[5:]} {s.time}" if dated else s.time for s in (first, last))
    if first.offset != last.offset:
        return f"{start} {first.offset} to {end} {last.offset}"
    if first == last:
        return f"{start} {first.offset}"
    return f"{start}{' to ' if dated else '-'}{end} {first.offset}"


def days(first: str, last: str) -> str:
    """Return whole days in short: "all day", "07-02 to 07-04", with years if they differ."""
    if first == last:
        return "all day"
    cut = len("2024-") if first[:5] == last[:5] else 0
    return clean(f"{first[cut:] or '...'} to {last[cut:] or '...'}")


def when(time: EventTime) -> str:
    """Return the time of a record in short; "" if it has none."""
    if time.WhichOneof("when") == "partial":
        return clean(time.partial.edtf)
    return span(time.resolved.start_text, time.resolved.end_text)

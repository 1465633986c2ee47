"""Words for people: titles in their language, times, places, statuses. No input or output."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from summitry.kinds import Record
    from summitry.v1.event_time_pb2 import EventTime
    from summitry.v1.place_pb2 import Place

# Escape sequences and turns of direction in a text from elsewhere could rewrite the screen.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_STAMP = re.compile(
    r"(?P<date>-?\d{4}-\d\d-\d\d)T(?P<time>\d\d:\d\d)(?::(?P<second>\d\d))?"
    r"(?P<offset>Z|[+-]\d\d:\d\d)(?:\[(?P<zone>[^\]]+)\])?"
)


class Stamp(NamedTuple):
    """An RFC 9557 text in its parts."""

    date: str
    time: str  # "10:00", with seconds only where there are some
    offset: str
    zone: str  # "" if the text has none


def clean(text: str) -> str:
    """A text that is safe to print: one line, control characters and bidi overrides replaced."""
    return _UNSAFE.sub("\ufffd", text)


def stamp(text: str) -> Stamp | None:
    """The parts of "2024-07-04T10:00:00+05:00[Asia/Almaty]"; None for dates and partial dates."""
    found = _STAMP.fullmatch(text)
    if found is None:
        return None
    second = found["second"] or "00"
    time = found["time"] if second == "00" else f"{found['time']}:{second}"
    return Stamp(found["date"], time, found["offset"], found["zone"] or "")


def local_language(environment: Mapping[str, str] = os.environ) -> str:
    """The language of the user's locale as a BCP 47 tag; "en" where none is set."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "")
    tag = re.split(r"[.@]", locale)[0].replace("_", "-")
    return tag if tag and tag not in ("C", "POSIX") else "en"


def local_zone(environment: Mapping[str, str] = os.environ, link: str = "/etc/localtime") -> str:
    """The IANA id of the machine's zone; "UTC" where it does not say one."""
    named = environment.get("TZ", "").removeprefix(":")
    if "/" in named and not named.startswith("/"):
        return named
    _, found, zone = os.path.realpath(link).rpartition("/zoneinfo/")
    return zone if found and not named else "UTC"


def pick(texts: Iterable[Any], language: str) -> str:
    """The text in a language, or in a variety of it, or the first; "" if there is none."""
    known = list(texts)
    wanted = language.lower()
    base = wanted.split("-")[0]
    for fits in (
        lambda tag: tag == wanted,
        lambda tag: tag.split("-")[0] == base,
        lambda tag: True,
    ):
        for text in known:
            if fits(text.language_code.lower()):
                return clean(text.text)
    return ""


def title(record: Record, language: str) -> str:
    """The title of a record, or the last part of its name."""
    return pick(record.titles, language) or clean(record.name.rpartition("/")[2])


def place(place: Place, language: str) -> str:
    """Town and venue of a place, or the place as the source wrote it."""
    parts = (pick(place.venues, language), pick(place.localities, language))
    return ", ".join(part for part in parts if part) or clean(place.text or place.region_code)


def places(record: Record, language: str, most: int = 2) -> str:
    """The first places of a record."""
    names = [place(known, language) for known in record.places]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more


def town(record: Record, language: str) -> str:
    """The town of the first place; "" if it is not known."""
    return pick(record.places[0].localities, language) if record.places else ""


def word(enum: Any, number: int) -> str:
    """A value of an enum as people write it: "in-progress"; "" for unspecified."""
    if not number:
        return ""
    prefix = enum.DESCRIPTOR.values_by_number[0].name.removesuffix("UNSPECIFIED")
    known = enum.DESCRIPTOR.values_by_number.get(number)
    if known is None:  # of a newer server
        return str(number)
    return str(known.name.removeprefix(prefix).lower().replace("_", "-"))


def span(start: str, end: str) -> str:
    """A start and an end as of `ResolvedTime`, for a table.

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


def hours(first: Stamp, last: Stamp | None, day: str = "") -> str:
    """The hours of a timed span with the offset: "10:00-12:00 +05:00".

    Dates are there where it lasts over midnight, or where it does not start on `day`.
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
    """Whole days in short: "all day", "07-02 to 07-04", with years where they differ."""
    if first == last:
        return "all day"
    cut = len("2024-") if first[:5] == last[:5] else 0
    return clean(f"{first[cut:] or '...'} to {last[cut:] or '...'}")


def when(time: EventTime) -> str:
    """The time of a record in a few words; "" if it has none."""
    if time.WhichOneof("when") == "partial":
        return clean(time.partial.edtf)
    return span(time.resolved.start_text, time.resolved.end_text)

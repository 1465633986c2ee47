"""Times in words, in the language of the reader."""

from __future__ import annotations

import re

from summitry.ical.words import month_name, word
from summitry.v1.event_time_pb2 import EventTime, PartialSpan, TimePoint
from summitry.zones import format_civil, parse_date
from summitry.zones.days import format_date

_EDTF = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-XX)?)?[?~%]?")
_STAMP = re.compile(r"(.{10})T(.{5})(?::00)?(:[0-9]{2})?([+-].{5}|Z)(?:\[(.*)\])?")
_SECONDS = re.compile(r":00$")


def say_day(date: str, language: str) -> str:
    """A day in words: "2024-07-03" is "3 July 2024". Raises InvalidDateError."""
    year, month, day = format_date(parse_date(date)).split("-")
    return word(language, "day").format(
        day=word(language, "first-day") if day == "01" else int(day),
        month=month_name(language, int(month)),
        year=int(year),
    )


def say_time(time: EventTime, language: str) -> str:
    """An EventTime in words, as the place has it: "4 July 2024, 10:00 to 12:00 (UTC+05:00)"."""
    match time.WhichOneof("when"):
        case "timed":
            return _say_timed(time, language)
        case "dates":
            return _say_dates(time.dates.first_date, time.dates.last_date, language)
        case "partial":
            return say_partial(time.partial, language)
        case _:
            return word(language, "date-unknown")


def say_partial(span: PartialSpan, language: str) -> str:
    """A partial date in words: "2023-10" is "October 2023, day not known"."""
    text = _say_form(span.edtf, language) or _say_bounds(span, language)
    for mark, key in ((span.approximate, "about"), (span.uncertain, "perhaps")):
        if mark:
            text = word(language, key).format(text)
    return text


def _say_form(edtf: str, language: str) -> str:
    match = _EDTF.fullmatch(edtf)
    if match is None:
        return ""
    year, part = int(match[1]), int(match[2] or 0)
    if part == 0:
        text = str(year)
    elif part <= 12:
        text = word(language, "month").format(month=month_name(language, part), year=year)
    elif part <= 32:  # 21-24; 25-28 and 29-32 are the same seasons of a hemisphere
        text = word(language, f"season-{(part - 21) % 4 + 21}").format(year)
    else:
        text = word(language, "quarter").format(part - 32, year)
    return word(language, "day-unknown").format(text)


def _say_bounds(span: PartialSpan, language: str) -> str:
    first = say_day(span.first_date, language) if span.first_date else ""
    last = say_day(span.last_date, language) if span.last_date else ""
    if first and last:
        return word(language, "between").format(first, last)
    if first or last:
        return word(language, "not-before" if first else "not-after").format(first or last)
    return span.edtf


def _say_dates(first: str, last: str, language: str) -> str:
    if first and last:
        days = [say_day(day, language) for day in dict.fromkeys((first, last))]
        return days[0] if len(days) == 1 else word(language, "span").format(*days)
    if first or last:
        key = "from" if first else "until"
        return word(language, key).format(say_day(first or last, language))
    return word(language, "date-unknown")


def _say_timed(time: EventTime, language: str) -> str:
    date, clock, zone = _reading(time.timed.start, time.resolved.start_text)
    start = f"{say_day(date, language)}, {clock}"
    if not time.timed.HasField("end"):
        return f"{start} ({zone})"
    end_date, end, end_zone = _reading(time.timed.end, time.resolved.end_text)
    if end_date != date:
        end = f"{say_day(end_date, language)}, {end}"
    if end_zone != zone:
        start = f"{start} ({zone})"
    return f"{word(language, 'clock-span').format(start, end)} ({end_zone})"


def _reading(point: TimePoint, stamp: str) -> tuple[str, str, str]:
    """Date, clock and zone of a point, from its derived text where there is one."""
    match = _STAMP.fullmatch(stamp)
    if match:
        offset = "UTC" if match[4] == "Z" else f"UTC{match[4]}"
        zone = f"{offset}, {match[5]}" if match[5] else offset
        return match[1], match[2] + (match[3] or ""), zone
    if point.civil_time:
        date, _, clock = point.civil_time.partition("T")
        clock = clock[:5] + _SECONDS.sub("", clock[5:])
        return date, clock, point.time_zone or f"UTC{point.utc_offset}"
    date, _, clock = format_civil(point.instant.seconds).partition("T")
    return date, clock[:5] + _SECONDS.sub("", clock[5:]), "UTC"

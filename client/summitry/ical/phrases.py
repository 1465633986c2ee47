"""Times in words, in the language of the reader."""

from __future__ import annotations

import re
from functools import lru_cache

from summitry.ical.languages import bracketed, join_distinct, month_name, word
from summitry.v1.event_time_pb2 import EventTime, PartialSpan, TimePoint
from summitry.zones import format_civil, parse_date
from summitry.zones.days import format_date

_EDTF = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-XX)?)?[?~%]?")


@lru_cache(maxsize=4096)
def say_day(date: str, language: str, key: str = "day") -> str:
    """Return a day in words: "3 July 2024" for "2024-07-03". Raises InvalidDateError."""
    year, month, day = format_date(parse_date(date)).split("-")
    return word(language, key).format(
        day=word(language, "first-day") if day == "01" else int(day),
        month=month_name(language, int(month)),
        year=int(year),
    )


def say_time(time: EventTime, language: str) -> str:
    """Return an EventTime in words, in local time: "4 July 2024, 10:00 to 12:00 (UTC+05:00)"."""
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
    """Return a partial date in words: "October 2023, day not known" for "2023-10"."""
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
        month = month_name(language, part, alone=True)
        text = word(language, "month").format(month=month, year=year)
    elif part <= 32:  # 21-24; 25-28 and 29-32 are the same seasons of a hemisphere
        text = word(language, f"season-{(part - 21) % 4 + 21}").format(year)
    else:
        text = word(language, f"quarter-{part - 32}").format(year)
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
    span, resolved = time.timed, time.resolved
    date, clock, zone = _resolved(resolved.start_text, language) or _unresolved(span.start)
    comma = word(language, "comma")
    if not span.HasField("end"):
        return bracketed(f"{say_day(date, language)}{comma}{clock}", zone, language)
    end_date, end, end_zone = _resolved(resolved.end_text, language) or _unresolved(span.end)
    if end_zone != zone:  # otherwise the zone stands once, behind the end
        clock = bracketed(clock, zone, language)
    if end_date != date:
        key = "day-same-year" if end_date[:4] == date[:4] else "day"
        days = say_day(date, language), say_day(end_date, language, key)
        text = word(language, "clock-span-days").format(days[0], clock, days[1], end)
    else:
        start = f"{say_day(date, language)}{comma}{clock}"
        text = word(language, "clock-span").format(start, end)
    return bracketed(text, end_zone, language)


def _resolved(stamp: str, language: str) -> tuple[str, str, str] | None:
    """Return date, clock and zone of an RFC 9557 text, which is of fixed width up to the offset."""
    if not stamp:
        return None
    clock = stamp[11:16] if stamp[16:19] == ":00" else stamp[11:19]
    return stamp[:10], clock, _zone_text(stamp[19:], language)


def _unresolved(point: TimePoint) -> tuple[str, str, str]:
    """Return date, clock and zone of a point as stated, where the server did not resolve it."""
    if point.civil_time:
        date, _, clock = point.civil_time.partition("T")
        return date, _short_clock(clock), point.time_zone or f"UTC{point.utc_offset}"
    date, _, clock = format_civil(point.instant.seconds).partition("T")
    return date, _short_clock(clock), "UTC"


@lru_cache(maxsize=1024)
def _zone_text(tail: str, language: str) -> str:
    """Return the zone in words, from the end of an RFC 9557 text: "UTC+05:00, Asia/Almaty"."""
    offset, _, key = tail.rstrip("]").partition("[")
    return join_distinct(("UTC" if offset == "Z" else f"UTC{offset}", key), word(language, "comma"))


def _short_clock(clock: str) -> str:
    return clock[:5] if clock[5:] == ":00" else clock

"""Days that sources print in words: month names, other eras, digits of any script.

    read_days("23-24 กุมภาพันธ์ 2519", era="buddhist")   1976-02-23 to 1976-02-24
    read_days("28 mars - 7 avril 1995")                  1995-03-28 to 1995-04-07

Nothing is guessed: which era counts the years is said by who reads, and a year that cannot be meant
is refused. Month names are those of CLDR in Bengali, English, French and Thai.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from summitry.zones import InvalidDateError, parse_date

__all__ = ["ERAS", "DaySpan", "PrintedDateError", "read_days"]

ERAS = {"gregorian": 0, "buddhist": 543}
"""How far the years of an era are ahead of the common ones (Thailand, since 1941)."""

YEARS = (1860, 2100)
"""The years that can be meant, both inclusive, unless a reader says others."""

_CENTURY = 100
_NAMES = (
    "january february march april may june july august september october november december",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม",
    "জানুয়ারি ফেব্রুয়ারি মার্চ এপ্রিল মে জুন জুলাই আগস্ট সেপ্টেম্বর অক্টোবর নভেম্বর ডিসেম্বর",
    "জানুয়ারী ফেব্রুয়ারী মার্চ এপ্রিল মে জুন জুলাই আগষ্ট সেপ্টেম্বর অক্টোবর নভেম্বর ডিসেম্বর",
)


def _plain(text: str) -> str:
    """Return a text in lower case, with ASCII digits, composed letters (NFC) and plain hyphens."""
    folded = unicodedata.normalize("NFC", text).casefold()
    digits = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in folded)
    return re.sub("[\u2010-\u2015\u2212]", "-", "".join(digits)).strip()


_MONTHS = {
    _plain(name): number for names in _NAMES for number, name in enumerate(names.split(), start=1)
}
_MONTH = "|".join(sorted(map(re.escape, _MONTHS), key=len, reverse=True))
_SPAN = re.compile(
    rf"(?:(?P<day>\d{{1,2}})(?:\s*(?P<month>{_MONTH})(?:\s*(?P<year>\d+))?)?\s*-\s*)?"
    rf"(?P<last_day>\d{{1,2}})?\s*(?P<last_month>{_MONTH})\s*(?P<last_year>\d+)(?!\d)\D*"
)


class PrintedDateError(ValueError):
    """A text has no date in words, or one of a year that cannot be meant."""


class DaySpan(NamedTuple):
    """First and last day, inclusive: "1976-02-23"; or the same month twice, "1976-02"."""

    first: str
    last: str


def read_days(text: str, era: str = "gregorian", years: tuple[int, int] = YEARS) -> list[DaySpan]:
    """Return the days that a text prints, in the order of its parts between semicolons.

    Words after a date, and parts that do not begin with a number or a month, are left to the
    reader. A year of two digits is that of the only century that `years` admit. Raises
    PrintedDateError, with the text and why.
    """
    if era not in ERAS:
        raise PrintedDateError(f"unknown era {era!r}: known are {', '.join(ERAS)}")
    parts = [part.strip() for part in _plain(text).split(";")]
    spans = [
        _days(part, text, ERAS[era], years)
        for part in parts
        if re.match(rf"\d|(?:{_MONTH})\s*\d", part)
    ]
    if not spans:
        raise PrintedDateError(f"{text!r} has no date in words, such as 3-4 July 2024")
    return spans


def _days(part: str, text: str, ahead: int, years: tuple[int, int]) -> DaySpan:
    """Return the days of one part of a text, which has one date or one span."""
    span = _SPAN.fullmatch(part)
    if span is None or (span["day"] and not span["last_day"]):
        raise PrintedDateError(f"{text!r}: {part!r} is no date in words, such as 3-4 July 2024")
    last_year = _year(span["last_year"], text, ahead, years)
    last_month = _MONTHS[span["last_month"]]
    if not span["last_day"]:
        return DaySpan(*(f"{last_year:04}-{last_month:02}",) * 2)
    last = _day(last_year, last_month, span["last_day"], text)
    if not span["day"]:
        return DaySpan(last, last)
    year = _year(span["year"], text, ahead, years) if span["year"] else last_year
    month = _MONTHS[span["month"]] if span["month"] else last_month
    if not span["year"] and month > last_month:
        year -= 1  # 29 December - 2 January 1978
    first = _day(year, month, span["day"], text)
    if first > last:
        raise PrintedDateError(f"{text!r}: {first} is after {last}")
    return DaySpan(first, last)


def _day(year: int, month: int, day: str, text: str) -> str:
    date = f"{year:04}-{month:02}-{int(day):02}"
    try:
        parse_date(date)
    except InvalidDateError as error:
        raise PrintedDateError(f"{text!r}: {error}") from error
    return date


def _year(digits: str, text: str, ahead: int, years: tuple[int, int]) -> int:
    """Return the year of the common era; two digits are completed to a year in `years`."""
    first, last = years
    if len(digits) > 2:
        candidates = [int(digits) - ahead]
    else:
        below = (first + ahead) // _CENTURY * _CENTURY + int(digits) - ahead
        candidates = list(range(below, last + 1, _CENTURY))
    possible = [year for year in candidates if first <= year <= last]
    if len(possible) == 1:
        return possible[0]
    range_text = f"{first + ahead} to {last + ahead}"
    problem = "may be of several centuries" if possible else f"is none of the years {range_text}"
    raise PrintedDateError(f"{text!r}: {digits} {problem}")

"""Dates that are not known to the day: a subset of EDTF (ISO 8601-2).

The standard is at https://www.loc.gov/standards/datetime/.

Accepted, years 0001-9999:

- level 0: `2024-07-03`, `2024-07`, `2024`, intervals `2024-07-02/2024-07-06`;
- level 1: a suffix `?` (uncertain), `~` (approximate) or `%` (both) on any date; `201X`, `20XX`,
  `2024-XX`, `2024-07-XX`, `2024-XX-XX`; seasons 21-24; intervals with an open end (`..`) or an
  unknown one (nothing);
- level 2: seasons of a hemisphere 25-32, quarters 33-36, one of a set: `[2024-07..2024-09]`,
  `[2024-07,2024-09]`, `[..2024-07]`, `[2024-07..]`.

Bounds are strict: `~` and `?` do not widen them. EDTF gives seasons no days. By convention here
they are the meteorological ones, northern unless the code says southern: spring is March to May,
summer June to August, autumn September to November, and winter of year Y is December Y to February
Y + 1.
"""

import re
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from summitry.zones.errors import PartialDateError

_EPOCH = date(1970, 1, 1).toordinal()
_LONGEST = 128
_DATE = re.compile(
    r"(?P<year>[0-9]{4}|[0-9]{3}X|[0-9]{2}XX)"
    r"(?:-(?P<month>[0-9]{2}|XX)(?:-(?P<day>[0-9]{2}|XX))?)?(?P<mark>[?~%])?"
)
# Code of EDTF -> first month and number of months; months past 12 are in the next year.
_SEASONS = {
    **{code: (3 * (code - 20), 3) for code in range(21, 25)},
    **{code: (3 * (code - 24), 3) for code in range(25, 29)},
    **{code: ((9, 12, 3, 6)[code - 29], 3) for code in range(29, 33)},
}
_QUARTERS = {code: (3 * (code - 33) + 1, 3) for code in range(33, 37)}
_FORMS = (
    "give for example 2024-07-03, 2024-07, 2024, 2024-23, 2024-07~, 2024-07/2024-09 or [..2024-07]"
)


class Precision(StrEnum):
    """The granularity of a partial date."""

    DAY = "DAY"
    DAYS = "DAYS"
    MONTH = "MONTH"
    SEASON = "SEASON"
    QUARTER = "QUARTER"
    YEAR = "YEAR"
    DECADE = "DECADE"
    CENTURY = "CENTURY"
    BEFORE = "BEFORE"
    AFTER = "AFTER"
    BETWEEN = "BETWEEN"


class PartialDate(NamedTuple):
    """A partial date and the first and last day it can be, inclusive; None for an open bound.

    `precision` is that of a single date. A set or an interval of days is DAYS, of anything coarser
    BETWEEN; an interval or set without a first day is BEFORE, without a last day AFTER.
    `approximate` and `uncertain` are true if any part of it carries that mark.
    """

    edtf: str
    first_day: int | None
    last_day: int | None
    precision: Precision
    approximate: bool
    uncertain: bool


_Ends = tuple[PartialDate | None, PartialDate | None]


def parse_partial(text: str) -> PartialDate:
    """Return the partial date written in `text`, with its canonical text. Raises PartialDateError.

    The canonical text has no blanks in a set, and a set of one date becomes that date.
    """
    if len(text) > _LONGEST:
        raise PartialDateError(text, f"it is longer than {_LONGEST} characters; name fewer dates")
    if "/" in text:
        return _parse_interval(text)
    if text.startswith("["):
        return _parse_set(text)
    return _parse_date(text, text)


def _parse_date(text: str, whole_text: str) -> PartialDate:
    """Return the single date in `text`; errors quote `whole_text`, of which `text` is a part."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise PartialDateError(whole_text, _FORMS)
    year, month, day, mark = match.groups()
    try:
        first, last, precision = _bounds(year, month, day)
    except (ValueError, KeyError):
        raise PartialDateError(whole_text, "there is no such day, month or season") from None
    approximate, uncertain = mark in ("~", "%"), mark in ("?", "%")
    return PartialDate(text, first, last, precision, approximate, uncertain)


def _bounds(year: str, month: str | None, day: str | None) -> tuple[int, int, Precision]:
    """Return first day, last day and precision. Raises ValueError or KeyError for no such date."""
    if "X" in year:
        return _years(year, month)
    if month is None or month == "XX":
        if day not in (None, "XX"):
            raise ValueError
        return *_months(int(year), 1, 12), Precision.YEAR
    if day is not None and day != "XX":
        only = date(int(year), int(month), int(day)).toordinal() - _EPOCH
        return only, only, Precision.DAY
    return _part_of_year(int(year), int(month), day)


def _years(year: str, month: str | None) -> tuple[int, int, Precision]:
    if month is not None:
        raise ValueError
    first = max(int(year.replace("X", "0")), 1)  # 00XX begins with the year 1
    last = int(year.replace("X", "9"))
    precision = Precision.CENTURY if year.endswith("XX") else Precision.DECADE
    return _months(first, 1, 1)[0], _months(last, 12, 1)[1], precision


def _part_of_year(year: int, code: int, day: str | None) -> tuple[int, int, Precision]:
    if 1 <= code <= 12:
        return *_months(year, code, 1), Precision.MONTH
    if day is not None:
        raise ValueError
    if code in _QUARTERS:
        return *_months(year, *_QUARTERS[code]), Precision.QUARTER
    return *_months(year, *_SEASONS[code]), Precision.SEASON


def _months(year: int, month: int, count: int) -> tuple[int, int]:
    first = date(year, month, 1).toordinal()
    end = month - 1 + count  # months since January, past the last one
    if (year, end) == (9999, 12):  # the day after it is beyond what `date` can hold
        return first - _EPOCH, date.max.toordinal() - _EPOCH
    return first - _EPOCH, date(year + end // 12, end % 12 + 1, 1).toordinal() - 1 - _EPOCH


def _parse_interval(text: str) -> PartialDate:
    low_text, _, high_text = text.partition("/")
    low, high = (
        None if end in ("", "..") else _parse_date(end, text) for end in (low_text, high_text)
    )
    return _enclose(text, text, [(low, high)], _combined_precision(low, high))


def _parse_set(text: str) -> PartialDate:
    if not text.endswith("]"):
        raise PartialDateError(text, "its bracket is not closed")
    items = [item.strip(" ") for item in text[1:-1].split(",")]
    ranges = [_parse_range(item, text) for item in items]
    if ".." in text:
        return _enclose(f"[{','.join(items)}]", text, ranges, Precision.BETWEEN)
    if len(ranges) == 1:
        return _parse_date(items[0], text)
    precision = _combined_precision(*(low for low, _ in ranges))
    return _enclose(f"[{','.join(items)}]", text, ranges, precision)


def _parse_range(item: str, whole_text: str) -> _Ends:
    low, dots, high = item.partition("..")
    if not dots:
        only = _parse_date(item, whole_text)
        return only, only
    return _parse_date(low, whole_text) if low else None, _parse_date(
        high, whole_text
    ) if high else None


def _combined_precision(*dates: PartialDate | None) -> Precision:
    days = all(part is not None and part.precision is Precision.DAY for part in dates)
    return Precision.DAYS if days else Precision.BETWEEN


def _enclose(edtf: str, whole_text: str, ranges: list[_Ends], closed: Precision) -> PartialDate:
    """Return the date that spans all ranges; `closed` is its precision if both ends are bounded."""
    for low, high in ranges:
        _check_order(low, high, whole_text)
    firsts = [low.first_day if low else None for low, _ in ranges]
    lasts = [high.last_day if high else None for _, high in ranges]
    # [2024..,2025] would mean all after 2024, so that its 2025 says nothing.
    if None in firsts[1:] or None in lasts[:-1]:
        raise PartialDateError(whole_text, "'..' may only open the first date or the last one")
    first = None if firsts[0] is None else min(day for day in firsts if day is not None)
    last = None if lasts[-1] is None else max(day for day in lasts if day is not None)
    if first is None and last is None:
        raise PartialDateError(whole_text, "it is open at both ends; name one date")
    precision = Precision.BEFORE if first is None else Precision.AFTER if last is None else closed
    parts = [part for ends in ranges for part in ends if part is not None]
    approximate = any(part.approximate for part in parts)
    return PartialDate(
        edtf, first, last, precision, approximate, any(part.uncertain for part in parts)
    )


def _check_order(low: PartialDate | None, high: PartialDate | None, whole_text: str) -> None:
    if low is None or high is None or low.first_day is None or high.last_day is None:
        return
    if high.last_day < low.first_day:
        raise PartialDateError(whole_text, "it ends before it starts; swap the two dates")

"""A parser of recurrence rules with whole days, which validates each part (RFC 5545 3.3.10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from summitry.ical.reading.properties import brief

LENGTH = 512  # characters of a rule
FIRST_YEAR, LAST_YEAR = 1583, 9900  # in which a rule may begin
FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class UnsupportedRuleError(ValueError):
    """A valid rule of RFC 5545 or 7529 that is not supported."""


class RecurrenceRule(NamedTuple):
    """A recurrence rule. Numbers counted from the end are negative."""

    frequency: str  # one of FREQUENCIES
    interval: int = 1
    times: int | None = None  # COUNT
    until: str = ""  # a DATE or DATE-TIME
    week_start: int = 0  # of 0 (Monday) to 6
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    weeks: frozenset[int] = frozenset()
    positions: frozenset[int] = frozenset()
    week_days: frozenset[tuple[int, int]] = frozenset()  # (which one of the period, 0: each; day)


class _Numbers(NamedTuple):
    """The bounds of a part with numbers: 1 to `most`, and -`most` to -1 if `signed`."""

    most: int
    signed: bool = True
    several: bool = True


_NUMBERS: Mapping[str, _Numbers] = {
    "INTERVAL": _Numbers(999_999_999, signed=False, several=False),
    "COUNT": _Numbers(999_999_999, signed=False, several=False),
    "BYMONTH": _Numbers(12, signed=False),
    "BYMONTHDAY": _Numbers(31),
    "BYYEARDAY": _Numbers(366),
    "BYWEEKNO": _Numbers(53),
    "BYSETPOS": _Numbers(366),
}
_WORDS = {"FREQ", "UNTIL", "WKST", "BYDAY", "RSCALE", "SKIP"}
_HOURS = {"BYHOUR", "BYMINUTE", "BYSECOND"}
_FINER = {"HOURLY", "MINUTELY", "SECONDLY"}
# The parts that a frequency does not allow: the table of RFC 5545 3.3.10.
_NOT_WITH: Mapping[str, frozenset[str]] = {
    "YEARLY": frozenset(),
    "MONTHLY": frozenset({"BYYEARDAY", "BYWEEKNO"}),
    "WEEKLY": frozenset({"BYYEARDAY", "BYWEEKNO", "BYMONTHDAY"}),
    "DAILY": frozenset({"BYYEARDAY", "BYWEEKNO"}),
}
_NUMBER = re.compile(r"([+-]?)([0-9]{1,9})")
_DAY = re.compile(r"([+-]?[0-9]{0,2})(MO|TU|WE|TH|FR|SA|SU)")
_ORDINALS = {"YEARLY": 53, "MONTHLY": 5}  # the last one of a day in a year, in a month


def parse_rule(text: str) -> RecurrenceRule:
    """Parse a recurrence rule.

    Raises ValueError with the invalid part and the values that it admits, and UnsupportedRuleError
    for a rule of hours or of another calendar.
    """
    parts = _parts(text)
    frequency = _frequency(parts)
    if excess := parts.keys() & _NOT_WITH[frequency]:
        raise ValueError(f"{min(excess)} does not go with FREQ={frequency}")
    if "BYSETPOS" in parts and not any(
        name.startswith("BY") for name in parts.keys() - {"BYSETPOS"}
    ):
        raise ValueError("BYSETPOS needs another BY part to choose from")
    numbers = {name: _numbers(name, parts.get(name, "")) for name in _NUMBERS}
    return RecurrenceRule(
        frequency,
        min(numbers["INTERVAL"], default=1),
        min(numbers["COUNT"], default=None),
        parts.get("UNTIL", ""),
        _week_start(parts.get("WKST", "MO")),
        numbers["BYMONTH"],
        numbers["BYMONTHDAY"],
        numbers["BYYEARDAY"],
        numbers["BYWEEKNO"],
        numbers["BYSETPOS"],
        _week_days(parts, frequency),
    )


def check_begin(year: int) -> None:
    """Raise ValueError if rules that begin in the year are not supported."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"it begins in the year {year}; {FIRST_YEAR} to {LAST_YEAR} are read")


def _parts(text: str) -> dict[str, str]:
    if len(text) > LENGTH:
        raise ValueError(f"it has {len(text)} characters, {LENGTH} are read")
    parts: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.upper().split(";"))):
        name, _, value = part.partition("=")
        if name in parts:
            raise ValueError(f"{brief(name)} is there twice: keep one")
        if name in _HOURS:
            raise ValueError(
                f"{name}: rules of whole days are read, and hours are those of DTSTART"
            )
        if name not in _NUMBERS and name not in _WORDS:
            raise ValueError(f"{brief(part)!r} is no part of a rule")
        if not value:
            raise ValueError(f"{name} is empty: leave it out")
        parts[name] = value
    return parts


def _frequency(parts: Mapping[str, str]) -> str:
    if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise UnsupportedRuleError("it is in another calendar than the Gregorian (RFC 7529)")
    frequency = parts.get("FREQ", "")
    choices = f"write one of {', '.join(FREQUENCIES)}"
    if frequency in _FINER:
        message = f"FREQ={frequency}: rules of whole days are read; {choices}"
        raise UnsupportedRuleError(message)
    if frequency not in FREQUENCIES:
        raise ValueError(f"FREQ={brief(frequency)}: it is none of a rule; {choices}")
    return frequency


def _numbers(name: str, text: str) -> frozenset[int]:
    bounds = _NUMBERS[name]
    values = text.split(",") if text else []
    numbers = frozenset(_number(name, value, bounds) for value in values)
    if len(values) > 1 and not bounds.several:
        raise ValueError(f"{name}={brief(text)} is more than one number")
    return numbers


def _number(name: str, text: str, bounds: _Numbers) -> int:
    match = _NUMBER.fullmatch(text.strip())
    if match is None or not 1 <= int(match[2]) <= bounds.most or (match[1] and not bounds.signed):
        end = f", or -{bounds.most} to -1" if bounds.signed else ""
        raise ValueError(f"{name}={brief(text)} is not within 1 to {bounds.most}{end}")
    return int(match[0])


def _week_start(text: str) -> int:
    if text not in DAYS:
        raise ValueError(f"WKST={brief(text)} is no day: write one of {', '.join(DAYS)}")
    return DAYS.index(text)


def _week_days(parts: Mapping[str, str], frequency: str) -> frozenset[tuple[int, int]]:
    if "BYDAY" not in parts:
        return frozenset()
    most = 0 if "BYWEEKNO" in parts else _ORDINALS.get(frequency, 0)
    return frozenset(_week_day(text.strip(), most, frequency) for text in parts["BYDAY"].split(","))


def _week_day(text: str, most: int, frequency: str) -> tuple[int, int]:
    match = _DAY.fullmatch(text)
    if match is None:
        raise ValueError(f"BYDAY={brief(text)} is no day: write MO, 2TU or -1FR")
    if not match[1]:
        return 0, DAYS.index(match[2])
    if match[1] in "+-" or not 1 <= abs(int(match[1])) <= most:
        admitted = f"1 to {most} or -{most} to -1" if most else "days without a number"
        raise ValueError(f"BYDAY={brief(text)}: FREQ={frequency} admits {admitted}")
    return int(match[1]), DAYS.index(match[2])

"""The rule in a TZif footer: POSIX TZ strings as extended by RFC 9636 section 3.3.

A rule says what the clocks do after the last listed transition: `CET-1CEST,M3.5.0,M10.5.0/3`.
Hours reach from -167 to 167, and the sign of an offset is the reverse of ours (west is positive).
"""

import re
from datetime import date
from typing import NamedTuple

from summitry.zones.offsets import DAY_SECONDS, is_offset

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_NAME = r"[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>"
_HMS = r"[+-]?[0-9]{1,3}(?::[0-9]{2}){0,2}"
_RULE_DATE = rf"(?:J[0-9]{{1,3}}|[0-9]{{1,3}}|M(?:0?[1-9]|1[0-2])\.[1-5]\.[0-6])(?:/{_HMS})?"
_RULE = re.compile(
    rf"(?P<std>{_NAME})(?P<std_offset>{_HMS})"
    rf"(?:(?P<dst>{_NAME})(?P<dst_offset>{_HMS})?,(?P<start>{_RULE_DATE}),(?P<end>{_RULE_DATE}))?"
)


class Period(NamedTuple):
    """The offset, the name and the daylight time flag that hold between two transitions."""

    offset: int
    abbreviation: str
    dst: bool


class PosixRule(NamedTuple):
    """A footer's rule. Without daylight time `daylight` is None and the two dates are empty."""

    standard: Period
    daylight: Period | None
    start: str
    end: str

    def transitions(self, first_year: int, last_year: int) -> list[tuple[int, Period]]:
        """Return (instant, period from then on) for these years, both inclusive.

        Where the end of one daylight period is the start of the next, as in a rule for daylight
        time all year round, only the start remains.
        """
        if self.daylight is None:
            return []
        changes: dict[int, Period] = {}
        for year in range(first_year, last_year + 1):
            ends = _second_of_year(self.end, year) - self.daylight.offset
            starts = _second_of_year(self.start, year) - self.standard.offset
            changes.setdefault(ends, self.standard)
            changes[starts] = self.daylight
        return sorted(changes.items())


def parse_rule(text: str) -> PosixRule | None:
    """Return the rule written in `text`, or None where RFC 9636 allows no such footer."""
    match = _RULE.fullmatch(text)
    if match is None:
        return None
    standard = Period(-_seconds(match["std_offset"]), match["std"].strip("<>"), False)
    if match["dst"] is None:
        return PosixRule(standard, None, "", "") if is_offset(standard.offset) else None
    daylight_offset = match["dst_offset"]
    offset = -_seconds(daylight_offset) if daylight_offset else standard.offset + 3600
    if not is_offset(standard.offset) or not is_offset(offset):
        return None
    daylight = Period(offset, match["dst"].strip("<>"), True)
    return PosixRule(standard, daylight, match["start"], match["end"])


def _seconds(text: str) -> int:
    hours, minutes, seconds = (*text.lstrip("+-").split(":"), "0", "0")[:3]
    size = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return -size if text.startswith("-") else size


def _second_of_year(rule_date: str, year: int) -> int:
    """Return the wall time, in civil seconds since 1970, at which a rule's date falls in `year`."""
    day, _, time = rule_date.partition("/")
    return _day_of_rule(day, year) * DAY_SECONDS + (_seconds(time) if time else 7200)


def _day_of_rule(day: str, year: int) -> int:
    new_year = date(year, 1, 1).toordinal() - _EPOCH_ORDINAL
    if day[0] == "J":  # 1-365, and 29 February is never counted
        number = int(day[1:])
        return new_year + number - 1 + (number >= 60 and _is_leap(year))
    if day[0] != "M":
        return new_year + int(day)
    month, week, weekday = (int(part) for part in day[1:].split("."))
    return _nth_weekday(year, month, week, weekday)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _nth_weekday(year: int, month: int, week: int, weekday: int) -> int:
    """Return the day of the week-th weekday (0 is Sunday) of a month; week 5 means the last one."""
    first = date(year, month, 1).toordinal()
    following = date(year + month // 12, month % 12 + 1, 1).toordinal()
    day = first + (weekday - first) % 7 + (week - 1) * 7  # ordinals are 0 mod 7 on Sundays
    return (day if day < following else day - 7) - _EPOCH_ORDINAL

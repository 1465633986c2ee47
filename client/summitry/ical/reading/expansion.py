"""The expansion of recurrence rules to days, period by period, within a budget of steps.

Days are ordinals (`date.toordinal`). A period is a day, week, month or year. Its candidates are
generated from the narrowest BY part and filtered by the others, so that a rule that never matches
costs few steps for each period and stops after the last day requested.
"""

from __future__ import annotations

import calendar
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Set
from datetime import MAXYEAR, date
from typing import TypeAlias

from summitry.ical.reading.recurrence_rules import RecurrenceRule

STEPS = 200_000  # of all rules of a file; 0.4 s of CPU at most (docs/limits.md)

Span: TypeAlias = tuple[int, int]  # the first and the last day
Period: TypeAlias = tuple[Span, Iterable[int]]  # with its candidates


class BudgetError(ValueError):
    """The recurrence rules of a file need more steps than their budget."""


class Budget:
    """The number of steps that the expansion may still take."""

    def __init__(self, steps: int = STEPS) -> None:
        self.limit = self.remaining = steps

    def spend(self, steps: int) -> None:
        """Deduct steps. Raises BudgetError if fewer remain."""
        self.remaining -= steps
        if self.remaining < 0:
            raise BudgetError(f"the rules of the file need more than {self.limit} steps: split it")


def occurrences(
    rule: RecurrenceRule, first: int, last: int, budget: Budget, since: int = 0
) -> Iterator[int]:
    """Yield the days of a rule that begins on the day `first`, none after `last`, in order.

    Without those before `since`, which cost no steps; a rule with COUNT has to be followed from its
    beginning. UNTIL is left to the caller, who knows the zone. Raises BudgetError.
    """
    remaining = rule.times
    since = first if remaining is not None else max(first, since)
    for span, candidates in _PERIODS[rule.frequency](rule, first, last, since):
        days = sorted(set(candidates))
        budget.spend(1 + len(days))
        for day in _at_positions(rule, _fitting(rule, span, days)):
            if day > last or remaining == 0:
                return
            if day >= since:
                yield day
                remaining = remaining - 1 if remaining is not None else None


def _at_positions(rule: RecurrenceRule, days: list[int]) -> list[int]:
    if not rule.positions:
        return days
    size = len(days)
    places = {at - 1 if at > 0 else size + at for at in rule.positions}
    return [days[at] for at in sorted(places) if 0 <= at < size]


def _fitting(rule: RecurrenceRule, span: Span, days: list[int]) -> list[int]:
    """Return those of the days that all BY parts admit."""
    if rule.months:
        days = [day for day in days if date.fromordinal(day).month in rule.months]
    if rule.month_days:
        days = [day for day in days if _is_month_day(day, rule.month_days)]
    if rule.year_days:
        days = [day for day in days if _is_year_day(day, rule.year_days)]
    if rule.weeks:
        days = [day for day in days if _is_in_week(day, rule)]
    if rule.week_days:
        allowed = set(_week_days(rule, span))
        days = [day for day in days if day in allowed]
    return days


def _is_month_day(day: int, numbers: Set[int]) -> bool:
    civil = date.fromordinal(day)
    return civil.day in numbers or civil.day - _length(civil.year, civil.month) - 1 in numbers


def _is_year_day(day: int, numbers: Set[int]) -> bool:
    first, last = _year(date.fromordinal(day).year)
    return day - first + 1 in numbers or day - last - 1 in numbers


def _is_in_week(day: int, rule: RecurrenceRule) -> bool:
    monday = day - (_weekday(day) - rule.week_start) % 7
    # A week belongs to the year of its fourth day (RFC 5545 3.3.10, as in ISO 8601).
    first, last = _year(date.fromordinal(monday + 3).year)
    number = (monday + 3 - first) // 7 + 1
    weeks = number + (last - monday - 3) // 7
    return number in rule.weeks or number - weeks - 1 in rule.weeks


def _week_days(rule: RecurrenceRule, span: Span) -> Iterator[int]:
    """Yield the days of BYDAY: within the period, or within each month of BYMONTH."""
    year = date.fromordinal(span[0]).year
    by_month = rule.frequency == "YEARLY" and rule.months
    for first, last in [_month(year, month) for month in rule.months] if by_month else [span]:
        for number, weekday in rule.week_days:
            ahead, behind = (weekday - _weekday(first)) % 7, (_weekday(last) - weekday) % 7
            if number == 0:
                yield from range(first + ahead, last + 1, 7)
            elif number > 0 and first + ahead + 7 * (number - 1) <= last:
                yield first + ahead + 7 * (number - 1)
            elif number < 0 and last - behind + 7 * (number + 1) >= first:
                yield last - behind + 7 * (number + 1)


def _from(starts: range, since: int) -> range:
    """Return the periods of a rule from the first that begins at `since` or later."""
    return starts[bisect_left(starts, since) :]


def _daily(rule: RecurrenceRule, first: int, last: int, since: int) -> Iterator[Period]:
    for day in _from(range(first, last + 1, rule.interval), since):
        yield (day, day), (day,)


def _weekly(rule: RecurrenceRule, first: int, last: int, since: int) -> Iterator[Period]:
    start = first - (_weekday(first) - rule.week_start) % 7
    for day in _from(range(start, last + 1, 7 * rule.interval), since - 6):
        span = (day, day + 6)
        yield span, _week_days(rule, span) if rule.week_days else (day + first - start,)


def _monthly(rule: RecurrenceRule, first: int, last: int, since: int) -> Iterator[Period]:
    begin, end = date.fromordinal(first), date.fromordinal(last)
    months = range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month, rule.interval)
    begin_of_reading = date.fromordinal(since)
    for number in _from(months, begin_of_reading.year * 12 + begin_of_reading.month - 1):
        year, month = number // 12, number % 12 + 1
        span = _month(year, month)
        if rule.months and month not in rule.months:
            yield span, ()
        elif rule.month_days or not rule.week_days:
            yield span, _days_of_month(year, month, rule.month_days or {begin.day})
        else:
            yield span, _week_days(rule, span)


def _yearly(rule: RecurrenceRule, first: int, last: int, since: int) -> Iterator[Period]:
    begin, end = date.fromordinal(first), date.fromordinal(last)
    years = range(begin.year, end.year + 1, rule.interval)
    for year in _from(years, date.fromordinal(since).year):
        span = _year(year)
        yield span, _of_year(rule, year, span, begin)


def _of_year(rule: RecurrenceRule, year: int, span: Span, begin: date) -> Iterable[int]:
    if rule.year_days:
        days = (span[0] + at - 1 if at > 0 else span[1] + at + 1 for at in rule.year_days)
        return [day for day in days if span[0] <= day <= span[1]]
    if rule.weeks:
        # The day of the week is that of DTSTART where the rule gives none (RFC 5545 3.3.10).
        any_day = rule.month_days or rule.week_days
        in_weeks = _days_of_weeks(rule, year, span)
        return (day for day in in_weeks if any_day or _weekday(day) == begin.weekday())
    if rule.month_days or not rule.week_days:
        plain = not (rule.month_days or rule.months)
        months = {begin.month} if plain else rule.months or range(1, 13)
        numbers = rule.month_days or {begin.day}
        return [day for month in months for day in _days_of_month(year, month, numbers)]
    return _week_days(rule, span)


def _days_of_weeks(rule: RecurrenceRule, year: int, span: Span) -> Iterator[int]:
    """Yield the days of a year in the weeks of BYWEEKNO, also in weeks of the adjacent years."""
    for week_year in range(max(year - 1, 1), min(year + 1, MAXYEAR) + 1):
        first, last = _year(week_year)
        start = first + 3 - (_weekday(first + 3) - rule.week_start) % 7
        final = last - 3 - (_weekday(last - 3) - rule.week_start) % 7
        for week in rule.weeks:
            begin = start + 7 * (week - 1) if week > 0 else final + 7 * (week + 1)
            if start <= begin <= final:
                yield from range(max(begin, span[0]), min(begin + 6, span[1]) + 1)


def _days_of_month(year: int, month: int, numbers: Iterable[int]) -> Iterator[int]:
    first, last = _month(year, month)
    for at in numbers:
        day = first + at - 1 if at > 0 else last + at + 1
        if first <= day <= last:
            yield day


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _month(year: int, month: int) -> Span:
    first = date(year, month, 1).toordinal()
    return first, first + _length(year, month) - 1


def _year(year: int) -> Span:
    return date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()


def _weekday(day: int) -> int:
    return (day + 6) % 7


_PERIODS: dict[str, Callable[[RecurrenceRule, int, int, int], Iterator[Period]]] = {
    "DAILY": _daily,
    "WEEKLY": _weekly,
    "MONTHLY": _monthly,
    "YEARLY": _yearly,
}

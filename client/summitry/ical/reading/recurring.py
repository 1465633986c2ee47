"""The days of an event that recurs: RRULE, RDATE, EXDATE, within bounds (RFC 5545 3.8.5).

EXRULE is of RFC 2445: without it, days that it takes away would be read as days of the event.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from summitry.ical.content_lines import ContentLine
from summitry.ical.reading import value_parsers
from summitry.ical.reading.expansion import Budget, BudgetError, occurrences
from summitry.ical.reading.faults import (
    BROKEN_PROPERTY,
    LIMIT_EXCEEDED,
    MISSING_PROPERTY,
    NOT_SUPPORTED,
    EventFaultError,
)
from summitry.ical.reading.moments import (
    ONE_DAY,
    CivilTime,
    TimeContext,
    instant,
    locate,
    wall_at,
)
from summitry.ical.reading.properties import Properties
from summitry.ical.reading.recurrence_rules import (
    RecurrenceRule,
    UnsupportedRuleError,
    check_begin,
    parse_rule,
)

MOST = 1000  # days of an event
ENDLESS = timedelta(days=3 * 366)  # how far a rule without an end is read
FURTHEST = timedelta(days=30 * 366)


def recurs(properties: Properties) -> bool:
    """Return whether the event recurs. An empty RRULE does not count."""
    return bool(rules_of(properties)) or "RDATE" in properties


def rules_of(properties: Properties) -> list[ContentLine]:
    """Return the recurrence rules; empty ones are left out with a warning."""
    rules = [prop for prop in properties.all("RRULE") if prop.value.strip(" \t;")]
    if len(rules) < len(properties.all("RRULE")):
        properties.warn(
            MISSING_PROPERTY,
            "RRULE is empty and left out: the event is read as one that does not recur",
        )
    return rules


def starts(
    properties: Properties, start: CivilTime, context: TimeContext, budget: Budget
) -> list[datetime]:
    """Return the wall times at which an event starts, in order, without EXDATE and EXRULE.

    Raises EventFaultError for a rule that is broken, out of bounds, or in another calendar.
    """
    walls = {start.wall}
    for prop in rules_of(properties):
        for wall in _of_rule(prop, start, context, budget):
            walls.add(wall)
            if len(walls) > MOST:
                raise EventFaultError(LIMIT_EXCEEDED, _too_many())
    walls |= _dates(properties, "RDATE", start, context)
    if len(walls) > MOST:
        raise EventFaultError(LIMIT_EXCEEDED, _too_many())
    walls -= _dates(properties, "EXDATE", start, context)
    for prop in properties.all("EXRULE"):
        last = max(walls, default=start.wall)
        walls.difference_update(_of_rule(prop, start, context, budget, endless=last))
    return sorted(walls)


def _of_rule(
    prop: ContentLine,
    start: CivilTime,
    context: TimeContext,
    budget: Budget,
    endless: datetime | None = None,
) -> Iterator[datetime]:
    """Yield the wall times of a rule; a rule without an end stops at `endless`, if given."""
    try:
        check_begin(start.wall.year)
        rule = parse_rule(prop.value)
        if rule.times is not None and rule.times > MOST:
            raise EventFaultError(LIMIT_EXCEEDED, _too_many())
        last = _last(rule, start, context, endless or start.wall + ENDLESS)
        days = occurrences(rule, start.wall.toordinal(), last.toordinal(), budget)
        for day in days:
            wall = datetime.combine(date.fromordinal(day), start.wall.time())
            if wall <= last:
                yield wall
    except EventFaultError:
        raise
    except BudgetError as error:
        raise EventFaultError(LIMIT_EXCEEDED, str(error)) from error
    except ValueError as error:
        is_unsupported = isinstance(error, UnsupportedRuleError)
        reason = NOT_SUPPORTED if is_unsupported else BROKEN_PROPERTY
        raise EventFaultError(reason, f"{prop.name} is broken: {error}") from error


def _last(
    rule: RecurrenceRule, start: CivilTime, context: TimeContext, endless: datetime
) -> datetime:
    """Return the wall time after which no start of the rule is read."""
    furthest = start.wall + FURTHEST
    if not rule.until:
        return furthest if rule.times is not None else endless
    until = value_parsers.stamp(rule.until)
    wall = until.wall
    if until.is_day:
        wall = datetime.combine(wall, datetime.max.time())
    elif until.is_utc and start.zone and start.wall - ONE_DAY < wall < furthest:
        wall = wall_at(instant(CivilTime(wall), context), start.zone, context)
    # Some programs write an end in the year 9999 for a rule without an end.
    return wall if wall <= furthest else endless


def _dates(
    properties: Properties, name: str, start: CivilTime, context: TimeContext
) -> set[datetime]:
    """Return the wall times of RDATE or EXDATE, in the zone of the start."""
    walls = set()
    for prop in properties.all(name):
        for text in filter(None, prop.value.split(",")):
            try:
                stamp = value_parsers.period(text)
            except ValueError as error:
                raise EventFaultError(BROKEN_PROPERTY, f"{name} is broken: {error}") from error
            walls.add(in_zone_of(start, locate(stamp, prop, context), context))
            if len(walls) > MOST:
                raise EventFaultError(LIMIT_EXCEEDED, f"{name} has more than {MOST} days")
        if "/" in prop.value:
            text = f"{name} has periods: their ends are not read, those of DTSTART hold"
            properties.warn(NOT_SUPPORTED, text)
    return walls


def in_zone_of(start: CivilTime, time: CivilTime, context: TimeContext) -> datetime:
    """Return the wall time of `time` in the zone of `start`."""
    if start.is_day or time.is_day or time.zone == start.zone:
        return time.wall
    return wall_at(instant(time, context), start.zone, context)


def _too_many() -> str:
    return f"it is on more than {MOST} days: give its rule an end"

"""The days of an event that recurs: RRULE, RDATE, EXDATE, within bounds (RFC 5545 3.8.5).

EXRULE is of RFC 2445: without it, days that it takes away would be read as days of the event.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from summitry.ical.reading import values
from summitry.ical.reading.expansion import Budget, BudgetError, occurrences
from summitry.ical.reading.moments import (
    ONE_DAY,
    Frame,
    Moment,
    instant,
    located,
    wall_at,
)
from summitry.ical.reading.properties import EventFaultError, Properties, Property
from summitry.ical.reading.rules import Rule, check_begin, parse_rule

MOST = 1000  # days of an event
ENDLESS = timedelta(days=3 * 366)  # of a rule without an end, so much is read
FURTHEST = timedelta(days=30 * 366)


def recurs(properties: Properties) -> bool:
    """Return True if the event is on more days than one. An empty RRULE is none."""
    return bool(rules_of(properties)) or "RDATE" in properties


def rules_of(properties: Properties) -> list[Property]:
    """Return the rules that say something; an empty one is left out with a warning."""
    rules = [prop for prop in properties.all("RRULE") if prop.value.strip(" \t;")]
    if len(rules) < len(properties.all("RRULE")):
        properties.warn("RRULE is empty and left out: the event is read as one that does not recur")
    return rules


def starts(properties: Properties, start: Moment, frame: Frame, budget: Budget) -> list[datetime]:
    """Return the walls at which it starts, in order, those of EXDATE and EXRULE left out.

    Raises EventFaultError for a rule that is broken, out of bounds, or in another calendar.
    """
    walls = {start.wall}
    for prop in rules_of(properties):
        for wall in _of_rule(prop, start, frame, budget):
            walls.add(wall)
            if len(walls) > MOST:
                raise EventFaultError(_too_many())
    walls |= _dates(properties, "RDATE", start, frame)
    if len(walls) > MOST:
        raise EventFaultError(_too_many())
    walls -= _dates(properties, "EXDATE", start, frame)
    for prop in properties.all("EXRULE"):
        last = max(walls, default=start.wall)
        walls.difference_update(_of_rule(prop, start, frame, budget, endless=last))
    return sorted(walls)


def _of_rule(
    prop: Property, start: Moment, frame: Frame, budget: Budget, endless: datetime | None = None
) -> Iterator[datetime]:
    """Yield the walls of a rule; of one without an end those up to `endless`, if it is given."""
    try:
        check_begin(start.wall.year)
        rule = parse_rule(prop.value)
        if rule.times is not None and rule.times > MOST:
            raise EventFaultError(_too_many())
        last = _last(rule, start, frame, endless or start.wall + ENDLESS)
        days = occurrences(rule, start.wall.toordinal(), last.toordinal(), budget)
        for day in days:
            wall = datetime.combine(date.fromordinal(day), start.wall.time())
            if wall <= last:
                yield wall
    except (EventFaultError, BudgetError) as error:
        raise EventFaultError(str(error)) from error
    except ValueError as error:
        raise EventFaultError(f"{prop.name} is broken: {error}") from error


def _last(rule: Rule, start: Moment, frame: Frame, endless: datetime) -> datetime:
    """Return the wall after which no start of the rule is read."""
    furthest = start.wall + FURTHEST
    if not rule.until:
        return furthest if rule.times is not None else endless
    until = values.stamp(rule.until)
    wall = until.wall
    if until.whole:
        wall = datetime.combine(wall, datetime.max.time())
    elif until.utc and start.zone and start.wall - ONE_DAY < wall < furthest:
        wall = wall_at(instant(Moment(wall), frame), start.zone, frame)
    # An end in the year 9999 is how some makers say that there is none.
    return wall if wall <= furthest else endless


def _dates(properties: Properties, name: str, start: Moment, frame: Frame) -> set[datetime]:
    """Return the walls of RDATE or EXDATE, in the zone of the start."""
    walls = set()
    for prop in properties.all(name):
        for text in filter(None, prop.value.split(",")):
            try:
                stamp = values.period(text)
            except ValueError as error:
                raise EventFaultError(f"{name} is broken: {error}") from error
            walls.add(in_zone_of(start, located(stamp, prop, frame), frame))
            if len(walls) > MOST:
                raise EventFaultError(f"{name} has more than {MOST} days")
        if "/" in prop.value:
            properties.warn(f"{name} has periods: their ends are not read, those of DTSTART hold")
    return walls


def in_zone_of(start: Moment, moment: Moment, frame: Frame) -> datetime:
    """Return the wall of a moment as the clocks of another one show it."""
    if start.whole or moment.whole or moment.zone == start.zone:
        return moment.wall
    return wall_at(instant(moment, frame), start.zone, frame)


def _too_many() -> str:
    return f"it is on more than {MOST} days: give its rule an end"

"""The days of an event that recurs: RRULE, RDATE, EXDATE, within bounds (RFC 5545 3.8.5).

EXRULE is of RFC 2445: without it, days that it takes away would be read as days of the event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

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
    UTC_IDS,
    CivilTime,
    EventTimes,
    TimeContext,
    add_duration,
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
from summitry.ical.reading.value_parsers import DateOrTime, PeriodValue

MIDNIGHT = time.min
MOST = 1000  # days of an event
YEAR = timedelta(days=365)
ENDLESS = timedelta(days=3 * 366)  # how far a rule without an end is read where no window is given
FURTHEST = timedelta(days=30 * 366)


class DayWindow(NamedTuple):
    """The days of events without an end that are read, both included."""

    first: date
    last: date


class Recurrence(NamedTuple):
    """The days of an event that recurs."""

    times: EventTimes  # of its DTSTART
    walls: Sequence[datetime]  # of its starts, in order
    excepted: Set[datetime]  # by EXDATE
    periods: Mapping[datetime, EventTimes]  # of RDATE, with an end of their own
    window: DayWindow | None = None  # that was read, of an event without an end

    def times_at(self, wall: datetime, context: TimeContext) -> EventTimes:
        """Return the times of the day that starts at a wall time."""
        period = self.periods.get(wall)
        return period or self.times.moved(wall - self.times.start.wall, context)


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


def recurrence_of(
    properties: Properties,
    times: EventTimes,
    context: TimeContext,
    budget: Budget,
    window: DayWindow | None = None,
) -> Recurrence:
    """Return the wall times at which an event starts.

    Those of a rule without an end lie in the window, by default in the three years from DTSTART.
    Raises EventFaultError for a rule that is broken, out of bounds, or in another calendar.
    """
    start = times.start
    rules = rules_of(properties)
    if any(_has_no_end(prop, start) for prop in rules):
        walls, extent = _in_window(rules, start, context, budget, window or _three_years(start))
        if window is not None:
            _warn_of_window(properties, walls, extent)
    else:
        walls, extent = _finite(rules, start, context, budget), None
    periods = _periods(properties, times, context)
    walls |= periods.keys()
    if len(walls) > MOST * (2 if extent else 1):
        raise EventFaultError(LIMIT_EXCEEDED, _too_many())
    instances = Instances(start, walls, context)
    excepted = {
        wall
        for prop, value in _values(properties, "EXDATE")
        for wall in instances.of(value.start, prop)
    }
    walls = walls - excepted
    for prop in properties.all("EXRULE"):
        whole = DayWindow(
            min(walls, default=start.wall).date(), max(walls, default=start.wall).date()
        )
        walls.difference_update(_of_rule(prop, start, context, budget, whole))
    with_end = {wall: period for wall, period in periods.items() if period is not None}
    return Recurrence(times, sorted(walls), frozenset(excepted), with_end, extent)


def _finite(
    rules: Iterable[ContentLine], start: CivilTime, context: TimeContext, budget: Budget
) -> set[datetime]:
    walls = {start.wall}
    for prop in rules:
        for wall in _of_rule(prop, start, context, budget, _three_years(start)):
            walls.add(wall)
            if len(walls) > MOST:
                raise EventFaultError(LIMIT_EXCEEDED, _too_many())
    return walls


def _in_window(
    rules: Iterable[ContentLine],
    start: CivilTime,
    context: TimeContext,
    budget: Budget,
    window: DayWindow,
) -> tuple[set[datetime], DayWindow]:
    """Return the starts of an event without an end in a window, and the window that was read.

    It ends earlier where more days than are read lie in it.
    """
    walls = {start.wall} if window.first <= start.wall.date() <= window.last else set()
    for prop in rules:
        for wall in _of_rule(prop, start, context, budget, window):
            if wall.date() < window.first or wall in walls:
                continue
            if len(walls) >= MOST:
                window = window._replace(last=wall.date() - ONE_DAY)
                break
            walls.add(wall)
    return {wall for wall in walls if wall.date() <= window.last}, window


def _warn_of_window(properties: Properties, walls: Set[datetime], window: DayWindow) -> None:
    properties.warn(
        LIMIT_EXCEEDED,
        f"it recurs without an end: its {len(walls)} days from {window.first} to {window.last} are "
        "read, and none before or after",
    )


def window_around(today: date) -> DayWindow:
    """Return the days of events without an end that are read by default."""
    return DayWindow(today - YEAR, today + 3 * YEAR)


def _three_years(start: CivilTime) -> DayWindow:
    length = min(ENDLESS, start.wall.max - start.wall)
    return DayWindow(start.wall.date(), (start.wall + length).date())


def _has_no_end(prop: ContentLine, start: CivilTime) -> bool:
    """Return whether a rule has no end, or one so far ahead that none is meant."""
    try:
        rule = parse_rule(prop.value)
        is_far = bool(rule.until) and value_parsers.stamp(rule.until).wall > start.wall + FURTHEST
    except (ValueError, OverflowError):
        return False  # `_of_rule` reports it
    return rule.times is None and (is_far or not rule.until)


def _of_rule(
    prop: ContentLine,
    start: CivilTime,
    context: TimeContext,
    budget: Budget,
    endless: DayWindow,
) -> Iterator[datetime]:
    """Yield the wall times of a rule; of a rule without an end those in the window `endless`."""
    try:
        check_begin(start.wall.year)
        rule = parse_rule(prop.value)
        if rule.times is not None and rule.times > MOST:
            raise EventFaultError(LIMIT_EXCEEDED, _too_many())
        last = _last(rule, start, context, datetime.combine(endless.last, time.max))
        since = endless.first.toordinal() if _has_no_end(prop, start) else 0
        days = occurrences(rule, start.wall.toordinal(), last.toordinal(), budget, since)
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


def _values(properties: Properties, name: str) -> Iterator[tuple[ContentLine, PeriodValue]]:
    """Yield the values of RDATE or EXDATE, each with its property."""
    count = 0
    for prop in properties.all(name):
        for text in filter(None, prop.value.split(",")):
            count += 1
            if count > MOST:
                raise EventFaultError(LIMIT_EXCEEDED, f"{name} has more than {MOST} days")
            try:
                yield prop, value_parsers.period(text)
            except ValueError as error:
                raise EventFaultError(BROKEN_PROPERTY, f"{name} is broken: {error}") from error


def _periods(
    properties: Properties, times: EventTimes, context: TimeContext
) -> dict[datetime, EventTimes | None]:
    """Return the starts of RDATE, with their times where they have an end of their own."""
    periods: dict[datetime, EventTimes | None] = {}
    for prop, period in _values(properties, "RDATE"):
        value = like_start(times.start, period.start, prop, context)
        wall = wall_like_start(times.start, value, context)
        periods[wall] = _with_end(times.start._replace(wall=wall), period, prop, context)
    return periods


def _with_end(
    start: CivilTime, period: PeriodValue, prop: ContentLine, context: TimeContext
) -> EventTimes | None:
    if start.is_day:
        return None  # a PERIOD has hours (RFC 5545 3.3.9)
    if period.length is not None:
        end = add_duration(start, period.length, context)
        return EventTimes(start, end, period.length)
    if period.end is None or period.end.is_day:
        return None
    end = like_start(start, period.end, prop, context)
    return EventTimes(start, start._replace(wall=wall_like_start(start, end, context)))


def like_start(
    start: CivilTime, stamp: DateOrTime, prop: ContentLine, context: TimeContext
) -> CivilTime:
    """Return a value of RDATE, EXDATE or RECURRENCE-ID; a time without a zone has that of DTSTART.

    Programs leave the TZID out, which RFC 5545 3.8.4.4 demands.
    """
    if start.is_day or start.zone:
        return locate(stamp, prop, context._replace(floating=start.zone or UTC_IDS[0]))
    has_zone = stamp.is_day or prop.parameters.get("TZID")
    return locate(stamp if has_zone else stamp._replace(is_utc=True), prop, context)


def wall_like_start(start: CivilTime, value: CivilTime, context: TimeContext) -> datetime:
    """Return the wall time of a value in the type and the zone of DTSTART.

    A day of an event with hours is its hour on that day. An hour of an event of days is its day, in
    the zone of the file if it is in UTC and no midnight there.
    """
    if start.is_day and not value.is_day:
        zone = context.floating or context.display_zone
        is_elsewhere = not value.zone and zone and value.wall.time() != MIDNIGHT
        wall = wall_at(instant(value, context), zone, context) if is_elsewhere else value.wall
        return datetime.combine(wall, MIDNIGHT)
    if value.is_day and not start.is_day:
        return datetime.combine(value.wall, start.wall.time())
    if value.is_day or value.zone == start.zone:
        return value.wall
    return wall_at(instant(value, context), start.zone, context)


class Instances:
    """The starts of an event, found by values of any type and spelling."""

    def __init__(self, start: CivilTime, walls: Iterable[datetime], context: TimeContext) -> None:
        self._start = start
        self._context = context
        self._walls = frozenset(walls)
        self._by_day: dict[date, list[datetime]] = {}
        for wall in sorted(self._walls):
            self._by_day.setdefault(wall.date(), []).append(wall)

    def of(self, stamp: DateOrTime, prop: ContentLine) -> Sequence[datetime]:
        """Return the starts that a value of EXDATE or RECURRENCE-ID stands for.

        A day stands for all on that day, and so does a midnight at which nothing starts: programs
        write days so.
        """
        wall = self.wall(stamp, prop)
        if wall in self._walls and not stamp.is_day:
            return [wall]
        if stamp.wall.time() != MIDNIGHT:
            return []
        return self._by_day.get(wall.date() if self._start.is_day else stamp.wall.date(), [])

    def wall(self, stamp: DateOrTime, prop: ContentLine) -> datetime:
        """Return the wall time of a value as if something started then."""
        value = like_start(self._start, stamp, prop, self._context)
        return wall_like_start(self._start, value, self._context)


def _too_many() -> str:
    return f"it is on more than {MOST} days: give its rule an end"

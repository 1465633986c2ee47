"""VTIMEZONE blocks, generated from the zone's transitions (RFC 5545 section 3.6.5).

The onset of an observance is written in the wall time before it: DTSTART = instant + offset
before, TZOFFSETFROM = offset before, TZOFFSETTO = offset after. A block is right for the instants
that it is generated for and, where possible, for the years around them. The first of these forms
that fits is used:

- steady: one STANDARD, where nothing changes from the first event to a year after the last;
- yearly: one STANDARD and one DAYLIGHT, each with a yearly rule;
- listed: one observance for each transition, without rules.

Outlook understands only the first two (MS-STANOICAL), so yearly rules are tried over several
ranges of years.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from summitry.ical.text import fold_all, local_stamp
from summitry.zones import Transition, Zone
from summitry.zones.days import DAY_SECONDS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_YEAR = 366 * DAY_SECONDS
# An onset this recent is written with its true date, so that readers are right before it too.
_RECENT = 10 * _YEAR
# Years before the first and after the last event that a yearly rule must cover, tried in order.
_STRETCHES = ((1, 4), (1, 1), (0, 1), (0, 0))
# If there are more transitions than this, only those that an event depends on are listed.
_MANY = 64
# Rules that hold until this year are taken to hold for ever.
_LAST_YEAR = 2042


class Observance(NamedTuple):
    """A STANDARD or DAYLIGHT component. `onset` is a wall time, in the offset before."""

    daylight: bool
    onset: int
    before: int
    after: int
    name: str
    rule: str = ""


def vtimezone(key: str, zone: Zone, instants: Collection[int]) -> bytes:
    """Return the block for a TZID, right at all instants (epoch seconds, at least one)."""
    return vtimezone_within(key, zone, min(instants), max(instants), lambda: instants)


def vtimezone_within(
    key: str, zone: Zone, first: int, last: int, instants: Callable[[], Iterable[int]]
) -> bytes:
    """Return the block that is right at all instants, of which the first and the last are given.

    The others are asked for only where all onsets together would be too many to list.
    """
    block = _short_block(key, zone, first, last)
    return block or _block(key, _around_each(zone, sorted(instants())))


@lru_cache(maxsize=256)
def _short_block(key: str, zone: Zone, first: int, last: int) -> bytes:
    """Return the block if the first and the last instant decide it, else b""."""
    observances = _steady(zone, first, last) or _yearly(zone, first, last)
    if not observances:
        changes = zone.transitions(first + 1, last + _YEAR)
        if len(changes) > _MANY:
            return b""
        observances = _listed(zone, first, changes)
    return _block(key, observances)


def _block(key: str, observances: Iterable[Observance]) -> bytes:
    lines = ["BEGIN:VTIMEZONE", f"TZID:{key}"]
    for observance in observances:
        lines.extend(_component(observance))
    lines.append("END:VTIMEZONE")
    return fold_all(lines)


def simple_since(zone: Zone) -> int | None:
    """Return the instant from which one of the first two forms is right, until 2042.

    None if neither form ever is, as for rules that a VTIMEZONE for Outlook cannot express ("the
    Friday before the last Sunday"). 0 if it is right since 1970 or earlier.
    """
    changes = zone.transitions(0, _new_year(_LAST_YEAR + 1))
    if not changes:
        return 0
    if changes[-1].instant < _new_year(_LAST_YEAR - 4):
        return changes[-1].instant
    years = range(1970, _LAST_YEAR - 3)
    index = bisect_left(years, True, key=lambda year: bool(_rules_since(zone, year)))
    return _rules_since(zone, years[index])[0].instant if index < len(years) else None


def _rules_since(zone: Zone, year: int) -> list[Transition]:
    """Return the transitions since a year, if a pair of yearly rules gives them all; else []."""
    changes = zone.transitions(_new_year(year), _new_year(_LAST_YEAR + 1))
    return changes if changes and _rules(zone, year, _LAST_YEAR, changes[0].instant) else []


def _steady(zone: Zone, first: int, last: int) -> list[Observance]:
    """Return one observance, if nothing changes from the first event to a year after the last."""
    if zone.transitions(first + 1, max(last, first + _YEAR)):
        return []
    changes = zone.transitions(first - _RECENT, first + 1)
    if changes:
        return [_observance(zone, changes[-1])._replace(daylight=False)]
    return [_always(zone, first)]


def _always(zone: Zone, instant: int) -> Observance:
    offset = zone.offset_at(instant)
    year = min(_wall(instant).year - 1, 1970)
    return Observance(False, _new_year(year), offset, offset, zone.abbreviation_at(instant))


def _yearly(zone: Zone, first: int, last: int) -> list[Observance]:
    first_year, last_year = _wall(first).year, _wall(last).year
    for before, after in _STRETCHES:
        rules = _rules(zone, first_year - before, last_year + after, first)
        if rules:
            return rules
    return []


def _rules(zone: Zone, first_year: int, last_year: int, first: int) -> list[Observance]:
    """Return DAYLIGHT and STANDARD rules that give just the transitions of these years, or []."""
    changes = zone.transitions(_new_year(first_year), _new_year(last_year + 1))
    years = last_year - first_year + 1
    groups: dict[tuple[int, int, str], list[Transition]] = {}
    for change in changes:
        groups.setdefault(
            (change.offset_before, change.offset_after, change.abbreviation_after), []
        ).append(change)
    # Before its first onset a rule gives no offset, so an event before that would have none.
    if len(groups) != 2 or changes[0].instant > first:
        return []
    candidates = [_rule(zone, group, years) for group in groups.values()]
    if any(rule is None for rule in candidates):
        return []
    rules = [rule for rule in candidates if rule is not None]
    return rules if rules[0].daylight != rules[1].daylight else []


def _rule(zone: Zone, changes: Sequence[Transition], years: int) -> Observance | None:
    walls = [_wall(change.instant + change.offset_before) for change in changes]
    months, weekdays = {wall.month for wall in walls}, {wall.weekday() for wall in walls}
    clocks, weeks = {wall.time() for wall in walls}, _weeks(walls)
    once_a_year = len({wall.year for wall in walls}) == len(walls) == years
    if not (once_a_year and weeks and len(months) == len(weekdays) == len(clocks) == 1):
        return None
    day = f"{weeks}{_DAYS[weekdays.pop()]}"
    rule = f"FREQ=YEARLY;BYMONTH={months.pop()};BYDAY={day}"
    return _observance(zone, changes[0])._replace(rule=rule)


def _weeks(walls: Sequence[datetime]) -> int:
    """Return the week of the month that all days are in: 1-4, -1 (last), 0 if they differ."""
    if all((wall + timedelta(days=7)).month != wall.month for wall in walls):
        return -1
    # A fifth week does not exist in every month, so 5 is no rule; the last week was tried above.
    weeks = {(wall.day - 1) // 7 + 1 for wall in walls}
    return weeks.pop() if len(weeks) == 1 and weeks != {5} else 0


def _listed(zone: Zone, first: int, changes: Iterable[Transition]) -> list[Observance]:
    """Return an observance for the first instant, and one for each of the transitions."""
    start = _governing(zone, first)
    head = _observance(zone, start) if start else _always(zone, first)
    return [head, *(_observance(zone, change) for change in changes if change != start)]


def _around_each(zone: Zone, instants: Sequence[int]) -> list[Observance]:
    """Return an observance per transition around each instant."""
    changes = {change for instant in instants for change in _around(zone, instant)}
    return _listed(zone, instants[0], sorted(changes))


def _around(zone: Zone, instant: int) -> list[Transition]:
    governing = _governing(zone, instant)
    return [*([governing] if governing else []), *zone.transitions(instant + 1, instant + _YEAR)]


def _governing(zone: Zone, instant: int) -> Transition | None:
    # Narrow ranges first: a wide one computes the transitions of all its years.
    for years in (1, 10, 100, 1000):
        changes = zone.transitions(instant - years * _YEAR, instant + 1)
        if changes:
            return changes[-1]
    return None


def _observance(zone: Zone, change: Transition) -> Observance:
    return Observance(
        _is_daylight(zone, change),
        change.instant + change.offset_before,
        change.offset_before,
        change.offset_after,
        change.abbreviation_after,
    )


def _is_daylight(zone: Zone, change: Transition) -> bool:
    """Return whether a transition starts daylight time.

    Where the flag flips, the direction of the clock decides: in Ireland and Morocco the database
    flags winter and Ramadan instead, as negative daylight time.
    """
    if zone.is_dst_at(change.instant - 1) == change.dst_after:
        return change.dst_after
    return change.offset_after > change.offset_before


def _component(observance: Observance) -> Iterable[str]:
    kind = "DAYLIGHT" if observance.daylight else "STANDARD"
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{local_stamp(observance.onset)}"
    if observance.rule:
        yield f"RRULE:{observance.rule}"
    yield f"TZOFFSETFROM:{_offset(observance.before)}"
    yield f"TZOFFSETTO:{_offset(observance.after)}"
    yield f"TZNAME:{observance.name}"
    yield f"END:{kind}"


def _offset(seconds: int) -> str:
    minutes, rest = divmod(abs(seconds), 60)
    sign = "-" if seconds < 0 else "+"
    return f"{sign}{minutes // 60:02}{minutes % 60:02}" + (f"{rest:02}" if rest else "")


def _wall(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)


def _new_year(year: int) -> int:
    return int((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds())

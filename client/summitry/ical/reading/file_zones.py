"""The time zones that a file defines in its VTIMEZONEs, read within bounds (RFC 5545 3.6.5).

A VTIMEZONE becomes a `Zone` for each decade that is asked for, so that gaps and folds are resolved
as for zones of the database. It is evidence only: `tzids` decides whether a zone of the database or
the VTIMEZONE holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from summitry.ical.content_lines import ContentLine, line_pattern, parse_line
from summitry.ical.reading import value_parsers
from summitry.ical.reading.expansion import Budget, BudgetError, occurrences
from summitry.ical.reading.faults import LIMIT_EXCEEDED, EventFaultError
from summitry.ical.reading.recurrence_rules import RecurrenceRule, parse_rule
from summitry.ical.text import unescape
from summitry.zones import Kind, Zone
from summitry.zones.posix import Period
from summitry.zones.tzif import ZoneData

STEPS = 40_000  # of the rules of all VTIMEZONEs; a decade of a zone needs 60
_YEAR = timedelta(days=366)
FIRST_YEAR, LAST_YEAR = 1899, 2201  # in which onsets are read; events are from 1900 to 2200
MOST_OFFSET = 24 * 3600  # seconds, exclusive

_NAMES = ("TZID", "X-LIC-LOCATION", "DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE")
_LINE = line_pattern(_NAMES)
_TZID = re.compile(rb"^TZID[ \t]*+(?:;[^:\n]*+)?:([^\n]*+)", re.MULTILINE | re.IGNORECASE)
_OFFSET = re.compile(r"([+-])([0-9]{2})([0-9]{2})([0-9]{2})?")
_OBSERVANCES = (b"STANDARD", b"DAYLIGHT")

Lines = dict[str, list[ContentLine]]


class _Onset(NamedTuple):
    """A change of offset. The order is that of instants."""

    instant: int
    before: int  # seconds east of UTC
    after: int
    is_daylight: bool


class _Observance(NamedTuple):
    """A STANDARD or DAYLIGHT. Wall times are those of the clock before the onset."""

    before: int  # seconds east of UTC
    after: int
    is_daylight: bool
    walls: Sequence[datetime]  # DTSTART and RDATE
    rules: Sequence[tuple[RecurrenceRule, datetime, datetime]]  # with their first and last day


class FileZone:
    """The clock of a zone as its VTIMEZONE gives it. Onsets are followed near what is asked for."""

    def __init__(
        self, tzid: str, location: str, observances: Sequence[_Observance], budget: Budget
    ) -> None:
        self.location = location
        """X-LIC-LOCATION: the id of the zone that it was made of."""
        self._tzid = tzid
        self._observances = observances
        self._budget = budget
        self._zones: dict[int, Zone] = {}  # by decade

    def is_fixed_at(self, offset: int) -> bool:
        """Return whether the clock always has this offset, in seconds east of UTC."""
        return all(part.before == part.after == offset for part in self._observances)

    def offset_at(self, instant: int) -> int:
        """Return the seconds east of UTC at an instant. Raises EventFaultError."""
        return self._near(instant).offset_at(instant)

    def candidates(self, wall: int) -> tuple[int, int, Kind]:
        """Return the two instants of a wall time and its kind, as `Zone.candidates`.

        Raises EventFaultError if the VTIMEZONEs of the file need too many steps.
        """
        return self._near(wall).candidates(wall)

    def _near(self, seconds: int) -> Zone:
        """Return the zone that is right in the decade of an instant or a wall time."""
        decade = datetime.fromtimestamp(seconds, UTC).year // 10
        if decade not in self._zones:
            self._zones[decade] = Zone(self._tzid, _data(self._onsets(decade * 10)))
        return self._zones[decade]

    def _onsets(self, year: int) -> list[_Onset]:
        """Return the onsets from two years before a decade to two after it, and the one before."""
        begin, end = datetime(max(year - 2, 1), 1, 1), datetime(year + 12, 1, 1)  # noqa: DTZ001
        onsets: set[_Onset] = set()
        try:
            for part in self._observances:
                self._budget.spend(1 + len(part.walls))
                walls = {wall for wall in part.walls if wall <= end}
                for rule, first, last in part.rules:
                    # The last onset of a rule that has ended holds on.
                    start = max(first, min(begin, last - 2 * _YEAR))
                    days = occurrences(
                        rule, start.toordinal(), min(last, end).toordinal(), self._budget
                    )
                    times = (datetime.combine(date.fromordinal(day), first.time()) for day in days)
                    walls.update(wall for wall in times if wall <= last)
                onsets.update(_as_onsets(part, walls))
        except BudgetError as error:
            text = f"the VTIMEZONEs of the file need more than {STEPS} steps: split it"
            raise EventFaultError(LIMIT_EXCEEDED, text) from error
        return sorted(onsets) or [self._first()]

    def _first(self) -> _Onset:
        part = min(self._observances, key=lambda part: part.walls[0])
        return next(iter(_as_onsets(part, part.walls[:1])))


class FileZones:
    """The zones of the VTIMEZONEs of a VCALENDAR. Each is read when it is first asked for."""

    def __init__(self, blocks: Sequence[bytes], budget: Budget) -> None:
        self._blocks = {_tzid_of(block): block for block in reversed(blocks)}  # the first holds
        self._budget = budget
        self._read: dict[str, FileZone | None] = {}

    def get(self, tzid: str) -> FileZone | None:
        """Return the zone of a TZID; None if no VTIMEZONE that can be read defines it."""
        if tzid not in self._read:
            block = self._blocks.get(unescape(tzid), b"")
            self._read[tzid] = read_zone(tzid, block, self._budget) if block else None
        return self._read[tzid]


def read_zone(tzid: str, block: bytes, budget: Budget) -> FileZone | None:
    """Return the zone of a VTIMEZONE, unfolded with lines ended by LF; None if it is broken.

    A VTIMEZONE is read whole or not at all, because without one of its observances it would give
    other offsets than its maker meant.
    """
    head, parts = _parts(block)
    try:
        observances = [_observance(*part) for part in parts]
    except (KeyError, ValueError, OverflowError):
        return None
    if not observances:
        return None
    location = head["X-LIC-LOCATION"][0].value.strip() if "X-LIC-LOCATION" in head else ""
    return FileZone(tzid, location, observances, budget)


def _tzid_of(block: bytes) -> str:
    match = _TZID.search(block)
    return unescape(match[1].decode(errors="replace")).strip() if match else ""


def _parts(block: bytes) -> tuple[Lines, list[tuple[bool, Lines]]]:
    """Return the lines of the VTIMEZONE, and those of each observance with its kind."""
    head: Lines = {}
    observances: list[tuple[bool, Lines]] = []
    lines = head
    for match in _LINE.finditer(block):
        if match[1]:
            name = match[2].strip().upper()
            if len(match[1]) == len("BEGIN") and name in _OBSERVANCES:
                observances.append((name == b"DAYLIGHT", {}))
                lines = observances[-1][1]
        else:
            line = parse_line(match[3])
            lines.setdefault(line.name, []).append(line)
    return head, observances


def _observance(is_daylight: bool, lines: Lines) -> _Observance:
    """Return an observance. Raises KeyError or ValueError if it is broken."""
    before, after = (_offset(lines[name][0].value) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
    start = value_parsers.stamp(lines["DTSTART"][0].value).wall
    rules = [
        _rule(parse_rule(line.value), start, before)
        for line in lines.get("RRULE", ())
        if line.value.strip(" \t;")
    ]
    return _Observance(before, after, is_daylight, [start, *_dates(lines, before)], rules)


def _as_onsets(part: _Observance, walls: Iterable[datetime]) -> Iterator[_Onset]:
    """Yield the onsets of an observance at wall times of the clock before it."""
    for wall in walls:
        yield _Onset(_seconds(wall) - part.before, part.before, part.after, part.is_daylight)


def _dates(lines: Mapping[str, Sequence[ContentLine]], before: int) -> Iterator[datetime]:
    for line in lines.get("RDATE", ()):
        for text in filter(None, line.value.split(",")):
            stamp = value_parsers.stamp(text.partition("/")[0])
            yield stamp.wall + timedelta(seconds=before if stamp.is_utc else 0)


def _rule(
    rule: RecurrenceRule, start: datetime, before: int
) -> tuple[RecurrenceRule, datetime, datetime]:
    """Return a yearly rule with its first and its last wall time. Raises ValueError for others.

    Years before 1899 are left out: Outlook and Exchange begin their rules in 1601.
    """
    if rule.frequency != "YEARLY" or rule.interval != 1:
        raise ValueError("onsets are read of rules of each year")
    begin = max(start, datetime.combine(date(FIRST_YEAR, 1, 1), start.time()))
    last = datetime(LAST_YEAR, 12, 31, 23, 59, 59)  # noqa: DTZ001 - a wall time
    if rule.times is not None:
        last = min(last, last.replace(year=min(start.year + rule.times - 1, LAST_YEAR)))
    if rule.until:
        until = value_parsers.stamp(rule.until)
        offset = timedelta(seconds=before if until.is_utc else 0)
        wall = datetime.combine(until.wall, time.max) if until.is_day else until.wall + offset
        last = min(last, wall)
    return _anchored(rule, start), begin, last


def _anchored(rule: RecurrenceRule, start: datetime) -> RecurrenceRule:
    """Return the rule with the day that DTSTART gives, so that it can be followed from any year."""
    has_day = rule.month_days or rule.week_days or rule.year_days or rule.weeks
    days = rule.month_days if has_day else frozenset({start.day})
    months = rule.months or (frozenset() if has_day else frozenset({start.month}))
    return rule._replace(times=None, months=months, month_days=days)


def _offset(text: str) -> int:
    match = _OFFSET.fullmatch(text.strip())
    if match is None:
        raise ValueError("it is no offset")
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    offset = (hours * 60 + minutes) * 60 + seconds
    if offset >= MOST_OFFSET:
        raise ValueError("it is no offset of less than a day")
    return -offset if match[1] == "-" else offset


def _seconds(wall: datetime) -> int:
    return int(wall.replace(tzinfo=UTC).timestamp())


def _data(onsets: Sequence[_Onset]) -> ZoneData:
    """Return the periods between the onsets; before the first, its TZOFFSETFROM holds."""
    instants: list[int] = []
    periods = [Period(onsets[0].before, "", False)]
    for onset in onsets:
        period = Period(onset.after, "", onset.is_daylight)
        if period != periods[-1]:
            instants.append(onset.instant)
            periods.append(period)
    return ZoneData(instants, periods)

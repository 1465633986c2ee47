"""The conversion of a file's events to records, identified by UID, version and RECURRENCE-ID."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeAlias

from summitry.fields import Fields, identifier, without_empty
from summitry.ical.reading import (
    components,
    facts,
    file_zones,
    methods,
    texts,
    timing,
    value_parsers,
)
from summitry.ical.reading.components import EventText, Lines, split
from summitry.ical.reading.event_days import OnDays, ReadEventDays, ignore_days
from summitry.ical.reading.expansion import STEPS, Budget
from summitry.ical.reading.faults import (
    BROKEN_PROPERTY,
    LIMIT_EXCEEDED,
    MISSING_PROPERTY,
    NOT_SUPPORTED,
    OLDER_VERSION,
    OTHER_METHOD,
    EventFaultError,
    EventWarning,
)
from summitry.ical.reading.file_zones import FileZones
from summitry.ical.reading.moments import EventTimes, TimeContext, times_of
from summitry.ical.reading.properties import Properties, brief
from summitry.ical.reading.recurring import (
    DayWindow,
    Instances,
    Recurrence,
    recurrence_of,
    recurs,
)
from summitry.ical.reading.tzids import KnownIds, Zones
from summitry.ical.reading.versions import SEQUENCE, labels_of, older_by
from summitry.kinds import EVENTS
from summitry.zones import TzDb, default_database

__all__ = ["DAYS", "KINDS", "RULES", "SEQUENCE", "Choices", "Outcome", "read_events", "read_faults"]

RULES = 500  # events of a file that recur
DAYS = 20_000  # records of a file
RECURRING = 16 * 1024  # bytes of an event that recurs
UID = 255  # characters
THIS_AND_FUTURE = "THISANDFUTURE"  # of RANGE (RFC 5545 3.2.13)

KINDS = tuple(kind.singular for kind in EVENTS)


class Choices(NamedTuple):
    """The choices of the caller for facts that the file does not contain."""

    calendar: str  # resource name of the calendar that the records go to
    kind: str = "meeting"  # one of KINDS
    zone: str = ""  # IANA id for times that name none; "" refuses them
    tzids: Mapping[str, str] = {}  # ids that only the file knows, and what they stand for
    is_strict: bool = False  # an event with warnings is refused, and they are faults
    window: DayWindow | None = None  # of days of events that recur without an end


class _Calendar(NamedTuple):
    """The properties of a VCALENDAR that apply to all its events."""

    properties: Properties
    context: TimeContext
    is_cancelling: bool
    refusal: str  # why no event of it is read; "" if they are


class _Phase(NamedTuple):
    """The days of an event from one on, which have the fields of one VEVENT."""

    begin: datetime  # wall time of the first
    event: _Event
    times_at: Callable[[datetime, TimeContext], EventTimes]  # of the day that starts then
    common: Fields


class _Event(NamedTuple):
    """An event whose identity is known."""

    component: EventText
    properties: Properties
    calendar: _Calendar
    uid: str
    day: str  # RECURRENCE-ID as written; "" for an event that is no changed day
    labels: Fields  # those of its version
    is_range: bool = False  # it stands for the later days too

    @property
    def position(self) -> int:
        return self.component.position


Report: TypeAlias = tuple[int, EventFaultError | EventWarning]
"""A fault or a warning, with the position of its event from 1."""
Outcome: TypeAlias = tuple[int, Fields] | Report
"""A record as protobuf JSON, or a report, with the position of its event from 1."""


def read_events(
    data: bytes,
    choices: Choices,
    db: TzDb | None = None,
    most: int = DAYS,
    steps: int = STEPS,
    on_days: OnDays = ignore_days,
) -> Iterator[Outcome]:
    """Yield the events of a file in its order, each with its position from 1.

    An event that recurs gives a record for each day. An event that cannot be read gives an
    EventFaultError at its position; faults of the file, or more than `most` records, give one at
    position 0. Changes to an event, and properties left out of it, give an EventWarning. All
    recurrence rules together may take `steps` steps. `on_days` is called with the days of each
    event that is read, before any outcome is yielded. Raises CalendarTextError if the file is not
    a calendar.
    """
    reader = _FileReader(data, choices, db or default_database(), Budget(steps))
    outcomes = list(islice(reader.records(), most + 1))
    notices = list(reader.notices())
    if choices.is_strict:
        outcomes, notices = _strict(outcomes, notices)
    refused = {position for position, _ in notices} if choices.is_strict else set()
    for days in reader.event_days:
        if days.position not in refused:
            on_days(days)
    yield from sorted([*outcomes[:most], *notices], key=lambda entry: entry[0])
    if len(outcomes) > most:
        yield _too_many(most)


def read_faults(data: bytes, choices: Choices, db: TzDb | None = None) -> Iterator[Report]:
    """Yield what `read_events` yields for a file, but for its records.

    Those take three quarters of the memory, so that each is let go as soon as it is made.
    """
    reader = _FileReader(data, choices, db or default_database(), Budget(STEPS))
    reports: list[Report] = []
    count = 0
    for count, (position, outcome) in enumerate(islice(reader.records(), DAYS + 1), 1):
        if not isinstance(outcome, dict) and count <= DAYS:
            reports.append((position, outcome))
    reports.extend(reader.notices())
    yield from sorted(reports, key=lambda entry: entry[0])
    if count > DAYS:
        yield _too_many(DAYS)


def _strict(outcomes: list[Outcome], notices: list[Report]) -> tuple[list[Outcome], list[Report]]:
    """Return the outcomes without the records of events with warnings, and those as faults."""
    doubtful = {position for position, _ in notices}
    refused: list[Report] = [
        (position, EventFaultError(warning.reason, str(warning))) for position, warning in notices
    ]
    remaining = [
        entry for entry in outcomes if entry[0] not in doubtful or not isinstance(entry[1], dict)
    ]
    return remaining, refused


def _too_many(most: int) -> Report:
    text = f"more than {most} events with all their days: split the file"
    return 0, EventFaultError(LIMIT_EXCEEDED, text)


class _FileReader:
    """The reader of a file, with the state of reading."""

    def __init__(
        self,
        data: bytes,
        choices: Choices,
        db: TzDb,
        budget: Budget,
    ) -> None:
        self._text = split(data)
        self._choices = choices
        self._db = db
        self._ids = KnownIds(db, choices.tzids)
        self._budget = budget
        self._zone_budget = Budget(file_zones.STEPS)
        self.event_days: list[ReadEventDays] = []  # of the events that were read
        self._rules = 0
        self._calendars: dict[int, _Calendar] = {}
        self._events: list[_Event] = []

    def records(self) -> Iterator[Outcome]:
        """Yield all records and faults, grouped by event."""
        yield from ((0, EventFaultError(*flaw)) for flaw in self._text.flaws)
        for component in self._text.events:
            try:
                self._events.append(self._identified(component))
            except EventFaultError as fault:
                yield component.position, fault
        masters, changed, older = _by_identity(self._events)
        yield from older
        for master in masters:
            yield from self._master(master, changed.pop(master.uid, []))
        for days in changed.values():  # days of an event that is not in the file
            for event in days:
                yield self._single(event, None)

    def notices(self) -> Iterator[Report]:
        """Yield the warnings about calendars, and about events that have been read."""
        yield from ((0, warning) for warning in methods.unread(self._text.unread))
        for calendar in self._calendars.values():
            yield from ((0, warning) for warning in calendar.properties.warnings)
        for event in self._events:
            for warning in event.properties.warnings:
                yield event.position, warning

    def _identified(self, component: EventText) -> _Event:
        if component.fault:
            raise EventFaultError(*component.fault)
        properties = Properties(component.lines)
        calendar = self._calendar(component.calendar)
        if calendar.refusal:
            raise EventFaultError(OTHER_METHOD, calendar.refusal)
        uid = properties.value("UID") or facts.uid_of(properties)
        day = properties.single("RECURRENCE-ID")
        extent = day.parameters.get("RANGE", "").upper() if day is not None else ""
        if extent not in ("", THIS_AND_FUTURE):
            message = f"RANGE={brief(extent)} is not read: {THIS_AND_FUTURE} is the only one"
            raise EventFaultError(NOT_SUPPORTED, message)
        text = day.value.strip() if day is not None else ""
        if day is not None and not text:
            text = "RECURRENCE-ID is empty: write the day that it stands for"
            raise EventFaultError(MISSING_PROPERTY, text)
        facts.check_lines(component, properties)
        labels = labels_of(properties)
        return _Event(component, properties, calendar, uid, text, labels, bool(extent))

    def _calendar(self, lines: Lines) -> _Calendar:
        """Return the properties of the VCALENDAR, parsed once for all its events."""
        if id(lines) not in self._calendars:
            properties = Properties(lines)
            method, refusal = methods.method_of(properties)
            zones = Zones(self._ids, FileZones(lines.get(components.ZONES, ()), self._zone_budget))
            name = properties.value("X-WR-TIMEZONE")
            context = TimeContext(
                self._db,
                zones,
                self._choices.zone or zones.floating(name),
                self._ids.find(name),
            )
            self._calendars[id(lines)] = _Calendar(
                properties, context, method == methods.CANCEL, refusal
            )
        return self._calendars[id(lines)]

    def _master(self, master: _Event, changed: list[_Event]) -> Iterator[Outcome]:
        try:
            if recurs(master.properties) or changed:
                yield from self._days(master, changed)
            else:
                times = times_of(master.properties, master.calendar.context)
                yield master.position, self._record(master, self._common(master), times, "")
                self._note_days(master, [""])
        except EventFaultError as fault:
            yield master.position, _with_days(fault, changed)
            for event in changed:
                yield self._single(event, master)

    def _days(self, master: _Event, changed: list[_Event]) -> Iterator[Outcome]:
        self._check_rule(master)
        context = master.calendar.context
        times = times_of(master.properties, context)
        recurrence = recurrence_of(
            master.properties, times, context, self._budget, self._choices.window
        )
        by_wall, rest = _by_wall(changed, master, recurrence)
        yield from rest
        ranges = [(wall, event) for (wall, is_range), event in by_wall.items() if is_range]
        singles = {wall: event for (wall, is_range), event in by_wall.items() if not is_range}
        walls = recurrence.walls
        days = [_mark(wall) for wall in {**dict.fromkeys(walls), **singles}]
        self._note_days(master, days, recurrence.window)
        phases = [_Phase(times.start.wall.min, master, recurrence.times_at, self._common(master))]
        for wall, event in sorted(ranges):
            try:
                phases.append(self._phase(wall, event, master))
            except EventFaultError as fault:
                yield event.position, fault
        begins = [phase.begin for phase in phases]
        for wall in walls:
            if (day := singles.pop(wall, None)) is not None:
                yield self._single(day, master, wall)
                continue
            index = bisect_right(begins, wall) - 1
            phase = phases[index]
            moved = phase.times_at(wall, context)
            record = self._record(phase.event, phase.common, moved, _mark(wall))
            yield phase.event.position, record
            # The same for all days: stored with the first.
            phases[index] = phase._replace(common=phase.common | {"original": ""})
        for wall, day in singles.items():  # a day beside those of the rule
            yield self._single(day, master, wall)

    def _phase(self, begin: datetime, event: _Event, master: _Event) -> _Phase:
        """Return the days from one on that a change with RANGE stands for (RFC 5545 3.2.13)."""
        times = times_of(event.properties, event.calendar.context)

        def times_at(wall: datetime, context: TimeContext) -> EventTimes:
            return times.moved(wall - begin, event.calendar.context)

        return _Phase(begin, event, times_at, self._common(event, master))

    def _note_days(self, master: _Event, days: list[str], window: DayWindow | None = None) -> None:
        bounds = (str(window.first), str(window.last)) if window is not None else ("", "")
        cancelled = master.calendar.is_cancelling
        self.event_days.append(
            ReadEventDays(master.position, master.uid, days, master.labels, cancelled, *bounds)
        )

    def _check_rule(self, event: _Event) -> None:
        self._rules += 1
        if self._rules > RULES:
            raise EventFaultError(LIMIT_EXCEEDED, f"more than {RULES} events recur: split the file")
        size = len(event.component.text)
        if size > RECURRING:
            most = f"{RECURRING} are read of one that recurs"
            raise EventFaultError(LIMIT_EXCEEDED, f"the event has {size} bytes, {most}: shorten it")

    def _single(
        self, event: _Event, master: _Event | None, wall: datetime | None = None
    ) -> Outcome:
        """Return a changed day of a recurring event, identified by its original day `wall`.

        Without it the event that it belongs to is not read, and RECURRENCE-ID is taken as it is.
        """
        try:
            if wall is None and event.is_range:
                message = "RECURRENCE-ID with RANGE changes an event that is not read with it"
                raise EventFaultError(NOT_SUPPORTED, message)
            context = event.calendar.context
            times = times_of(event.properties, context)
            mark = _mark(wall or _wall(event, Instances(times.start, (), context)))
            return event.position, self._record(event, self._common(event, master), times, mark)
        except EventFaultError as fault:
            return event.position, fault

    def _common(self, event: _Event, master: _Event | None = None) -> Fields:
        """Return the fields that all days of an event have in common.

        A changed day without a visibility of its own has that of the event that it belongs to.
        """
        properties = event.properties
        sources = [event.calendar.properties, properties]
        if master is not None and not facts.says_visibility(properties):
            sources.append(master.properties)
        common = {
            "titles": texts.titles_of(properties),
            "summaries": texts.summaries_of(properties),
            "places": facts.places_of(properties),
            **facts.status_of(properties),
            "visibility": facts.visibility_of(*sources),
            "links": facts.links_of(properties),
            "labels": event.labels,
            "original": facts.original_of(event.component, properties),
        }
        if event.calendar.is_cancelling:
            common |= {"status": facts.STATUSES["CANCELLED"], "status_text": "CANCELLED"}
        return common

    def _record(self, event: _Event, common: Fields, times: EventTimes, mark: str) -> Fields:
        uid = f"{event.uid}/{mark}" if mark else event.uid
        if len(uid) > UID:
            text = f"UID has {len(event.uid)} characters: at most {UID} are allowed"
            raise EventFaultError(LIMIT_EXCEEDED, text)
        name = f"{self._choices.calendar}/{self._choices.kind}s/{identifier(uid)}"
        own = {"name": name, "ical_uid": uid} | timing.fields_of(
            times, event.properties, event.calendar.context
        )
        return without_empty(own | common)


def _by_identity(
    events: Iterable[_Event],
) -> tuple[list[_Event], dict[str, list[_Event]], list[Outcome]]:
    """Return the events, their changed days by UID, and a fault for each older version."""
    newest: dict[tuple[str, str, bool], _Event] = {}
    older: list[Outcome] = []
    for event in events:
        key = event.uid, event.day, event.is_range
        newer, replaced = _newer(newest[key], event) if key in newest else (event, None)
        newest[key] = newer
        if replaced is not None:
            older.append(_left_out(replaced, newer))
    masters = [event for (_, day, _), event in newest.items() if not day]
    changed: dict[str, list[_Event]] = defaultdict(list)
    for (uid, day, _), event in newest.items():
        if day:
            changed[uid].append(event)
    return masters, changed, older


def _by_wall(
    changed: Iterable[_Event], master: _Event, recurrence: Recurrence
) -> tuple[dict[tuple[datetime, bool], _Event], list[Outcome]]:
    """Return the changed days by the wall they stand for, and a fault for each that is left out.

    With each wall stands whether the change is for the later days too.
    """
    newest: dict[tuple[datetime, bool], _Event] = {}
    faults: list[Outcome] = []
    walls = {*recurrence.walls, *recurrence.excepted}
    instances = Instances(recurrence.times.start, walls, master.calendar.context)
    for event in changed:
        try:
            wall = _wall(event, instances)
        except EventFaultError as fault:
            faults.append((event.position, fault))
            continue
        if wall in recurrence.excepted and older_by(event.labels, master.labels):
            faults.append(_left_out(event, master))  # excepted since
            continue
        key = wall, event.is_range
        newer, older = _newer(newest[key], event) if key in newest else (event, None)
        newest[key] = newer
        if older is not None:
            faults.append(_left_out(older, newer))
    return newest, faults


def _newer(earlier: _Event, event: _Event) -> tuple[_Event, _Event]:
    """Return the newer and the older version; of two that are equal, the first counts as newer."""
    return (event, earlier) if older_by(earlier.labels, event.labels) else (earlier, event)


def _left_out(event: _Event, newer: _Event) -> Outcome:
    text = f"event {newer.position} has the same UID and is newer or first: left out"
    return event.position, EventFaultError(OLDER_VERSION, text)


def _with_days(fault: EventFaultError, changed: list[_Event]) -> EventFaultError:
    """Return the fault of an event, and note that its changed days are read nevertheless."""
    if not changed:
        return fault
    positions = ", ".join(str(event.position) for event in changed[:10])
    more = f" and {len(changed) - 10} more" if len(changed) > 10 else ""
    return EventFaultError(
        fault.reason,
        f"{fault}; of its days only the changed ones are read: events {positions}{more}",
    )


def _wall(event: _Event, instances: Instances) -> datetime:
    """Return the start that RECURRENCE-ID stands for."""
    prop = event.properties.single("RECURRENCE-ID")
    assert prop is not None
    try:
        stamp = value_parsers.stamp(prop.value)
    except ValueError as error:
        raise EventFaultError(BROKEN_PROPERTY, f"RECURRENCE-ID is broken: {error}") from error
    starts = instances.of(stamp, prop)
    return starts[0] if starts else instances.wall(stamp, prop)


def _mark(wall: datetime) -> str:
    """Return the day for UIDs and names, with its hour unless that is midnight."""
    return value_parsers.compact(wall).removesuffix("T000000")

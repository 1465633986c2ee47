"""Conflicts against all pairs and all hours, through the service.

The model shares no code with the server. It takes each time apart into its days, or its hours by
the clocks of pytz, and compares sets.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, count
from typing import Any, NamedTuple

import pytz
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from summitry.v1.agenda_service_pb2 import ConflictKind

SOAK = os.environ.get("SUMMITRY_SOAK") == "1"
ZONES = {"FR": "Europe/Paris", "US": "America/New_York", "KI": "Pacific/Kiritimati"}
TOWNS = (("Aix", "FR"), ("Nice", "FR"), ("Bath", "US"), ("Tabwakea", "KI"))
DAY_ONE, HOUR = date(2024, 7, 5), 60
EPOCH = int(datetime(2024, 7, 5, tzinfo=UTC).timestamp())
KINDS = (
    *("PERSON_IN_TWO_PLACES", "OVERLAPPING_VISITS", "SIDELINES"),
    *("PART_OUTSIDE_WHOLE", "PRESENCE_OUTSIDE_EVENT"),
)


class Time(NamedTuple):
    """Days from the first on, or hours since midnight of it in UTC; the end is exclusive."""

    start: int
    end: int
    zone: str  # "" for days

    @property
    def days(self) -> set[int]:
        """Return the days on the calendar of the place."""
        if not self.zone:
            return set(range(self.start, self.end))
        return {self._day(hour) for hour in range(self.start, self.end)}

    def _day(self, hour: int) -> int:
        at = datetime.fromtimestamp(EPOCH + hour * 3600, pytz.timezone(self.zone))
        return (at.date() - DAY_ONE).days

    @property
    def hours(self) -> set[int]:
        return set(range(self.start, self.end)) if self.zone else set()

    def json(self) -> dict[str, Any]:
        if not self.zone:
            first, last = (str(DAY_ONE + timedelta(days=day)) for day in (self.start, self.end - 1))
            return {"dates": {"first_date": first, "last_date": last}}
        ends = (
            datetime.fromtimestamp(EPOCH + hour * 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            for hour in (self.start, self.end)
        )
        start, end = ({"instant": end, "time_zone": self.zone} for end in ends)
        return {"timed": {"start": start, "end": end}}


class Part(NamedTuple):
    """When and where somebody or something is."""

    time: Time
    town: tuple[str, str]


class Event(NamedTuple):
    """A visit with segments, a summit, or a meeting that belongs to an earlier event."""

    kind: str
    whole: Part
    segments: list[Time]
    people: str
    parent: int | None
    off: bool


class Sent(NamedTuple):
    """A delegation: the events that it attends, and when, if it says so."""

    engagements: list[tuple[int, Time | None]]
    people: str


towns, people = st.sampled_from(TOWNS), st.sampled_from(("a", "b", "ab"))


@st.composite
def times(draw: Any, zone: str) -> Time:
    if draw(st.booleans()):
        start = draw(st.integers(0, 6))
        return Time(start, start + draw(st.integers(1, 4)), "")
    start = draw(st.integers(0, 7 * 24))
    return Time(start, start + draw(st.sampled_from((1, 2, 5, 24, 25, 60))), zone)


@st.composite
def events(draw: Any, number: int) -> Event:
    town = draw(towns)
    zone = ZONES[town[1]]
    kind = draw(st.sampled_from(("visits", "visits", "summits", "meetings")))
    whole = Part(draw(times(zone)), town)
    segments = draw(st.lists(times(zone), max_size=2)) if kind == "visits" else []
    earlier = st.none() | st.integers(0, number - 1) if number else st.none()
    parent = draw(earlier) if kind == "meetings" else None
    return Event(kind, whole, segments, draw(people), parent, draw(st.integers(0, 9)) == 0)


@st.composite
def instances(draw: Any) -> tuple[list[Event], list[Sent]]:
    collected: list[Event] = []
    for number in range(draw(st.integers(2, 6))):
        drawn_event = draw(events(number))
        if drawn_event.parent is not None and collected[drawn_event.parent].kind == "meetings":
            drawn_event = drawn_event._replace(parent=None)
        collected.append(drawn_event)
    zone = st.sampled_from(sorted(ZONES.values())).flatmap(times)
    engagement = st.tuples(st.integers(0, len(collected) - 1), st.none() | zone)
    sent = st.builds(Sent, st.lists(engagement, min_size=1, max_size=2), people)
    return collected, draw(st.lists(sent, max_size=2))


ConflictRow = tuple[str, frozenset[str], str, bool]  # kind, names, subject, hard


def gravest(conflicts: set[ConflictRow]) -> set[ConflictRow]:
    """Drop the soft conflicts that are hard in another way."""
    return {
        conflict for conflict in conflicts if conflict[3] or (*conflict[:3], True) not in conflicts
    }


def parts_of(event: Event) -> list[Part]:
    segments = [Part(time, event.whole.town) for time in event.segments]
    return segments or [event.whole]


def name_of(number: int, event: Event) -> str:
    return f"{event.kind}/e{number}"


def stays(events: list[Event], sent: list[Sent]) -> list[tuple[str, str, Part]]:
    """(record, person, part): who is where for certain."""
    result = [
        (name_of(number, event), person, part)
        for number, event in enumerate(events)
        if not event.off
        for person in event.people
        for part in parts_of(event)
    ]
    for number, delegation in enumerate(sent):
        for index, presence in delegation.engagements:
            event = events[index]
            parts = parts_of(event) if presence is None else [Part(presence, event.whole.town)]
            if not event.off:
                result += [
                    (f"delegations/d{number}", member, part)
                    for member in delegation.people
                    for part in parts
                ]
    return result


def at_once(first: Time, second: Time) -> bool:
    """Hours have one in common; else days, one of which is no day of travel for one of them."""
    if first.hours and second.hours:
        return bool(first.hours & second.hours)
    common = first.days & second.days
    return any(min(time.days) < day < max(time.days) for time in (first, second) for day in common)


def two_places(events: list[Event], sent: list[Sent]) -> set[ConflictRow]:
    result = set()
    for (name, person, part), (second_name, second_person, where) in combinations(
        stays(events, sent), 2
    ):
        if person == second_person and part.town != where.town and at_once(part.time, where.time):
            hours = (part.time.hours, where.time.hours)
            hard = all(0 < len(span) <= 24 for span in hours)
            result.add(("PERSON_IN_TWO_PLACES", frozenset((name, second_name)), person, hard))
    return result


def pairs(events: list[Event]) -> list[tuple[str, Event, Part, str, Event, Part]]:
    """Draw two parts of two events that share a day."""
    lived = [(i, first) for i, first in enumerate(events) if not first.off]
    return [
        (name_of(i, first), first, part, name_of(j, second), second, where)
        for (i, first), (j, second) in combinations(lived, 2)
        for part in parts_of(first)
        for where in parts_of(second)
        if part.time.days & where.time.days
    ]


def overlapping_visits(events: list[Event]) -> set[ConflictRow]:
    return {
        (
            "OVERLAPPING_VISITS",
            frozenset((name, second_name)),
            min({*first.people} & {*second.people}),
            False,
        )
        for name, first, part, second_name, second, where in pairs(events)
        if first.kind == second.kind == "visits"
        and part.town[1] == where.town[1]
        and {*first.people} & {*second.people}
    }


def sidelines(events: list[Event]) -> set[ConflictRow]:
    result = set()
    for name, first, part, second_name, second, where in pairs(events):
        belongs = (first.parent is not None and events[first.parent] is second) or (
            second.parent is not None and events[second.parent] is first
        )
        if "summits" in (first.kind, second.kind) and part.town == where.town and not belongs:
            result.add(("SIDELINES", frozenset((name, second_name)), part.town[0], False))
    return result


def reach(part: Time, whole: Time) -> tuple[set[int], set[int]]:
    """Return both as hours, or both as days if one of them has only days."""
    by_hours = part.hours and whole.hours
    return (part.hours, whole.hours) if by_hours else (part.days, whole.days)


def parts_outside(events: list[Event]) -> set[ConflictRow]:
    result = set()
    for number, event in enumerate(events):
        name = name_of(number, event)
        containers = [
            (f"segments[{i}]", segment, event.whole.time, name)
            for i, segment in enumerate(event.segments)
        ]
        if event.parent is not None and not events[event.parent].off:
            parent = events[event.parent]
            containers.append(
                ("", event.whole.time, parent.whole.time, name_of(event.parent, parent))
            )
        for subject, time, whole, container_name in containers:
            part, around = reach(time, whole)
            if not event.off and part - around:
                names = frozenset((name, container_name))
                result.add(("PART_OUTSIDE_WHOLE", names, subject, not part & around))
    return result


def presence_outside(events: list[Event], sent: list[Sent]) -> set[ConflictRow]:
    result = set()
    for number, delegation in enumerate(sent):
        for index in {index for index, _ in delegation.engagements}:
            event = events[index]
            presences = [
                presence for event_index, presence in delegation.engagements if event_index == index
            ]
            stated_presences = [presence for presence in presences if presence is not None]
            if event.off or len(stated_presences) < len(presences):
                continue
            whole = event.whole.time
            by_hours = whole.hours and all(presence.hours for presence in stated_presences)
            expected = whole.hours if by_hours else whole.days
            there = set().union(
                *(
                    delegation.hours if by_hours else delegation.days
                    for delegation in stated_presences
                )
            )
            if expected - there:
                names = frozenset((f"delegations/d{number}", name_of(index, event)))
                result.add(("PRESENCE_OUTSIDE_EVENT", names, f"p{number}", not expected & there))
    return result


def store(api: Any, parent: str, events: list[Event], sent: list[Sent]) -> None:
    for number, event in enumerate(events):
        locality, region = event.whole.town
        places = [{"localities": [{"text": locality}], "region_code": region}]
        fields: dict[str, Any] = {"time": event.whole.time.json(), "places": places}
        persons = [{"id": delegation} for delegation in event.people]
        if event.kind == "visits":
            fields["principals"] = persons
            fields["segments"] = [{"time": time.json()} for time in event.segments]
        else:
            fields["participants"] = [{"person": delegation} for delegation in persons]
        if event.parent is not None:
            fields["parent_event"] = f"{parent}/{name_of(event.parent, events[event.parent])}"
        if event.off:
            fields["status"] = "EVENT_STATUS_CANCELLED"
        api.create(event.kind, f"e{number}", parent, **fields)
    for number, delegation in enumerate(sent):
        engagements = [
            {"event": f"{parent}/{name_of(index, events[index])}"}
            | ({"presence": presence.json()} if presence else {})
            for index, presence in delegation.engagements
        ]
        members = [{"person": {"id": member}} for member in delegation.people]
        fields = {"party": {"id": f"p{number}"}, "members": members, "engagements": engagements}
        api.create("delegations", f"d{number}", parent, **fields)


numbers = count()


@settings(
    max_examples=1000 if SOAK else 100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(instances())
def test_conflicts_equal_a_look_at_all_pairs_and_hours(
    api: Any, instance: tuple[list[Event], list[Sent]]
) -> None:
    events, sent = instance
    parent = f"calendars/c{next(numbers)}"
    api.create("calendars", parent.removeprefix("calendars/"))
    store(api, parent, events, sent)
    dates = {"first_date": "2024-06-01", "last_date": "2024-08-31", "time_zone": "UTC"}
    kinds = [f"CONFLICT_KIND_{kind}" for kind in KINDS]
    answer = api(
        "FindConflicts",
        parent=parent,
        window={"dates": dates},
        kinds=kinds,
        page_size=1000,
    )
    actual = {
        (
            ConflictKind.Name(conflict.kind).removeprefix("CONFLICT_KIND_"),
            frozenset({conflict.name, conflict.other_name or conflict.name}),
            conflict.subject,
            conflict.hard,
        )
        for conflict in answer.conflicts
    }
    expected = {
        *two_places(events, sent),
        *overlapping_visits(events),
        *sidelines(events),
        *parts_outside(events),
        *presence_outside(events, sent),
    }
    assert len(answer.conflicts) == len(actual)
    assert actual == {
        (kind, frozenset(f"{parent}/{name}" for name in names), subject, hard)
        for kind, names, subject, hard in gravest(expected)
    }

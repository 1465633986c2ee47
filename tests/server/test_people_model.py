"""Where people are, and when they can meet, against models that share no code with the server.

From records to answers, through the service. The models know clocks from pytz alone. That of the
windows reads each minute by itself: who is where, what the clock there says, what stands against
meeting. That of places looks at each day, or minute, of each stay.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count, groupby
from typing import Any, NamedTuple

import pytest
import pytz
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from summitry.v1.agenda_service_pb2 import BlockerReason
from summitry.v1.filter_pb2 import MatchCertainty

# The clocks of these places change, or skip a day, on the days after these.
EVES = ("2024-03-29", "2024-10-25", "2024-03-08", "2024-11-01", "2024-02-28", "2011-12-28")
ZONES = (
    *("Asia/Almaty", "Europe/Paris", "America/New_York", "Pacific/Apia", "Pacific/Kiritimati"),
    *("Pacific/Honolulu", "America/St_Johns", "Asia/Kathmandu", "UTC"),
)
CLOCKS = ("00:00", "00:30", "02:15", "02:30", "08:00", "09:00", "12:00", "17:45", "23:30", "24:00")
DAY = 1440  # minutes
CERTAIN = MatchCertainty.MATCH_CERTAINTY_CERTAIN
SOAK = os.environ.get("SUMMITRY_SOAK") == "1"


@cache
def wall(zone: str, minute: int) -> datetime:
    """Return the wall time of a zone at a minute since 1970 in UTC."""
    at = datetime.fromtimestamp(minute * 60, UTC)
    return at.astimezone(pytz.timezone(zone)).replace(tzinfo=None)


@cache
def begins(zone: str, day: date) -> int:
    """Return the first minute at which it is that day, or later, in a zone."""
    minute = epoch(datetime(day.year, day.month, day.day)) - 26 * 60
    while wall(zone, minute).date() < day:
        minute += 15
    return minute


@cache
def day_at(zone: str, minute: int) -> date:
    """Return the day whose time a minute is: clocks that go back over midnight do not bring one back."""
    day = wall(zone, minute).date()
    later = day + timedelta(days=1)
    return later if begins(zone, later) <= minute else day


@cache
def first_minute_of(zone: str, day: date, clock: str) -> int:
    """Return the first minute at which clocks show a time; one that they skip is read by those before."""
    hour, minute = map(int, clock.split(":"))
    expected = datetime(day.year, day.month, day.day) + timedelta(hours=hour, minutes=minute)
    near = range(epoch(expected) - 26 * 60, epoch(expected) + 26 * 60, 15)
    candidates = [
        m for start in near for m in (start + expected.minute % 15,) if wall(zone, m) == expected
    ]
    if candidates:
        return candidates[0]
    before = max(m for m in near if wall(zone, m) < expected)
    return epoch(expected) - (epoch(wall(zone, before)) - before)


def epoch(at: datetime) -> int:
    return int(at.replace(tzinfo=UTC).timestamp()) // 60


class Span(NamedTuple):
    """When something is: minutes, or days on the calendar of a zone ("": nobody knows which)."""

    first: Any  # a minute, or a day
    last: Any  # a minute, exclusive (None: not known), or a day, inclusive
    zone: str

    @property
    def is_days(self) -> bool:
        return isinstance(self.first, date)


class Event(NamedTuple):
    """A record of the model."""

    collection: str
    span: Span
    place: str  # the zone of the place; ""
    persons: str  # "a", "b", "c"; c serves KZ
    vague: bool  # the days are those of a month, and nobody knows which of them
    status: str  # of the event: "CONFIRMED", "RUMORED", "CANCELLED"
    taking_part: str  # of the persons: "CONFIRMED", "INVITED", "DECLINED"
    mode: str  # "IN_PERSON", "VIDEO", "WRITTEN"
    parent: int | None = None  # of a meeting: the event to whose programme it belongs
    seat: str = ""  # the place of the parent, for a meeting that has none

    @property
    def clock(self) -> str:
        """Return the zone that it is in: as its days say, else its place, else its hours."""
        place = self.place or self.seat
        return self.span.zone or place if self.span.is_days else place or self.span.zone


class Member(NamedTuple):
    """Somebody in a delegation from KZ to an event; arrival and departure may not be known."""

    event: int
    person: str
    arrival: int | None
    departure: int | None
    zone: str  # in which they are told


class Attendee(NamedTuple):
    subject: str  # a person, or "KZ"
    zone: str
    opens: str
    closes: str
    days_off: tuple[int, ...]


class Question(NamedTuple):
    attendees: list[Attendee]
    first: date
    last: date
    zone: str
    minutes: int
    margin: int
    possible: bool


def mostly(usual: str, *rare: str) -> st.SearchStrategy[str]:
    """Draw the usual value two times of three."""
    return st.sampled_from((*(usual,) * 2 * len(rare), *rare))


zones = st.sampled_from(ZONES)
maybe = st.sampled_from(("", *ZONES))


@st.composite
def spans(draw: Any, eve: date) -> Span:
    zone = draw(zones)
    if draw(st.booleans()):
        start = epoch(datetime(eve.year, eve.month, eve.day)) + draw(st.integers(-DAY, 4 * DAY))
        length = draw(st.none() | st.integers(1, 300) | st.integers(DAY - 2, 2 * DAY))
        return Span(start, None if length is None else start + length, zone)
    first = eve + timedelta(days=draw(st.integers(-1, 3)))
    assume(first != date(2011, 12, 30))
    last = first + timedelta(days=draw(st.integers(0, 2)))
    assume(last != date(2011, 12, 30))
    return Span(first, last, draw(maybe))


@st.composite
def events(draw: Any, eve: date) -> Event:
    span, vague = draw(spans(eve)), draw(st.integers(0, 9)) == 0
    if vague:
        first = eve.replace(day=1)
        span = Span(
            first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1), draw(maybe)
        )
    return Event(
        draw(st.sampled_from(("meetings", "meetings", "meetings", "summits", "visits", "visits"))),
        span,
        draw(maybe),
        draw(st.sampled_from(("a", "b", "c", "ab", "bc", "abc", "abc"))),
        vague,
        draw(mostly("CONFIRMED", "RUMORED", "CANCELLED")),
        draw(mostly("CONFIRMED", "INVITED", "DECLINED")),
        draw(mostly("IN_PERSON", "VIDEO", "WRITTEN")),
    )


@st.composite
def members(draw: Any, eve: date, events: list[Event]) -> Member:
    start = epoch(datetime(eve.year, eve.month, eve.day))
    index = draw(st.integers(0, len(events) - 1))
    around = st.sampled_from(bounds(events[index].span)).flatmap(
        lambda minute: st.integers(minute - DAY, minute + DAY)
    )
    ends = (
        draw(st.integers(start - DAY, start + 3 * DAY) | around),
        draw(st.integers(start, start + 4 * DAY) | around),
    )
    arrival, departure = sorted(ends)
    return Member(
        index,
        draw(st.sampled_from("abc")),
        draw(st.sampled_from((None, arrival))),
        draw(st.sampled_from((None, departure))),
        draw(zones),
    )


def bounds(span: Span) -> list[int]:
    """Return the minutes at which a span begins and ends, in UTC."""
    if not span.is_days:
        return [span.first, span.last or span.first + 1]
    days = (span.first, span.last + timedelta(days=1))
    return [epoch(datetime(day.year, day.month, day.day)) for day in days]


@st.composite
def attendees(draw: Any) -> Attendee:
    opens, closes = sorted(
        draw(st.lists(st.sampled_from(CLOCKS), min_size=2, max_size=2, unique=True))
    )
    days_off = draw(st.sets(st.integers(1, 7), max_size=3) if draw(st.booleans()) else st.just(()))
    return Attendee(
        draw(st.sampled_from(("a", "b", "c", "KZ"))), draw(maybe), opens, closes, tuple(days_off)
    )


@st.composite
def instances(draw: Any) -> tuple[list[Event], list[Member], Question]:
    eve = date.fromisoformat(draw(st.sampled_from(EVES)))
    drawn_events = draw(st.lists(events(eve), min_size=2, max_size=7))
    for index, drawn_event in enumerate(drawn_events):
        parent = draw(st.none() | st.integers(0, len(drawn_events) - 1))
        if (
            drawn_event.collection == "meetings"
            and parent is not None
            and drawn_events[parent].collection != "meetings"
        ):
            drawn_events[index] = drawn_event._replace(
                parent=parent, seat=drawn_events[parent].place
            )
    sent = draw(st.lists(members(eve, drawn_events), max_size=2))
    first = eve + timedelta(days=draw(st.integers(0, 1)))
    question = Question(
        draw(st.lists(attendees(), min_size=1, max_size=3)),
        first,
        first + timedelta(days=draw(st.integers(1, 2))),
        draw(zones),
        draw(st.integers(1, 240)),
        draw(st.sampled_from((0, 0, 15, 90, DAY))),
        draw(st.booleans()),
    )
    return drawn_events, sent, question


class Engagement(NamedTuple):
    """A commitment or stay that a record states of persons or of a party."""

    name: str
    persons: set[str]
    index: int
    event: Event
    sure: bool
    clock: str  # the zone of the place; ""
    arrival: int | None = None
    departure: int | None = None
    zone: str = ""  # in which these are told

    def minutes(self, home: str, possible: bool) -> range:
        """Return the certain or possible minutes; days without a zone are those of `home`."""
        span = self.event.span
        if span.is_days:
            if (self.event.vague and not possible) or self.misses():
                return range(0)
            return self._days(span, self.clock or home)
        end = span.last
        if end is None and possible:  # it may be for the rest of the day
            clock = self.clock or "UTC"
            end = begins(clock, day_at(clock, span.first) + timedelta(days=1))
        end = span.first + 1 if end is None else end
        return range(max(span.first, self.arrival or 0), min(end, self.departure or end))

    def misses(self) -> bool:
        """Return true for an arrival after the last day at the place, or a departure before the first."""
        first, last, zone = self.event.span
        zone = zone or self.event.place or "UTC"
        start, end = begins(zone, first), begins(zone, last + timedelta(days=1))
        return max(start, self.arrival or start) >= min(end, self.departure or end)

    def _days(self, span: Span, zone: str) -> range:
        """Arrival and departure are days of presence."""
        first, last = span.first, span.last
        if self.arrival is not None:
            first = max(first, wall(self.zone, self.arrival).date())
        if self.departure is not None:
            last = min(last, wall(self.zone, self.departure).date())
        return range(begins(zone, first), begins(zone, max(first, last + timedelta(days=1))))


def serving(person: str) -> set[str]:
    return {person, "KZ"} if person == "c" else {person}


def engagements_of(events: list[Event], sent: list[Member]) -> list[Engagement]:
    """Return the commitments of persons, and of the party."""
    collected = []
    for index, event in enumerate(events):
        name = f"{event.collection}/v{index}"
        engagement = Engagement(name, {"KZ"}, index, event, event.status != "RUMORED", event.clock)
        if event.status == "CANCELLED":
            continue
        if event.collection == "visits":
            if is_short(engagement):
                collected.append(
                    engagement._replace(persons={"KZ"}.union(*map(serving, event.persons)))
                )
            continue
        if event.collection == "summits":
            collected.append(engagement)  # KZ is the host
        if event.mode != "WRITTEN" and event.taking_part != "DECLINED":
            sure = engagement.sure and event.taking_part != "INVITED"
            collected += [
                engagement._replace(persons=serving(person_id), sure=sure)
                for person_id in event.persons
            ]
    for index, member in enumerate(sent):
        event = events[member.event]
        sure, name = event.status != "RUMORED", f"delegations/d{index}"
        engagement = Engagement(name, {"KZ"}, member.event, event, sure, event.clock)
        if event.status != "CANCELLED" and (event.collection != "visits" or is_short(engagement)):
            collected += [
                engagement,
                engagement._replace(persons=serving(member.person), **ends_of(member)),
            ]
    return collected


def is_short(engagement: Engagement) -> bool:
    return not engagement.event.span.is_days and len(engagement.minutes("", True)) <= DAY


def ends_of(member: Member) -> dict[str, Any]:
    return {"arrival": member.arrival, "departure": member.departure, "zone": member.zone}


def certain_stays(events: list[Event], sent: list[Member]) -> list[Engagement]:
    """Return the stays that are certain."""
    collected = []
    for event in events:
        comes = event.mode == "IN_PERSON" and event.taking_part == "CONFIRMED"
        if event.status == "CONFIRMED" and (event.collection == "visits" or comes):
            collected += [
                Engagement("", {person_id}, 0, event, True, event.clock)
                for person_id in event.persons
            ]
    for member in sent:
        event = events[member.event]
        if event.status != "CONFIRMED":
            continue
        stay_record = Engagement(
            "", {member.person}, 0, event, True, event.clock, **ends_of(member)
        )
        if member.arrival is not None and member.departure is not None:
            journey = Span(member.arrival, member.departure, member.zone)
            stay = event._replace(span=journey, vague=False)
            stay_record = Engagement("", {member.person}, 0, stay, True, stay.clock)
        collected.append(stay_record)
    return [stay_record for stay_record in collected if stay_record.clock]


def zone_at(stays: list[tuple[range, str]], home: str, minute: int) -> str:
    """Return the clock that somebody lives by at a minute: that of the shortest stay, begun last."""
    now = [(len(time), -time.start, clock) for time, clock in stays if minute in time]
    if not now:
        return home
    best = min(now)
    assume(
        all(candidate[2] == best[2] for candidate in now if candidate[:2] == best[:2])
    )  # else the order decides
    return best[2]


Blocked = dict[tuple[int, str, str], set[int]]


def busy_minutes(question: Question, engagements: list[Engagement]) -> Blocked:
    minutes_of: Blocked = defaultdict(set)
    margin = question.margin
    for number, attendee in enumerate(question.attendees):
        home = attendee.zone or question.zone
        own = [
            engagement
            for engagement in engagements
            if attendee.subject in engagement.persons and (engagement.sure or question.possible)
        ]
        for engagement in own:
            for busy in without_programme(engagement, own, home, question.possible):
                minutes_of[number, "busy", engagement.name].update(busy)
                minutes_of[number, "margin", engagement.name].update(
                    range(busy.start - margin, busy.start)
                )
                minutes_of[number, "margin", engagement.name].update(
                    range(busy.stop, busy.stop + margin)
                )
    return minutes_of


def without_programme(
    engagement: Engagement, own: list[Engagement], home: str, possible: bool
) -> Iterator[range]:
    """Yield runs of minutes of an engagement, without the days that a programme covers."""
    minutes, zone = engagement.minutes(home, possible), engagement.clock or home
    programme_days = set()
    for candidate in own:
        belongs = engagement.event.span.is_days and candidate.event.parent == engagement.index
        if belongs and not candidate.event.span.is_days:
            programme_days |= {day_at(zone, moment) for moment in candidate.minutes(home, possible)}
    remaining = [
        moment
        for moment in minutes
        if not programme_days or day_at(zone, moment) not in programme_days
    ]
    for _, run in groupby(enumerate(remaining), key=lambda moment: moment[1] - moment[0]):
        run_minutes = [moment for _, moment in run]
        yield range(run_minutes[0], run_minutes[-1] + 1)


def closed_minutes(question: Question, stays: list[Engagement], span: range) -> Blocked:
    minutes_of: Blocked = defaultdict(set)
    for number, attendee in enumerate(question.attendees):
        own = [
            (stay.minutes("", False), stay.clock)
            for stay in stays
            if attendee.subject in stay.persons
        ]
        for minute in span:
            zone = zone_at(own, attendee.zone or question.zone, minute)
            day = day_at(zone, minute)
            if day.isoweekday() in attendee.days_off:
                minutes_of[number, "day off", ""].add(minute)
            elif not is_open(attendee, zone, day, minute):
                minutes_of[number, "outside hours", ""].add(minute)
    return minutes_of


def is_open(attendee: Attendee, zone: str, day: date, minute: int) -> bool:
    opens = 0 if attendee.opens == "00:00" else first_minute_of(zone, day, attendee.opens)
    return minute >= opens and (
        attendee.closes == "24:00" or minute < first_minute_of(zone, day, attendee.closes)
    )


def look(events: list[Event], sent: list[Member], question: Question) -> tuple[Any, Blocked]:
    """Return the windows, and the minutes that each blocker takes, minute by minute."""
    end = begins(question.zone, question.last + timedelta(days=1))
    span = range(begins(question.zone, question.first), end)
    blocked = busy_minutes(question, engagements_of(events, sent))
    blocked |= closed_minutes(question, certain_stays(events, sent), span)
    inside = {key: minutes & set(span) for key, minutes in blocked.items()}
    blocked_minutes = set().union(*inside.values())
    runs = groupby(span, key=lambda minute: minute not in blocked_minutes)
    free = [list(run) for is_free, run in runs if is_free]
    windows = [(run[0], run[-1] + 1) for run in free if len(run) >= question.minutes]
    return windows, {key: minutes for key, minutes in inside.items() if minutes}


class PlacesQuery(NamedTuple):
    """A query for the places of persons in the days of a zone."""

    persons: list[str]
    first: date
    last: date
    zone: str
    possible: bool


@st.composite
def places(draw: Any) -> tuple[list[Event], list[Member], PlacesQuery]:
    drawn_events, sent, question = draw(instances())
    persons = draw(st.permutations("abc"))[: draw(st.integers(1, 3))]
    return (
        drawn_events,
        sent,
        PlacesQuery(persons, question.first, question.last, question.zone, question.possible),
    )


def passing_by(
    day: date, place: str, arrival: str = "", departure: str = ""
) -> tuple[list[Event], list[Member], PlacesQuery]:
    """Return a member who is travelling on the day of a visit by UTC, but not at the place.

    Who left Kathmandu on the 27th had gone before the 27th began in Honolulu.
    """
    visit = Event("visits", Span(day, day, ""), place, "b", False, "CONFIRMED", "CONFIRMED", "")
    arrived, departed = (
        epoch(datetime.fromisoformat(at)) if at else None for at in (arrival, departure)
    )
    return (
        [visit],
        [Member(0, "a", arrived, departed, "UTC")],
        PlacesQuery(["a"], day, day, "UTC", False),
    )


def possible_stays(events: list[Event], sent: list[Member]) -> list[Engagement]:
    """Return the certain and possible stays, named by the record or the part that states them."""
    collected = []
    for index, event in enumerate(events):
        is_visit = event.collection == "visits"
        if not is_visit and (event.mode != "IN_PERSON" or event.taking_part == "DECLINED"):
            continue
        sure = event.status == "CONFIRMED" and (is_visit or event.taking_part == "CONFIRMED")
        name = f"{event.collection}/v{index}"
        collected += [
            Engagement(name, {person_id}, 0, event, sure, "") for person_id in event.persons
        ]
    for index, member in enumerate(sent):
        event, name = events[member.event], f"delegations/d{index}"
        stay = Engagement(
            f"{name}engagements[0]", {member.person}, 0, event, True, "", **ends_of(member)
        )
        if member.arrival is not None and member.departure is not None:
            journey = event._replace(
                span=Span(member.arrival, member.departure, member.zone), vague=False
            )
            stay = Engagement(f"{name}members[0]", {member.person}, 0, journey, True, "")
        collected.append(stay._replace(sure=event.status == "CONFIRMED"))
    return [stay for stay in collected if stay.event.status != "CANCELLED"]


def match_of(stay_record: Engagement, query: PlacesQuery) -> str:
    """Classify a stay against the days of a query: "certain", "possible" or ""."""
    span = stay_record.event.span
    if not span.is_days:
        start = begins(query.zone, query.first)
        inside = range(start, begins(query.zone, query.last + timedelta(days=1)))
        stay = stay_record.minutes("", False)
        return "certain" if set(stay) & set(inside) else ""
    if stay_record.misses():
        return ""
    days = [span.first + timedelta(days=n) for n in range((span.last - span.first).days + 1)]
    for edge, expected in ((stay_record.arrival, 1), (stay_record.departure, -1)):
        if edge is not None:
            day = wall(stay_record.zone, edge).date()
            days = [
                covered for covered in days if (covered >= day if expected == 1 else covered <= day)
            ]
    within = [covered for covered in days if query.first <= covered <= query.last]
    if not within:
        return ""
    return "certain" if not stay_record.event.vague or within == days else "possible"


# The same instance through the service.


def point(minute: int, zone: str) -> dict[str, Any]:
    at = datetime.fromtimestamp(minute * 60, UTC)
    return {"instant": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "time_zone": zone}


def time_of(event: Event) -> dict[str, Any]:
    first, last, zone = event.span
    if event.vague:
        return {"partial": {"edtf": f"{first:%Y-%m}", "time_zone": zone}}
    if event.span.is_days:
        return {"dates": {"first_date": str(first), "last_date": str(last), "time_zone": zone}}
    ends = {} if last is None else {"end": point(last, zone)}
    return {"timed": {"start": point(first, zone), **ends}}


def person(id: str) -> dict[str, Any]:
    return {"id": id, "region_code": "KZ" if id == "c" else ""}


def store(api: Any, parent: str, events: list[Event], sent: list[Member]) -> None:
    # A meeting without a time blocks nobody; without it a person of no event would be unknown.
    fields = [{"person": person(indexed)} for indexed in "abc"]
    api.create("meetings", "known", parent, participants=fields)
    names = [f"{parent}/{event.collection}/v{index}" for index, event in enumerate(events)]
    for index, event in sorted(
        enumerate(events), key=lambda indexed: indexed[1].parent is not None
    ):
        people: dict[str, Any] = {"principals": [*map(person, event.persons)], "guest": KZ}
        if event.collection != "visits":
            status = f"PARTICIPATION_STATUS_{event.taking_part}"
            how = {"status": status, "mode": f"ATTENDANCE_MODE_{event.mode}"}
            people = {
                "participants": [{"person": person(indexed), **how} for indexed in event.persons]
            }
        if event.collection == "summits":
            people["hosts"] = [KZ]
        fields = {"status": f"EVENT_STATUS_{event.status}", "time": time_of(event)}
        places = [{"time_zone": event.place}] if event.place else []
        if event.parent is not None:
            people["parent_event"] = names[event.parent]
        api.create(event.collection, f"v{index}", parent, places=places, **fields, **people)
    for index, member in enumerate(sent):
        ends = (("arrival", member.arrival), ("departure", member.departure))
        fields = {
            key: {"timed": {"start": point(at, member.zone)}} for key, at in ends if at is not None
        }
        engagements = [{"event": names[member.event]}]
        people = {"members": [{"person": person(member.person), **fields}], "party": KZ}
        api.create("delegations", f"d{index}", parent, engagements=engagements, **people)


KZ = {"region_code": "KZ"}


def attendee_request(attendee: Attendee) -> dict[str, Any]:
    subject = {"party": "KZ"} if attendee.subject == "KZ" else {"person": attendee.subject}
    hours = {"opens": clock(attendee.opens), "closes": clock(attendee.closes)}
    return {**subject, **hours, "days_off": attendee.days_off, "time_zone": attendee.zone}


def clock(text: str) -> dict[str, int]:
    """Return "09:30" as a TimeOfDay."""
    hours, minutes = text.split(":")
    return {"hours": int(hours), "minutes": int(minutes)}


def word(reason: int) -> str:
    name = BlockerReason.Name(reason)
    return str(name.removeprefix("BLOCKER_REASON_").lower().replace("_", " "))


def minute_of(text: str) -> int:
    return int(datetime.fromisoformat(text.partition("[")[0]).timestamp()) // 60


numbers = count()


@pytest.mark.slow
@settings(
    max_examples=5000 if SOAK else 120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(instances())
def test_windows_equal_a_look_at_every_minute(
    api: Any, instance: tuple[list[Event], list[Member], Question]
) -> None:
    events, sent, question = instance
    windows, blocked = look(events, sent, question)
    parent = f"calendars/m{next(numbers)}"
    api.create("calendars", parent.removeprefix("calendars/"))
    store(api, parent, events, sent)
    days = {"first_date": str(question.first), "last_date": str(question.last)}
    answer = api(
        "FindMeetingWindows",
        parent=parent,
        attendees=[attendee_request(attendee) for attendee in question.attendees],
        window={"dates": {**days, "time_zone": question.zone}},
        duration=f"{question.minutes * 60}s",
        margin=f"{question.margin * 60}s",
        possible_blocks=question.possible,
    )
    actual = [
        (minute_of(free_window.start), minute_of(free_window.end)) for free_window in answer.windows
    ]
    assert actual == windows
    assert [free_window.duration.seconds for free_window in answer.windows] == [
        (end - start) * 60 for start, end in windows
    ]
    actual_blocked: Blocked = defaultdict(set)
    for blocker in answer.blockers:
        name = blocker.name.removeprefix(f"{parent}/")
        actual_blocked[blocker.attendee, word(blocker.reason), name].update(
            range(*map(minute_of, (blocker.start, blocker.end)))
        )
    assert actual_blocked == blocked


@settings(
    max_examples=1000 if SOAK else 50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(places())
@example(passing_by(date(2024, 10, 27), "Pacific/Honolulu", departure="2024-10-27T00:20"))
@example(passing_by(date(2024, 3, 8), "Asia/Almaty", arrival="2024-03-08T20:00"))
def test_places_equal_a_look_at_every_stay(
    api: Any, instance: tuple[list[Event], list[Member], PlacesQuery]
) -> None:
    events, sent, query = instance
    parent = f"calendars/p{next(numbers)}"
    api.create("calendars", parent.removeprefix("calendars/"))
    store(api, parent, events, sent)
    days = {"first_date": str(query.first), "last_date": str(query.last), "time_zone": query.zone}
    matching = "MATCH_CERTAINTY_POSSIBLE" if query.possible else "MATCH_CERTAINTY_CERTAIN"
    window = {"dates": days, "matching": matching}
    answer = api("LocatePrincipals", parent=parent, persons=query.persons, window=window)
    expected = set()
    for stay in possible_stays(events, sent):
        how = match_of(stay, query)
        sure = how == "certain" and stay.sure
        if how and (sure or query.possible):
            expected |= {
                (person_id, sure, stay.name) for person_id in stay.persons & set(query.persons)
            }
    actual = [
        (
            presence.person,
            presence.matching == CERTAIN,
            presence.name.removeprefix(f"{parent}/") + presence.part,
        )
        for presence in answer.presences
    ]
    assert set(actual) == expected
    assert len(actual) == len(expected)
    order = [(query.persons.index(person), not sure) for person, sure, _ in actual]
    assert order == sorted(order)

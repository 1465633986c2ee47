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

import pytz
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from summitry.v1.filter_pb2 import Matching

# The clocks of these places change, or skip a day, on the days after these.
EVES = ("2024-03-29", "2024-10-25", "2024-03-08", "2024-11-01", "2024-02-28", "2011-12-28")
ZONES = (
    *("Asia/Almaty", "Europe/Paris", "America/New_York", "Pacific/Apia", "Pacific/Kiritimati"),
    *("Pacific/Honolulu", "America/St_Johns", "Asia/Kathmandu", "UTC"),
)
CLOCKS = ("00:00", "00:30", "02:15", "02:30", "08:00", "09:00", "12:00", "17:45", "23:30", "24:00")
DAY = 1440  # minutes
CERTAIN = Matching.MATCHING_CERTAIN
SOAK = os.environ.get("SUMMITRY_SOAK") == "1"


@cache
def wall(zone: str, minute: int) -> datetime:
    """What the clocks of a zone show at a minute since 1970 in UTC."""
    at = datetime.fromtimestamp(minute * 60, UTC)
    return at.astimezone(pytz.timezone(zone)).replace(tzinfo=None)


@cache
def begins(zone: str, day: date) -> int:
    """The first minute at which it is that day, or later, in a zone."""
    minute = epoch(datetime(day.year, day.month, day.day)) - 26 * 60
    while wall(zone, minute).date() < day:
        minute += 15
    return minute


@cache
def day_at(zone: str, minute: int) -> date:
    """The day whose time a minute is: clocks that go back over midnight do not bring one back."""
    day = wall(zone, minute).date()
    later = day + timedelta(days=1)
    return later if begins(zone, later) <= minute else day


@cache
def shown(zone: str, day: date, clock: str) -> int:
    """The first minute at which clocks show a time; one that they skip is read by those before."""
    hour, minute = map(int, clock.split(":"))
    wanted = datetime(day.year, day.month, day.day) + timedelta(hours=hour, minutes=minute)
    near = range(epoch(wanted) - 26 * 60, epoch(wanted) + 26 * 60, 15)
    found = [m for start in near for m in (start + wanted.minute % 15,) if wall(zone, m) == wanted]
    if found:
        return found[0]
    before = max(m for m in near if wall(zone, m) < wanted)
    return epoch(wanted) - (epoch(wall(zone, before)) - before)


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
    who: str  # "a", "b", "c"; c serves KZ
    vague: bool  # the days are those of a month, and nobody knows which of them
    status: str  # of the event: "CONFIRMED", "RUMORED", "CANCELLED"
    taking_part: str  # of the persons: "CONFIRMED", "INVITED", "DECLINED"
    mode: str  # "IN_PERSON", "VIDEO", "WRITTEN"
    parent: int | None = None  # of a meeting: the event to whose programme it belongs
    seat: str = ""  # the place of the parent, for a meeting that has none

    @property
    def clock(self) -> str:
        """The zone that it is in: as its days say, else its place, else its hours."""
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
    who: str  # a person, or "KZ"
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


def mostly(usual: str, *others: str) -> st.SearchStrategy[str]:
    """Two times of three what is usual."""
    return st.sampled_from((*(usual,) * 2 * len(others), *others))


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
    """The minutes at which a span begins and ends, in UTC."""
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
    found = draw(st.lists(events(eve), min_size=2, max_size=7))
    for index, one in enumerate(found):
        parent = draw(st.none() | st.integers(0, len(found) - 1))
        if (
            one.collection == "meetings"
            and parent is not None
            and found[parent].collection != "meetings"
        ):
            found[index] = one._replace(parent=parent, seat=found[parent].place)
    sent = draw(st.lists(members(eve, found), max_size=2))
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
    return found, sent, question


class Told(NamedTuple):
    """What a record tells of a person, or of a party alone."""

    name: str
    who: set[str]
    index: int
    event: Event
    sure: bool
    clock: str  # the zone of the place; ""
    arrival: int | None = None
    departure: int | None = None
    zone: str = ""  # in which these are told

    def minutes(self, home: str, possible: bool) -> range:
        """When it is, for certain or as far as it may be; days on no calendar are those of home."""
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
        """Whether they come after the last day at the place, or leave before the first."""
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


def engaged(events: list[Event], sent: list[Member]) -> list[Told]:
    """What people have to do."""
    found = []
    for index, event in enumerate(events):
        name = f"{event.collection}/v{index}"
        told = Told(name, {"KZ"}, index, event, event.status != "RUMORED", event.clock)
        if event.status == "CANCELLED":
            continue
        if event.collection == "visits":
            if is_short(told):
                found.append(told._replace(who={"KZ"}.union(*map(serving, event.who))))
            continue
        if event.collection == "summits":
            found.append(told)  # KZ is the host
        if event.mode != "WRITTEN" and event.taking_part != "DECLINED":
            sure = told.sure and event.taking_part != "INVITED"
            found += [told._replace(who=serving(one), sure=sure) for one in event.who]
    for index, member in enumerate(sent):
        event = events[member.event]
        sure, name = event.status != "RUMORED", f"delegations/d{index}"
        told = Told(name, {"KZ"}, member.event, event, sure, event.clock)
        if event.status != "CANCELLED" and (event.collection != "visits" or is_short(told)):
            found += [told, told._replace(who=serving(member.person), **ends_of(member))]
    return found


def is_short(told: Told) -> bool:
    return not told.event.span.is_days and len(told.minutes("", True)) <= DAY


def ends_of(member: Member) -> dict[str, Any]:
    return {"arrival": member.arrival, "departure": member.departure, "zone": member.zone}


def there(events: list[Event], sent: list[Member]) -> list[Told]:
    """Where people are for certain."""
    found = []
    for event in events:
        comes = event.mode == "IN_PERSON" and event.taking_part == "CONFIRMED"
        if event.status == "CONFIRMED" and (event.collection == "visits" or comes):
            found += [Told("", {one}, 0, event, True, event.clock) for one in event.who]
    for member in sent:
        event = events[member.event]
        if event.status != "CONFIRMED":
            continue
        told = Told("", {member.person}, 0, event, True, event.clock, **ends_of(member))
        if member.arrival is not None and member.departure is not None:
            journey = Span(member.arrival, member.departure, member.zone)
            stay = event._replace(span=journey, vague=False)
            told = Told("", {member.person}, 0, stay, True, stay.clock)
        found.append(told)
    return [told for told in found if told.clock]


def zone_at(stays: list[tuple[range, str]], home: str, minute: int) -> str:
    """The clock that somebody lives by at a minute: that of the shortest stay, begun last."""
    now = [(len(time), -time.start, clock) for time, clock in stays if minute in time]
    if not now:
        return home
    best = min(now)
    assume(all(one[2] == best[2] for one in now if one[:2] == best[:2]))  # else the order decides
    return best[2]


Blocked = dict[tuple[int, str, str], set[int]]


def busy_minutes(question: Question, duties: list[Told]) -> Blocked:
    found: Blocked = defaultdict(set)
    margin = question.margin
    for number, one in enumerate(question.attendees):
        home = one.zone or question.zone
        own = [duty for duty in duties if one.who in duty.who and (duty.sure or question.possible)]
        for duty in own:
            for busy in without_programme(duty, own, home, question.possible):
                found[number, "busy", duty.name].update(busy)
                found[number, "margin", duty.name].update(range(busy.start - margin, busy.start))
                found[number, "margin", duty.name].update(range(busy.stop, busy.stop + margin))
    return found


def without_programme(duty: Told, own: list[Told], home: str, possible: bool) -> Iterator[range]:
    """The minutes of a duty, but for days on which a programme tells more, in runs of minutes."""
    minutes, zone = duty.minutes(home, possible), duty.clock or home
    told = set()
    for other in own:
        belongs = duty.event.span.is_days and other.event.parent == duty.index
        if belongs and not other.event.span.is_days:
            told |= {day_at(zone, one) for one in other.minutes(home, possible)}
    kept = [one for one in minutes if not told or day_at(zone, one) not in told]
    for _, run in groupby(enumerate(kept), key=lambda one: one[1] - one[0]):
        held = [one for _, one in run]
        yield range(held[0], held[-1] + 1)


def closed_minutes(question: Question, stays: list[Told], span: range) -> Blocked:
    found: Blocked = defaultdict(set)
    for number, one in enumerate(question.attendees):
        own = [(told.minutes("", False), told.clock) for told in stays if one.who in told.who]
        for minute in span:
            zone = zone_at(own, one.zone or question.zone, minute)
            day = day_at(zone, minute)
            if day.isoweekday() in one.days_off:
                found[number, "day off", ""].add(minute)
            elif not is_open(one, zone, day, minute):
                found[number, "outside hours", ""].add(minute)
    return found


def is_open(one: Attendee, zone: str, day: date, minute: int) -> bool:
    opens = 0 if one.opens == "00:00" else shown(zone, day, one.opens)
    return minute >= opens and (one.closes == "24:00" or minute < shown(zone, day, one.closes))


def look(events: list[Event], sent: list[Member], question: Question) -> tuple[Any, Blocked]:
    """The windows, and the minutes that each blocker takes, minute by minute."""
    end = begins(question.zone, question.last + timedelta(days=1))
    span = range(begins(question.zone, question.first), end)
    blocked = busy_minutes(question, engaged(events, sent))
    blocked |= closed_minutes(question, there(events, sent), span)
    inside = {key: minutes & set(span) for key, minutes in blocked.items()}
    taken = set().union(*inside.values())
    runs = groupby(span, key=lambda minute: minute not in taken)
    free = [list(run) for is_free, run in runs if is_free]
    windows = [(run[0], run[-1] + 1) for run in free if len(run) >= question.minutes]
    return windows, {key: minutes for key, minutes in inside.items() if minutes}


class Asked(NamedTuple):
    """Where somebody is, or may be, in the days of a zone."""

    persons: list[str]
    first: date
    last: date
    zone: str
    possible: bool


@st.composite
def places(draw: Any) -> tuple[list[Event], list[Member], Asked]:
    found, sent, question = draw(instances())
    persons = draw(st.permutations("abc"))[: draw(st.integers(1, 3))]
    return (
        found,
        sent,
        Asked(persons, question.first, question.last, question.zone, question.possible),
    )


def passing_by(
    day: date, place: str, arrival: str = "", departure: str = ""
) -> tuple[list[Event], list[Member], Asked]:
    """A member who is on the road on the day of a visit, by a clock in UTC, but not at the place.

    Who left Kathmandu on the 27th had gone before the 27th began in Honolulu.
    """
    visit = Event("visits", Span(day, day, ""), place, "b", False, "CONFIRMED", "CONFIRMED", "")
    came, left = (epoch(datetime.fromisoformat(at)) if at else None for at in (arrival, departure))
    return [visit], [Member(0, "a", came, left, "UTC")], Asked(["a"], day, day, "UTC", False)


def stayed(events: list[Event], sent: list[Member]) -> list[Told]:
    """Where people are, or may be, by the record or the part of it that says so."""
    found = []
    for index, event in enumerate(events):
        is_visit = event.collection == "visits"
        if not is_visit and (event.mode != "IN_PERSON" or event.taking_part == "DECLINED"):
            continue
        sure = event.status == "CONFIRMED" and (is_visit or event.taking_part == "CONFIRMED")
        name = f"{event.collection}/v{index}"
        found += [Told(name, {one}, 0, event, sure, "") for one in event.who]
    for index, member in enumerate(sent):
        event, name = events[member.event], f"delegations/d{index}"
        told = Told(f"{name}engagements[0]", {member.person}, 0, event, True, "", **ends_of(member))
        if member.arrival is not None and member.departure is not None:
            journey = event._replace(
                span=Span(member.arrival, member.departure, member.zone), vague=False
            )
            told = Told(f"{name}members[0]", {member.person}, 0, journey, True, "")
        found.append(told._replace(sure=event.status == "CONFIRMED"))
    return [told for told in found if told.event.status != "CANCELLED"]


def lies(told: Told, asked: Asked) -> str:
    """How a stay lies in the days that are asked for: "certain", "possible" or ""."""
    span = told.event.span
    if not span.is_days:
        start = begins(asked.zone, asked.first)
        inside = range(start, begins(asked.zone, asked.last + timedelta(days=1)))
        stay = told.minutes("", False)
        return "certain" if set(stay) & set(inside) else ""
    if told.misses():
        return ""
    days = [span.first + timedelta(days=n) for n in range((span.last - span.first).days + 1)]
    for edge, wanted in ((told.arrival, 1), (told.departure, -1)):
        if edge is not None:
            day = wall(told.zone, edge).date()
            days = [one for one in days if (one >= day if wanted == 1 else one <= day)]
    within = [one for one in days if asked.first <= one <= asked.last]
    if not within:
        return ""
    return "certain" if not told.event.vague or within == days else "possible"


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
    known = [{"person": person(one)} for one in "abc"]
    api.create("meetings", "known", parent, participants=known)
    names = [f"{parent}/{event.collection}/v{index}" for index, event in enumerate(events)]
    for index, event in sorted(enumerate(events), key=lambda one: one[1].parent is not None):
        people: dict[str, Any] = {"principals": [*map(person, event.who)], "guest": KZ}
        if event.collection != "visits":
            status = f"PARTICIPATION_STATUS_{event.taking_part}"
            how = {"status": status, "mode": f"ATTENDANCE_MODE_{event.mode}"}
            people = {"participants": [{"person": person(one), **how} for one in event.who]}
        if event.collection == "summits":
            people["hosts"] = [KZ]
        known = {"status": f"EVENT_STATUS_{event.status}", "time": time_of(event)}
        places = [{"time_zone": event.place}] if event.place else []
        if event.parent is not None:
            people["parent_event"] = names[event.parent]
        api.create(event.collection, f"v{index}", parent, places=places, **known, **people)
    for index, member in enumerate(sent):
        ends = (("arrival", member.arrival), ("departure", member.departure))
        known = {key: point(at, member.zone) for key, at in ends if at is not None}
        engagements = [{"event": names[member.event]}]
        people = {"members": [{"person": person(member.person), **known}], "party": KZ}
        api.create("delegations", f"d{index}", parent, engagements=engagements, **people)


KZ = {"region_code": "KZ"}


def asked(one: Attendee) -> dict[str, Any]:
    whom = {"party": "KZ"} if one.who == "KZ" else {"person": one.who}
    hours = {"opens": one.opens, "closes": one.closes, "days_off": one.days_off}
    return {**whom, **hours, "time_zone": one.zone}


def minute_of(text: str) -> int:
    return int(datetime.fromisoformat(text.partition("[")[0]).timestamp()) // 60


numbers = count()


@settings(
    max_examples=5000 if SOAK else 250,
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
        attendees=[asked(one) for one in question.attendees],
        window={**days, "time_zone": question.zone},
        minutes=question.minutes,
        margin_minutes=question.margin,
        possible_blocks=question.possible,
    )
    found = [(minute_of(one.start), minute_of(one.end)) for one in answer.windows]
    assert found == windows
    assert [one.minutes for one in answer.windows] == [end - start for start, end in windows]
    told: Blocked = defaultdict(set)
    for one in answer.blockers:
        name = one.name.removeprefix(f"{parent}/")
        told[one.attendee, one.reason, name].update(range(*map(minute_of, (one.start, one.end))))
    assert told == blocked


@settings(
    max_examples=1000 if SOAK else 100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(places())
@example(passing_by(date(2024, 10, 27), "Pacific/Honolulu", departure="2024-10-27T00:20"))
@example(passing_by(date(2024, 3, 8), "Asia/Almaty", arrival="2024-03-08T20:00"))
def test_places_equal_a_look_at_every_stay(
    api: Any, instance: tuple[list[Event], list[Member], Asked]
) -> None:
    events, sent, asked = instance
    parent = f"calendars/p{next(numbers)}"
    api.create("calendars", parent.removeprefix("calendars/"))
    store(api, parent, events, sent)
    days = {"first_date": str(asked.first), "last_date": str(asked.last), "time_zone": asked.zone}
    matching = "MATCHING_POSSIBLE" if asked.possible else "MATCHING_CERTAIN"
    window = {"dates": days, "matching": matching}
    answer = api("LocatePrincipals", parent=parent, persons=asked.persons, window=window)
    wanted = set()
    for told in stayed(events, sent):
        how = lies(told, asked)
        sure = how == "certain" and told.sure
        if how and (sure or asked.possible):
            wanted |= {(one, sure, told.name) for one in told.who & set(asked.persons)}
    found = [
        (one.person, one.matching == CERTAIN, one.name.removeprefix(f"{parent}/") + one.part)
        for one in answer.presences
    ]
    assert set(found) == wanted
    assert len(found) == len(wanted)
    order = [(asked.persons.index(person), not sure) for person, sure, _ in found]
    assert order == sorted(order)

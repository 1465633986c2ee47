"""Compare the values that claims give for a field: equal, compatible, or in contradiction.

Times are compatible where they can be one, as "June" and "22 June". A place, party or person is
the same under any of its names, and so is a town under its former ones; an id decides where both
have one. A text agrees with a name that it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from google.type.money_pb2 import Money

from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.party_pb2 import Party, PartyKind, Person
from summitry.v1.place_pb2 import Place
from summitry.v1.provenance_pb2 import Claim
from summitry.zones import fold_region, parse_date
from summitry_server.domain.search.folding import fold, slug
from summitry_server.domain.search.towns import town_names

EARLIEST, LATEST = -(10**9), 10**9  # days beyond any date
# Parties that have the code of the country where they are, and are not that country.
_IN_A_COUNTRY = {
    PartyKind.PARTY_KIND_ORGANIZATION,
    PartyKind.PARTY_KIND_BODY,
    PartyKind.PARTY_KIND_COMPANY,
    PartyKind.PARTY_KIND_PERSON,
    PartyKind.PARTY_KIND_OTHER,
}


class ComparableTime(NamedTuple):
    """A time made comparable: the (first, last) days of its begin and end, and its instants."""

    begins: tuple[int, int]
    ends: tuple[int, int]
    start: int | None = None  # epoch seconds
    end: int | None = None


class ComparableName(NamedTuple):
    """A party or person made comparable: its id, and all that it is called, folded."""

    id: str
    names: frozenset[str]


class ComparablePlace(NamedTuple):
    """A place made comparable: the names of its town, those of its venue, its country."""

    towns: frozenset[str]
    venues: frozenset[str]
    regions: frozenset[str]


# A value made comparable. A number or a status becomes a text, so that "20" agrees with 20.
Value: TypeAlias = str | tuple[str, int, int] | ComparableTime | ComparableName | ComparablePlace


def comparable_value(claim: Claim) -> Value:
    """Return the value of a claim in the form that `agree` takes. Its time must be resolved."""
    form = claim.WhichOneof("value")
    return _COMPARABLE[form](getattr(claim, form)) if form else ""


def agree(a: Value, b: Value) -> bool:
    """Return whether two values are equal or compatible."""
    if isinstance(a, ComparableTime) and isinstance(b, ComparableTime):
        return _same_time(a, b)
    if isinstance(a, ComparableName) and isinstance(b, ComparableName):
        return a.id == b.id if a.id and b.id else not a.names.isdisjoint(b.names)
    if isinstance(a, ComparablePlace) and isinstance(b, ComparablePlace):
        return all(not x or not y or not x.isdisjoint(y) for x, y in zip(a, b, strict=True))
    for name, text in ((a, b), (b, a)):
        if isinstance(name, ComparableName | ComparablePlace) and isinstance(text, str):
            return slug(text) in _all_names(name)
    return a == b


def _all_names(value: ComparableName | ComparablePlace) -> frozenset[str]:
    return value.names if isinstance(value, ComparableName) else value.towns | value.venues


def _same_time(a: ComparableTime, b: ComparableTime) -> bool:
    if a.start is not None and b.start is not None:
        ends = {a.end, b.end} - {None}
        return a.start == b.start and len(ends) < 2
    return _overlap(a.begins, b.begins) and _overlap(a.ends, b.ends)


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]


def _text(text: str) -> str:
    return " ".join(fold(text).split())


def _money(amount: Money) -> Value:
    return amount.currency_code, amount.units, amount.nanos


def _status(status: EventStatus) -> str:
    return _text(EventStatus.Name(status).removeprefix("EVENT_STATUS_").replace("_", " "))


def _place(place: Place) -> ComparablePlace:
    towns = [place.id, *(text.text for text in place.localities)]
    venues = _names(text.text for text in place.venues)
    if not any(towns) and not venues:
        towns = [place.source_text]
    return ComparablePlace(
        frozenset[str]().union(*(town_names(town) for town in towns if town)),
        venues,
        _names([fold_region(place.region_code)]),
    )


def _party(party: Party) -> ComparableName:
    region = "" if party.kind in _IN_A_COUNTRY else fold_region(party.region_code)
    dated = (dated.name.text for dated in party.dated_names)
    names = (text.text for text in party.names)
    return ComparableName(party.id, _names([party.id, region, *names, *dated, party.source_text]))


def _person(person: Person) -> ComparableName:
    names = (person.id, *(text.text for text in person.names), *person.aliases)
    return ComparableName(person.id, _names([*names, person.source_text]))


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, map(slug, names)))


def _time(time: EventTime) -> ComparableTime:
    form = time.WhichOneof("when")
    if form == "timed":
        return _timed(time)
    span = time.dates if form == "dates" else time.partial
    first = parse_date(span.first_date) if span.first_date else None
    last = parse_date(span.last_date) if span.last_date else None
    if form == "dates":
        begins = (EARLIEST if first is None else first, LATEST if first is None else first)
        return ComparableTime(
            begins, (EARLIEST if last is None else last, LATEST if last is None else last)
        )
    bounds = (EARLIEST if first is None else first, LATEST if last is None else last)
    return ComparableTime(bounds, bounds)


def _timed(time: EventTime) -> ComparableTime:
    """Return the civil days of a timed span; an end at midnight belongs to the day before."""
    resolved = time.resolved
    start = resolved.interval.start_time.seconds
    first = parse_date(resolved.start_text[:10])
    if not time.timed.HasField("end"):
        return ComparableTime((first, first), (first, LATEST), start)
    last = parse_date(resolved.end_text[:10])
    midnight = resolved.end_text[10:19] == "T00:00:00"
    end = resolved.interval.end_time.seconds
    last -= midnight and last > first
    return ComparableTime((first, first), (last, last), start, end)


_COMPARABLE: Mapping[str, Callable[[Any], Value]] = {
    "time": _time,
    "text": _text,
    "number": str,
    "amount": _money,
    "status": _status,
    "place": _place,
    "party": _party,
    "person": _person,
}

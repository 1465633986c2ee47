"""How much a question costs at one size of the store against another, when the answer is the same.

SIZES names the worlds ("10k 100k"); the last two are compared, and `SIZES="100k 1M"` takes about
ten minutes the first time. A figure is the cost at the largest size, as a ratio to the unfiltered
page of the same window there. Beside it stand the exponent (0: the cost stays as it is, 1: it grows
as the store does) and the operations of SQLite's virtual machine, at both sizes. CPU of the thread,
in process.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any, NamedTuple

from google.protobuf import json_format

from benchmarks.worlds.asking import ENOUGH, World, opened
from benchmarks.worlds.building import BUSY_CALENDAR, SIZES, world
from benchmarks.worlds.content import FREQUENT, RARE
from summitry.v1.agenda_service_pb2 import (
    FindConflictsRequest,
    FindMeetingWindowsRequest,
    LocatePrincipalsRequest,
    QueryAgendaRequest,
)
from summitry.v1.meeting_service_pb2 import ListMeetingsRequest
from summitry_server.wire.refusals import RefusedError

QUICK = "10k 100k"
ALL = "calendars/-"
QUIET_CALENDAR = "calendars/c20"
WINDOWS = {
    "a week": ("2020-06-08", "2020-06-14"),
    "a month": ("2020-06-01", "2020-06-30"),
    "a year": ("2020-01-01", "2020-12-31"),
    "all time": ("1900-01-01", "2099-12-31"),
}
PARENTS = (QUIET_CALENDAR, BUSY_CALENDAR, ALL)
PAST, PRESENT = "as-of agenda of a week", "agenda of a week"
PAGED = ("a week", "a year", "all time")
ZONE = "Europe/Paris"
HOURS = {"opens": {"hours": 9}, "closes": {"hours": 18}}

Fields = dict[str, Any]


def _filters() -> dict[str, Fields]:
    """Return the filters of questions by name; the unfiltered one is first."""
    often = {name: value for name, (value, _) in FREQUENT.items()}
    filters: dict[str, Fields] = {"no filter": {}}
    for adjective, values in (("rare", RARE), ("frequent", often)):
        filters |= {
            f"{adjective} person": {"persons": [values["person"]]},
            f"{adjective} party": {"organizations": [values["organization"]]},
            f"{adjective} country": {"region_codes": [values["region"]]},
            f"{adjective} city": {"cities": [values["city"]]},
            f"{adjective} label": {"labels": {"topic": values["label"]}},
            f"{adjective} word": {"text": values["word"]},
            f"{adjective} two words": {"text": f"{values['word']} {values['second word']}"},
        }
    return filters | {
        "frequent status": {"statuses": ["EVENT_STATUS_CONFIRMED"]},
        "word in no record": {"text": "absquatulate"},
        "person in no record": {"persons": ["nobody"]},
        "frequent person in frequent city": {
            "persons": [often["person"]],
            "cities": [often["city"]],
        },
        "rare person, frequent word": {"persons": [RARE["person"]], "text": often["second word"]},
        "frequent person in rare city, never": {
            "persons": [often["person"]],
            "cities": [RARE["city"]],
        },
    }


class Question(NamedTuple):
    """A request, and the name of the one that its cost is compared with."""

    request: Any
    base: str


def _questions() -> dict[str, Question]:
    questions: dict[str, Question] = {}
    for window in PAGED:
        base = f"agenda of {window}, no filter"
        for name, filter in _filters().items():
            request = request_of(QueryAgendaRequest, window, filter=filter, page_size=100)
            questions[f"agenda of {window}, {name}"] = Question(request, base)
    base = "list, no filter"
    for name, filter in _filters().items():
        request = json_format.ParseDict(
            {"parent": ALL, "filter": filter, "page_size": 100}, ListMeetingsRequest()
        )
        questions[f"list, {name}"] = Question(request, base)
    base = "agenda of a week, no filter"
    return questions | {name: Question(request, base) for name, request in _about_people()}


def _about_people() -> Iterator[tuple[str, Any]]:
    often = FREQUENT["person"][0]
    for name, person in (("rare person", RARE["person"]), ("frequent person", often)):
        for window in ("a week", "a month"):
            request = request_of(LocatePrincipalsRequest, window, persons=[person])
            yield f"locate, {name}, {window}", request
    attendees = [{"person": RARE["person"], **HOURS}, {"person": often, **HOURS}]
    fields = {"attendees": attendees, "duration": "2700s"}
    yield (
        "meeting windows, 2 people, a month",
        request_of(FindMeetingWindowsRequest, "a month", **fields),
    )
    for name, parent in (("quiet calendar", QUIET_CALENDAR), ("all calendars", ALL)):
        for window in ("a week", "a month"):
            request = request_of(FindConflictsRequest, window, parent=parent, page_size=100)
            yield f"conflicts, {name}, {window}", request


def request_of(message: Any, window: str, *, parent: str = ALL, **fields: Any) -> Any:
    """Return a request about one of WINDOWS, of all calendars by default."""
    first, last = WINDOWS[window]
    dates = {"first_date": first, "last_date": last, "time_zone": ZONE}
    return json_format.ParseDict(
        {"parent": parent, "window": {"dates": dates}, **fields}, message()
    )


class Cost(NamedTuple):
    """Seconds and work that an answer takes, or why there is none."""

    seconds: float
    operations: int
    refusal: str = ""


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return the cost of each question as a ratio, beside how it grows."""
    small, large = os.environ.get("SIZES", QUICK).split()[-2:]
    before, after = (_costs(size, rounds) for size in (small, large))
    decades = math.log10(SIZES[large] / SIZES[small])
    return [
        _figure(f"{name}, {large}", before[name], after[name], after[base].seconds, decades)
        for name, base in _compared().items()
    ]


def _compared() -> dict[str, str]:
    """Return the names of all figures, and with which other each is compared."""
    bases = {name: question.base for name, question in _questions().items()}
    return bases | {f"{PAST}, {parent}": f"{PRESENT}, {parent}" for parent in PARENTS}


def _costs(size: str, rounds: int) -> dict[str, Cost]:
    costs: dict[str, Cost] = {}
    with opened(world(size)) as services:
        for name, question in _questions().items():
            costs[name] = _cost(partial(_of, services, question.request, rounds))
        for parent in PARENTS:
            request = request_of(QueryAgendaRequest, "a week", parent=parent, page_size=100)
            costs[f"{PRESENT}, {parent}"] = _cost(partial(_of, services, request, rounds))
            costs[f"{PAST}, {parent}"] = _cost(partial(_of_past, services, request, rounds))
    return costs


def _cost(measured: Callable[[], Cost]) -> Cost:
    try:
        return measured()
    except RefusedError as error:
        return Cost(math.nan, 0, str(error))


def _of(services: World, request: Any, rounds: int) -> Cost:
    return Cost(services.cost(request, rounds), services.operations(request))


def _of_past(services: World, request: Any, rounds: int) -> Cost:
    """Return the cost of an answer as of the middle of all writes; each of another revision."""
    with services.backend.store.read() as reader:
        middle = reader.revision // 2
        last, *points = [reader.point(middle + number) for number in range(rounds + 2)]
    costs: list[float] = []
    for point in points:
        request.as_of.snapshot = services.backend.snapshots.make(point)
        costs.append(services.seconds(request))
        if sum(costs) > ENOUGH:
            break
    request.as_of.snapshot = services.backend.snapshots.make(last)
    return Cost(median(costs), services.operations(request))


def _figure(
    name: str, before: Cost, after: Cost, base: float, decades: float
) -> tuple[str, float, str]:
    if after.refusal:
        return name, math.nan, f"refused: {after.refusal}"
    exponent = math.log10(after.seconds / before.seconds) / decades
    grown = f"{before.operations:,} -> {after.operations:,} operations"
    cost = f"{after.seconds * 1e6:,.0f} us"
    return name, after.seconds / base, f"exponent {exponent:5.2f}; {cost}; {grown}"

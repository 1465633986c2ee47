"""Meeting windows and places of people against reading the same records from the SQLite store.

2,000 meetings of two, and 400 visits of four days, of 40 people in one year. CPU of the thread, in
process: what gRPC costs is in `agenda`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

import grpc
from google.protobuf import json_format

from summitry._calls.methods import BY_KIND
from summitry.kinds import CALENDAR, MEETING, VISIT, Kind
from summitry.v1.agenda_service_pb2 import FindMeetingWindowsRequest, LocatePrincipalsRequest
from summitry.zones import format_date, parse_date
from summitry_server.app import Application
from summitry_server.config import parse_config
from summitry_server.context import LOCAL_CALL, Backend
from summitry_server.domain.search import agenda
from summitry_server.services.meeting_windows import find_meeting_windows
from summitry_server.services.prepared_answers import Prepared
from summitry_server.services.presence import locate_principals
from summitry_server.services.related_records import Gatherer

MEETINGS, VISITS, PEOPLE = 2000, 400, 40
IN_FLIGHT = 50
FIRST, DAYS = parse_date("2024-01-01"), 366
ZONES = ("Asia/Almaty", "Europe/Paris", "America/New_York", "Asia/Kathmandu")
HOURS = {"opens": {"hours": 9}, "closes": {"hours": 18}, "days_off": ["SATURDAY", "SUNDAY"]}
JUNE = {"first_date": "2024-06-01", "last_date": "2024-06-30", "time_zone": ZONES[0]}
YEAR = {"first_date": "2024-01-01", "last_date": "2024-12-31", "time_zone": ZONES[0]}


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return CPU of each question, as a ratio to reading the records that it needs."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--store", f"sqlite:///{folder}/bench.db", "--grpc", "127.0.0.1:0"]
        application = Application(parse_config([*options, "--http", "off"]))
        try:
            with grpc.insecure_channel(str(application.grpc_address)) as channel:
                _fill(channel)
            return [
                *_compare("2 people, June", _windows(2, JUNE), application.backend, rounds),
                *_compare("32 people, a year", _windows(32, YEAR), application.backend, rounds),
                *_compare("2 people, June", _places(2, JUNE), application.backend, rounds),
            ]
        finally:
            application.stop()


def _fill(channel: grpc.Channel) -> None:
    _create(channel, CALENDAR, [("bench", {})])
    _create(channel, MEETING, ((f"m{number}", _meeting(number)) for number in range(MEETINGS)))
    _create(channel, VISIT, ((f"v{number}", _visit(number)) for number in range(VISITS)))


def _meeting(number: int) -> dict[str, Any]:
    day, zone = format_date(FIRST + number * 7 % DAYS), ZONES[number % len(ZONES)]
    start, end = (
        {"civil_time": f"{day}T{9 + number % 8:02}:{minute}", "time_zone": zone}
        for minute in ("00", "50")
    )
    people = [_person(number), _person(number // PEOPLE + number + 1)]
    return {
        "titles": [{"text": f"Meeting {number} of the working group", "language_code": "en"}],
        "time": {"timed": {"start": start, "end": end}},
        "places": [{"time_zone": zone}],
        "participants": [{"person": person} for person in people],
    }


def _visit(number: int) -> dict[str, Any]:
    first = FIRST + number * 11 % DAYS
    dates = {"first_date": format_date(first), "last_date": format_date(first + 3)}
    place = {"time_zone": ZONES[number % len(ZONES)]}
    return {"time": {"dates": dates}, "places": [place], "principals": [_person(number)]}


def _person(number: int) -> dict[str, str]:
    return {"id": f"p{number % PEOPLE}"}


def _create(
    channel: grpc.Channel, kind: Kind, records: Iterable[tuple[str, dict[str, Any]]]
) -> None:
    method = BY_KIND[kind]["Create"]
    call = channel.unary_unary(method.path, method.request.SerializeToString)
    futures: list[Any] = []
    for id_, fields in records:
        body = {kind.singular: fields, f"{kind.singular}_id": id_}
        parent = {} if kind is CALENDAR else {"parent": "calendars/bench"}
        request = json_format.ParseDict({**body, **parent}, method.request())
        futures.append(call.future(request))  # type: ignore[attr-defined]
        if len(futures) >= IN_FLIGHT:
            futures.pop(0).result()
    for future in futures:
        future.result()


Question = FindMeetingWindowsRequest | LocatePrincipalsRequest


def _windows(people: int, days: dict[str, str]) -> FindMeetingWindowsRequest:
    attendees = [{"person": f"p{number}", **HOURS} for number in range(people)]
    fields = {"parent": "calendars/bench", "duration": "2700s", "margin": "900s"}
    return json_format.ParseDict(
        {**fields, "attendees": attendees, "window": {"dates": days}}, FindMeetingWindowsRequest()
    )


def _places(people: int, days: dict[str, str]) -> LocatePrincipalsRequest:
    persons = [f"p{number}" for number in range(people)]
    fields = {"parent": "calendars/bench", "persons": persons, "window": {"dates": days}}
    return json_format.ParseDict(fields, LocatePrincipalsRequest())


def _compare(
    case: str, request: Question, backend: Backend, rounds: int
) -> list[tuple[str, float, str]]:
    work: dict[str, Callable[[], object]] = {"read": lambda: _read(request, backend)}
    if isinstance(request, FindMeetingWindowsRequest):
        work["ask"] = lambda: find_meeting_windows(backend, Prepared(0), request, LOCAL_CALL)
    else:
        work["ask"] = lambda: locate_principals(backend, Prepared(0), request, LOCAL_CALL)
    timed: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, call in work.items():
            begun = time.thread_time()
            call()
            timed[name].append(time.thread_time() - begun)
    base = median(timed["read"])
    rpc = type(request).__name__.removesuffix("Request")
    count = _read(request, backend)
    ceiling = f"reading the same {count:,} records, {base * 1e3:.1f} ms of CPU"
    return [(f"{rpc}, {case}", median(timed["ask"]) / base, ceiling)]


def _read(request: Question, backend: Backend) -> int:
    """Read and parse what a question needs."""
    if isinstance(request, FindMeetingWindowsRequest):
        days = request.window.dates
        people = [attendee.person for attendee in request.attendees]
    else:
        days, people = request.window.dates, list(request.persons)
    window = LocatePrincipalsRequest().window
    window.dates.CopyFrom(days)
    plan = agenda.plan(window, "window", backend.db)
    with backend.store.read() as reader:
        gatherer = Gatherer(reader, request.parent, LOCAL_CALL.check)
        people_records = gatherer.people([f"person:{person}" for person in people], plan)
    return len(people_records.records)

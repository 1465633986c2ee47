"""QueryAgenda with 100 items against an empty call on the same server.

The server runs in a process of its own; its CPU time is read from the operating system, since
wall time on a shared machine says little. The empty call is a health check without a body.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import count
from statistics import median
from typing import Any

import grpc

from summitry.v1 import calendar_service_pb2, meeting_service_pb2
from summitry.v1.agenda_service_pb2 import QueryAgendaRequest, QueryAgendaResponse
from summitry.zones import format_date, parse_date

CALLS = 1000
RECORDS = 2000
IN_FLIGHT = 50
DAYS = 400
FIRST = parse_date("2024-01-01")


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return CPU of the server per call, as ratios to the empty call."""
    with tempfile.TemporaryDirectory() as folder:
        process, address = _serve(f"sqlite:///{folder}/bench.db")
        try:
            with grpc.insecure_channel(address) as channel:
                _fill(channel)
                return _compare(channel, process.pid, rounds)
        finally:
            process.terminate()
            process.wait()


def _serve(store: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "summitry_server", "serve", "--store", store]
    process = subprocess.Popen(
        [*command, "--grpc", "127.0.0.1:0", "--http", "off"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().rpartition(" ")[2].strip()


def _call(channel: grpc.Channel, method: str) -> Callable[..., Any]:
    return channel.unary_unary(f"/{method}")


def _fill(channel: grpc.Channel) -> None:
    """Create four meetings a day, each of an hour, with the texts that a meeting usually has."""
    request = calendar_service_pb2.CreateCalendarRequest(calendar_id="bench")
    request.calendar.SetInParent()
    _call(channel, "summitry.v1.CalendarService/CreateCalendar")(request.SerializeToString())
    create = _call(channel, "summitry.v1.MeetingService/CreateMeeting")
    futures: list[Any] = []
    for number in range(RECORDS):
        sent = meeting_service_pb2.CreateMeetingRequest(
            parent="calendars/bench", meeting_id=f"m{number:06d}"
        )
        day = format_date(FIRST + number // 4)
        span = sent.meeting.time.timed
        for point, minute in ((span.start, "00"), (span.end, "55")):
            point.civil_time = f"{day}T{9 + number % 4:02d}:{minute}"
            point.time_zone = "Asia/Almaty"
        sent.meeting.titles.add(text=f"Meeting {number} of the working group", language_code="en")
        sent.meeting.places.add(region_code="KZ").localities.add(text="Astana", language_code="en")
        futures.append(create.future(sent.SerializeToString()))  # type: ignore[attr-defined]
        if len(futures) >= IN_FLIGHT:
            futures.pop(0).result()
    for future in futures:
        future.result()


def _request(turn: int) -> bytes:
    """Return another window of 26 days or more each turn; each has 100 meetings and more."""
    first = FIRST + turn % DAYS
    request = QueryAgendaRequest(parent="calendars/bench", time_zone="Europe/Paris", page_size=100)
    request.window.dates.first_date = format_date(first)
    request.window.dates.last_date = format_date(first + 25 + turn // DAYS)
    request.window.dates.time_zone = "Asia/Almaty"
    return request.SerializeToString()


def _cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has used."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _compare(channel: grpc.Channel, pid: int, rounds: int) -> list[tuple[str, float, str]]:
    query = _call(channel, "summitry.v1.AgendaService/QueryAgenda")
    empty = _call(channel, "grpc.health.v1.Health/Check")
    answer = QueryAgendaResponse.FromString(query(_request(0)))
    assert len(answer.items) == 100
    days = count()
    request = _request(0)

    def from_store() -> None:
        query(_request(next(days)))  # never the same request twice, so nothing is kept for it

    timed: dict[str, list[float]] = {"empty": [], "kept": [], "store": []}
    calls: dict[str, Callable[[], Any]] = {
        "empty": lambda: empty(b""),
        "kept": lambda: query(request),
        "store": from_store,
    }
    for _ in range(rounds):
        for name, call in calls.items():
            before = _cpu(pid)
            for _ in range(CALLS):
                call()
            timed[name].append((_cpu(pid) - before) / CALLS)
    base = median(timed["empty"])
    ceiling = f"empty call on the same server, {base * 1e6:.0f} us of CPU"
    return [
        ("QueryAgenda, 100 items, from SQLite", median(timed["store"]) / base, ceiling),
        ("QueryAgenda, 100 items, response kept", median(timed["kept"]) / base, ceiling),
    ]

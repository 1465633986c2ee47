"""How long a Get waits beside 16 clients that ask the costliest questions, against waiting alone.

On a mixed world of 100,000 records. Wall time, since waiting is what is asked for: the askers are
a process of their own. A heavy question that is refused for want of a place is asked again.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from itertools import count, cycle, islice
from statistics import quantiles
from subprocess import PIPE, Popen
from typing import Any

import grpc
from google.protobuf.message import Message

from benchmarks.growth import ALL, request_of
from benchmarks.worlds.building import world
from benchmarks.worlds.content import FREQUENT
from benchmarks.worlds.serving import call_of, served
from summitry.v1.agenda_service_pb2 import (
    FindConflictsRequest,
    LocatePrincipalsRequest,
    QueryAgendaRequest,
)
from summitry.v1.meeting_service_pb2 import (
    GetMeetingRequest,
    ListMeetingsRequest,
    ListMeetingsResponse,
)

SIZE = "100k"
ASKERS, GETS = 16, 600
ENOUGH, SECONDS = 50, 15  # fewer Gets if they take so long
MEETINGS = "summitry.v1.MeetingService"
AGENDA = "summitry.v1.AgendaService"


def questions(turn: int) -> dict[str, tuple[str, Message]]:
    """Return the costliest questions by name; others each turn, so that nothing is cached."""
    person = FREQUENT["person"][0]
    return {
        "a text in no record": (
            f"{AGENDA}/QueryAgenda",
            request_of(QueryAgendaRequest, "all time", filter={"text": f"absquatulate {turn}"}),
        ),
        "conflicts of a month": (
            f"{AGENDA}/FindConflicts",
            _later(request_of(FindConflictsRequest, "a month"), turn),
        ),
        "places of a person": (
            f"{AGENDA}/LocatePrincipals",
            _later(request_of(LocatePrincipalsRequest, "a month", persons=[person]), turn),
        ),
    }


def _later(request: Any, turn: int) -> Any:
    first = date(2012, 1, 1) + timedelta(days=turn % 5000)
    request.window.dates.first_date = str(first)
    request.window.dates.last_date = str(first + timedelta(days=30))
    return request


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return the 99th percentile of Get beside each question, as ratios to that alone."""
    with served(world(SIZE)) as server, grpc.insecure_channel(server.address) as channel:
        get = call_of(channel, f"{MEETINGS}/GetMeeting")
        requests = cycle(_names(channel))
        _slowest(get, requests)
        alone = _slowest(get, requests)
        figures = []
        for name in questions(0):
            with _asked_by(server.address, name):
                beside = _slowest(get, requests)
            figures.append(
                (
                    f"p99 of Get beside {ASKERS} askers of {name}, {beside * 1e3:.1f} ms",
                    beside / alone,
                    f"p99 of Get alone, {alone * 1e3:.1f} ms",
                )
            )
        return figures


def _names(channel: grpc.Channel) -> list[bytes]:
    request = ListMeetingsRequest(parent=ALL, page_size=1000)
    answer = call_of(channel, f"{MEETINGS}/ListMeetings")(request.SerializeToString())
    meetings = ListMeetingsResponse.FromString(answer).meetings
    return [GetMeetingRequest(name=meeting.name).SerializeToString() for meeting in meetings]


def _slowest(get: Callable[[bytes], bytes], requests: Iterator[bytes]) -> float:
    """Return the 99th percentile of the seconds that a Get takes."""
    waits: list[float] = []
    for request in islice(requests, GETS):
        begun = time.perf_counter()
        get(request)
        waits.append(time.perf_counter() - begun)
        if len(waits) > ENOUGH and sum(waits) > SECONDS:
            break
    return quantiles(waits, n=100)[98]


@contextmanager
def _asked_by(address: str, name: str) -> Iterator[None]:
    """Let the askers ask for the time of the with block."""
    command = [sys.executable, "-c", "from benchmarks.beside import ask; ask()", address, name]
    with Popen(command, stdin=PIPE, stdout=PIPE) as askers:
        assert askers.stdin is not None and askers.stdout is not None
        askers.stdout.readline()  # now all of them are at it
        yield
        askers.stdin.close()


def ask() -> None:
    """Ask a question, from ASKERS threads, until standard input ends."""
    address, name = sys.argv[1:]
    ended = threading.Event()
    ready = threading.Barrier(ASKERS + 1)
    turns = count()

    def asker() -> None:
        with grpc.insecure_channel(address) as channel:
            ready.wait()
            while not ended.is_set():
                method, request = questions(next(turns))[name]
                with suppress(grpc.RpcError):  # refused: as many are at work as may be
                    call_of(channel, method)(request.SerializeToString())

    threads = [threading.Thread(target=asker) for _ in range(ASKERS)]
    for thread in threads:
        thread.start()
    ready.wait()
    print("asking", flush=True)
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()

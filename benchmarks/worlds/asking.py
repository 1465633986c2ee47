"""The services of a world, asked in process; and the work that their statements do."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, ClassVar

from summitry.kinds import BY_COLLECTION
from summitry.v1 import agenda_service_pb2, meeting_service_pb2
from summitry.v1.agenda_service_pb2 import (
    FindConflictsRequest,
    FindMeetingWindowsRequest,
    LocatePrincipalsRequest,
    QueryAgendaRequest,
)
from summitry.v1.meeting_service_pb2 import ListMeetingsRequest
from summitry_server.clock import SystemClock
from summitry_server.context import LOCAL_CALL, Backend
from summitry_server.databases import Databases
from summitry_server.services.agenda import AgendaService
from summitry_server.services.conflicts import find_conflicts
from summitry_server.services.meeting_windows import find_meeting_windows
from summitry_server.services.prepared_answers import Prepared
from summitry_server.services.presence import locate_principals
from summitry_server.services.reading import ReadMethods
from summitry_server.store.sqlite.engine import SqliteStore

# Operations of SQLite's virtual machine between two calls of the counter. A row that a statement
# steps over costs about five of them, one that it returns about twenty.
OPERATIONS = 5
ENOUGH = 0.5  # seconds of CPU after which a question is not asked once more


class CountedConnection(sqlite3.Connection):
    """A connection whose statements can be made to count what they do."""

    every: ClassVar[list[CountedConnection]] = []

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.every.append(self)


class World:
    """The services over a world."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        (agenda,) = agenda_service_pb2.DESCRIPTOR.services_by_name.values()
        (meetings,) = meeting_service_pb2.DESCRIPTOR.services_by_name.values()
        reads = ReadMethods(BY_COLLECTION["meetings"], meetings, backend)
        # Nothing is kept from one question to the next.
        self._rpcs: dict[type, Callable[[Any], bytes]] = {
            QueryAgendaRequest: lambda request: queries.query_agenda(request, LOCAL_CALL),
            ListMeetingsRequest: lambda request: reads.page(request, LOCAL_CALL),
            LocatePrincipalsRequest: self._question(locate_principals),
            FindConflictsRequest: self._question(find_conflicts),
            FindMeetingWindowsRequest: self._question(find_meeting_windows),
        }
        queries = AgendaService(agenda, backend)

    def _question(self, rpc: Callable[..., bytes]) -> Callable[[Any], bytes]:
        return lambda request: rpc(self.backend, Prepared(0), request, LOCAL_CALL)

    def ask(self, request: Any) -> bytes:
        """Return the answer to a request. Raises RefusedError."""
        return self._rpcs[type(request)](request)

    def seconds(self, request: Any) -> float:
        """Return the seconds of CPU that an answer takes, asked once."""
        begun = time.thread_time()
        self.ask(request)
        return time.thread_time() - begun

    def cost(self, request: Any, rounds: int) -> float:
        """Return the seconds of CPU that an answer takes: the median of some, after the first."""
        self.ask(request)
        spent: list[float] = []
        while len(spent) < rounds and sum(spent) < ENOUGH:
            spent.append(self.seconds(request))
        return median(spent)

    def operations(self, request: Any) -> int:
        """Return how many operations of SQLite's virtual machine an answer takes, about."""
        counted = 0

        def count() -> int:
            nonlocal counted
            counted += OPERATIONS
            return 0

        for connection in CountedConnection.every:
            connection.set_progress_handler(count, OPERATIONS)
        try:
            self.ask(request)
        finally:
            for connection in CountedConnection.every:
                connection.set_progress_handler(None, 0)
        return counted


def interleaved(rounds: int, works: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Return the seconds of CPU that each work takes: medians of rounds that do each in turn."""
    spent: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            begun = time.thread_time()
            work()
            spent[name].append(time.thread_time() - begun)
    return {name: median(seconds) for name, seconds in spent.items()}


@contextmanager
def opened(path: Path) -> Iterator[World]:
    """Open the world in a file."""
    store = SqliteStore(path, factory=CountedConnection)
    try:
        yield World(Backend(store, Databases(), SystemClock()))
    finally:
        store.close()
        CountedConnection.every.clear()

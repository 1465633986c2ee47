"""A feed server on a free port over calendars in memory, and a plain HTTP client."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pytest

from summitry.feeds import FeedContent, FeedListing, FeedState, feed_app
from summitry.feeds.serving import FeedServer
from summitry.kinds import Record
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.meeting_pb2 import Meeting
from summitry.when import resolve
from summitry.zones import default_database

CREATED = 1_719_800_000


class Memory:
    """A FeedSource that holds records, and counts how often it is read."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Record]] = {}
        self.titles: dict[str, str] = {}
        self.states: dict[str, FeedState] = {}
        self.loads = 0
        self.failing = False

    def add(self, calendar_id: str, title: str = "") -> None:
        self.records[calendar_id] = {}
        self.titles[calendar_id] = title or calendar_id
        self.states[calendar_id] = FeedState(1, CREATED, "store-1", "2026f")

    def put(self, calendar_id: str, meeting_id: str, title: str, day: int = 3) -> Meeting:
        """Store a meeting at 10:00 in Astana in July 2024, as a new revision a minute later."""
        self.step(calendar_id)
        state = self.states[calendar_id]
        point = {"civil_time": f"2024-07-{day:02}T10:00", "time_zone": "Asia/Almaty"}
        record = Meeting(
            name=f"calendars/{calendar_id}/meetings/{meeting_id}",
            uid=f"{meeting_id}@example.org",
            revision=state.revision,
            titles=[{"text": title, "language_code": "en"}],
            time={"timed": {"start": point}},
        )
        record.create_time.seconds, record.update_time.seconds = CREATED, state.modified
        resolve(record.time, default_database())
        self.records[calendar_id][record.name] = record
        return record

    def drop(self, calendar_id: str, meeting_id: str) -> None:
        self.step(calendar_id)
        del self.records[calendar_id][f"calendars/{calendar_id}/meetings/{meeting_id}"]

    def step(self, calendar_id: str, seconds: int = 60) -> None:
        state = self.states[calendar_id]
        self.states[calendar_id] = state._replace(
            revision=state.revision + 1, modified=state.modified + seconds
        )

    def state(self, calendar_id: str) -> FeedState | None:
        if self.failing:
            raise OSError("the disk is gone")
        return self.states.get(calendar_id)

    def load(self, calendar_id: str) -> FeedContent | None:
        self.loads += 1
        if calendar_id not in self.records:
            return None
        calendar = Calendar(
            name=f"calendars/{calendar_id}",
            titles=[{"text": self.titles[calendar_id], "language_code": "en"}],
        )
        records = list(self.records[calendar_id].values())
        return FeedContent(self.states[calendar_id], calendar, records)

    def calendars(self) -> Sequence[FeedListing]:
        if self.failing:
            raise OSError("the disk is gone")
        return [
            FeedListing(calendar_id, self.titles[calendar_id], state.revision)
            for calendar_id, state in sorted(self.states.items())
        ]


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Site(NamedTuple):
    """A running server."""

    port: int
    source: Memory

    def get(self, path: str, method: str = "GET", **headers: str) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            fields = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=fields)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, names, response.read())
        finally:
            connection.close()

    def raw(self, data: bytes) -> bytes:
        """Send bytes, and read until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as peer:
            peer.sendall(data)
            pieces = []
            while piece := peer.recv(65536):
                pieces.append(piece)
            return b"".join(pieces)


def filled() -> Memory:
    memory = Memory()
    memory.add("astana", "Astana <& its days>")
    memory.put("astana", "talks", "Talks")
    memory.put("astana", "plenary", "Plenary", day=4)
    return memory


@pytest.fixture
def source() -> Memory:
    return filled()


Serve = Callable[[Any], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Runs ASGI apps; gives the port. They end with the test."""
    servers = []

    def start(app: Any) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        servers.append(FeedServer(app, listener))
        servers[-1].start()
        port: int = listener.getsockname()[1]
        return port

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def site(source: Memory, serve: Serve) -> Site:
    """A site of the test's own."""
    return Site(serve(feed_app(source)), source)


@pytest.fixture(scope="session")
def shared_site() -> Iterator[Site]:
    """A site for tests that change nothing: it takes a while to stop one."""
    source = filled()
    listener = socket.create_server(("127.0.0.1", 0))
    server = FeedServer(feed_app(source), listener)
    server.start()
    yield Site(listener.getsockname()[1], source)
    server.stop()

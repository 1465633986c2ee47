"""A feed server on a free port over calendars in memory, and a plain HTTP client."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pytest

from summitry.kinds import Record
from summitry.time import resolve
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.feed_pb2 import Feed
from summitry.v1.meeting_pb2 import Meeting
from summitry.web.content.persistent_map import PersistentMap
from summitry.web.feeds import (
    CalendarContent,
    CalendarState,
    FeedAccess,
    FeedListing,
    UnknownTokenError,
    feed_app,
)
from summitry.web.feeds.serving import FeedServer
from summitry.zones import default_database

CREATED = 1_719_800_000


class Memory:
    """A FeedSource that holds records, and counts how often it is read."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Record]] = {}
        self.heads: dict[str, Calendar] = {}
        self.states: dict[str, CalendarState] = {}
        self.members: dict[str, dict[str, frozenset[str]]] = {}
        self.secrets: dict[str, FeedAccess | Exception] = {}
        self.redeemed: list[str] = []
        self.loads = 0
        self.changes = 0
        self.stale = 0.0
        self.failing = False
        self.clock: Clock | None = None  # by which it writes; else each change is a minute later

    def add(self, calendar_id: str, title: str = "", **fields: Any) -> None:
        title = title or calendar_id
        self.records[calendar_id] = {}
        self.heads[calendar_id] = Calendar(
            name=f"calendars/{calendar_id}",
            titles=[{"text": title, "language_code": "en"}],
            **fields,
        )
        self.states[calendar_id] = CalendarState("store-1", 1, CREATED)
        self.members[calendar_id] = {}
        self.changes += 1

    def put(self, calendar_id: str, meeting_id: str, title: str, day: int = 3) -> Meeting:
        """Store a meeting at 10:00 in Astana in July 2024, as a new revision a minute later."""
        point = {"civil_time": f"2024-07-{day:02}T10:00", "time_zone": "Asia/Almaty"}
        record = Meeting(
            name=f"calendars/{calendar_id}/meetings/{meeting_id}",
            ical_uid=f"{meeting_id}@example.org",
            titles=[{"text": title, "language_code": "en"}],
            time={"timed": {"start": point}},
        )
        resolve(record.time, default_database())
        self.keep(calendar_id, record)
        return record

    def feed(self, calendar_id: str, feed_id: str, **fields: Any) -> Feed:
        """Store a feed, as a new revision a minute later."""
        name = f"calendars/{calendar_id}/feeds/{feed_id}"
        feed = Feed(name=name, ical_uid=f"{feed_id}@example.org", **fields)
        self.keep(calendar_id, feed)
        return feed

    def keep(self, calendar_id: str, record: Record) -> None:
        """Store a record as a new revision a minute later."""
        self.step(calendar_id)
        state = self.states[calendar_id]
        record.revision = state.revision
        record.create_time.seconds, record.update_time.seconds = CREATED, state.modified
        self.records[calendar_id] |= {record.name: record}

    def drop(self, calendar_id: str, name: str) -> None:
        self.step(calendar_id)
        records = dict(self.records[calendar_id])
        del records[f"calendars/{calendar_id}/{name}"]
        self.records[calendar_id] = records

    def step(self, calendar_id: str, seconds: int = 60, **changes: Any) -> None:
        state = self.states[calendar_id]
        modified = state.modified + seconds
        if self.clock is not None:
            now = int(self.clock())
            modified = now if now >= state.modified else state.modified + 1  # as the log has it
        changes = {"revision": state.revision + 1, "modified": modified} | changes
        self.states[calendar_id] = state._replace(**changes)
        self.changes += 1

    def stamp(self) -> object:
        if self.failing:
            raise OSError("the disk is gone")
        return self.changes, self.stale

    def trouble(self) -> str:
        return ""

    def stale_since(self) -> float:
        return self.stale

    def content(self, calendar_id: str, previous: CalendarContent | None) -> CalendarContent | None:
        self.loads += 1
        if calendar_id not in self.records:
            return None
        state = self.states[calendar_id]
        if previous is not None and previous.state == state:
            return previous
        return CalendarContent(
            state,
            self.heads[calendar_id],
            PersistentMap(self.records[calendar_id]),
            {
                feed: PersistentMap(dict.fromkeys(names, self.heads[calendar_id]))
                for feed, names in self.members[calendar_id].items()
            },
        )

    def listings(self) -> Sequence[FeedListing]:
        if self.failing:
            raise OSError("the disk is gone")
        return [
            FeedListing(calendar_id, "", head.titles[0].text)
            for calendar_id, head in sorted(self.heads.items())
        ]

    def redeem(self, secret: str) -> FeedAccess:
        self.redeemed.append(secret)
        access = self.secrets.get(secret, UnknownTokenError())
        if isinstance(access, Exception):
            raise access
        return access


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Site(NamedTuple):
    """A running server."""

    port: int
    source: Memory

    def get(self, path: str, method: str = "GET", **headers: str) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
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
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
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
    """Run ASGI apps and return their ports. They end with the test."""
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


class Clock:
    """Epoch seconds that a test sets; long after all that is stored."""

    def __init__(self) -> None:
        self.time = float(CREATED + 10_000)

    def __call__(self) -> float:
        return self.time


@pytest.fixture(scope="session")
def memory_class() -> type[Memory]:
    return Memory


@pytest.fixture(scope="session")
def clock_class() -> type[Clock]:
    return Clock


@pytest.fixture
def feed_clock() -> Clock:
    return Clock()


@pytest.fixture
def site(source: Memory, serve: Serve, feed_clock: Clock) -> Site:
    """Return a site of the test's own, with its clock."""
    return Site(serve(feed_app(source, clock=feed_clock)), source)


@pytest.fixture(scope="session")
def shared_site() -> Iterator[Site]:
    """Return a site for tests that change nothing: it takes a while to stop one."""
    source = filled()
    listener = socket.create_server(("127.0.0.1", 0))
    server = FeedServer(feed_app(source), listener)
    server.start()
    yield Site(listener.getsockname()[1], source)
    server.stop()

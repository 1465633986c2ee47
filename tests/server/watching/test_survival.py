"""Concurrent writers, watchers that disconnect at random, and a server that is killed.

However it goes, every watcher is told each change of its view once, in the order of revisions, and
its view ends equal to the store; and no write that was answered is lost.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple

import grpc
import pytest

from summitry.v1.change_service_pb2 import Change, ChangeKind

ROUNDS = 100
SOAK_ROUNDS = 5_000
WRITERS = 3
CALENDAR = "calendars/c"
SUMMITS = [f"{CALENDAR}/summits/s{number}" for number in range(8)]
REGIONS = ("KZ", "FR", "BR")
VIEWS: tuple[dict[str, Any], ...] = (
    {"parent": "calendars/-"},
    {"parent": CALENDAR},
    {"parent": CALENDAR, "filter": {"region_codes": ["KZ"]}},
    {"parent": CALENDAR, "public_only": True},
    {
        "parent": CALENDAR,
        "filter": {"kinds": ["RECORD_KIND_SUMMIT"]},
        "window": {"dates": {"first_date": "2024-07-10", "last_date": "2024-07-20",
                             "time_zone": "UTC"}},
    },
)  # fmt: skip


class SeenChange(NamedTuple):
    """A change as one test compares it with another."""

    revision: int
    position: int
    kind: int
    name: str
    last: bool

    @classmethod
    def of(cls, change: Change) -> SeenChange:
        return cls(change.revision, change.position, change.kind, change.name, change.last)


class Server:
    """A server process on one file; it can be killed and started again."""

    def __init__(self, path: Path) -> None:
        self._options = ("--store", f"sqlite:///{path}", "--heartbeat", "0.2")
        self._process: subprocess.Popen[str] | None = None
        self.up = threading.Event()
        self.address = ""

    def start(self) -> None:
        command = (sys.executable, "-m", "summitry_server", "serve", *self._options)
        ports = ("--grpc", "127.0.0.1:0", "--http", "off")
        self._process = subprocess.Popen(
            (*command, *ports), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip().rpartition(" ")[2]
        assert self.address, "the server did not start"
        self.up.set()

    def kill(self) -> None:
        self.up.clear()
        assert self._process is not None and self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


class Connection:
    """A channel to whatever server runs now, for one thread."""

    def __init__(self, server: Server, api_class: Any) -> None:
        self._server, self._api_class = server, api_class
        self._address = ""
        self.api: Any = None

    def ready(self) -> Any:
        assert self._server.up.wait(60)
        if self._address != self._server.address:
            self.close()
            self._address = self._server.address
            self.api = self._api_class(grpc.insecure_channel(self._address))
        return self.api

    def close(self) -> None:
        if self.api is not None:
            self.api.channel.close()


class Writer(threading.Thread):
    """Writes bursts; what was answered stands in `answered`, by revision."""

    def __init__(self, connection: Connection, seed: int) -> None:
        super().__init__(daemon=True)
        self._connection = connection
        self._random = random.Random(seed)
        self.bursts: Queue[int] = Queue(2)  # the rounds wait for who writes
        self.answered: dict[int, str] = {}
        self._write_count = 0
        self._seed = seed

    def run(self) -> None:
        while count := self.bursts.get():
            for _ in range(count):
                try:
                    self._write()
                except (grpc.RpcError, ValueError) as error:
                    # ValueError: the channel of a killed server was closed. Else the outcome is
                    # unknown, or the record had been deleted meanwhile.
                    del error
        self._connection.close()

    def _write(self) -> None:
        api = self._connection.ready()
        name = self._random.choice(SUMMITS)
        self._write_count += 1
        text = f"{self._seed}-{self._write_count}"
        if self._random.random() < 0.2:
            revision = api("DeleteSummit", name=name).summit.revision
            self.answered[revision] = name
            return
        if self._random.random() < 0.15:
            names = self._random.sample(SUMMITS, 3)
            writes = [{"update": {"record": {"summit": self._record(name_written, text)},
                                  "allow_missing": True}} for name_written in names]  # fmt: skip
            answer = api("BatchWrite", writes=writes, request_id=str(uuid.uuid4()))
            self.answered[answer.header.revision] = text
            return
        summit = self._record(name, text)
        try:
            summit_written = api("UpdateSummit", summit=summit, allow_missing=True).summit
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            summit_written, text = api("UndeleteSummit", name=name).summit, name
        self.answered[summit_written.revision] = text

    def _record(self, name: str, text: str) -> dict[str, Any]:
        day = f"2024-07-{self._random.randint(1, 30):02}"
        visibility = self._random.choice(["VISIBILITY_PUBLIC", "VISIBILITY_INTERNAL"])
        return {
            "name": name,
            "series": text,
            "visibility": visibility,
            "places": [{"region_code": self._random.choice(REGIONS)}],
            "time": {"dates": {"first_date": day, "last_date": day}},
        }


class Follower(threading.Thread):
    """Follows a view over any break; keeps token and view together, as a client must."""

    def __init__(self, connection: Connection, watch: Any, view: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self._connection, self._watch, self.view = connection, watch, view
        self.received: list[SeenChange] = []
        self.state: dict[str, int] = {}
        self.token = ""
        self.revision = 0
        self.streams = 0
        self.ended = threading.Event()
        self._stream: Any = None

    def run(self) -> None:
        while not self.ended.is_set():
            api = self._connection.ready()
            begin = {"token": self.token} if self.token else {"initial": {}}
            try:
                self._stream = self._watch(api.channel, view=self.view, **begin)
                self.streams += 1
                while not self.ended.is_set():
                    self._take(self._stream.next())
            except (grpc.RpcError, ValueError):
                continue
        self._connection.close()

    def disconnect(self) -> None:
        if self._stream is not None:
            self._stream.close()

    def end(self) -> None:
        self.ended.set()
        self.disconnect()

    def _take(self, message: Any) -> None:
        assert not message.HasField("reset")
        for change in message.changes.changes:
            self.received.append(SeenChange.of(change))
            if change.kind == ChangeKind.CHANGE_KIND_UPSERT:
                self.state[change.name] = _revision(change)
            else:
                self.state.pop(change.name, None)
        self.token, self.revision = message.token, message.header.revision


def _revision(change: Change) -> int:
    record = getattr(change.record, change.record.WhichOneof("record") or "")
    return int(record.revision)


def follow(api: Any, view: dict[str, Any], **begin: Any) -> list[Change]:
    """Return all changes of a view, page by page."""
    changes: list[Change] = []
    start, more = begin or {"log_start": {}}, True
    while more:
        page = api("ListChanges", view=view, page_size=7, **start)
        changes += page.changes
        start, more = {"token": page.next_token}, page.more
    return changes


def check_order(received: list[SeenChange]) -> None:
    """Ordered, unique, atomic: each revision in one piece, the last of it marked, none again."""
    keys = [(change.revision, change.position) for change in received]
    assert keys == sorted(set(keys))
    for change, following in zip(received, [*received[1:], None], strict=True):
        assert change.last == (following is None or following.revision != change.revision)


def check_complete(received: list[SeenChange], logged: list[SeenChange]) -> None:
    """Reliable, resumable: what was seen is what the log has, whatever broke in between."""
    missing = [change for change in logged if change not in set(received)]
    assert not missing, f"missed {missing[:3]}"
    assert received == logged


def check_answered(answered: dict[int, str], log: list[Change]) -> None:
    """Durable: each answered write is in the log, at its revision."""
    there: dict[int, set[str]] = {}
    for change in log:
        there.setdefault(change.revision, set()).update((change.name, change.record.summit.series))
    missing = {
        revision for revision, text in answered.items() if text not in there.get(revision, ())
    }
    assert not missing, f"lost {sorted(missing)[:5]}"


class Campaign(NamedTuple):
    """The participants of a run."""

    server: Server
    writers: list[Writer]
    followers: list[Follower]
    connection: Connection


@pytest.fixture
def campaign(tmp_path: Path, api_class: Any, watch_on: Any) -> Iterator[Campaign]:
    server = Server(tmp_path / "s.db")
    server.start()

    def connect() -> Connection:
        return Connection(server, api_class)

    connection = connect()
    connection.ready().create("calendars", "c")
    followers = [Follower(connect(), watch_on, view) for view in VIEWS]
    writers = [Writer(connect(), seed) for seed in range(WRITERS)]
    for thread in (*followers, *writers):
        thread.start()
    yield Campaign(server, writers, followers, connection)
    for follower in followers:
        follower.end()
    for writer in writers:
        writer.bursts.put(0)
    for thread in (*followers, *writers):
        thread.join(60)
    connection.close()
    server.kill()


def burst(campaign: Campaign, chance: random.Random) -> None:
    for writer in campaign.writers:
        writer.bursts.put(chance.randint(1, 6))


def disconnect(campaign: Campaign, chance: random.Random) -> None:
    chance.choice(campaign.followers).disconnect()


def kill(campaign: Campaign, chance: random.Random) -> None:
    burst(campaign, chance)
    threading.Event().wait(chance.random() / 20)
    campaign.server.kill()
    campaign.server.start()


DISTURBANCES: dict[Callable[[Campaign, random.Random], None], int] = {
    burst: 12,
    disconnect: 7,
    kill: 1,
}


def test_watchers_miss_no_change_over_kills_and_disconnects(campaign: Campaign) -> None:
    chance = random.Random(20240703)
    rounds = SOAK_ROUNDS if os.environ.get("SUMMITRY_SOAK") == "1" else ROUNDS
    for disturb in chance.choices([*DISTURBANCES], [*DISTURBANCES.values()], k=rounds):
        disturb(campaign, chance)
        threading.Event().wait(chance.random() / 50)
    for writer in campaign.writers:
        writer.bursts.put(0)
        writer.join(120)
        assert not writer.is_alive()
    api = campaign.connection.ready()
    head = api("GetHead").header.revision
    for follower in campaign.followers:
        while follower.revision < head:
            assert follower.is_alive()
            threading.Event().wait(0.01)
        check_order(follower.received)
        check_complete(
            follower.received, [SeenChange.of(change) for change in follow(api, follower.view)]
        )
        state = {
            change.name: _revision(change) for change in follow(api, follower.view, initial={})
        }
        assert follower.state == state
    log = follow(api, {"parent": "calendars/-"})
    for writer in campaign.writers:
        check_answered(writer.answered, log)
    assert sum(len(writer.answered) for writer in campaign.writers) > rounds
    assert min(follower.streams for follower in campaign.followers) > 5


SAMPLE = [
    SeenChange(1, 0, 1, "a", True),
    SeenChange(2, 0, 1, "a", False),
    SeenChange(2, 1, 1, "b", True),
    SeenChange(3, 0, 2, "a", True),
]


@pytest.mark.parametrize(
    "spoilt",
    [
        SAMPLE[1:],
        SAMPLE[:2] + SAMPLE[3:],
        SAMPLE[:-1],
        [*SAMPLE, SAMPLE[-1]],
        [SAMPLE[0], SAMPLE[2], SAMPLE[1], SAMPLE[3]],
        SAMPLE[1:3] + SAMPLE[:1] + SAMPLE[3:],
        [*SAMPLE[:2], SAMPLE[2]._replace(last=False), SAMPLE[3]],
        [*SAMPLE[:3], SAMPLE[3]._replace(kind=1)],
    ],
    ids=["first", "middle", "end", "twice", "within", "order", "torn", "kind"],
)
def test_checks_fail_for_broken_sequences_of_changes(spoilt: list[SeenChange]) -> None:
    check_order(SAMPLE)
    check_complete(SAMPLE, SAMPLE)
    with pytest.raises(AssertionError):
        check_order(spoilt)
        check_complete(spoilt, SAMPLE)
    with pytest.raises(AssertionError):
        check_answered({2: "lost"}, [Change(name="a", revision=2)])

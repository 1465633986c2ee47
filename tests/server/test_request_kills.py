"""Requests with an id are done once, though the server is killed under them again and again."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from summitry import Calendar, Client, Summit, batch
from summitry.errors import DeadlineExceededError, UnavailableError
from summitry.kinds import Record
from tests.waiting import wait_until

T = TypeVar("T")
ID = "6f1c2a50-5f0e-4c6b-9a54-0d6c1f7e2b11"


def persistently(call: Callable[[], T]) -> T:
    """Repeat a call until it is answered, as a client does that must have an answer."""
    while True:
        try:
            return call()
        except (UnavailableError, DeadlineExceededError):
            time.sleep(0.02)


def create(client: Client) -> list[Record]:
    """Create a record whose name the server chooses: done twice, there would be two."""
    own = str(uuid.uuid4())
    return [persistently(lambda: client.create(Summit(), "calendars/c", request_id=own))]


def write_batch(client: Client) -> list[Record]:
    """Create two records under given names: done twice, it would be refused."""
    own = str(uuid.uuid4())
    names = [f"calendars/c/summits/{own}-{part}" for part in "ab"]
    writes = [batch.create(Summit(name=name)) for name in names]
    return persistently(lambda: client.batch_write(writes, request_id=own))


def until_more(created: list[Record]) -> None:
    """Wait until some more is written, so that each kill meets a server at work."""
    enough = len(created) + 8
    wait_until(lambda: len(created) >= enough, "nothing is written any more")


def test_each_request_is_done_once_when_the_server_is_killed(process: Any, soak: bool) -> None:
    created, stop = list[Record](), threading.Event()

    def write(turn: int) -> None:
        with Client(process.address, timeout=5) as client:
            while not stop.is_set():
                created.extend((create, write_batch)[turn % 2](client))

    with Client(process.address, timeout=5) as client:
        persistently(lambda: client.create(Calendar(name="calendars/c"), request_id=ID))
        writers = [threading.Thread(target=write, args=[turn], daemon=True) for turn in range(4)]
        for writer in writers:
            writer.start()
        for turn in range(60 if soak else 3):
            until_more(created)
            time.sleep(0.01 * turn % 0.05)
            process.end()
            process.start()
        until_more(created)
        stop.set()
        for writer in writers:
            writer.join(60)
            assert not writer.is_alive()
        stored = {summit.name: summit for summit in client.list(Summit, "calendars/c")}
    assert len({record.name for record in created}) == len(created)
    assert {record.name: record for record in created} == stored, (
        "all that was answered, and no more"
    )

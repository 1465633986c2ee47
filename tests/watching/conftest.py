"""Followers through both clients, each run in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from summitry import AsyncClient, Client
from summitry.v1.change_service_pb2 import Change, ChangeKind
from summitry.watching import Batch
from tests.waiting import LONGEST, wait_until


class Follow:
    """A watch that a thread reads, by a Client or an AsyncClient."""

    def __init__(self, kind: str, target: str, parent: Any, options: dict[str, Any]) -> None:
        self.batches: list[Batch] = []
        self.error: Exception | None = None
        self._target, self._parent, self._options = target, parent, options
        self._came = threading.Condition()
        self._stop: Callable[[], Any] = lambda: None
        work = self._read if kind == "sync" else lambda: asyncio.run(self._read_async())
        self._thread = threading.Thread(target=self._until_end, args=(work,), daemon=True)
        self._thread.start()

    @property
    def changes(self) -> list[Change]:
        with self._came:
            return [change for batch in self.batches for change in batch.changes]

    @property
    def delivered(self) -> list[tuple[str, str]]:
        return [
            (ChangeKind.Name(c.kind).removeprefix("CHANGE_KIND_"), c.name.rpartition("/")[2])
            for c in self.changes
        ]

    @property
    def events(self) -> list[str]:
        with self._came:
            return [b.event.name for b in self.batches]

    def wait(self, reached: Callable[[Follow], Any]) -> Follow:
        """Wait until `reached(self)` is true. Raise AssertionError if the watch ends without it."""
        wait_until(lambda: reached(self) or not self._thread.is_alive())
        assert reached(self), (self.delivered, self.error)
        return self

    def caught_up(self) -> Follow:
        return self.wait(lambda self: "CAUGHT_UP" in self.events)

    def stop(self) -> Follow:
        if self._thread.is_alive():
            self._stop()
        self._thread.join(LONGEST)
        assert not self._thread.is_alive()
        return self

    def _until_end(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            self.error = error

    def _note(self, batch: Batch) -> None:
        with self._came:
            self.batches.append(batch)
            self._came.notify_all()

    def _read(self) -> None:
        with Client(self._target) as client, client.watch(self._parent, **self._options) as watch:
            self._stop = watch.close
            for batch in watch.batches():
                self._note(batch)

    async def _read_async(self) -> None:
        loop = asyncio.get_running_loop()
        async with (
            AsyncClient(self._target) as client,
            client.watch(self._parent, **self._options) as watch,
        ):
            self._stop = lambda: loop.call_soon_threadsafe(watch.close)
            async for batch in watch.batches():
                self._note(batch)


Following = Callable[..., Follow]


@pytest.fixture(params=["sync", "async"])
def follow(request: pytest.FixtureRequest) -> Iterator[Following]:
    """Return a function that follows a calendar by either client: follow(target, parent, **options)."""
    started: list[Follow] = []

    def begin(target: str, parent: Any = "calendars/c", **options: Any) -> Follow:
        started.append(Follow(request.param, target, parent, options))
        return started[-1]

    yield begin
    for follower in started:
        follower.stop()


@pytest.fixture
def client(service: Any) -> Iterator[Client]:
    """Return a client of a service that has only the calendar `calendars/c`."""
    from summitry import Calendar

    with Client(service.grpc) as client:
        client.create(Calendar(), id="c")
        yield client

"""After any failures a view equals the store, and no change is delivered twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from summitry import Calendar, Client, NotFoundError, Summit, View
from summitry.v1.change_service_pb2 import ChangeKind
from summitry.v1.filter_pb2 import Filter
from summitry.v1.place_pb2 import Place
from summitry.watching import Batch, backoff, follower
from summitry_server.app import Application
from summitry_server.config import parse_config

FILTER = Filter(region_codes=["KZ"])


class Broken(grpc.RpcError):
    """A break as gRPC tells it."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNAVAILABLE

    def details(self) -> str:
        return "broken on purpose"

    def trailing_metadata(self) -> None:
        return None


class Line:
    """The way to the server, on which a test plays tricks."""

    def __init__(self, client: Client) -> None:
        self._open = client._open_watch
        self.breaks_before = self.breaks_after = self.repeats = False
        self._last: Any = None

    def __call__(self, request: Any) -> Line:
        self._call = self._open(request)
        return self

    def __next__(self) -> Any:
        if self.breaks_before:
            self.breaks_before = False
            raise Broken
        if self.repeats and self._last is not None:
            self.repeats = False
            return self._last
        message = next(self._call)
        if self.breaks_after:  # it was sent, and did not arrive
            self.breaks_after = False
            raise Broken
        self._last = message
        return message

    def cancel(self) -> None:
        self._last = None
        self._call.cancel()


class Reader:
    """A consumer that checks what it is told, and outlives its own crashes by a file."""

    def __init__(self, client: Client, calendar: str, path: Path) -> None:
        self._client, self._calendar, self._path = client, calendar, path
        path.unlink(missing_ok=True)
        self.begin()

    def begin(self) -> None:
        self.view = View.read(self._path)
        self.etags = self.view.etags()
        self.line = Line(self._client)
        watch = self._client.watch(self._calendar, FILTER, view=self.view, on_break=lambda _: None)
        watch._stream = self.line
        self.batches = watch.batches()

    def crash(self) -> None:
        self.batches.close()  # type: ignore[attr-defined]
        self.begin()

    def save(self) -> None:
        self.view.write(self._path)

    def read(self, head: int) -> None:
        """Read one message, if there is news."""
        if self.view.revision < head:
            self._take(next(self.batches))

    def read_all(self, head: int) -> None:
        while self.view.revision < head:
            self._take(next(self.batches))

    def _take(self, batch: Batch) -> None:
        revisions = [change.revision for change in batch.changes if batch.caught_up]
        assert revisions == sorted(revisions)
        for change in batch.changes:
            if change.kind == ChangeKind.CHANGE_KIND_UPSERT:
                etag = change.record.summit.etag
                assert self.etags.get(change.name) != etag, "told twice"
                self.etags[change.name] = etag
            else:
                del self.etags[change.name]


TRICKS = ("breaks_before", "breaks_after", "repeats")
writes = st.one_of(
    st.tuples(st.just("put"), st.integers(0, 3), st.sampled_from(["KZ", "KZ", "FR"])),
    st.tuples(st.just("delete"), st.integers(0, 3)),
)
tricks = st.sampled_from(TRICKS)
operations = st.one_of(
    writes,
    tricks,
    st.sampled_from(["read", "read_all", "save", "crash", "compact"]),
    st.lists(
        writes, min_size=1, max_size=4
    ),  # while the consumer is away, longer than the log is kept
)


class Story:
    """Operations of writers, of the network and of a reader, as they come."""

    def __init__(self, client: Client, application: Application, calendar: str, path: Path) -> None:
        self.client, self.application, self.calendar = client, application, calendar
        self.reader = Reader(client, calendar, path)

    def run(self, operation: Any) -> None:
        if isinstance(operation, list):
            self.read_all()
            self.save()
            for step in operation:
                self.run(step)
            self.compact()
            self.crash()
        elif isinstance(operation, tuple):
            write(self.client, self.calendar, *operation)
        elif operation in TRICKS:
            setattr(self.reader.line, operation, True)
        else:
            getattr(self, operation)()

    def read(self) -> None:
        self.reader.read(head(self.client))

    def read_all(self) -> None:
        self.reader.read_all(head(self.client))

    def save(self) -> None:
        self.reader.save()

    def crash(self) -> None:
        self.reader.crash()

    def compact(self) -> None:
        self.application._store.compact(head(self.client))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(operations, max_size=25), st.lists(tricks, max_size=3))
def test_a_view_ends_equal_to_the_store(
    fresh: Any, tmp_path: Path, operations: list[Any], at_last: list[str]
) -> None:
    client, application, calendar = fresh()
    story = Story(client, application, calendar, tmp_path / "view")
    for operation in (*operations, *at_last):
        story.run(operation)
    story.read_all()
    stored = {summit.name: summit.etag for summit in client.list(Summit, calendar, filter=FILTER)}
    assert story.reader.etags == story.reader.view.etags() == stored
    story.reader.batches.close()  # type: ignore[attr-defined]


def write(client: Client, calendar: str, operation: str, number: int, region: str = "") -> None:
    name = f"{calendar}/summits/s{number}"
    try:
        if operation == "put":
            places = [Place(region_code=region)]
            client.update(Summit(name=name, places=places), allow_missing=True)
        else:
            client.delete(name)
    except NotFoundError:
        """Deleted ones stay deleted, and what never was cannot be deleted."""


def head(client: Client) -> int:
    next(client.list("calendars", page_size=1))
    return int(client.header.revision)


@pytest.fixture(scope="module")
def fresh() -> Iterator[Any]:
    """Return a function that creates a calendar of its own on one service."""
    patch = pytest.MonkeyPatch()
    patch.setattr(backoff, "FIRST", 0.001)
    patch.setattr(follower, "MOST_OFFERED", 1)
    options = [
        "--store",
        "memory:",
        "--grpc",
        "127.0.0.1:0",
        "--http",
        "off",
        "--heartbeat",
        "0.02",
    ]
    application = Application(parse_config(options))
    client, numbers = Client(str(application.grpc_address)), iter(range(1_000_000))

    def make() -> tuple[Client, Application, str]:
        return client, application, client.create(Calendar(), id=f"c{next(numbers)}").name

    yield make
    client.close()
    application.stop()
    patch.undo()

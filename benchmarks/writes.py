"""Creates of a mixed world over the service in process, against a bare append and sync.

On a copy of the world of 10,000 records. The wall clock where the disk decides; CPU of the process,
and frames of the write-ahead log, where the work does.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import count, islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.worlds.building import SIZES, Population, copy_of, world
from summitry.kinds import MEETING
from summitry.v1 import meeting_service_pb2
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.meeting_service_pb2 import CreateMeetingRequest
from summitry_server.clock import SystemClock
from summitry_server.context import LOCAL_CALL, Backend
from summitry_server.databases import Databases
from summitry_server.services.records import RecordService
from summitry_server.store.contract import Condition
from summitry_server.store.sqlite.engine import SqliteStore
from summitry_server.wire import limits
from summitry_server.wire.frames import parse

SIZE, LARGE = "10k", "100k"
WRITES, AT_ONCE = 100, 64
PAGE_BYTES, FRAME_BYTES = 4096, 4096 + 24  # of a frame in the log: a page and its header


class Cost(NamedTuple):
    """Seconds that a work takes for each of its writes."""

    wall: float
    cpu: float


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return named ratios, each with its ceiling: medians of interleaved rounds."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        creates = _Creates(stack, Path(folder))
        bare = os.open(Path(folder) / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        stack.callback(os.close, bare)
        works = {
            "sync": lambda: _sync(bare),
            "single": creates.one_by_one,
            "grouped": creates.at_once,
        }
        cost = _costs(works, rounds)
        frames = creates.frames()
    single, grouped, sync = cost["single"], cost["grouped"], cost["sync"]
    append = f"append of a page and fdatasync, {sync.wall * 1e6:.0f} us"
    return [
        ("durable create, wall clock", single.wall / sync.wall, append),
        ("durable create, us of CPU", single.cpu * 1e6, "absolute: of the process, without gRPC"),
        ("durable create, frames of the log", frames, "absolute: pages written"),
        (
            f"create among {AT_ONCE} at once, {grouped.cpu * 1e6:.0f} us of CPU",
            grouped.cpu / single.cpu,
            "a create alone",
        ),
        *_file_bytes(),
    ]


def _sync(bare: int) -> None:
    for _ in range(WRITES):
        os.write(bare, bytes(PAGE_BYTES))
        os.fdatasync(bare)


def _costs(works: dict[str, Callable[[], None]], rounds: int) -> dict[str, Cost]:
    spent: dict[str, list[Cost]] = {name: [] for name in works}
    for round in range(rounds + 1):
        for name, work in works.items():
            cost = _cost(work)
            if round:  # the first one fills caches
                spent[name].append(cost)
    return {name: Cost(*map(median, zip(*costs, strict=True))) for name, costs in spent.items()}


def _cost(work: Callable[[], None]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost((time.perf_counter() - wall) / WRITES, (time.process_time() - cpu) / WRITES)


class _Creates:
    """Creates of meetings in a copy of a world."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        path = copy_of(SIZE, folder)
        store = stack.enter_context(closing(SqliteStore(path)))
        backend = Backend(store, Databases(), SystemClock())
        (descriptor,) = meeting_service_pb2.DESCRIPTOR.services_by_name.values()
        self._service = RecordService(MEETING, descriptor, backend)
        self._requests = _requests(Population(backend.db, SIZES[LARGE]))
        self._callers = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        self._log = Path(f"{path}-wal")

    def one_by_one(self) -> None:
        """Create some, each when the one before is durable."""
        for data in islice(self._requests, WRITES):
            self._create(data)

    def at_once(self) -> None:
        """Create as many, from several threads."""
        list(self._callers.map(self._create, list(islice(self._requests, WRITES))))

    def frames(self) -> float:
        """Return the frames of the log that a create writes: the median, for some begin it anew."""
        frames = []
        for data in islice(self._requests, WRITES):
            before = _size(self._log)
            self._create(data)
            frames.append((_size(self._log) - before) / FRAME_BYTES)
        return median(frames)

    def _create(self, data: bytes) -> None:
        request = parse(CreateMeetingRequest, data)
        limits.check(request)
        self._service.create(request, LOCAL_CALL)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _requests(population: Population) -> Iterator[bytes]:
    """Yield requests that create the meetings of a world, under ids that are not taken."""
    for number in count():
        record = population.record(number)
        if isinstance(record, Meeting):
            calendar, _, id = record.name.partition("/meetings/")
            record.ClearField("name")
            record.ClearField("ical_uid")
            request = CreateMeetingRequest(parent=calendar, meeting_id=f"new-{id}", meeting=record)
            yield request.SerializeToString()


def _file_bytes() -> Iterator[tuple[str, float, str]]:
    path = world(LARGE)
    records = SIZES[LARGE]
    with closing(SqliteStore(path)) as store, store.read() as reader:
        rows = reader.page(MEETING.number, None, "", 1000, Condition())
        frame = sum(len(row.frame) for row in rows) / len(rows)
    size = path.stat().st_size / records
    yield (
        f"bytes of the file a record, {size:,.0f}",
        size / frame,
        f"its message, {frame:.0f} bytes",
    )

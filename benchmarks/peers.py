"""`make bench-peers`: this service beside Radicale and Xandikos, on the same events.

EVENTS sets their number (1,000). CPU of each server for one operation, as a ratio to that of this
service; one client, warm. The peers are installed into build/peers by make and are no dependency:
they speak CalDAV, and this service gRPC for the week and the write, HTTP for the whole calendar.
Their data is put into their folders as files, and for Xandikos committed once.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.worlds.serving import Served
from summitry import Calendar, Client, Meeting, batch

EVENTS = int(os.environ.get("EVENTS", "1000"))
INSTALLED = Path("build/peers").absolute()
FIRST, DAYS = date(2024, 1, 1), 400
BATCH = 500
# How often each operation is done in a round: peers take up to seconds for one.
CALLS = {"Summitry": 100, "Radicale": 3, "Xandikos": 3}
RADICALE = """[server]
hosts = 127.0.0.1:{port}
[auth]
type = none
[storage]
filesystem_folder = {folder}
"""
REPORT = """<?xml version="1.0"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
<D:prop><D:getetag/><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">
<C:time-range start="{start:%Y%m%d}T000000Z" end="{end:%Y%m%d}T000000Z"/>
</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"""

Operation = Callable[[], object]


class Peer(NamedTuple):
    """A server with the events in it, and its operations by name."""

    server: Served
    operations: dict[str, Operation]


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return the cost of each operation of each peer, as a ratio to that of this service."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        peers = {
            name: stack.enter_context(start(Path(folder)))
            for name, start in (
                ("Summitry", _summitry),
                ("Radicale", _radicale),
                ("Xandikos", _xandikos),
            )
        }
        costs = {name: _costs(peer, rounds, CALLS[name]) for name, peer in peers.items()}
    own = costs.pop("Summitry")
    return [
        (
            f"{operation}, {name}, {cost[operation] * 1e3:,.1f} ms",
            cost[operation] / own[operation],
            f"Summitry, {own[operation] * 1e3:.2f} ms",
        )
        for operation in own
        for name, cost in costs.items()
    ]


def _costs(peer: Peer, rounds: int, calls: int) -> dict[str, float]:
    spent: dict[str, list[float]] = {name: [] for name in peer.operations}
    for round in range(rounds + 1):
        for name, operation in peer.operations.items():
            before = peer.server.cpu()
            for _ in range(calls):
                operation()
            if round:  # the first one fills caches
                spent[name].append((peer.server.cpu() - before) / calls)
    return {name: median(values) for name, values in spent.items()}


def _day(number: int) -> date:
    return FIRST + timedelta(days=number % DAYS)


def _icalendar(number: int) -> bytes:
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//EN", "BEGIN:VEVENT", f"UID:m{number}",
        "DTSTAMP:20240101T000000Z", f"DTSTART:{_day(number):%Y%m%d}T090000Z",
        f"DTEND:{_day(number):%Y%m%d}T100000Z", f"SUMMARY:Meeting {number} of the working group",
        "LOCATION:Astana", "END:VEVENT", "END:VCALENDAR", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode()


def _meeting(number: int) -> Meeting:
    meeting = Meeting(name=f"calendars/bench/meetings/m{number}")
    meeting.titles.add(text=f"Meeting {number} of the working group", language_code="en")
    meeting.places.add().localities.add(text="Astana", language_code="en")
    span = meeting.time.timed
    span.start.civil_time, span.end.civil_time = f"{_day(number)}T09:00", f"{_day(number)}T10:00"
    span.start.time_zone = span.end.time_zone = "UTC"
    return meeting


@contextmanager
def _process(command: list[str], port: int) -> Iterator[Served]:
    """Start a server; yield it when it accepts connections. Raises RuntimeError if it ends."""
    environment = os.environ | {"PYTHONPATH": str(INSTALLED)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while not _is_open(port):
                if process.poll() is not None:
                    raise RuntimeError(f"{command} ended: install it by make bench-peers")
                time.sleep(0.1)
            yield Served(process.pid, f"127.0.0.1:{port}")
        finally:
            process.terminate()


def _is_open(port: int) -> bool:
    with closing(socket.socket()) as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def _summitry(folder: Path) -> Iterator[Peer]:
    grpc_port, http_port = _free_port(), _free_port()
    command = [
        *(sys.executable, "-m", "summitry_server", "serve", "--store", f"sqlite:///{folder}/s.db"),
        *("--grpc", f"127.0.0.1:{grpc_port}", "--http", f"127.0.0.1:{http_port}"),
    ]
    with _process(command, http_port) as server, Client(f"127.0.0.1:{grpc_port}") as client:
        client.create(Calendar(name="calendars/bench"))
        meetings = list(map(_meeting, range(EVENTS)))
        for first in range(0, EVENTS, BATCH):
            client.batch_write(
                [batch.create(meeting) for meeting in meetings[first : first + BATCH]]
            )
        whole = _Web(http_port, "/feeds/bench.ics")
        numbers, days = count(EVENTS), count()

        def week() -> object:
            first = _day(next(days))
            last = str(first + timedelta(days=6))
            return list(client.agenda("calendars/bench", first_date=str(first), last_date=last))

        yield Peer(
            server,
            {
                "the whole calendar": whole.get,
                "the same, unchanged": whole.get_unchanged,
                "a week": week,
                "a write": lambda: client.create(_meeting(next(numbers))),
            },
        )


@contextmanager
def _radicale(folder: Path) -> Iterator[Peer]:
    port, root = _free_port(), folder / "radicale"
    (folder / "radicale.conf").write_text(RADICALE.format(port=port, folder=root))
    collection = root / "collection-root" / "user" / "bench"
    collection.mkdir(parents=True)
    (collection / ".Radicale.props").write_text('{"tag": "VCALENDAR"}')
    _put_files(collection)
    command = [sys.executable, "-m", "radicale", "--config", str(folder / "radicale.conf")]
    with _process(command, port) as server:
        yield Peer(server, _dav_operations(_Web(port, "/user/bench/", whole="")))


@contextmanager
def _xandikos(folder: Path) -> Iterator[Peer]:
    port, root = _free_port(), folder / "xandikos"
    root.mkdir()
    command = [sys.executable, "-m", "xandikos", "serve", "-d", str(root), "-l", "127.0.0.1"]
    command += ["-p", str(port), "--defaults", "--current-user-principal", "/user"]
    with _process(command, port):
        """Make the folders of a user."""
    collection = root / "user" / "calendars" / "calendar"
    _put_files(collection)
    for arguments in (("add", "."), ("commit", "--quiet", "--message", "events")):
        identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
        subprocess.run(["git", *identity, "-C", str(collection), *arguments], check=True)
    with _process(command, port) as server:
        web = _Web(port, "/user/calendars/calendar/", whole="?export")
        yield Peer(server, _dav_operations(web))


def _put_files(collection: Path) -> None:
    for number in range(EVENTS):
        (collection / f"m{number}.ics").write_bytes(_icalendar(number))


def _dav_operations(web: _Web) -> dict[str, Operation]:
    numbers, days = count(EVENTS), count()

    def week() -> object:
        start = _day(next(days))
        report = REPORT.format(start=start, end=start + timedelta(days=7)).encode()
        return web.send("REPORT", "", report, {"Content-Type": "application/xml", "Depth": "1"})

    def write() -> object:
        number = next(numbers)
        return web.send(
            "PUT", f"m{number}.ics", _icalendar(number), {"Content-Type": "text/calendar"}
        )

    return {
        "the whole calendar": web.get,
        "the same, unchanged": web.get_unchanged,
        "a week": week,
        "a write": write,
    }


class _Web:
    """A connection to a server of HTTP, and the path of a calendar on it."""

    def __init__(self, port: int, path: str, whole: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self._path, self._whole = path, whole
        self._etag = ""

    def get(self) -> bytes:
        """Return the whole calendar."""
        return self.send("GET", self._whole)

    def get_unchanged(self) -> bytes:
        """Ask for the calendar if it has changed, which it has not."""
        return self.send("GET", self._whole, headers={"If-None-Match": self._etag})

    def send(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> bytes:
        """Return the body of a response. Raises RuntimeError for one that is none."""
        # "user:", which Radicale takes for the owner; the others ignore it.
        fields = {"Authorization": "Basic dXNlcjo=", **(headers or {})}
        self._connection.request(method, self._path + path, body or None, fields)
        response = self._connection.getresponse()
        data = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {data[:200]!r}")
        if method == "GET":
            self._etag = response.getheader("ETag") or self._etag
        return data

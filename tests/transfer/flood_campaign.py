"""A flood of calendar files: the server is measured while it answers others, then ended.

python -m tests.transfer.flood_campaign [ROUNDS]      prints the figures of a campaign
"""

from __future__ import annotations

import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from summitry import Client
from summitry.errors import CallError
from summitry.v1.calendar_pb2 import Calendar
from tests.ical.reading.floods import files
from tests.server.test_process import PORTS, server

GRACE = 10  # seconds
GETS = 20  # of a round


class Figures(NamedTuple):
    """The results of a campaign."""

    idle_p99: float  # milliseconds of a Get
    flooded_p99: float
    memory: int  # KiB of the server and its processes above idle, at the most
    outcomes: dict[str, int]  # of the floods: "read", or the reason of the refusal
    exit_code: int
    end: float  # seconds from SIGTERM to the end
    orphans: list[int]  # processes of the server that outlived it


def children(pid: int) -> list[int]:
    listing = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True
    )
    return [int(word) for word in listing.stdout.split()]


def memory(pids: list[int]) -> int:
    total = 0
    for pid in pids:
        status = Path(f"/proc/{pid}/status")
        lines = status.read_text().splitlines() if status.exists() else []
        total += sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return total


def time_gets(client: Client, count: int) -> list[float]:
    durations = []
    for _ in range(count):
        begun = time.perf_counter()
        client.get("calendars/c")
        durations.append((time.perf_counter() - begun) * 1000)
        time.sleep(0.002)
    return durations


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


class Flooder(threading.Thread):
    """Sends one flood after another until it is told to stop or the server has gone."""

    def __init__(self, address: str, datas: list[bytes]) -> None:
        super().__init__()
        self._address, self._datas = address, datas
        self.outcomes: Counter[str] = Counter()
        self.is_done = False

    def run(self) -> None:
        with Client(self._address) as client:
            while not self.is_done:
                for data in self._datas:
                    if self.is_done:
                        return
                    self.outcomes[self._send(client, data)] += 1

    def _send(self, client: Client, data: bytes) -> str:
        try:
            client.parse_calendar("calendars/c", data, timeout=60)
        except CallError as error:
            return error.reason or "unavailable"
        return "read"


def campaign(names: list[str], rounds: int) -> Figures:
    """Flood a server with the named files from three threads for so many rounds of Gets."""
    makers = files()
    datas = [makers[name]() for name in names]
    small = b"BEGIN:VCALENDAR\nEND:VCALENDAR\n"
    options = ("--store", "memory:", "--grace", str(GRACE), *PORTS)
    with server(*options) as (process, address, _), Client(address) as client:
        client.create(Calendar(name="calendars/c", titles=[{"text": "C", "language_code": "en"}]))
        client.parse_calendar("calendars/c", small)  # idle is with a process that waits
        idle = time_gets(client, GETS * rounds)
        before = memory([process.pid, *children(process.pid)])
        flooders = [Flooder(address, datas[n:] + datas[:n]) for n in range(3)]
        for flooder in flooders:
            flooder.start()
        flooded = time_gets(client, GETS * rounds)
        kids = children(process.pid)
        above = memory([process.pid, *kids]) - before
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=60)
        end = time.monotonic() - begun
        for flooder in flooders:
            flooder.is_done = True
        for flooder in flooders:
            flooder.join()
        orphans = [kid for kid in kids if Path(f"/proc/{kid}").exists()]
    outcomes = sum((flooder.outcomes for flooder in flooders), Counter())
    return Figures(p99(idle), p99(flooded), above, dict(outcomes), code, end, orphans)


if __name__ == "__main__":
    print(campaign(list(files()), int(sys.argv[1]) if len(sys.argv) > 1 else 100))  # noqa: T201

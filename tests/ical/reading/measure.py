"""The CPU and memory that a flood takes, in a process of its own.

python -m tests.ical.reading.measure read|lint NAME      prints seconds and bytes above idle
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from summitry.ical.lint import lint
from summitry.v1.transfer_service_pb2 import ParseCalendarRequest
from summitry.zones import default_database
from summitry_server.parsers import worker
from tests.ical.reading.floods import calendar, event, files


class Cost(NamedTuple):
    """The resources that a file takes beyond an idle process."""

    seconds: float  # of CPU
    octets: int


def read(data: bytes) -> None:
    request = ParseCalendarRequest(parent="calendars/c", calendar=data)
    worker.answer(request.SerializeToString(), default_database())


WORK = {"read": read, "lint": lint}


def cost_of(work: str, name: str) -> Cost:
    """Measure the cost of a flood in another process."""
    command = [sys.executable, "-m", "tests.ical.reading.measure", work, name]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    seconds, octets = output.split()
    return Cost(float(seconds), int(octets))


def peak() -> int:
    """Return the most bytes of memory that this program has had.

    Linux leaves to a new program the ru_maxrss of the process that started it: a large pytest hid
    all that its measurements were to find.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


def main(work: str, name: str) -> None:
    data = files()[name]()
    warm = calendar(event(0, b"RRULE:FREQ=WEEKLY;COUNT=2\nRDATE;TZID=Europe/Paris:20260309T090000"))
    WORK[work](warm)
    before, start = peak(), time.process_time()
    WORK[work](data)
    print(f"{time.process_time() - start:.3f} {peak() - before}")  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The CPU and memory that a flood takes, in a process of its own.

python -m tests.ical.reading.measure read|lint NAME      prints seconds and bytes above idle
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from typing import NamedTuple

from summitry.ical.lint import lint
from summitry.v1.transfer_service_pb2 import ParseCalendarRequest
from summitry.zones import default_database
from summitry_server.parsers import worker
from tests.ical.reading.floods import calendar, event, files


class Cost(NamedTuple):
    """What a file takes beyond an idle process."""

    seconds: float  # of CPU
    octets: int


def read(data: bytes) -> None:
    request = ParseCalendarRequest(parent="calendars/c", calendar=data)
    worker.answer(request.SerializeToString(), default_database())


DO = {"read": read, "lint": lint}


def cost_of(what: str, name: str) -> Cost:
    """Measure in another process."""
    command = [sys.executable, "-m", "tests.ical.reading.measure", what, name]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    seconds, octets = shown.split()
    return Cost(float(seconds), int(octets))


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )


def main(what: str, name: str) -> None:
    data = files()[name]()
    warm = calendar(event(0, b"RRULE:FREQ=WEEKLY;COUNT=2\nRDATE;TZID=Europe/Paris:20260309T090000"))
    DO[what](warm)
    before, begun = peak(), time.process_time()
    DO[what](data)
    print(f"{time.process_time() - begun:.3f} {peak() - before}")  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])

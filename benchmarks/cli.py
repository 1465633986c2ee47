"""Start-up time of the command line, against an empty Python process."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

_EMPTY = "python -c pass"
_PROGRAMS = {
    _EMPTY: ["-c", "pass"],
    "import summitry": ["-c", "import summitry"],
    "summitry --help": ["-m", "summitry", "--help"],
    "summitry agenda --help": ["-m", "summitry", "agenda", "--help"],
    "summitry zones show": ["-m", "summitry", "zones", "show", "Asia/Almaty"],
}


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return processor time, user and system, of each program as a process of its own."""
    used: dict[str, list[float]] = {name: [] for name in _PROGRAMS}
    for number in range(rounds * 3 + 1):
        for name, arguments in _PROGRAMS.items():
            seconds = _processor_time([sys.executable, *arguments])
            if number:  # the first round writes byte code and fills caches
                used[name].append(seconds)
    medians = {name: statistics.median(values) for name, values in used.items()}
    return [
        (name, median / medians[_EMPTY], f"`{_EMPTY}`")
        for name, median in medians.items()
        if name != _EMPTY
    ]


def _processor_time(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)

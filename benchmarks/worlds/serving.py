"""A server over a world in a process of its own, and the CPU time that it uses (Linux)."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import grpc

EMPTY = "grpc.health.v1.Health/Check"


class Served(NamedTuple):
    """A server that runs with default settings."""

    pid: int
    address: str  # of gRPC

    def cpu(self) -> float:
        """Return the seconds of CPU that the process has used."""
        # The number of the clock as clock_getcpuclockid(3) gives it; /proc counts in 10 ms.
        return time.clock_gettime(~self.pid << 3 | 2)


@contextmanager
def served(path: Path, *, http: str = "off") -> Iterator[Served]:
    """Serve the store in a file. Raises RuntimeError when the server does not start."""
    options = [
        "--store",
        f"sqlite:///{path.absolute()}",
        "--grpc",
        "127.0.0.1:0",
        "--http",
        http,
        "--trust-clock",
    ]
    command = [sys.executable, "-m", "summitry_server", "serve", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError("the server did not start: see its messages above")
            yield Served(process.pid, line.rpartition(" ")[2].strip())
        finally:
            process.terminate()


def call_of(channel: grpc.Channel, method: str) -> Callable[..., Any]:
    """Return the call of a method that takes and gives bytes, as they are on the wire."""
    return channel.unary_unary(f"/{method}")

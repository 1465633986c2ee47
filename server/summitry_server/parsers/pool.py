"""The parser processes of a server: started at the first file, kept, and ended with the server.

They are started by executing Python anew, never forked: a fork of a process that runs gRPC has
its locks and none of its threads.
"""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.transfer_service_pb2 import ParseCalendarRequest
from summitry_server.parsers import socket_messages
from summitry_server.parsers.worker import CPU_SECONDS, MEMORY
from summitry_server.wire.refusals import ALONE, RefusedError

log = logging.getLogger(__name__)

SIZE = 2  # files that are read at a time
SECONDS = 30.0  # for a file, by the clock of the wall: a process that hangs uses no CPU
_STEP = 0.1  # seconds between looks at whether somebody still waits


class WorkerGoneError(Exception):
    """A parser process ended before it answered."""


class Worker:
    """A parser process, of which one caller at a time may ask."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """Start a module with its arguments; requests wait until it has loaded."""
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-P", "-m", *arguments],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # what a terminal sends to the server is not for it
            )

    @property
    def pid(self) -> int:
        """Return the id of the process."""
        return self._process.pid

    def ask(self, request: bytes, check: Callable[[], None]) -> tuple[bytes, bytes]:
        """Return the outcome and the message of a file.

        Raises WorkerGoneError if the process ends or takes too long, and what `check` raises,
        which is called every `_STEP` seconds; the process cannot be asked again then.
        """
        deadline = time.monotonic() + SECONDS
        try:
            self._connection.settimeout(SECONDS)
            socket_messages.send(self._connection, socket_messages.ASK, request)
            self._connection.settimeout(_STEP)
            while not self._is_ready():
                check()
                if time.monotonic() >= deadline:
                    raise WorkerGoneError
            self._connection.settimeout(SECONDS)
            return socket_messages.receive(self._connection)
        except (EOFError, OSError) as error:
            raise WorkerGoneError from error

    def _is_ready(self) -> bool:
        try:
            if not self._connection.recv(1, socket.MSG_PEEK):
                raise EOFError("the process has ended")
        except TimeoutError:
            return False
        return True

    def end(self) -> None:
        """Kill the process; may be called from another thread while `ask` waits for it."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process and its connection."""
        self.end()
        self._connection.close()


class Parsers:
    """At most `size` parser processes. Stop it."""

    def __init__(
        self,
        version: str,
        directory: Path | None = None,
        size: int = SIZE,
        module: str = "summitry_server.parsers.worker",
    ) -> None:
        """Create a pool that uses a release of the zone database, also from `directory`.

        `module` is what the processes run.
        """
        self._arguments = [module, version, *([str(directory)] if directory is not None else [])]
        self._size = size
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._is_stopped = False

    def parse(self, request: ParseCalendarRequest, check: Callable[[], None]) -> bytes:
        """Return the fields of the response but its header.

        `check` is called while the file is read and raises if nobody waits for the answer. Raises
        RefusedError INVALID_CALENDAR, CALENDAR_TOO_COSTLY, TOO_MANY_HEAVY_CALLS, SERVER_STOPPING.
        """
        worker = self._take()
        try:
            outcome, message = worker.ask(request.SerializeToString(), check)
        except WorkerGoneError as error:
            self._replace(worker)
            raise self._lost_worker_refusal() from error
        except BaseException:
            self._replace(worker)
            raise
        self._give_back(worker)
        if outcome == socket_messages.READ:
            return message
        if outcome == socket_messages.REFUSED:
            raise _refusal(ErrorReason.ERROR_REASON_INVALID_CALENDAR, message.decode())
        if outcome == socket_messages.EXHAUSTED:
            raise _too_costly()
        raise RuntimeError(f"a calendar could not be parsed:\n{message.decode()}")

    def stop(self) -> None:
        """End all processes; files that are being read are refused."""
        with self._lock:
            self._is_stopped = True
            idle, busy = self._idle, set(self._busy)
            self._idle = []
        for worker in idle:
            worker.close()
        for worker in busy:
            worker.end()  # its connection is closed by the thread that asks

    def pids(self) -> list[int]:
        """Return the ids of the processes."""
        with self._lock:
            return [worker.pid for worker in (*self._idle, *self._busy)]

    def _take(self) -> Worker:
        with self._lock:
            if self._is_stopped:
                raise _stopping()
            if not self._idle and len(self._busy) >= self._size:
                raise RefusedError(
                    ErrorReason.ERROR_REASON_TOO_MANY_HEAVY_CALLS,
                    f"{self._size} calendar files are being read: try again in a second",
                    limit=self._size,
                    per="server",
                )
            worker = self._idle.pop() if self._idle else Worker(self._arguments)
            self._busy.add(worker)
            return worker

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            self._busy.discard(worker)
            if not self._is_stopped:
                self._idle.append(worker)
                return
        worker.close()

    def _replace(self, worker: Worker) -> None:
        """End a process and start another, so that the next file does not wait for it to load."""
        log.warning("the parser process %d is ended and replaced", worker.pid)
        worker.close()
        with self._lock:
            self._busy.discard(worker)
            if not self._is_stopped:
                self._idle.append(Worker(self._arguments))

    def _lost_worker_refusal(self) -> RefusedError:
        with self._lock:
            return _stopping() if self._is_stopped else _too_costly()


def _stopping() -> RefusedError:
    return RefusedError(
        ErrorReason.ERROR_REASON_SERVER_STOPPING, "the server ends: ask the next one"
    )


def _too_costly() -> RefusedError:
    return _refusal(
        ErrorReason.ERROR_REASON_CALENDAR_TOO_COSTLY,
        f"the file takes more than {CPU_SECONDS} seconds of CPU or {MEMORY >> 20} MiB of memory "
        "to read: split it, or take out what repeats",
    )


def _refusal(reason: ErrorReason, message: str) -> RefusedError:
    return RefusedError(reason, message, "calendar", lead=ALONE)

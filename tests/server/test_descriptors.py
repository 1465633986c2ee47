"""A server that runs out of file descriptors says so, and recovers."""

from __future__ import annotations

import errno
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest

from summitry import Client
from summitry.errors import UnavailableError
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.zones import ZoneDataError
from summitry_server import descriptors
from summitry_server.wire.reasons import refusal_of

GUARD = 60


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "SERVER_OVERLOADED"),
        (OSError(errno.ENFILE, "Too many open files in system"), "SERVER_OVERLOADED"),
        (MemoryError(), "SERVER_OVERLOADED"),
        (
            caused(ZoneDataError("Asia/Almaty", "no"), OSError(errno.EMFILE, "")),
            "SERVER_OVERLOADED",
        ),
        (OSError(errno.EACCES, "Permission denied"), "INTERNAL"),
        (ValueError("a fault"), "INTERNAL"),
    ],
    ids=["process", "system", "memory", "time_zone_file", "other_os_error", "other_error"],
)
def test_error_of_a_used_up_process(error: Exception, reason: str) -> None:
    refusal = refusal_of(error, "id")
    assert ErrorReason.Name(refusal.reason) == f"ERROR_REASON_{reason}"
    assert "Too many" not in refusal.message, "no text of another's leaks"


@pytest.mark.parametrize(
    ("limits", "raised"),
    [
        ((1024, 20_000), (20_000, 20_000)),
        ((1024, resource.RLIM_INFINITY), (descriptors.TARGET_LIMIT, resource.RLIM_INFINITY)),
        ((1024, 1024), None),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), None),
    ],
    ids=["to_the_hard_limit", "to_what_is_wanted", "at_the_hard_limit", "without_a_limit"],
)
def test_soft_limit_is_raised(
    limits: tuple[int, int], raised: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: calls.append(pair))
    soft_limit = descriptors.raise_limit()
    assert calls == ([raised] if raised else [])
    assert soft_limit == (raised or limits)[0]


def test_connections_leave_descriptors_free(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in (64, 256, 1024, 20_000, resource.RLIM_INFINITY):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        effective_limit = descriptors.TARGET_LIMIT if limit == resource.RLIM_INFINITY else limit
        shares = descriptors.connections(0.6) + descriptors.connections(0.3)
        assert 16 <= shares <= effective_limit - min(effective_limit // 2, descriptors.OWN_USE)


@pytest.fixture
def small_server(tmp_path: Path) -> Iterator[tuple[Any, str, int]]:
    """Yield a server that may open 64 files: the process, its gRPC address and its HTTP port."""

    server = ["-m", "summitry_server", "serve", "--store", f"sqlite:///{tmp_path}/s.db"]
    options = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--grace", "1"]
    process = subprocess.Popen(
        ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", sys.executable, *server, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline().strip() for _ in range(2)]
    yield process, lines[0].rpartition(" ")[2], int(lines[1].rpartition(":")[2])
    process.kill()
    process.communicate()


def test_flood_of_connections_fails_no_call_and_fills_no_log(small_server: Any) -> None:
    process, address, http = small_server
    host, _, port = address.rpartition(":")
    with Client(address) as client, ExitStack() as flood:
        client.create(Calendar(name="calendars/c"))
        for target in (int(port), http):
            for _ in range(120):
                flood.enter_context(socket.create_connection((host, target), timeout=GUARD))
        try:
            client.create(Calendar(name="calendars/d"))
        except UnavailableError as error:
            assert error.code == "UNAVAILABLE"
        assert client.get("calendars/c").name == "calendars/c"
    channel = grpc.insecure_channel(address)
    grpc.channel_ready_future(channel).result(GUARD)
    channel.close()
    process.terminate()
    assert process.wait(GUARD) == 0
    log = process.stderr.read()
    assert "Traceback" not in log
    assert len(log.splitlines()) < 20, log

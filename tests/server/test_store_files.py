"""The file of a running server is deleted, replaced, cut or overwritten: calls, health and log."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from summitry import CallError, Client
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.summit_pb2 import Summit

GUARD = 30  # seconds; only a server that never notices waits so long
STATUS = health_pb2.HealthCheckResponse


class Server:
    """A server process on a file, its log, and a client of it."""

    def __init__(self, file: Path) -> None:
        self.file, self.log = file, file.with_suffix(".log")
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "summitry_server", "serve", "--grace", "1"]
        command += ["--store", f"sqlite:///{self.file}"]
        command += ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        addresses = [self.process.stdout.readline().split()[-1] for _ in range(2)]
        self.grpc, self.http = addresses
        self.client = Client(self.grpc)

    def end(self) -> None:
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def wait_until_not_serving(self, service: str) -> None:
        with grpc.insecure_channel(self.grpc) as channel:
            watch = health_pb2_grpc.HealthStub(channel).Watch(
                health_pb2.HealthCheckRequest(service=service), timeout=GUARD
            )
            for answer in watch:
                if answer.status == STATUS.NOT_SERVING:
                    return

    def ready(self) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"{self.http}/readyz", timeout=GUARD) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "s.db")
    server.client.create(Calendar(name="calendars/c"))
    yield server
    if server.process.poll() is None:
        server.end()


def replace(file: Path) -> None:
    shutil.copy(file, file.with_suffix(".copy"))
    file.with_suffix(".copy").rename(file)


def overwrite(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.write(os.urandom(file.stat().st_size))


HAPPENS: dict[str, tuple[Callable[[Path], None], str]] = {
    "deleted": (Path.unlink, "STORE_UNAVAILABLE"),
    "replaced": (replace, "STORE_UNAVAILABLE"),
    "cut": (lambda file: os.truncate(file, 0), "STORE_DAMAGED"),
    "overwritten": (overwrite, "STORE_DAMAGED"),
}


@pytest.mark.parametrize(("happens", "reason"), HAPPENS.values(), ids=HAPPENS)
def test_server_reports_a_changed_file(
    server: Server, happens: Callable[[Path], None], reason: str
) -> None:
    assert server.ready()[0] == 200
    happens(server.file)
    for service in ("", "summitry.v1.SummitService"):
        server.wait_until_not_serving(service)
    status, text = server.ready()
    assert status == 503 and text.startswith("not ready: ")
    with pytest.raises(CallError) as refusal:
        server.client.create(Summit(name="calendars/c/summits/after"))
    assert refusal.value.reason == reason
    assert str(server.file) not in str(refusal.value)
    lines = [line for line in server.log.read_text().splitlines() if " ERROR " in line]
    assert len(lines) == 1 and str(server.file) in lines[0]


@pytest.mark.parametrize("happens", [event for event, _ in HAPPENS.values()], ids=HAPPENS)
def test_writers_lose_no_write_that_was_acknowledged_afterwards(
    server: Server, happens: Callable[[Path], None]
) -> None:
    """A write acknowledged after the change of the file is in the file that the server has."""
    acknowledged: list[str] = []
    link = server.file.with_suffix(".kept")
    os.link(server.file, link)  # another name of the same file
    for number in range(200):
        if number == 20:
            happens(server.file)
        try:
            created = server.client.create(Summit(name=f"calendars/c/summits/s{number}"))
        except CallError:
            break
        acknowledged.append(created.name)
    assert len(acknowledged) == 20, "no write is acknowledged once the file is not the store"


def test_a_deleted_store_is_not_begun_anew_by_a_restart(server: Server) -> None:
    server.file.unlink()
    server.end()
    again = subprocess.run(
        [sys.executable, "-m", "summitry_server", "serve", "--store", f"sqlite:///{server.file}"],
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )
    assert again.returncode == 1
    assert "put its file back from a backup, or remove" in again.stderr
    assert not server.file.exists()


def test_restored_store_is_reported_at_start(server: Server, api_class: Any) -> None:
    copy = server.file.with_suffix(".copy")
    server.end()
    shutil.copy(server.file, copy)
    server.start()
    with grpc.insecure_channel(server.grpc) as channel:
        before = api_class(channel)("ListCalendars").header.store_id
    server.client.create(Summit(name="calendars/c/summits/lost"))
    server.end()
    assert json.loads(server.file.with_name("s.db.head").read_text())["revision"] == 2
    shutil.copy(copy, server.file)
    server.start()
    with grpc.insecure_channel(server.grpc) as channel:
        assert api_class(channel)("ListCalendars").header.store_id != before
    assert "was put back from a copy" in server.log.read_text()

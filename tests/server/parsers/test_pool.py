"""Parser processes: what a file may take, what a caller may take, and how they end."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.transfer_service_pb2 import ParseCalendarRequest, ParseCalendarResponse
from summitry.zones import default_database
from summitry_server.parsers.pool import Parsers, Worker
from summitry_server.wire.refusals import RefusedError
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]
GOOD = (
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:u\nDTSTART:20260302T090000Z\nEND:VEVENT\nEND:VCALENDAR\n"
)
MODULE = "tests.server.parsers.hungry_worker"


def request(data: bytes = GOOD) -> ParseCalendarRequest:
    return ParseCalendarRequest(parent="calendars/c", calendar=data)


def waited() -> None:
    """Somebody waits for the answer."""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def reason_of(call: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as caught:
        call()
    return ErrorReason.Name(caught.value.reason).removeprefix("ERROR_REASON_")


@pytest.fixture
def parsers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Parsers]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pool = Parsers(default_database().version, size=1, module=MODULE)
    yield pool
    pool.stop()


def assert_reads(parsers: Parsers) -> None:
    response = ParseCalendarResponse.FromString(parsers.parse(request(), waited))
    assert [part.meeting.ical_uid for part in response.records] == ["u"]


def test_process_is_kept_for_the_next_file(parsers: Parsers) -> None:
    assert parsers.pids() == [], "nothing is started before it is needed"
    assert_reads(parsers)
    (pid,) = parsers.pids()
    assert reason_of(lambda: parsers.parse(request(b"<html>"), waited)) == "INVALID_CALENDAR"
    assert_reads(parsers)
    assert parsers.pids() == [pid]


@pytest.mark.parametrize("content", [b"loop", b"exit"])
def test_file_that_ends_its_process_is_refused_and_the_next_is_read(
    parsers: Parsers, content: bytes
) -> None:
    assert_reads(parsers)
    (pid,) = parsers.pids()
    assert reason_of(lambda: parsers.parse(request(content), waited)) == "CALENDAR_TOO_COSTLY"
    assert not is_alive(pid) and parsers.pids() != [pid]
    assert_reads(parsers)


def test_file_that_needs_too_much_memory_is_refused_and_the_process_kept(parsers: Parsers) -> None:
    assert reason_of(lambda: parsers.parse(request(b"memory"), waited)) == "CALENDAR_TOO_COSTLY"
    (pid,) = parsers.pids()
    assert_reads(parsers)
    assert parsers.pids() == [pid]


def test_fault_of_the_parser_has_its_traceback(parsers: Parsers) -> None:
    with pytest.raises(RuntimeError, match="a fault of ours"):
        parsers.parse(request(b"fault"), waited)
    assert_reads(parsers)


def test_parse_of_a_cancelled_call_is_given_up(parsers: Parsers) -> None:
    def raise_cancelled() -> None:
        raise RefusedError(ErrorReason.ERROR_REASON_CANCELLED, "the client has ended the call")

    assert_reads(parsers)
    (pid,) = parsers.pids()
    assert reason_of(lambda: parsers.parse(request(b"sleep"), raise_cancelled)) == "CANCELLED"
    assert not is_alive(pid)
    assert_reads(parsers)


def test_more_files_than_processes_are_refused(parsers: Parsers) -> None:
    reasons: list[str] = []
    started = threading.Event()
    caller = threading.Thread(
        target=lambda: reasons.append(
            reason_of(lambda: parsers.parse(request(b"sleep"), started.set))
        ),
        daemon=True,
    )
    caller.start()
    assert started.wait(30), "the process has the file"
    assert reason_of(lambda: parsers.parse(request(), waited)) == "TOO_MANY_HEAVY_CALLS"
    (pid,) = parsers.pids()
    parsers.stop()
    caller.join(30)
    assert reasons == ["SERVER_STOPPING"]
    assert not is_alive(pid)
    assert reason_of(lambda: parsers.parse(request(), waited)) == "SERVER_STOPPING"


def test_stop_ends_idle_processes(parsers: Parsers) -> None:
    assert_reads(parsers)
    (pid,) = parsers.pids()
    parsers.stop()
    assert not is_alive(pid)


def test_process_ends_with_the_server_that_started_it() -> None:
    """Even a server that was killed: its side of the connection is closed by the kernel."""
    worker = Worker(["summitry_server.parsers.worker", default_database().version])
    worker.ask(request().SerializeToString(), waited)
    worker._connection.close()
    wait_until(lambda: worker._process.poll() == 0)

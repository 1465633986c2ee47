"""Exit codes and error messages of the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace
from typing import Any

import pytest

from summitry import errors
from summitry.cli.failures import HINTS, UNEXPECTED, UsageError, describe, exit_code, report
from summitry.errors import ERRORS, CallError, FileFormatError
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.zones import UnknownZoneError

SERVER = Namespace(server="here:1")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("INVALID_ARGUMENT", 4), ("OUT_OF_RANGE", 4), ("NOT_FOUND", 3), ("ALREADY_EXISTS", 5),
        ("ABORTED", 5), ("FAILED_PRECONDITION", 4), ("RESOURCE_EXHAUSTED", 4), ("UNAVAILABLE", 6),
        ("DEADLINE_EXCEEDED", 6), ("CANCELLED", 7), ("UNAUTHENTICATED", 7),
        ("PERMISSION_DENIED", 7), ("UNIMPLEMENTED", 7), ("INTERNAL", 7), ("UNKNOWN", 7),
        ("DATA_LOSS", 7),
    ],
)  # fmt: skip
def test_each_status_has_an_exit_code(code: str, expected: int) -> None:
    assert exit_code(ERRORS[code]("x")) == expected


def test_every_status_has_an_exit_code_case() -> None:
    (table,) = test_each_status_has_an_exit_code.pytestmark  # type: ignore[attr-defined]
    assert {code for code, _ in table.args[1]} == ERRORS.keys()


def test_hints_are_for_reasons_that_exist() -> None:
    assert {f"ERROR_REASON_{reason}" for reason in HINTS} <= set(ErrorReason.keys())


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("give --calendar"), 2, "give --calendar"),
        (FileFormatError("r.yaml: no", source="r.yaml"), 4, "r.yaml: no"),
        (PermissionError(13, "Permission denied", "x.ics"), 7, "[Errno 13] Permission denied: 'x.ics'"),
        (UnknownZoneError("Mars", ()), 4, None),
        (errors.UnavailableError("Socket closed"), 6,
         "here:1 is not available (Socket closed): try again"),
        (errors.UnavailableError("failed to connect to all addresses"), 6,
         "no server at here:1: start one with `make run` or give --server HOST:PORT"),
        (errors.UnavailableError("the store cannot be reached: try again", reason="STORE_UNAVAILABLE"),
         6, "the store cannot be reached: try again"),
        (errors.InvalidArgumentError("too long", metadata={"field": "summit.ical_uid"}), 4,
         "summit.ical_uid: too long"),
        (errors.InvalidArgumentError("summit.ical_uid is too long", metadata={"field": "summit.ical_uid"}), 4,
         "summit.ical_uid is too long"),
        (errors.NotFoundError("a\x1b[31m\nb"), 3, "a\ufffd[31m b"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)  # fmt: skip
def test_error_is_printed_in_one_line(
    error: Exception, code: int, line: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(error, SERVER) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    if line is not None:
        assert err == f"summitry: {line}\n"


def test_unexpected_exception_shows_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(KeyError("x")) is None
    assert report(KeyError("x"), SERVER) == UNEXPECTED
    assert "KeyError: 'x'" in capsys.readouterr().err


def test_unknown_host_is_reported_as_unavailable(cli: Any) -> None:
    outcome = cli("--server", "nowhere.invalid:1", "calendars", "list")
    assert outcome.code == 6
    assert outcome.err.startswith("summitry: no server at nowhere.invalid:1: start one")


def test_interrupt_exits_as_shells_do() -> None:
    assert report(KeyboardInterrupt(), SERVER) == 130


def test_timeout_message_names_the_flag() -> None:
    assert "give --timeout" in describe(errors.DeadlineExceededError("x"), "here:1")


def test_error_without_a_known_reason_keeps_its_text() -> None:
    assert describe(CallError("odd", reason="OF_A_NEWER_SERVER")) == "odd"


def test_closed_output_pipe_is_no_error(sample: Any) -> None:
    """Run `summitry visits list | head -0`: no traceback, exit code 0."""
    program = [sys.executable, "-m", "summitry", "meetings", "list", "--output", "ndjson"]
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run(program, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writing)
    assert (run.returncode, run.stderr) == (0, "")

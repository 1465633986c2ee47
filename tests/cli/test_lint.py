"""`summitry lint`: output and exit codes."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from summitry.ical import render_calendar
from summitry.ical.lint import RULES
from summitry.v1.calendar_pb2 import Calendar

GOOD = render_calendar(Calendar(name="calendars/c"), [])
LINES = GOOD.splitlines()


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(name: str, data: bytes) -> str:
        path = tmp_path / name
        path.write_bytes(data)
        return str(path)

    return write


def test_valid_file_has_no_findings(cli: Any, file: Any) -> None:
    done = cli("lint", file("good.ics", GOOD))
    assert (done.code, done.out.strip()) == (0, "0 errors, 0 warnings")


def test_invalid_file_is_reported_by_line(cli: Any, file: Any) -> None:
    bad = file("bad.ics", GOOD.replace(b"TZID:UTC", b"TZID:Central Asia Standard Time"))
    done = cli("lint", bad)
    assert done.code == 1
    assert [line.split()[:3] for line in done.out.splitlines()[:2]] == [
        ["LINE", "LEVEL", "RULE"],
        [str(LINES.index(b"TZID:UTC") + 1), "error", "zone-known"],
    ]
    assert "use Asia/" in done.out and done.out.endswith("1 error, 0 warnings\n")


def test_warnings_fail_only_when_strict(cli: Any, file: Any) -> None:
    path = file("warn.ics", b"".join(line for line in GOOD.splitlines(True) if b"PT1H" not in line))
    assert cli("lint", path).code == 0
    assert cli("lint", "--strict", path).code == 1


def test_several_files_are_reported_as_json(cli: Any, file: Any) -> None:
    bad, good = file("bad.ics", GOOD[:-2]), file("good.ics", GOOD)
    done = cli("lint", good, bad, "--output", "ndjson")
    (fact,) = [json.loads(line) for line in done.out.splitlines()]
    assert fact == {
        "file": bad,
        "line": len(LINES),
        "level": "error",
        "rule": "line-ends",
        "text": "the last line does not end with CRLF",
    }
    assert cli("lint", good, bad, "--output", "json").json == [fact]


def test_control_characters_of_a_file_do_not_reach_the_terminal(cli: Any, file: Any) -> None:
    name = b"TZID:\x1b[31mred"
    done = cli("lint", file("bad.ics", GOOD.replace(b"TZID:UTC", name)))
    assert done.code == 1 and "\x1b" not in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [(["lint"], 2, "give a FILE"), (["lint", "/no/such/file.ics"], 7, os.strerror(errno.ENOENT))],
    ids=["no-file", "missing"],
)
def test_unreadable_file_is_an_error(cli: Any, arguments: list[str], code: int, text: str) -> None:
    done = cli(*arguments)
    assert done.code == code and text in done.err


def test_rules_are_listed(cli: Any) -> None:
    done = cli("lint", "--rules")
    assert [line.split()[0] for line in done.out.splitlines()[1:]] == list(RULES)
    assert all(rule["about"] for rule in cli("lint", "--rules", "--output", "json").json)

"""Standard streams: encodings and closed streams."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from summitry import Client

TITLE = "Łukasz Дворец 会议 \N{PARTY POPPER}"
ENCODINGS = ("cp1252", "latin-1", "ascii", "utf-8")
RECORDS = (
    json.dumps({"name": "calendars/desk"})
    + "\n"
    + json.dumps(
        {"name": "calendars/desk/summits/s", "titles": [{"text": TITLE, "language_code": "en"}]},
        ensure_ascii=False,
    )
    + "\n"
).encode()


def shell(
    line: str, server: str = "", encoding: str = "", stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run a line of the shell in which `summitry` is this checkout's."""
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment.pop("PYTHONIOENCODING", None)
    environment |= {"PYTHONIOENCODING": encoding} if encoding else {}
    environment |= {"SUMMITRY_SERVER": server} if server else {}
    command = f'summitry() {{ "{sys.executable}" -m summitry "$@"; }}; {line}'
    return subprocess.run(
        ["/bin/sh", "-c", command], input=stdin, capture_output=True, env=environment, timeout=60
    )


@pytest.mark.parametrize("encoding", ["", *ENCODINGS])
def test_pipes_are_utf8_under_any_locale(service: Any, encoding: str) -> None:
    with Client(service.grpc) as client:
        process = shell("summitry import -", service.grpc, encoding, RECORDS)
        assert (process.returncode, process.stderr) == (0, b"")
        assert client.get("calendars/desk/summits/s").titles[0].text == TITLE
    for line in ("summitry summits list", "summitry export desk --format ndjson"):
        process = shell(line, service.grpc, encoding)
        assert (process.returncode, process.stderr) == (0, b"")
        assert TITLE in process.stdout.decode()


def test_byte_order_mark_on_stdin_is_ignored(service: Any) -> None:
    process = shell("summitry import -", service.grpc, stdin=b"\xef\xbb\xbf" + RECORDS)
    assert (process.returncode, process.stderr) == (0, b"")
    assert process.stdout.startswith(b"2 created")


def test_stdin_that_is_not_utf8_is_refused_in_one_line(service: Any) -> None:
    process = shell("summitry import -", service.grpc, stdin=b'{"name": "\xff"}\n')
    assert process.returncode == 4
    assert process.stderr.startswith(b"summitry: <stdin>: not UTF-8")
    assert process.stderr.count(b"\n") == 1


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_terminal_shows_escapes_for_characters_it_cannot_encode(
    service: Any, encoding: str
) -> None:
    assert shell("summitry import -", service.grpc, stdin=RECORDS).returncode == 0
    master, slave = pty.openpty()
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "TERM": "dumb", "COLUMNS": "200"}
    environment["SUMMITRY_SERVER"] = service.grpc
    command = [sys.executable, "-m", "summitry", "summits", "get", "desk/s"]
    process = subprocess.Popen(command, stdout=slave, stderr=subprocess.PIPE, env=environment)
    os.close(slave)
    output = b"".join(iter(lambda: _read(master), b"")).decode(encoding)
    _, errors = process.communicate(timeout=60)
    os.close(master)
    assert (process.returncode, errors) == (0, b"")
    assert TITLE.encode(encoding, "backslashreplace").decode(encoding) in output


def _read(master: int) -> bytes:
    """Read what a terminal shows; nothing when the command has gone (EIO on Linux)."""
    try:
        return os.read(master, 4096)
    except OSError:
        return b""


CLOSED = {
    "stdout": ">&-",
    "stderr": "2>&-",
    "stdin": "<&-",
    "all": "<&- >&- 2>&-",
}
COMMANDS = {
    "help": ("summitry --help", 0),
    "wrong usage": ("summitry nonsense", 2),
    "a list": ("summitry calendars list --output json", 0),
    "an import of stdin": ("summitry import -", 0),
    "a failure": ("summitry summits get desk/none", 3),
}


@pytest.mark.parametrize("streams", CLOSED)
def test_closed_streams_change_no_exit_code(service: Any, streams: str) -> None:
    lines = [f"{command} {CLOSED[streams]}; echo $? >&9" for command, _ in COMMANDS.values()]
    process = shell(f"exec 9>&1; {'; '.join(lines)}", service.grpc)
    codes = [line for line in process.stdout.decode().splitlines() if line.isdecimal()]
    assert codes == [str(code) for _, code in COMMANDS.values()]
    assert b"Traceback" not in process.stderr
    assert b"Exception" not in process.stderr


def test_export_to_file_succeeds_with_all_streams_closed(service: Any, tmp_path: Path) -> None:
    assert shell("summitry import -", service.grpc, stdin=RECORDS).returncode == 0
    path = tmp_path / "desk.ndjson"
    process = shell(f'summitry export desk -o "{path}" <&- >&- 2>&-', service.grpc)
    assert process.returncode == 0
    assert TITLE in path.read_text("utf-8")

"""`summitry watch` as a process over a server that restarts, and `summitry sync` between runs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from summitry import Calendar, Client, Summit

# A shell gives its background jobs a SIGINT that is ignored, and tests may be one. The command sees
# to that by itself: a child that runs code of ours before it is another program is killed by the
# threads of gRPC that it has lost.
COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from summitry.__main__ import main
sys.exit(main())
"""


class Screen:
    """A command that runs, and what it says."""

    def __init__(self, *argv: str, server: str) -> None:
        environment = {**os.environ, "SUMMITRY_SERVER": server, "PYTHONUNBUFFERED": ""}
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *argv],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def line(self) -> str:
        assert self.process.stdout
        return self._whole(self.process.stdout.readline())

    def note(self) -> str:
        assert self.process.stderr
        return self._whole(self.process.stderr.readline())

    def _whole(self, line: str) -> str:
        if not line:
            pytest.fail(f"it has ended: {self.process.communicate(timeout=60)}")
        return line.rstrip("\n")

    def interrupt(self) -> tuple[int, str, str]:
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.fixture
def screen() -> Iterator[Callable[..., Screen]]:
    """Return a function that starts a command: screen("watch", server=address)."""
    started: list[Screen] = []

    def start(*argv: str, server: str) -> Screen:
        started.append(Screen(*argv, server=server))
        return started[-1]

    yield start
    for program in started:
        program.process.kill()
        program.process.communicate()


def test_watch_resumes_after_a_restart_of_the_server(
    screen: Callable[..., Screen], process: Any
) -> None:
    watch = screen("watch", "--kind", "calendar,summit", server=process.address)
    assert watch.note() == f"summitry: following {process.address}; press Ctrl-C to stop"
    process.end()
    assert re.match("summitry: .* connection lost .*: reconnecting", watch.note())
    process.start()
    assert re.match(r"summitry: reconnected after [0-9.]+ s; nothing was missed", watch.note())
    process.write(Calendar(name="calendars/desk"))
    assert re.search("added +desk  desk", watch.line())
    assert watch.interrupt() == (130, "", "")


def test_watch_resumes_from_its_token_file(
    screen: Callable[..., Screen], sample: Any, tmp_path: Path
) -> None:
    arguments = ("watch", "astana-2024", "--kind", "summit", "--output", "ndjson", "--initial")
    arguments = (*arguments, "--token-file", str(tmp_path / "token"))
    first = screen(*arguments, server=sample.grpc)
    assert json.loads(first.line())["record"]["name"] == "calendars/astana-2024/summits/sco-24"
    assert json.loads(first.line()) == {"event": "caught-up", "revision": 1}
    with Client(sample.grpc) as client:
        client.create(Summit(name="calendars/astana-2024/summits/more"))
        # A batch is told when the token of the one before it is in the file.
        assert json.loads(first.line())["record"]["name"] == "calendars/astana-2024/summits/more"
        assert first.interrupt()[0] == 130
        client.delete("calendars/astana-2024/summits/sco-24")
    second = screen(*arguments, server=sample.grpc)
    events = [json.loads(second.line())]
    while events[-1]["event"] != "caught-up":
        events.append(json.loads(second.line()))
    # What the file did not cover yet may be told again; what it covered is not.
    assert [event["event"] for event in events if event.get("name", "").endswith("/sco-24")] == [
        "delete"
    ]
    assert [event.get("last") for event in events if event["event"] == "delete"] == [True]


def test_missing_server_is_reported(cli: Any, tmp_path: Path) -> None:
    for command in (["watch"], ["sync", "--token-file", str(tmp_path / "t")]):
        done = cli(*command, "--server", "127.0.0.1:1")
        assert done.code == 6
        assert done.err.startswith("summitry: no server at 127.0.0.1:1")


def sync(cli: Any, path: Path, *more: str) -> list[dict[str, Any]]:
    done = cli("sync", "desk", "--token-file", str(path), "--output", "ndjson", *more)
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def test_sync_prints_changes_since_the_last_run(cli: Any, desk: Any, tmp_path: Path) -> None:
    path = tmp_path / "token"
    assert [event.get("name") for event in sync(cli, path)] == ["calendars/desk", None]
    cli("summits", "create", "--calendar", "desk", "--id", "s", "--title", "en=A summit")
    first, last = sync(cli, path)
    assert (first["event"], first["record"]["titles"][0]["text"]) == ("upsert", "A summit")
    assert last == {"event": "caught-up", "revision": first["revision"]}
    assert [event["event"] for event in sync(cli, path)] == ["caught-up"]


def test_changes_name_their_fields(
    cli: Any, desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("summits", "create", "--calendar", "desk", "--id", "s", "--title", "S").code == 0
    sync(cli, tmp_path / "t")
    update = ("summits", "update", "desk/s", "--set")
    assert cli(*update, "labels.my key=x", "--set", "series=sco").code == 0
    (change, _) = sync(cli, tmp_path / "t")
    assert change["changed_paths"] == ["labels.`my key`", "series"]
    monkeypatch.setattr("summitry.cli.changes.MOST_COMPARED", 1)
    for series in ("a", "b"):
        assert cli(*update, f"series={series}").code == 0
    assert [row[1:] or row for row in table(cli, tmp_path / "t")] == [
        ["changed", "desk/summits/s", "S"],
        ["series"],
    ] * 2


def test_sync_after_compaction_prints_a_reset(cli: Any, desk: Any, tmp_path: Path) -> None:
    path = tmp_path / "token"
    sync(cli, path)
    cli("summits", "create", "--calendar", "desk", "--id", "s", "--title", "en=A summit")
    cli("summits", "update", "desk/s", "--title", "en=The summit")
    desk.application._store.compact(3)
    events = sync(cli, path)
    assert events[0] == {"event": "reset", "reason": "changes-gone"}
    assert [event["event"] for event in events[1:]] == ["upsert", "upsert", "caught-up"]
    assert [event["event"] for event in sync(cli, path)] == ["caught-up"]


def table(cli: Any, path: Path, *more: str) -> list[list[str]]:
    done = cli("sync", "desk", "--token-file", str(path), *more)
    assert done.code == 0, done.err
    return [re.split(r"\s{2,}", line.strip()) for line in done.out.splitlines()]


def test_text_output_prints_the_fields_that_differ(cli: Any, desk: Any, tmp_path: Path) -> None:
    path = tmp_path / "token"
    assert [row[1:] for row in table(cli, path)] == [["found", "desk", "desk"]]
    at = ("--from", "2024-07-03", "--zone", "Asia/Almaty")
    cli("summits", "create", "--calendar", "desk", "--id", "s", "--title", "en=A summit", *at)
    cli("summits", "update", "desk/s", "--from", "2024-07-04", "--zone", "Asia/Almaty")
    cli("summits", "delete", "desk/s")
    assert [row[-1] if len(row) == 1 else row[1:] for row in table(cli, path)] == [
        ["added", "desk/summits/s", "A summit"],
        ["changed", "desk/summits/s", "A summit"],
        "time.dates.first_date: 2024-07-03 -> 2024-07-04",
        "time.dates.last_date: 2024-07-03 -> 2024-07-04",
        ["deleted", "desk/summits/s", "A summit"],
    ]
    assert table(cli, path) == []


def test_record_that_leaves_the_view_is_printed_as_removed(
    cli: Any, desk: Any, tmp_path: Path
) -> None:
    path, may = tmp_path / "token", ("--from", "2024-05-01", "--to", "2024-05-31", "--zone", "UTC")
    cli("summits", "create", "--calendar", "desk", "--id", "s", "--from", "2024-05-03")
    table(cli, path, *may)
    cli("summits", "update", "desk/s", "--from", "2024-06-03")
    assert [row[1:] for row in table(cli, path, *may)] == [["left", "desk/summits/s"]]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--past", "1", "--from", "2024-07-01"], "leave out --from"),
        (["--past", "-1"], "from 0 to 36600"),
        (["--possible"], "--possible"),
    ],
)
def test_invalid_window_is_refused(
    cli: Any, desk: Any, tmp_path: Path, flags: list[str], message: str
) -> None:
    done = cli("sync", "desk", "--token-file", str(tmp_path / "t"), *flags)
    assert done.code in (2, 4)
    assert message in done.err


def test_relative_days_move_with_the_clock(cli: Any, desk: Any, tmp_path: Path) -> None:
    for day in ("02", "04", "09"):
        cli(
            "summits",
            "create",
            "--calendar",
            "desk",
            "--id",
            f"on-{day}",
            "--from",
            f"2024-07-{day}",
        )
    days = ("--past", "1", "--ahead", "3", "--zone", "Asia/Almaty")
    path = tmp_path / "token"
    assert [row[2] for row in table(cli, path, *days)] == [
        "desk/summits/on-02",
        "desk/summits/on-04",
    ]
    desk.clock.time += 4 * 86_400
    rows = [row[:3] for row in table(cli, path, *days)]
    assert sorted(rows) == [
        ["by time", "changed", "desk/summits/on-09"],
        ["by time", "left", "desk/summits/on-02"],
        ["by time", "left", "desk/summits/on-04"],
    ]


@pytest.mark.parametrize("content", [b"no token", b"\xff\x00\n", b"A" * 100_000])
def test_invalid_token_is_refused(cli: Any, desk: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    done = cli("sync", "desk", "--token-file", str(path))
    assert done.code == 4
    assert re.match("summitry: (the )?token", done.err)
    assert path.read_bytes() == content, "nothing was lost"


def test_terminal_gets_colours(cli: Any, desk: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "token")
    cli("sync", "desk", "--token-file", path)
    cli("summits", "create", "--calendar", "desk", "--id", "s", "--title", "en=A summit")
    done = cli("sync", "desk", "--token-file", path, columns=80)
    assert "\x1b[32madded" in done.out

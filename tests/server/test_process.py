"""The process: addresses when ready, one demo, data kept, signals, wrong options."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry_server.config import OPTIONS, Address, ConfigError, parse_config

PORTS = ("--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0")


@contextmanager
def server(*options: str, env: dict[str, str] | None = None) -> Iterator[Any]:
    """Start a server; yield (process, gRPC address, HTTP address)."""
    command = [sys.executable, "-m", "summitry_server", "serve", *options]
    environment = {**os.environ, **(env or {})}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None and process.stderr is not None
    try:
        lines = [process.stdout.readline().strip() for _ in range(2)]
        assert lines[0].startswith("grpc listening on 127.0.0.1:"), process.stderr.read()
        assert lines[1].startswith("http listening on http://127.0.0.1:")
        yield process, lines[0].rpartition(" ")[2], lines[1].rpartition(" ")[2]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def feed(http: str) -> tuple[str, bytes]:
    with urllib.request.urlopen(f"{http}/feeds/astana-2024.ics", timeout=60) as answer:
        return answer.headers["ETag"], answer.read()


def test_second_start_keeps_the_data_and_loads_no_demo_twice(
    tmp_path: Path, api_class: Any
) -> None:
    options = ("--store", f"sqlite:///{tmp_path}/s.db", "--demo", *PORTS)
    with server(*options) as (process, address, http), grpc.insecure_channel(address) as channel:
        api = api_class(channel)
        names = [s.name for s in api("ListMeetings", parent="calendars/astana-2024").meetings]
        api("DeleteMeeting", name=names[0])
        revision = api.revision()
        etag, body = feed(http)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    with server(*options) as (process, address, http), grpc.insecure_channel(address) as channel:
        api = api_class(channel)
        remaining = [s.name for s in api("ListMeetings", parent="calendars/astana-2024").meetings]
        assert remaining == names[1:]
        assert api.revision() == revision
        assert feed(http) == (etag, body), "the feed is the same to the byte after a restart"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


def test_options_from_the_environment(tmp_path: Path) -> None:
    env = {
        "SUMMITRY_STORE": "memory:",
        "SUMMITRY_GRPC": "127.0.0.1:0",
        "SUMMITRY_HTTP": "127.0.0.1:0",
        "SUMMITRY_DEMO": "yes",
    }
    with server(env=env) as (_, _, http):
        assert b"BEGIN:VCALENDAR" in feed(http)[1]


def test_port_in_use_is_reported(start: Any) -> None:
    address = start("--http", "off").grpc
    command = [sys.executable, "-m", "summitry_server", "serve", "--store", "memory:"]
    done = subprocess.run(
        [*command, "--grpc", address, "--http", "off"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert f"cannot listen on {address}" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--grpc", "0.0.0.0:50051"], "--public"),
        (["--http", "[::]:80"], "--public"),
        (["--grpc", "example.org:1"], "--public"),
        (["--grpc", "127.0.0.1"], "HOST:PORT"),
        (["--grpc", "127.0.0.1:99999"], "HOST:PORT"),
        (["--grace", "soon"], "seconds"),
    ],
)
def test_wrong_options(options: list[str], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        parse_config(options)


def test_flags_win_over_the_environment() -> None:
    config = parse_config(["--store", "memory:"], {"SUMMITRY_STORE": "sqlite:///x"})
    assert config.store == "memory:"
    assert parse_config([], {"SUMMITRY_STORE": "sqlite:///x"}).store == "sqlite:///x"


def test_former_names_of_options_are_read_and_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    config = parse_config(["--patience", "3"], {"SUMMITRY_CHECKPOINT": "7"})
    assert (config.send_timeout, config.heartbeat) == (3.0, 7.0)
    with pytest.raises(SystemExit):
        parse_config(["--help"])
    assert "--patience" not in capsys.readouterr().out


def test_public_admits_any_address() -> None:
    assert parse_config(["--grpc", "0.0.0.0:1", "--public"]).grpc == Address("0.0.0.0", 1)


def test_unknown_store_is_refused() -> None:
    command = [sys.executable, "-m", "summitry_server", "serve", "--store", "mysql://x"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "sqlite:///PATH" in done.stderr


@given(value=st.text(max_size=20))
def test_no_address_crashes_the_reader(value: str) -> None:
    try:
        parse_config(["--grpc=" + value])
    except ConfigError as error:
        assert "--grpc" in str(error)


def test_every_option_has_a_variable_of_its_own() -> None:
    assert len({option.variable for option in OPTIONS}) == len(OPTIONS)

"""Commands over TLS: flags, environment, and what a failed handshake tells the user."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from summitry.cli.failures import describe
from summitry.errors import UnavailableError
from summitry_server.app import Application
from summitry_server.config import parse_config
from tests.certificates import Authority, Files

LIST = ("calendars", "list", "--output", "json")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture(scope="module")
def desk(authority: Authority) -> Files:
    return authority.issue("desk", "desk@ministry.example")


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[str]:
    """Yield the address of a server that asks its callers for certificates."""
    files = authority.issue("server", "127.0.0.1")
    options = ["--store", "memory:", "--demo", "--grpc", "127.0.0.1:0", "--http", "off"]
    options += [*files.server_options, "--tls-client-ca", str(authority.path)]
    application = Application(parse_config(options))
    yield str(application.grpc_address)
    application.stop()


def test_flags_name_the_files(cli: Any, server: str, authority: Authority, desk: Files) -> None:
    flags = ("--ca", str(authority.path), "--cert", str(desk.certificate), "--key", str(desk.key))
    done = cli(*LIST, "--server", server, *flags)
    assert (done.code, [entry["name"] for entry in done.json]) == (
        0,
        ["calendars/astana-2024"],
    )


def test_environment_names_the_files(
    cli: Any, server: str, authority: Authority, desk: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUMMITRY_CA", str(authority.path))
    monkeypatch.setenv("SUMMITRY_CERT", str(desk.certificate))
    monkeypatch.setenv("SUMMITRY_KEY", str(desk.key))
    assert cli(*LIST, "--server", server).code == 0


@pytest.mark.parametrize("flags", [(), ("--tls",)], ids=["in the clear", "by no authority"])
def test_refused_connection_ends_with_its_exit_code(
    cli: Any, server: str, flags: tuple[str, ...]
) -> None:
    done = cli(*LIST, "--server", server, "--timeout", "20", *flags)
    assert done.code == 6
    # gRPC may have written lines of its own: it was loaded before this command.
    assert server in done.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("failed to connect; CERTIFICATE_VERIFY_FAILED: no issuer", "--ca FILE"),
        ("failed to connect; Hostname Verification Check failed", "another name"),
        ("failed to connect; WRONG_VERSION_NUMBER", "does not use TLS"),
        ("failed to connect; Tls handshake failed", "--cert"),
        ("failed to connect to all addresses; Socket closed", "--tls"),
        ("failed to connect to all addresses; Connection refused", "make run"),
        ("the server is shutting down", "try again"),
    ],
)
def test_failure_of_a_connection_says_what_to_do(text: str, hint: str) -> None:
    message = describe(UnavailableError(text), "records.internal:50051")
    assert hint in message and "records.internal:50051" in message


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param(["--ca", "{missing}"], id="no such file"),
        pytest.param(["--ca", "{text}"], id="no certificate"),
        pytest.param(["--ca", "{ca}", "--cert", "{cert}"], id="no key"),
        pytest.param(["--ca", "{ca}", "--cert", "{cert}", "--key", "{other}"], id="another key"),
    ],
)
def test_unusable_files_are_wrong_usage(
    cli: Any, authority: Authority, desk: Files, tmp_path: Path, flags: list[str]
) -> None:
    (tmp_path / "text").write_text("no certificate")
    paths = {
        "missing": tmp_path / "missing",
        "text": tmp_path / "text",
        "ca": authority.path,
        "cert": desk.certificate,
        "other": authority.issue("other", "127.0.0.1").key,
    }
    done = cli(*LIST, "--server", "127.0.0.1:1", *(flag.format(**paths) for flag in flags))
    assert done.code == 2
    assert "--ca, --cert, --key" in done.err

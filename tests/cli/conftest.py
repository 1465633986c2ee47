"""A command line run in this process against a real service."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from summitry.__main__ import main


class Outcome(NamedTuple):
    """The exit code and output of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Outcome]


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    name = "<stdin>"

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "TZ", "SUMMITRY_SERVER", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")


@pytest.fixture
def cli(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a command line; `stdin` is what it may read, `columns` makes its output a terminal."""

    def run(*argv: str, stdin: str = "", columns: int = 0) -> Outcome:
        monkeypatch.setattr(sys, "stdin", Terminal(stdin))
        if columns:
            return on_terminal(argv, columns)
        try:
            code = main(argv)
        except SystemExit as leave:  # argparse: help and usage
            code = int(leave.code or 0)
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Outcome(code, out.decode(), err.decode())

    def on_terminal(argv: tuple[str, ...], columns: int) -> Outcome:
        screen, errors = Terminal(), Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", screen)
            patch.setattr(sys, "stderr", errors)
            patch.setenv("COLUMNS", str(columns))
            patch.setenv("TERM", "xterm-256color")
            code = main(argv)
        return Outcome(code, screen.getvalue(), errors.getvalue())

    return run


@pytest.fixture
def desk(service: Any, cli: Run, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Start a service with one empty calendar, `desk`, to which commands go."""
    monkeypatch.setenv("SUMMITRY_SERVER", service.grpc)
    assert cli("calendars", "create", "--id", "desk", "--zone", "Europe/Paris").code == 0
    return service


@pytest.fixture
def sample(astana: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Start a service with the Astana calendar, to which commands go."""
    monkeypatch.setenv("SUMMITRY_SERVER", astana.grpc)
    return astana

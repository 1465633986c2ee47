"""Help: an example for every command, every example runs, and docs/cli.md knows every command."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from summitry._calls.channel import DEFAULT_TARGET
from summitry.cli.failures import EXIT_CODES
from summitry.cli.parser import COMMANDS, DEFAULT_SERVER, make

DOCS = Path(__file__).resolve().parents[2] / "docs/cli.md"


def subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    actions = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return dict(actions[0].choices) if actions else {}


def leaves() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield every command that does something, with its parser."""
    for name, group in subparsers(make(list(COMMANDS))).items():
        verbs = subparsers(group)
        yield from ((f"{name} {verb}", sub) for verb, sub in verbs.items())
        if not verbs:
            yield name, group


LEAVES = dict(leaves())


@pytest.mark.parametrize("command", LEAVES)
def test_each_command_has_examples_that_parse(command: str) -> None:
    text = LEAVES[command].format_help()
    examples = re.findall(r"^  (.*summitry .*)$", text[text.index("examples:") :], re.MULTILINE)
    assert any(f"summitry {command}" in example for example in examples)
    for example in examples:
        for part in re.split(r"[|>]", example):
            words = shlex.split(part)
            if words and words[0] == "summitry":
                assert callable(make(words[1:]).parse_args(words[1:]).run)


@pytest.mark.parametrize("command", LEAVES)
def test_each_option_is_explained_or_plain(command: str) -> None:
    for action in LEAVES[command]._actions:
        assert action.help or action.choices or action.metavar or action.dest == "status"


def test_the_page_lists_every_command_and_option() -> None:
    page = DOCS.read_text()
    for command, parser in LEAVES.items():
        verb = re.sub(
            r"^(calendars|summits|visits|meetings|delegations|notices) ", "KIND ", command
        )
        assert f"`summitry {verb}" in page or f"`summitry {command}" in page, command
        for action in parser._actions:
            for option in action.option_strings:
                assert f"`{option}" in page or option in ("-h", "--help"), f"{command} {option}"


def test_the_page_lists_every_exit_code() -> None:
    page = DOCS.read_text()
    for code in {0, 1, *EXIT_CODES.values()}:
        assert f"| {code} |" in page


@pytest.mark.parametrize(
    "argv", [["--help"], ["agenda", "--help"], ["summits", "create", "--help"]]
)
def test_help_is_printed_by_the_program_itself(argv: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "summitry", *argv], capture_output=True, text=True, check=True
    )
    assert "examples:" in run.stdout
    assert run.stderr == ""


@pytest.mark.parametrize(
    "argv", [[], ["tea"], ["summits"], ["summits", "drink"], ["agenda", "--fro", "x"]]
)
def test_wrong_usage_is_2(cli: Any, argv: list[str]) -> None:
    outcome = cli(*argv)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("usage: summitry")


def test_the_command_line_and_the_client_agree_where_the_server_is() -> None:
    assert DEFAULT_SERVER == DEFAULT_TARGET

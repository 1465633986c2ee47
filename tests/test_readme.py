"""README.md says what works: its commands and its Python are run as they stand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from summitry.__main__ import main

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^summitry (.+)$", README, re.MULTILINE)
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(
    astana: Any, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--server", astana.grpc, *shlex.split(command)]) == 0
    output = capsys.readouterr().out
    assert output or list(tmp_path.iterdir()), "something is shown or written"


@pytest.mark.parametrize("source", PYTHON, ids=lambda source: source.split("\n")[0])
def test_python(astana: Any, source: str, capsys: Any) -> None:
    exec(compile(source.replace("127.0.0.1:50051", astana.grpc), "README.md", "exec"), {})
    assert capsys.readouterr().out


def test_there_are_some() -> None:
    assert len(COMMANDS) >= 4 and PYTHON


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE)))
)
def test_make_targets_exist(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"\n{target}:" in makefile

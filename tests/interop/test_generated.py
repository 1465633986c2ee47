"""Stubs that generators make from our protos, in Go, TypeScript and Python: they compile, and call.

Each program in generated/ makes the same calls and prints the same. Skipped by name where its tools are missing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from grpc_tools import protoc

from summitry import Client
from tests.api import protoc_arguments

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAMS = HERE / "generated"
NODE_MODULES = HERE / "node_modules"
# What the protos import beside the well-known types; `make install` copies it for buf.
COMMON = sorted(
    path.relative_to(ROOT / "third_party").as_posix()
    for path in (ROOT / "third_party").rglob("*.proto")
)
ERRORS = "google/rpc/error_details.proto"
# Sources of grpc and of Google's protos in Go, as Debian packages them. Its genproto is older than two types that we use.
GO_SOURCES = Path("/usr/share/gocode")
GO_TYPES = ("google/type/interval.proto", "google/type/localized_text.proto")
GO_TOOLS = ("go", "protoc-gen-go", "protoc-gen-go-grpc")


def generate(*options: str, common: Sequence[str] = ()) -> None:
    """Run protoc over our protos, and over these of Google's."""
    assert protoc.main(["protoc", *options, *protoc_arguments(), *common]) == 0


def run(command: Sequence[str | Path], folder: Path, **environment: str) -> str:
    """Run a command that must succeed; return what it prints."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def has_sources_of_grpc() -> bool:
    return (GO_SOURCES / "src/google.golang.org/grpc").is_dir()


no_go = pytest.mark.skipif(
    not (all(map(shutil.which, GO_TOOLS)) and has_sources_of_grpc()),
    reason="no go, protoc-gen-go or grpc for Go on this machine",
)
no_node = pytest.mark.skipif(
    shutil.which("node") is None or not (NODE_MODULES / ".bin/protoc-gen-es").exists(),
    reason="no node, or no protoc-gen-es: run `make interop`",
)


def go_program(folder: Path) -> list[str | Path]:
    """Generate and compile the program in Go."""
    sources = folder / "src"
    sources.mkdir()
    packages = [f"M{name}=summitry/{name.removeprefix('google/')[:-6]}" for name in GO_TYPES]
    generate(
        *(f"--{plugin}_out={sources}" for plugin in ("go", "go-grpc")),
        *(f"--{plugin}_opt={','.join(packages)}" for plugin in ("go", "go-grpc")),
        common=GO_TYPES,
    )
    main = sources / "calls"
    main.mkdir()
    text = (PROGRAMS / "calls.go").read_text(encoding="utf-8")
    # A program with a newer genproto imports the type from there.
    theirs, ours = "google.golang.org/genproto/googleapis/type", "summitry/type"
    (main / "calls.go").write_text(text.replace(theirs, ours), encoding="utf-8")
    paths = {"GOPATH": f"{folder}:{GO_SOURCES}", "GOCACHE": str(ROOT / "build/go-cache")}
    run(["go", "build", "-o", folder / "calls-go", "calls"], folder, GO111MODULE="off", **paths)
    return [folder / "calls-go"]


def typescript_program(folder: Path) -> list[str | Path]:
    """Generate and compile the program in TypeScript."""
    for name in ("calls.ts", "tsconfig.json"):
        shutil.copy(PROGRAMS / name, folder)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "node_modules").symlink_to(NODE_MODULES)
    generate(
        f"--plugin=protoc-gen-es={NODE_MODULES}/.bin/protoc-gen-es",
        f"--es_out={folder}",
        "--es_opt=target=ts,import_extension=js",
        common=[*COMMON, ERRORS],
    )
    run([NODE_MODULES / ".bin/tsc", "--project", "."], folder)
    return ["node", folder / "calls.js"]


def python_program(folder: Path) -> list[str | Path]:
    """Generate the program in Python; -S hides the client library, whose package has the same name."""
    generate(f"--python_out={folder}", f"--grpc_python_out={folder}")
    paths = os.pathsep.join((str(folder), sysconfig.get_path("purelib")))
    return ["env", f"PYTHONPATH={paths}", sys.executable, "-S", PROGRAMS / "calls.py"]


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(go_program, marks=no_go, id="go"),
        pytest.param(typescript_program, marks=no_node, id="typescript"),
        pytest.param(python_program, id="python"),
    ],
)
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_generated_stubs_compile_and_call(astana: Any, program: Any, tmp_path: Path) -> None:
    with Client(astana.grpc) as client:
        records = list(client.export_records("calendars/astana-2024", include_hidden=True))
    assert json.loads(run([*program(tmp_path), astana.grpc], tmp_path)) == {
        "calendars": ["calendars/astana-2024"],
        "summit": "2024-07-03",
        "refusal": "RECORD_NOT_FOUND",
        "agenda": [
            "2024-07-03T07:00:00+02:00[Europe/Paris]",
            "2024-07-03",
            "2024-07-01T21:01:00+02:00[Europe/Paris]",
            "2024-07-02",
            "2024-07-02",
        ],
        "total": 5,
        "meeting": "2024-07-04T09:30:00+05:00[Asia/Almaty]",
        "records": len(records) + 1,
    }

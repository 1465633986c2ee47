"""The package: floors that the generated code needs, one pin, no common names, a light client."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GENERATED = ROOT / "client" / "summitry" / "v1"


def floor(package: str) -> str:
    (line,) = (d for d in PROJECT["project"]["dependencies"] if re.match(rf"{package}\b[^-]", d))
    return str(re.search(r">=([\d.]+)", line)[1])  # type: ignore[index]


def version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def test_protobuf_floor_covers_the_generated_code() -> None:
    text = (GENERATED / "summit_pb2.py").read_text(encoding="utf-8")
    needed = re.search(r"Protobuf Python Version: ([\d.]+)", text)
    assert needed and version(floor("protobuf")) >= version(needed[1])


def test_grpcio_floor_covers_the_generated_code() -> None:
    text = (GENERATED / "summit_service_pb2_grpc.py").read_text(encoding="utf-8")
    needed = re.search(r"GRPC_GENERATED_VERSION = '([\d.]+)'", text)
    assert needed and version(floor("grpcio")) >= version(needed[1])


def test_grpcio_tools_is_pinned_once() -> None:
    pins = {
        line
        for line in (*PROJECT["build-system"]["requires"], *PROJECT["dependency-groups"]["dev"])
        if line.startswith("grpcio-tools")
    }
    assert len(pins) == 1 and "==" in pins.pop()


@pytest.mark.parametrize("name", ["server", "client", "protos", "hatch_build"])
def test_no_common_name_is_importable(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import {name}"], cwd=tmp_path, capture_output=True
    )
    assert b"ModuleNotFoundError" in done.stderr


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import summitry", {"grpc", "google.protobuf", "icalendar", "pytz", "rich"}),
        ("import summitry; summitry.Client", {"summitry_server", "icalendar", "rich", "uvicorn"}),
        ("import summitry.zones", {"google.protobuf", "grpc"}),
        ("import summitry_server.store.sqlite", {"google.protobuf", "grpc", "summitry"}),
    ],
)
def test_imports_stay_light(statement: str, absent: set[str], tmp_path: Path) -> None:
    code = f"{statement}\nimport sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) & absent == set()

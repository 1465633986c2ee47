"""The package: floors that the generated code needs, one pin, no common names, a light client."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

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
    generated_by = re.search(r"Protobuf Python Version: ([\d.]+)", text)
    assert generated_by and version(floor("protobuf")) >= version(generated_by[1])


def test_grpcio_floor_covers_the_generated_code() -> None:
    text = (GENERATED / "summit_service_pb2_grpc.py").read_text(encoding="utf-8")
    generated_by = re.search(r"GRPC_GENERATED_VERSION = '([\d.]+)'", text)
    assert generated_by and version(floor("grpcio")) >= version(generated_by[1])


def test_grpcio_tools_is_pinned_once() -> None:
    pins = {
        line
        for line in (*PROJECT["build-system"]["requires"], *PROJECT["dependency-groups"]["build"])
        if line.startswith("grpcio-tools")
    }
    assert len(pins) == 1 and "==" in pins.pop()


def requirements(*groups: str) -> list[Requirement]:
    """Return what pyproject.toml asks for: base dependencies, extras and dependency groups."""
    project = PROJECT["project"]
    optional = project["optional-dependencies"] | PROJECT["dependency-groups"]
    lines = project["dependencies"] + [line for group in groups for line in optional[group]]
    names = [line for line in lines if isinstance(line, str) and not line.startswith("summitry[")]
    return [Requirement(line) for line in names]


def locked_versions(lock: str) -> dict[str, str]:
    """Return the version of each package in a lock file."""
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)(?:\[.*?\])?==(\S+)", text, re.MULTILINE))


LOCKS = {
    "server.txt": ("feeds", "server", "build"),
    "dev.txt": ("feeds", "server", "build", "test", "dev"),
    "client-lowest.txt": ("feeds", "server", "test"),
}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_satisfies_every_requirement(lock: str) -> None:
    versions = locked_versions(lock)
    outdated = [
        str(requirement)
        for requirement in requirements(*LOCKS[lock])
        if not requirement.specifier.contains(versions.get(requirement.name.lower(), "0"))
    ]
    assert len(versions) > 15 and outdated == [], "run `make lock`"


@pytest.mark.parametrize("package", ["grpcio", "icalendar", "protobuf", "pytz", "pyyaml", "rich"])
def test_lowest_client_lock_holds_the_floor(package: str) -> None:
    assert Version(locked_versions("client-lowest.txt")[package]) == Version(floor(package))


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_has_a_hash_for_each_package_and_no_address(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    entries = re.split(r"^(?=[\w.-]+(?:\[.*?\])?==)", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 15
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text


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
        ("import summitry_server.store.sqlite.engine", {"google.protobuf", "grpc", "summitry"}),
    ],
)
def test_imports_stay_light(statement: str, absent: set[str], tmp_path: Path) -> None:
    code = f"{statement}\nimport sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) & absent == set()

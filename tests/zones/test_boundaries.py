"""Only one module uses pytz, and no code uses conversions that end in 2037 or system zone data."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("client", "server")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not path.stem.endswith(("_pb2", "_pb2_grpc"))
]
ZONES = ROOT / "client" / "summitry" / "zones"
FORBIDDEN = re.compile(r"\bZoneInfo\(|\.localize\(|tzinfo=pytz")


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_only_the_database_imports_pytz() -> None:
    users = [p for p in SOURCES if any(name.split(".")[0] == "pytz" for name in imports(p))]
    assert users == [ZONES / "database.py"]


def test_no_module_converts_by_zoneinfo_or_pytz() -> None:
    offenders = [str(p) for p in SOURCES if FORBIDDEN.search(p.read_text(encoding="utf-8"))]
    assert offenders == []


# The search for similar names, which imports nothing else of summitry either.
NEAREST = ROOT / "client" / "summitry" / "nearest.py"


@pytest.mark.parametrize("path", [*sorted(ZONES.glob("*.py")), NEAREST], ids=lambda path: path.stem)
def test_zones_import_only_the_standard_library(path: Path) -> None:
    foreign = {
        name
        for name in imports(path)
        if not name.startswith(("summitry.zones", "summitry.nearest"))
        and name.split(".")[0] not in sys.stdlib_module_names | {"pytz"}
    }
    assert foreign == set()


def test_importing_zones_loads_neither_pytz_nor_the_rest() -> None:
    script = (
        "import sys, summitry.zones; print(*{'pytz', 'difflib', 'google', 'grpc'} & {*sys.modules})"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == ""

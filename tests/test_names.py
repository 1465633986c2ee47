"""A class name stands for one thing in protos, client and server, as docs/vocabulary.md asks."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
DECLARATION = re.compile(r"^(?:message|enum) (\w+)", re.MULTILINE)


def test_class_names_stand_for_one_thing() -> None:
    modules: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "protos").rglob("*.proto")):
        for name in DECLARATION.findall(path.read_text(encoding="utf-8")):
            modules[name].append(str(path.relative_to(ROOT)))
    for folder in ("client", "server"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.stem.endswith(("_pb2", "_pb2_grpc")):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    modules[node.name].append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in modules.items() if len(paths) > 1} == {}

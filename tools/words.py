"""Find names and docstrings that do not read as plain technical English.

    python tools/words.py             # all folders; or those that are named

A name that is a participle or a pronoun ("found", "told", "other") says nothing of what it stands
for, and a docstring that begins with a question word describes instead of saying what the
function does. `make lint` runs this; docs/vocabulary.md says which terms to use instead.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDERS = ["client", "server", "benchmarks", "samples", "tools", "tests"]
BANNED_NAMES = frozenset(
    """
    found told held kept shown seen said asked given taken made gone left lost known named called
    wanted needed heard written chosen brought one ones other others another both each either
    neither what which who whom whose this that these those it they them thing things stuff lies
    lying wholes doubts duties duty act acts scratch rehearsal upkeep
    """.split()  # noqa: SIM905
)
# Arguments of the public client that keep their name: path of the module, name.
PUBLIC_NAMES = frozenset({("client/summitry/watching/options.py", "held")})
# The docstring of a function or property that begins so has no verb; ruff (D401) skips some.
# Tests are described by their outcome.
NO_VERB = re.compile(r"`|(The|A|An|All|Bytes|No|It|Its|If|When)\b")
QUESTION_WORDS = re.compile(r"(What|Whether|How|Who|Whom|Whose|Where|Which|Why|Of)\b")


class Finding(NamedTuple):
    """A place that does not read as plain English."""

    path: Path
    line: int
    text: str


def check(path: Path) -> Iterator[Finding]:
    """Yield the banned names that a module binds, and docstrings that begin with a question."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for name in bound_names(node):
            is_public = (path.as_posix(), name) in PUBLIC_NAMES
            if name.strip("_").lower() in BANNED_NAMES and not is_public:
                yield Finding(path, node.lineno, f"{name!r} is no name for a thing")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            docstring = ast.get_docstring(node) or ""
            if QUESTION_WORDS.match(docstring):
                line = docstring.splitlines()[0]
                yield Finding(path, node.lineno, f"a docstring begins with a question word: {line}")
            elif is_described(node) and NO_VERB.match(docstring):
                line = docstring.splitlines()[0]
                yield Finding(path, node.lineno, f"a docstring begins without a verb: {line}")


def is_described(node: ast.AST) -> bool:
    """Return whether a docstring must begin with a verb: of all functions that are no tests."""
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return is_function and not node.name.startswith("test_")


def bound_names(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node binds: variables, parameters, attributes, functions, classes."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name


def modules(folders: list[str]) -> Iterator[Path]:
    """Yield the modules of some folders, generated ones left out."""
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.py")):
            if not path.stem.endswith(("_pb2", "_pb2_grpc")):
                yield path


def main(folders: list[str]) -> int:
    """Print the findings and return the exit status: 1 if there are any."""
    findings = [finding for path in modules(folders) for finding in check(path)]
    for path, line, text in findings:
        print(f"{path}:{line}: {text}")
    print(f"{len(findings)} findings")
    return int(bool(findings))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:] or FOLDERS))

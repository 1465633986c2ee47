"""Write client/summitry/_calls/sync from its definition, client/summitry/_calls/aio.

    python -m tools.write_sync_client

The two clients differ in nothing but `async`, `await` and the names of a few types, so the one for
threads is the text of the other with these replaced. A line that only asyncio needs ends in
`# aio only` and is left out, with the comment above it. `make sync-client` runs this, and
tests/client/test_surfaces.py fails when the written files are not those of the definition.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CALLS = Path(__file__).resolve().parents[1] / "client" / "summitry" / "_calls"
DEFINITION = CALLS / "aio"
TARGET = CALLS / "sync"

# The first run and one in another folder find no modules of ours that would tell their names.
FIX = ("--config", "lint.isort.known-first-party = ['summitry']", "--fix", "--unsafe-fixes")

ONLY = re.compile(r"(?m)(^ *#.*\n)*^.*# aio only\n")
REPLACEMENTS = (
    (re.compile(r"\basync (?=def|for|with)|\bawait "), ""),
    (re.compile(r"\bgrpc\.aio\b"), "grpc"),
    (re.compile(r"\b_calls\.aio\b"), "_calls.sync"),
    (re.compile(r"\bsummitry\.watching\.aio\b"), "summitry.watching.streams"),
    (re.compile(r"\b__a(enter|exit|iter|next)__"), r"__\1__"),
    (re.compile(r"\banext\b"), "next"),
    (re.compile(r"\brequests_async\b"), "requests"),
    (re.compile(r"\bAwaitable\[(\w+)\]"), r"\1"),
    (re.compile(r"\bAsync(?=[A-Z]\w)"), ""),
)


def translate(text: str) -> str:
    """Return the text of a module for threads, from that for asyncio; not yet formatted."""
    text = ONLY.sub("", text)
    for pattern, replacement in REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return text


def write(folder: Path) -> None:
    """Write all modules into a folder, in the format and import order of the project."""
    for source in sorted(DEFINITION.glob("*.py")):
        if source.name != "__init__.py":
            origin = f"# Written by `make sync-client` from aio/{source.name}: change that file.\n"
            text = origin + translate(source.read_text(encoding="utf-8"))
            (folder / source.name).write_text(text, encoding="utf-8")
    # Without `async` imports become unused, doubled or out of order, and loops needless.
    _ruff("check", "--quiet", "--select", "F401,I001,UP028", *FIX, str(folder))
    _ruff("format", "--quiet", str(folder))


def _ruff(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "ruff", *arguments], check=True, cwd=CALLS.parents[2])


def main() -> None:
    """Replace the written modules; those whose source is gone go, too."""
    # Inside of the tree, so that ruff finds the settings of the project.
    with tempfile.TemporaryDirectory(dir=CALLS, prefix="written_") as folder:
        write(Path(folder))
        for stale in TARGET.glob("*.py"):
            if stale.name != "__init__.py":
                stale.unlink()
        for module in Path(folder).glob("*.py"):
            shutil.copy(module, TARGET / module.name)


if __name__ == "__main__":
    main()

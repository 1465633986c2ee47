"""Install a lock file with pip and show which package of how many is being fetched.

    python requirements/install.py requirements/dev.txt

Each package is checked against the hashes in the file: pip refuses one that differs from them.
Only built packages (wheels) are taken, so that no code of a package runs while it is installed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PIP = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
LOCKED = ["--progress-bar", "off", "--require-hashes", "--only-binary", ":all:", "-r"]
PINNED = re.compile(r"^[\w.-]+(\[[\w,-]+\])?==", re.MULTILINE)
# pip says "Collecting" of what an index has, and "Processing" of a file in a folder.
FETCHED = re.compile(r"^(?:Collecting|Processing) (?:.*/)?(\S+)")


def install(lock: Path) -> int:
    """Install all packages of a lock file; return the exit status of pip."""
    total = len(PINNED.findall(lock.read_text(encoding="utf-8")))
    print(f"installing {lock}: {total} packages", flush=True)
    command = [*PIP, *LOCKED, str(lock)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    count = 0
    for line in process.stdout:
        if match := FETCHED.match(line):
            count += 1
            show(f"  {count}/{total} {match[1]}")
        elif line.startswith("Installing collected packages"):
            show(f"  unpacking {count} packages\n")
    return process.wait()


def show(text: str) -> None:
    """Print progress in place on a terminal, and only whole lines elsewhere."""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)
    elif text.endswith("\n"):
        print(text, end="", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python requirements/install.py LOCK_FILE")
    raise SystemExit(install(Path(sys.argv[1])))

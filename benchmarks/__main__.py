"""`make bench`: every figure is a ratio to a ceiling measured in the same run.

Each module of this package offers `measure(rounds) -> [(name, ratio, what the ceiling is)]`:
CPU clock, interleaved rounds, medians. ARGS="zones agenda" names modules; ROUNDS sets the rounds.
docs/performance.md has the figures, and what they are to be.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Iterable

import benchmarks

UNNAMED = ("__main__", "peers")


def main(names: Iterable[str]) -> int:
    """Measure the modules named, or all, and print a table."""
    packages = pkgutil.iter_modules(benchmarks.__path__)
    # The peers are installed for bench-peers alone.
    modules = sorted(m.name for m in packages if not m.ispkg and m.name not in UNNAMED)
    rounds = int(os.environ.get("ROUNDS", "7"))
    print(f"{'figure':64} {'ratio':>8}  ceiling")
    for name in names or modules:
        module = importlib.import_module(f"benchmarks.{name}")
        for figure, ratio, ceiling in module.measure(rounds):
            print(f"{name + ': ' + figure:64} {ratio:8.2f}  {ceiling}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

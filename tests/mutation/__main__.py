"""`make mutants`: a sample of faults in the modules where they hurt most; which do the tests find?"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from tests.mutation.modules import MODULES, Module
from tests.mutation.operators import Mutant, mutants
from tests.mutation.running import ROOT, SURVIVED, TIMEOUT, Overlay, Run, ToolError
from tests.mutation.verdicts import SURVIVORS, Key, faults, read_survivors

SAMPLE = 12
CANARY = b"raise ImportError('the tests do not import the mutant')\n"
LONGEST = 900.0
"""Seconds that the tests of a module may take as it stands."""


class Job(NamedTuple):
    """One mutant to try."""

    key: Key
    module: Module
    mutant: Mutant


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("make mutants", description=__doc__)
    parser.add_argument(
        "--module", action="append", choices=MODULES, help="only this one; repeatable"
    )
    parser.add_argument("--sample", type=int, default=SAMPLE, help="mutants of a module; 0: all")
    parser.add_argument("--seed", default="1", help="another seed is another sample")
    parser.add_argument("--jobs", type=int, default=2, help="mutants that are run at once")
    return parser.parse_args(arguments)


def sample(name: str, candidates: list[Mutant], size: int, seed: str) -> list[tuple[Key, Mutant]]:
    """Choose by a hash of each mutant, so that other code of the module changes no choice."""
    keyed = [(Key(name, mutant.function, mutant.change), mutant) for mutant in candidates]
    ordered = sorted(keyed, key=lambda pair: hashlib.sha256(f"{seed}{pair[0]}".encode()).digest())
    return ordered[: size or None]


class Runner:
    """Runs mutants on several overlays at once."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self._overlays: SimpleQueue[Overlay] = SimpleQueue()
        self._jobs = jobs
        for number in range(jobs):
            self._overlays.put(Overlay(folder / str(number)))

    def limits(self, names: list[str]) -> dict[str, float]:
        """Return how long each module's tests may take with a mutant. Raise ToolError."""
        with ThreadPoolExecutor(self._jobs) as pool:
            return dict(zip(names, pool.map(self._limit, names), strict=True))

    def _limit(self, name: str) -> float:
        module = MODULES[name]
        as_it_is = self.run(module, (ROOT / module.path).read_bytes(), LONGEST)
        if as_it_is.verdict != SURVIVED:  # once more: a busy machine must not end the run
            as_it_is = self.run(module, (ROOT / module.path).read_bytes(), LONGEST)
        if as_it_is.verdict != SURVIVED:
            raise ToolError(f"{name}: the tests fail without a mutant:\n{as_it_is.output}")
        if self.run(module, CANARY, LONGEST).verdict == SURVIVED:
            raise ToolError(f"{name}: its tests pass without the module")
        print(f"{name}: its tests take {as_it_is.seconds:.1f} s", flush=True)
        return 20 + 3 * as_it_is.seconds

    def run(self, module: Module, source: bytes, longest: float) -> Run:
        overlay = self._overlays.get()
        try:
            return overlay.run(module, source, longest)
        finally:
            self._overlays.put(overlay)

    def run_all(self, jobs: list[Job], limits: dict[str, float]) -> Iterator[tuple[Job, Run]]:
        def work(job: Job) -> tuple[Job, Run]:
            return job, self.run(job.module, job.mutant.source, limits[job.key.module])

        with ThreadPoolExecutor(self._jobs) as pool:
            yield from pool.map(work, jobs)


def main(arguments: list[str]) -> int:
    """Return 0 if each survivor is known and each known survivor is possible, else 1."""
    options = parse(arguments)
    names = options.module or [*MODULES]
    mutants_of = {name: mutants((ROOT / MODULES[name].path).read_bytes()) for name in names}
    jobs = [
        Job(key, MODULES[name], mutant)
        for name in names
        for key, mutant in sample(name, mutants_of[name], options.sample, options.seed)
    ]
    possible = {
        name: {Key(name, mutant.function, mutant.change) for mutant in mutants_of[name]}
        for name in names
    }
    survivors = read_survivors()
    verdicts: dict[Key, str] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mutants-"))
        runner = Runner(Path(folder), options.jobs)
        for job, run in runner.run_all(jobs, runner.limits(names)):
            verdicts[job.key] = run.verdict
            if run.verdict in (SURVIVED, TIMEOUT):
                report(job, run, survivors)
    print_table(verdicts)
    wrong = faults(survivors, possible, verdicts)
    print(*wrong, sep="\n")
    if wrong:
        print(f"{len(wrong)} to settle: write a test, or give the reason in {SURVIVORS.name}")
    return bool(wrong)


def report(job: Job, run: Run, survivors: dict[Key, str]) -> None:
    place = f"{job.module.path}:{job.mutant.line} {job.key.function}"
    print(f"{run.verdict}: {place}: {job.key.change}", flush=True)
    if run.verdict == SURVIVED:
        print(f"    {survivors.get(job.key, 'not known')}", flush=True)


def print_table(verdicts: dict[Key, str]) -> None:
    counted = Counter((key.module, verdict) for key, verdict in verdicts.items())
    words = ("killed", TIMEOUT, SURVIVED)
    print(f"\n{'module':20}" + "".join(f"{word:>10}" for word in words))
    for name in dict.fromkeys(key.module for key in verdicts):
        print(f"{name:20}" + "".join(f"{counted[name, word]:10}" for word in words))
    total = Counter(verdicts.values())
    print(f"{'all':20}" + "".join(f"{total[word]:10}" for word in words) + "\n")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ToolError as error:
        sys.exit(f"make mutants: {error}")

"""Running the tests of a module against a mutant, in a copy of the packages beside the checkout."""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.mutation.modules import Module

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("client/summitry", "server/summitry_server")

KILLED, SURVIVED, TIMEOUT = "killed", "survived", "timeout"

_PASSED, _NO_TESTS = 0, 5
"""Exit codes of pytest. With any other the mutant was found, if only as it cannot be imported."""


class ToolError(Exception):
    """The run itself is broken, so that it says nothing about the tests."""


class Run(NamedTuple):
    """The result of running the tests of a module: verdict, seconds and last output."""

    verdict: str
    seconds: float
    output: str = ""


class Overlay:
    """A copy of the packages that is imported in place of them, and holds one mutant at a time.

    The checkout is never written to, so that a run that is killed leaves nothing behind in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for package in PACKAGES:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / package, folder / package, ignore=ignored)
        for path in ROOT.iterdir():  # what is found beside the packages, such as the samples
            if not (folder / path.name).exists():
                (folder / path.name).symlink_to(path)
        # By the hash of the source: a mutant may have the size and the time of what it replaces.
        mode = py_compile.PycInvalidationMode.CHECKED_HASH
        for package in PACKAGES:
            compileall.compile_dir(folder / package, quiet=1, invalidation_mode=mode)

    def run(self, module: Module, source: bytes, longest: float) -> Run:
        """Run the tests of a module with `source` in its place. Raise ToolError."""
        path = self._folder / module.path
        path.write_bytes(source)
        try:
            return self._run_tests(module, longest)
        finally:
            path.write_bytes((ROOT / module.path).read_bytes())

    def _run_tests(self, module: Module, longest: float) -> Run:
        tests = [f"tests/{path}" for path in module.tests]
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        command += ["-p", "no:xdist", "--hypothesis-seed=0", "--tb=line", *tests]
        folders = [str(self._folder / package) for package in ("client", "server")]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(folders),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        start = time.monotonic()
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=longest)
            except subprocess.TimeoutExpired:
                return Run(TIMEOUT, longest)
            finally:
                _end_group(process)
        seconds = time.monotonic() - start
        return Run(_verdict(process.returncode), seconds, output.decode(errors="replace")[-2000:])


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End the tests and all that they started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _verdict(code: int) -> str:
    if code == _NO_TESTS:
        raise ToolError("no test was run")
    return SURVIVED if code == _PASSED else KILLED

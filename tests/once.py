"""What is dear to make and the same for all workers of a run: made once, in a folder of the run."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(
    name: str, make: Callable[[Path], None], factory: pytest.TempPathFactory, worker: str
) -> Path:
    """Return a folder of this worker's own with what `make(folder)` wrote, made by one worker.

    `worker` is the fixture worker_id of pytest-xdist. A worker that fails leaves it to the next.
    """
    own = factory.getbasetemp()
    shared = (own if worker == "master" else own.parent) / f"once-{name}"
    shared.mkdir(exist_ok=True)
    done = shared / "done"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released with the file
        if not done.exists():
            folder = shared / "files"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    copy = factory.mktemp(name)
    shutil.copytree(shared / "files", copy, dirs_exist_ok=True)
    return copy

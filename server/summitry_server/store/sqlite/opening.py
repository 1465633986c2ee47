"""Opening the file of a store: what was there before, and who else has it open."""

from __future__ import annotations

import fcntl
import logging
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from summitry_server.store.errors import StoreUnavailableError
from summitry_server.store.sqlite.head_mark import HeadMark

log = logging.getLogger(__name__)

LOCK_END = ".lock"
RIGHTS = 0o600  # the store holds a secret and what is not yet public


def open_database(path: Path, opened: ExitStack) -> int:
    """Return a descriptor of the database, which is made if there was no store, and lock it.

    The locks are given back with `opened`, and by a crash. Raises StoreUnavailableError if the
    file cannot be opened, if another process has it open, and if there was a store that is gone.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _check_present(path)
        is_new = not path.exists()
        # Before the lock: where there is a lock, there was a database.
        descriptor = _open(path, opened)
        lock = _open(Path(f"{path}{LOCK_END}"), opened)
    except OSError as error:
        raise StoreUnavailableError(
            f"cannot open the store {path}: {error.strerror}; give a file in a writable folder"
        ) from error
    _lock(lock, path)
    if sys.platform == "linux":
        # Where the file beside it was deleted, or the database has a second name. Elsewhere flock
        # would keep SQLite itself from its locks.
        _lock(descriptor, path)
    if is_new:
        log.info("made a new, empty store at %s", path)
    return descriptor


def _check_present(path: Path) -> None:
    """Raise StoreUnavailableError if there was a store, and its file is gone or empty."""
    mark = HeadMark(path).path
    traces = [trace for trace in (mark, Path(f"{path}{LOCK_END}")) if trace.exists()]
    if path.exists():
        # A first start that was killed leaves an empty file and a lock, but no mark.
        traces = [mark] if mark.exists() and path.is_file() and not path.stat().st_size else []
    if traces:
        names = " and ".join(map(str, traces))
        raise StoreUnavailableError(
            f"the store {path} is gone, though there was one: put its file back from a backup, or "
            f"remove {names} to begin with an empty store"
        )


def _open(path: Path, opened: ExitStack) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, RIGHTS)
    opened.callback(os.close, descriptor)
    return descriptor


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise StoreUnavailableError(
            f"the store {path} is in use by another process: stop that one, or give another file"
        ) from error

"""Interrupting reads that take long, when nobody waits for their answer any more.

Whoever reads for somebody says so around the reads, and not in each of them: in the same thread,
every statement of the with block asks the check now and then, and ends with what it raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Check = Callable[[], None]

_check: ContextVar[Check | None] = ContextVar("check", default=None)


@contextmanager
def interruptible(check: Check) -> Iterator[None]:
    """Let reads in the with block call `check` while a statement runs; what it raises ends them.

    It is called about a hundred times a second, in the thread that reads, and must not read itself.
    """
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def present_check() -> Check | None:
    """Return the check of the reads of this thread; None outside of `interruptible`."""
    return _check.get()

"""A bound on CPU time: a cost that grows too fast is cut off, and the load of a machine decides nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def cpu_seconds(most: float) -> Iterator[None]:
    """Raise AssertionError when what runs within uses more CPU time of this process.

    Choose a bound far above what is used now and far below what a faulty growth would use. For the
    main thread alone, where signals arrive; regular expressions, too, are interrupted.
    """

    def cut(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"more than {most} s of CPU time")

    previous = signal.signal(signal.SIGVTALRM, cut)
    signal.setitimer(signal.ITIMER_VIRTUAL, most)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)

"""Waiting for what happens in other threads and processes: bounded, and no result depends on it."""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST = 60.0
"""Seconds. Far beyond what anything here needs on a loaded machine; only a fault reaches it."""


def wait_until(reached: Callable[[], object], message: str = "", longest: float = LONGEST) -> None:
    """Wait until `reached()` is true. Raise AssertionError with `what` if it never is."""
    end = time.monotonic() + longest
    while not reached():
        assert time.monotonic() < end, message or "what is waited for did not happen"
        time.sleep(0.01)

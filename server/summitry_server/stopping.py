"""Stop parts of a server at the same time, and wait no longer than is allowed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)


def stop_together(parts: Mapping[str, Callable[[], None]], seconds: float) -> None:
    """Stop all parts, each on a thread; one that needs more than `seconds` is left, and logged.

    The threads are daemons, so that none of them keeps the process from its end.
    """
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_stop, args=part, name=f"stop-{part[0]}", daemon=True)
        for part in parts.items()
    ]
    for thread in threads:
        thread.start()
    for name, thread in zip(parts, threads, strict=True):
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():
            log.warning("%s did not stop within %.1f seconds and is left", name, seconds)


def _stop(name: str, stop: Callable[[], None]) -> None:
    try:
        stop()
    except Exception:
        log.exception("%s could not be stopped in order", name)

"""The delay before a broken watch reconnects, and the errors that no retry can fix."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from summitry.errors import CallError

FIRST = 0.1
"""Seconds before the first attempt after a break."""

MOST = 10.0
"""Longest delay between two attempts, in seconds."""

FATAL = frozenset(
    {
        "ALREADY_EXISTS",
        "DATA_LOSS",
        "FAILED_PRECONDITION",
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "OUT_OF_RANGE",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
        "UNIMPLEMENTED",
    }
)
"""Status codes that a retry gets again."""


class Backoff:
    """Delays that double up to `MOST`, each multiplied by a random factor from 0.5 to 1.

    The factor keeps the followers of a restarted server from reconnecting all at once. `patience`
    is in seconds without a message, after which the error is raised; None retries forever.
    """

    def __init__(
        self, patience: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._patience, self._clock = patience, clock
        self._wait = FIRST
        self._since: float | None = None

    def reset(self) -> None:
        """Forget former failures, after a message of the server."""
        self._wait, self._since = FIRST, None

    def delay_after(self, error: CallError) -> float:
        """Return the seconds to wait after an error. Raises the error if a retry is pointless."""
        now = self._clock()
        self._since = now if self._since is None else self._since
        if error.code in FATAL:
            raise error
        if self._patience is not None and now - self._since >= self._patience:
            raise error
        wait, self._wait = self._wait, min(2 * self._wait, MOST)
        return wait * random.uniform(0.5, 1.0)

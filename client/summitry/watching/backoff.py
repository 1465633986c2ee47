"""When a broken watch is opened again, and which errors it cannot mend."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from summitry.errors import CallError

FIRST = 0.1
"""Seconds before the first attempt after a break."""

MOST = 10.0
"""Seconds that lie between two attempts at most."""

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
"""Codes of what stays so however often it is asked."""


class Backoff:
    """Waits that double, each cut by chance to between a half and the whole of it.

    Chance keeps the followers of a server that comes back from asking all at once. `patience` is
    in seconds without a message, after which an error is raised for good; None has no end.
    """

    def __init__(
        self, patience: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._patience, self._clock = patience, clock
        self._wait = FIRST
        self._since: float | None = None

    def heard(self) -> None:
        """The server has said something: the next break is a new one."""
        self._wait, self._since = FIRST, None

    def after(self, error: CallError) -> float:
        """Seconds to wait; raises the error when it is not worth it."""
        now = self._clock()
        self._since = now if self._since is None else self._since
        if error.code in FATAL:
            raise error
        if self._patience is not None and now - self._since >= self._patience:
            raise error
        wait, self._wait = self._wait, min(2 * self._wait, MOST)
        return wait * random.uniform(0.5, 1.0)

"""What time it is: the only place that asks the machine."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> int:
        """Epoch seconds, never less than the last answer."""


class SystemClock:
    """The machine's clock, kept from going back: times of revisions must be in their order."""

    def __init__(self) -> None:
        self._last = 0

    def now(self) -> int:
        """Epoch seconds, never less than the last answer."""
        self._last = max(self._last, int(time.time()))
        return self._last

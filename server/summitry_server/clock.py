"""What time it is: the only place that asks the machine.

Whatever asks whether something is due now (embargoes, windows, expiries) goes by this time, and so
is right again as soon as the clock is. Only the times of the log never go back: the store sees to
that when it writes (store.log_time).
"""

import time
from typing import Protocol


class Clock(Protocol):
    """The time by which the service decides."""

    def now(self) -> int:
        """Return the time in epoch seconds; it goes back when the clock of the machine does."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> int:
        """Return the time in epoch seconds."""
        return int(time.time())

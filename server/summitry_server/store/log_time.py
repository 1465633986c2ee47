"""The times of a log, which never go back, whatever the clock of the machine does."""

from __future__ import annotations

# Writes come in another order than the moments at which they were asked for.
JITTER = 2


class LogTime:
    """Gives each write its time.

    When the clock has gone back, the first write is a second later than the last one: somebody may
    have been told that all of that second is over, and could not see another change in it. Those
    that follow stay there until the clock has caught up.
    """

    def __init__(self) -> None:
        self._raised: int | None = None

    def of(self, asked: int, last: int) -> int:
        """The time of a write that was asked for at `asked`, after one of the time `last`."""
        if asked >= last - JITTER:
            return max(asked, last)
        if last != self._raised:
            self._raised = last + 1
        return self._raised
